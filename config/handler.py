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

from config.limits import Receive, Send

#: Requests under way at once; each keeps a database connection, as do the threads of `live`.
THREADS = 12


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
        if isinstance(response, StreamingHttpResponse) and response.is_async:
            await self._stream(response, receive, send)
        else:
            await self.send_response(response, send)

    async def _in_thread(self, work: Callable[..., Any], *args: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *args)

    def _respond(self, scope: dict[str, Any], body: SpooledTemporaryFile[bytes]) -> HttpResponseBase:
        """The answer, with everything given back that it used, unless it is a stream that begins only now."""
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=self.__class__, scope=scope)
        request, refusal = self.create_request(scope, body)
        response = cast(HttpResponseBase, self.get_response(request) if request else refusal)
        response._handler_class = self.__class__  # type: ignore[attr-defined]
        if isinstance(response, StreamingHttpResponse):
            if response.is_async:
                return response
            _read(response)
        response.close()
        return response

    async def _stream(self, response: StreamingHttpResponse, receive: Receive, send: Send) -> None:
        """Send until the stream ends, or the browser has gone."""
        leaving = asyncio.create_task(self._left(receive))
        sending = asyncio.create_task(self.send_response(response, send))
        try:
            await asyncio.wait((leaving, sending), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (leaving, sending):
                task.cancel()
            ended = await asyncio.gather(leaving, sending, return_exceptions=True)
            await self._in_thread(response.close)
        if isinstance(ended[1], Exception):
            raise ended[1]

    async def _left(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass


def _read(response: StreamingHttpResponse) -> None:
    """A file: small, and read where reading may take its time."""

    async def chunks() -> Any:
        for chunk in parts:
            yield chunk

    parts = list(response.streaming_content)  # type: ignore[arg-type]
    response.streaming_content = chunks()
