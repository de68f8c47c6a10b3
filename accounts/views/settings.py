"""A person's own settings."""

from zoneinfo import available_timezones

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts import operations
from accounts.access import MemberRequest, member
from accounts.forms import SettingsForm


@member
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: MemberRequest) -> HttpResponse:
    user = request.user
    initial = {"name": user.name, "timezone": user.timezone}
    form = SettingsForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        data = form.cleaned_data
        operations.change_profile(user.pk, name=data["name"], timezone_name=data["timezone"])
        messages.success(request, "Saved.")
        return redirect("accounts:settings")
    context = {"form": form, "zones": sorted(available_timezones()), "now": timezone.now()}
    return render(request, "accounts/settings.html", context, status=422 if form.errors else 200)


@member
@require_POST
def sign_out_everywhere(request: MemberRequest) -> HttpResponse:
    operations.sign_out_everywhere(request.user.pk)
    logout(request)
    messages.success(request, "You are signed out on every device.")
    return redirect("account_login")
