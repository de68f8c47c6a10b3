"""What incidents do when a runbook changes."""

from incidents.models import Incident
from incidents.operations.revisions import note_newer_revision
from outbox.facts import subscribe
from outbox.models import Fact


@subscribe("runbook_published")
def tell_open_incidents(fact: Fact) -> None:
    """Open incidents on an older revision learn of the new one; adopting it stays a person's decision."""
    revision_id, runbook_id = fact.payload["revision_id"], fact.payload["runbook_id"]
    followers = Incident.objects.open().filter(revision__runbook_id=runbook_id, revision_id__lt=revision_id)
    # In the order in which a merge locks two incidents, so that neither waits for the other.
    for incident_id in followers.order_by("pk").values_list("pk", flat=True):
        note_newer_revision(incident_id, revision_id)
