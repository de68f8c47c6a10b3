"""Those who look at the board. They are told that it changed, and fetch it themselves: each sees another one."""

import asyncio
import logging
import time
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any

from incidents.models import Access, Incident, TimelineEvent
from incidents.states import Kind
from live.admission import farewells
from live.events import encode
from live.streams import Stream, Viewer
from live.threads import in_thread
from outbox.models import Fact

log = logging.getLogger(__name__)

#: Seconds in which changes are gathered: a burst is one ping.
GATHER = 0.2
LONGEST_WAIT = 5.0
#: How long a change may take from being made to being heard of; a ping too many does no harm.
SLACK = timedelta(seconds=5)
RECENT = 50

Change = dict[str, Any]


class Board:
    """The streams of the board. ``id`` of its events is the time in milliseconds: a board has no event number."""

    def __init__(self, ready: asyncio.Event) -> None:
        self.streams: set[Stream] = set()
        self._ready = ready
        self._arrivals: set[Stream] = set()
        self._changes: list[Change] = []
        self._work = asyncio.Event()
        self._task = asyncio.create_task(self._run())

    def add(self, stream: Stream) -> None:
        self.streams.add(stream)
        self._arrivals.add(stream)
        self._work.set()

    def remove(self, stream: Stream) -> None:
        self.streams.discard(stream)
        self._arrivals.discard(stream)

    def heartbeat(self) -> bytes:
        return encode("hb", number=now())

    def changed(self, change: Change) -> None:
        if self.streams:
            self._changes.append(change)
            self._work.set()

    def reconnected(self) -> None:
        for stream in self.streams:
            stream.send(encode("board", number=now()))

    def close(self) -> None:
        self._task.cancel()

    async def _run(self) -> None:
        wait = GATHER
        while True:
            await self._work.wait()
            await asyncio.sleep(wait)
            await self._ready.wait()
            wait = GATHER if await self._round() else min(wait * 2, LONGEST_WAIT)

    async def _round(self) -> bool:
        self._work.clear()
        streams, arrivals, changes = set(self.streams), set(self._arrivals), self._changes
        self._arrivals, self._changes = set(), []
        try:
            hearers, leavers = await in_thread(
                _who_hears, changes, {s.viewer for s in streams}, [(s.viewer, s.seq) for s in arrivals]
            )
        except Exception:  # the database is away: tell them when it is back
            log.warning("The board cannot be told what changed for now", exc_info=True)
            self._arrivals |= arrivals & self.streams
            self._changes = changes + self._changes
            self._work.set()
            return False
        for stream in streams:
            if reason := leavers.get(stream.viewer):
                stream.end(encode("bye", reason))
            elif stream.viewer in hearers:
                stream.send(encode("board", number=now()))
        return True


def now() -> int:
    return int(time.time() * 1000)


def _who_hears(
    changes: list[Change], viewers: Collection[Viewer], arrivals: list[tuple[Viewer, int]]
) -> tuple[set[Viewer], dict[Viewer, str]]:
    allowed = _whose_board_changed(changes)
    hearers = {viewer for viewer in viewers if allowed is None or viewer.user_id in allowed}
    hearers |= {viewer for viewer, since in arrivals if missed_something(viewer.user_id, since)}
    return hearers, farewells(viewers)


def missed_something(user_id: int, since: int) -> bool:
    """Whether the board of that person may have changed after ``since``, in milliseconds."""
    after = datetime.fromtimestamp(min(since, now()) / 1000, UTC) - SLACK
    facts = list(Fact.objects.order_by("-id")[:RECENT])
    changes = [{"name": f.name, **f.payload} for f in facts if f.created_at > after]
    if len(changes) == RECENT:
        return True
    allowed = _whose_board_changed([change for change in changes if "incident_id" in change])
    return allowed is None or user_id in allowed


def _whose_board_changed(changes: list[Change]) -> set[int] | None:
    """The ids of those whose board these changes may have altered; None is everybody.

    What happens to a private incident must not be felt by others, not even as a page that loads again.
    """
    if any(change["name"] == Kind.PRIVACY_CHANGED for change in changes):
        return None
    ids = {change["incident_id"] for change in changes}
    if Incident.objects.filter(pk__in=ids, is_private=False).exists():
        return None
    revoked = [change["event_id"] for change in changes if change["name"] == Kind.ACCESS_REVOKED]
    lost = {event.data["to"] for event in TimelineEvent.objects.filter(pk__in=revoked)}
    return lost | set(Access.objects.filter(incident__in=ids).values_list("user_id", flat=True))
