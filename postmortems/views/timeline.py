"""The record as the document tells it, and putting it right afterwards."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import MemberRequest, member, responder
from incidents import operations
from incidents.operations import Refused
from incidents.states import CORRECTABLE, Kind
from postmortems.forms.timeline import AddEventForm, CorrectTimelineForm
from postmortems.models import Postmortem
from postmortems.operations import hiding
from postmortems.timeline_of_document import kinds_of, told
from postmortems.views.page import find

PER_PAGE = 100
#: What can be asked for: what the document tells, what it leaves out, both.
SHOWN = {"": "In the document", "out": "Left out", "all": "Everything"}


@member
@require_safe
def timeline(request: MemberRequest, number: int) -> HttpResponse:
    postmortem = find(request, number)
    return _page(request, postmortem, AddEventForm(incident=postmortem.incident))


@responder
@require_http_methods(["GET", "HEAD", "POST"])
def add_to_timeline(request: MemberRequest, number: int) -> HttpResponse:
    postmortem = find(request, number)
    if request.method != "POST":
        return redirect(f"{_address(number)}#add")
    form = AddEventForm(request.POST, incident=postmortem.incident)
    if not form.is_valid():
        return _page(request, postmortem, form, 422)
    try:
        made = operations.add_note(number, **form.words(), by=request.user)
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return _page(request, postmortem, form, 409)
    return redirect(f"{_address(number)}#event-{made.seq}")


@responder
@require_http_methods(["GET", "HEAD", "POST"])
def correct_timeline(request: MemberRequest, number: int, seq: int) -> HttpResponse:
    postmortem = find(request, number)
    event = get_object_or_404(postmortem.incident.events, seq=seq, kind__in=CORRECTABLE)
    sent = request.POST if request.method == "POST" else None
    form = CorrectTimelineForm(sent, event=event, incident=postmortem.incident)
    if request.method != "POST":
        return _ask(request, postmortem, form)
    if not form.is_valid():
        return _ask(request, postmortem, form, 422)
    try:
        made = operations.correct_event(number, event.pk, **form.cleaned_data, by=request.user)
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return _ask(request, postmortem, form, 409)
    return redirect(f"{_address(number)}#event-{made.seq}")


@responder
@require_POST
def choose_event(request: MemberRequest, number: int, seq: int, operation: str) -> HttpResponse:
    """Hide one event, or show it."""
    postmortem = find(request, number)
    get_object_or_404(postmortem.incident.events, seq=seq)
    return _choose(request, postmortem, operation, seq)


@responder
@require_POST
def choose_kind(request: MemberRequest, number: int, kind: str, operation: str) -> HttpResponse:
    """Hide or show all of one kind."""
    postmortem = find(request, number)
    if kind not in Kind.values:
        raise Http404("No such kind")
    return _choose(request, postmortem, operation, kind)


def _choose(request: MemberRequest, postmortem: Postmortem, operation: str, which: int | str) -> HttpResponse:
    try:
        getattr(hiding, operation)(postmortem.pk, which, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    show = request.GET.get("show", "")
    asked = f"?show={show}" if show in SHOWN and show else ""
    return redirect(
        f"{_address(postmortem.incident_id)}{asked}{'' if operation.endswith('event') else '#kinds'}"
    )


def _page(
    request: MemberRequest, postmortem: Postmortem, form: AddEventForm, status: int = 200
) -> HttpResponse:
    show = request.GET.get("show", "") if request.GET.get("show", "") in SHOWN else ""
    events = told(postmortem)
    wanted = [one for one in events if show == "all" or one.is_shown != (show == "out")]
    page = Paginator(wanted, PER_PAGE).get_page(request.GET.get("page"))
    context: dict[str, Any] = {
        "postmortem": postmortem,
        "incident": postmortem.incident,
        "form": form,
        "page": page,
        "show": show,
        "tabs": SHOWN.items(),
        "kinds": kinds_of(events),
        "shown_count": sum(one.is_shown for one in events),
        "count": len(events),
    }
    return render(request, "postmortems/timeline.html", context, status=status)


def _ask(request: MemberRequest, postmortem: Postmortem, form: forms.Form, status: int = 200) -> HttpResponse:
    context = {"postmortem": postmortem, "form": form}
    return render(request, "postmortems/correct_timeline.html", context, status=status)


def _address(number: int) -> str:
    return reverse("postmortems:timeline", args=[number])
