"""Who hears when: the stages of each clock, as arithmetic on times. Pure; seconds are elapsed seconds.

A ladder is a function from a due time to the stages that follow it. What happens in a stage is not decided
here; only its name, its time, and who is asked.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Literal

MINUTE = timedelta(minutes=1)
WARN_SHARE = 0.2
WARN_LEAST, WARN_MOST = 3 * MINUTE, 10 * MINUTE
OVERDUE = (5 * MINUTE, 10 * MINUTE, 20 * MINUTE)
#: Between two contacts asked to acknowledge, by how fast the severity is answered.
ASK_NEXT_LEAST, ASK_NEXT_MOST = 5 * MINUTE, 30 * MINUTE
#: Where a severity owes no updates, the last stage is not repeated.
Audience = Literal["writer", "leads", "roles", "contact", "commander", "successor"]


@dataclass(frozen=True, slots=True)
class Rung:
    """One stage: its ``name``, unique on its ladder, ``at``, and the ``audience`` that hears of it.

    "writer" owes the update: the communications lead, else the commander. "leads" are both, "roles" everyone
    who holds a role, "contact" the next escalation contact of the runbook, "commander" is asked whether all
    is well, "successor" is the deputy or the next contact, asked to take command.
    """

    name: str
    at: datetime
    audience: Audience


def warning_before(interval: timedelta) -> timedelta:
    """How long before the due time people are warned: a fifth of the interval, 3 to 10 minutes."""
    return min(max(interval * WARN_SHARE, WARN_LEAST), WARN_MOST)


def update_ladder(due_at: datetime, interval: timedelta) -> Iterator[Rung]:
    """Stages of a status update due at ``due_at``, ``interval`` after the one before; without end."""
    yield Rung("warn", due_at - warning_before(interval), "writer")
    yield Rung("due", due_at, "writer")
    yield Rung("overdue-1", due_at + OVERDUE[0], "leads")
    yield Rung("overdue-2", due_at + OVERDUE[1], "roles")
    yield Rung("overdue-3", due_at + OVERDUE[2], "contact")
    for n in count(1):
        yield Rung(f"overdue-{3 + n}", due_at + OVERDUE[2] + n * interval, "contact")


def acknowledge_ladder(due_at: datetime, interval: timedelta) -> Iterator[Rung]:
    """Stages of an acknowledgement due at ``due_at``: one contact after another, a step of ``interval`` apart."""
    for n in count():
        yield Rung(f"ask-{n + 1}", due_at + n * interval, "contact")


def silence_ladder(due_at: datetime, interval: timedelta) -> Iterator[Rung]:
    """Acknowledged, and silent for two cadences at ``due_at``: the commander is asked once, then a successor."""
    yield Rung("silent", due_at, "commander")
    yield Rung("take-command", due_at + interval, "successor")


def ask_next_after(response: timedelta) -> timedelta:
    """Time between two contacts asked to acknowledge: a quarter of the response time, 5 to 30 minutes."""
    return min(max(response / 4, ASK_NEXT_LEAST), ASK_NEXT_MOST)


def passed(ladder: Iterator[Rung], now: datetime) -> tuple[list[Rung], Rung | None]:
    """The rungs up to ``now``, and the next one (None at the end of the ladder)."""
    reached: list[Rung] = []
    for rung in ladder:
        if rung.at > now:
            return reached, rung
        reached.append(rung)
    return reached, None


LADDERS: dict[str, Callable[[datetime, timedelta], Iterator[Rung]]] = {
    "update": update_ladder,
    "acknowledge": acknowledge_ladder,
    "silence": silence_ladder,
}
