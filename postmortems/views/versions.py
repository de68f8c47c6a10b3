"""The history of a document: its versions, what changed between any two, and the way back."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.access import MemberRequest, member, responder
from incidents.operations import Refused
from postmortems import history
from postmortems.forms.writing import NumberField
from postmortems.models import Postmortem, PostmortemRevision
from postmortems.operations import writing as operations
from postmortems.permissions import can_write
from postmortems.rendering import html_of
from postmortems.states import IN_DOCUMENT
from postmortems.views.page import find
from runbooks.changes import compare

PER_PAGE = 50


@member
@require_safe
def versions(request: MemberRequest, number: int) -> HttpResponse:
    """All of them, a page at a time; for htmx the short list beside the document."""
    found = find(request, number)
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "postmortems/_versions.html", _context(request, found))
    page = Paginator(history.listed(found), PER_PAGE).get_page(request.GET.get("page"))
    context = _context(request, found) | {"page": page, "entries": history.entries(page)}
    return render(request, "postmortems/versions.html", context)


@member
@require_safe
def version(request: MemberRequest, number: int, version: int) -> HttpResponse:
    """One version, as it was read and as it was written."""
    found = find(request, number)
    shown = _version(found, version)
    before = _before(found, shown)
    context = _context(request, found) | {
        "version": shown,
        "before": before.number if before else None,
        "html": html_of(found, shown.text),
        "heading": f"Version {shown.number}",
    }
    return render(request, "postmortems/version.html", context)


@member
@require_safe
def changes(request: MemberRequest, number: int) -> HttpResponse:
    """What makes version ``to`` of version ``from``: of the last two, where they are not named."""
    found = find(request, number)
    wanted, began = (NumberField(required=False).clean(request.GET.get(name)) for name in ("to", "from"))
    after = _version(found, wanted or found.number)
    before = _version(found, began) if began else _before(found, after)
    context = _context(request, found) | {
        "before": before,
        "after": after,
        "changes": compare(before.text if before else "", after.text),
        "heading": f"What version {after.number} changed",
    }
    return render(request, "postmortems/changes.html", context)


@responder
@require_POST
def restore(request: MemberRequest, number: int, version: int) -> HttpResponse:
    found = find(request, number)
    try:
        saved = operations.restore(found.pk, _version(found, version).number, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"Version {version} is the document again, as version {saved.number}.")
    return redirect("postmortems:postmortem", number)


def _context(request: MemberRequest, found: Postmortem) -> dict[str, Any]:
    may_write = can_write(request.user, found) and not found.is_discarded
    return {"postmortem": found, "incident": found.incident, "may_write": may_write, "heading": "Versions"}


def _version(found: Postmortem, number: int) -> PostmortemRevision:
    if number > 2_000_000_000:  # more than the column can hold, or people write
        raise Http404
    return get_object_or_404(found.revisions.select_related("saved_by"), number=number)


def _before(found: Postmortem, shown: PostmortemRevision) -> PostmortemRevision | None:
    """The version that ``shown`` is best read against: what it was written from, else the document before it."""
    earlier = found.revisions.select_related("saved_by").filter(number__lt=shown.number)
    if shown.kind not in IN_DOCUMENT:
        return earlier.filter(number=shown.base_number).first()
    return earlier.filter(kind__in=IN_DOCUMENT).order_by("-number").first()
