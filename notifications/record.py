"""What was sent about an incident, for its record: who was told what, which way, when, and how it ended."""

from datetime import UTC, datetime
from typing import Any

from incidents.models import Incident
from notifications.masking import masked
from notifications.models import Delivery


def deliveries_of(incident: Incident) -> list[dict[str, Any]]:
    """Every delivery about ``incident`` in the order of their making, as plain values; times are UTC in ISO 8601.

    Addresses are shown as far as they give nothing away, and what the far side said is left out: it may hold a
    secret.
    """
    found = Delivery.objects.filter(notice__incident=incident).order_by(
        "notice__created_at", "created_at", "pk"
    )
    rows = found.select_related("notice", "recipient", "destination__team").prefetch_related("tries")
    return [_delivery(row) for row in rows]


def _delivery(row: Delivery) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "said": row.notice.title,
        "urgency": row.notice.urgency,
        "to": _to(row),
        "channel": row.channel,
        "address": masked(row.channel, row.address),
        "state": row.state,
        "made_at": _stamp(row.created_at),
        "sent_at": _stamp(row.sent_at),
        "read_at": _stamp(row.read_at),
        "tries": [
            {"number": each.number, "ended_at": _stamp(each.ended_at), "outcome": each.outcome}
            for each in row.tries.all()
        ],
    }


def _to(row: Delivery) -> str:
    """The person's name; of what went to a team its own, and a destination's where it is gone."""
    if row.recipient:
        return row.recipient.name
    if row.destination:
        return str(row.destination.team or row.destination)
    return ""


def _stamp(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat(timespec="seconds") if moment else None
