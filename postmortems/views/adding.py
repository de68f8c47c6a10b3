"""Adding action items: from the board, from a room, from a step of a checklist, from a document."""

from typing import Any

from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import strip_tags
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import MemberRequest, responder
from incidents.models import Incident
from incidents.operations import Refused
from incidents.views.changes import done
from incidents.views.room import find
from postmortems.forms.items import AddItemForm
from postmortems.forms.lines import FromLineForm
from postmortems.lines import LONGEST
from postmortems.models import ActionItem, Postmortem
from postmortems.operations import items as operations
from postmortems.templatetags.items import document_table
from runbooks.markdown import render_inline


@responder
@require_http_methods(["GET", "HEAD", "POST"])
def add_item(request: MemberRequest) -> HttpResponse:
    """One on its own, or of an incident that is named."""
    form = AddItemForm(request.POST if request.method == "POST" else None, by=request.user)
    if item := _added(request, form):
        return redirect("postmortems:action_item", item.pk)
    return _ask(request, form)


@responder
@require_http_methods(["GET", "HEAD", "POST"])
def add_incident_item(request: MemberRequest, number: int) -> HttpResponse:
    """One of incident ``number``, and of its post-mortem where there is one: from the room, or from the document."""
    incident = find(request, number)
    form = AddItemForm(request.POST if request.method == "POST" else None, by=request.user, about=incident)
    return _answer(request, incident, form, from_document=request.POST.get("place") == "document")


@responder
@require_http_methods(["GET", "HEAD", "POST"])
def add_from_step(request: MemberRequest, number: int, step_id: int) -> HttpResponse:
    """One that says what a step of the incident's checklist says, for whoever had the step."""
    incident = find(request, number)
    step = get_object_or_404(incident.steps.select_related("assigned_to"), pk=step_id)
    said = " ".join(strip_tags(render_inline(step.text or step.command)).split())
    initial = {"title": said[:LONGEST], "owner": step.assigned_to_id}
    form = AddItemForm(
        request.POST if request.method == "POST" else None, by=request.user, about=incident, initial=initial
    )
    return _answer(request, incident, form)


@responder
@require_POST
def add_from_line(request: MemberRequest, number: int) -> HttpResponse:
    """One as it is written in a line of the document, answered in JSON with the link that takes the line's place."""
    incident = find(request, number)
    form = FromLineForm(request.POST, incident=incident)
    if not form.is_valid():
        return JsonResponse({"errors": form.reasons()}, status=422)
    try:
        item = operations.add_item(by=request.user, **_where(incident), **form.words())
    except Refused as refusal:
        return JsonResponse({"errors": [str(refusal)]}, status=422)
    address = reverse("postmortems:action_item", args=[item.pk])
    markdown = f"[{item.reference}]({address}) {item.title}"
    return JsonResponse({"id": item.pk, "title": item.title, "markdown": markdown})


def _where(incident: Incident) -> dict[str, Any]:
    """What an item of ``incident`` belongs to."""
    document = Postmortem.objects.kept().filter(incident=incident).select_related("incident__team").first()
    return {"postmortem": document} if document else {"incident": incident}


def _added(request: MemberRequest, form: AddItemForm, about: Incident | None = None) -> ActionItem | None:
    if not form.is_bound or not form.is_valid():
        return None
    said = form.words()
    incident = said.pop("incident", None)
    where = _where(incident) if incident else {}
    try:
        return operations.add_item(by=request.user, **where, **said)
    except Refused as refusal:
        form.refuse(refusal)
        return None


def _answer(
    request: MemberRequest, incident: Incident, form: AddItemForm, *, from_document: bool = False
) -> HttpResponse:
    item = _added(request, form, incident)
    if from_document:
        return _to_document(request, incident, form, added=bool(item))
    if item:
        return done(request, incident, f"{reverse('incidents:room', args=[incident.pk])}#afterwards")
    return _ask(request, form, incident)


def _to_document(
    request: MemberRequest, incident: Incident, form: AddItemForm, *, added: bool
) -> HttpResponse:
    """The table of the document's page, with a fresh line below it or with the one that was refused."""
    document = get_object_or_404(Postmortem, incident=incident)
    if not request.htmx:  # type: ignore[attr-defined]
        address = reverse("postmortems:postmortem", args=[incident.pk])
        return redirect(f"{address}#action-items") if added else _ask(request, form, incident)
    context = document_table(document, request.user, None if added else form)
    return render(request, "postmortems/_items.html", context, status=200 if added else _status(form))


def _ask(request: MemberRequest, form: AddItemForm, incident: Incident | None = None) -> HttpResponse:
    """The form by itself: in the room's dialog, or on a page of its own."""
    in_dialog = request.htmx and request.htmx.target == "dialog-body"  # type: ignore[attr-defined]
    context = {"form": form, "incident": incident, "address": request.path, "in_dialog": in_dialog}
    template = "_item_form" if in_dialog else "item_add"
    return render(request, f"postmortems/{template}.html", context, status=_status(form))


def _status(form: AddItemForm) -> int:
    if not form.is_bound:
        return 200
    return 409 if form.non_field_errors() else 422
