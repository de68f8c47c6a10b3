"""Firing what is due: one clock a transaction, claimed with SKIP LOCKED, safe to run anywhere at any time."""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from incidents.models import Incident
from notifications import nudges
from notifications.clocks import disarm, rearm
from notifications.ladders import LADDERS, Rung, passed
from notifications.models import Clock, ClockKind, Stage
from notifications.owing import owed
from outbox.clock import DatabaseNow

log = logging.getLogger(__name__)

LONGEST_PAUSE = timedelta(hours=1)


def sweep(limit: int = 1000) -> int:
    """Fire the clocks that are due, longest due first; return how many were looked at."""
    looked = 0
    while looked < limit and _one():
        looked += 1
    return looked


def _one() -> bool:
    """Look at one clock that is due; False when there is none that nobody else is looking at."""
    with transaction.atomic():
        clock = _claim()
        if clock is None:
            return False
        try:
            with transaction.atomic():
                _look(clock)
        except Exception as error:  # one clock that cannot be fired must not stop the others
            log.exception("Clock %s cannot fire", clock)
            _put_off(clock, error)
    return True


def _claim() -> Clock | None:
    """The clock and its incident, both locked or neither: who never waits for a lock cannot deadlock.

    An incident that somebody is just changing is passed over; its clock is looked at in the next sweep.
    """
    due = Clock.objects.armed().filter(fires_at__lte=DatabaseNow()).order_by("fires_at", "id")
    both = due.select_related("incident__revision").annotate(now=DatabaseNow())
    return both.select_for_update(of=("self", "incident"), skip_locked=True).first()


def _look(clock: Clock) -> None:
    """Check the promise against the incident, then fire what has come of it."""
    incident = clock.incident
    owes = owed(incident, ClockKind(clock.kind))
    if owes is None:
        disarm(clock)
    elif (owes.due_at, owes.interval) != (clock.due_at, clock.interval):
        rearm(clock, owes)  # the fact has not come by yet; the truth counts
    else:
        _fire(clock, incident)


def _fire(clock: Clock, incident: Incident) -> None:
    now: datetime = clock.now  # type: ignore[attr-defined] # the database's, as it claimed the clock
    if clock.snoozed_until and clock.snoozed_until > now:
        clock.fires_at = clock.snoozed_until
        clock.save(update_fields=["fires_at"])
        return
    reached, following = passed(LADDERS[clock.kind](clock.due_at, clock.interval), now)
    fresh = _record(clock, reached)
    if fresh:
        nudges.nudge(clock, incident, fresh)
    clock.is_armed = following is not None
    clock.fires_at = following.at if following else clock.fires_at
    clock.failures, clock.last_error = 0, ""
    clock.save(update_fields=["is_armed", "fires_at", "failures", "last_error"])


def _record(clock: Clock, reached: list[Rung]) -> list[tuple[Rung, Stage]]:
    """Insert a row for each stage reached that has none yet; all but the last are folded into it."""
    have = set(Stage.objects.filter(clock=clock, due_at=clock.due_at).values_list("name", flat=True))
    fresh = [rung for rung in reached if rung.name not in have]
    stages = [
        Stage(
            clock=clock,
            due_at=clock.due_at,
            name=rung.name,
            is_folded=rung is not fresh[-1],
            asks_contact=rung.audience == "contact",
        )
        for rung in fresh
    ]
    # No ignore_conflicts: were two sweeps ever to fire one stage, the second must fail, and with it its sends.
    return list(zip(fresh, Stage.objects.bulk_create(stages), strict=True))


def _put_off(clock: Clock, error: Exception) -> None:
    clock.failures += 1
    clock.last_error = f"{type(error).__name__}: {error}"[:2000].replace("\x00", "")
    clock.fires_at = timezone.now() + min(timedelta(minutes=2**clock.failures), LONGEST_PAUSE)
    clock.save(update_fields=["failures", "last_error", "fires_at"])
