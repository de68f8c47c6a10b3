"""Settling a conflict: both texts side by side, and what they become."""

from typing import Any, Literal, cast

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.access import MemberRequest, responder
from incidents.operations import Refused
from postmortems.forms.writing import SettleForm
from postmortems.merging import merge
from postmortems.models import Postmortem
from postmortems.operations import writing as operations
from postmortems.operations.writing import Outcome
from postmortems.states import RevisionKind
from postmortems.views.page import find
from postmortems.views.writing import conflict_of


@responder
@require_http_methods(["GET", "HEAD", "POST"])
def settle_conflict(request: MemberRequest, number: int, version: int) -> HttpResponse:
    """Show a version that waits against the document; save what was made of both."""
    found = find(request, number)
    _check(found, version)
    if request.method != "POST":
        return _page(request, found, version)
    form = SettleForm(request.POST)
    if not form.is_valid():
        return _page(request, found, version, form, 422)
    said = form.cleaned_data
    base = found.revisions.filter(number=said["base"]).first()
    text = (
        _chosen(found, version, said["keep"], base.text if base else found.text)
        if said["keep"]
        else said["text"]
    )
    try:
        saved = operations.settle_conflict(
            found.pk, version, text, base=said["base"], by=request.user, key=said["key"]
        )
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return _page(request, found, version, form, 409)
    if saved.outcome == Outcome.CONFLICT:
        messages.warning(
            request, "Somebody saved meanwhile. What you made is kept, and waits against theirs."
        )
        return redirect("postmortems:settle_conflict", number, saved.held)
    messages.success(request, f"Settled: version {saved.number}.")
    return redirect("postmortems:postmortem", number)


def _chosen(found: Postmortem, version: int, keep: str, document: str) -> str:
    """One side's words wherever both differ, with everything else that either changed."""
    waiting = found.revisions.get(number=version)
    base = found.revisions.filter(number=waiting.base_number).first()
    merged = merge(base.text if base else "", document, waiting.text)
    return merged.text(cast(Literal["theirs", "mine"], keep))


def _check(found: Postmortem, version: int) -> None:
    known = version < 2_000_000_000 and found.revisions.filter(number=version, kind=RevisionKind.CONFLICT)
    if not known or not known.exists():
        raise Http404("There is no such conflict")


def _page(
    request: MemberRequest, found: Postmortem, version: int, form: SettleForm | None = None, status: int = 200
) -> HttpResponse:
    conflict = conflict_of(found, version)
    context: dict[str, Any] = {
        "postmortem": found,
        "incident": found.incident,
        "heading": "Two texts for one passage",
        "conflict": conflict,
        "text": form.typed if form else conflict["merged"].text(),
        "form": form,
    }
    return render(request, "postmortems/conflict.html", context, status=status)
