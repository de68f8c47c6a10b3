"""The morning's mail: one a person a day, whatever the clocks do, nothing lost and nothing twice."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from accounts.models import User
from incidents import operations as incidents
from notifications import digests, operations
from notifications.deliveries import deliver
from notifications.models import Delivery, Digest, DigestEntry, Notice
from notifications.reached import Reached
from tests.notifications.conftest import World

HOUR = timedelta(hours=1)


@pytest.fixture
def berlin(grace: User) -> User:
    grace.timezone = "Europe/Berlin"
    grace.save()
    return grace


def remind(user: User, title: str = "Fix the alarm", **said: object) -> Notice:
    usual = {
        "urgency": "reminder",
        "text": "It is due.",
        "path": "/runbooks/",
        "expires_at": timezone.now() + timedelta(days=30),
    }
    notice = Notice.objects.create(title=title, **(usual | said))
    with transaction.atomic():
        deliver(notice, Reached(user=user))
    return notice


def mails(user: User) -> list[Delivery]:
    found = Delivery.objects.filter(recipient=user, channel="email", dedupe_key__startswith="digest:")
    return list(found.select_related("notice").order_by("created_at", "pk"))


def move_to(world: World, moment: str) -> None:
    world.traveller.move_to(datetime.fromisoformat(moment).replace(tzinfo=UTC))
    world.tell_database()


def pass_days(world: World, days: int) -> list[datetime]:
    """Every half hour somebody gathers; when each mail was made."""
    made = []
    for _ in range(days * 48):
        world.skip(timedelta(minutes=30))
        if digests.gather():
            made.append(timezone.now())
    return made


def test_reminders_wait_for_the_morning_and_are_one_mail(world, berlin):
    """The world begins at 03:00 in Berlin."""
    remind(berlin, "Fix the alarm")
    remind(berlin, "Write it up")
    assert not Delivery.objects.filter(channel="email").exists()
    assert Delivery.objects.filter(channel="inbox").count() == 2
    world.skip(4 * HOUR + timedelta(minutes=59))
    assert digests.gather() == 0

    world.skip(timedelta(minutes=1))  # 08:00
    assert digests.gather() == 1

    (mail,) = mails(berlin)
    assert mail.notice.title == "2 reminders for Thursday 12 November"
    assert "Fix the alarm" in mail.notice.text and "Write it up" in mail.notice.text
    assert (mail.state, mail.sent_at, mail.is_urgent) == ("pending", None, False)
    assert digests.gather() == 0


def test_a_reminder_said_twice_is_in_the_mail_once(world, berlin):
    notice = remind(berlin)
    for _ in range(2):
        deliver(notice, Reached(user=berlin))
        world.skip(24 * HOUR)
    assert DigestEntry.objects.count() == 1


def test_what_comes_after_the_mail_waits_for_the_next_morning(world, berlin):
    remind(berlin, "First")
    world.skip(5 * HOUR)
    digests.gather()
    remind(berlin, "Second")
    assert digests.gather() == 0

    world.skip(24 * HOUR)
    digests.gather()
    assert [("First" in mail.notice.text, "Second" in mail.notice.text) for mail in mails(berlin)] == [
        (True, False), (False, True),
    ]  # fmt: skip


@pytest.mark.parametrize("at", [time(2, 30), time(8)], ids=str)
@pytest.mark.parametrize(
    ("zone", "start"),
    [
        ("Europe/Berlin", "2026-03-27T14:00"), ("Europe/Berlin", "2026-10-23T14:00"),
        ("America/New_York", "2026-03-06T14:00"), ("America/New_York", "2026-10-30T14:00"),
    ],
)  # fmt: skip
def test_one_mail_a_day_across_both_changes_of_the_clocks(world, grace, zone, start, at):
    move_to(world, start)
    grace.timezone = zone
    grace.save()
    operations.save_preferences(
        by=grace, email_nudges=True, email_reminders=True, quiet_from=None, quiet_until=None, digest_at=at
    )
    made = []
    for day in range(4):
        remind(grace, f"Of day {day}")
        made += pass_days(world, 1)

    local = [moment.astimezone(grace.zone) for moment in made]
    assert len({moment.date() for moment in local}) == len(local) == 4
    assert all(moment.time() in (at, time(3)) for moment in local)
    assert all(f"Of day {day}" in mail.notice.text for day, mail in enumerate(mails(grace)))


def test_after_downtime_the_mornings_missed_are_one_mail(world, berlin):
    for day in range(3):
        remind(berlin, f"Of day {day}")
        world.skip(24 * HOUR)
    world.skip(6 * HOUR)

    assert digests.gather() == 1
    (mail,) = mails(berlin)
    assert all(f"Of day {day}" in mail.notice.text for day in range(3))
    assert not Digest.objects.filter(gathered_at=None).exists()


def test_what_is_no_longer_so_or_no_longer_theirs_is_left_out(world, berlin, ada, declared):
    secret = declared(1, is_private=True, title="Breach")
    incidents.grant_access(secret.pk, berlin, by=ada)
    remind(berlin, "About the breach", incident=secret)
    remind(berlin, "Over by then", expires_at=timezone.now() + HOUR)
    remind(berlin, "Stands")
    incidents.revoke_access(secret.pk, berlin, by=ada)
    world.skip(6 * HOUR)
    digests.gather()

    text = mails(berlin)[0].notice.text
    assert "Stands" in text and "breach" not in text and "Over by then" not in text


def test_nothing_left_to_say_is_no_mail(world, berlin):
    remind(berlin, expires_at=timezone.now() + HOUR)
    world.skip(6 * HOUR)
    digests.gather()
    assert mails(berlin) == [] and not Digest.objects.filter(gathered_at=None).exists()


def test_no_mail_for_those_who_want_none_or_have_left(world, berlin, ada):
    remind(berlin)
    operations.save_preferences(
        by=berlin,
        email_nudges=True,
        email_reminders=False,
        quiet_from=None,
        quiet_until=None,
        digest_at=time(8),
    )
    remind(ada)
    User.objects.filter(pk=ada.pk).update(is_active=False)
    world.skip(12 * HOUR)
    digests.gather()
    assert mails(berlin) == mails(ada) == []


def test_a_later_hour_or_another_zone_moves_the_mail_that_waits(world, berlin):
    remind(berlin)
    operations.save_preferences(
        by=berlin,
        email_nudges=True,
        email_reminders=True,
        quiet_from=None,
        quiet_until=None,
        digest_at=time(10),
    )
    world.skip(6 * HOUR)  # 09:00 in Berlin
    assert digests.gather() == 0

    User.objects.filter(pk=berlin.pk).update(timezone="America/New_York")
    world.skip(HOUR)  # 10:00 in Berlin: 04:00 there
    digests.gather()
    assert mails(berlin) == []
    world.skip(6 * HOUR)
    digests.gather()
    assert len(mails(berlin)) == 1


def test_a_later_hour_chosen_after_the_mail_is_no_second_mail_that_day(world, berlin):
    remind(berlin, "First")
    world.skip(5 * HOUR)  # 08:00
    digests.gather()
    operations.save_preferences(
        by=berlin,
        email_nudges=True,
        email_reminders=True,
        quiet_from=None,
        quiet_until=None,
        digest_at=time(10),
    )
    remind(berlin, "Second")

    made = pass_days(world, 2)

    assert [moment.astimezone(berlin.zone).isoformat()[:16] for moment in made] == ["2026-11-13T10:00"]
    assert "Second" in mails(berlin)[1].notice.text


def test_other_addresses_used_for_reminders_get_the_same_mail(world, berlin):
    operations.add_destination(
        by=berlin, team=None, channel="email", name="Home", address="g@example.com", uses=["reminder"]
    )
    remind(berlin)
    world.skip(6 * HOUR)
    digests.gather()
    assert sorted(mail.address for mail in mails(berlin)) == ["g@example.com", berlin.email]


def test_one_that_cannot_be_made_does_not_stop_the_others(world, berlin, ada, monkeypatch):
    remind(berlin)
    remind(ada)
    world.skip(12 * HOUR)
    real = digests._mail
    monkeypatch.setattr(digests, "_mail", lambda user, *rest: 1 / 0 if user == ada else real(user, *rest))
    digests.gather()
    assert len(mails(berlin)) == 1 and mails(ada) == []

    monkeypatch.setattr(digests, "_mail", real)
    world.skip(HOUR)
    digests.gather()
    assert len(mails(ada)) == 1


@pytest.mark.django_db(transaction=True)
def test_two_who_gather_at_once_make_one_mail(grace):
    """Four threads, and two mornings of one person: still one mail."""
    import threading

    now = timezone.now()
    for days, title in ((2, "First"), (1, "Second")):
        notice = Notice.objects.create(
            urgency="reminder", title=title, text="", expires_at=now + timedelta(days=9)
        )
        digest = Digest.objects.create(user=grace, day=now.date() - timedelta(days=days), due_at=now - HOUR)
        DigestEntry.objects.create(digest=digest, user=grace, notice=notice)
    gate = threading.Barrier(4)

    def gather() -> None:
        gate.wait()
        try:
            digests.gather()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=gather) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    (mail,) = mails(grace)
    assert "First" in mail.notice.text and "Second" in mail.notice.text


def test_gathering_costs_the_same_for_one_reminder_and_for_many(world, berlin):
    from django.test.utils import CaptureQueriesContext

    def cost(count: int) -> int:
        for n in range(count):
            remind(berlin, f"N{n}")
        world.skip(24 * HOUR)
        with CaptureQueriesContext(connection) as captured:
            digests.gather()
        return len(captured)

    assert cost(1) == cost(60)


@pytest.mark.django_db(transaction=True)
def test_while_one_gathers_for_a_person_nobody_else_does(grace):
    import threading

    now, found = timezone.now(), []
    for days in (2, 1):
        Digest.objects.create(user=grace, day=now.date() - timedelta(days=days), due_at=now - days * HOUR)

    def gather() -> None:
        try:
            found.append(digests.gather())
        finally:
            connections.close_all()

    with transaction.atomic():
        assert digests._claim()
        beside = threading.Thread(target=gather)
        beside.start()
        beside.join(20)

    assert found == [0]
