"""Open incidents and newer revisions of the runbook they are pinned to."""

from django.db import transaction

from incidents.models import Incident
from incidents.states import Kind
from incidents.timeline import record
from runbooks.models import Revision


@transaction.atomic
def note_newer_revision(incident_id: int, revision_id: int) -> None:
    """Put on the timeline, once, that revision ``revision_id`` was published. Safe to repeat."""
    incident = Incident.objects.select_for_update().get(pk=incident_id)
    revision = Revision.objects.get(pk=revision_id)
    told = incident.events.filter(kind=Kind.REVISION_PUBLISHED, data__revision=revision.pk).exists()
    if incident.is_open and incident.revision_id < revision.pk and not told:
        data = {"revision": revision.pk, "number": revision.number}
        record(incident, Kind.REVISION_PUBLISHED, by=None, data=data)
