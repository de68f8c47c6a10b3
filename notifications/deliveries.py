"""The life of a delivery in the database: made, claimed with a lease, settled by whoever holds it still."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import uniform
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection, transaction
from django.db.models import CharField, F, Func, Prefetch, Q, QuerySet, prefetch_related_objects
from django.utils import timezone

from accounts.models import User
from notifications import digests, failures, senders
from notifications.models import Channel, Delivery, DeliveryAttempt, DeliveryState, Notice, Urgency
from notifications.preferences import Route, routes_for
from notifications.reached import Reached
from notifications.standing import having_newer, why_not
from outbox import clock
from outbox.clock import DatabaseNow
from outbox.facts import notify, publish

#: Three times the longest a send may take, so that no heartbeat is needed. Of a sender that has died a lease ends
#: with it (see senders.py); this is for one that is frozen, or out of reach.
LEASE = timedelta(seconds=45)
URGENT_PAUSES = (5, 15, 30, 60)  # seconds after each failed try; then the last, until it expires
BULK_PAUSES = (5, 60, 300, 1800, 7200, 18000, 36000)
LONGEST_ASKED = timedelta(hours=1)
JITTER = 0.2
#: Being sent at once to one host.
PER_HOST = 2
#: Senders that may die over one message before it is put aside.
MOST_DEATHS = 5
MOST_LOOKS = 200
ACCEPTED = """
WITH held AS (
    UPDATE notifications_delivery
    SET state = 'sent', sent_at = allclear_now(), last_error = '',
        lease_until = NULL, lease_token = NULL, lease_sender = NULL
    WHERE id = %(id)s AND lease_token = %(token)s AND state = 'leased'
    RETURNING id
)
INSERT INTO notifications_deliveryattempt (delivery_id, number, started_at, ended_at, outcome, code, detail)
SELECT %(id)s, %(number)s, %(started_at)s, %(ended_at)s, found.outcome, %(code)s,
       CASE found.outcome WHEN 'lost' THEN %(lost)s ELSE '' END
FROM (SELECT CASE WHEN EXISTS (SELECT FROM held) THEN 'sent' ELSE 'lost' END AS outcome) AS found
RETURNING outcome = 'sent'
"""
NO_MAIL = "No mail server is configured."
FREE: dict[str, Any] = {"lease_until": None, "lease_token": None, "lease_sender": None}
SETTLED = ["state", "sent_at", "last_error", "next_attempt_at", *FREE]


class Host(Func):
    """The host of an address, or what stands in its place; null of an e-mail address."""

    template = r"substring(lower(%(expressions)s) from '^[a-z0-9+.-]+://(?:[^/@]*@)?([^/:?#]+)')"
    output_field = CharField()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one try ended: accepted, to be tried again (after ``retry_after`` if the far side said so), or refused."""

    kind: DeliveryAttempt.Outcome
    code: str = ""
    detail: str = ""
    retry_after: timedelta | None = None
    ends_destination: bool = False

    @classmethod
    def sent(cls, code: str = "") -> "Outcome":
        return cls(DeliveryAttempt.Outcome.SENT, code)

    @classmethod
    def retry(cls, detail: str, code: str = "", retry_after: timedelta | None = None) -> "Outcome":
        return cls(DeliveryAttempt.Outcome.RETRY, code, detail, retry_after)

    @classmethod
    def refused(cls, detail: str, code: str = "") -> "Outcome":
        return cls(DeliveryAttempt.Outcome.REFUSED, code, detail)

    @classmethod
    def gone(cls, detail: str, code: str = "") -> "Outcome":
        """Refused, and so will be everything else that is sent there."""
        return cls(DeliveryAttempt.Outcome.REFUSED, code, detail, ends_destination=True)


