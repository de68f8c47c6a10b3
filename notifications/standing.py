"""Whether a delivery is still to be sent: asked of the incident itself, in the transaction that claims it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Max

from incidents.permissions import can_see
from notifications.models import Channel, ClockKind, Delivery, DeliveryState, Notice
from notifications.owing import owed
from notifications.reminders.promises import stands


def why_not(delivery: Delivery, now: datetime, *, has_newer: bool) -> DeliveryState | None:
    """The state of a delivery that is not sent any more; None of one that is. ``has_newer`` as by
    :func:`having_newer`."""
    if delivery.expires_at < now:
        return DeliveryState.EXPIRED
    if _is_settled(delivery.notice) or not _may_have(delivery) or has_newer:
        return DeliveryState.SUPERSEDED
    return None


def _is_settled(notice: Notice) -> bool:
    """Whether what it asks for has been done, or is not asked any more."""
    page = getattr(notice, "page", None)
    if page and notice.incident and (page.acknowledged_at or not notice.incident.is_open):
        return True
    if notice.reminder is not None:
        return not stands(notice.reminder)
    if notice.clock is None or notice.incident is None:
        return False
    owes = owed(notice.incident, ClockKind(notice.clock.kind))
    return owes is None or owes.due_at != notice.due_at


def having_newer(deliveries: Sequence[Delivery]) -> set[UUID]:
    """Those of which there is later word of the same promise, the same way: after a quiet night the last one
    counts. One query for all."""
    clocks = {row.notice.clock_id for row in deliveries} - {None}
    if not clocks:
        return set()
    same = Delivery.objects.filter(notice__clock__in=clocks).exclude(state=DeliveryState.FAILED)
    ways = same.order_by().values_list("notice__clock_id", "recipient_id", "channel", "address")
    newest = {tuple(way): at for *way, at in ways.annotate(at=Max("notice__created_at"))}
    return {row.pk for row in deliveries if (at := newest.get(_way(row))) and at > row.notice.created_at}


def _way(row: Delivery) -> tuple[object, ...]:
    return row.notice.clock_id, row.recipient_id, row.channel, row.address


def _may_have(delivery: Delivery) -> bool:
    """Whether the recipient still may, and wants to, hear of it."""
    if delivery.destination is None and delivery.channel not in (Channel.INBOX, Channel.EMAIL):
        return False  # it was removed, and what signs and names its messages with it
    if delivery.destination and delivery.destination.disabled_at:
        return False
    if delivery.destination and delivery.destination.team_id and _is_private(delivery.notice):
        return False
    incident, to = delivery.notice.incident, delivery.recipient
    if to and not to.is_active:
        return False
    if incident is None or delivery.notice.is_by_hand:
        return True  # whoever paged chose whom, and with what words
    return can_see(to, incident) if to else not incident.is_private


def _is_private(notice: Notice) -> bool:
    return notice.incident is not None and notice.incident.is_private
