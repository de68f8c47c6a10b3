"""The library of post-mortems: everything written that the reader may see, searched and filtered, newest first."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts.access import MemberRequest, member
from accounts.models import Team
from incidents.forms.history import LEVELS
from incidents.models import Service
from incidents.search import reference_in
from postmortems.forms.library import Asked
from postmortems.library import Row, causes_of, visible_to, with_details
from postmortems.states import DocumentStatus

PER_PAGE = 25


@member
@require_safe
def library(request: MemberRequest) -> HttpResponse:
    teams, services = list(Team.objects.all()), list(Service.objects.all())
    causes, visible = causes_of(request.user), visible_to(request.user)
    asked = Asked.read(request.GET, teams, services, [title for title, _ in causes])
    number = reference_in(asked.words)
    if number is not None and not asked.has_filter and visible.filter(incident=number).exists():
        return redirect("postmortems:postmortem", number)
    found = asked.narrow(visible)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    shown = with_details(found, asked.words)
    context = {
        "asked": asked,
        "page": page,
        "rows": [Row(one) for one in shown[page.start_index() - 1 : page.end_index()]] if page else [],
        "teams": teams,
        "services": services,
        "causes": causes,
        "statuses": DocumentStatus.choices,
        "levels": LEVELS,
        "heading": "Post-mortems",
    }
    return render(request, "postmortems/library.html", context)
