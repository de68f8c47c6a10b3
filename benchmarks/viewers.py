"""Many who look at one incident at once: whether each has every change, and how soon the last one has it.

``python -m benchmarks.viewers PORT PATH NUMBER`` with cookies on the first line of its input: a process of its own,
for thousands of sockets. Each line after that is a text to wait for; each answer the moments at which it was seen.
"""

import asyncio
import json
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache, partial

from config.environment import BASE_DIR

AT_ONCE = 100  # streams opened side by side
PATIENCE = 20.0


@lru_cache(maxsize=64)
def _read(chunk: bytes, is_packed: bool) -> bytes:
    """What a piece says. Read once for all viewers: it is not they who are measured."""
    if not is_packed:
        return chunk
    begins = chunk.startswith(b"\x1f\x8b")  # with the header of a gzip stream
    return zlib.decompressobj(zlib.MAX_WBITS + 16 if begins else -zlib.MAX_WBITS).decompress(chunk)


class Viewer(asyncio.Protocol):
    """One open stream."""

    def __init__(self, crowd: "Crowd", request: bytes) -> None:
        self.crowd, self.request, self.is_open = crowd, request, asyncio.get_running_loop().create_future()
        self.rest, self.head = b"", b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self.rest += data
        if not self.head:
            self.head, end, self.rest = self.rest.partition(b"\r\n\r\n")
            if not end:
                self.head, self.rest = b"", self.head
                return
            if b" 200 " not in self.head[:20]:
                self.is_open.set_result(False)
        for chunk in self._chunks():
            text = _read(chunk, b"gzip" in self.head)
            if not self.is_open.done() and b"event: hb" in text:
                self.is_open.set_result(True)
            if self.crowd.awaited and self.crowd.awaited in text:
                self.crowd.seen(self)

    def _chunks(self) -> Iterator[bytes]:
        """The pieces of the body that are whole, as they were sent."""
        while True:
            size, found, left = self.rest.partition(b"\r\n")
            if not found or len(left) < (length := int(size, 16)) + 2:
                return
            yield left[:length]
            self.rest = left[length + 2 :]

    def connection_lost(self, error: Exception | None) -> None:
        if not self.is_open.done():
            self.is_open.set_result(False)


class Crowd:
    def __init__(self) -> None:
        self.awaited = b""
        self.moments: dict[Viewer, float] = {}

    def seen(self, viewer: Viewer) -> None:
        self.moments.setdefault(viewer, time.monotonic())

    async def gather(self, port: int, path: str, cookies: Sequence[str], number: int) -> list[Viewer]:
        loop, viewers = asyncio.get_running_loop(), []
        for start in range(0, number, AT_ONCE):
            opened = [
                await loop.create_connection(
                    partial(Viewer, self, _request(path, cookies[n % len(cookies)])), "127.0.0.1", port
                )
                for n in range(start, min(start + AT_ONCE, number))
            ]
            viewers += [viewer for _, viewer in opened]
            await asyncio.wait_for(asyncio.gather(*(v.is_open for _, v in opened)), 60)
        return viewers


def _request(path: str, cookie: str) -> bytes:
    headers = f"Host: localhost\r\nAccept-Encoding: gzip\r\nCookie: allclear_session={cookie}"
    return f"GET {path} HTTP/1.1\r\n{headers}\r\n\r\n".encode()


async def main(port: int, path: str, number: int) -> None:
    loop = asyncio.get_running_loop()
    cookies = sys.stdin.readline().split()
    crowd = Crowd()
    viewers = await crowd.gather(port, path, cookies, number)
    say({"open": sum(viewer.is_open.result() for viewer in viewers)})
    while text := (await loop.run_in_executor(None, sys.stdin.readline)).strip():
        crowd.awaited, crowd.moments = text.encode(), {}
        say({"ready": True})
        until = time.monotonic() + PATIENCE
        while len(crowd.moments) < number and time.monotonic() < until:
            await asyncio.sleep(0.005)
        say({"moments": sorted(crowd.moments.values())})


def say(what: dict[str, object]) -> None:
    print(json.dumps(what), flush=True)


class Watching:
    """A crowd in a process of its own."""

    def __init__(self, port: int, path: str, number: int, cookies: Sequence[str]) -> None:
        self.number = number
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.viewers", str(port), path, str(number)],
            cwd=BASE_DIR,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.open = self._say(" ".join(cookies) or "-")["open"]

    def _say(self, line: str) -> dict[str, list[float]]:
        assert self.process.stdin
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self._hear()

    def _hear(self) -> dict[str, list[float]]:
        assert self.process.stdout
        heard: dict[str, list[float]] = json.loads(self.process.stdout.readline())
        return heard

    def wait_for(self, text: str) -> None:
        self._say(text)

    def moments(self) -> list[float]:
        return self._hear()["moments"]

    def close(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def watching(port: int, path: str, number: int, cookies: Sequence[str]) -> Iterator[Watching]:
    crowd = Watching(port, path, number, cookies)
    try:
        yield crowd
    finally:
        crowd.close()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
