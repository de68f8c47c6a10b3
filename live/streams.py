"""One open stream: a bounded queue of bytes between those who have news and one browser."""

import asyncio
import logging
import random
from collections import deque
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol

from live.events import RETRY, encode

log = logging.getLogger(__name__)

#: Seconds of silence after which a heartbeat goes out; the page gives a stream up after three of them.
HEARTBEAT = 15.0
#: Seconds a stream lives, ± 20 %: every browser comes back now and then, and not all at once after a restart.
LIFETIME = 600.0
#: How far a browser may fall behind, in batches, before it is told to start afresh.
BACKLOG = 32
#: Seconds that a browser which reads nothing any more is given to read the end.
PATIENCE = 30.0


@dataclass(frozen=True)
class Viewer:
    """Who looks, by which session, and in which time zone; ``fingerprint`` changes when what they may do does."""

    user_id: int
    session_key: str
    fingerprint: str
    zone: str


class Audience(Protocol):
    """Those who follow the same news."""

    def add(self, stream: "Stream") -> None: ...

    def remove(self, stream: "Stream") -> None: ...

    def heartbeat(self) -> bytes: ...


class Stream:
    """What one browser is told. ``seq`` is the last event number it is known to have.

    There are thousands, and most are idle: no slot, task or queue more than each needs.
    """

    __slots__ = ("_task", "_waiter", "_waiting", "ended", "seq", "viewer")

    def __init__(self, viewer: Viewer, seq: int) -> None:
        self.viewer = viewer
        self.seq = seq
        self.ended = False
        self._waiting: deque[bytes | None] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._task: asyncio.Task[object] | None = None

    def send(self, chunk: bytes, seq: int = 0) -> None:
        """Queue ``chunk``; a browser that is too far behind is cut off instead, and catches up when it returns."""
        if self.ended:
            return
        if len(self._waiting) >= BACKLOG:
            log.warning("A stream was closed because its browser reads too slowly")
            self.end(encode("again"))
            return
        self._put(chunk)
        self.seq = max(self.seq, seq)

    def end(self, last: bytes = b"") -> None:
        """End with ``last``; what still waits to be sent never is."""
        if self.ended:
            return
        self.ended = True
        self._waiting.clear()
        self._put(last)
        self._put(None)
        if self._task:
            asyncio.get_running_loop().call_later(PATIENCE, self._task.cancel)

    def _put(self, chunk: bytes | None) -> None:
        self._waiting.append(chunk)
        self._wake()

    def _wake(self) -> None:
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(None)

    async def _something(self, seconds: float) -> bool:
        """Wait until something is to be sent, as long as this; whether it is. (``wait_for`` makes a task each time.)"""
        if not self._waiting:
            loop = asyncio.get_running_loop()
            self._waiter = loop.create_future()
            alarm = loop.call_later(seconds, self._wake)
            try:
                await self._waiter
            finally:
                alarm.cancel()
                self._waiter = None
        return bool(self._waiting)

    async def body(self, audience: Audience) -> AsyncGenerator[bytes]:
        """The response's bytes: what is queued, heartbeats between, and an end. In ``audience`` while it lasts."""
        self._task = asyncio.current_task()
        clock = asyncio.get_running_loop().time
        until = clock() + LIFETIME * random.uniform(0.8, 1.2)  # noqa: S311
        audience.add(self)
        try:
            # The first heartbeat tells the page that the stream flows: a proxy may open it and hold it back.
            yield RETRY + audience.heartbeat()
            while (left := until - clock()) > 0:
                is_news = await self._something(min(HEARTBEAT, left))
                chunk = self._waiting.popleft() if is_news else audience.heartbeat()
                if chunk is None:
                    return
                yield chunk
            yield encode("again")
        finally:
            self.ended, self._task = True, None
            audience.remove(self)
