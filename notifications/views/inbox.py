"""What was said to somebody, what they owe, and the counts of both in the header."""

from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from accounts.access import MemberRequest, member
from notifications import moves as owing
from notifications import operations
from notifications.inbox import inbox as inbox_of
from notifications.inbox import unread_count

PER_PAGE = 25


@member
@require_safe
def inbox(request: MemberRequest) -> HttpResponse:
    page = Paginator(inbox_of(request.user), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "notifications/inbox.html", {"page": page, "unread": unread_count(request.user)})


@member
@require_POST
def open_notice(request: MemberRequest, delivery_id: UUID) -> HttpResponse:
    """To where it is dealt with; it is read then."""
    row = get_object_or_404(inbox_of(request.user), pk=delivery_id)
    operations.mark_read(row.pk, by=request.user)
    path = row.notice.path
    return redirect(path if url_has_allowed_host_and_scheme(path, None) else "notifications:inbox")


@member
@require_POST
def mark_read(request: MemberRequest, delivery_id: UUID) -> HttpResponse:
    row = get_object_or_404(inbox_of(request.user), pk=delivery_id)
    operations.mark_read(row.pk, by=request.user)
    return redirect("notifications:inbox")


@member
@require_POST
def mark_all_read(request: MemberRequest) -> HttpResponse:
    newest = _uuid(request.POST.get("up_to", ""))
    operations.mark_all_read(by=request.user, up_to=newest)
    return redirect("notifications:inbox")


@member
@require_safe
def your_move(request: MemberRequest) -> HttpResponse:
    found = owing.moves(request.user, timezone.now())
    context = {
        "owed": [move for move in found if move.owed],
        "coming": [move for move in found if not move.owed],
    }
    return render(request, "notifications/your_move.html", context)


@member
@require_safe
def badges(request: MemberRequest) -> HttpResponse:
    """The counts of the header, each to take its own place."""
    return render(request, "notifications/badges.html", {"swap": True})


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
