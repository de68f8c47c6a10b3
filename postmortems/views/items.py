"""Action items: the board, and the page of one."""

from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlsplit

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_safe

from accounts.access import MemberRequest, member
from accounts.models import Team
from postmortems import closure
from postmortems.board import Board
from postmortems.forms.asked import LEVELS, Asked
from postmortems.forms.items import AddItemLinkForm, ChangeItemStatusForm, DecideDropForm
from postmortems.forms.lists import BulkChangeForm
from postmortems.models import ActionItem
from postmortems.permissions import can_change_item
from postmortems.states import ItemKind

RELATED = ("owner", "team", "incident", "postmortem", "drop_proposed_by", "closed_by", "added_by")


def find_item(request: MemberRequest, item_id: int) -> ActionItem:
    """The item, if this person may see it. One of an incident that they may not see does not exist for them."""
    visible = ActionItem.objects.visible_to(request.user).with_owner_there().select_related(*RELATED)
    return get_object_or_404(visible.defer("search", "incident__search"), pk=item_id)


def find_to_change(request: MemberRequest, item_id: int) -> ActionItem:
    """The same for those who may also change it; 403 for others."""
    item = find_item(request, item_id)
    if not can_change_item(request.user, item):
        raise PermissionDenied
    return item


@member
@require_safe
def actions(request: MemberRequest) -> HttpResponse:
    """``?show=`` is one of the lists; ``team``, ``severity``, ``owner``, ``kind`` and ``q`` narrow them all."""
    return board_page(request)


def board_page(request: MemberRequest, *, status: int = 200, **more: Any) -> HttpResponse:
    """The board as the address asks for it, with what could not be done where it was tried."""
    teams, today = list(Team.objects.all()), timezone.localdate()
    board = Board(request.user, Asked.read(_asked(request), teams, today), _asked(request).get("page"))
    context = {
        "board": board,
        "asked": board.asked,
        "closure": closure.read(request.user, today),
        "teams": teams,
        "levels": LEVELS,
        "kinds": ItemKind.choices,
        "bulk": BulkChangeForm() if request.user.may_respond else None,
    }
    return render(request, "postmortems/actions.html", context | more, status=status)


@member
@require_safe
def action_item(request: MemberRequest, item_id: int) -> HttpResponse:
    return item_page(request, find_item(request, item_id))


def item_page(request: MemberRequest, item: ActionItem, *, status: int = 200, **more: Any) -> HttpResponse:
    """Everything about one item; ``more`` holds a form that was refused, under its own name."""
    context = {
        "item": item,
        "may_change": can_change_item(request.user, item),
        "events": item.events.select_related("by").order_by("-at", "-id"),
        "status_form": ChangeItemStatusForm(item=item),
        "link_form": AddItemLinkForm(),
        "decide_form": DecideDropForm(),
    }
    return render(request, "postmortems/action_item.html", context | more, status=status)


@member
@require_safe
def item_row(request: MemberRequest, item_id: int) -> HttpResponse:
    """The item as a row of the board, for htmx; else its page."""
    item = find_item(request, item_id)
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect("postmortems:action_item", item.pk)
    return row_of(request, item)


def row_of(
    request: MemberRequest, item: ActionItem, *, form: Any = None, said: str = "", status: int = 200
) -> HttpResponse:
    """A row that takes its place on the board: as it is read, or with ``form`` in it. After a change ``said`` is
    announced, and the sentence, the counts and the chart around the list come along."""
    context = {"item": item, "form": form, "swap": True}
    template = form.row if form else "_item_row"
    # Within a table of its own: a row by itself is no HTML.
    row = render_to_string(f"postmortems/{template}.html", context, request)
    html = format_html("<table hidden><tbody>{}</tbody></table>", row)
    return HttpResponse(html + (_news(request, said) if said else ""), status=status)


def _news(request: MemberRequest, said: str) -> str:
    today = timezone.localdate()
    board = Board(request.user, Asked.read(_asked(request), list(Team.objects.all()), today))
    context = {"board": board, "closure": closure.read(request.user, today), "swap": True}
    parts = [
        render_to_string(f"postmortems/{name}.html", context, request)
        for name in ("_board_head", "_board_tabs", "_board_side")
    ]
    return "".join([*parts, format_html('<p hx-swap-oob="innerHTML:#announce">{}</p>', said)])


def back_from(request: MemberRequest, item: ActionItem) -> HttpResponse:
    """To where the form was: the board as it was asked for, else the item's page."""
    came, board = _parts(request.headers.get("Referer", "")), reverse("postmortems:actions")
    if came.path == board:
        return redirect(f"{board}{f'?{came.query}' if came.query else ''}#item-{item.pk}")
    return redirect("postmortems:action_item", item.pk)


def _asked(request: MemberRequest) -> dict[str, str]:
    """What the board was asked for: by this address, or by that of the page from which htmx asks."""
    if not request.htmx:  # type: ignore[attr-defined]
        return request.GET.dict()
    return dict(parse_qsl(_parts(request.headers.get("HX-Current-URL", "")).query))


def _parts(address: str) -> SplitResult:
    try:
        return urlsplit(address[:3000])
    except ValueError:  # brackets that make no sense
        return urlsplit("")
