"""The pages for when something is wrong: each says what happened and never needs the database."""

import sys

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.csrf import requires_csrf_token
from django.views.defaults import page_not_found, permission_denied

__all__ = ["bad_request", "csrf_failure", "page_not_found", "permission_denied", "server_error"]


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400, in words that help whoever sent it."""
    return HttpResponse(render_to_string("400.html", {"reason": _reason(exception)}), status=400)


@requires_csrf_token
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403, where a form was sent from a page that is too old, or from elsewhere."""
    return HttpResponse(render_to_string("403_csrf.html", {}, request), status=403)


def server_error(request: HttpRequest) -> HttpResponse:
    """503 while the database cannot be reached, which passes; 500 for a fault of ours."""
    if isinstance(sys.exc_info()[1], (OperationalError, InterfaceError)):
        return HttpResponse(render_to_string("503.html"), status=503, headers={"Retry-After": "10"})
    return HttpResponse(render_to_string("500.html"), status=500)


def _reason(exception: Exception) -> str:
    if isinstance(exception, RequestDataTooBig):
        return "What was sent is too large: 4 MB is the most."
    if isinstance(exception, TooManyFieldsSent):
        return "What was sent has too many fields."
    return "The address, or what was sent, cannot be read."
