"""The room of one incident: its page, its parts, and the permanent address of an event."""

from urllib.parse import parse_qsl, urlsplit

from django.http import Http404, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from accounts.access import MemberRequest, member
from incidents import sections
from incidents.feed import PAGE, Feed, Window, standing
from incidents.forms.update import PostUpdateForm
from incidents.forms.writing import AddNoteForm
from incidents.models import Incident
from incidents.room import Room
from incidents.states import FILTERS
from outbox.kept import Question

NOT_FOUND = "No such incident"
FILTER_NAMES = [("", "All"), ("updates", "Updates"), ("decisions", "Decisions"), ("notes", "Notes")]


_whole = Question(lambda pk, user: Incident.objects.visible_to(user).for_room().filter(pk=pk), int, int)


def find(request: MemberRequest, number: int) -> Incident:
    """The incident, if this person may see it. One that they may not see does not exist for them."""
    return find_by(_whole, request, number)


def find_by(question: Question[Incident], request: MemberRequest, number: int) -> Incident:
    """What ``question``, of an incident's number and a reader's, finds; 404 where it finds nothing."""
    incident = question.first(number, request.user.pk)
    if incident is None:
        raise Http404(NOT_FOUND)
    return incident


@member
@require_safe
def room(request: MemberRequest, number: int) -> HttpResponse:
    """The page. ``?show=`` filters the timeline, ``?before=`` and ``?event=`` move along it, by event number."""
    incident = find(request, number)
    return page(request, incident, template=request.GET.get("template", "")[:300])


@member
@require_safe
def event(request: MemberRequest, number: int, seq: int) -> HttpResponse:
    """To where an event stands on the timeline, or to the correction that superseded it."""
    incident = find(request, number)
    found = incident.events.filter(seq=seq).first()
    if found is None:
        raise Http404(NOT_FOUND)
    stands = standing(found)
    where = f"?event={stands.seq}" if Feed(incident).newer_than(stands) >= PAGE else ""
    return redirect(f"{reverse('incidents:room', args=[number])}{where}#event-{seq}")


def page(
    request: MemberRequest,
    incident: Incident,
    *,
    note: AddNoteForm | None = None,
    update: PostUpdateForm | None = None,
    problem: sections.Problem | None = None,
    template: str = "",
    status: int = 200,
) -> HttpResponse:
    """The whole room, with what could not be done where it was tried."""
    shown = Room(incident, window_of(request))
    token = get_token(request)
    parts = {name: _part(name, shown, problem, token) for name in sections.NAMES}
    context = {
        "incident": incident,
        "room": shown,
        "parts": {name.replace("-", "_"): html for name, html in parts.items()},
        "note": note or AddNoteForm(room=shown, by=request.user),
        "update": update or PostUpdateForm(room=shown, by=request.user, template=template),
        "show": shown.feed.window.show,
        "filters": FILTER_NAMES,
        "is_latest": shown.feed.window.is_latest,
    }
    return render(request, "incidents/room.html", context, status=status)


def _part(name: str, shown: Room, problem: sections.Problem | None, token: str) -> SafeString:
    return sections.with_token(sections.render(name, shown, problem), token)


def fragments(
    request: MemberRequest, incident: Incident, names: list[str], problem: sections.Problem | None = None
) -> str:
    """Parts that take their places on the page of whoever asked; a filtered timeline is left as it is."""
    shown = Room(incident)
    if not window_of(request, request.headers.get("HX-Current-URL", "")).is_latest:
        names = [name for name in names if name != "feed"]
    if not request.user.may_respond:
        names = [name for name in names if name not in sections.FOR_RESPONDERS]
    token = get_token(request)
    return "".join(sections.out_of_band(_part(name, shown, problem, token)) for name in names)


def window_of(request: MemberRequest, address: str = "") -> Window:
    """What part of the timeline ``address``, or else the request, asks for."""
    asked = _query_of(address) if address else request.GET
    show = str(asked.get("show", ""))
    return Window(
        show=show if show in FILTERS else "",
        before=_number(asked.get("before")),
        at=_number(asked.get("event")),
    )


def _query_of(address: str) -> dict[str, str]:
    try:
        return dict(parse_qsl(urlsplit(address[:2000]).query))
    except ValueError:
        return {}


def _number(text: object) -> int | None:
    digits = str(text or "")
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 10 else None
