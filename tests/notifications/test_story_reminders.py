"""Action items are chased long after their incident is closed: over weekends, holidays and changes of the clocks."""

from datetime import date, datetime, time, timedelta

import pytest
from django.utils import timezone

from accounts.models import Team, User
from incidents import operations as incidents
from notifications import digests, fence, operations
from notifications.models import Delivery, Digest
from notifications.reminders import arming, sweep
from notifications.reminders.models import ReminderClock, ReminderStage
from notifications.reminders.wording import at_moment, words_of
from postmortems.operations import items, publishing
from tests.notifications.reminding import (
    DAY,
    add,
    close,
    live_until,
    mails,
    move_to,
    said,
    told,
    work,
)

HOUR = timedelta(hours=1)


@pytest.fixture
def berlin(grace: User) -> User:
    grace.timezone = "Europe/Berlin"
    grace.save()
    return grace


@pytest.fixture
def new_york(eve: User) -> User:
    eve.timezone, eve.role = "America/New_York", "responder"
    eve.save()
    return eve


def a_team(lead: User | None = None, country: str = "", zone: str = "UTC") -> Team:
    team = Team.objects.create(name="Web", slug="web", holidays=country, timezone=zone, lead=lead)
    if lead:
        team.members.add(lead)
    return team


def prefer(user: User, at: time) -> None:
    operations.save_preferences(
        by=user, email_nudges=True, email_reminders=True, quiet_from=None, quiet_until=None, digest_at=at
    )


def days(found: list[tuple[str, list[str]]]) -> list[str]:
    return [at for at, _ in found]


# -- six weeks ----------------------------------------------------------------------------------------


def test_six_weeks_after_the_incident_was_closed_over_easter_and_summer_time(
    world, declared, berlin, ada, contacts
):
    """Good Friday is 26 March 2027; clocks go forward on the 28th; the item is due on Easter Monday."""
    move_to(world, "2027-03-01T10:00")
    team, lead = a_team(contacts["lead"], "DE", "Europe/Berlin"), contacts["lead"]
    incident = declared(2, team=team)
    item = add(berlin, date(2027, 3, 29), by=ada, incident=incident)
    incidents.change_status(incident.pk, "resolved", by=ada)
    incidents.close(incident.pk, by=ada)
    work()
    publishing.discard(incident.postmortem.pk, by=ada, reason="It is told elsewhere")
    live_until(world, "2027-04-20T12:00")

    due, late = f"Due Mon 29 Mar: {item}", f"Overdue since Mon 29 Mar: {item}"
    assert mails(berlin) == [
        ("Tue 02 Mar 08:00", [f"Ada Lovelace gave you {item}"]),
        ("Mon 22 Mar 08:00", [due]),  # a week before
        ("Thu 25 Mar 08:00", [due]),  # the day before is a Sunday, and Friday is a holiday
        ("Tue 30 Mar 08:00", [due]),  # the day itself is a holiday
        ("Mon 05 Apr 08:00", [late]),
        ("Mon 12 Apr 08:00", [late]),
        ("Mon 19 Apr 08:00", [late]),
    ]
    assert said(item) == ["week", "day", "due", "overdue-1", "overdue-2", "overdue-3"]
    # The lead reads in UTC, and hears once two reminders have come to nothing.
    theirs = late.replace(":", " (Grace Hopper):", 1)
    assert mails(lead) == [("Mon 12 Apr 08:00", [theirs]), ("Mon 19 Apr 08:00", [theirs])]
    assert mails(ada) == []


