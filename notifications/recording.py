"""What an incident's record tells of messages: which went to whom, by what channel, and how that ended."""

from typing import Any

from incidents.models import Incident
from notifications.models import Delivery
from postmortems.exporting.data import stamp
from postmortems.exporting.record import contribute


def deliveries_of(incident: Incident) -> list[dict[str, Any]]:
    """Without texts and addresses: both can hold what lets its reader act in somebody's name."""
    found = Delivery.objects.filter(notice__incident=incident).select_related(
        "notice", "recipient", "destination"
    )
    ordered = found.prefetch_related("tries").order_by("created_at", "pk")
    return [_delivery(delivery) for delivery in ordered]


def _delivery(delivery: Delivery) -> dict[str, Any]:
    tries = [
        {"number": t.number, "at": stamp(t.started_at), "outcome": t.outcome, "code": t.code}
        for t in delivery.tries.all()
    ]
    return {
        "id": str(delivery.pk),
        "urgency": delivery.notice.urgency,
        "title": delivery.notice.title,
        "to": _to(delivery),
        "channel": delivery.channel,
        "state": delivery.state,
        "created_at": stamp(delivery.created_at),
        "sent_at": stamp(delivery.sent_at),
        "tries": tries,
    }


def _to(delivery: Delivery) -> str | None:
    if delivery.recipient:
        return delivery.recipient.name
    return delivery.destination.name if delivery.destination else None


contribute("deliveries.json", deliveries_of)
