"""What happens after an incident, put on its timeline: to its post-mortem and its action items."""

from typing import Any

from django.db import transaction

from accounts.models import User
from incidents.models import Incident
from incidents.operations.locking import Refused, lock
from incidents.states import AFTERWARDS, Kind
from incidents.timeline import record


@transaction.atomic
def hold(incident_id: int, *, by: User | None) -> Incident:
    """The incident, locked until the caller's transaction ends, for a change to what belongs to it.

    ``by`` is None when nobody does it but the portal. Raises ``Incident.DoesNotExist`` or ``Refused``.
    """
    if by is None:
        return Incident.objects.select_for_update(of=("self",)).get(pk=incident_id)
    return lock(incident_id, by)


@transaction.atomic
def note_afterwards(
    incident: Incident, kind: Kind, *, by: User | None, text: str = "", data: dict[str, Any] | None = None
) -> None:
    """Record what happened afterwards on the timeline of ``incident``, which the caller holds."""
    if kind not in AFTERWARDS:
        raise Refused("That is not something that happens after an incident.")
    record(incident, kind, by=by, text=text, data={"incident": incident.pk, **(data or {})})
