"""The views of allauth that this portal opens, and no others: signing in and out, and passwords."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account import views
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import path, re_path
from django.views.decorators.http import require_safe

from accounts.access import after_set_up, member, public

View = Callable[..., HttpResponseBase]


def unprocessable(view: View) -> View:
    """Have a form that was refused answer 422, as everywhere else; allauth answers 200."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        if isinstance(response, TemplateResponse) and response.status_code == 200:
            form = (response.context_data or {}).get("form")
            response.status_code = 422 if form is not None and form.errors else 200
        return response

    return wrapped


def forgotten(request: HttpRequest) -> HttpResponseBase:
    """A link by e-mail where mail is configured; else, whom to ask."""
    if settings.MAIL_CONFIGURED:
        return unprocessable(views.password_reset)(request)
    return _ask_somebody(request)


@require_safe
def _ask_somebody(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/forgotten.html")


urlpatterns = [
    path("login/", public(after_set_up(unprocessable(views.login))), name="account_login"),
    path("logout/", public(views.logout), name="account_logout"),
    path("inactive/", public(views.account_inactive), name="account_inactive"),
    path("password/change/", member(unprocessable(views.password_change)), name="account_change_password"),
    path("password/reset/", public(after_set_up(forgotten)), name="account_reset_password"),
    path("password/reset/done/", public(views.password_reset_done), name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        public(unprocessable(views.password_reset_from_key)),
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        public(views.password_reset_from_key_done),
        name="account_reset_password_from_key_done",
    ),
]
