"""Saying what is due: one clock a transaction, claimed with SKIP LOCKED, safe to run anywhere at any time."""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max

from notifications.reminders.arming import reset
from notifications.reminders.ladders import Rung
from notifications.reminders.models import ReminderClock, ReminderStage
from notifications.reminders.promises import Promise, promise_of
from notifications.reminders.telling import tell
from outbox import clock as database_clock
from outbox.clock import DatabaseNow

log = logging.getLogger(__name__)

LONGEST_PAUSE = timedelta(hours=1)


def sweep(limit: int = 1000) -> int:
    """Look at the reminders that are due, longest due first; return how many were looked at."""
    looked = 0
    while looked < limit and _one():
        looked += 1
    return looked


def _one() -> bool:
    """Look at one that is due; False when there is none that nobody else is looking at."""
    with transaction.atomic():
        clock = _claim()
        if clock is None:
            return False
        try:
            with transaction.atomic():
                _look(clock)
        except Exception as error:  # one that cannot be said must not stop the others
            log.exception("%s cannot be said", clock)
            _put_off(clock, error)
    return True


def _claim() -> ReminderClock | None:
    """The clock alone is locked: what it is about is read afterwards, and asked again before anything is sent."""
    due = ReminderClock.objects.armed().filter(fires_at__lte=DatabaseNow()).order_by("fires_at", "id")
    return due.select_for_update(skip_locked=True).first()


def _look(clock: ReminderClock) -> None:
    """Check against what is promised now, then say what has come of it."""
    promise = promise_of(clock)
    if not reset(clock, promise) and promise:
        _fire(clock, promise, database_clock.now())


def _fire(clock: ReminderClock, promise: Promise, now: datetime) -> None:
    mornings = promise.mornings(promise.person)
    fresh, following = _reached(clock, promise, now)
    opens_at = mornings.opens_at(now, _spoken_at(clock)) if fresh and fresh[-1].in_the_morning else now
    clock.fires_at = opens_at if fresh and opens_at > now else following.at
    clock.failures, clock.last_error = 0, ""
    clock.save(update_fields=["fires_at", "failures", "last_error"])
    if fresh and opens_at <= now:
        stages = _record(clock, promise, fresh, said=fresh[-1], now=now)
        tell(promise, fresh[-1], stages[-1], now)


def _reached(clock: ReminderClock, promise: Promise, now: datetime) -> tuple[list[Rung], Rung]:
    """The stages that have come and were not said, and the next one."""
    have = set(clock.stages.filter(due_at=clock.due_at).values_list("name", flat=True))
    fresh: list[Rung] = []
    for rung in promise.ladder(promise.mornings(promise.person)):
        if rung.at > now:
            return fresh, rung
        if rung.at > clock.since and rung.name not in have:
            fresh.append(rung)
    raise AssertionError("a ladder has no end")


def _spoken_at(clock: ReminderClock) -> datetime | None:
    said = clock.stages.filter(is_folded=False, person=clock.person_id)
    at: datetime | None = said.aggregate(at=Max("fired_at"))["at"]
    return at


def _record(
    clock: ReminderClock, promise: Promise, fresh: list[Rung], *, said: Rung | None, now: datetime
) -> list[ReminderStage]:
    """Insert a row for each stage; all but the one that is ``said`` are folded."""
    stages = [
        ReminderStage(
            clock=clock,
            due_at=clock.due_at,
            name=rung.name,
            person=promise.person,
            fired_at=now,
            is_folded=rung is not said,
        )
        for rung in fresh
    ]
    # No ignore_conflicts: were two sweeps ever to fire one stage, the second must fail, and with it what it says.
    return ReminderStage.objects.bulk_create(stages)


def _put_off(clock: ReminderClock, error: Exception) -> None:
    clock.failures += 1
    clock.last_error = f"{type(error).__name__}: {error}"[:2000].replace("\x00", "")
    pause = min(timedelta(minutes=2 ** min(clock.failures, 10)), LONGEST_PAUSE)
    clock.fires_at = database_clock.now() + pause
    clock.save(update_fields=["failures", "last_error", "fires_at"])


def pass_over() -> int:
    """After a restore: keep as folded all that came due before now, and go on with the next. How many stages."""
    due = ReminderClock.objects.armed().filter(fires_at__lte=DatabaseNow()).select_for_update()
    return sum(_pass_over(clock, database_clock.now()) for clock in due)


def _pass_over(clock: ReminderClock, now: datetime) -> int:
    promise = promise_of(clock)
    reset(clock, promise)
    if promise is None:
        return 0
    fresh, following = _reached(clock, promise, now)
    clock.fires_at = following.at
    clock.save(update_fields=["fires_at"])
    return len(_record(clock, promise, fresh, said=None, now=now))
