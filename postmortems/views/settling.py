"""Settling a conflict: both texts side by side, and what they become."""

from typing import Literal, cast

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from accounts.access import MemberRequest, responder
from incidents.operations import Refused
from postmortems.conflicts import Conflict
from postmortems.forms.writing import SettleForm
from postmortems.models import Postmortem, PostmortemRevision
from postmortems.operations import writing as operations
from postmortems.operations.writing import Outcome
from postmortems.states import RevisionKind
from postmortems.views.page import find


@responder
@require_http_methods(["GET", "HEAD", "POST"])
def settle_conflict(request: MemberRequest, number: int, version: int) -> HttpResponse:
    """Show a version that waits against the document; save what was made of both."""
    found = find(request, number)
    waiting = _waiting(found, version)
    if request.method != "POST":
        return _page(request, found, waiting)
    form = SettleForm(request.POST)
    if not form.is_valid():
        return _page(request, found, waiting, form, 422)
    said = form.cleaned_data
    text, base, key = _text(found, waiting, form), said["base"], said["key"]
    try:
        saved = operations.settle_conflict(found.pk, version, text, base=base, by=request.user, key=key)
    except Refused as refusal:
        form.refuse(refusal)
        return _page(request, found, waiting, form, 409)
    if saved.outcome == Outcome.CONFLICT:
        messages.warning(
            request, "Somebody saved meanwhile. What you made is kept, and waits against theirs."
        )
        return redirect("postmortems:settle_conflict", number, saved.held)
    messages.success(request, f"Settled: version {saved.number}.")
    return redirect("postmortems:postmortem", number)


def _waiting(found: Postmortem, version: int) -> PostmortemRevision:
    if version > 2_000_000_000:
        raise Http404
    waiting = found.revisions.select_related("saved_by")
    return get_object_or_404(waiting, number=version, kind=RevisionKind.CONFLICT)


def _text(found: Postmortem, waiting: PostmortemRevision, form: SettleForm) -> str:
    """What was written, or one side's words wherever both differ, with everything else that either changed."""
    said = form.cleaned_data
    if not said["keep"]:
        return str(said["text"])
    shown = found.revisions.filter(number=said["base"]).first()
    merged = Conflict(found, waiting, shown.text if shown else found.text).merged
    return merged.text(cast(Literal["theirs", "mine"], said["keep"]))


def _page(
    request: MemberRequest,
    found: Postmortem,
    waiting: PostmortemRevision,
    form: SettleForm | None = None,
    status: int = 200,
) -> HttpResponse:
    conflict = Conflict(found, waiting, found.text)
    context = {
        "postmortem": found,
        "incident": found.incident,
        "heading": "Two texts for one passage",
        "conflict": conflict,
        "text": form.typed if form else conflict.merged.text(),
        "form": form,
    }
    return render(request, "postmortems/conflict.html", context, status=status)
