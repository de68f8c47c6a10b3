"""What happens on the board and in an incident's room, as streams, and by asking again where those are blocked."""

from functools import partial

from django.http import HttpRequest, JsonResponse
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
from live.hub import follow
from live.rendering import ALL, PRESENCE, render
from live.responses import EventStream


@member
@require_GET
def incident(request: MemberRequest, number: int) -> EventStream:
    """Every change to the room of an incident, as server-sent events."""
    found = _find(request.user, number)
    is_packed = bool(re_accepts_gzip.search(request.headers.get("Accept-Encoding", "")))
    response = _stream(request, found.pk, is_packed=is_packed)
    patch_vary_headers(response, ["Accept-Encoding"])
    if is_packed:
        response["Content-Encoding"] = "gzip"
    return response


@member
@require_GET
def board(request: MemberRequest) -> EventStream:
    """A word whenever the board may look different, as server-sent events."""
    return _stream(request, None, is_packed=False)


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


def _stream(request: MemberRequest, incident_id: int | None, *, is_packed: bool) -> EventStream:
    viewer = viewer_of(request.user, request.session.session_key)
    response = EventStream(
        partial(follow, viewer, incident_id, _last_known(request), is_packed=is_packed),
        content_type="text/event-stream; charset=utf-8",
    )
    response["Cache-Control"] = "no-store, no-transform"
    response["X-Accel-Buffering"] = "no"
    return response
