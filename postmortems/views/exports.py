"""What a post-mortem is taken away as."""

import json

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from accounts.access import MemberRequest, member
from incidents.models import Incident
from incidents.views.room import find as find_incident
from postmortems.exporting.data import postmortem_data
from postmortems.exporting.html import page_of
from postmortems.exporting.markdown import markdown_of
from postmortems.exporting.names import file_name
from postmortems.exporting.paper import BeingMade, NotMade, TooLong, pdf_of
from postmortems.exporting.record import archive_of
from postmortems.models import Postmortem

SOON = "It takes longer than usual. This page comes back for it by itself, and then you can save it."


def find(request: MemberRequest, number: int) -> Postmortem:
    related = ("incident__revision__runbook", "incident__team", "author", "published_by")
    visible = Postmortem.objects.visible_to(request.user).select_related(*related).defer("search")
    return get_object_or_404(visible, incident=number)


@member
@require_safe
def export_markdown(request: MemberRequest, number: int) -> HttpResponse:
    found = find(request, number)
    return _file(found.incident, markdown_of(found).encode(), "md", "text/markdown; charset=utf-8")


@member
@require_safe
def export_html(request: MemberRequest, number: int) -> HttpResponse:
    found = find(request, number)
    return _file(found.incident, page_of(found).encode(), "html", "text/html; charset=utf-8")


@member
@require_safe
def export_pdf(request: MemberRequest, number: int) -> HttpResponse:
    """The PDF; a page that comes back for it while it is made, or that says why it cannot be and what to do instead."""
    found = find(request, number)
    try:
        # Whoever asks for the headers alone does not want to wait for pages.
        pages = b"" if request.method == "HEAD" else pdf_of(found)
    except BeingMade:
        answer = _no_pdf(request, found, "The PDF is being made", SOON, 202)
        answer["Refresh"] = "2"
        return answer
    except NotMade as reason:
        status = 422 if isinstance(reason, TooLong) else 503
        return _no_pdf(request, found, "There is no PDF", str(reason), status)
    return _file(found.incident, pages, "pdf", "application/pdf")


def _no_pdf(
    request: MemberRequest, found: Postmortem, heading: str, reason: str, status: int
) -> HttpResponse:
    context = {"heading": heading, "postmortem": found, "reason": reason}
    return render(request, "postmortems/no_pdf.html", context, status=status)


@member
@require_safe
def export_json(request: MemberRequest, number: int) -> HttpResponse:
    found = find(request, number)
    text = json.dumps(postmortem_data(found), indent=2, ensure_ascii=False) + "\n"
    return _file(found.incident, text.encode(), "json", "application/json")


@member
@require_safe
def export_record(request: MemberRequest, number: int) -> HttpResponse:
    incident = find_incident(request, number)
    return _file(incident, archive_of(incident.pk), "zip", "application/zip", kind="record")


def _file(
    incident: Incident, content: bytes, extension: str, media_type: str, kind: str = ""
) -> HttpResponse:
    """An answer that a browser saves, and neither shows nor takes for anything else."""
    response = HttpResponse(content, content_type=media_type)
    name = file_name(incident, extension, kind)
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    return response
