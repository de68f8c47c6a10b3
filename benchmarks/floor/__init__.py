"""A bare Django project, as the floor that Allclear is measured against: see benchmarks/README.md."""
