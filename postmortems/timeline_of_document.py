"""What a document tells of its incident's timeline: what stands, oldest first, without the noise."""

from collections.abc import Iterator
from dataclasses import dataclass

from incidents.feed import Entry
from incidents.models import TimelineEvent
from incidents.states import AFTERWARDS, Kind
from postmortems.models import Postmortem

#: Kinds that a document leaves out unless somebody wants them: how people were reached, who may look, and what
#: happened to the document itself.
NOISE: frozenset[str] = frozenset(
    {
        *(kind.value for kind in AFTERWARDS),
        Kind.DELIVERY_FAILED.value,
        Kind.NUDGE_SNOOZED.value,
        Kind.ESCALATED.value,
        Kind.PAGED.value,
        Kind.PAGE_DELIVERED.value,
        Kind.PAGE_ACKNOWLEDGED.value,
        Kind.ACCESS_GRANTED.value,
        Kind.ACCESS_REVOKED.value,
        Kind.PRIVACY_CHANGED.value,
        Kind.REVISION_PUBLISHED.value,
    }
)


@dataclass
class Told(Entry):
    """One event that stands, and whether the document tells of it. ``is_chosen``: because somebody said so."""

    is_shown: bool = True
    is_chosen: bool = False

    def is_of(self, seq: int) -> bool:
        """Whether ``seq`` numbers this event, or one that it corrects."""
        return seq in (self.event.seq, *(event.seq for event in self.earlier))


def events_of(postmortem: Postmortem) -> list[TimelineEvent]:
    """The events that the document tells of, oldest first: corrections in place of what they corrected."""
    return [one.event for one in told(postmortem) if one.is_shown]


def told(postmortem: Postmortem) -> list[Told]:
    """Every event that stands, oldest first, whether told or left out; in two queries."""
    found = postmortem.incident.events.select_related("recorded_by").order_by("occurred_at", "seq")
    events = {event.pk: event for event in found}
    superseded = {event.supersedes_id for event in events.values()}
    # A document that is only being tried on has no row yet.
    chosen = dict(postmortem.hidden_events.values_list("event_id", "is_shown")) if postmortem.pk else {}
    return [_told(event, events, chosen) for event in events.values() if event.pk not in superseded]


def _told(event: TimelineEvent, events: dict[int, TimelineEvent], chosen: dict[int, bool]) -> Told:
    earlier = list(_earlier(event, events))
    one = Told(event, earlier)
    said = next((chosen[e.pk] for e in (event, *earlier) if e.pk in chosen), None)
    one.is_shown = one.kind not in NOISE if said is None else said
    one.is_chosen = said is not None
    return one


def _earlier(event: TimelineEvent, events: dict[int, TimelineEvent]) -> Iterator[TimelineEvent]:
    while event.supersedes_id and (before := events.get(event.supersedes_id)):
        yield before
        event = before


@dataclass(frozen=True)
class KindTold:
    """One kind of event: how many of them the document tells of, and how many it leaves out."""

    kind: str
    label: str
    shown: int
    hidden: int

    @property
    def is_noise(self) -> bool:
        return self.kind in NOISE


def kinds_of(events: list[Told]) -> list[KindTold]:
    """The kinds among ``events``, those that there are most of first."""
    counts: dict[str, list[int]] = {}
    for one in events:
        counts.setdefault(one.kind, [0, 0])[not one.is_shown] += 1
    labels = dict(Kind.choices)
    found = [
        KindTold(kind, labels.get(kind, kind), shown, hidden) for kind, (shown, hidden) in counts.items()
    ]
    return sorted(found, key=lambda each: (-each.shown - each.hidden, each.label))
