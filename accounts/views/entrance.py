"""How people come in: the first set-up, and invitations."""

from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import operations
from accounts.access import public
from accounts.forms import JoinForm, SetUpForm
from accounts.links import open_invitation, setup_is_open


@public
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def set_up(request: HttpRequest, token: str) -> HttpResponse:
    if not setup_is_open(token):
        raise Http404
    form = SetUpForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            user = operations.create_first_administrator(token=token, **form.cleaned_data)
        except operations.LinkClosed:
            raise Http404 from None
        login(request, user)
        return redirect("/")
    return render(request, "accounts/set_up.html", {"form": form}, status=422 if form.errors else 200)


@public
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, token: str) -> HttpResponse:
    invitation = open_invitation(token)
    if invitation is None:
        return render(request, "accounts/join_closed.html", status=404)
    form = JoinForm(request.POST if request.method == "POST" else None, email=invitation.email)
    if form.is_valid():
        try:
            user = operations.join(token=token, **form.cleaned_data)
        except operations.LinkClosed:
            return render(request, "accounts/join_closed.html", status=404)
        except operations.EmailTaken as taken:
            form.add_error("email", str(taken))
        else:
            login(request, user)
            return redirect("/")
    context = {"form": form, "invitation": invitation}
    return render(request, "accounts/join.html", context, status=422 if form.errors else 200)
