"""Working time: which days a team works, and when its next business day is over."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.conf import settings

from accounts.models import Team

# Imported where it is used: it is large, and most processes never ask.
if TYPE_CHECKING:
    import holidays

DAY = timedelta(days=1)
LONGEST_SEARCH = 366  # days; a calendar without a single working day in a year is taken to work every day


@dataclass(frozen=True, slots=True)
class Calendar:
    """``weekdays`` as of ``date.weekday()`` (Monday is 0); ``country`` an ISO 3166 code whose public holidays are
    free, with an optional subdivision ("DE-BY"), or ""; ``closed`` further days off."""

    zone: str = "UTC"
    weekdays: frozenset[int] = frozenset(range(5))
    opens: time = time(9)
    closes: time = time(17)
    country: str = ""
    closed: frozenset[date] = field(default_factory=frozenset)

    def is_business_day(self, day: date) -> bool:
        return (
            day.weekday() in self.weekdays and day not in self.closed and not _is_holiday(self.country, day)
        )

    def next_business_day(self, moment: datetime) -> date:
        """The first business day after the day of ``moment``, as it is in this calendar's zone."""
        return self.business_day_from(moment.astimezone(ZoneInfo(self.zone)).date() + DAY)

    def business_day_from(self, day: date) -> date:
        """``day``, or the first business day after it."""
        return self._business_day(day, DAY)

    def business_day_until(self, day: date) -> date:
        """``day``, or the last business day before it."""
        return self._business_day(day, -DAY)

    def _business_day(self, day: date, step: timedelta) -> date:
        days = (day + n * step for n in range(LONGEST_SEARCH))
        return next(filter(self.is_business_day, days), day)

    def end_of_next_business_day(self, moment: datetime) -> datetime:
        """When work ends on the next business day: what "next business day" promises, at the latest."""
        return datetime.combine(self.next_business_day(moment), self.closes, ZoneInfo(self.zone))


@lru_cache(maxsize=64)
def _holidays(country: str) -> "holidays.HolidayBase":
    import holidays

    code, _, part = country.partition("-")
    return holidays.country_holidays(code, subdiv=part or None)


def is_country(code: str) -> bool:
    """Whether the public holidays of ``code`` are known: "", a country ("DE"), or a part of one ("DE-BY")."""
    if not code:
        return True
    import holidays

    country, dash, part = code.partition("-")
    known = holidays.list_supported_countries()
    return country in known and (not dash or part in known[country])


def _is_holiday(country: str, day: date) -> bool:
    return bool(country) and day in _holidays(country)


def calendar_of(team: Team | None) -> Calendar:
    """The working calendar of ``team``; the organisation's where there is no team."""
    if team is None:
        return Calendar(zone=settings.ORGANISATION_TIMEZONE, country=settings.ORGANISATION_HOLIDAYS)
    return Calendar(
        zone=team.timezone,
        weekdays=frozenset(team.workdays),
        opens=team.opens_at,
        closes=team.closes_at,
        country=team.holidays,
        closed=frozenset(team.days_off),
    )
