"""Every change to one action item: on its page, in its row of the board, or by a form of its own."""

from collections.abc import Callable

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import MemberRequest, member
from incidents.operations import Refused
from postmortems.forms.items import (
    AddItemLinkForm,
    ChangeItemForm,
    ChangeItemStatusForm,
    DecideDropForm,
    ItemForm,
    ReopenItemForm,
    RowForm,
)
from postmortems.models import ActionItem
from postmortems.operations import items as operations
from postmortems.states import ItemStatus
from postmortems.views.items import back_from, find_item, find_to_change, item_page, row_of


@member
@require_http_methods(["GET", "HEAD", "POST"])
def change_item(request: MemberRequest, item_id: int) -> HttpResponse:
    """What should change, who does it and by when: all of it on a page, the most of it in a row of the board."""
    item = find_to_change(request, item_id)
    kind = RowForm if request.htmx else ChangeItemForm  # type: ignore[attr-defined]
    form = kind(request.POST if request.method == "POST" else None, item=item)
    if _done(form, lambda: operations.change_item(item.pk, by=request.user, **form.words())):
        return _changed(request, item, f"{item.reference} was changed")
    return _ask(request, item, form)


@member
@require_http_methods(["GET", "HEAD", "POST"])
def change_item_status(request: MemberRequest, item_id: int) -> HttpResponse:
    """Any status: those that need words ask for them."""
    item = find_to_change(request, item_id)
    form = ChangeItemStatusForm(request.POST if request.method == "POST" else None, item=item)
    asked = ChangeItemStatusForm(item=item, status=form.asked if form.is_bound else request.GET.get("to", ""))
    if asked.needs not in ("", *request.POST):
        # Chosen from a list, without the words that it needs: no mistake, but a question.
        return _ask(request, item, asked, status=422 if form.is_bound else 200)
    if _done(form, lambda: _move(request, item, form)):
        return _changed(request, item, f"{item.reference}: {_outcome(form)}")
    return _ask(request, item, form)


def _move(request: MemberRequest, item: ActionItem, form: ItemForm) -> ActionItem:
    said = form.words()
    if said["status"] == ItemStatus.DONE:
        return operations.mark_done(item.pk, by=request.user, evidence=said["evidence"])
    if said["status"] == ItemStatus.DROPPED:
        return operations.propose_drop(item.pk, by=request.user, reason=said["reason"])
    return operations.start(item.pk, by=request.user, status=said["status"])


def _outcome(form: ItemForm) -> str:
    status = ItemStatus(form.cleaned_data["status"])
    return "a second person decides" if status == ItemStatus.DROPPED else status.label


@member
@require_http_methods(["GET", "HEAD", "POST"])
def reopen_item(request: MemberRequest, item_id: int) -> HttpResponse:
    item = find_to_change(request, item_id)
    form = ReopenItemForm(request.POST if request.method == "POST" else None)
    if _done(form, lambda: operations.reopen(item.pk, by=request.user, **form.words())):
        return redirect("postmortems:action_item", item.pk)
    return _page(request, item, form)


@member
@require_POST
def decide_drop(request: MemberRequest, item_id: int) -> HttpResponse:
    """Agree that it will not be done, or keep it."""
    item = find_to_change(request, item_id)
    form = DecideDropForm(request.POST)

    def decide() -> None:
        agree = form.cleaned_data["decision"] == "drop"
        operations.decide_drop(item.pk, by=request.user, agree=agree, said=form.cleaned_data["text"])

    if _done(form, decide):
        return redirect("postmortems:action_item", item.pk)
    return item_page(request, item, status=_status(form), decide_form=form)


@member
@require_POST
def add_item_link(request: MemberRequest, item_id: int) -> HttpResponse:
    item = find_to_change(request, item_id)
    form = AddItemLinkForm(request.POST)

    def add() -> None:
        said = form.cleaned_data
        operations.add_link(item.pk, said["url"], by=request.user, title=said["text"])

    if _done(form, add):
        return redirect("postmortems:action_item", item.pk)
    return item_page(request, item, status=_status(form), link_form=form)


@member
@require_POST
def remove_item_link(request: MemberRequest, item_id: int, link_id: int) -> HttpResponse:
    """Take a link away; the item's history keeps it."""
    item = find_to_change(request, item_id)
    link = get_object_or_404(item.links, pk=link_id)
    operations.remove_link(item.pk, link.pk, by=request.user)
    return redirect("postmortems:action_item", item.pk)


def _done(form: ItemForm, change: Callable[[], object]) -> bool:
    """Whether what the form says was done; where not, the form says why."""
    if not form.is_bound or not form.is_valid():
        return False
    try:
        change()
    except Refused as refusal:
        form.refuse(refusal)
        return False
    return True


def _status(form: ItemForm) -> int:
    """422 for what makes no sense, 409 for what was refused as things are, 200 for a form nobody sent yet."""
    if not form.is_bound:
        return 200
    return 409 if form.non_field_errors() else 422


def _changed(request: MemberRequest, item: ActionItem, said: str) -> HttpResponse:
    if not request.htmx:  # type: ignore[attr-defined]
        return back_from(request, item)
    return row_of(request, find_item(request, item.pk), said=said)


def _ask(request: MemberRequest, item: ActionItem, form: ItemForm, *, status: int = 0) -> HttpResponse:
    status = status or _status(form)
    if request.htmx:  # type: ignore[attr-defined]
        return row_of(request, item, form=form, status=status)
    return _page(request, item, form, status=status)


def _page(request: MemberRequest, item: ActionItem, form: ItemForm, *, status: int = 0) -> HttpResponse:
    context = {"item": item, "form": form}
    return render(request, "postmortems/item_change.html", context, status=status or _status(form))
