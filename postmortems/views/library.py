"""The library of post-mortems."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import MemberRequest, member


@member
@require_safe
def library(request: MemberRequest) -> HttpResponse:
    return render(request, "postmortems/library.html", {"heading": "Post-mortems"})