def test_six_weeks_in_new_york_over_a_holiday_and_the_change_of_the_clocks(world, declared, new_york, ada):
    """Presidents' Day is 15 February 2027; clocks go forward on 14 March."""
    move_to(world, "2027-01-25T15:00")
    incident = declared(3, team=a_team(None, "US", "America/New_York"))
    add(new_york, date(2027, 2, 15), incident=incident)
    incidents.change_status(incident.pk, "resolved", by=ada)
    incidents.close(incident.pk, by=ada)
    live_until(world, "2027-03-16T12:00")

    assert days(mails(new_york)) == [
        "Mon 08 Feb 08:00", "Fri 12 Feb 08:00", "Tue 16 Feb 08:00", "Mon 22 Feb 08:00", "Mon 01 Mar 08:00",
        "Mon 08 Mar 08:00", "Mon 15 Mar 08:00",
    ]  # fmt: skip
    assert [at for at, _ in told(new_york)] == [at.replace("08:00", "07:45") for at in days(mails(new_york))]


@pytest.mark.parametrize(
    ("zone", "hour"),
    [
        ("Europe/Berlin", time(0)), ("Europe/Berlin", time(2, 30)), ("America/New_York", time(1, 30)),
        ("America/New_York", time(23, 50)), ("America/Santiago", time(0, 10)), ("Asia/Kathmandu", time(8)),
    ],
)  # fmt: skip
def test_whatever_the_hour_and_the_zone_it_is_one_mail_on_the_day_itself(world, grace, zone, hour):
    """Over both changes of the clocks; that of Santiago skips midnight."""
    prefer(grace, hour)
    User.objects.filter(pk=grace.pk).update(timezone=zone)
    grace.refresh_from_db()
    for due in ("2026-03-09", "2026-03-30", "2026-09-07", "2026-10-26", "2026-11-02"):
        on = date.fromisoformat(due)
        move_to(world, f"{on - 5 * DAY}T12:00")
        item = add(grace, on)
        live_until(world, f"{on + DAY}T09:00")
        close(item)
        (before, then) = mails(grace)[-2:]
        said_on = f"{on:%a %d %b} {hour:%H:%M}"
        assert then == (said_on, [f"Due {on:%a} {on.day} {on:%b}: {item}"]) and before[0][:3] == "Fri"
    assert len(mails(grace)) == 10


# -- one mail, never twice --------------------------------------------------------------------------------


def test_all_of_a_morning_is_one_mail(world, berlin):
    first, second = add(berlin, date(2026, 11, 16)), add(berlin, date(2026, 11, 17), title="Alarm earlier")
    live_until(world, "2026-11-17T12:00")
    assert mails(berlin) == [
        ("Fri 13 Nov 08:00", [f"Due Mon 16 Nov: {first}"]),
        ("Mon 16 Nov 08:00", [f"Due Mon 16 Nov: {first}", f"Due Tue 17 Nov: {second}"]),
        ("Tue 17 Nov 08:00", [f"Due Tue 17 Nov: {second}"]),
    ]


def test_a_team_that_is_closed_for_weeks_hears_once_before_and_once_after(world, berlin):
    closed = [date(2026, 12, 21) + n * DAY for n in range(21)]
    team = Team.objects.create(name="Web", slug="web", days_off=closed)
    item = add(berlin, date(2026, 12, 28), team=team)
    live_until(world, "2027-01-12T12:00")
    assert days(mails(berlin)) == ["Fri 18 Dec 08:00", "Mon 11 Jan 08:00"]
    assert said(item) == ["(week)", "day", "(due)", "(overdue-1)", "overdue-2"]


def test_after_downtime_there_is_one_mail_and_not_on_a_weekend(world, berlin):
    """Nobody looks from before the first warning until the Saturday after it was due."""
    item = add(berlin, date(2026, 11, 19))
    work()
    move_to(world, "2026-11-21T15:00")
    live_until(world, "2026-11-24T12:00")
    assert mails(berlin) == [("Mon 23 Nov 08:00", [f"Due Thu 19 Nov: {item}"])]
    assert said(item) == ["(week)", "(day)", "due"]