def deliver(notice: Notice, to: Reached, *, mornings: Iterable[date] = ()) -> None:
    """Make the deliveries of ``notice`` to one recipient, in the caller's transaction. Safe to repeat.

    What goes into the morning's mail is held for it: the next, or the first of ``mornings`` that has not gone. What
    goes to a team goes there once. Without a mail server there is no mail to people, who have an inbox; to an
    address alone it fails at once, so that somebody calls.
    """
    routes = [route for route in routes_for(notice, to) if _can_be_sent(route, to)]
    rows = [_row(notice, to, route) for route in routes if not route.in_digest]
    made = Delivery.objects.bulk_create(rows, ignore_conflicts=True)
    if to.user and len(rows) < len(routes):
        digests.hold(notice, to.user, mornings)
    if to.user and any(row.channel == Channel.INBOX for row in rows):
        notify("inbox_changed", user_id=to.user.pk)
    for row in made:
        if row.state == DeliveryState.FAILED:
            failures.tell_incident(row, row.last_error)


def _can_be_sent(route: Route, to: Reached) -> bool:
    return route.channel != Channel.EMAIL or settings.MAIL_CONFIGURED or to.user is None


def _row(notice: Notice, to: Reached, route: Route) -> Delivery:
    who = f"user:{to.user.pk}" if to.user else f"address:{to.address}"
    now = clock.now()
    row = Delivery(
        notice=notice,
        recipient=None if route.shared else to.user,
        destination=route.destination,
        channel=route.channel,
        address=route.address,
        dedupe_key=f"{notice.pk}:{'team' if route.shared else who}:{route.key}",
        is_urgent=notice.urgency != Urgency.REMINDER,
        next_attempt_at=route.not_before or now,
        expires_at=route.expiry(notice),
    )
    if route.channel == Channel.INBOX:
        # The inbox is this very row: once it is committed, it is delivered.
        row.state, row.sent_at = DeliveryState.SENT, now
    elif route.channel == Channel.EMAIL and not settings.MAIL_CONFIGURED:
        row.state, row.last_error = DeliveryState.FAILED, NO_MAIL
    return row


@transaction.atomic
def claim(*, urgent: bool, limit: int, sender: int | None = None) -> list[Delivery]:
    """Take up to ``limit`` deliveries that are due, or whose lease ran out or went with its sender. What is no
    longer needed is settled here and not returned. Whoever crashes counts as having tried all of these, and the far
    side may have those that were under way. ``sender`` is whose lock this session holds; without one the leases last
    their time.

    No host gets more than ``PER_HOST`` at once, so that a slow one holds up nobody else; two workers that
    claim at the very same moment may each give it as many.
    """
    under_way, suspects = _under_way()
    gone, taken = senders.gone(suspects - {sender}), list[Delivery]()
    for _ in range(MOST_LOOKS):
        full = [host for host, many in under_way.items() if many >= PER_HOST]
        asked = limit - len(taken)
        rows = _with_all_about_them(list(_due(urgent, full, gone)[:asked]))
        newer = having_newer(rows)
        # Leased at once: the next look must not find them again, and no lock of ours keeps us from it.
        taken += _leased([row for row in rows if _may_take(row, under_way, row.pk in newer)], sender)
        if len(rows) < asked or len(taken) == limit:
            break
    return taken


def _under_way() -> tuple[Counter[str], set[int]]:
    """How many are being sent to each host, and by which senders."""
    leased = Delivery.objects.filter(state=DeliveryState.LEASED, lease_until__gte=DatabaseNow())
    found = list(leased.annotate(host=Host("address")).values_list("host", "lease_sender"))
    return Counter(host for host, _ in found if host), {number for _, number in found if number}


def _due(urgent: bool, but: list[str], gone: set[int]) -> "QuerySet[Delivery]":
    """Those that are due, longest first, of hosts that are not in ``but``; locked, passing over what others hold."""
    ripe = Q(state=DeliveryState.PENDING) | Q(state=DeliveryState.LEASED, lease_until__lt=DatabaseNow())
    if gone:
        ripe |= Q(state=DeliveryState.LEASED, lease_sender__in=gone)
    found = Delivery.objects.filter(ripe, is_urgent=urgent, next_attempt_at__lte=DatabaseNow())
    named = found.annotate(host=Host("address"), now=DatabaseNow()).filter(Q(host=None) | ~Q(host__in=but))
    return named.order_by("next_attempt_at").select_for_update(of=("self",), skip_locked=True)


