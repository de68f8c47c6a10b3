"""The life of a delivery in the database: made, claimed with a lease, settled by whoever holds it still."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import uniform
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from incidents import operations as incidents
from notifications.contacts import Reached
from notifications.models import (
    Channel,
    Delivery,
    DeliveryAttempt,
    DeliveryState,
    Destination,
    Notice,
    Urgency,
)
from notifications.preferences import routes_for
from outbox.clock import DatabaseNow

#: Three times the longest a send may take, so that no heartbeat is needed.
LEASE = timedelta(seconds=45)
URGENT_PAUSES = (5, 15, 30, 60)  # seconds after each failed try; then the last, until it expires
BULK_PAUSES = (5, 60, 300, 1800, 7200, 18000, 36000)
LONGEST_ASKED = timedelta(hours=1)
JITTER = 0.2


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one try ended: accepted, to be tried again (after ``retry_after`` if the far side said so), or refused."""

    kind: DeliveryAttempt.Outcome
    code: str = ""
    detail: str = ""
    retry_after: timedelta | None = None

    @classmethod
    def sent(cls, code: str = "") -> "Outcome":
        return cls(DeliveryAttempt.Outcome.SENT, code)

    @classmethod
    def retry(cls, detail: str, code: str = "", retry_after: timedelta | None = None) -> "Outcome":
        return cls(DeliveryAttempt.Outcome.RETRY, code, detail, retry_after)

    @classmethod
    def refused(cls, detail: str, code: str = "") -> "Outcome":
        return cls(DeliveryAttempt.Outcome.REFUSED, code, detail)


def deliver(notice: Notice, to: Reached) -> None:
    """Make the deliveries of ``notice`` to one recipient, in the caller's transaction. Safe to repeat."""
    urgent = notice.urgency != Urgency.REMINDER
    who = f"user:{to.user.pk}" if to.user else f"address:{to.address}"
    rows = [
        Delivery(
            notice=notice,
            recipient=to.user,
            destination=route.destination,
            channel=route.channel,
            address=route.address,
            dedupe_key=f"{notice.pk}:{who}:{route.key}",
            is_urgent=urgent,
            next_attempt_at=route.not_before or timezone.now(),
            expires_at=notice.expires_at,
            # The inbox is this very row: once it is committed, it is delivered.
            state=DeliveryState.SENT if route.channel == Channel.INBOX else DeliveryState.PENDING,
            sent_at=timezone.now() if route.channel == Channel.INBOX else None,
        )
        for route in routes_for(notice, to)
    ]
    Delivery.objects.bulk_create(rows, ignore_conflicts=True)


@transaction.atomic
def claim(*, urgent: bool, limit: int) -> list[Delivery]:
    """Take up to ``limit`` deliveries that are due, or whose lease ran out. What is no longer needed is settled
    here and not returned. Call with no more than can be sent at once: a crash repeats only these."""
    due = Q(state=DeliveryState.PENDING, next_attempt_at__lte=DatabaseNow()) | Q(
        state=DeliveryState.LEASED, lease_until__lt=DatabaseNow()
    )
    found = Delivery.objects.filter(due, is_urgent=urgent).order_by("next_attempt_at")
    rows = list(
        found.select_related(
            "notice__clock", "notice__incident", "recipient", "destination"
        ).select_for_update(of=("self",), skip_locked=True)[:limit]
    )
    return [row for row in rows if _still_needed(row) and _lease(row)]


def _still_needed(row: Delivery) -> bool:
    state = _why_not(row)
    if state:
        row.state, row.lease_until, row.lease_token = state, None, None
        row.save(update_fields=["state", "lease_until", "lease_token"])
    return state is None


def _why_not(row: Delivery) -> DeliveryState | None:
    notice = row.notice
    if row.expires_at < timezone.now():
        return DeliveryState.EXPIRED
    if notice.clock and (not notice.clock.is_armed or notice.clock.due_at != notice.due_at):
        return DeliveryState.SUPERSEDED
    gone = (row.recipient and not row.recipient.is_active) or (
        row.destination and row.destination.disabled_at
    )
    return DeliveryState.SUPERSEDED if gone else None


