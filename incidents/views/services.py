"""Under way."""

from django.http import HttpResponse

from accounts.access import MemberRequest, member


@member
def services(request: MemberRequest, service_id: int = 0) -> HttpResponse:
    return HttpResponse("Under way")


@member
def add_service(request: MemberRequest, service_id: int = 0) -> HttpResponse:
    return HttpResponse("Under way")


@member
def change_service(request: MemberRequest, service_id: int = 0) -> HttpResponse:
    return HttpResponse("Under way")


@member
def archive_service(request: MemberRequest, service_id: int = 0) -> HttpResponse:
    return HttpResponse("Under way")


@member
def restore_service(request: MemberRequest, service_id: int = 0) -> HttpResponse:
    return HttpResponse("Under way")

