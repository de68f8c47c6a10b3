"""All open streams of this process, and the news they get from the one connection that listens."""

import asyncio
import logging
import signal
import threading
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from live.admission import farewells
from live.attendance import REFRESH, Attendance
from live.boards import Board
from live.events import encode
from live.listening import listen
from live.rendering import ALL, sections_of
from live.rooms import Room
from live.streams import Audience, Receive, Send, Stream, Viewer
from live.threads import in_thread

log = logging.getLogger(__name__)

#: How many streams one person may have open in a process; the page of one too many polls instead.
STREAMS_PER_USER = 12
#: Seconds between looks at which streams have been silent for long.
TICK = 1.0

_hubs: "dict[asyncio.AbstractEventLoop, Hub]" = {}


async def follow(
    viewer: Viewer, incident_id: int | None, seq: int, receive: Receive, send: Send, *, is_packed: bool
) -> None:
    """Tell ``viewer``, who knows event ``seq``, of an incident while they look; or of the board, if it is None, which
    they have of ``seq`` (in ms)."""
    here = hub()
    if here.closed:
        await send({"type": "http.response.body"})
        return
    with here.watching(Stream(viewer, seq, is_packed=is_packed)) as stream:
        await stream.run(here.seat(incident_id), receive, send)


def hub() -> "Hub":
    """The hub of the running event loop, which is the process's; made when first asked for."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs.clear()
        _hubs[loop] = Hub()
    return _hubs[loop]


class Hub:
    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.closed = False
        self.ready = asyncio.Event()
        self.attendance = Attendance(self.ready)
        self.board = Board(self.ready)
        self.rooms: dict[int, Room] = {}
        self._of_user: dict[int, list[Stream]] = defaultdict(list)
        self._tasks = [
            self._start(work) for work in (listen(self, self.ready), self._look_around(), self._keep_alive())
        ]
        _before_signals(self._stop)

    @contextmanager
    def watching(self, stream: Stream) -> Iterator[Stream]:
        """``stream`` is its viewer's while this lasts: one of a few."""
        mine = self._of_user[stream.viewer.user_id]
        mine.append(stream)
        if len(mine) > STREAMS_PER_USER:
            mine[0].end(encode("bye", "crowded"))
        try:
            yield stream
        finally:
            mine.remove(stream)
            if not mine:
                self._of_user.pop(stream.viewer.user_id, None)

    def seat(self, incident_id: int | None) -> Audience:
        return _Seat(self, incident_id) if incident_id else self.board

    # -- what the connection hears ------------------------------------------------------------------

    def heard(self, fact: dict[str, Any]) -> None:
        name, incident_id = str(fact.get("name")), fact.get("incident_id")
        if name == "access_changed":
            self._start(self._check_sign_ins(fact.get("user")))
        if name == "inbox_changed":
            for stream in self._of_user.get(fact.get("user_id", 0), ()):
                stream.send(encode("inbox"))
        if not isinstance(incident_id, int):
            return
        if name == "presence_changed":
            self.attendance.confirm(incident_id)
        if "event_id" in fact:
            self.board.changed(fact)
        room, names = self.rooms.get(incident_id), sections_of(fact)
        if room and names:
            room.changed(names, fact.get("seq", 0))

    def reconnected(self) -> None:
        self.board.reconnected()
        for room in self.rooms.values():
            room.changed(ALL)

    def watched(self) -> list[int]:
        return list(self.rooms)

    def found(self, incident_id: int, seq: int) -> None:
        if room := self.rooms.get(incident_id):
            room.reached(seq)

    # -- what is looked after from time to time -------------------------------------------------------

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(TICK)
            now = self.loop.time()
            for stream in self._streams():
                try:
                    stream.keep_alive(now)
                except Exception:
                    log.exception("A stream could not be kept alive")

    def _streams(self) -> list[Stream]:
        return [stream for mine in self._of_user.values() for stream in mine]

    async def _look_around(self) -> None:
        while True:
            await asyncio.sleep(REFRESH)
            try:
                await self._check_sign_ins()
                await self.attendance.refresh()
            except Exception:
                log.warning("Open streams could not be looked after", exc_info=True)

    async def _check_sign_ins(self, user_id: int | None = None) -> None:
        streams = [
            stream for user, mine in self._of_user.items() for stream in mine if user_id in (None, user)
        ]
        if not streams:
            return
        reasons = await in_thread(farewells, {stream.viewer for stream in streams})
        for stream in streams:
            if reason := reasons.get(stream.viewer):
                stream.end(encode("bye", reason))

    # -- the end --------------------------------------------------------------------------------------

    def close(self) -> None:
        """End every stream, so that the server need not wait for them; browsers come back to the next one."""
        self.closed = True
        for task in self._tasks:
            task.cancel()
        self.attendance.close()
        self.board.close()
        for room in self.rooms.values():
            room.close()
        for stream in self._streams():
            stream.end()

    def _stop(self) -> None:
        self.loop.call_soon_threadsafe(self.close)

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = self.loop.create_task(work)
        task.add_done_callback(_report)
        return task


class _Seat:
    """A room as one stream enters and leaves it; the room is there while somebody is."""

    def __init__(self, hub: Hub, incident_id: int) -> None:
        self.hub = hub
        self.incident_id = incident_id

    def add(self, stream: Stream) -> None:
        room = self.hub.rooms.get(self.incident_id) or Room(self.incident_id, self.hub.ready)
        self.hub.rooms[self.incident_id] = room
        room.add(stream)
        self.hub.attendance.arrive(self.incident_id, stream.viewer.user_id)

    def remove(self, stream: Stream) -> None:
        room = self.hub.rooms[self.incident_id]
        room.remove(stream)
        if not room.streams:
            room.close()
            del self.hub.rooms[self.incident_id]
        if not self.hub.closed:
            self.hub.attendance.depart(self.incident_id, stream.viewer.user_id)

    def heartbeat(self) -> bytes:
        return encode("hb")


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()):
        log.error("Live updates failed", exc_info=error)


def _before_signals(stop: Callable[[], None]) -> None:
    """Have ``stop`` called when the process is asked to end, before the server's own handler.

    A server waits for its open responses, and tells the application of the end only after them.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    for signum in (signal.SIGINT, signal.SIGTERM):
        servers = signal.getsignal(signum)
        if not callable(servers):
            continue

        def first_stop(number: int, frame: FrameType | None, then: Any = servers) -> None:
            stop()
            then(number, frame)

        signal.signal(signum, first_stop)
