"""What post-mortems do when an incident is resolved."""

from incidents.models import Incident
from incidents.states import Kind, Nature, Status
from outbox.facts import subscribe
from outbox.models import Fact
from postmortems.operations.starting import start


@subscribe(Kind.STATUS_CHANGED.value)
def start_when_resolved(fact: Fact) -> None:
    """Start its post-mortem, unless it was a drill. A fact that comes late finds the incident as it is now:
    open again, and there is nothing to start; cancelled or merged, and nothing is owed."""
    over = Incident.objects.filter(status__in=(Status.RESOLVED, Status.CLOSED)).exclude(nature=Nature.DRILL)
    incident_id = over.filter(pk=fact.payload["incident_id"]).values_list("pk", flat=True).first()
    if incident_id is not None:
        start(incident_id, by=None)
