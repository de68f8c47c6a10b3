"""What comes after an incident at Quayside, the made-up organisation of ``incidents.demo``."""
