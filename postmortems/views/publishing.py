"""Publishing a post-mortem and taking it back, discarding it and bringing it back."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import MemberRequest, responder
from incidents.operations import Refused
from postmortems.forms.reviewing import PublishForm, ReasonForm
from postmortems.models import Postmortem
from postmortems.operations import publishing
from postmortems.readiness import findings_of
from postmortems.views.page import find


@responder
@require_http_methods(["GET", "HEAD", "POST"])
def publish(request: MemberRequest, number: int) -> HttpResponse:
    """What is missing, and the button all the same; the page, or for the dialog what goes into it."""
    postmortem = find(request, number)
    if request.method != "POST":
        return _ask_to_publish(request, postmortem, None)
    form = PublishForm(request.POST)
    if not form.is_valid():
        return _ask_to_publish(request, postmortem, form, 422)
    try:
        publishing.publish(postmortem.pk, **form.words(), by=request.user)
    except Refused as refusal:
        form.add_error("reason" if isinstance(refusal, publishing.Unseen) else None, str(refusal))
        return _ask_to_publish(request, find(request, number), form, 409)
    return redirect("postmortems:postmortem", number)


def _ask_to_publish(
    request: MemberRequest, postmortem: Postmortem, form: PublishForm | None, status: int = 200
) -> HttpResponse:
    """The form as things stand now: the version and the warnings that it shows are those that it sends."""
    found = findings_of(postmortem, by=request.user)
    warnings = [finding for finding in found if finding.is_warning]
    shown = {"number": postmortem.number, "seen": " ".join(finding.key for finding in warnings)}
    if form is None:
        form = PublishForm(initial=shown)
    else:
        form.data = {"reason": form.data.get("reason", ""), **shown}
    form.fields["reason"].required = bool(warnings)
    context = {
        "postmortem": postmortem,
        "form": form,
        "warnings": warnings,
        "remarks": [finding for finding in found if not finding.is_warning],
        "may_publish": not postmortem.is_discarded
        and (not postmortem.is_published or postmortem.is_changed_since),
        "own": postmortem.reviewers.filter(user=request.user).exclude(verdict="approved").exists(),
    }
    page = "_publish_form" if "HX-Request" in request.headers else "publish"
    return render(request, f"postmortems/{page}.html", context, status=status)


@responder
@require_http_methods(["GET", "HEAD", "POST"])
def take_back(request: MemberRequest, number: int) -> HttpResponse:
    return _with_reason(request, number, "take_back")


@responder
@require_http_methods(["GET", "HEAD", "POST"])
def discard(request: MemberRequest, number: int) -> HttpResponse:
    return _with_reason(request, number, "discard")


def _with_reason(request: MemberRequest, number: int, move: str) -> HttpResponse:
    postmortem = find(request, number)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return _ask_why(request, postmortem, form, move)
    if not form.is_valid():
        return _ask_why(request, postmortem, form, move, 422)
    try:
        getattr(publishing, move)(postmortem.pk, **form.cleaned_data, by=request.user)
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return _ask_why(request, postmortem, form, move, 409)
    return redirect("postmortems:postmortem", number)


def _ask_why(
    request: MemberRequest, postmortem: Postmortem, form: forms.Form, move: str, status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {"postmortem": postmortem, "form": form}
    return render(request, f"postmortems/{move}.html", context, status=status)


@responder
@require_POST
def bring_back(request: MemberRequest, number: int) -> HttpResponse:
    postmortem = find(request, number)
    try:
        publishing.bring_back(postmortem.pk, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("postmortems:postmortem", number)
