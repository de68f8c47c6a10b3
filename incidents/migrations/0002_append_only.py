"""The timeline is append-only, by the database and not by good manners."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION incidents_refuse_rewrite() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The timeline is append-only: % refused', TG_OP USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER timeline_append_only BEFORE UPDATE OR DELETE ON incidents_timelineevent
    FOR EACH ROW EXECUTE FUNCTION incidents_refuse_rewrite();
CREATE TRIGGER timeline_not_truncated BEFORE TRUNCATE ON incidents_timelineevent
    FOR EACH STATEMENT EXECUTE FUNCTION incidents_refuse_rewrite();
"""
ALLOW = """
DROP TRIGGER timeline_not_truncated ON incidents_timelineevent;
DROP TRIGGER timeline_append_only ON incidents_timelineevent;
DROP FUNCTION incidents_refuse_rewrite();
"""


class Migration(migrations.Migration):
    dependencies = [("incidents", "0001_initial")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
