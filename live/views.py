"""What happens on the board and in an incident's room, as streams, and by asking again where those are blocked."""

from collections.abc import AsyncIterator

from django.http import HttpRequest, JsonResponse
from django.http.response import StreamingHttpResponse
from django.middleware.gzip import re_accepts_gzip
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import conditional_page, require_GET

from accounts.access import MemberRequest, member
from accounts.models import User
from incidents import operations
from incidents.models import Incident
from live.admission import viewer_of
from live.boards import missed_something, now
from live.hub import follow_board, follow_incident
from live.rendering import ALL, PRESENCE, render


@member
@require_GET
def incident(request: MemberRequest, number: int) -> StreamingHttpResponse:
    """Every change to the room of an incident, as server-sent events."""
    found = _find(request.user, number)
    viewer = viewer_of(request.user, request.session.session_key)
    is_packed = bool(re_accepts_gzip.search(request.headers.get("Accept-Encoding", "")))
    response = _stream(follow_incident(viewer, found.pk, _last_known(request), is_packed=is_packed))
    patch_vary_headers(response, ["Accept-Encoding"])
    if is_packed:
        response["Content-Encoding"] = "gzip"
    return response


@member
@require_GET
def board(request: MemberRequest) -> StreamingHttpResponse:
    """A word whenever the board may look different, as server-sent events."""
    viewer = viewer_of(request.user, request.session.session_key)
    return _stream(follow_board(viewer, _last_known(request)))


@member
@require_GET
@conditional_page
def poll_incident(request: MemberRequest, number: int) -> JsonResponse:
    """All sections if anything happened after the event that the page knows of, else who is here; 304 where that is
    what the page was answered before."""
    incident = get_object_or_404(Incident.objects.visible_to(request.user).for_room(), pk=number)
    operations.see(incident.pk, request.user.pk)
    names = ALL if incident.event_seq > _last_known(request) else {PRESENCE}
    html = render(incident, timezone.get_current_timezone_name(), names)
    return JsonResponse({"id": incident.event_seq, "events": list(html.items())})


@member
@require_GET
def poll_board(request: MemberRequest) -> JsonResponse:
    """Whether the board may look different since the page was made."""
    moment = now()
    missed = missed_something(request.user.pk, _last_known(request))
    return JsonResponse({"id": moment, "events": [["board", ""]] if missed else []})


def _find(user: User, number: int) -> Incident:
    return get_object_or_404(Incident.objects.visible_to(user), pk=number)


def _last_known(request: HttpRequest) -> int:
    """The last event the browser has; what it got by the stream it lost counts before what the page began with."""
    known = request.headers.get("Last-Event-ID") or request.GET.get("after", "")
    return int(known) if known.isdecimal() and len(known) < 16 else 0


def _stream(body: AsyncIterator[bytes]) -> StreamingHttpResponse:
    response = StreamingHttpResponse(body, content_type="text/event-stream; charset=utf-8")
    response["Cache-Control"] = "no-store, no-transform"
    response["X-Accel-Buffering"] = "no"
    return response
