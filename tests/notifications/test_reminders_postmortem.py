"""The post-mortem's own deadline, and what is said of its reviews."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import Team, User
from incidents import operations as incidents
from incidents.models import Incident
from notifications.models import Delivery, Notice
from notifications.reminders import arming
from notifications.reminders.models import ReminderClock, ReminderStage
from outbox.facts import publish
from postmortems.models import Comment, Postmortem, Reviewer
from tests.notifications.reminding import live_until, mails, move_to, told, work, write_up

HOUR = timedelta(hours=1)


@pytest.fixture
def berlin(grace: User) -> User:
    grace.timezone = "Europe/Berlin"
    grace.save()
    return grace


@pytest.fixture
def resolved(world, declared, ada) -> Incident:
    """On Thursday at 03:00 in Berlin."""
    return incidents.change_status(declared(2).pk, "resolved", by=ada)


def at_once(user: User) -> list[str]:
    """Titles of mails that did not wait for a morning."""
    rows = Delivery.objects.filter(recipient=user, channel="email").exclude(dedupe_key__startswith="digest:")
    return list(rows.order_by("created_at").values_list("notice__title", flat=True))


def stages() -> list[str]:
    return list(ReminderStage.objects.order_by("fired_at", "pk").values_list("name", flat=True))


@transaction.atomic
def change(postmortem: Postmortem, **fields: object) -> None:
    Postmortem.objects.filter(pk=postmortem.pk).update(**fields)
    publish("postmortem_changed", postmortem_id=postmortem.pk)


def test_of_24_hours_the_last_six_warn_and_then_each_business_day_chases(world, resolved, berlin, contacts):
    """Due on Friday at 03:00: the mail comes at once, for a morning would be too late."""
    lead = contacts["lead"]
    Incident.objects.filter(pk=resolved.pk).update(team=Team.objects.create(name="W", slug="w", lead=lead))
    write_up(resolved, berlin, timezone.now() + 24 * HOUR)
    live_until(world, "2026-11-18T12:00")

    due, late = "Post-mortem due Fri 13 Nov, 03:00 CET: ", "Post-mortem overdue since Fri 13 Nov, 03:00 CET: "
    name = f"INC-{resolved.pk} Chat not working"
    assert told(berlin) == [
        ("Thu 12 Nov 21:00", due + name), ("Fri 13 Nov 03:00", due + name),
        ("Mon 16 Nov 07:45", late + name), ("Tue 17 Nov 07:45", late + name), ("Wed 18 Nov 07:45", late + name),
    ]  # fmt: skip
    assert at_once(berlin) == [due + name] * 2
    assert [at for at, _ in mails(berlin)] == ["Mon 16 Nov 08:00", "Tue 17 Nov 08:00", "Wed 18 Nov 08:00"]
    assert [at for at, _ in mails(lead)] == ["Tue 17 Nov 08:00", "Wed 18 Nov 08:00"]
    assert told(lead)[0][1].startswith("Post-mortem overdue since Fri 13 Nov, 02:00 UTC")


def test_overdue_for_a_week_it_is_chased_once_a_week_from_then_on(world, resolved, berlin):
    write_up(resolved, berlin, timezone.now() + 24 * HOUR)
    live_until(world, "2026-12-12T12:00")
    days = [at.rsplit(" ", 1)[0] for at, title in told(berlin) if "overdue since" in title]
    assert days == [
        "Mon 16 Nov", "Tue 17 Nov", "Wed 18 Nov", "Thu 19 Nov", "Fri 20 Nov",
        "Fri 27 Nov", "Fri 04 Dec", "Fri 11 Dec",
    ]  # fmt: skip


def test_of_a_week_the_warning_waits_for_the_morning(world, resolved, berlin):
    write_up(resolved, berlin, timezone.now() + 7 * 24 * HOUR)
    live_until(world, "2026-11-18T12:00")
    assert [at for at, _ in told(berlin)] == ["Tue 17 Nov 09:00"] and at_once(berlin) == []
    assert [at for at, _ in mails(berlin)] == ["Wed 18 Nov 08:00"]


@pytest.mark.parametrize("how", [{"status": "published"}, {"discarded_at": "now"}, {"due_at": None}], ids=str)
def test_it_stops_when_it_is_published_or_discarded_or_owes_nothing(world, resolved, berlin, how):
    made = write_up(resolved, berlin, timezone.now() + 24 * HOUR)
    work()
    now = timezone.now()
    more = {"published_at": now} if "status" in how else {}
    change(made, **({name: now if value == "now" else value for name, value in how.items()} | more))
    live_until(world, "2026-11-18T12:00")
    assert told(berlin) == [] and not ReminderClock.objects.armed().exists()


def test_taken_back_it_is_chased_again(world, resolved, berlin):
    made = write_up(resolved, berlin, timezone.now() + 24 * HOUR)
    work()
    change(made, status="published", published_at=timezone.now())
    live_until(world, "2026-11-17T12:00")
    change(made, status="draft", published_at=None)
    live_until(world, "2026-11-18T12:00")
    assert stages() == ["overdue-3"]


def test_while_the_incident_goes_on_again_nobody_is_asked_to_write(world, resolved, berlin, ada):
    write_up(resolved, berlin, timezone.now() + 24 * HOUR)
    work()
    incidents.reopen(resolved.pk, by=ada, reason="It is back")
    live_until(world, "2026-11-12T12:00")
    assert not ReminderClock.objects.armed().exists()
    incidents.change_status(resolved.pk, "resolved", by=ada)
    live_until(world, "2026-11-16T12:00")
    assert stages() == ["warn", "due", "overdue-1"]


def test_without_an_author_who_can_be_told_the_commander_is(world, resolved, berlin, ada):
    Incident.objects.filter(pk=resolved.pk).update(commander=ada)
    User.objects.filter(pk=berlin.pk).update(is_active=False)
    write_up(resolved, berlin, timezone.now() + 24 * HOUR)
    live_until(world, "2026-11-13T12:00")
    assert told(berlin) == [] and len(told(ada)) == 2


def test_a_post_mortem_whose_fact_was_lost_is_armed_by_the_audit(world, resolved, berlin):
    made = write_up(resolved, berlin, timezone.now() + 24 * HOUR)
    from outbox.models import Fact

    Fact.objects.all().delete()
    assert (arming.audit(), arming.audit()) == (1, 0)
    Postmortem.objects.filter(pk=made.pk).update(due_at=timezone.now() + 48 * HOUR)
    assert arming.audit() == 1
    assert ReminderClock.objects.get().due_at == timezone.now() + 48 * HOUR


# -- reviews and comments -----------------------------------------------------------------------------


@pytest.fixture
def written(world, resolved, ada) -> Postmortem:
    """By ada, due in ten days."""
    return write_up(resolved, ada, timezone.now() + 240 * HOUR, status="in_review")


def titles(user: User) -> list[str]:
    return [title for _, title in told(user)]


def test_a_review_is_asked_and_answered_once_each_however_often_the_fact_comes(world, written, ada, berlin):
    asked = Reviewer.objects.create(postmortem=written, user=berlin, requested_by=ada)
    for _ in range(2):
        change(written)
        work()
    of = f"the post-mortem of INC-{written.incident_id} Chat not working"
    assert titles(berlin) == [f"Ada Lovelace asks you to review {of}"]

    asked.verdict, asked.answered_at, asked.said = "changes", timezone.now(), "Say *why*"
    asked.save()
    for _ in range(2):
        change(written)
        work()
    assert titles(ada) == [f"Grace Hopper asked for changes to {of}"] and len(titles(berlin)) == 1
    assert Notice.objects.get(title=titles(ada)[0]).text == "Say *why*"

    asked.verdict, asked.requested_at = "", timezone.now() + HOUR  # and asked again
    asked.save()
    change(written)
    work()
    assert len(titles(berlin)) == 2


def test_a_review_of_what_is_due_within_the_day_is_mailed_at_once(world, written, ada, berlin):
    Reviewer.objects.create(postmortem=written, user=berlin, requested_by=ada)
    change(written, due_at=timezone.now() + 20 * HOUR)
    work()
    assert len(at_once(berlin)) == 1


def test_a_comment_is_the_authors_to_read_and_a_reply_also_theirs_whom_it_answers(
    world, written, ada, berlin, eve
):
    said = {"postmortem": written, "number": 0, "made_at": timezone.now()}
    first = Comment.objects.create(text="Why?", made_by=berlin, **said)
    Comment.objects.create(text="Because", made_by=ada, answers=first, **said)
    Comment.objects.create(text="I see", made_by=eve, answers=first, **said)
    change(written)
    work()
    of = f"the post-mortem of INC-{written.incident_id} Chat not working"
    # All are told of in one moment, in no order.
    assert set(titles(ada)) == {f"Grace Hopper commented on {of}", f"Eve Moneypenny replied on {of}"}
    assert set(titles(berlin)) == {f"Ada Lovelace replied on {of}", f"Eve Moneypenny replied on {of}"}
    assert len(titles(ada)) == len(titles(berlin)) == 2
    assert titles(eve) == []


def test_of_a_private_incident_only_those_added_to_it_are_told(world, declared, ada, berlin):
    secret = incidents.change_status(declared(1, is_private=True, title="Breach").pk, "resolved", by=ada)
    made = write_up(secret, ada, timezone.now() + 24 * HOUR, status="in_review")
    Reviewer.objects.create(postmortem=made, user=berlin, requested_by=ada)
    change(made)
    work()
    assert titles(berlin) == []


def test_what_is_asked_of_one_person_is_not_told_to_the_teams_channel(world, resolved, ada, berlin):
    from notifications.models import Destination, DestinationUse

    team = Team.objects.create(name="Web", slug="web")
    Incident.objects.filter(pk=resolved.pk).update(team=team)
    hook = {"channel": "webhook", "name": "Hook", "address": "https://hook.example.com/", "secret": "x"}
    channel = Destination.objects.create(team=team, **hook)
    DestinationUse.objects.create(destination=channel, urgency="reminder")
    made = write_up(resolved, ada, datetime(2026, 11, 13, 2, tzinfo=UTC), status="in_review")
    Reviewer.objects.create(postmortem=made, user=berlin, requested_by=ada)
    change(made)
    work()
    assert titles(berlin) and not Delivery.objects.filter(channel="webhook").exists()

    move_to(world, "2026-11-13T01:00")
    work()
    assert Delivery.objects.filter(channel="webhook").count() == 1
