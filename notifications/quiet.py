"""What quiet hours hold back: sent when they are over, once about each promise, and late enough to matter still."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.utils import timezone

from notifications.models import Delivery, DeliveryState, Notice

#: How long what was held back may still be sent afterwards, at least.
AFTERWARDS = timedelta(minutes=30)


def expiry(notice: Notice, held_until: datetime | None) -> datetime:
    """When a delivery of ``notice`` is too late: a night must not be what makes it so."""
    return max(notice.expires_at, held_until + AFTERWARDS) if held_until else notice.expires_at


def give_way(notice: Notice, rows: Iterable[Delivery]) -> None:
    """Have earlier words of the same clock, held back like those of ``rows``, make room: one is enough."""
    now = timezone.now()
    for row in rows:
        if notice.clock_id is None or row.next_attempt_at <= now:
            continue
        waiting = Delivery.objects.filter(
            notice__clock=notice.clock_id,
            recipient=row.recipient,
            destination=row.destination,
            channel=row.channel,
            state=DeliveryState.PENDING,
            attempts=0,
            next_attempt_at__gt=now,
        )
        waiting.exclude(notice=notice).update(state=DeliveryState.SUPERSEDED)
