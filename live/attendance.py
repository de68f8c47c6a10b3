"""Who has the room of an incident open in this process, kept in the database for all processes to see."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any

from django.utils import timezone

from incidents import operations
from incidents.models import Presence
from live.threads import in_thread

log = logging.getLogger(__name__)

#: Seconds between two signs of life; a presence without one is over after PRESENCE_LIFETIME.
REFRESH = 20.0
#: Seconds after which somebody whose last stream ended has left: a page that loads again is no departure.
GRACE = 4.0
#: Seconds in which it is gathered that who is here may be known wrongly: a crowd arrives one by one.
GATHER = 0.3


class Attendance:
    def __init__(self, ready: asyncio.Event) -> None:
        self._ready = ready
        self._open: Counter[tuple[int, int]] = Counter()
        self._unsure: dict[int, bool] = {}  # whether there is more to confirm after what is under way
        self._tasks: set[asyncio.Task[None]] = set()

    def arrive(self, incident_id: int, user_id: int) -> None:
        self._open[incident_id, user_id] += 1
        if self._open[incident_id, user_id] == 1:
            self._spawn(0, operations.see, incident_id, user_id)

    def depart(self, incident_id: int, user_id: int) -> None:
        self._open[incident_id, user_id] -= 1
        if not self._open[incident_id, user_id]:
            del self._open[incident_id, user_id]
            # Whoever is back by then, here or in another process, was seen after this moment and stays.
            self._spawn(GRACE, operations.leave, incident_id, user_id, timezone.now())

    def confirm(self, incident_id: int) -> None:
        """Say again who is here: another process, where somebody closed one of two pages, may have it wrong. At once
        after a quiet time, and what follows soon after that together."""
        if incident_id not in self._unsure and self._here(incident_id):
            self._unsure[incident_id] = False
            self._start(self._confirm(incident_id))
        elif incident_id in self._unsure:
            self._unsure[incident_id] = True

    async def _confirm(self, incident_id: int) -> None:
        is_wanted = True
        while is_wanted:
            await self._try(0, _see_missing, incident_id, self._here(incident_id))
            await asyncio.sleep(GATHER)
            is_wanted = self._unsure[incident_id]
            self._unsure[incident_id] = False
        del self._unsure[incident_id]

    async def refresh(self) -> None:
        for incident_id in {incident for incident, _ in self._open}:
            await in_thread(_stay, incident_id, self._here(incident_id))

    def _here(self, incident_id: int) -> set[int]:
        return {user_id for incident, user_id in self._open if incident == incident_id}

    def _spawn(self, after: float, work: Callable[..., None], *args: Any) -> None:
        self._start(self._try(after, work, *args))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)  # the loop keeps only weak references
        task.add_done_callback(self._tasks.discard)

    async def _try(self, after: float, work: Callable[..., None], *args: Any) -> None:
        await asyncio.sleep(after)
        await self._ready.wait()  # else our own viewers would not hear of it
        try:
            await in_thread(work, *args)
        except Exception:  # the next sign of life, or the sweep of stale ones, puts it right
            log.warning("Presence could not be kept", exc_info=True)

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()


def _stay(incident_id: int, here: set[int]) -> None:
    operations.stay(incident_id, here)
    _see_missing(incident_id, here)


def _see_missing(incident_id: int, here: set[int]) -> None:
    known = Presence.objects.fresh().filter(incident_id=incident_id, user_id__in=here)
    for user_id in here - set(known.values_list("user_id", flat=True)):
        operations.see(incident_id, user_id)
