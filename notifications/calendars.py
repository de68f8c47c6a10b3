"""Reading an iCalendar as a rota: whose turn it is at a moment. Pure; what is read, and how far, is limited.

A calendar comes from outside, so that reading it must end soon whatever it holds: endless recurrences are cut at
a horizon, and rules that repeat by the minute are left out, which :func:`left_out` tells.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

# Imported where they are used: they are large, and most processes read no calendar.
if TYPE_CHECKING:
    from icalendar import Calendar, Event

MAX_BYTES = 2_000_000
MAX_EVENTS = 5_000
MAX_RULES = 200
WALL = "X-ALLCLEAR-WALL"
MAX_RARE = 5
RARE = ("BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYSETPOS", "BYEASTER")
MOST_SHIFTS = 2_000
#: By how much the library may think that a turn over a clock change has ended already.
CLOCK_CHANGE = timedelta(hours=3)
#: How far ahead anybody looks.
AHEAD = timedelta(days=60)
LONGEST_RULE = 1_000  # characters
MOST_COUNTED = 20_000
EARLIEST = 2000  # the year before which no turn began that still repeats
OFTEN = ("HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY")

ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}")


class Unreadable(Exception):
    """This is no calendar that can be read; the words are for whoever gave it."""


@dataclass(frozen=True, slots=True)
class Shift:
    """Somebody's turn, from ``starts_at`` up to ``ends_at``. ``name`` is the event's own words, "" for none;
    ``addresses`` are those of the words and of the guests, in lower case."""

    name: str
    addresses: tuple[str, ...]
    organizer: str
    starts_at: datetime
    ends_at: datetime


def check(source: bytes) -> None:
    """Raise ``Unreadable`` unless ``source`` is a calendar that a rota can be read from."""
    if len(source) > MAX_BYTES:
        raise Unreadable("The calendar is larger than 2 MB. Export the rota alone.")
    _read(source, date.today())


def shifts(source: bytes, start: datetime, end: datetime, zone: str) -> list[Shift]:
    """The turns that touch the time from ``start`` to ``end``, in their order; floating times and whole days are
    taken in ``zone``. Raises ``Unreadable``."""
    if len(source) > MAX_BYTES:
        raise Unreadable("The calendar is larger than 2 MB.")
    import recurring_ical_events

    (calendar, _), local = _read(source, (end + AHEAD).date()), ZoneInfo(zone)
    try:
        query = recurring_ical_events.of(calendar, skip_bad_series=True)
        found = query.between((start - CLOCK_CHANGE).astimezone(local), end.astimezone(local))
    except Exception as error:  # whatever an event may hold that the library did not expect
        raise Unreadable(f"The calendar cannot be understood: {type(error).__name__}.") from error
    turns = [turn for event in found[:MOST_SHIFTS] if (turn := _shift(event, local))]
    touching = [turn for turn in turns if turn.starts_at <= end and turn.ends_at > start]
    return sorted(touching, key=lambda turn: (turn.starts_at, turn.name))


def now_and_next(source: bytes, moment: datetime, zone: str) -> tuple[list[Shift], Shift | None]:
    """Whose turn it is at ``moment``, to the second, and whose comes after it within ``AHEAD``."""
    found = shifts(source, moment, moment + AHEAD, zone)
    current = [turn for turn in found if turn.starts_at <= moment < turn.ends_at]
    return current, next((turn for turn in found if turn.starts_at > moment), None)


def left_out(source: bytes, moment: datetime) -> str:
    """A sentence about the events that are in the calendar and cannot be read as turns; "" where there are none.
    Raises ``Unreadable``."""
    _, names = _read(
        source, (moment + 2 * AHEAD).date()
    )  # as now_and_next() reads it, so that it is read once
    if not names:
        return ""
    named = ", ".join(f"“{name}”" for name in dict.fromkeys(names[:3]))
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    one = len(names) == 1
    return (
        f"{len(names)} event{'' if one else 's'} cannot be read and {'is' if one else 'are'} left out: {named}{more}. "
        f"A turn has a start and repeats by the hour at most, by one of {MAX_RULES} rules."
    )


@lru_cache(maxsize=16)
def _read(source: bytes, until: date) -> tuple["Calendar", tuple[str, ...]]:
    """The calendar, with every recurrence made to end, and the names of the events that had to be left out."""
    from icalendar import Calendar

    try:
        calendar = Calendar.from_ical(source)
    except Exception as error:  # the library raises what its parts raise
        raise Unreadable("This is no iCalendar file.") from error
    if not isinstance(calendar, Calendar) or calendar.name != "VCALENDAR":
        raise Unreadable("This is no iCalendar file.")
    events = [part for part in calendar.subcomponents if part.name == "VEVENT"]
    if len(events) > MAX_EVENTS:
        raise Unreadable(f"The calendar has more than {MAX_EVENTS:,} events. Export the rota alone.")
    kept = set(map(id, _bounded(events, until)))
    out = tuple(_words(event) or "an event without a name" for event in events if id(event) not in kept)
    calendar.subcomponents = [p for p in calendar.subcomponents if p.name != "VEVENT" or id(p) in kept]
    return calendar, out


def _bounded(events: list[Any], until: date) -> Iterator[Any]:
    """The events whose recurrence ends, or is made to end at ``until``."""
    rules = 0
    for event in events:
        if "DTSTART" not in event or not hasattr(event["DTSTART"], "dt"):
            continue
        if "RRULE" in event:
            # A rule that never comes true is searched for until the year 9999: only a few of those that might.
            rules += MAX_RULES // MAX_RARE if _is_rare(event) else 1
            if rules > MAX_RULES or not _binds(event, until):
                continue
            _keep_wall_time(event)
        yield event


def _keep_wall_time(event: Any) -> None:
    """Note how long a turn is on the clock on the wall: one from Monday nine to Monday nine ends at nine in the
    week of a clock change too, as every calendar draws it, though it is an hour longer or shorter then."""
    start, end = event["DTSTART"].dt, getattr(event.get("DTEND"), "dt", None)
    if (
        isinstance(start, datetime)
        and isinstance(end, datetime)
        and start.tzinfo
        and start.tzinfo == end.tzinfo
    ):
        wall = end.replace(tzinfo=None) - start.replace(tzinfo=None)
        event.add(WALL, str(int(wall.total_seconds())))


def _is_rare(event: Any) -> bool:
    return any(name in str(event["RRULE"]) for name in RARE)


def _binds(event: Any, until: date) -> bool:
    try:
        return _bind(event, until)
    except Exception:  # a rule that the library cannot read says so when it is looked at
        return False


def _bind(event: Any, until: date) -> bool:
    """Make the recurrence end; False for one that cannot be worked off in reasonable time."""
    rule, start = event["RRULE"], event["DTSTART"].dt
    if isinstance(rule, list) or len(rule.to_ical()) > LONGEST_RULE:
        return False
    often = str(rule.get("FREQ", [""])[0]).upper()
    if often not in OFTEN or start.year < EARLIEST or rule.get("INTERVAL", [1])[0] < 1:
        return False
    if often in ("HOURLY", "DAILY", "WEEKLY") and _is_rare(event):
        return False
    if rule.get("BYSECOND") or len(rule.get("BYMINUTE", [])) > 1:
        return False
    last, counted = rule.get("UNTIL", [None])[0], rule.get("COUNT", [0])[0]
    if not counted or counted > MOST_COUNTED:
        rule.pop("COUNT", None)
        if last is None or _day(last) > until:
            rule["UNTIL"] = [_as(start, until)]
    return True


def _day(moment: date) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def _as(start: date, until: date) -> date:
    """``until`` as a rule has to say it beside ``start``: a day, a floating time, or one in UTC."""
    if not isinstance(start, datetime):
        return until
    return datetime.combine(until, time(), UTC if start.tzinfo else None)


def _shift(event: "Event", zone: ZoneInfo) -> Shift | None:
    try:
        starts_at, ends_at = _moment(event.start, zone), _moment(_end(event), zone)
    except Exception:  # an event that does not say when it is, is no turn
        return None
    if str(event.get("STATUS", "")).upper() == "CANCELLED" or ends_at <= starts_at:
        return None
    name = _words(event)
    guests = event.get("ATTENDEE", [])
    guests = guests if isinstance(guests, list) else [guests]
    addresses = [*ADDRESS.findall(name), *(a for guest in guests if (a := _guest(guest)))]
    organizer = ADDRESS.search(str(event.get("ORGANIZER", ""))[:300])
    return Shift(
        name,
        tuple(dict.fromkeys(a.lower() for a in addresses[:50])),
        organizer[0].lower() if organizer else "",
        starts_at,
        ends_at,
    )


def _words(event: Any) -> str:
    return " ".join(str(event.get("SUMMARY", "")).split())[:200]


def _end(event: "Event") -> date:
    wall, start = str(event.get(WALL, "")), event.start
    if not wall or not isinstance(start, datetime) or start.tzinfo is None:
        return event.end
    return start + timedelta(seconds=int(wall))  # arithmetic on a zoned time is that of the wall


def _guest(guest: Any) -> str:
    """The address of a guest who is a person and has not declined."""
    said = {str(k).upper(): str(v).upper() for k, v in getattr(guest, "params", {}).items()}
    if said.get("PARTSTAT") == "DECLINED" or said.get("CUTYPE") in ("RESOURCE", "ROOM"):
        return ""
    found = ADDRESS.search(str(guest)[:300])
    return found[0] if found else ""


def _moment(value: date, zone: ZoneInfo) -> datetime:
    """``value`` as a moment: a day begins at its midnight in ``zone``, and so does a floating time."""
    if not isinstance(value, datetime):
        value = datetime.combine(value, time())
    aware = value if value.tzinfo else value.replace(tzinfo=zone)
    return aware.astimezone(UTC)
