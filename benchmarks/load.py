"""A closed loop: a number of connections, each of which asks again as soon as it is answered."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import httptools

CONNECTIONS = 16
#: Makes the bytes of the next request.
Request = Callable[[], bytes]


@dataclass
class Result:
    """``times`` are of the answers that counted, in seconds; ``wrong`` says what the others were."""

    seconds: float = 0.0
    times: list[float] = field(default_factory=list)
    bytes: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.times) / self.seconds

    def percentile(self, percent: float) -> float:
        """In milliseconds."""
        ordered = sorted(self.times)
        return 1000 * ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


class _Connection(asyncio.Protocol):
    """One connection that is kept open; ``expected`` is the status that counts."""

    def __init__(self, request: Request, expected: int, result: Result, until: float) -> None:
        self.request, self.expected, self.result, self.until = request, expected, result, until
        self.ended = asyncio.get_running_loop().create_future()
        self.parser = httptools.HttpResponseParser(self)
        self.body = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._ask()

    def _ask(self) -> None:
        self.began, self.body = time.perf_counter(), 0
        self.transport.write(self.request())

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        self.body += len(body)

    def on_message_complete(self) -> None:
        now, status = time.perf_counter(), self.parser.get_status_code()
        self.parser = httptools.HttpResponseParser(self)
        if status == self.expected:
            self.result.times.append(now - self.began)
            self.result.bytes = max(self.result.bytes, self.body)
        else:
            self.result.wrong.append(f"answered {status}")
        if now < self.until:
            self._ask()
        else:
            self.transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        if error or time.perf_counter() < self.until:
            self.result.wrong.append(f"hung up: {error}")
        if not self.ended.done():
            self.ended.set_result(None)


async def _run(port: int, request: Request, expected: int, seconds: float, connections: int) -> Result:
    loop, result, began = asyncio.get_running_loop(), Result(), time.perf_counter()
    opened = [
        await loop.create_connection(
            lambda: _Connection(request, expected, result, began + seconds), "127.0.0.1", port
        )
        for _ in range(connections)
    ]
    await asyncio.wait_for(asyncio.gather(*(protocol.ended for _, protocol in opened)), seconds + 60)
    result.seconds = time.perf_counter() - began
    return result


def hammer(
    port: int, request: Request, seconds: float, *, expected: int = 200, connections: int = CONNECTIONS
) -> Result:
    """What came of asking 127.0.0.1:``port`` for ``seconds``."""
    return asyncio.run(_run(port, request, expected, seconds, connections))


def get(path: str, headers: dict[str, str] | None = None) -> Request:
    said = _head("GET", path, headers)
    return lambda: said


def post(path: Callable[[], str], form: Callable[[], str], headers: dict[str, str]) -> Request:
    """A form, made anew for each request."""

    def made() -> bytes:
        body = form().encode()
        kind = {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": str(len(body))}
        return _head("POST", path(), headers | kind) + body

    return made


def _head(method: str, path: str, headers: dict[str, str] | None) -> bytes:
    lines = [f"{name}: {value}" for name, value in ({"Host": "localhost"} | (headers or {})).items()]
    return "\r\n".join([f"{method} {path} HTTP/1.1", *lines, "", ""]).encode()
