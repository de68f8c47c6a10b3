"""What administrators do with teams."""

from zoneinfo import available_timezones

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts import operations
from accounts.access import MemberRequest, administrator
from accounts.forms import AddMemberForm, LeadForm, TeamForm, WorkingCalendarForm
from accounts.models import Team, User

PER_PAGE = 50


@administrator
@require_safe
def teams(request: MemberRequest) -> HttpResponse:
    return _teams(request, TeamForm())


@administrator
@require_POST
def create_team(request: MemberRequest) -> HttpResponse:
    form = TeamForm(request.POST)
    if form.is_valid():
        try:
            team = operations.create_team(name=form.cleaned_data["name"], by=request.user)
        except operations.Refused as refused:
            form.add_error("name", str(refused))
        else:
            return redirect("accounts:team", team.slug)
    return _teams(request, form)


@administrator
@require_safe
def team(request: MemberRequest, slug: str) -> HttpResponse:
    return _team(request, get_object_or_404(Team, slug=slug))


@administrator
@require_POST
def rename_team(request: MemberRequest, slug: str) -> HttpResponse:
    found = get_object_or_404(Team, slug=slug)
    form = TeamForm(request.POST)
    if form.is_valid():
        try:
            operations.rename_team(found.pk, name=form.cleaned_data["name"], by=request.user)
        except operations.Refused as refused:
            form.add_error("name", str(refused))
        else:
            messages.success(request, "The team is renamed.")
            return redirect("accounts:team", slug)
    return _team(request, found, rename=form)


@administrator
@require_POST
def change_working_calendar(request: MemberRequest, slug: str) -> HttpResponse:
    found = get_object_or_404(Team, slug=slug)
    form = WorkingCalendarForm(request.POST)
    if form.is_valid():
        try:
            operations.change_working_calendar(found.pk, **form.words(), by=request.user)
        except operations.Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, "The working hours are saved.")
            return redirect("accounts:team", slug)
    return _team(request, found, hours=form)


@administrator
@require_POST
def set_lead(request: MemberRequest, slug: str) -> HttpResponse:
    found = get_object_or_404(Team, slug=slug)
    form = LeadForm(request.POST, team=found)
    if form.is_valid():
        lead = form.cleaned_data["user"]
        try:
            operations.set_lead(found.pk, lead.pk if lead else None, by=request.user)
        except operations.Refused as refused:
            form.add_error("user", str(refused))
        else:
            messages.success(request, f"{lead or 'Nobody'} leads the team now.")
            return redirect("accounts:team", slug)
    return _team(request, found, lead=form)


@administrator
@require_POST
def delete_team(request: MemberRequest, slug: str) -> HttpResponse:
    found = get_object_or_404(Team, slug=slug)
    try:
        operations.delete_team(found.pk, by=request.user)
    except operations.Refused as refused:
        return _team(request, found, refused=str(refused))
    messages.success(request, f"The team {found.name} is deleted.")
    return redirect("accounts:teams")


@administrator
@require_POST
def add_member(request: MemberRequest, slug: str) -> HttpResponse:
    found = get_object_or_404(Team, slug=slug)
    form = AddMemberForm(request.POST, team=found)
    if not form.is_valid():
        return _team(request, found, add=form)
    operations.add_member(found.pk, form.cleaned_data["user"].pk, by=request.user)
    return redirect("accounts:team", slug)


@administrator
@require_POST
def remove_member(request: MemberRequest, slug: str, user_id: int) -> HttpResponse:
    found = get_object_or_404(Team, slug=slug)
    operations.remove_member(found.pk, get_object_or_404(User, pk=user_id).pk, by=request.user)
    return redirect("accounts:team", slug)


def _teams(request: MemberRequest, form: TeamForm) -> HttpResponse:
    found = Team.objects.annotate(size=Count("members")).order_by("name")
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    status = 422 if form.errors else 200
    return render(request, "accounts/teams.html", {"page": page, "form": form}, status=status)


def _team(
    request: MemberRequest,
    team: Team,
    *,
    rename: TeamForm | None = None,
    add: AddMemberForm | None = None,
    lead: LeadForm | None = None,
    hours: WorkingCalendarForm | None = None,
    refused: str = "",
) -> HttpResponse:
    context = {
        "team": team,
        "page": Paginator(team.members.order_by("name", "pk"), PER_PAGE).get_page(request.GET.get("page")),
        "rename": rename or TeamForm(initial={"name": team.name}),
        "add": add or AddMemberForm(team=team),
        "lead": lead or LeadForm(team=team),
        "hours": hours or WorkingCalendarForm.of(team),
        "zones": sorted(available_timezones()),
        "refused": refused,
    }
    wrong = rename or add or lead or hours or refused
    return render(request, "accounts/team.html", context, status=422 if wrong else 200)
