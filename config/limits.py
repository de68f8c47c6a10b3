"""How large a request may be. What is larger is refused while it arrives: Django would first keep all of it on disk."""

from collections.abc import Awaitable, Callable
from typing import Any

from django.template.loader import render_to_string

from live.streams import Message, Receive, Send

Application = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]

#: Bytes of a request's body: the largest runbook, as a file and again as text in a form, with room to spare.
MOST = 6 * 1024 * 1024


def limited(application: Application, most: int = MOST) -> Application:
    """``application``, which sees no more than ``most`` bytes of a body; whoever sends more is answered 413."""

    async def wrapped(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            # As if the sender had gone: Django throws away what it has, and answers nothing.
            return message if received <= most else {"type": "http.disconnect"}

        if _announced(scope) <= most:
            await application(scope, counted, send)
        if max(received, _announced(scope)) > most:
            await _refuse(send, most)

    return wrapped


def _announced(scope: dict[str, Any]) -> int:
    length = dict(scope.get("headers", ())).get(b"content-length", b"")
    return int(length[:18]) if length.isdigit() else 0


async def _refuse(send: Send, most: int) -> None:
    reason = f"What was sent is too large: {most // 1024**2} MB is the most."
    page = render_to_string("400.html", {"reason": reason, "status": 413})
    headers = [(b"content-type", b"text/html; charset=utf-8"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": page.encode()})
