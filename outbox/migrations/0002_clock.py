"""The clock that decides what is due, which tests can move."""

from django.db import migrations

MAKE = """
CREATE FUNCTION allclear_now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce(nullif(current_setting('allclear.now', true), '')::timestamptz, clock_timestamp())
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("outbox", "0001_initial")]
    operations = [migrations.RunSQL(MAKE, "DROP FUNCTION allclear_now();")]
