"""The two forms that stay open in the room: the composer of the timeline, and the status update."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.access import MemberRequest, responder
from incidents import operations
from incidents.forms.base import RoomForm
from incidents.forms.update import PostUpdateForm
from incidents.forms.writing import AddNoteForm
from incidents.models import Incident
from incidents.operations import Refused
from incidents.room import Room
from incidents.views.changes import done
from incidents.views.room import find, page

MOVED = "The status changed while you were writing, and the tag with it. Look again, then post."


@responder
@require_http_methods(["GET", "HEAD", "POST"])
def add_note(request: MemberRequest, number: int) -> HttpResponse:
    """The composer: a note, a decision, a command or a link, by the operation of each."""
    incident = find(request, number)
    if request.method != "POST":
        return redirect(f"{reverse('incidents:room', args=[number])}#timeline")
    form = AddNoteForm(request.POST, room=Room(incident), by=request.user)
    if not form.is_valid():
        return _again(request, incident, form, "note", 422)
    operation, told = form.told()
    try:
        getattr(operations, operation)(incident.pk, **told, by=request.user)
    except Refused as refusal:
        return _again(request, incident, _renewed(form, refusal), "note", 409)
    return _done(request, incident, AddNoteForm(room=form.room, by=request.user), "note", "timeline")


@responder
@require_http_methods(["GET", "HEAD", "POST"])
def post_update(request: MemberRequest, number: int) -> HttpResponse:
    """A status update. ``free`` asks for the words themselves, to edit; GET asks for another template."""
    incident = find(request, number)
    shown, asked = Room(incident), request.GET.get("template", "")[:300]
    if request.method != "POST":
        return _again(
            request, incident, PostUpdateForm(room=shown, by=request.user, template=asked), "update", 200
        )
    form = PostUpdateForm(request.POST, room=shown, by=request.user)
    if "edit" in request.POST:
        return _again(request, incident, _freed(form), "update", 200)
    if not form.is_valid():
        return _again(request, incident, form, "update", 422)
    try:
        if form.moved():
            raise Refused(MOVED)
        operations.post_update(incident.pk, **form.words(), by=request.user)
    except Refused as refusal:
        return _again(request, incident, _renewed(form, refusal), "update", 409)
    fresh = PostUpdateForm(room=Room(find(request, number)), by=request.user)
    return _done(request, incident, fresh, "update", "update")


def _renewed(form: RoomForm, refusal: Refused) -> RoomForm:
    """The form with the refusal, and with what goes out of date renewed for the next try."""
    form.refuse(refusal)
    if isinstance(form, PostUpdateForm) and form.message and form.message.tag:
        form.put(tag=form.message.tag_now)
    return form


def _freed(form: PostUpdateForm) -> PostUpdateForm:
    """The same update as plain words to edit."""
    form.put(free="yes", text=form.composed())
    freed = PostUpdateForm(form.data, room=form.room, by=form.by)
    freed.errors.clear()
    return freed


def _again(
    request: MemberRequest, incident: Incident, form: RoomForm, what: str, status: int
) -> HttpResponse:
    """The form with what was typed: alone for htmx, else in the whole room."""
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, f"incidents/_{what}.html", {what: form, "incident": incident}, status=status)
    return page(request, incident, **{what: form}, status=status)  # type: ignore[arg-type]


def _done(
    request: MemberRequest, incident: Incident, fresh: RoomForm, what: str, anchor: str
) -> HttpResponse:
    """What changed, and the form empty again."""
    form = ""
    if request.htmx:  # type: ignore[attr-defined]
        form = render_to_string(f"incidents/_{what}.html", {what: fresh, "incident": incident}, request)
    return done(request, incident, f"{reverse('incidents:room', args=[incident.pk])}#{anchor}", form)