def _lease(row: Delivery) -> bool:
    row.state, row.attempts = DeliveryState.LEASED, row.attempts + 1
    row.lease_until, row.lease_token = timezone.now() + LEASE, uuid4()
    row.save(update_fields=["state", "attempts", "lease_until", "lease_token"])
    return True


@transaction.atomic
def settle(row: Delivery, outcome: Outcome, started_at: datetime) -> bool:
    """Keep how a try ended. False, and only the attempt is kept, where the lease was lost meanwhile: whoever
    has it now decides, and the far side may get the message twice, with the same id."""
    held = Delivery.objects.select_for_update().filter(
        pk=row.pk, lease_token=row.lease_token, state=DeliveryState.LEASED
    )
    current = held.select_related(None).first()
    _keep_attempt(row, outcome if current else _lost(outcome), started_at)
    if current is None:
        return False
    current.lease_until = current.lease_token = None
    if outcome.kind == DeliveryAttempt.Outcome.SENT:
        current.state, current.sent_at, current.last_error = DeliveryState.SENT, timezone.now(), ""
    elif outcome.kind == DeliveryAttempt.Outcome.REFUSED:
        _park(current, outcome)
    else:
        _try_again(current, outcome)
    current.save(
        update_fields=["state", "sent_at", "last_error", "next_attempt_at", "lease_until", "lease_token"]
    )
    return True


def _lost(outcome: Outcome) -> Outcome:
    return Outcome(DeliveryAttempt.Outcome.LOST, outcome.code, f"lease lost; the try ended: {outcome.kind}")


def _keep_attempt(row: Delivery, outcome: Outcome, started_at: datetime) -> None:
    DeliveryAttempt.objects.create(
        delivery=row,
        number=row.attempts,
        started_at=started_at,
        outcome=outcome.kind,
        code=outcome.code[:20],
        detail=outcome.detail[:500].replace("\x00", ""),
    )


def _try_again(row: Delivery, outcome: Outcome) -> None:
    pauses = URGENT_PAUSES if row.is_urgent else BULK_PAUSES
    pause = timedelta(seconds=pauses[min(row.attempts, len(pauses)) - 1] * uniform(1 - JITTER, 1 + JITTER))  # noqa: S311 no secret
    wait = min(outcome.retry_after, LONGEST_ASKED) if outcome.retry_after else pause
    row.state, row.last_error = DeliveryState.PENDING, outcome.detail[:500]
    row.next_attempt_at = timezone.now() + wait
    out_of_tries = not row.is_urgent and row.attempts > len(BULK_PAUSES)
    if out_of_tries or row.next_attempt_at > row.expires_at:
        _park(row, outcome)


def _park(row: Delivery, outcome: Outcome) -> None:
    """Failed for good: the incident says so, with the number to call."""
    row.state, row.last_error = DeliveryState.FAILED, outcome.detail[:500]
    notice = row.notice
    if notice.incident_id:
        incidents.note_delivery_failed(
            notice.incident_id,
            delivery=str(row.pk),
            to=row.recipient.name if row.recipient else row.address,
            channel=row.get_channel_display(),
            why=row.last_error,
        )


@transaction.atomic
def retry_now(delivery_id: UUID, *, by: User) -> Delivery:
    """Try a failed or waiting delivery at once, with new life if its time had run out."""
    row = Delivery.objects.select_for_update().get(pk=delivery_id)
    if row.state in (DeliveryState.FAILED, DeliveryState.PENDING, DeliveryState.EXPIRED):
        now = timezone.now()
        row.state, row.next_attempt_at, row.settled_by = DeliveryState.PENDING, now, None
        row.expires_at = max(row.expires_at, now + timedelta(minutes=30))
        row.save(update_fields=["state", "next_attempt_at", "settled_by", "expires_at"])
    return row


def disable(destination: Destination, why: str) -> None:
    """The far side wants no more of it: its owner sees why, and may switch it on again."""
    Destination.objects.filter(pk=destination.pk, disabled_at=None).update(
        disabled_at=timezone.now(), disabled_reason=why[:300]
    )