def _with_all_about_them(rows: list[Any]) -> list[Any]:
    """Not by joins in the query that locks: that one runs every few seconds, and mostly finds nothing."""
    notices = Notice.objects.select_related("clock", "incident", "page")
    prefetch_related_objects(rows, Prefetch("notice", notices), "recipient", "destination")
    return rows


def _may_take(row: Any, under_way: Counter[str], has_newer: bool) -> bool:
    """Whether ``row`` is to be sent now: it is needed still, and its host has not enough to do."""
    if row.host and under_way[row.host] >= PER_HOST:
        return False
    if row.state == DeliveryState.LEASED and _has_died_too_often(row):
        return False
    if state := why_not(row, row.now, has_newer=has_newer):
        row.state, row.lease_until, row.lease_token, row.lease_sender = state, None, None, None
        row.save(update_fields=["state", *FREE])
        return False
    under_way[row.host] += bool(row.host)
    return True


def _leased(rows: list[Any], sender: int | None) -> list[Any]:
    """One token for all that were claimed together: with the row's id it is nobody else's."""
    token = uuid4()
    for row in rows:
        row.state, row.attempts, row.lease_sender = DeliveryState.LEASED, row.attempts + 1, sender
        row.lease_until, row.lease_token = row.now + LEASE, token
    if rows:
        Delivery.objects.filter(pk__in=[row.pk for row in rows]).update(
            state=DeliveryState.LEASED,
            attempts=F("attempts") + 1,
            lease_until=rows[0].now + LEASE,
            lease_token=token,
            lease_sender=sender,
        )
    return rows


def _has_died_too_often(row: Any) -> bool:
    """Keep that a try was never settled. A message on which its sender dies again and again is put aside."""
    lost = Outcome(DeliveryAttempt.Outcome.LOST, "", "whoever sent it went away: it may have been accepted")
    _keep_attempt(row, lost, row.lease_until - LEASE)
    if row.tries.filter(outcome=DeliveryAttempt.Outcome.LOST).count() < MOST_DEATHS:
        return False
    row.lease_until = row.lease_token = row.lease_sender = None
    _park(row, lost)
    row.save(update_fields=SETTLED)
    return True


def give_back(rows: Iterable[Delivery]) -> None:
    """What was claimed and not begun is anybody's again, as if it had not been claimed; unless it is another's by
    now."""
    # Each by its own token: one of them may be claimed anew, and under way, by this very sender.
    for row in rows:
        held = Delivery.objects.filter(pk=row.pk, lease_token=row.lease_token, state=DeliveryState.LEASED)
        held.update(state=DeliveryState.PENDING, attempts=F("attempts") - 1, **FREE)


def settle(row: Delivery, outcome: Outcome, started_at: datetime) -> bool:
    """Keep how a try ended. False, and only the attempt is kept, where the lease was lost meanwhile: whoever
    has it now decides, and the far side may get the message twice, with the same id."""
    if outcome.kind != DeliveryAttempt.Outcome.SENT:
        return _settle_failed(row, outcome, started_at)
    if hasattr(row.notice, "page"):
        return _settle_page(row, outcome, started_at)
    return _settle_accepted(row, outcome, started_at)


@transaction.atomic
def _settle_page(row: Delivery, outcome: Outcome, started_at: datetime) -> bool:
    is_ours = _settle_accepted(row, outcome, started_at)
    if is_ours:
        publish("page_accepted", delivery=str(row.pk))
    return is_ours


def _settle_accepted(row: Delivery, outcome: Outcome, started_at: datetime) -> bool:
    """In one round trip: this is what a worker does most, and what it must do soon after the far side's yes."""
    lost = _lost(outcome)
    said = {
        "id": row.pk,
        "token": row.lease_token,
        "number": row.attempts,
        "started_at": started_at,
        "ended_at": timezone.now(),
        "code": _plain(outcome.code)[:20],
        "lost": lost.detail,
    }
    with connection.cursor() as cursor:
        cursor.execute(ACCEPTED, said)
        is_ours: bool = cursor.fetchone()[0]
    return is_ours


