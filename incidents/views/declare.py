"""Under way."""

from django.http import HttpResponse

from accounts.access import MemberRequest, member


@member
def declare(request: MemberRequest, service_id: int = 0) -> HttpResponse:
    return HttpResponse("Under way")


@member
def preview_declaration(request: MemberRequest, service_id: int = 0) -> HttpResponse:
    return HttpResponse("Under way")

