"""One open stream: a bounded queue of bytes between those who have news and one browser."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from live.events import RETRY, encode
from live.packing import BEGIN, packed

log = logging.getLogger(__name__)

#: Seconds of silence before which a heartbeat goes out; the page gives a stream up after three of them.
HEARTBEAT = 15.0
#: Seconds a stream lives, ± 20 %: every browser comes back now and then, and not all at once after a restart.
LIFETIME = 600.0
#: How far a browser may fall behind, in batches, before it is told to start afresh.
BACKLOG = 32
#: Seconds that a browser which reads nothing any more is given to read the end.
PATIENCE = 30.0

#: The two ends that an ASGI server gives: the second is awaited until the browser has room for more.
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks, as what, by which session, in which time zone. ``sign_in`` changes when all sessions of theirs end."""

    user_id: int
    session_key: str
    role: str
    sign_in: int
    zone: str


class Audience(Protocol):
    """Those who follow the same news."""

    def add(self, stream: "Stream") -> None: ...

    def remove(self, stream: "Stream") -> None: ...

    def heartbeat(self) -> bytes: ...


class Stream:
    """What one browser is told. ``seq`` is the last event number it is known to have.

    There are thousands, and most are idle: a stream at rest is one coroutine that waits for the browser to go. What
    is sent is sent by a task that lasts as long as there is something to send.
    """

    __slots__ = (
        "_audience", "_beat", "_has_begun", "_is_packed", "_send", "_task", "_until", "_waiting", "_writing",
        "ended", "seq", "viewer",
    )  # fmt: skip

    def __init__(self, viewer: Viewer, seq: int, *, is_packed: bool = False) -> None:
        self.viewer = viewer
        self.seq = seq
        self.ended = False
        self._is_packed = is_packed
        self._has_begun = False
        self._waiting: list[bytes] = []  # short, and mostly empty
        self._audience: Audience | None = None
        self._send: Send | None = None
        self._task: asyncio.Task[object] | None = None
        self._writing: asyncio.Task[None] | None = None
        self._beat = self._until = 0.0

    async def run(self, audience: Audience, receive: Receive, send: Send) -> None:
        """Tell the browser at the other end what happens, until it goes or the stream ends; in ``audience``."""
        self._audience, self._send, self._task = audience, send, asyncio.current_task()
        self._until = asyncio.get_running_loop().time() + LIFETIME * random.uniform(0.8, 1.2)  # noqa: S311
        # The first heartbeat tells the page that the stream flows: a proxy may open it and hold it back.
        self._waiting.insert(0, RETRY + audience.heartbeat())
        self._write_on()
        audience.add(self)
        try:
            while (await receive())["type"] != "http.disconnect":
                pass
        except asyncio.CancelledError:
            if not self.ended:
                raise
        finally:
            self.ended, self._send, self._task = True, None, None
            if self._writing:
                self._writing.cancel()
            audience.remove(self)

    def send(self, chunk: bytes, seq: int = 0) -> None:
        """Queue ``chunk``; a browser that is too far behind is cut off instead, and catches up when it returns."""
        if self.ended:
            return
        if len(self._waiting) >= BACKLOG:
            log.warning("A stream was closed because its browser reads too slowly")
            self.end(encode("again"))
            return
        self._waiting.append(chunk)
        self._write_on()
        self.seq = max(self.seq, seq)

    def end(self, last: bytes = b"") -> None:
        """End with ``last``; what still waits to be sent never is."""
        if self.ended:
            return
        self.ended = True
        self._waiting.clear()
        self._waiting.append(last)
        self._write_on()
        if self._task:
            asyncio.get_running_loop().call_later(PATIENCE, self._task.cancel)

    def keep_alive(self, now: float) -> None:
        """Break a silence that has lasted long enough, and end what is old; ``now`` is the event loop's time."""
        if self.ended or not self._audience:
            return
        if now >= self._until:
            self.end(encode("again"))
        elif now >= self._beat and not self._writing:
            self.send(self._audience.heartbeat())

    def _write_on(self) -> None:
        if self._send and not self._writing:
            self._writing = asyncio.get_running_loop().create_task(self._write(self._send))

    async def _write(self, send: Send) -> None:
        try:
            while self._waiting:
                chunk = self._waiting.pop(0)
                is_last = self.ended and not self._waiting
                await send(_piece(self._on_the_wire(chunk), more=not is_last))
            # Earlier by chance, so that what thousands were told at once is not followed by a beat of all of them; and
            # early enough for a look around that comes late.
            pause = HEARTBEAT * random.uniform(0.7, 0.9)  # noqa: S311
            self._beat = asyncio.get_running_loop().time() + pause
        except Exception:  # something is missing now: the browser begins again, and catches up
            log.warning("A stream could not be written to", exc_info=True)
            self.ended = True
            if self._task:
                self._task.cancel()
        finally:
            self._writing = None

    def _on_the_wire(self, chunk: bytes) -> bytes:
        if not (self._is_packed and chunk):
            return chunk
        begin, self._has_begun = b"" if self._has_begun else BEGIN, True
        return begin + packed(chunk)


def _piece(body: bytes, *, more: bool = True) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": more}
