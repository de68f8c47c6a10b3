"""Everything is killed in turn while nudges are due; then truth log, database and sinks are compared."""
