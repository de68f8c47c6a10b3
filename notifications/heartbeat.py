"""Signs of life in the database: the only ones that count, as a process that exists may hang.

Each also says how far the database's clock and the host's steady one have drifted apart since the one before:
a clock that was set is worth a warning, as whatever was due in the leap fires at once, or late.
"""

import logging
import os
import socket
import time
from datetime import datetime, timedelta

from django.db.models import ExpressionWrapper, F, fields

from notifications.models import Heartbeat
from outbox import clock

log = logging.getLogger(__name__)

FRESH = timedelta(seconds=30)
#: A difference between the two clocks that no load explains.
LEAP = timedelta(seconds=60)

_before: tuple[datetime, float] | None = None


def beat(name: str) -> None:
    """Keep that ``name`` lives, by the database's clock."""
    now = clock.now()
    detail = {"host": socket.gethostname(), "pid": os.getpid()}
    leap = _leap(now)
    if leap:
        log.warning("The clock of the database leapt by %.0f s", leap.total_seconds())
        Heartbeat.objects.update_or_create(
            name="leap", defaults={"seen_at": now, "detail": detail | {"seconds": leap.total_seconds()}}
        )
    Heartbeat.objects.update_or_create(name=name, defaults={"seen_at": now, "detail": detail})


def _leap(now: datetime) -> timedelta | None:
    """By how much more than the time that passed the database's clock moved since this process last asked."""
    global _before
    steady = _steady()
    before, _before = _before, (now, steady)
    if before is None:
        return None
    leap = (now - before[0]) - timedelta(seconds=steady - before[1])
    return leap if abs(leap) > LEAP else None


def _steady() -> float:
    """Seconds on a clock that nobody can set and that goes on while the machine sleeps."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return time.clock_gettime(boot) if boot is not None else time.monotonic()


def ages() -> dict[str, timedelta]:
    """How long ago each part was last seen, by the database's clock."""
    age = ExpressionWrapper(clock.DatabaseNow() - F("seen_at"), output_field=fields.DurationField())
    return dict(Heartbeat.objects.annotate(age=age).values_list("name", "age"))


def is_alive(name: str) -> bool:
    return ages().get(name, timedelta.max) < FRESH
