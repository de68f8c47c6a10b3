"""Pages that every member may read."""

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from accounts.access import MemberRequest, member
from accounts.models import Team
from runbooks.annotate import Annotated
from runbooks.changes import compare
from runbooks.models import Revision, Runbook
from runbooks.permissions import can_manage, can_publish
from runbooks.related import Shelf
from runbooks.understood import of_playbook

PER_PAGE = 25


@member
@require_safe
def runbooks(request: MemberRequest) -> HttpResponse:
    archived = "archived" in request.GET
    shown = Runbook.objects.listed()
    page = Paginator(shown.archived() if archived else shown.active(), PER_PAGE)
    context = {
        "page": page.get_page(request.GET.get("page")),
        "archived": archived,
        "archived_count": Runbook.objects.archived().count(),
        "default": Runbook.objects.active().filter(is_default=True).first(),
        "can_publish": can_publish(request.user),
    }
    return render(request, "runbooks/list.html", context)


@member
@require_safe
def detail(request: MemberRequest, slug: str) -> HttpResponse:
    """The runbook as it stands, with what was understood of it in the margin."""
    runbook = _runbook(slug)
    return render(request, "runbooks/detail.html", _reading(request, runbook, _current(runbook)))


@member
@require_safe
def revision(request: MemberRequest, slug: str, number: int) -> HttpResponse:
    runbook = _runbook(slug)
    return render(request, "runbooks/detail.html", _reading(request, runbook, _revision(runbook, number)))


@member
@require_safe
def revisions(request: MemberRequest, slug: str) -> HttpResponse:
    runbook = _runbook(slug)
    rows = runbook.revisions.select_related("published_by").defer("source")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "runbooks/revisions.html", {"runbook": runbook, "page": page})


@member
@require_safe
def changes(request: MemberRequest, slug: str, number: int) -> HttpResponse:
    """What a revision changed, against the one before it."""
    runbook = _runbook(slug)
    after = _revision(runbook, number)
    before = runbook.revisions.filter(number=number - 1).first()
    context = {
        "runbook": runbook,
        "revision": after,
        "before": before,
        "changes": compare(before.text if before else "", after.text),
    }
    return render(request, "runbooks/changes.html", context)


@member
@require_safe
def export(request: HttpRequest, slug: str, number: int | None = None) -> HttpResponse:
    """The source, byte for byte, under the name it came with."""
    runbook = _runbook(slug)
    wanted = _current(runbook) if number is None else _revision(runbook, number)
    response = HttpResponse(bytes(wanted.source), content_type="text/markdown; charset=utf-8")
    name = wanted.filename or f"{runbook.slug}.md"
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _runbook(slug: str) -> Runbook:
    rows = Runbook.objects.select_related("team", "current__published_by")
    return get_object_or_404(rows, slug=slug)


def _current(runbook: Runbook) -> Revision:
    if runbook.current is None:
        raise Http404("Nothing has been published yet.")
    return runbook.current


def _revision(runbook: Runbook, number: int) -> Revision:
    if number > 2_000_000_000:  # more than the column can hold, or a person publish
        raise Http404
    return get_object_or_404(runbook.revisions.select_related("published_by"), number=number)


def _reading(request: MemberRequest, runbook: Runbook, revision: Revision) -> dict[str, Any]:
    shelf, playbook = Shelf(), revision.playbook
    return {
        "runbook": runbook,
        "revision": revision,
        "is_current": revision.pk == runbook.current_id,
        "page": Annotated(revision.text, playbook, shelf),
        "playbook": playbook,
        "view": of_playbook(playbook, revision.text, shelf),
        "teams": Team.objects.all(),
        "can_publish": can_publish(request.user, runbook),
        "can_manage": can_manage(request.user, runbook),
    }
