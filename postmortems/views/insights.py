"""The figures of a period on one page, as CSV, and the lists of what is behind each."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import MemberRequest, member
from accounts.models import Team
from incidents.models import Incident, Service
from postmortems.forms.insights import PERIODS, Asked
from postmortems.insights.behind import Behind, NoSuchList
from postmortems.insights.figures import Figures, measure
from postmortems.insights.links import Links
from postmortems.insights.panels import panels
from postmortems.insights.tables import as_csv

PER_PAGE = 50


@member
@require_safe
def insights(request: MemberRequest) -> HttpResponse:
    teams = list(Team.objects.all())
    asked = Asked.read(request.GET, teams)
    figures = _measure(request, asked)
    context = {
        "asked": asked,
        "figures": figures,
        "teams": teams,
        "periods": PERIODS,
        "panels": panels(figures, Links(asked.team)),
        "is_new": figures.is_empty and not Incident.objects.visible_to(request.user).exists(),
    }
    return render(request, "postmortems/insights.html", context)


@member
@require_safe
def export_insights(request: MemberRequest) -> HttpResponse:
    asked = Asked.read(request.GET, list(Team.objects.all()))
    found = panels(_measure(request, asked), Links(asked.team))
    first, last = asked.period.first.isoformat(), asked.period.last.isoformat()
    team = asked.team.name if asked.team else ""
    about = [("from", first), ("to", last), ("zone", timezone.get_current_timezone_name()), ("team", team)]
    response = HttpResponse(as_csv(found, about), content_type="text/csv; charset=utf-8; header=present")
    response["Content-Disposition"] = f'attachment; filename="insights-{first}-{last}.csv"'
    return response


@member
@require_safe
def behind(request: MemberRequest) -> HttpResponse:
    asked = Asked.read(request.GET, list(Team.objects.all()))
    try:
        wanted = Behind.read(request.GET, asked.period, asked.team, list(Service.objects.all()))
    except NoSuchList:
        messages.info(request, "There is no such list. These are the figures.")
        return redirect("postmortems:insights")
    now = timezone.now()
    rows = (
        wanted.items(request.user, timezone.localdate(now)).select_related("owner", "incident")
        if wanted.of_items
        else wanted.incidents(request.user, now).prefetch_related("services").defer("search")
    )
    context = {
        "asked": asked,
        "wanted": wanted,
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "postmortems/insights_behind.html", context)


def _measure(request: MemberRequest, asked: Asked) -> Figures:
    return measure(request.user, asked.period, asked.team, timezone.now())
