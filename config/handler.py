"""Django behind an ASGI server: pages are made by a few threads, streams are sent by the event loop.

Django's own handler gives each request a thread of its own, keeps it for as long as a stream is open, and changes
between thread and loop at every middleware that is not asynchronous. Here a request is answered in one go.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from tempfile import SpooledTemporaryFile
from typing import Any, cast

from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.http.response import HttpResponseBase, StreamingHttpResponse
from django.urls import set_script_prefix

from live.responses import EventStream
from live.streams import Message, Receive, Send

#: Requests under way at once; each keeps a database connection, as do the threads of `live`. More of them spend more on
#: taking turns than they gain.
THREADS = 8


class Handler(ASGIHandler):
    """The middleware and the view of a request run in one thread, from start to end."""

    def __init__(self) -> None:
        BaseHandler.__init__(self)
        self.load_middleware(is_async=False)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="web")

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise ValueError(f"Only HTTP is served, not {scope['type']}.")
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        with body:
            response = await self._in_thread(self._respond, scope, body)
        if isinstance(response, EventStream):
            await send(_start(response))
            await response.serve(receive, send)
        else:
            await self.send_response(response, send)

    async def _in_thread(self, work: Callable[..., Any], *args: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *args)

    def _respond(self, scope: dict[str, Any], body: SpooledTemporaryFile[bytes]) -> HttpResponseBase:
        """The answer, with everything given back that was used to make it."""
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=self.__class__, scope=scope)
        request, refusal = self.create_request(scope, body)
        response = cast(HttpResponseBase, self.get_response(request) if request else refusal)
        response._handler_class = self.__class__  # type: ignore[attr-defined]
        if isinstance(response, StreamingHttpResponse) and not isinstance(response, EventStream):
            _read(response)
        response.close()
        return response


def _start(response: EventStream) -> Message:
    headers = [(name.encode("ascii"), value.encode("latin-1")) for name, value in response.items()]
    cookies = [(b"set-cookie", morsel.OutputString().encode("ascii")) for morsel in response.cookies.values()]
    return {"type": "http.response.start", "status": response.status_code, "headers": headers + cookies}


def _read(response: StreamingHttpResponse) -> None:
    """A file: small, and read where reading may take its time."""

    async def chunks() -> Any:
        for chunk in parts:
            yield chunk

    parts = list(response.streaming_content)  # type: ignore[arg-type]
    response.streaming_content = chunks()
