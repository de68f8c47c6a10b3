"""Under way."""

from django.http import HttpResponse

from accounts.access import MemberRequest, member


@member
def board(request: MemberRequest, service_id: int = 0) -> HttpResponse:
    return HttpResponse("Under way")