def test_back_in_the_night_it_waits_for_the_morning_and_back_in_the_afternoon_it_does_not(world, berlin):
    item = add(berlin, date(2026, 11, 18))
    work()
    move_to(world, "2026-11-19T01:00")
    work()
    assert said(item) == []
    live_until(world, "2026-11-19T08:00")
    assert days(mails(berlin)) == ["Thu 19 Nov 08:00"]
    close(item)

    other = add(berlin, date(2026, 11, 25), title="Other")
    work()
    move_to(world, "2026-11-25T15:00")
    work()
    assert mails(berlin)[-1] == ("Wed 25 Nov 16:00", [f"Due Wed 25 Nov: {other}"])


def test_an_item_added_on_its_day_is_not_said_to_who_has_just_added_it(world, berlin, ada):
    move_to(world, "2026-11-12T12:00")
    mine, theirs = add(berlin, date(2026, 11, 12)), add(berlin, date(2026, 11, 12), by=ada, title="Given")
    live_until(world, "2026-11-18T12:00")
    assert [title for _, title in told(berlin)] == [f"Ada Lovelace gave you {theirs}"]
    assert said(mine) == []


# -- what changes -------------------------------------------------------------------------------------------


def test_a_moved_date_moves_the_reminders_and_both_dates_stay_on_record(world, berlin):
    item = add(berlin, date(2026, 11, 16))
    live_until(world, "2026-11-13T12:00")
    items.change_item(item.pk, by=berlin, due_on=date(2026, 11, 26))
    live_until(world, "2026-11-26T12:00")
    assert days(mails(berlin)) == [
        "Fri 13 Nov 08:00", "Thu 19 Nov 08:00", "Wed 25 Nov 08:00", "Thu 26 Nov 08:00",
    ]  # fmt: skip
    assert item.events.get(kind="changed").data == {"due_on": ["2026-11-16", "2026-11-26"]}

    # And back: what was said of that day is not said again.
    items.change_item(item.pk, by=berlin, due_on=date(2026, 11, 16))
    live_until(world, "2026-11-30T12:00")
    assert said(item) == ["day", "week", "day", "due", "overdue-2"]


def test_a_date_moved_between_the_reminder_and_the_mail_takes_it_out(world, berlin):
    item = add(berlin, date(2026, 11, 13))
    move_to(world, "2026-11-13T06:50")
    work()
    assert [title for _, title in told(berlin)] == [f"Due Fri 13 Nov: {item}"]
    items.change_item(item.pk, by=berlin, due_on=date(2026, 12, 11))
    live_until(world, "2026-11-16T12:00")
    assert mails(berlin) == []


def test_another_owner_hears_instead_in_their_own_morning(world, berlin, new_york, ada):
    item = add(berlin, date(2026, 11, 20))
    live_until(world, "2026-11-13T12:00")
    items.change_item(item.pk, by=ada, owner=new_york)
    live_until(world, "2026-11-20T15:00")
    assert days(mails(berlin)) == ["Fri 13 Nov 08:00"]
    assert mails(new_york) == [
        ("Fri 13 Nov 08:00", [f"Ada Lovelace gave you {item}"]),
        ("Thu 19 Nov 08:00", [f"Due Fri 20 Nov: {item}"]),
        ("Fri 20 Nov 08:00", [f"Due Fri 20 Nov: {item}"]),
    ]


def test_what_is_closed_is_not_said_and_what_is_reopened_is_again(world, berlin):
    item = add(berlin, date(2026, 11, 13))
    move_to(world, "2026-11-13T06:50")
    work()
    close(item)
    live_until(world, "2026-11-25T12:00")
    assert mails(berlin) == [] and not ReminderClock.objects.armed().exists()

    items.reopen(item.pk, by=berlin, reason="It is back")
    live_until(world, "2026-12-05T12:00")
    assert days(mails(berlin)) == ["Fri 27 Nov 08:00", "Fri 04 Dec 08:00"]


def test_a_close_whose_fact_is_not_heard_yet_is_seen_all_the_same(world, berlin):
    item = add(berlin, date(2026, 11, 13))
    work()
    close(item)
    move_to(world, "2026-11-13T06:50")
    sweep.sweep()
    assert said(item) == [] and not ReminderClock.objects.armed().exists()


