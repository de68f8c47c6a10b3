"""Whole incidents, fast-forwarded: who is asked, what is snoozed, and what a change of mind does to what is owed."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db.models import QuerySet
from django.test import Client

from accounts.models import Team, User
from incidents import operations
from incidents.models import Incident
from incidents.operations import Refused
from notifications import clocks, contacts, oncall, pages
from notifications.models import Clock, Delivery, Notice, OnCallCalendar, Page, Stage
from tests.notifications.conftest import heard, stages

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def told(incident: Incident, kind: str) -> list[dict[str, Any]]:
    return [event.data for event in incident.events.filter(kind=kind).order_by("seq")]


def updates(user: User) -> list[str]:
    return [title.split(":")[0] for title in heard(user) if title.startswith("Update")]


def staffed(incident: Incident, ada: User, grace: User) -> Incident:
    operations.acknowledge(incident.pk, by=ada)
    operations.assign_role(incident.pk, "commander", ada, by=ada)
    operations.assign_role(incident.pk, "communications_lead", grace, by=ada)
    return incident


def clock_of(incident: Incident, kind: str = "update") -> Clock:
    return Clock.objects.get(incident=incident, kind=kind)


def test_a_sev1_climbs_until_the_engineering_lead_answers_by_the_link(world, declared, contacts):
    incident = declared(1)

    world.pass_time(11 * MINUTE)
    assert [data["role"] for data in told(incident, "paged")] == [
        "Primary On-Call", "Secondary On-Call", "Engineering Lead",
    ]  # fmt: skip
    page = Page.objects.get(incident=incident, role="Engineering Lead")
    Client().post(pages.path_of(page.notice, contacts["lead"].pk))
    world.pass_time(30 * MINUTE)

    incident.refresh_from_db()
    assert incident.acknowledged_by == contacts["lead"]
    assert Page.objects.filter(incident=incident).count() == 3
    kinds = list(incident.events.order_by("seq").values_list("kind", flat=True))
    assert kinds.index("page_acknowledged") < kinds.index("acknowledged")


def test_a_missed_update_goes_up_to_the_contacts_and_again_every_cadence(
    world, declared, contacts, ada, grace
):
    incident = staffed(declared(1), ada, grace)

    world.pass_time(62 * MINUTE)

    assert stages(incident, "update")[-2:] == ["overdue-3", "overdue-4"]
    escalated = [data for data in told(incident, "escalated") if data["clock"] == "update"]
    assert [data["told"] for data in escalated[:2]] == [["Ada Lovelace", "Grace Hopper"]] * 2
    assert escalated[2]["contact"] == "Primary On-Call" and escalated[3]["contact"] == "Secondary On-Call"


def test_a_snooze_holds_nudges_back_and_moves_nothing_that_others_see(world, declared, ada, grace):
    incident = staffed(declared(1), ada, grace)
    world.pass_time(21 * MINUTE)
    due_at = clock_of(incident).due_at
    before = updates(grace)

    clocks.snooze(incident.pk, 10, by=grace)
    world.pass_time(9 * MINUTE)
    assert updates(grace) == before
    world.pass_time(2 * MINUTE)

    incident.refresh_from_db()
    assert len(updates(grace)) == len(before) + 1
    assert clock_of(incident).due_at == due_at == incident.next_update_due_at
    assert incident.due_state == "late"
    assert told(incident, "nudge_snoozed") == [{"minutes": 10}]


def test_a_second_snooze_needs_a_reason_and_all_of_them_at_most_one_cadence(world, declared, ada, grace):
    incident = staffed(declared(1), ada, grace)
    world.work()
    clocks.snooze(incident.pk, 10, by=grace)

    with pytest.raises(Refused, match="why"):
        clocks.snooze(incident.pk, 5, by=grace)
    clocks.snooze(incident.pk, 10, by=grace, reason="On the phone")
    with pytest.raises(Refused, match="one cadence"):
        clocks.snooze(incident.pk, 5, by=grace, reason="Still")


def test_only_role_holders_snooze(world, declared, ada, grace, contacts):
    incident = staffed(declared(1), ada, grace)
    world.work()

    with pytest.raises(Refused, match="role"):
        clocks.snooze(incident.pk, 5, by=contacts["lead"])


def test_the_room_snoozes_by_a_form(world, declared, ada, grace, client_for):
    incident = staffed(declared(1), ada, grace)
    world.work()
    address, client = f"/incidents/{incident.pk}/snooze/", client_for(grace)

    assert "15 minutes" in client.get(address).content.decode()
    assert client.post(address, {"minutes": "7"}).status_code == 422
    assert client.post(address, {"minutes": "5"}).status_code == 302
    again = client.post(address, {"minutes": "5"}, headers={"HX-Request": "true"})
    assert again.status_code == 409 and "Say why" in again.content.decode()
    done = client.post(address, {"minutes": "5", "reason": "On the phone"}, headers={"HX-Request": "true"})
    assert done.status_code == 200 and "snoozed nudges for 5 minutes" in done.content.decode()
    assert 'id="vitals"' not in done.content.decode()


def test_raised_severity_brings_the_update_forward_and_lowered_lets_the_promise_stand(world, declared, ada):
    incident = declared(3)
    operations.acknowledge(incident.pk, by=ada)
    world.pass_time(10 * MINUTE)
    promised = clock_of(incident).due_at

    operations.change_severity(incident.pk, 1, by=ada)
    world.work()
    raised = clock_of(incident).due_at
    assert raised == incident.declared_at + 30 * MINUTE and raised < promised

    operations.change_severity(incident.pk, 4, by=ada)
    world.work()
    incident.refresh_from_db()
    assert incident.next_update_due_at == raised
    world.pass_time(21 * MINUTE)
    assert "due" in stages(incident, "update")


def test_the_commander_lengthens_the_cadence_after_the_first_hour_and_in_public(world, declared, ada, grace):
    incident = staffed(declared(1), ada, grace)
    with pytest.raises(Refused, match="first hour"):
        operations.change_cadence(incident.pk, 60, by=ada, reason="Calm")
    world.skip(61 * MINUTE)
    with pytest.raises(Refused, match="commander"):
        operations.change_cadence(incident.pk, 60, by=grace, reason="Calm")

    operations.change_cadence(incident.pk, 60, by=ada, reason="Calm")
    operations.post_update(incident.pk, "We watch it", by=grace)
    world.work()

    assert clock_of(incident).interval == HOUR
    assert told(incident, "cadence_changed") == [{"from_minutes": 20, "to_minutes": 60}]


def test_while_it_is_only_watched_updates_come_half_as_often(world, declared, ada):
    incident = declared(2)
    operations.acknowledge(incident.pk, by=ada)
    operations.change_status(incident.pk, "monitoring", by=ada)

    operations.post_update(incident.pk, "It holds", by=ada)
    world.work()

    assert clock_of(incident).interval == HOUR


def test_reopened_it_is_due_at_once(world, declared, ada):
    incident = declared(2)
    operations.acknowledge(incident.pk, by=ada)
    world.work()
    operations.change_status(incident.pk, "resolved", by=ada)
    world.pass_time(3 * MINUTE)
    assert not clock_of(incident).is_armed

    operations.reopen(incident.pk, by=ada, reason="It is back")
    world.pass_time(1 * MINUTE)

    assert updates(ada)[-1] in ("Update due now", "Update overdue by 1 min")


def pending(incident: Incident) -> QuerySet[Delivery]:
    return Delivery.objects.filter(notice__incident=incident, state__in=("pending", "leased"))


@pytest.mark.parametrize("end", ["merge", "cancel"])
def test_what_was_to_be_sent_goes_when_it_ends(world, declared, ada, grace, settings, end):
    from notifications.deliveries import claim

    settings.MAIL_CONFIGURED = True
    incident, other = staffed(declared(1), ada, grace), declared(2, title="Other")
    world.pass_time(21 * MINUTE)
    assert pending(incident).exists()

    if end == "merge":
        operations.merge(incident.pk, other.pk, by=ada, reason="The same")
    else:
        operations.cancel(incident.pk, by=ada, reason="A false alarm")
    world.work()

    claimed = claim(urgent=True, limit=100)
    assert not [row for row in claimed if row.notice.incident_id == incident.pk]
    fired = Stage.objects.filter(clock__incident=incident).count()
    world.pass_time(60 * MINUTE)
    assert Stage.objects.filter(clock__incident=incident).count() == fired


def test_a_silent_commander_is_asked_once_then_the_deputy(world, declared, ada, grace):
    incident = staffed(declared(2), ada, grace)

    world.pass_time(5 * HOUR)

    assert stages(incident, "silence") == ["silent", "take-command"]
    assert [t.split(":")[0] for t in heard(ada) if t.startswith("Nothing heard")] == ["Nothing heard for 1 h"]
    assert [t.split(":")[0] for t in heard(grace) if t.startswith("Take")] == ["Take command"]


def test_a_word_from_the_commander_answers(world, declared, ada, grace):
    incident = staffed(declared(2), ada, grace)
    world.pass_time(50 * MINUTE)

    operations.add_note(incident.pk, "Still on it", by=ada)
    world.pass_time(50 * MINUTE)

    assert stages(incident, "silence") == []


def test_a_handover_answers_and_whoever_took_over_has_their_own_time(world, declared, ada, grace):
    incident = staffed(declared(2), ada, grace)
    world.pass_time(61 * MINUTE)
    assert stages(incident, "silence") == ["silent"]

    operations.assign_role(incident.pk, "commander", grace, by=ada)
    operations.assign_role(incident.pk, "communications_lead", ada, by=grace)
    world.pass_time(58 * MINUTE)
    assert stages(incident, "silence") == ["silent"]

    world.pass_time(4 * MINUTE)
    assert stages(incident, "silence") == ["silent", "silent"]
    assert [t for t in heard(grace) if t.startswith("Nothing heard for 1 h:")]


def test_to_leave_command_is_no_sign_of_life(world, declared, ada, grace):
    incident = staffed(declared(2), ada, grace)
    world.pass_time(30 * MINUTE)

    operations.assign_role(incident.pk, "commander", None, by=ada)
    world.pass_time(35 * MINUTE)

    assert stages(incident, "silence") == ["silent"]


def test_drills_and_what_is_written_up_afterwards_nudge_nobody(world, declared, ada):
    drill = declared(1, nature="drill")
    over = declared(
        1, nature="retrospective",
        started_at=datetime(2026, 11, 1, tzinfo=UTC), ended_at=datetime(2026, 11, 1, 2, tzinfo=UTC),
    )  # fmt: skip

    world.pass_time(90 * MINUTE)

    assert not Notice.objects.exists() and drill.next_update_due_at
    assert over.status == "resolved" and over.ended_at.hour == 2
    assert not over.events.filter(kind="status_update_posted").exists()


# -- working days, rotas and clock changes ---------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "country", "declared_on", "due_on"),
    [
        ("Europe/Berlin", "DE", "2026-11-13 15:00", "2026-11-16 17:00"),  # Friday
        ("Europe/Berlin", "DE-BY", "2026-12-31 15:00", "2027-01-04 17:00"),  # New Year, and a weekend
        ("Europe/Berlin", "DE", "2027-03-26 10:00", "2027-03-30 17:00"),  # Easter, and summer time
        ("Europe/Berlin", "DE", "2026-10-23 15:00", "2026-10-26 17:00"),  # back to winter time
        ("America/New_York", "US", "2027-03-12 15:00", "2027-03-15 17:00"),  # to summer time
        ("America/New_York", "US", "2026-10-30 15:00", "2026-11-02 17:00"),  # back
        ("America/New_York", "US", "2026-11-25 18:00", "2026-11-27 17:00"),  # Thanksgiving
    ],
)
def test_a_sev4_waits_for_the_end_of_the_teams_next_working_day(
    world, declared, contacts, zone, country, declared_on, due_on
):
    local = ZoneInfo(zone)
    starts = datetime.fromisoformat(declared_on).replace(tzinfo=local).astimezone(UTC)
    due_at = datetime.fromisoformat(due_on).replace(tzinfo=local).astimezone(UTC)
    world.traveller.move_to(starts, tick=False)
    world.tell_database()
    team = Team.objects.create(
        name="Chat", slug="chat", timezone=zone, holidays=country, opens_at=time(9), closes_at=time(17)
    )

    incident = declared(4, team=team)
    world.work()
    world.skip(due_at - starts - MINUTE)
    world.work()
    assert stages(incident, "acknowledge") == []
    world.skip(MINUTE)
    world.work()

    assert stages(incident, "acknowledge") == ["ask-1"]
    assert len(heard(contacts["primary"])) == 1


def test_the_update_is_due_after_elapsed_minutes_whatever_the_clocks_on_the_wall_do(world, declared, ada):
    for change in (datetime(2026, 10, 25, 0, 50, tzinfo=UTC), datetime(2026, 11, 1, 5, 50, tzinfo=UTC)):
        world.traveller.move_to(change, tick=False)
        world.tell_database()
        incident = declared(1)
        operations.acknowledge(incident.pk, by=ada)
        world.pass_time(20 * MINUTE)
        assert stages(incident, "update") == ["warn", "due"]
        operations.cancel(incident.pk, by=ada, reason="Next")


def test_a_page_goes_to_whoever_has_just_taken_over(world, declared, contacts, ada, grace):
    rota = (
        b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n"
        b"BEGIN:VEVENT\r\nUID:1\r\nDTSTART:20261101T000000Z\r\nDTEND:20261101T020500Z\r\nRRULE:FREQ=DAILY\r\n"
        b"SUMMARY:Grace Hopper\r\nEND:VEVENT\r\n"
        b"BEGIN:VEVENT\r\nUID:2\r\nDTSTART:20261101T020500Z\r\nDTEND:20261102T000000Z\r\nRRULE:FREQ=DAILY\r\n"
        b"SUMMARY:Ada Lovelace\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    calendar = oncall.add_calendar(name="Rota", url="", source=rota, by=ada)
    incident = declared(1)
    for role in ("Primary On-Call", "Secondary On-Call"):
        bind(incident, role, ada, calendar)

    world.pass_time(6 * MINUTE)

    assert [data["told"] for data in told(incident, "paged")] == [["Grace Hopper"], ["Ada Lovelace"]]


def bind(incident: Incident, role: str, by: User, calendar: OnCallCalendar) -> None:
    contacts.bind(incident.revision.runbook_id, role, by=by, calendar=calendar)


def test_when_the_contact_cannot_be_reached_the_timeline_says_whom_to_call(world, ada):
    from incidents.operations import Declaration, declare
    from runbooks.operations import create_runbook

    source = b"# R\n\n## Contacts\n| Role | Contact | When |\n|---|---|---|\n| DBA | Ana, +44 20 7946 0000 | First |\n"
    incident = declare(Declaration("Down", 1), revision=create_runbook(source, by=None), by=ada)

    world.pass_time(1 * MINUTE)

    data = told(incident, "paged")[0]
    assert data["call"] == "+44 20 7946 0000" and data["told"] == ["Ada Lovelace"]
