"""Buttons beside a runbook: choose it for incidents, give it to a team, archive it, bring it back."""

from collections.abc import Callable
from functools import partial

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from accounts.access import MemberRequest, responder
from runbooks import operations
from runbooks.forms import TeamForm
from runbooks.models import Runbook


@responder
@require_POST
def set_default(request: MemberRequest, slug: str) -> HttpResponse:
    runbook = get_object_or_404(Runbook, slug=slug)
    change = partial(operations.set_default, runbook, by=request.user)
    return _done(request, runbook, change, f"Incidents are declared with “{runbook.title}” from now on.")


@responder
@require_POST
def assign_team(request: MemberRequest, slug: str) -> HttpResponse:
    runbook = get_object_or_404(Runbook, slug=slug)
    form = TeamForm(request.POST)
    if not form.is_valid():
        messages.error(request, "That team does not exist any more. Choose another.")
        return redirect("runbooks:detail", slug)
    team = form.cleaned_data["team"]
    change = partial(operations.assign_team, runbook, team, by=request.user)
    return _done(
        request, runbook, change, f"“{runbook.title}” belongs to {team.name if team else 'everyone'}."
    )


@responder
@require_POST
def archive(request: MemberRequest, slug: str) -> HttpResponse:
    runbook = get_object_or_404(Runbook, slug=slug)
    change = partial(operations.archive, runbook, by=request.user)
    return _done(
        request, runbook, change, "Archived. Its revisions stay readable, and you can bring it back."
    )


@responder
@require_POST
def unarchive(request: MemberRequest, slug: str) -> HttpResponse:
    runbook = get_object_or_404(Runbook, slug=slug)
    change = partial(operations.unarchive, runbook, by=request.user)
    return _done(request, runbook, change, f"“{runbook.title}” is back.")


def _done(request: MemberRequest, runbook: Runbook, change: Callable[[], None], words: str) -> HttpResponse:
    """Make the change and go back to the runbook, saying what was done or why it was not."""
    try:
        change()
    except operations.Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, words)
    return redirect("runbooks:detail", runbook.slug)
