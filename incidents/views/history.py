"""Everything ever declared that the reader may see: searched, filtered, newest first."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts.access import MemberRequest, member
from accounts.models import Team
from incidents.forms.history import LEVELS, Asked
from incidents.models import Incident, Service
from incidents.search import reference_in
from incidents.states import Status

PER_PAGE = 50


@member
@require_safe
def history(request: MemberRequest) -> HttpResponse:
    teams, services = list(Team.objects.all()), list(Service.objects.all())
    asked = Asked.read(request.GET, teams, services)
    visible = Incident.objects.visible_to(request.user)
    number = reference_in(asked.words)
    if number is not None and not asked.has_filter and visible.filter(pk=number).exists():
        return redirect("incidents:room", number)
    found = asked.narrow(visible).order_by("-declared_at", "-id")
    rows = found.select_related("commander").prefetch_related("services").defer("search")
    context = {
        "asked": asked,
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "teams": teams,
        "services": services,
        "statuses": Status.choices,
        "levels": LEVELS,
    }
    return render(request, "incidents/history.html", context)
