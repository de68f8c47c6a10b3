"""How the engine is doing, in figures: what metrics show, what doctor and audit judge."""

import logging
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import connection, transaction

from notifications import heartbeat

log = logging.getLogger(__name__)

#: Something due for longer than this and not done is a fault.
TOO_LATE = 60.0
#: Milliseconds that the figures may take; an engine whose state takes longer to tell is not well.
LIMIT = 5000

CLOCKS = """
SELECT count(*),
       count(*) FILTER (WHERE fires_at <= allclear_now()),
       coalesce(extract(epoch FROM allclear_now() - min(fires_at)), 0)::float,
       count(*) FILTER (WHERE failures > 0)
FROM notifications_clock WHERE is_armed
"""
REMINDERS = CLOCKS.replace("notifications_clock", "notifications_reminderclock")
WAITING = """
SELECT is_urgent, count(*),
       coalesce(extract(epoch FROM allclear_now() - min(CASE state WHEN 'leased' THEN lease_until
                                                        ELSE next_attempt_at END)), 0)::float
FROM notifications_delivery WHERE state IN ('pending', 'leased') GROUP BY is_urgent
"""
PARKED = """
SELECT count(*) FROM notifications_delivery
WHERE state = 'failed' AND settled_by_id IS NULL AND NOT starts_with(dedupe_key, 'test:')
"""
TRIES = "SELECT outcome, count(*) FROM notifications_deliveryattempt GROUP BY outcome"
RELAY = """
SELECT count(*), coalesce(extract(epoch FROM allclear_now() - min(created_at)), 0)::float,
       count(*) FILTER (WHERE last_error <> '')
FROM outbox_fact WHERE relayed_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class Armed:
    """Reminders that wait, of action items and post-mortems; ``late`` as of :class:`Lane`."""

    armed: int = 0
    due: int = 0
    late: float = 0.0
    failing: int = 0


@dataclass(frozen=True, slots=True)
class Lane:
    """Deliveries that wait; ``late`` is for how many seconds the first of them could have been sent."""

    waiting: int = 0
    late: float = 0.0


@dataclass(frozen=True, slots=True)
class Figures:
    """Times in seconds, by the database's clock. ``late`` is how long ago the first one due should have been done."""

    armed: int
    due: int
    late: float
    failing: int
    urgent: Lane
    reminders: Lane
    parked: int
    tries: dict[str, int]
    facts: int
    relay_lag: float
    facts_failing: int
    reminding: Armed = field(default_factory=Armed)
    seen: dict[str, timedelta] = field(default_factory=dict)

    @property
    def most_late(self) -> float:
        return max(self.late, self.urgent.late, self.reminders.late, self.reminding.late)


@transaction.atomic
def figures() -> Figures:
    """Count. Raises ``OperationalError`` where that takes longer than ``LIMIT``."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = {LIMIT}")

        def rows(sql: str) -> list[tuple[float, ...]]:
            cursor.execute(sql)
            return list(cursor.fetchall())

        armed, due, late, failing = rows(CLOCKS)[0]
        waiting, ripe, behind, stuck = rows(REMINDERS)[0]
        lanes = {bool(urgent): Lane(int(count), max(0.0, late)) for urgent, count, late in rows(WAITING)}
        facts, lag, facts_failing = rows(RELAY)[0]
        return Figures(
            armed=int(armed),
            due=int(due),
            late=max(0.0, late),
            failing=int(failing),
            urgent=lanes.get(True, Lane()),
            reminders=lanes.get(False, Lane()),
            parked=int(rows(PARKED)[0][0]),
            tries={str(outcome): int(count) for outcome, count in rows(TRIES)},
            facts=int(facts),
            relay_lag=lag,
            facts_failing=int(facts_failing),
            reminding=Armed(int(waiting), int(ripe), max(0.0, behind), int(stuck)),
            seen=heartbeat.ages(),
        )


def complaints(found: Figures) -> list[str]:
    """What is wrong by these figures, in sentences; nothing when all is well."""
    said = []
    if found.seen.get("worker", timedelta.max) > heartbeat.FRESH:
        said.append(f"No worker has looked at what is due {_since(found.seen.get('worker'))}.")
    if found.seen.get("reminders", timedelta.max) > heartbeat.FRESH:
        said.append(f"No worker has sent reminders {_since(found.seen.get('reminders'))}.")
    if found.seen.get("leap", timedelta.max) < timedelta(hours=1):
        said.append("The database's clock leapt within the last hour: see the log of the worker.")
    if found.most_late > TOO_LATE:
        said.append(f"Something due is overdue by {found.most_late:.0f} s.")
    if found.failing:
        said.append(f"{found.failing} clocks cannot fire: the log has the error of each.")
    if found.reminding.failing:
        said.append(f"{found.reminding.failing} reminders cannot be said: the log has the error of each.")
    if found.facts_failing or found.relay_lag > TOO_LATE:
        said.append(f"{found.facts} facts wait to be heard, the first for {found.relay_lag:.0f} s.")
    if found.parked:
        said.append(f"Failed for good, and nobody has looked yet: {found.parked} of the deliveries.")
    return said


def _since(age: timedelta | None) -> str:
    return f"for {age.total_seconds():.0f} s" if age else "ever"


def audit() -> list[str]:
    """Log what is wrong, as a warning, and keep that somebody looked."""
    said = complaints(figures())
    for sentence in said:
        log.warning("%s", sentence)
    heartbeat.beat("audit")
    return said
