"""Starting a post-mortem by hand: where the portal has not, and where it does not."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.access import MemberRequest, responder
from incidents.operations import Refused
from incidents.sections import Problem
from incidents.views.room import find, fragments, page
from postmortems.operations import starting


@responder
@require_POST
def start(request: MemberRequest, number: int) -> HttpResponse:
    incident = find(request, number)
    try:
        starting.start(incident.pk, by=request.user)
    except Refused as refusal:
        problem = Problem("start_postmortem", str(refusal))
        if request.htmx:  # type: ignore[attr-defined]
            return HttpResponse(fragments(request, incident, ["afterwards"], problem), status=409)
        return page(request, incident, problem=problem, status=409)
    address = reverse("postmortems:postmortem", args=[number])
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(headers={"HX-Redirect": address})
    return redirect(address)
