"""Writing a runbook: the source beside what is understood of it, then the changes, then publish."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import MemberRequest, responder
from runbooks import operations
from runbooks.changes import compare
from runbooks.fallback import is_starter
from runbooks.forms import RunbookForm
from runbooks.models import Revision, Runbook
from runbooks.permissions import can_publish
from runbooks.source import SourceRefused, text_of
from runbooks.understood import understand

editing = require_http_methods(["GET", "HEAD", "POST"])


@responder
@editing
def new(request: MemberRequest) -> HttpResponse:
    default = Runbook.objects.default()
    initial = default is None or default.current is None or is_starter(bytes(default.current.source))
    if request.method != "POST":
        return _new_page(request, RunbookForm(initial={"for_incidents": initial}), "")
    form = RunbookForm(request.POST, request.FILES)
    if not form.is_valid() or request.POST.get("action") != "publish":
        return _new_page(request, form, form.text)
    return _create(request, form)


def _create(request: MemberRequest, form: RunbookForm) -> HttpResponse:
    data = form.cleaned_data
    try:
        revision = operations.create_runbook(
            data["bytes"],
            by=request.user,
            filename=data["filename"],
            for_incidents=data["for_incidents"],
        )
    except operations.AlreadyThere as there:
        messages.info(request, str(there))
        return redirect("runbooks:detail", there.runbook.slug)
    except SourceRefused as refused:
        form.add_error("source", str(refused))
        return _new_page(request, form, form.text)
    messages.success(request, f"Published “{revision.runbook.title}”.")
    return redirect("runbooks:detail", revision.runbook.slug)


@responder
@editing
def edit(request: MemberRequest, slug: str) -> HttpResponse:
    runbook = _editable(request, slug)
    if request.method != "POST":
        form = RunbookForm(initial={"base": runbook.current.number if runbook.current else None})
        return _edit_page(request, runbook, form, runbook.current.text if runbook.current else "")
    base = _base(runbook, request.POST.get("base", ""))
    form = RunbookForm(request.POST, request.FILES, like=bytes(base.source) if base else b"")
    action = request.POST.get("action")
    if not form.is_valid() or action not in ("review", "publish"):
        return _edit_page(request, runbook, form, form.text)
    return (_review if action == "review" else _publish)(request, runbook, form, base)


def _review(
    request: MemberRequest, runbook: Runbook, form: RunbookForm, base: Revision | None
) -> HttpResponse:
    """The changes as they would be published; nothing is written."""
    current, source = runbook.current, form.cleaned_data["bytes"]
    if current and bytes(current.source) == source:
        messages.info(request, f"Nothing changed: this is revision {current.number} as it stands.")
        return redirect("runbooks:detail", runbook.slug)
    if current and base and base.number != current.number:
        return _conflict_page(request, runbook, form, base, current)
    context = {
        "runbook": runbook,
        "form": form,
        "number": current.number + 1 if current else 1,
        "changes": compare(current.text if current else "", text_of(source)),
        "packed": form.packed,
        "view": understand(source),
    }
    return render(request, "runbooks/review.html", context)


def _publish(
    request: MemberRequest, runbook: Runbook, form: RunbookForm, base: Revision | None
) -> HttpResponse:
    data = form.cleaned_data
    try:
        revision = operations.publish(
            runbook,
            data["bytes"],
            by=request.user,
            base=base.number if base else None,
            filename=data["filename"],
            note=data["note"],
        )
    except operations.PublishedMeanwhile as meanwhile:
        return _conflict_page(request, runbook, form, base, meanwhile.current)
    except SourceRefused as refused:
        form.add_error("source", str(refused))
        return _edit_page(request, runbook, form, form.text)
    except operations.Refused as refused:
        messages.info(request, str(refused))
        return redirect("runbooks:detail", runbook.slug)
    messages.success(request, f"Published revision {revision.number}.")
    return redirect("runbooks:detail", runbook.slug)


@responder
@require_POST
def preview(request: MemberRequest) -> HttpResponse:
    """What is understood of the text as it stands: the partial beside the editor."""
    form = RunbookForm(request.POST)
    form.full_clean()
    context = {
        "view": understand(form.cleaned_data.get("bytes", b"")),
        "form": form,
        "page": None,
        "is_preview": True,
    }
    return render(request, "runbooks/_understood.html", context)


def _editable(request: MemberRequest, slug: str) -> Runbook:
    runbook = get_object_or_404(Runbook.objects.select_related("current__published_by", "team"), slug=slug)
    if not can_publish(request.user, runbook):
        raise PermissionDenied("This runbook is archived. Bring it back before you edit it.")
    return runbook


def _base(runbook: Runbook, number: str) -> Revision | None:
    """The revision that the author began from."""
    known = number.isdecimal() and len(number) < 10
    return runbook.revisions.filter(number=int(number)).first() if known else runbook.current


def _new_page(request: MemberRequest, form: RunbookForm, text: str) -> HttpResponse:
    context = {"cancel": reverse("runbooks:list"), "heading": "New runbook"}
    return _editor(request, form, text, context)


def _edit_page(request: MemberRequest, runbook: Runbook, form: RunbookForm, text: str) -> HttpResponse:
    context = {
        "runbook": runbook,
        "base": form["base"].value(),
        "cancel": reverse("runbooks:detail", args=[runbook.slug]),
        "heading": f"Edit {runbook.title}",
    }
    return _editor(request, form, text, context)


def _conflict_page(
    request: MemberRequest, runbook: Runbook, form: RunbookForm, base: Revision | None, theirs: Revision
) -> HttpResponse:
    """Someone was faster: what they changed, what publishing would now do to it, and the text as typed."""
    mine = text_of(form.cleaned_data["bytes"])
    context = {
        "runbook": runbook,
        "base": theirs.number,
        "theirs": theirs,
        "their_changes": compare(base.text if base else "", theirs.text),
        "my_changes": compare(theirs.text, mine),
        "cancel": reverse("runbooks:detail", args=[runbook.slug]),
        "heading": f"Edit {runbook.title}",
    }
    return _editor(request, form, mine, context, status=409)


def _editor(
    request: MemberRequest, form: RunbookForm, text: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    status = 422 if form.errors and status == 200 else status
    source = form.cleaned_data.get("bytes", b"") if form.is_bound else text.encode()
    lines = text.split("\n") if request.method == "POST" else []
    context |= {
        "form": form,
        "text": text,
        "lines": lines[:3000],
        "page": None,
        "view": understand(source),
    }
    return render(request, "runbooks/edit.html", context, status=status)
