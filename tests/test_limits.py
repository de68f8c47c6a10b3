"""What is too large is refused before it is kept."""

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest

from config.asgi import application
from config.limits import MOST, limited
from live.streams import Message, Receive, Send

PIECE = b"x" * 2**16


def post(app: Any, pieces: Iterable[bytes], headers: dict[str, str] | None = None) -> tuple[int, bytes, int]:
    """Status and body of the answer to a POST that arrives in ``pieces``, and how many of them were asked for."""
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/accounts/login/",
        "query_string": b"",
        "headers": [(k.encode(), v.encode()) for k, v in (headers or {}).items()],
    }
    asked, left, answer = 0, iter(pieces), []

    async def receive() -> Message:
        nonlocal asked
        asked += 1
        piece = next(left, None)
        return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}

    async def send(message: Message) -> None:
        answer.append(message)

    asyncio.run(app(scope, receive, send))
    return answer[0]["status"], b"".join(m.get("body", b"") for m in answer), asked


async def echo(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message["body"], message["more_body"]
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


@pytest.mark.parametrize("headers", [{}, {"content-length": "5"}, {"content-length": "five"}])
def test_endless_body_is_refused_soon_after_the_limit(headers: dict[str, str]) -> None:
    status, body, asked = post(application, (PIECE for _ in range(10**6)), headers)
    assert status == 413
    assert b"6 MB is the most" in body
    assert asked <= MOST // len(PIECE) + 2


@pytest.mark.parametrize("length", [str(MOST + 1), "9" * 5000])
def test_body_announced_as_too_large_is_not_read_at_all(length: str) -> None:
    status, _, asked = post(application, [PIECE], {"content-length": length})
    assert (status, asked) == (413, 0)


def test_body_of_the_size_allowed_arrives_whole() -> None:
    assert post(limited(echo, 4), [b"ab", b"cd"], {"content-length": "4"}) == (200, b"abcd", 3)
