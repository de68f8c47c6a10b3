"""The times that people wrote into a document's timeline, in their order."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice

from postmortems.gate import words
from postmortems.gate.document import Document
from postmortems.gate.finding import Finding
from postmortems.gate.outline import Line, Part, plain

DAY = 24 * 3600
_MONTHS = [
    "jan",
    "feb",
    "m[aä]r|mrz",
    "apr",
    "ma[iy]",
    "jun",
    "jul",
    "aug",
    "sep",
    "o[ck]t",
    "nov",
    "de[czk]",
]
_MONTH = r"(?P<{}>[A-Za-zäûéç]{{3,10}})\.?"
_DATES = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?P<y>\d{4})[-/.年년] ?(?P<m>\d{1,2})[-/.月월] ?(?P<d>\d{1,2})[日일]?",
        r"(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?P<y>\d{4})?",
        r"(?P<m>\d{1,2})[月월] ?(?P<d>\d{1,2})[日일]",
        rf"(?P<d>\d{{1,2}})(?:st|nd|rd|th|\.)? (?:de )?{_MONTH.format('mon')}(?: (?:de )?(?P<y>\d{{4}}))?",
        rf"{_MONTH.format('mon')} (?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?!\d|:)(?:,? (?P<y>\d{{4}}))?",
    )
)
_WEEKDAY = re.compile(
    r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\b\.?,? ?", re.IGNORECASE
)
_LOOSE_DATE = re.compile(rf"\d{{1,2}}/\d{{1,2}}(?:/\d{{2,4}})?|day \d+|{_WEEKDAY.pattern}", re.IGNORECASE)
_DIGIT = re.compile(r"\d")
#: Moments of one timeline that are put in order; nobody writes so many by hand.
MOST = 3_000
#: Letters of a line that holds nothing but a date.
DATE_ALONE = 30
_CLOCK = re.compile(
    r"(?P<hour>\d{1,2})(?:(?:[:h]|[時시点] ?)(?P<minute>\d{2})[分분]?(?::(?P<second>\d{2})(?:[.,]\d{1,9})?)?"
    r"|(?=\s?[ap]\.?m\b))\s?(?P<half>[ap]\.?m\.?(?![a-z]))?\s?"
    r"(?P<zone>(?-i:Z\b|[+-]\d\d:?\d\d|UTC|GMT|[A-Z]{2,4}T\b))?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Moment:
    """``day`` is a date's ordinal, None where none was written, ``loose`` a day that cannot be put in order;
    ``second`` of that day in ``zone``; ``wrote`` as written."""

    line: Line
    second: int
    wrote: str
    day: int | None = None
    loose: str = ""
    zone: str = ""
    hour: str = ""
    has_half: bool = False


def order(document: Document) -> Iterator[Finding]:
    """Each step back in time; one finding where the whole runs backwards."""
    for part in document.parts:
        if words.TIMELINE.search(part.title) and not _is_within(part):
            yield from _steps_back(list(islice(moments(part), MOST)))


def _is_within(part: Part) -> bool:
    parent = part.parent
    return parent is not None and words.TIMELINE.search(parent.title) is not None


def _steps_back(found: list[Moment]) -> Iterator[Finding]:
    period = DAY // 2 if _has_twelve_hours(found) else DAY
    steps, before = [], None
    for moment in found:
        now = _placed(moment, before, period)
        if before is not None and _comparable(before, moment):
            steps.append((before, now, _is_back(before, now)))
        before = now
    back = [(earlier, later) for earlier, later, is_back in steps if is_back]
    if len(back) > 1 and len(back) == len(steps):
        says = "The timeline runs backwards: what happened last comes first."
        yield Finding("timeline", says, "Put what happened first at the top.", found[0].line.number)
        return
    for earlier, later in back:
        says = f"The timeline goes backwards: {later.wrote} comes after {earlier.wrote}."
        mend = "Put the lines in order; where a day has passed, write the date before the time."
        yield Finding("timeline", says, mend, later.line.number, later.line.text[:200])


def _placed(moment: Moment, before: Moment | None, period: int) -> Moment:
    """The moment on its day: where no date is written on that of the one before, or just past midnight."""
    if moment.day is not None or moment.loose or before is None:
        return moment
    day, passed = before.day or 0, (moment.second - before.second) % period
    if moment.second < before.second and passed <= period // 2:
        day += 1
    return replace(moment, day=day, loose=before.loose)


def _comparable(before: Moment, moment: Moment) -> bool:
    if moment.loose and moment.loose != before.loose:
        return False
    return not (before.zone and moment.zone) or before.zone == moment.zone


def _is_back(before: Moment, now: Moment) -> bool:
    return ((now.day or 0), now.second) < ((before.day or 0), before.second)


def _has_twelve_hours(found: list[Moment]) -> bool:
    """Whether the clock goes to twelve and nobody says which half of the day it is."""
    hours = {moment.hour for moment in found}
    return "12" in hours and not any(
        moment.has_half or moment.hour[:1] == "0" or int(moment.hour) > 12 for moment in found
    )


def moments(part: Part) -> Iterator[Moment]:
    """The times with which lines begin, each with the date that was written for it, on its line or above."""
    days, indent = _Days(), None
    for below in part.walk():
        days.read(below.title)
        for line in below.lines:
            if line.is_code or (indent is not None and line.indent > indent + 1):
                continue  # details of an event may be of any time
            text = _start(line)
            clock = _clock(text) if _DIGIT.search(text[:40]) else None
            if clock or len(text) <= DATE_ALONE:
                days.read(text)
            if clock and (moment := _moment(line, clock)):
                indent = line.indent if indent is None else min(indent, line.indent)
                yield replace(moment, day=days.day, loose=days.loose)
                days.day = None


class _Days:
    """The date that was read last: ``day`` until it is used, ``loose`` until there is another."""

    def __init__(self) -> None:
        self.day: int | None = None
        self.loose, self.year, self.last = "", 2000, 0

    def read(self, text: str) -> None:
        for pattern in _DATES:
            if (match := pattern.match(_without_weekday(text))) and self._take(match.groupdict()):
                return
        if match := _LOOSE_DATE.match(text):
            self.day, self.loose = None, match[0].strip(" ,.").casefold()

    def _take(self, named: dict[str, str | None]) -> bool:
        month = int(named["m"] or 0) if "m" in named else _month(named["mon"] or "")
        self.year = int(named.get("y") or self.year)
        day = _ordinal(self.year, month, int(named["d"] or 0))
        if day and not named.get("y") and day < self.last - 180:  # a new year, which nobody writes
            self.year += 1
            day = _ordinal(self.year, month, int(named["d"] or 0))
        if not day:
            return False
        self.day = self.last = day
        self.loose = ""
        return True


def _ordinal(year: int, month: int, day: int) -> int:
    """The number of a day in the calendar; 0 where there is no such day."""
    try:
        return date(year, month, day).toordinal()
    except ValueError:
        return 0


def _start(line: Line) -> str:
    """Where a date and a time may be."""
    text = " ".join(line.cells[:2]) if line.is_row else line.content
    return plain(text[:160]).lstrip("[(~≈ ")


def _without_weekday(text: str) -> str:
    return _WEEKDAY.sub("", text, count=1) if _WEEKDAY.match(text) else text


def _month(name: str) -> int:
    found = (n for n, start in enumerate(_MONTHS, 1) if re.match(f"(?:{start})", name, re.IGNORECASE))
    return next(found, 0)


def _clock(text: str) -> re.Match[str] | None:
    text = _without_weekday(text)
    dates = (match for pattern in (*_DATES, _LOOSE_DATE) if (match := pattern.match(text)))
    after = (_CLOCK.match(text[date.end() :].lstrip(" ,T-–—|at")) for date in dates)
    if clock := next(filter(None, after), None):
        return clock
    return _CLOCK.match(text)


def _moment(line: Line, clock: re.Match[str]) -> Moment | None:
    hour, minute, second = (int(clock[name] or 0) for name in ("hour", "minute", "second"))
    half = (clock["half"] or "").lower()[:1]
    if hour > 23 or minute > 59 or (half and hour > 12):
        return None
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    zone = (clock["zone"] or "").upper()
    zone = "UTC" if zone in ("Z", "GMT", "+00:00", "+0000") else zone
    wrote = clock[0].strip()
    return Moment(line, hour * 3600 + minute * 60 + second, wrote, None, "", zone, clock["hour"], bool(half))
