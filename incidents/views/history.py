"""Everything ever declared that the reader may see: searched, filtered, newest first."""

from typing import Any

from django.core.paginator import Page, Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import MemberRequest, member
from accounts.models import Team
from incidents.forms.history import LEVELS, Asked
from incidents.models import Incident, IncidentQuerySet, Service
from incidents.search import reference_in
from incidents.states import Status

PER_PAGE = 50
#: Counted and turned over no further; what is older is another list.
MOST = 1000


@member
@require_safe
def history(request: MemberRequest) -> HttpResponse:
    teams, services = list(Team.objects.all()), list(Service.objects.all())
    asked = Asked.read(request.GET, teams, services)
    visible = Incident.objects.visible_to(request.user)
    number = reference_in(asked.words)
    if number is not None and not asked.has_filter and visible.filter(pk=number).exists():
        return redirect("incidents:room", number)
    page = _page(asked.narrow(visible), request.GET.get("page"))
    context = {
        "asked": asked,
        "page": page,
        "zone": timezone.get_current_timezone_name(),
        "most": f"{MOST:,}" if page.paginator.count > MOST else "",
        "older": _place_of(page.object_list[-1]) if page.object_list else "",
        "teams": teams,
        "services": services,
        "statuses": Status.choices,
        "levels": LEVELS,
    }
    return render(request, "incidents/history.html", context)


def _page(found: IncidentQuerySet, number: str | None) -> "Page[Incident]":
    """A page of ``found``, newest first; the count says ``MOST`` and one more where there are more.

    PostgreSQL cannot guess how many a word finds. Of few it is told which to read, or it would go through everything
    ever declared to have them in order; of many the newest come soon by going through the newest.
    """
    rows = found.order_by("-declared_at", "-id").select_related("commander").prefetch_related("services")
    few = list(found.order_by().values_list("declared_at", "pk")[: MOST + 1])
    if len(few) > MOST:
        paginator = Paginator(rows.defer("search"), PER_PAGE)
        paginator.count, paginator.num_pages = MOST + 1, MOST // PER_PAGE
        page: Any = paginator.get_page(number)
        page.object_list = list(page.object_list)
        return page  # type: ignore[no-any-return]
    page = Paginator([pk for _, pk in sorted(few, reverse=True)], PER_PAGE).get_page(number)
    page.object_list = list(rows.defer("search").filter(pk__in=page.object_list))
    return page  # type: ignore[no-any-return]


def _place_of(incident: Incident) -> str:
    return f"{incident.declared_at.isoformat()}~{incident.pk}"
