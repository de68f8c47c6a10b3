"""Nothing is dropped without two people, no action item is deleted, and its history is only ever added to."""

from django.db import migrations, models
from django.db.models import F, Q

REFUSE = """
CREATE FUNCTION postmortems_refuse_item() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Action items and their history are kept: % refused', TG_OP USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER item_never_deleted BEFORE DELETE ON postmortems_actionitem
    FOR EACH ROW EXECUTE FUNCTION postmortems_refuse_item();
CREATE TRIGGER item_history_append_only BEFORE UPDATE OR DELETE ON postmortems_itemevent
    FOR EACH ROW EXECUTE FUNCTION postmortems_refuse_item();
"""
ALLOW = """
DROP TRIGGER item_history_append_only ON postmortems_itemevent;
DROP TRIGGER item_never_deleted ON postmortems_actionitem;
DROP FUNCTION postmortems_refuse_item();
"""
BY_A_SECOND = ~Q(status="dropped") | (
    Q(drop_proposed_by__isnull=False, closed_by__isnull=False) & ~Q(closed_by=F("drop_proposed_by"))
)


class Migration(migrations.Migration):
    dependencies = [("postmortems", "0001_initial")]
    operations = [
        migrations.RemoveConstraint(model_name="actionitem", name="item_dropped_by_a_second"),
        migrations.AddConstraint(
            model_name="actionitem",
            constraint=models.CheckConstraint(condition=BY_A_SECOND, name="item_dropped_by_a_second"),
        ),
        migrations.RunSQL(REFUSE, ALLOW),
    ]
