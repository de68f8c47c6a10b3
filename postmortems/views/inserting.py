"""Events and fields of the record, to put into the text: at the cursor where there is a script, else into a section."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.access import MemberRequest, responder
from incidents.models import TimelineEvent
from incidents.operations import Refused
from postmortems.fields import fields_of
from postmortems.forms.writing import InsertForm
from postmortems.inserting import into, line_of, time_of, words_of
from postmortems.models import Postmortem
from postmortems.operations import writing as operations
from postmortems.operations.writing import Outcome
from postmortems.outline import sections
from postmortems.views.page import find

PER_PAGE = 100


@responder
@require_http_methods(["GET", "HEAD", "POST"])
def insert(request: MemberRequest, number: int) -> HttpResponse:
    """Choose with GET (for htmx, ``part`` alone: "events" or "fields"), insert with POST."""
    found = find(request, number)
    page = _events(found, request.GET.get("page"))
    if request.method != "POST":
        return _choose(request, found, page)
    known = [str(field.key) for field in fields_of(found)]
    seqs = list(found.incident.events.filter(superseded_by=None).values_list("seq", flat=True))
    form = InsertForm(request.POST, events=seqs, fields=known)
    if not form.is_valid():
        return _choose(request, found, page, form, 422)
    lines = _lines(found, form)
    if not lines:
        form.add_error(None, "Choose something to insert.")
        return _choose(request, found, page, form, 422)
    return _insert(request, found, page, form, lines)


def _insert(
    request: MemberRequest, found: Postmortem, page: Page[TimelineEvent], form: InsertForm, lines: str
) -> HttpResponse:
    # The section was chosen in the document as it was shown, so that is what the text is made of.
    base = found.revisions.filter(number=form.cleaned_data["base"]).first()
    began = base.text if base else found.text
    text = into(began, lines, form.cleaned_data["where"])
    try:
        saved = operations.save(found.pk, text, base=base.number if base else found.number, by=request.user)
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return _choose(request, found, page, form, 409)
    if saved.outcome == Outcome.CONFLICT:
        messages.warning(request, "What you chose is kept. Somebody changed the place where it goes.")
        return redirect("postmortems:settle_conflict", found.incident_id, saved.held)
    messages.success(request, f"Inserted: version {saved.number}.")
    return redirect("postmortems:postmortem", found.incident_id)


def _events(found: Postmortem, page: Any) -> Page[TimelineEvent]:
    """A page of the timeline in its order, each event as the last correction has it."""
    standing = found.incident.events.filter(superseded_by=None).select_related("recorded_by", "incident")
    return Paginator(standing.order_by("occurred_at", "seq"), PER_PAGE).get_page(page)


def _lines(found: Postmortem, form: InsertForm) -> str:
    said = form.cleaned_data
    values = {field.key: field.value for field in fields_of(found)}
    events = found.incident.events.filter(seq__in=said["events"]).select_related("recorded_by", "incident")
    lines = [line_of(event, linked=said["linked"]) for event in events.order_by("occurred_at", "seq")]
    return "\n".join([*(values[key] for key in said["fields_"]), *lines])


def _choose(
    request: MemberRequest,
    found: Postmortem,
    page: Page[TimelineEvent],
    form: InsertForm | None = None,
    status: int = 200,
) -> HttpResponse:
    part = request.GET.get("part", "") if request.htmx else ""  # type: ignore[attr-defined]
    events = [
        (event, time_of(event), words_of(event), line_of(event), line_of(event, linked=True))
        for event in page
    ]
    context = {
        "postmortem": found,
        "incident": found.incident,
        "heading": "Insert from the record",
        "page": page,
        "events": events,
        "fields": fields_of(found),
        "sections": [(n, s.title) for n, s in enumerate(sections(found.text), 1)] if not part else [],
        "form": form,
    }
    template = (
        f"postmortems/_insert_{part}.html" if part in ("events", "fields") else "postmortems/insert.html"
    )
    return render(request, template, context, status=status)
