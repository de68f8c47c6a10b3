"""The pages for when something is wrong: each says what happened and never needs the database."""

import sys

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.csrf import requires_csrf_token
from django.views.defaults import page_not_found, permission_denied

__all__ = ["bad_request", "busy", "csrf_failure", "page_not_found", "permission_denied", "server_error"]

#: Letters from which a value is shown, and not only sent along: words, and no key or choice.
LONG = 40


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400, in words that help whoever sent it."""
    return HttpResponse(render_to_string("400.html", {"reason": _reason(exception)}), status=400)


@requires_csrf_token
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403, where a form was sent from a page that is too old, or from elsewhere."""
    # Not request.POST.items in the template, which a field of that name would answer.
    context = {"typed": list(request.POST.items())}
    return HttpResponse(render_to_string("403_csrf.html", context, request), status=403)


def server_error(request: HttpRequest) -> HttpResponse:
    """503 while the database cannot be reached, which passes; 500 for a fault of ours."""
    if isinstance(sys.exc_info()[1], (OperationalError, InterfaceError)):
        return HttpResponse(render_to_string("503.html"), status=503, headers={"Retry-After": "10"})
    return HttpResponse(render_to_string("500.html"), status=500)


def busy(request: HttpRequest) -> HttpResponse:
    """503 for what the database did not get to in time. A form comes back whole, ready to be sent again: with its
    key, where it has one, so that it is done once whatever became of the first time."""
    context = {"kept": _kept(request), "files": bool(request.FILES)}
    page = render_to_string("busy.html", context, request)
    return HttpResponse(page, status=503, headers={"Retry-After": "5", "Cache-Control": "no-store"})


def _kept(request: HttpRequest) -> list[tuple[str, str, bool]]:
    """Name, value, and whether somebody wrote it, of each field; nothing of a form that holds a password."""
    if any("password" in name for name in request.POST):
        return []
    fields = [(name, str(value)) for name, values in request.POST.lists() for value in values]
    return [
        (name, value, len(value) > LONG or "\n" in value)
        for name, value in fields
        if name != "csrfmiddlewaretoken"
    ]


def _reason(exception: Exception) -> str:
    if isinstance(exception, RequestDataTooBig):
        return "What was sent is too large: 4 MB is the most."
    if isinstance(exception, TooManyFieldsSent):
        return "What was sent has too many fields."
    return "The address, or what was sent, cannot be read."
