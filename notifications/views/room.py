"""What notifications add to an incident's room: snoozing, paging, and who is on call."""

from django.http import Http404, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import MemberRequest, member, responder
from incidents.models import Incident
from incidents.operations import Refused
from incidents.room import Room
from incidents.views.changes import ask, done
from incidents.views.room import find
from notifications import clocks, contacts, pages
from notifications.forms.room import PageForm, SnoozeForm

CHANGED = "The runbook's contacts have changed since. Check whom you are paging."


@responder
@require_http_methods(["GET", "HEAD", "POST"])
def snooze(request: MemberRequest, number: int) -> HttpResponse:
    """Hold the nudges of the next update back; what is owed, and since when, stays the same for everyone."""
    incident = find(request, number)
    data = request.POST if request.method == "POST" else None
    form = SnoozeForm(data, room=Room(incident), by=request.user)
    if not form.is_valid():
        return ask(request, form, "snooze", 422 if form.is_bound else 200)
    try:
        clocks.snooze(incident.pk, **form.words(), by=request.user)
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return ask(request, form, "snooze", 409)
    return done(request, incident, f"{reverse('incidents:room', args=[number])}#vitals")


@responder
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: MemberRequest, number: int, position: int) -> HttpResponse:
    """Ask what is needed, then page the contact at ``position`` of the runbook."""
    incident = find(request, number)
    named = Room(incident).playbook.contacts
    if position >= len(named):
        raise Http404
    data = request.POST if request.method == "POST" else None
    form = PageForm(data, room=Room(incident), by=request.user, contact=named[position])
    if not form.is_valid():
        return ask(request, form, "page", 422 if form.is_bound else 200)
    said = form.cleaned_data
    try:
        if said["role"] != named[position].role.strip():
            raise Refused(CHANGED)
        pages.page(incident.pk, named[position].role, said["text"], by=request.user, key=said["key"])
    except Refused as refusal:
        form.put(role=named[position].role)
        form.add_error(None, str(refusal))
        return ask(request, form, "page", 409)
    return done(request, incident, f"{reverse('incidents:room', args=[number])}#people")


@member
@require_safe
def on_call_here(request: MemberRequest, number: int) -> HttpResponse:
    """Who is on call now for the contacts that a calendar answers for; a part of the room, or a page."""
    incident = find(request, number)
    template = "_on_call" if request.htmx else "on_call_here"  # type: ignore[attr-defined]
    context = {"incident": incident, "turns": _turns(incident)}
    html = render_to_string(f"notifications/{template}.html", context, request)
    return HttpResponse(html.strip())  # a part without words takes no room


def _turns(incident: Incident) -> list[tuple[str, contacts.Answering]]:
    runbook = incident.revision.runbook
    bound = {role.lower() for role in runbook.bindings.exclude(calendar=None).values_list("role", flat=True)}
    named = [contact for contact in Room(incident).playbook.contacts if contact.role.lower() in bound]
    return [(contact.role, contacts.answering(contact, runbook)) for contact in named]
