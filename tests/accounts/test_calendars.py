"""Working time: the next business day, and the form that says when a team works."""

from datetime import UTC, date, datetime

import pytest

from accounts.calendars import Calendar, calendar_of
from accounts.models import Team

BERLIN = Calendar(zone="Europe/Berlin", country="DE-BY", closed=frozenset([date(2026, 12, 24)]))
NEW_YORK = Calendar(zone="America/New_York", country="US")


def end(calendar: Calendar, year: int, month: int, day: int, hour: int, minute: int = 0) -> str:
    at = datetime(year, month, day, hour, minute, tzinfo=UTC)
    return f"{calendar.end_of_next_business_day(at).astimezone(UTC):%a %d %b %H:%M}"


def test_a_weekend_a_holiday_and_a_day_off_are_passed_over():
    assert end(BERLIN, 2026, 11, 13, 12) == "Mon 16 Nov 16:00"  # Friday
    assert end(BERLIN, 2026, 11, 14, 12) == "Mon 16 Nov 16:00"  # Saturday
    assert (
        end(BERLIN, 2026, 12, 23, 12) == "Mon 28 Dec 16:00"
    )  # the 24th is off, then Christmas and a weekend
    assert end(NEW_YORK, 2026, 11, 25, 18) == "Fri 27 Nov 22:00"  # Thanksgiving


def test_a_day_is_that_of_the_teams_zone():
    assert end(BERLIN, 2026, 11, 12, 23, 30) == "Mon 16 Nov 16:00"  # Friday half past midnight in Berlin
    assert end(NEW_YORK, 2026, 11, 13, 4, 30) == "Fri 13 Nov 22:00"  # still Thursday in New York


def test_work_ends_at_five_on_both_sides_of_each_clock_change():
    assert end(BERLIN, 2026, 3, 26, 12) == "Fri 27 Mar 16:00"
    assert end(BERLIN, 2026, 3, 27, 12) == "Mon 30 Mar 15:00"
    assert end(BERLIN, 2026, 10, 22, 12) == "Fri 23 Oct 15:00"
    assert end(BERLIN, 2026, 10, 23, 12) == "Mon 26 Oct 16:00"
    assert end(NEW_YORK, 2026, 3, 6, 17) == "Mon 09 Mar 21:00"
    assert end(NEW_YORK, 2026, 3, 5, 17) == "Fri 06 Mar 22:00"
    assert end(NEW_YORK, 2026, 10, 30, 17) == "Mon 02 Nov 22:00"
    assert end(NEW_YORK, 2026, 10, 29, 17) == "Fri 30 Oct 21:00"


def test_a_calendar_without_a_working_day_does_not_search_for_ever():
    assert Calendar(weekdays=frozenset()).next_business_day(datetime(2026, 11, 12, tzinfo=UTC)) == date(
        2026, 11, 13
    )


def test_the_business_day_before_and_the_one_after():
    christmas = date(2026, 12, 26)
    assert (BERLIN.business_day_until(christmas), BERLIN.business_day_from(christmas)) == (
        date(2026, 12, 23),
        date(2026, 12, 28),
    )
    assert BERLIN.business_day_until(date(2026, 12, 23)) == BERLIN.business_day_from(date(2026, 12, 23))
    never = Calendar(weekdays=frozenset())
    assert never.business_day_from(christmas) == never.business_day_until(christmas) == christmas


WORDS = {
    "timezone": "Europe/Berlin", "workdays": ["0", "1", "2", "6"], "opens_at": "08:00", "closes_at": "16:30",
    "holidays": "de-by", "days_off": "2026-12-24\n2026-12-31",
}  # fmt: skip


@pytest.fixture
def team(db) -> Team:
    return Team.objects.create(name="Chat", slug="chat")


def test_a_team_says_when_it_works(team, ada, client_for):
    answer = client_for(ada).post("/settings/teams/chat/calendar/", WORDS)

    team.refresh_from_db()
    assert answer.status_code == 302
    kept = calendar_of(team)
    assert (kept.zone, kept.weekdays, kept.country) == ("Europe/Berlin", frozenset({0, 1, 2, 6}), "DE-BY")
    assert date(2026, 12, 31) in kept.closed and f"{kept.closes:%H:%M}" == "16:30"
    assert "DE-BY" in client_for(ada).get("/settings/teams/chat/").content.decode()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("timezone", "Mars/Base"), ("timezone", "x" * 10_000), ("timezone", "a\x00b"), ("workdays", ["9"]),
        ("workdays", []), ("opens_at", "25:00"), ("closes_at", "07:00"), ("holidays", "XX"), ("holidays", "DE-ZZ"),
        ("holidays", "__class__"), ("days_off", "soon"), ("days_off", "9999-99-99"), ("days_off", "2026-01-01 " * 900),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_and_changes_nothing(team, ada, client_for, field, value):
    answer = client_for(ada).post("/settings/teams/chat/calendar/", WORDS | {field: value})

    team.refresh_from_db()
    assert answer.status_code in (400, 422) and team.timezone == "UTC"


def test_only_administrators_say_so(team, grace, client_for):
    assert client_for(grace).post("/settings/teams/chat/calendar/", WORDS).status_code == 403
