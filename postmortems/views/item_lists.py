"""Many action items at once: changed together, as a file, and from one."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import MemberRequest, member, responder
from accounts.models import Team
from incidents.operations import Refused
from postmortems.forms.asked import Asked
from postmortems.forms.lists import BulkChangeForm, ImportItemsForm
from postmortems.models import ActionItem
from postmortems.operations import importing as operations
from postmortems.operations.bulk import Outcome, bulk_change
from postmortems.sheets.planning import Plan, plan
from postmortems.sheets.writing import lines
from postmortems.views.items import board_page


@responder
@require_http_methods(["GET", "HEAD", "POST"])
def bulk_change_items(request: MemberRequest) -> HttpResponse:
    """Change the chosen ones together, and say what became of each. The address carries the list they are in."""
    if request.method != "POST":  # somebody loads the answer again
        query = request.META.get("QUERY_STRING", "")
        return redirect(f"{reverse('postmortems:actions')}{f'?{query}' if query else ''}")
    form = BulkChangeForm(request.POST)
    outcome: Outcome | None = None
    if form.is_valid():
        try:
            outcome = bulk_change(form.chosen(), by=request.user, **form.words())
        except Refused as refusal:
            form.refuse(refusal)
    if outcome is None:
        return board_page(request, status=422, bulk=form, chosen=set(form.chosen()))
    refused = {item.pk for item, _ in outcome.refused}
    bulk = form if refused else BulkChangeForm()
    return board_page(request, outcome=outcome, bulk=bulk, chosen=refused)


@member
@require_safe
def export_items(request: MemberRequest) -> HttpResponse:
    """The list that the address asks for, the whole of it, as CSV."""
    asked = Asked.read(request.GET, list(Team.objects.all()), timezone.localdate())
    visible = ActionItem.objects.visible_to(request.user).defer("search")
    found = asked.listed(asked.narrow(visible), request.user)
    answer = HttpResponse("".join(lines(found)), content_type="text/csv; charset=utf-8; header=present")
    answer["Content-Disposition"] = f'attachment; filename="actions-{asked.today:%Y-%m-%d}.csv"'
    return answer


@responder
@require_http_methods(["GET", "HEAD", "POST"])
def import_items(request: MemberRequest) -> HttpResponse:
    """A file or its text; then what it would do; then, once that is agreed to, what it did."""
    if request.method != "POST":
        return _import_page(request, ImportItemsForm())
    form = ImportItemsForm(request.POST, request.FILES)
    if not form.is_valid():
        return _import_page(request, form, status=422)
    text, agreed = form.cleaned_data["text"], form.cleaned_data["agreed"]
    form.show(text)
    if not agreed:
        planned = plan(text, by=request.user)
        return _import_page(request, form, planned, status=422 if planned.problems else 200)
    try:
        done = operations.import_items(text, by=request.user, agreed=agreed, key=form.cleaned_data["key"])
    except Refused as refusal:
        form.refuse(refusal)
        return _import_page(request, form, plan(text, by=request.user), status=409)
    return render(request, "postmortems/items_imported.html", {"plan": done})


def _import_page(
    request: MemberRequest, form: ImportItemsForm, planned: Plan | None = None, *, status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "plan": planned}
    return render(request, "postmortems/items_import.html", context, status=status)
