"""Declaring an incident, and what it will do, shown while one types."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import MemberRequest, member, responder
from accounts.models import Role, User
from incidents import operations
from incidents.forms.declare import DeclareForm
from incidents.options import Options
from incidents.permissions import can_declare
from incidents.preview import cards, preview
from incidents.search import similar_open

#: Where the summary of problems leads to for each field; the field's own name where it is not here.
ANCHORS = {"severity": "sev-1", "cards": "sev-1", "services": "service-1"}
ADMINISTRATORS_NAMED = 5


@member
@require_http_methods(["GET", "HEAD", "POST"])
def declare(request: MemberRequest) -> HttpResponse:
    if not can_declare(request.user):
        return _ask_someone(request)
    form = DeclareForm(request.POST if request.method == "POST" else None, options=Options())
    if form.is_valid():
        try:
            incident = operations.declare(
                form.declaration(),
                revision=form.revision or operations.starter_revision(by=request.user),
                by=request.user,
                key=form.cleaned_data["key"],
            )
            return redirect("incidents:room", incident.pk)
        except operations.AlreadyDeclared as already:
            form.renew()
            form.add_error(None, f"{already} Change what is different, or leave it at that.")
        except operations.Refused as refused:
            form.add_error(None, str(refused))
    status = 422 if form.is_bound else 200
    return render(request, "incidents/declare.html", _context(request, form), status=status)


@responder
@require_POST
def preview_declaration(request: MemberRequest) -> HttpResponse:
    """The panels beside the form, and its severities and causes where another runbook now applies."""
    form = DeclareForm(request.POST, options=Options())
    form.is_valid()
    context = _context(request, form) | {"problems": [], "form_errors": {}, "swap": True}
    context["other_runbook"] = "cards" in form.errors
    return render(request, "incidents/declare_preview.html", context)


def _context(request: MemberRequest, form: DeclareForm) -> dict[str, Any]:
    said = form.cleaned_data if form.is_bound else {}
    title = said.get("title", "")
    return {
        "form": form,
        "form_errors": form.errors,
        "problems": _problems(form),
        "cards": cards(form.playbook),
        "preview": preview(form.playbook, said),
        "similar": similar_open(title, request.user) if title else [],
        "zone": timezone.get_current_timezone_name(),
        "several_runbooks": len(form.options.runbooks) > 1,
    }


def _problems(form: DeclareForm) -> list[tuple[str, str]]:
    """Each thing to mend, with the id of the field where it is mended ("" for none)."""
    found = [(str(message), name) for name, messages in form.errors.items() for message in messages]
    unplaced = ("key", "__all__")
    return [("" if name in unplaced else ANCHORS.get(name, name), message) for message, name in found]


def _ask_someone(request: MemberRequest) -> HttpResponse:
    """403 for those who may only read, with whom to ask."""
    people = User.objects.filter(role=Role.ADMINISTRATOR, is_active=True)[:ADMINISTRATORS_NAMED]
    return render(request, "incidents/declare_refused.html", {"administrators": people}, status=403)
