"""Every change that a room can make: find what the person may see, check the form, one operation, answer."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html, strip_tags
from django.views.decorators.http import require_http_methods

from accounts.access import MemberRequest, responder
from accounts.models import User
from incidents import operations, sections
from incidents.feed import Entry
from incidents.forms import checklist, lifecycle, people, writing
from incidents.forms.base import RoomForm
from incidents.models import Incident, Step, TimelineEvent
from incidents.operations import Refused
from incidents.room import Room
from incidents.views.room import find, find_by, fragments, page
from outbox.kept import Question

#: For each change: its form, the operation, and the part of the page where its control is. A form that is
#: asked for by itself (in a dialog, or on a page of its own) shows what was wrong; else the part does.
CHANGES: dict[str, tuple[type[RoomForm], str, str]] = {
    "acknowledge": (lifecycle.AcknowledgeForm, "acknowledge", "vitals"),
    "change_status": (lifecycle.ChangeStatusForm, "change_status", "vitals"),
    "close": (lifecycle.CloseForm, "close", "vitals"),
    "reopen": (lifecycle.ReopenForm, "reopen", "vitals"),
    "cancel": (lifecycle.CancelForm, "cancel", "vitals"),
    "merge": (lifecycle.MergeForm, "merge", "vitals"),
    "change_severity": (lifecycle.ChangeSeverityForm, "change_severity", "head"),
    "change_cadence": (lifecycle.ChangeCadenceForm, "change_cadence", "vitals"),
    "change_details": (lifecycle.ChangeDetailsForm, "change_details", "head"),
    "change_privacy": (people.ChangePrivacyForm, "change_privacy", "access"),
    "assign_role": (people.AssignRoleForm, "assign_role", "roles"),
    "take_role": (people.TakeRoleForm, "assign_role", "roles"),
    "grant_access": (people.GrantAccessForm, "grant_access", "access"),
    "revoke_access": (people.RevokeAccessForm, "revoke_access", "access"),
    "adopt_revision": (checklist.AdoptRevisionForm, "adopt_revision", "notices"),
    "set_step_done": (checklist.SetStepDoneForm, "set_step_done", "checklist"),
    "finish_step": (checklist.FinishStepForm, "set_step_done", "checklist"),
    "skip_step": (checklist.SkipStepForm, "skip_step", "checklist"),
    "assign_step": (checklist.AssignStepForm, "assign_step", "checklist"),
    "answer_question": (checklist.AnswerQuestionForm, "answer_question", "checklist"),
    "log_command": (checklist.LogCommandForm, "log_command", "checklist"),
    "add_step": (checklist.AddStepForm, "add_step", "checklist"),
    "choose_branch": (checklist.ChooseBranchForm, "choose_branch", "checklist"),
    "abandon_branch": (checklist.AbandonBranchForm, "abandon_branch", "checklist"),
    "add_link": (writing.AddLinkForm, "add_link", "links"),
    "correct_event": (writing.CorrectEventForm, "correct_event", "feed"),
}
#: Changes made by one control of the page, without a form of their own to ask for.
INLINE = {
    *("acknowledge", "close", "take_role", "revoke_access", "adopt_revision"),
    *("set_step_done", "answer_question", "log_command"),
}


_lean = Question(lambda pk, user: Incident.objects.visible_to(user).defer("search").filter(pk=pk), int, int)
_step = Question(lambda pk: Step.objects.select_related("checklist").filter(pk=pk), int)


@responder
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: MemberRequest, number: int, name: str, role: str = "", **ids: int) -> HttpResponse:
    """Ask for the change ``name`` with GET, make it with POST; ``ids`` name the step, checklist, event or person."""
    incident = find(request, number) if request.method == "GET" else _find_lean(request, number)
    kind, operation, _ = CHANGES[name]
    about, told = _about(incident, ids, branches="branch" in name)
    extra = {"role": role} if role else {}
    data = request.POST if request.method == "POST" else None
    form = kind(data, room=Room(incident), by=request.user, about=about, **extra)
    if data is None:
        return redirect(_address(incident, name, about)) if name in INLINE else ask(request, form, name)
    if not form.is_valid():
        return _refuse(request, form, name, 422)
    try:
        getattr(operations, operation)(incident.pk, **told, **extra, **form.words(), by=request.user)
    except Refused as refusal:
        form.refuse(refusal)
        return _refuse(request, form, name, 409)
    return done(request, incident, _address(incident, name, about))


def _find_lean(request: MemberRequest, number: int) -> Incident:
    """As :func:`find`, without what only a page shows: most changes look at nothing but the incident's own row."""
    return find_by(_lean, request, number)