@transaction.atomic
def _settle_failed(row: Delivery, outcome: Outcome, started_at: datetime) -> bool:
    held = Delivery.objects.filter(pk=row.pk, lease_token=row.lease_token, state=DeliveryState.LEASED)
    current = held.select_for_update(of=("self",)).first()
    _keep_attempt(row, outcome if current else _lost(outcome), started_at)
    if current:
        _fail(current, outcome)
    return current is not None


def _fail(row: Delivery, outcome: Outcome) -> None:
    row.lease_until = row.lease_token = row.lease_sender = None
    if outcome.kind == DeliveryAttempt.Outcome.REFUSED:
        _refuse(row, outcome)
    else:
        _try_again(row, outcome)
    row.save(update_fields=SETTLED)


def _lost(outcome: Outcome) -> Outcome:
    return Outcome(DeliveryAttempt.Outcome.LOST, outcome.code, f"lease lost; the try ended: {outcome.kind}")


def _keep_attempt(row: Delivery, outcome: Outcome, started_at: datetime) -> None:
    DeliveryAttempt.objects.create(
        delivery_id=row.pk,
        number=row.attempts,
        started_at=started_at,
        outcome=outcome.kind,
        code=_plain(outcome.code)[:20],
        detail=_plain(outcome.detail)[:500],
    )


def _refuse(row: Delivery, outcome: Outcome) -> None:
    if row.is_urgent and failures.count(row) < failures.STRIKES:
        failures.try_another_way(row)
    _park(row, outcome)
    if outcome.ends_destination and row.destination:
        failures.switch_off(row.destination, row.last_error)


def _try_again(row: Delivery, outcome: Outcome) -> None:
    now = clock.now()
    row.state, row.last_error = DeliveryState.PENDING, _plain(outcome.detail)[:500]
    row.next_attempt_at = now + (
        min(outcome.retry_after, LONGEST_ASKED) if outcome.retry_after else _pause(row)
    )
    struck = row.is_urgent and failures.count(row) == failures.STRIKES
    if struck:
        failures.try_another_way(row)
    out_of_tries = not row.is_urgent and row.attempts > len(BULK_PAUSES)
    if out_of_tries or row.next_attempt_at > row.expires_at:
        _park(row, outcome)
    elif struck:
        failures.tell_incident(row, f"{failures.STRIKES} tries failed, and more follow: {row.last_error}")
    if row.destination and failures.has_only_failed(row.destination, now):
        failures.switch_off(row.destination, f"Nothing got through for {failures.PATIENCE.days} days.")


def _pause(row: Delivery) -> timedelta:
    pauses = URGENT_PAUSES if row.is_urgent else BULK_PAUSES
    seconds = pauses[min(row.attempts, len(pauses)) - 1]
    return timedelta(seconds=seconds * uniform(1 - JITTER, 1 + JITTER))  # noqa: S311  no secret


def _park(row: Delivery, outcome: Outcome) -> None:
    """Failed for good: the incident says so, with the number to call, unless it has already."""
    row.state, row.last_error = DeliveryState.FAILED, _plain(outcome.detail)[:500]
    if not row.is_urgent or failures.count(row) <= failures.STRIKES:
        failures.tell_incident(row, row.last_error)


def _plain(words: str) -> str:
    """What the far side said, without what a database or a terminal would stumble over."""
    return "".join(letter if letter.isprintable() else " " for letter in words)


@transaction.atomic
def retry_now(delivery_id: UUID, *, by: User) -> Delivery:
    """Try a failed or waiting delivery at once, with new life if its time had run out."""
    row = Delivery.objects.select_for_update().get(pk=delivery_id)
    if row.state in (DeliveryState.FAILED, DeliveryState.PENDING, DeliveryState.EXPIRED):
        now = clock.now()
        row.state, row.next_attempt_at, row.settled_by = DeliveryState.PENDING, now, None
        row.expires_at = max(row.expires_at, now + timedelta(minutes=30))
        row.save(update_fields=["state", "next_attempt_at", "settled_by", "expires_at"])
    return row
