"""The days that figures are about, as the reader's calendar has them, with their weeks and months."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

ONE_DAY = timedelta(days=1)
#: What may be chosen, in days up to today.
LAST = {"30d": 30, "90d": 90, "180d": 180, "365d": 365}
DEFAULT = "90d"
DATES = "dates"
LONGEST = 366  # days
EARLIEST = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some days, both ends included, in a time zone: each from its midnight there, whatever clocks do that night."""

    first: date
    last: date
    zone: tzinfo

    @property
    def start(self) -> datetime:
        return datetime.combine(self.first, time(), self.zone)

    @property
    def end(self) -> datetime:
        """The moment at which the stretch is over: the next day's first."""
        return datetime.combine(self.last + ONE_DAY, time(), self.zone)

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def short(self) -> str:
        """As "24 Aug", its first day."""
        return f"{self.first.day} {self.first:%b}"

    @property
    def in_words(self) -> str:
        """As "24 August to 12 November 2026"."""
        last = f"{self.last.day} {self.last:%B %Y}"
        if self.first == self.last:
            return last
        year = f" {self.first.year}" if self.first.year != self.last.year else ""
        return f"{self.first.day} {self.first:%B}{year} to {last}"


@dataclass(frozen=True, slots=True)
class Period(Stretch):
    """``chosen`` is the name of the choice: one of LAST, or DATES."""

    chosen: str = DEFAULT

    @classmethod
    def up_to(cls, today: date, zone: tzinfo, chosen: str = DEFAULT) -> "Period":
        return cls(today - timedelta(days=LAST[chosen] - 1), today, zone, chosen)

    @classmethod
    def between(cls, first: date, last: date, today: date, zone: tzinfo) -> "Period":
        """From ``first`` to ``last`` in either order; without days to come, and the last LONGEST where it is more."""
        last, first = max(first, last), min(first, last)
        last = max(min(last, today), EARLIEST)
        first = max(min(first, last), EARLIEST, last - timedelta(days=LONGEST - 1))
        return cls(first, last, zone, DATES)

    @property
    def before(self) -> Stretch:
        """As many days, just before."""
        return Stretch(self.first - timedelta(days=self.days), self.first - ONE_DAY, self.zone)

    @property
    def weeks(self) -> list[Stretch]:
        """From Monday to Sunday; the first and the last may be parts of one."""
        return list(self._split(lambda day: day + timedelta(days=7 - day.weekday())))

    @property
    def months(self) -> list[Stretch]:
        """Calendar months; the first and the last may be parts of one."""
        return list(self._split(lambda day: (day.replace(day=1) + timedelta(days=31)).replace(day=1)))

    @property
    def each_day(self) -> list[Stretch]:
        return list(self._split(lambda day: day + ONE_DAY))

    def _split(self, next_after: Callable[[date], date]) -> Iterator[Stretch]:
        first = self.first
        while first <= self.last:
            then = next_after(first)
            yield Stretch(first, min(then - ONE_DAY, self.last), self.zone)
            first = then


def read(said: Mapping[str, str], today: date, zone: tzinfo) -> tuple[Period, str]:
    """What an address asks for by ``period``, or by ``from`` and ``to``; and what was wrong with it, or "".

    What cannot be read is the default, and the sentence says so: a figure of other days than those asked for must
    not pass for what was asked.
    """
    chosen = said.get("period", "")
    first, last = said.get("from", "").strip(), said.get("to", "").strip()
    usual = Period.up_to(today, zone)
    if chosen in LAST:
        return Period.up_to(today, zone, chosen), ""
    if chosen not in ("", DATES):
        return usual, "There is no such period. These are the last 90 days."
    if not (first or last):
        return usual, "Say from which day to which. These are the last 90 days." if chosen else ""
    try:
        return _between(first, last, today, zone)
    except ValueError:
        return usual, "Enter days such as 2026-08-24. These are the last 90 days."


def _between(first: str, last: str, today: date, zone: tzinfo) -> tuple[Period, str]:
    until = date.fromisoformat(last) if last else today
    since = date.fromisoformat(first) if first else until - timedelta(days=LAST[DEFAULT] - 1)
    period = Period.between(since, until, today, zone)
    as_asked = (period.first, period.last) == (min(since, until), max(since, until))
    return period, "" if as_asked else "Only days up to today, a year at most: these are the nearest."
