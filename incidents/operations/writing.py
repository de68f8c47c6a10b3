"""What people write into the timeline: notes, decisions, links, status updates, and corrections."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from incidents.models import TimelineEvent
from incidents.operations.locking import Refused, lock, not_in_future, said_before
from incidents.states import CORRECTABLE, Kind
from incidents.timeline import record

WRITTEN = (Kind.NOTE_ADDED, Kind.DECISION_MADE)


@transaction.atomic
def add_note(
    incident_id: int,
    text: str,
    *,
    by: User,
    kind: Kind = Kind.NOTE_ADDED,
    occurred_at: datetime | None = None,
    key: UUID | None = None,
) -> TimelineEvent:
    """Write a note or a decision. ``occurred_at`` is when it happened, if not just now."""
    incident = lock(incident_id, by)
    if kind not in WRITTEN:
        raise Refused("That cannot be written by hand.")
    if before := said_before(incident, key, kind, text):
        return before
    return record(incident, kind, by=by, text=text, occurred_at=not_in_future(occurred_at), key=key)


@transaction.atomic
def add_link(
    incident_id: int,
    url: str,
    *,
    by: User,
    text: str = "",
    occurred_at: datetime | None = None,
    key: UUID | None = None,
) -> TimelineEvent:
    """Keep a link with the incident: a graph, a deployment, a call."""
    incident = lock(incident_id, by)
    if before := said_before(incident, key, Kind.LINK_ADDED, text, url=url):
        return before
    when = not_in_future(occurred_at)
    return record(incident, Kind.LINK_ADDED, by=by, text=text, data={"url": url}, occurred_at=when, key=key)


@transaction.atomic
def post_update(
    incident_id: int,
    text: str,
    *,
    by: User,
    template: str = "",
    next_due_at: datetime | None = None,
    key: UUID | None = None,
) -> TimelineEvent:
    """Tell the stakeholders. The next update is due at ``next_due_at``, the time that the author promised,
    else one cadence from now; nothing is due once the incident has ended."""
    incident = lock(incident_id, by)
    if before := said_before(incident, key, Kind.STATUS_UPDATE_POSTED, text):
        return before
    now = timezone.now()
    if next_due_at and next_due_at <= now:
        raise Refused("The next update must be promised for a time to come.")
    was_due, cadence = incident.next_update_due_at, incident.update_interval
    incident.last_update_at = now
    incident.next_update_due_at = (
        (next_due_at or (now + cadence if cadence else None)) if incident.is_open else None
    )
    data = {
        "status": incident.status,
        "template": template,
        "was_due_at": was_due.isoformat() if was_due else None,
        "next_due_at": incident.next_update_due_at.isoformat() if incident.next_update_due_at else None,
        "promised": next_due_at is not None,
    }
    changed = ("last_update_at", "next_update_due_at")
    return record(incident, Kind.STATUS_UPDATE_POSTED, by=by, text=text, data=data, key=key, changed=changed)


@transaction.atomic
def correct_event(
    incident_id: int, event_id: int, text: str, *, by: User, occurred_at: datetime | None = None
) -> TimelineEvent:
    """Supersede an event by a new one with other words or another time. The old one stays readable."""
    incident = lock(incident_id, by)
    event = incident.events.get(pk=event_id)
    if event.kind not in CORRECTABLE:
        raise Refused("This entry records what the portal did; add a note beside it instead.")
    if TimelineEvent.objects.filter(supersedes=event).exists():
        raise Refused("Somebody corrected this entry already. Correct the correction instead.")
    when = not_in_future(occurred_at) or event.occurred_at
    if text == event.text and when == event.occurred_at:
        return event
    data = event.data | {"kind": event.data.get("kind", event.kind)}
    return record(
        incident, Kind.EVENT_CORRECTED, by=by, text=text, data=data, occurred_at=when, supersedes=event
    )
