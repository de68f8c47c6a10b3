"""When somebody is reminded: stages as arithmetic on days, hours and working calendars. Pure.

What is due on a day is said in the morning of a business day, shortly before the digest that carries it. What is
due at an hour warns and falls due at that hour, whatever the day, and only then waits for mornings.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import chain, count, islice
from zoneinfo import ZoneInfo

from accounts.calendars import Calendar
from notifications import wall

DAY, WEEK, HOUR = timedelta(days=1), timedelta(weeks=1), timedelta(hours=1)
#: How long before the morning's mail reminders are made: so that all of a morning are in it, however many.
AHEAD = timedelta(minutes=15)
#: From this overdue stage on others hear too: the day itself has been missed, and the first reminder after it.
ESCALATES_FROM = 2
WARN_SHARE, WARN_LEAST = 4, HOUR
#: Business days on which an overdue post-mortem is spoken of, before it is only once a week.
DAILY = 5


@dataclass(frozen=True, slots=True)
class Rung:
    """One stage: its ``name``, unique for one due time, and ``at``. Whoever oversees the work hears of what
    ``escalates``; what is not said ``in_the_morning`` is said at its very time."""

    name: str
    at: datetime
    escalates: bool = False
    in_the_morning: bool = True

    @property
    def is_late(self) -> bool:
        return self.name.startswith("overdue")


@dataclass(frozen=True, slots=True)
class Mornings:
    """The mornings of somebody whose mail comes at ``wall_time`` in ``zone``, and who works by ``calendar``."""

    zone: ZoneInfo
    wall_time: time
    calendar: Calendar

    def mail_at(self, day: date) -> datetime:
        return wall.moment_of(day, self.wall_time, self.zone)

    def at(self, day: date) -> datetime:
        """When reminders of the morning of ``day`` are made."""
        return self.mail_at(day) - AHEAD

    def day_of(self, now: datetime) -> date:
        """The day whose morning has come last, or comes next: mail at half past midnight is made the day before."""
        return (now + AHEAD).astimezone(self.zone).date()

    def opens_at(self, now: datetime, spoken_at: datetime | None) -> datetime:
        """When a reminder that is owed may be made: ``now`` on a business day whose morning has come, else the
        next morning. Never twice on a day: ``spoken_at`` is when the last one was."""
        today = self.day_of(now)
        if spoken_at and self.day_of(spoken_at) >= today:
            return self.at(self.calendar.business_day_from(today + DAY))
        day = self.calendar.business_day_from(today)
        return max(now, self.at(day)) if day == today else self.at(day)

    def days(self, now: datetime, *, only_ahead: bool = False) -> Iterator[date]:
        """Business days in whose mail something said ``now`` can be, today's first. ``only_ahead`` leaves today
        out once its mail is due."""
        day = self.day_of(now)
        gone = only_ahead and self.mail_at(day) <= now
        return self.business_days(day + DAY if gone else day)

    def business_days(self, day: date) -> Iterator[date]:
        """``day``, if it is one, and all that follow."""
        while True:
            day = self.calendar.business_day_from(day)
            yield day
            day += DAY


def item_ladder(due_on: date, mornings: Mornings) -> Iterator[Rung]:
    """A week before, a day before, on the day, then weekly. Warnings come on the business day before, the others on
    the one after; without end."""
    before, after = mornings.calendar.business_day_until, mornings.calendar.business_day_from
    yield Rung("week", mornings.at(before(due_on - WEEK)))
    yield Rung("day", mornings.at(before(due_on - DAY)))
    yield Rung("due", mornings.at(after(due_on)))
    for n in count(1):
        yield Rung(f"overdue-{n}", mornings.at(after(due_on + n * WEEK)), n >= ESCALATES_FROM)


def loose_ladder(since: date, mornings: Mornings) -> Iterator[Rung]:
    """The day after something was left without an owner or a date, then weekly; without end."""
    for n in count():
        day = mornings.calendar.business_day_from(since + DAY + n * WEEK)
        yield Rung(f"loose-{n + 1}", mornings.at(day))


def warning_before(start: datetime, due_at: datetime) -> timedelta:
    """How long before ``due_at`` whoever writes is warned: a quarter of the time there was, an hour at least."""
    return max((due_at - start) / WARN_SHARE, WARN_LEAST)


def deadline_ladder(start: datetime, due_at: datetime, mornings: Mornings) -> Iterator[Rung]:
    """A quarter of the time before, an hour at least; when it is due; on the business days of a week; then weekly,
    without end: what is said every day for months is heard by nobody."""
    warn = due_at - warning_before(start, due_at)
    if warn > start:
        yield Rung("warn", warn, in_the_morning=False)
    yield Rung("due", due_at, in_the_morning=False)
    daily = list(islice(mornings.business_days(due_at.astimezone(mornings.zone).date() + DAY), DAILY))
    weekly = (mornings.calendar.business_day_from(daily[-1] + n * WEEK) for n in count(1))
    for n, day in enumerate(chain(daily, weekly), 1):
        yield Rung(f"overdue-{n}", mornings.at(day), n >= ESCALATES_FROM)
