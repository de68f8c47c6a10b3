"""Who may open a view: every view carries exactly one of these decorators, and `view.access` names it.

    @public         anyone, signed in or not
    @member         anyone with an active account
    @responder      a member who may work incidents; others get the 403 page
    @administrator  a member who runs the portal; others get the 403 page

They work on plain and on async views. A test walks the URLs and fails on a view without one.
"""

from collections.abc import Awaitable, Callable
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, cast

from asgiref.sync import sync_to_async
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from accounts.models import User

View = Callable[..., Any]
Rule = Callable[[User], bool]


class MemberRequest(HttpRequest):
    """The request as a view behind `@member` sees it: `user` is a real, active person."""

    user: User


def public(view: View) -> View:
    """Open the view to everyone."""
    view.access = "public"  # type: ignore[attr-defined]
    return view


def member(view: View) -> View:
    """Open the view to people with an active account; others are sent to sign in."""
    return _guarded(view, "member", lambda user: True)


def responder(view: View) -> View:
    """Open the view to people who may work incidents."""
    return _guarded(view, "responder", lambda user: user.may_respond)


def administrator(view: View) -> View:
    """Open the view to people who run the portal."""
    return _guarded(view, "administrator", lambda user: user.may_administer)


def _guarded(view: View, name: str, rule: Rule) -> View:
    if iscoroutinefunction(view):

        @wraps(view)
        async def guarded_async(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            refusal = await sync_to_async(_refusal)(request, await request.auser(), rule)
            return refusal or await cast(Awaitable[HttpResponseBase], view(request, *args, **kwargs))

        guarded: View = guarded_async
    else:

        @wraps(view)
        def guarded_sync(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            return _refusal(request, request.user, rule) or cast(
                HttpResponseBase, view(request, *args, **kwargs)
            )

        guarded = guarded_sync
    guarded.access = name  # type: ignore[attr-defined]
    return guarded


def after_set_up(view: View) -> View:
    """Until there is a first account, show how to make it in place of the view."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not User.objects.exists():
            return _set_up_first(request)
        return cast(HttpResponseBase, view(request, *args, **kwargs))

    return wrapped


def _refusal(request: HttpRequest, user: object, rule: Rule) -> HttpResponse | None:
    """What to answer instead of the view; None when the person may see it. 403 when signed in but not allowed."""
    if not isinstance(user, User) or not user.is_active:
        return _sign_in_first(request)
    if not rule(user):
        raise PermissionDenied
    return None


def _sign_in_first(request: HttpRequest) -> HttpResponse:
    """To the sign-in page and back; a fragment asked for by htmx must not swap a sign-in page into the room."""
    if request.headers.get("HX-Request"):
        return HttpResponse("Your session has ended. Sign in again; what you typed is kept.", status=401)
    if not User.objects.exists():
        return _set_up_first(request)
    here = request.get_full_path() if request.method in ("GET", "HEAD") else "/"
    return redirect_to_login(here)


def _set_up_first(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/set_up_first.html", status=503)