def _about(incident: Incident, ids: dict[str, int], *, branches: bool) -> tuple[Any, dict[str, Any]]:
    """The thing that the address names, and what the operation is told of it; 404 where there is none."""
    if "step_id" in ids:
        step = _step.first(ids["step_id"])
        if step is None or step.incident_id != incident.pk:
            raise Http404("No such step")
        return step, ids
    if "checklist_id" in ids:
        found = incident.checklists.filter(is_branch=True) if branches else incident.checklists.all()
        return get_object_or_404(found, pk=ids["checklist_id"]), ids
    if "seq" in ids:
        event = get_object_or_404(incident.events, seq=ids["seq"])
        return event, {"event_id": event.pk}
    if "user_id" in ids:
        user = get_object_or_404(User, pk=ids["user_id"], pk__in=incident.access.values("user"))
        return user, {"user": user}
    return None, {}


def _address(incident: Incident, name: str, about: Any) -> str:
    """Where on the page the control of a change is."""
    part = CHANGES[name][2]
    anchor = f"step-{about.pk}" if part == "checklist" and hasattr(about, "checklist_id") else part
    return f"{reverse('incidents:room', args=[incident.pk])}#{anchor}"


def ask(request: MemberRequest, form: RoomForm, name: str, status: int = 200) -> HttpResponse:
    """The form by itself: in the room's dialog, or on a page of its own."""
    in_dialog = bool(request.htmx)  # type: ignore[attr-defined]
    template = "incidents/_change.html" if in_dialog else "incidents/change.html"
    context = {
        "form": form,
        "incident": form.incident,
        "name": name,
        "address": request.path,
        "in_dialog": in_dialog,
    }
    answer = render(request, template, context, status=status)
    if in_dialog:
        # A button without more words may have to ask after all, if somebody else was quicker.
        answer["HX-Retarget"], answer["HX-Reswap"] = "#dialog-body", "innerHTML"
    return answer


def _refuse(request: MemberRequest, form: RoomForm, name: str, status: int) -> HttpResponse:
    if name not in INLINE and not _was_inline(form, name):
        return ask(request, form, name, status)
    text = " ".join(str(error) for errors in form.errors.values() for error in errors)
    typed = {key: str(value) for key, value in form.data.items() if key != "csrfmiddlewaretoken"}
    about = getattr(form.about, "pk", None)
    problem = sections.Problem(f"{_control(name)}{f'-{about}' if about else ''}", text, typed)
    incident = find(request, form.incident.pk)
    if request.htmx:  # type: ignore[attr-defined]
        html = fragments(request, incident, [CHANGES[name][2]], problem)
        return HttpResponse(html, status=status)
    return page(request, incident, problem=problem, status=status)


def _was_inline(form: RoomForm, name: str) -> bool:
    """Two changes can be made either way: a status by its step, a first cause by its name, with no more words."""
    if name == "change_status":
        return "text" not in form.data
    return name == "choose_branch" and form.room.chosen is None


def _control(name: str) -> str:
    return {"answer_question": "answer", "take_role": "assign_role"}.get(name, name)


def done(request: MemberRequest, before: Incident, address: str, extra: str = "") -> HttpResponse:
    """What changed since ``before`` was read; without htmx, the page again at ``address``."""
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect(address)
    if not Incident.objects.visible_to(request.user).filter(pk=before.pk).exists():
        return HttpResponse(headers={"HX-Redirect": reverse("incidents:board")})
    incident = sections.load(before.pk)
    since = incident.events.filter(seq__gt=before.event_seq).order_by("seq")
    said = list(since.select_related("recorded_by"))
    html = fragments(request, incident, sections.changed_by([event.kind for event in said]))
    return HttpResponse(html + extra + _announced(said))


def _announced(said: list[TimelineEvent]) -> str:
    words = strip_tags(str(Entry(said[-1]).sentence)) if said else ""
    text = f"Saved: {words}" if words else "Saved"
    return format_html('<p hx-swap-oob="innerHTML:#announce">{}</p>', text)