def test_another_hour_or_zone_moves_what_waits(world, berlin):
    add(berlin, date(2026, 11, 16))
    work()
    prefer(berlin, time(6))
    live_until(world, "2026-11-13T12:00")
    assert days(mails(berlin)) == ["Fri 13 Nov 06:00"]

    from accounts.operations import change_profile

    change_profile(berlin.pk, name=berlin.name, timezone_name="Asia/Tokyo")
    berlin.refresh_from_db()
    live_until(world, "2026-11-16T12:00")
    assert days(mails(berlin))[1:] == ["Mon 16 Nov 06:00"]


# -- who else -----------------------------------------------------------------------------------------------


def overdue_for_two_weeks(world, item) -> None:
    work()
    live_until(world, "2026-12-01T12:00")
    assert said(item)[-1] == "overdue-2"


def test_without_a_lead_the_commander_hears_and_without_either_the_administrators(
    world, declared, berlin, ada, contacts
):
    primary = contacts["primary"]
    incident = declared(2)
    incidents.assign_role(incident.pk, "commander", primary, by=ada)
    commanded, alone = add(berlin, date(2026, 11, 13), incident=incident), add(berlin, date(2026, 11, 13))
    overdue_for_two_weeks(world, commanded)
    late = "Overdue since Fri 13 Nov (Grace Hopper)"
    assert [title for _, title in told(primary)][-1:] == [f"{late}: {commanded}"]
    assert [title for _, title in told(ada)][-1:] == [f"{late}: {alone}"]


def test_the_items_own_team_comes_before_that_of_its_incident(world, declared, berlin, contacts):
    own = a_team(contacts["lead"])
    other = Team.objects.create(name="Chat", slug="chat", lead=contacts["secondary"])
    item = add(berlin, date(2026, 11, 13), incident=declared(2, team=other), team=own)
    overdue_for_two_weeks(world, item)
    assert told(contacts["lead"]) and not told(contacts["secondary"])


def test_nobody_hears_of_a_private_incident_who_may_not_know_of_it(world, declared, berlin, ada, contacts):
    """Neither the lead nor the other administrators; the owner only once they were added."""
    User.objects.filter(pk=contacts["primary"].pk).update(role="administrator")
    incident = declared(1, is_private=True, title="Breach", team=a_team(contacts["lead"]))
    incidents.grant_access(incident.pk, berlin, by=ada)
    add(berlin, date(2026, 11, 13), by=ada, incident=incident)
    incidents.revoke_access(incident.pk, berlin, by=ada)
    live_until(world, "2026-11-15T12:00")
    assert told(berlin) == [] and "No owner who can be reminded" in told(ada)[-1][1]

    incidents.grant_access(incident.pk, berlin, by=ada)
    live_until(world, "2026-11-16T12:00")
    arming.audit()
    live_until(world, "2026-12-01T12:00")
    assert [at for at, _ in told(berlin)] == ["Mon 16 Nov 13:00", "Fri 20 Nov 07:45", "Fri 27 Nov 07:45"]
    assert not any("Breach" in title for person in contacts.values() for _, title in told(person))


def test_who_added_it_hears_each_week_that_it_has_no_owner_or_no_date(world, berlin, ada):
    ownerless = add(None, date(2026, 12, 1), by=berlin)
    live_until(world, "2026-11-21T12:00")
    assert mails(berlin) == [
        ("Fri 13 Nov 08:00", [f"No owner: {ownerless}"]),
        ("Fri 20 Nov 08:00", [f"No owner: {ownerless}"]),
    ]
    items.change_item(ownerless.pk, by=berlin, owner=ada)
    live_until(world, "2026-11-30T12:00")
    assert len(mails(berlin)) == 2
    assert [title for _, title in told(ada)] == [
        f"Grace Hopper gave you {ownerless}", f"Due Tue 1 Dec: {ownerless}", f"Due Tue 1 Dec: {ownerless}",
    ]  # fmt: skip


