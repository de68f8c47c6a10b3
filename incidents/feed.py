"""The timeline as it is read: newest first, a page at a time, each correction with what it corrected."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from incidents import sentences
from incidents.models import Incident, TimelineEvent
from incidents.states import CORRECTABLE, FILTERS, Kind

PAGE = 50
#: Seconds between happening and writing from which both times are shown.
LATE = 60
WORDS: dict[str, str] = {
    Kind.NOTE_ADDED: "note",
    Kind.DECISION_MADE: "decision",
    Kind.COMMAND_RUN: "command",
    Kind.LINK_ADDED: "link",
    Kind.STATUS_UPDATE_POSTED: "update",
}


@dataclass
class Entry:
    """One event to show. ``earlier`` holds what it supersedes, newest first; ``day`` is set on the first of a day."""

    event: TimelineEvent
    earlier: list[TimelineEvent] = field(default_factory=list)
    day: datetime | None = None

    @property
    def kind(self) -> str:
        return sentences.kind_of(self.event)

    @property
    def icon(self) -> str:
        return sentences.icon_of(self.event)

    @property
    def is_decision(self) -> bool:
        return self.kind == Kind.DECISION_MADE

    @property
    def is_alarm(self) -> bool:
        return self.kind in sentences.ALARMS

    @property
    def actor(self) -> str:
        """Who did it; "" where the sentence stands by itself."""
        if self.event.recorded_by:
            return self.event.recorded_by.name
        return "" if self.is_alarm or self.kind in sentences.WHOLE else "Allclear"

    @property
    def is_correctable(self) -> bool:
        return self.event.kind in CORRECTABLE

    @property
    def written_late(self) -> bool:
        return (self.event.recorded_at - self.event.occurred_at).total_seconds() > LATE

    @property
    def what(self) -> str:
        """What it is, for a control that names it: "the note of 03:06"."""
        word = WORDS.get(self.kind, "entry")
        return f"the {word} of {timezone.localtime(self.event.occurred_at):%H:%M}"

    @property
    def changes(self) -> list[str]:
        """What the details were and are, where that is what it records."""
        return sentences.changes(self.event.data)

    @property
    def sentence(self) -> str:
        if self.event.kind == Kind.ROLE_TAKEN:
            return sentences.role_sentence(self.event)
        if self.kind == Kind.PAGE_ACKNOWLEDGED and not self.event.recorded_by:
            return sentences.page_acknowledged_by_link(self.event.data)
        return sentences.sentence(self.event)


@dataclass(frozen=True)
class Window:
    """What part of a timeline is asked for. ``show`` is a filter's name or ""; the numbers are of events."""

    show: str = ""
    before: int | None = None
    at: int | None = None

    @property
    def is_latest(self) -> bool:
        return not (self.show or self.before or self.at)


class Feed:
    """A page of a timeline: at most ``PAGE`` entries, in four queries however long the timeline is."""

    def __init__(self, incident: Incident, window: Window | None = None) -> None:
        self.incident = incident
        self.window = window or Window()

    @property
    def address(self) -> str:
        return reverse("incidents:room", args=[self.incident.pk])

    @cached_property
    def _events(self) -> list[TimelineEvent]:
        return list(self._asked()[: PAGE + 1])

    @property
    def entries(self) -> list[Entry]:
        """Not kept: where a day begins depends on the time zone in which it is read."""
        return list(self._entries(self._events[:PAGE]))

    @property
    def older(self) -> int | None:
        """The number of the last event shown, where there are older ones."""
        return self._events[PAGE - 1].seq if len(self._events) > PAGE else None

    def newer_than(self, event: TimelineEvent) -> int:
        """How many events stand before ``event`` on the timeline, counted up to a page."""
        later = Q(occurred_at__gt=event.occurred_at) | Q(occurred_at=event.occurred_at, seq__gt=event.seq)
        return self.incident.events.filter(later, superseded_by=None)[:PAGE].count()

    @property
    def older_address(self) -> str:
        show = f"&show={self.window.show}" if self.window.show else ""
        return f"{self.address}?before={self.older}{show}#timeline"

    def _asked(self) -> QuerySet[TimelineEvent]:
        shown = self.incident.events.filter(superseded_by=None).select_related("recorded_by")
        shown = shown.order_by("-occurred_at", "-seq")
        if kinds := FILTERS.get(self.window.show):
            shown = shown.filter(Q(kind__in=kinds) | Q(kind=Kind.EVENT_CORRECTED, data__kind__in=kinds))
        if self.window.before:
            shown = self._from(shown, self.window.before, with_it=False)
        if self.window.at:
            shown = self._from(shown, self.window.at, with_it=True)
        return shown

    def _from(self, shown: QuerySet[TimelineEvent], seq: int, *, with_it: bool) -> QuerySet[TimelineEvent]:
        start = self.incident.events.filter(seq=seq).values_list("occurred_at", flat=True).first()
        if start is None:
            return shown
        beside = Q(occurred_at=start, seq__lte=seq) if with_it else Q(occurred_at=start, seq__lt=seq)
        return shown.filter(Q(occurred_at__lt=start) | beside)

    def _entries(self, events: list[TimelineEvent]) -> Iterator[Entry]:
        day = None
        for event in events:
            local = timezone.localtime(event.occurred_at)
            starts = local.date() != day
            day = local.date()
            yield Entry(event, list(_chain(event, self._superseded)), local if starts else None)

    @cached_property
    def _superseded(self) -> dict[int, TimelineEvent]:
        if not any(event.supersedes_id for event in self._events):
            return {}
        found = self.incident.events.filter(superseded_by__isnull=False).select_related("recorded_by")
        return {event.pk: event for event in found}


def _chain(event: TimelineEvent, old: dict[int, TimelineEvent]) -> Iterator[TimelineEvent]:
    while event.supersedes_id and (before := old.get(event.supersedes_id)):
        yield before
        event = before


def standing(event: TimelineEvent) -> TimelineEvent:
    """The last correction of ``event``, or the event itself: what a permalink leads to."""
    while later := TimelineEvent.objects.filter(supersedes=event).first():
        event = later
    return event
