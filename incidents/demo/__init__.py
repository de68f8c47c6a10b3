"""A made-up organisation, Quayside, for trying the portal out, for screenshots and for benchmarks."""