def test_an_owner_who_left_is_as_good_as_none(world, berlin, ada):
    item = add(berlin, date(2026, 11, 20), by=ada)
    work()
    User.objects.filter(pk=berlin.pk).update(is_active=False)
    live_until(world, "2026-11-16T12:00")
    assert [title for _, title in told(ada)] == [f"No owner who can be reminded: {item}"]


# -- when something dies -----------------------------------------------------------------------------------


def test_one_that_cannot_be_said_does_not_stop_the_others(world, berlin, ada, monkeypatch):
    first, second = add(berlin, date(2026, 11, 13)), add(ada, date(2026, 11, 13))
    work()
    move_to(world, "2026-11-13T12:00")
    real = words_of
    broken = lambda promise, *rest: 1 / 0 if promise.subject == first else real(promise, *rest)  # noqa: E731
    monkeypatch.setattr("notifications.reminders.telling.words_of", broken)
    work()
    assert (said(first), said(second)) == ([], ["(day)", "due"])
    kept = ReminderClock.objects.get(item=first)
    assert kept.failures == 1 and "ZeroDivisionError" in kept.last_error

    monkeypatch.undo()
    world.skip(3 * timedelta(minutes=1))
    work()
    assert said(first) == ["(day)", "due"] and ReminderClock.objects.get(item=first).failures == 0


def test_what_a_lost_fact_left_unarmed_is_armed_by_the_audit(world, berlin, ada):
    from outbox.models import Fact

    item, closed = add(berlin, date(2026, 11, 20)), add(berlin, date(2026, 11, 20), title="Closed")
    close(closed)
    Fact.objects.all().delete()
    assert arming.audit() == 1
    assert ReminderClock.objects.get().item == item
    assert arming.audit() == 0

    items.change_item(item.pk, by=ada, due_on=date(2026, 11, 24), owner=ada)
    Fact.objects.all().delete()
    assert arming.audit() == 1
    kept = ReminderClock.objects.get()
    assert (kept.person, kept.due_at.date()) == (ada, date(2026, 11, 24))


def test_a_restore_says_nothing_a_second_time(world, berlin):
    item = add(berlin, date(2026, 11, 16))
    work()
    move_to(world, "2026-11-16T12:00")
    fence.fence()
    assert said(item) == ["(day)", "(due)"]
    live_until(world, "2026-11-23T12:00")
    assert days(mails(berlin)) == ["Mon 23 Nov 08:00"]


def test_the_mail_waits_for_reminders_of_its_morning_that_are_not_said_yet(world, berlin):
    """After downtime, while another worker is still busy with them."""
    for title in ("First", "Second"):
        add(berlin, date(2026, 11, 16), title=title)
    work()
    move_to(world, "2026-11-16T12:00")
    sweep.sweep(limit=1)
    assert digests.gather() == 0 and Digest.objects.count() == 1
    sweep.sweep()
    digests.gather()
    assert len(mails(berlin)) == 1 and len(mails(berlin)[0][1]) == 2


def test_a_thing_said_is_one_row_for_each_date_and_stage(world, berlin):
    item = add(berlin, date(2026, 11, 13))
    live_until(world, "2026-11-14T12:00")
    stage = ReminderStage.objects.get(name="due")
    assert (
        stage.name == "due" and Delivery.objects.filter(notice__reminder=stage, channel="inbox").count() == 1
    )
    ReminderClock.objects.update(fires_at=timezone.now() - HOUR)
    work()
    assert said(item) == ["day", "due"]


def test_times_shown_are_those_of_the_reader(world, declared, berlin):

    moment = datetime.fromisoformat("2026-11-13T08:00+00:00")
    assert at_moment(moment, berlin.zone) == "Fri 13 Nov, 09:00 CET"
