"""Whether the promised updates were kept: the share on time, and the longest silence, of one incident."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from incidents.models import Incident
from incidents.states import Kind


@dataclass(frozen=True, slots=True)
class Promises:
    """``owed`` updates had a due time that came or was answered; ``kept`` of them were posted by it.

    ``longest_silence`` is the longest stretch, from declaring to the end (or now), in which stakeholders heard nothing.
    """

    owed: int
    kept: int
    longest_silence: timedelta

    @property
    def share(self) -> int | None:
        """Per cent on time; None where none was owed."""
        return round(100 * self.kept / self.owed) if self.owed else None


def promises_of(incident: Incident, now: datetime) -> Promises:
    """How the promises of ``incident`` were kept, as of ``now``, by one query of its timeline."""
    found = incident.events.filter(kind=Kind.STATUS_UPDATE_POSTED).order_by("seq")
    posted = list(found.values_list("recorded_at", "data__was_due_at"))
    due = [(at, datetime.fromisoformat(was_due)) for at, was_due in posted if was_due]
    late_now = (
        incident.is_open and incident.next_update_due_at is not None and incident.next_update_due_at < now
    )
    return Promises(
        owed=len(due) + late_now,
        kept=sum(at <= was_due for at, was_due in due),
        longest_silence=_longest(incident, [at for at, _ in posted], incident.ended_at or now),
    )


def _longest(incident: Incident, posted: Iterable[datetime], end: datetime) -> timedelta:
    moments = [incident.declared_at, *(at for at in posted if incident.declared_at < at < end), end]
    return max((later - earlier for earlier, later in pairwise(moments)), default=timedelta())
