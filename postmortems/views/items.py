"""Action items: the board, and the page of one."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.access import MemberRequest, member
from postmortems.models import ActionItem


@member
@require_safe
def actions(request: MemberRequest) -> HttpResponse:
    return render(request, "postmortems/actions.html", {"heading": "Actions"})


@member
@require_safe
def action_item(request: MemberRequest, item_id: int) -> HttpResponse:
    item = get_object_or_404(ActionItem.objects.visible_to(request.user), pk=item_id)
    return render(request, "postmortems/action_item.html", {"item": item, "heading": item.title})
