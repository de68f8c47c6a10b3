"""The first steps of every operation: lock, and check that this person may."""

from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from accounts.models import User
from incidents.models import Incident, TimelineEvent
from incidents.permissions import can_work_on


class Refused(Exception):
    """A rule says no. ``str()`` of it is a sentence for the person who asked."""


def lock(incident_id: int, by: User) -> Incident:
    """The incident, locked until the transaction ends; a second change waits here and sees the first one's work.

    Raises ``Incident.DoesNotExist`` or ``Refused``.
    """
    incident = Incident.objects.select_for_update().get(pk=incident_id)
    # Checked again under the lock: access may have been taken away since the page was opened.
    if not can_work_on(by, incident):
        raise Refused("You may not change this incident.")
    return incident


def lock_open(incident_id: int, by: User) -> Incident:
    incident = lock(incident_id, by)
    if not incident.is_open:
        raise Refused(f"{incident.reference} is {incident.get_status_display().lower()}. Reopen it first.")
    return incident


def said_before(incident: Incident, key: UUID | None) -> TimelineEvent | None:
    """The event that this very form already made, if it did: a double submit makes one."""
    return incident.events.filter(submission_key=key).first() if key else None


def not_in_future(moment: datetime | None) -> datetime | None:
    if moment and moment > timezone.now() + timedelta(minutes=1):
        raise Refused("That time is in the future.")
    return moment
