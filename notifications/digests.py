"""The morning's mail: reminders wait for it as rows, and one delivery is made of them when it is due.

Once a day for a person, whatever the clocks do and however many workers look: the row of (person, day) is
unique, and it is gathered in the transaction that makes its deliveries. The mail itself is then claimed, sent
and tried again like any other.
"""

import logging
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse

from accounts.models import User
from incidents.permissions import can_see
from notifications import wall
from notifications.models import Delivery, Digest, DigestEntry, Notice, Urgency
from notifications.preferences import digest_routes, preferences_of
from notifications.reminders.models import ReminderClock
from notifications.reminders.promises import stands
from outbox import clock
from outbox.clock import DatabaseNow

log = logging.getLogger(__name__)

LIFE = timedelta(hours=24)
PUT_OFF = timedelta(minutes=10)


def hold(notice: Notice, user: User, mornings: Iterable[date] = ()) -> None:
    """Have ``notice`` wait for the next morning's mail of ``user``, or for that of the first of ``mornings`` whose
    mail has not gone; in the caller's transaction. Safe to repeat."""
    if DigestEntry.objects.filter(user=user, notice=notice).exists():
        return
    chosen = (_of(user, day) for day in mornings)
    digest = next((one for one in chosen if one.gathered_at is None), None) or _next(user, clock.now())
    DigestEntry.objects.bulk_create(
        [DigestEntry(digest=digest, user=user, notice=notice)], ignore_conflicts=True
    )


def _next(user: User, after: datetime) -> Digest:
    """The next digest that is still open, locked: while we add to it, nobody gathers it."""
    zone = user.zone
    due_at = wall.next_at(preferences_of(user).digest_at, zone, after)
    digest = _of(user, due_at.astimezone(zone).date())
    return digest if digest.gathered_at is None else _next(user, due_at)


def _of(user: User, day: date) -> Digest:
    """The digest of that day, locked."""
    due_at = wall.moment_of(day, preferences_of(user).digest_at, user.zone)
    digest, _ = Digest.objects.get_or_create(user=user, day=day, defaults={"due_at": due_at})
    return Digest.objects.select_for_update().get(pk=digest.pk)


def reschedule(user: User) -> None:
    """Put the digests of ``user`` that still wait at the time that is chosen now."""
    for digest in Digest.objects.select_for_update().filter(user=user, gathered_at=None):
        digest.due_at = _due(digest, user)
        digest.save(update_fields=["due_at"])


def _due(digest: Digest, user: User) -> datetime:
    return wall.moment_of(digest.day, preferences_of(user).digest_at, user.zone)


def gather(limit: int = 1000) -> int:
    """Make mails of the digests that are due; return how many people get one, or would if there were any left."""
    gathered = 0
    while gathered < limit and _one():
        gathered += 1
    return gathered


def _one() -> bool:
    with transaction.atomic():
        first = _claim()
        if first is None:
            return False
        try:
            with transaction.atomic():
                _gather(first.user)
        except Exception:  # one that cannot be made must not stop the others
            log.exception("%s cannot be made", first)
            first.due_at = clock.now() + PUT_OFF
            first.save(update_fields=["due_at"])
    return True


def _claim() -> Digest | None:
    """One digest that is due, and its person: two of one person are never gathered side by side."""
    due = Digest.objects.filter(gathered_at=None, due_at__lte=DatabaseNow()).order_by("due_at", "id")
    due = due.exclude(Exists(_unsaid_to(OuterRef("user"))))
    both = due.select_related("user").select_for_update(of=("self", "user"), skip_locked=True, no_key=True)
    return both.first()


def _unsaid_to(user: OuterRef) -> "QuerySet[ReminderClock]":
    """Reminders that are due and not yet said: after downtime the mail waits for them, so that there is one."""
    return ReminderClock.objects.armed().filter(person=user, fires_at__lte=DatabaseNow())


def _gather(user: User) -> None:
    """One mail of all that is due for ``user``: after downtime the mornings that were missed are one."""
    now = clock.now()
    waiting = Digest.objects.filter(user=user, gathered_at=None, due_at__lte=now)
    due = list(waiting.select_for_update().order_by("day"))
    if due[-1].due_at < (later := _due(due[-1], user)) and later > now:
        due[-1].due_at = later  # the person has moved, or chose a later hour
        due.pop().save(update_fields=["due_at"])
    if not due:
        return
    standing = [entry.notice for entry in _entries(due) if _stands(entry.notice, user, now)]
    if standing and user.is_active:
        _mail(user, due[-1], standing, now)
    for digest in due:
        digest.gathered_at = now
        digest.save(update_fields=["gathered_at"])


def _entries(digests: list[Digest]) -> "QuerySet[DigestEntry]":
    found = DigestEntry.objects.filter(digest__in=digests).order_by("notice__created_at", "pk")
    return found.select_related("notice__incident", "notice__clock", "notice__reminder__clock")


def _stands(notice: Notice, user: User, now: datetime) -> bool:
    """Whether it is still so, and still for them to know: asked in the morning, not in the evening."""
    kept = notice.clock is None or (notice.clock.is_armed and notice.clock.due_at == notice.due_at)
    kept = kept and (notice.reminder is None or stands(notice.reminder))
    return kept and notice.expires_at > now and (not notice.incident or can_see(user, notice.incident))


def _mail(user: User, digest: Digest, notices: list[Notice], now: datetime) -> None:
    many = "reminder" if len(notices) == 1 else "reminders"
    # No titles here: administrators see this line among the deliveries.
    title = f"{len(notices)} {many} for {digest.day:%A} {digest.day.day} {digest.day:%B}"
    notice = Notice.objects.create(
        urgency=Urgency.REMINDER,
        title=title,
        text="\n".join(map(_line, notices)),
        path=reverse("notifications:inbox"),
        action="Open the inbox",
        created_at=now,
        expires_at=now + LIFE,
    )
    Delivery.objects.bulk_create(
        [
            Delivery(
                notice=notice,
                recipient=user,
                destination=route.destination,
                channel=route.channel,
                address=route.address,
                dedupe_key=f"digest:{user.pk}:{digest.day}:{route.key}",
                is_urgent=False,
                next_attempt_at=now,
                expires_at=notice.expires_at,
            )
            for route in digest_routes(user)
        ]
    )


def _line(notice: Notice) -> str:
    words = "".join(f"\\{letter}" if letter in "\\[]<>*_`" else letter for letter in notice.title)
    return f"- [{' '.join(words.split())}]({settings.SITE_URL}{notice.path})" if notice.path else f"- {words}"
