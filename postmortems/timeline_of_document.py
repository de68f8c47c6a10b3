"""The events that a document shows where it places its timeline."""

from incidents.models import TimelineEvent
from incidents.states import AFTERWARDS, Kind
from postmortems.models import Postmortem

#: What tells of the portal's own work, and not of the incident.
NOISE = (
    *AFTERWARDS,
    Kind.PAGED,
    Kind.PAGE_ACKNOWLEDGED,
    Kind.DELIVERY_FAILED,
    Kind.ESCALATED,
    Kind.NUDGE_SNOOZED,
    Kind.ACCESS_GRANTED,
    Kind.ACCESS_REVOKED,
    Kind.REVISION_PUBLISHED,
)


def events_of(postmortem: Postmortem) -> list[TimelineEvent]:
    """As they stand now, without noise and what was hidden, in the order in which they happened."""
    hidden = postmortem.hidden_events.values("event") if postmortem.pk else []
    shown = TimelineEvent.objects.filter(incident=postmortem.incident_id, superseded_by=None)
    shown = shown.exclude(kind__in=NOISE).exclude(pk__in=hidden)
    return list(shown.select_related("recorded_by").order_by("occurred_at", "seq"))
