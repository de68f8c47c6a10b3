"""HTML that is kept for as long as it says the same: parts of a room, entries of a timeline, steps of a checklist.

Whatever a piece shows is its key, with the reader's time zone; nothing has to be thrown away when something changes,
and nothing that is kept can be out of date. Pieces say nothing of their reader: who may see them is asked before.
"""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any

from django.db.models import Model
from django.utils import timezone

from incidents import spans
from incidents.feed import Entry
from incidents.models import Incident, TimelineEvent
from incidents.room import Room, Row

MOST = 8_000_000  # characters of HTML in one process

Key = tuple[Any, ...]


class Kept:
    """What was asked for last, up to a number of characters."""

    def __init__(self, most: int = MOST) -> None:
        self.most, self.size = most, 0
        self._html: OrderedDict[Key, str] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Key, make: Callable[[], str]) -> str:
        """The HTML of ``key`` in the active time zone, made where there is none."""
        whole = (timezone.get_current_timezone_name(), *key)
        with self._lock:
            if whole in self._html:
                self._html.move_to_end(whole)
                return self._html[whole]
        html = make()
        with self._lock:
            self.size += len(html) - len(self._html.pop(whole, ""))
            self._html[whole] = html
            while self.size > self.most:
                self.size -= len(self._html.popitem(last=False)[1])
        return html


def says_section(section: str, room: Room) -> Key | None:
    """All that a part of a room can depend on: what is in the incident's row, its timeline by the head of the chain,
    which nothing is done without; the names of people and things; who answers for contacts; the day. None where that
    is not known, or where only some of the timeline was asked for."""
    names = getattr(room.incident, "names", "")
    if not names or (section == "feed" and not room.feed.window.is_latest):
        return None
    answers = tuple(room.answers.items()) if section == "contacts" else ()
    return (section, *_values(room.incident), names, timezone.localdate(), *answers)


def says_step(incident: Incident, row: Row, asked: bool) -> Key:
    """All that a step shows, of itself and of the people in it."""
    step = row.step
    names = [person and person.name for person in (step.done_by, step.skipped_by, step.assigned_to)]
    run = row.last_run
    ran = (run.seq, run.occurred_at, run.recorded_by and run.recorded_by.name) if run else ()
    return ("step", incident.pk, asked, *_values(step), *names, *ran)


def says_entry(incident: Incident, entry: Entry) -> Key:
    """All that an entry shows; the same words have another moment in another week."""
    recorded, day = entry.event.recorded_at, entry.day
    moments = (day and f"{day:%d %b}", spans.short_moment(recorded))
    earlier = [part for old in entry.earlier for part in (*_said(old), spans.short_moment(old.occurred_at))]
    return ("entry", incident.pk, *moments, *_said(entry.event), *earlier)


def _said(event: TimelineEvent) -> Key:
    who = event.recorded_by
    said = (
        event.pk,
        event.seq,
        event.kind,
        event.occurred_at,
        event.recorded_at,
        event.text,
        repr(event.data),
    )
    return (*said, who and who.name)


def _values(thing: Model) -> Key:
    read = vars(thing)
    return tuple([read[field.attname] for field in thing._meta.concrete_fields if field.attname in read])
