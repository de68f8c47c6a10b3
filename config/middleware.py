"""What every request passes through, beside Django's own."""

import logging
from collections.abc import Callable
from datetime import UTC

from django.core.exceptions import BadRequest
from django.db import DataError
from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils import timezone

from config.errors import busy
from outbox.sessions import is_busy

log = logging.getLogger(__name__)

Respond = Callable[[HttpRequest], HttpResponseBase]
#: Kinds of answers that get smaller; pictures, PDFs and archives are compressed in themselves.
COMPRESSED = {
    "application/json",
    "application/atom+xml",
    "text/calendar",
    "text/csv",
    "text/html",
    "text/markdown",
    "text/plain",
}


class RefuseUnreadable:
    """Answer 400 to characters that PostgreSQL cannot hold: NUL, and half of a surrogate pair.

    In the address they are refused at once. In a form, the form says so beside its field; what no form
    looked at, and failed on, is refused here instead of being an error of ours.
    """

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if _is_unreadable(request.path) or any(map(_is_unreadable, _values(request.GET))):
            raise BadRequest("The address holds characters that cannot be read.")
        return self.respond(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> None:
        if isinstance(error, (ValueError, DataError)) and any(map(_is_unreadable, _values(request.POST))):
            raise BadRequest("What was sent holds characters that cannot be read.") from error


class SayWhenBusy:
    """Answer 503 to what waited too long for another's lock, with all that was typed, ready to be sent again."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.respond(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        if not is_busy(error):
            return None
        log.warning("%s %s waited too long for the database", request.method, request.path)
        return busy(request)


def _values(data: QueryDict) -> list[str]:
    return [text for key, values in data.lists() for text in (key, *map(str, values))]


def _is_unreadable(text: str) -> bool:
    return "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text)


class Compress(GZipMiddleware):
    """Send pages in a tenth of their bytes, with the padding that keeps their length from telling of what is in them.

    Streams are sent as they happen; files have been compressed already, or are of a kind that gains nothing.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        kind = response.headers.get("Content-Type", "").split(";")[0]
        if response.streaming or kind not in COMPRESSED:
            return response
        return super().process_response(request, response)


def in_own_time(respond: Respond) -> Respond:
    """Show times in the time zone that the signed-in person chose."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        with timezone.override(getattr(request.user, "zone", UTC)):
            return respond(request)

    return middleware


def never_stored(respond: Respond) -> Respond:
    """Keep what a signed-in person sees out of every cache, unless the view said otherwise.

    An error of ours shows nothing of theirs, and asking who they are would wait once more for a database that is away.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = respond(request)
        unsaid = response.status_code < 500 and not response.has_header("Cache-Control")
        if unsaid and request.user.is_authenticated:
            response["Cache-Control"] = "private, no-store"
        return response

    return middleware
