"""Whether a delivery is still to be sent: asked of the incident itself, in the transaction that claims it."""

from datetime import datetime

from incidents.permissions import can_see
from notifications.models import ClockKind, Delivery, DeliveryState, Notice, Urgency
from notifications.owing import owed
from notifications.reminders.promises import stands


def why_not(delivery: Delivery, now: datetime) -> DeliveryState | None:
    """The state of a delivery that is not sent any more; None of one that is."""
    if delivery.expires_at < now:
        return DeliveryState.EXPIRED
    if _is_settled(delivery.notice) or not _may_have(delivery) or _has_newer(delivery):
        return DeliveryState.SUPERSEDED
    return None


def _is_settled(notice: Notice) -> bool:
    """Whether what it asks for has been done, or is not asked any more."""
    page = getattr(notice, "page", None)
    if page and (page.acknowledged_at or not page.incident.is_open):
        return True
    if notice.reminder is not None:
        return not stands(notice.reminder)
    if notice.clock is None or notice.incident is None:
        return False
    owes = owed(notice.incident, ClockKind(notice.clock.kind))
    return owes is None or owes.due_at != notice.due_at


def _has_newer(delivery: Delivery) -> bool:
    """Whether there is later word of the same promise, the same way: after a quiet night the last one counts."""
    notice = delivery.notice
    if notice.clock_id is None:
        return False
    same = Delivery.objects.filter(
        recipient=delivery.recipient_id, channel=delivery.channel, address=delivery.address
    )
    later = same.filter(notice__clock=notice.clock_id, notice__created_at__gt=notice.created_at)
    return later.exclude(state=DeliveryState.FAILED).exists()


def _may_have(delivery: Delivery) -> bool:
    """Whether the recipient still may, and wants to, hear of it. A page of a private incident names nothing."""
    if delivery.destination and delivery.destination.disabled_at:
        return False
    if delivery.destination and delivery.destination.team_id and _is_private(delivery.notice):
        return False
    if delivery.recipient is None:
        return True
    incident = delivery.notice.incident
    if incident is None or delivery.notice.urgency == Urgency.PAGE:
        return delivery.recipient.is_active
    return can_see(delivery.recipient, incident)


def _is_private(notice: Notice) -> bool:
    return notice.incident is not None and notice.incident.is_private
