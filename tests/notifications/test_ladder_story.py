"""Whole ladders, fast-forwarded: who hears what, when, and that nobody hears it twice."""

from datetime import timedelta

from incidents import operations
from notifications.models import Notice, Stage
from tests.notifications.conftest import heard, stages

MINUTE = timedelta(minutes=1)


def test_a_sev1_that_nobody_sees_climbs_the_contacts_in_order(world, declared, contacts, ada):
    incident = declared(1)

    world.pass_time(16 * MINUTE)

    assert stages(incident, "acknowledge") == ["ask-1", "ask-2", "ask-3", "ask-4"]
    assert heard(contacts["primary"])[0] == f"Acknowledge: SEV1 INC-{incident.pk} Chat not working"
    assert len(heard(contacts["secondary"])) == 1
    assert len(heard(contacts["lead"])) == 2
    assert heard(contacts["security"]) == []


def test_acknowledging_ends_the_climb(world, declared, contacts, grace):
    incident = declared(1)
    world.pass_time(2 * MINUTE)

    operations.acknowledge(incident.pk, by=grace)
    world.pass_time(20 * MINUTE)

    assert stages(incident, "acknowledge") == ["ask-1"]


def test_a_missed_update_is_warned_of_then_told_to_more_and_more_people(
    world, declared, contacts, ada, grace
):
    incident = declared(1)
    operations.acknowledge(incident.pk, by=grace)
    operations.assign_role(incident.pk, "commander", ada, by=ada)
    operations.assign_role(incident.pk, "communications_lead", grace, by=ada)

    world.pass_time(41 * MINUTE)

    assert stages(incident, "update") == ["warn", "due", "overdue-1", "overdue-2", "overdue-3"]
    mine, theirs = heard(ada), heard(grace)
    assert [title.split(":")[0] for title in theirs if title.startswith("Update")] == [
        "Update due in 4 min", "Update due now", "Update overdue by 5 min", "Update overdue by 10 min",
    ]  # fmt: skip
    assert [title.split(":")[0] for title in mine if title.startswith("Update")] == [
        "Update overdue by 5 min", "Update overdue by 10 min",
    ]  # fmt: skip
    assert any(title.startswith("Update overdue by 20 min") for title in heard(contacts["primary"]))


def test_an_update_starts_the_ladder_again_and_notes_do_not(world, declared, ada):
    incident = declared(1)
    operations.acknowledge(incident.pk, by=ada)
    world.pass_time(19 * MINUTE)
    operations.add_note(incident.pk, "Still looking", by=ada)
    world.pass_time(3 * MINUTE)
    assert stages(incident, "update") == ["warn", "due"]

    operations.post_update(incident.pk, "We have found it", by=ada)
    world.pass_time(15 * MINUTE)

    assert stages(incident, "update") == ["warn", "due"]


def test_after_downtime_there_is_one_nudge_and_not_the_backlog(world, declared, ada, contacts):
    incident = declared(1)
    operations.acknowledge(incident.pk, by=ada)
    world.work()

    world.skip(41 * MINUTE)
    world.work()

    assert stages(incident, "update") == ["(warn)", "(due)", "(overdue-1)", "(overdue-2)", "overdue-3"]
    assert Notice.objects.filter(clock__kind="update").count() == 1
    assert len([title for title in heard(ada) if title.startswith("Update")]) == 1
    assert len([title for title in heard(contacts["primary"]) if title.startswith("Update")]) == 1


def test_what_has_ended_nudges_nobody(world, declared, ada):
    incident = declared(1)
    operations.acknowledge(incident.pk, by=ada)
    world.pass_time(5 * MINUTE)

    operations.change_status(incident.pk, "resolved", by=ada)
    world.pass_time(120 * MINUTE)

    assert not Stage.objects.filter(clock__kind="update").exists()


def test_the_nudge_carries_the_filled_template_and_names_what_is_missing(world, declared, ada):
    incident = declared(1)
    operations.acknowledge(incident.pk, by=ada)
    world.pass_time(20 * MINUTE)

    notice = Notice.objects.filter(clock__kind="update").latest("created_at")

    assert "> [INVESTIGATING] We see no replies. Cause: [cause]." in notice.text
    assert "Still missing: [cause]" in notice.text
    assert notice.path == f"/incidents/{incident.pk}/#update"
