"""Django's PostgreSQL backend, for a database that may be away for a moment. Named by the setting DATABASES."""
