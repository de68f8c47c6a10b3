"""A response that has no end of its own."""

from collections.abc import Awaitable, Callable
from typing import Any

from django.http.response import StreamingHttpResponse

from live.streams import Receive, Send


class EventStream(StreamingHttpResponse):
    """Headers, after which ``serve(receive, send)`` says what there is to say, as an ASGI application does.

    An iterator of bytes, as Django has it, would keep the request, two tasks and five coroutines for each of thousands
    of pages that wait. `config.handler` serves it.
    """

    def __init__(self, serve: Callable[[Receive, Send], Awaitable[None]], **said: Any) -> None:
        super().__init__((), **said)
        self.serve = serve
