"""The numbers of a period, on one page."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import MemberRequest, member


@member
@require_safe
def insights(request: MemberRequest) -> HttpResponse:
    return render(request, "postmortems/insights.html", {"heading": "Insights"})
