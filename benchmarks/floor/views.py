"""A list, hello, one insert, and a stream: each as plain as Django lets it be."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from psycopg import AsyncConnection

from benchmarks.floor.models import Row

CHANNEL = "floor"
_listening: list[asyncio.Task[None]] = []
_queues: set[asyncio.Queue[bytes]] = set()


def rows(request: HttpRequest) -> HttpResponse:
    found = Row.objects.filter(is_open=True).order_by("severity", "-started_at")[:50]
    return render(request, "rows.html", {"rows": found, "now": timezone.now()})


def hello(request: HttpRequest) -> HttpResponse:
    return HttpResponse("Hello, world.")


def insert(request: HttpRequest) -> HttpResponse:
    """One row, in a transaction of its own as every statement is; then to where it is shown."""
    moment: datetime = timezone.now()
    words = {"title": request.POST.get("title", ""), "word": request.POST.get("word", "")}
    Row.objects.create(
        severity=1, status="open", owner="Ada", started_at=moment, due_at=moment, done=0, total=9, **words
    )
    return HttpResponseRedirect("/")


async def stream(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(_told(), content_type="text/event-stream")


async def _told() -> AsyncIterator[bytes]:
    if not _listening:
        _listening.append(asyncio.create_task(_listen()))
    queue: asyncio.Queue[bytes] = asyncio.Queue()
    _queues.add(queue)
    try:
        yield b"event: hb\ndata:\n\n"
        while True:
            yield await queue.get()
    finally:
        _queues.discard(queue)


async def _listen() -> None:
    """The one connection that everybody shares."""
    params: dict[str, Any] = {
        k: v for k, v in connection.get_connection_params().items() if k not in ("context", "cursor_factory")
    }
    async with await AsyncConnection.connect(**params, autocommit=True) as listening:
        await listening.execute(f"LISTEN {CHANNEL}")
        async for heard in listening.notifies():
            chunk = f"event: feed\ndata: {json.dumps(heard.payload)}\n\n".encode()
            for queue in _queues:
                queue.put_nowait(chunk)
