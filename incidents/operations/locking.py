"""The first steps of every operation: lock, and check that this person may."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from incidents.models import Incident, TimelineEvent
from incidents.permissions import can_work_on
from incidents.states import Kind
from outbox.kept import Question


class Refused(Exception):
    """A rule says no. ``str()`` of it is a sentence for the person who asked."""


class SaidBefore(Refused):
    """The form made something before, with other words: no double submit, but somebody who went back."""

    def __init__(self) -> None:
        super().__init__(
            "This form was sent before, and said something else then. Send it again to add this as well."
        )


_locked = Question(lambda pk: Incident.objects.select_for_update().filter(pk=pk), int)


def lock(incident_id: int, by: User) -> Incident:
    """The incident, locked until the transaction ends; a second change waits here and sees the first one's work.

    Raises ``Incident.DoesNotExist`` or ``Refused``.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("A lock outside a transaction is none.")
    incident = _locked.get(incident_id)
    # Checked again under the lock: access may have been taken away since the page was opened.
    if not can_work_on(by, incident):
        raise Refused("You may not change this incident.")
    return incident


def lock_open(incident_id: int, by: User) -> Incident:
    incident = lock(incident_id, by)
    if not incident.is_open:
        raise Refused(f"{incident.reference} is {incident.get_status_display().lower()}. Reopen it first.")
    return incident


def said_before(
    incident: Incident, key: UUID | None, kind: Kind, text: str = "", **data: object
) -> TimelineEvent | None:
    """The event that this very form already made, if it did: a double submit makes one.

    Raises ``SaidBefore`` where it made another ``kind``, or said another ``text`` or ``data``.
    """
    event = incident.events.filter(submission_key=key).first() if key else None
    if event and (event.kind, event.text, event.data | data) != (kind, text, event.data):
        raise SaidBefore
    return event


def not_in_future(moment: datetime | None) -> datetime | None:
    if moment and moment > timezone.now() + timedelta(minutes=1):
        raise Refused("That time is in the future.")
    return moment
