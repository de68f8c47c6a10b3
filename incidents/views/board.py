"""The board: what is open, and when nothing is, how ready the team is."""

import time
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import MemberRequest, member
from incidents import board as boards
from incidents import readiness
from incidents.options import named, teams_and_services


@member
@require_safe
def board(request: MemberRequest) -> HttpResponse:
    """The whole page; for htmx the parts that change, each to be swapped in by its id."""
    teams, services = teams_and_services(request.user)
    team, service = named(teams, request.GET.get("team")), named(services, request.GET.get("service"))
    shown = boards.read(request.user, team, service)
    context: dict[str, Any] = {
        "board": shown,
        "open_count": shown.total,
        "teams": teams,
        "services": services,
        "team": team,
        "service": service,
        "recent": shown.recent,
        "readiness": readiness.check() if shown.is_clear else [],
        "now": timezone.now(),
    }
    if "HX-Request" in request.headers:
        return render(request, "incidents/board_live.html", context | {"swap": True})
    return render(request, "incidents/board.html", context | {"since": int(time.time() * 1000)})


@member
@require_safe
def figures(request: MemberRequest) -> HttpResponse:
    """What the last 30 days were like, which costs what was declared in them: a part that the board asks for once
    somebody gets down to it, or a page."""
    template = "_figures" if request.htmx else "figures"  # type: ignore[attr-defined]
    return render(request, f"incidents/{template}.html", {"figures": boards.figures(request.user)})
