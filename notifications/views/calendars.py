"""The on-call calendars: who is on call, until when, and whether each can still be read."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import MemberRequest, administrator
from incidents.operations import Refused
from notifications import oncall
from notifications.forms.contacts import CalendarForm
from notifications.models import OnCallCalendar
from outbox import clock

PER_PAGE = 25


@administrator
@require_safe
def calendars(request: MemberRequest) -> HttpResponse:
    return _list(request, CalendarForm())


@administrator
@require_POST
def add_calendar(request: MemberRequest) -> HttpResponse:
    form = CalendarForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            calendar = oncall.add_calendar(**form.words(), by=request.user)
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            _read(request, calendar)
            return redirect("notifications:calendars")
    return _list(request, form)


@administrator
@require_http_methods(["GET", "HEAD", "POST"])
def change_calendar(request: MemberRequest, calendar_id: int) -> HttpResponse:
    calendar = get_object_or_404(OnCallCalendar, pk=calendar_id)
    posted = (request.POST, request.FILES) if request.method == "POST" else ()
    form = CalendarForm(*posted, kept=calendar)
    if form.is_valid():
        try:
            changed = oncall.change_calendar(calendar.pk, **form.words(), by=request.user)
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            _read(request, changed)
            return redirect("notifications:calendars")
    return _one(request, calendar, form)


@administrator
@require_POST
def remove_calendar(request: MemberRequest, calendar_id: int) -> HttpResponse:
    calendar = get_object_or_404(OnCallCalendar, pk=calendar_id)
    try:
        oncall.remove_calendar(calendar.pk, by=request.user)
    except Refused as refused:
        return _one(request, calendar, CalendarForm(kept=calendar), refused=str(refused))
    messages.success(request, f"The calendar {calendar.name} is removed.")
    return redirect("notifications:calendars")


@administrator
@require_POST
def fetch_calendar(request: MemberRequest, calendar_id: int) -> HttpResponse:
    """Read it again now, and say how that went."""
    _read(request, get_object_or_404(OnCallCalendar, pk=calendar_id))
    return redirect("notifications:calendars")


def _read(request: MemberRequest, calendar: OnCallCalendar) -> None:
    error = oncall.fetch(calendar) if calendar.url else ""
    if error:
        messages.error(request, f"{calendar.name} could not be read: {error}")
    else:
        messages.success(request, f"{calendar.name} is read.")


def _list(request: MemberRequest, form: CalendarForm) -> HttpResponse:
    page = Paginator(OnCallCalendar.objects.order_by("name"), PER_PAGE).get_page(request.GET.get("page"))
    now = clock.now()
    context: dict[str, Any] = {
        "page": page,
        "rows": [(calendar, oncall.on_call(calendar, now)) for calendar in page],
        "form": form,
    }
    return render(request, "notifications/calendars.html", context, status=422 if form.errors else 200)


def _one(
    request: MemberRequest, calendar: OnCallCalendar, form: CalendarForm, refused: str = ""
) -> HttpResponse:
    context = {"calendar": calendar, "form": form, "refused": refused}
    status = 422 if form.errors or refused else 200
    return render(request, "notifications/calendar.html", context, status=status)
