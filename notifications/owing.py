"""What an incident owes now: the truth that clocks are set by, and checked against when they fire."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from incidents.models import Incident
from incidents.states import IncidentRole, Kind
from notifications.ladders import ask_next_after
from notifications.models import ClockKind

#: An incident silent for this many cadences makes people ask whether it still has a commander.
SILENT_CADENCES = 2


@dataclass(frozen=True, slots=True)
class Owed:
    """``due_at`` is the promise, ``interval`` as in :class:`notifications.models.Clock`."""

    due_at: datetime
    interval: timedelta


def owed(incident: Incident, kind: ClockKind) -> Owed | None:
    """What ``incident`` owes of ``kind``; None when nothing. Drills nudge nobody, nor does what has ended."""
    if not incident.is_open or incident.is_quiet:
        return None
    return {
        ClockKind.UPDATE: _update,
        ClockKind.ACKNOWLEDGE: _acknowledgement,
        ClockKind.SILENCE: _sign_of_life,
    }[kind](incident)


def _update(incident: Incident) -> Owed | None:
    if incident.next_update_due_at is None:
        return None
    return Owed(incident.next_update_due_at, incident.update_interval or timedelta(hours=1))


def _acknowledgement(incident: Incident) -> Owed | None:
    if incident.acknowledged_at is not None or incident.acknowledge_due_at is None:
        return None
    return Owed(
        incident.acknowledge_due_at, ask_next_after(incident.acknowledge_due_at - incident.declared_at)
    )


def _sign_of_life(incident: Incident) -> Owed | None:
    if incident.acknowledged_at is None or not incident.update_interval:
        return None
    signs = (
        incident.last_update_at,
        incident.last_word_at,
        incident.acknowledged_at,
        _handed_over_at(incident),
    )
    last = max(filter(None, signs))
    return Owed(last + SILENT_CADENCES * incident.update_interval, incident.update_interval)


def _handed_over_at(incident: Incident) -> datetime | None:
    """When somebody last took command: whoever is asked to be heard of has not been silent for longer than that."""
    taken = incident.events.filter(kind=Kind.ROLE_TAKEN, data__role=IncidentRole.COMMANDER)
    return taken.exclude(data__to=None).order_by("-seq").values_list("recorded_at", flat=True).first()
