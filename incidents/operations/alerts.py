"""What the portal itself did about an incident, put on its timeline: escalations, pages, failed deliveries.

The callers are edges that hold no rules about incidents; each of these only locks and records.
"""

from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from incidents.models import Incident
from incidents.states import Kind
from incidents.timeline import record


@transaction.atomic
def note_escalated(
    incident: Incident, *, clock: str, stage: str, due_at: datetime, told: list[str], contact: str, call: str
) -> None:
    """Something owed is late: who was told, by which line of the runbook, and whom to call where nobody could be.

    ``incident`` is locked by the caller, who decided on it under that lock.
    """
    data = {
        "clock": clock,
        "stage": stage,
        "due_at": due_at.isoformat(),
        "told": told,
        "contact": contact,
        "call": call,
    }
    record(incident, Kind.ESCALATED, by=None, data=data)


@transaction.atomic
def note_snoozed(incident: Incident, minutes: int, *, by: User, reason: str) -> None:
    """Nudges are held back; ``incident`` is locked by the caller."""
    record(incident, Kind.NUDGE_SNOOZED, by=by, text=reason, data={"minutes": minutes})


@transaction.atomic
def note_paged(incident_id: int, *, by: User | None, text: str, data: dict[str, Any]) -> Incident:
    """A contact was paged: ``data`` says which page, whom, and how they are being reached."""
    incident = Incident.objects.select_for_update().get(pk=incident_id)
    record(incident, Kind.PAGED, by=by, text=text, data=data)
    return incident


@transaction.atomic
def note_page_delivered(incident_id: int, *, delivery: str, to: str, channel: str, role: str) -> None:
    """A page left, and the far side of ``channel`` took it."""
    incident = Incident.objects.select_for_update().get(pk=incident_id)
    data = {"delivery": delivery, "to": to, "channel": channel, "role": role}
    record(incident, Kind.PAGE_DELIVERED, by=None, data=data)


@transaction.atomic
def note_page_acknowledged(incident_id: int, *, by: User | None, data: dict[str, Any]) -> Incident:
    """The one who was paged has seen it; by the link of that page, maybe, without signing in (``by`` None)."""
    incident = Incident.objects.select_for_update().get(pk=incident_id)
    record(incident, Kind.PAGE_ACKNOWLEDGED, by=by, data=data)
    return incident


@transaction.atomic
def note_delivery_failed(
    incident_id: int, *, delivery: str, to: str, channel: str, why: str, role: str = "", call: str = ""
) -> None:
    """A message could not be delivered, for good. ``role`` is the contact that was to be reached by it, if one
    was, and ``call`` the number to ring instead."""
    incident = Incident.objects.select_for_update().get(pk=incident_id)
    data = {"delivery": delivery, "to": to, "channel": channel, "why": why, "role": role, "call": call}
    record(incident, Kind.DELIVERY_FAILED, by=None, data=data)
