"""Those who look at one incident, and what they have yet to be told."""

import asyncio
import logging

from live.events import encode
from live.rendering import Look, Wanted, look
from live.streams import Stream
from live.threads import in_thread

log = logging.getLogger(__name__)

#: Seconds in which changes are gathered: a burst is rendered once. The first after a quiet time does not wait so long.
GATHER = 0.1
SOON = 0.01
LONGEST_WAIT = 5.0


class Room:
    """The streams of one incident. One round at a time, so that nobody is shown what is older than they have seen."""

    def __init__(self, incident_id: int, ready: asyncio.Event) -> None:
        self.incident_id = incident_id
        self.streams: set[Stream] = set()
        self._ready = ready
        self._arrivals: set[Stream] = set()
        self._names: frozenset[str] = frozenset()
        self._seq = 0
        self._work = asyncio.Event()
        self._task = asyncio.create_task(self._run())

    def add(self, stream: Stream) -> None:
        self.streams.add(stream)
        self._arrivals.add(stream)
        self._work.set()

    def remove(self, stream: Stream) -> None:
        self.streams.discard(stream)
        self._arrivals.discard(stream)

    def changed(self, names: frozenset[str], seq: int = 0) -> None:
        """``names`` have to be shown anew, because of event ``seq`` if it was one."""
        self._names |= names
        self._seq = max(self._seq, seq)
        self._work.set()

    def reached(self, seq: int) -> None:
        """The incident is at event ``seq``: whoever was not told, and is not about to be, has missed something."""
        if self._seq < seq:
            self._arrivals |= {stream for stream in self.streams if stream.seq < seq}
            self._work.set()

    def close(self) -> None:
        self._task.cancel()

    async def _run(self) -> None:
        clock = asyncio.get_running_loop().time
        wait, quiet_from = GATHER, 0.0
        while True:
            await self._work.wait()
            await asyncio.sleep(SOON if wait <= GATHER and clock() > quiet_from else wait)
            # What is committed before we listen is not heard of, so nobody is called up to date before that.
            await self._ready.wait()
            if self.streams:
                wait = GATHER if await self._round() else min(wait * 2, LONGEST_WAIT)
                quiet_from = clock() + GATHER

    async def _round(self) -> bool:
        self._work.clear()
        streams, arrivals = set(self.streams), set(self._arrivals)
        names, seq = self._names, self._seq
        self._arrivals, self._names, self._seq = set(), frozenset(), 0
        wanted = Wanted(
            names, seq, frozenset(s.viewer for s in streams), tuple((s.viewer, s.seq) for s in arrivals)
        )
        try:
            seen = await in_thread(look, self.incident_id, wanted)
        except Exception:  # the database is away: tell them when it is back
            log.warning("Nothing can be shown of incident %s for now", self.incident_id, exc_info=True)
            self._arrivals |= arrivals & self.streams
            self.changed(names, seq)
            return False
        for stream in streams:
            self._tell(stream, seen, seq, stream in arrivals)
        return True

    def _tell(self, stream: Stream, seen: Look, seq: int, arrived: bool) -> None:
        zone = stream.viewer.zone
        if reason := seen.farewells.get(stream.viewer):
            stream.end(encode("bye", reason))
        elif arrived and stream.seq < seen.seq and zone in seen.fresh:
            stream.send(seen.fresh[zone], seen.seq)
        elif news := seen.news.get(zone):
            stream.send(news, seq)
        # Nobody knows of what has not happened yet, whatever they asked for.
        stream.seq = min(stream.seq, seen.seq)
