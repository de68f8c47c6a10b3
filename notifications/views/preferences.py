"""How somebody wants to hear, and their destinations or their team's."""

from django.conf import settings
from django.contrib import messages
from django.db.models import OuterRef, Prefetch, QuerySet, Subquery
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import MemberRequest, member
from accounts.models import Team, User
from notifications import operations, trials
from notifications.forms.preferences import USES, AddDestinationForm, PreferencesForm, UsesForm
from notifications.models import Channel, DeliveryAttempt, Destination, DestinationUse
from notifications.operations import Refused
from notifications.preferences import may_keep, preferences_of


@member
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: MemberRequest) -> HttpResponse:
    if request.method != "POST":
        return _page(request, form=PreferencesForm.of(preferences_of(request.user)))
    form = PreferencesForm(request.POST)
    if not form.is_valid():
        return _page(request, form=form, status=422)
    operations.save_preferences(by=request.user, **form.cleaned_data)
    messages.success(request, "Saved.")
    return redirect("notifications:preferences")


@member
@require_safe
def team(request: MemberRequest, slug: str) -> HttpResponse:
    return _page(request, team=_team(request.user, slug))


@member
@require_POST
def add_destination(request: MemberRequest, slug: str = "") -> HttpResponse:
    owner = _team(request.user, slug) if slug else None
    form = AddDestinationForm(request.POST)
    if form.is_valid():
        try:
            made = operations.add_destination(by=request.user, team=owner, **form.cleaned_data)
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            return _show_secret(request, made) if made.secret else _back(made)
    return _page(request, team=owner, add=form, status=422)


@member
@require_POST
def choose_uses(request: MemberRequest, destination_id: int) -> HttpResponse:
    found, form = _find(request.user, destination_id), UsesForm(request.POST)
    if form.is_valid():
        operations.choose_uses(found.pk, form.cleaned_data["uses"], by=request.user)
        messages.success(request, f"{found.name}: saved.")
    else:
        messages.error(request, f"{found.name}: choose among pages, nudges and reminders.")
    return _back(found)


@member
@require_POST
def change_destination(request: MemberRequest, destination_id: int, name: str) -> HttpResponse:
    """Enable it, disable it, or remove it."""
    found = _find(request.user, destination_id)
    getattr(operations, f"{name}_destination")(found.pk, by=request.user)
    return _back(found)


@member
@require_POST
def renew_secret(request: MemberRequest, destination_id: int) -> HttpResponse:
    found = _find(request.user, destination_id)
    try:
        return _show_secret(request, operations.renew_secret(found.pk, by=request.user))
    except Refused as refused:
        messages.error(request, str(refused))
    return _back(found)


@member
@require_POST
def send_test(request: MemberRequest, destination_id: int) -> HttpResponse:
    found = _find(request.user, destination_id)
    _try(request, found.pk, found.name)
    return _back(found)


@member
@require_POST
def send_mail_test(request: MemberRequest) -> HttpResponse:
    _try(request, None, request.user.email)
    return redirect("notifications:preferences")


def _try(request: MemberRequest, destination_id: int | None, name: str) -> None:
    """Send a test and say how it ended."""
    try:
        outcome = trials.send_test(destination_id, by=request.user)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        say = messages.success if outcome.kind == DeliveryAttempt.Outcome.SENT else messages.error
        say(request, f"{name}: {trials.in_words(outcome)}")


def _find(user: User, destination_id: int) -> Destination:
    return get_object_or_404(Destination.objects.select_related("team"), may_keep(user), pk=destination_id)


def _team(user: User, slug: str) -> Team:
    teams = Team.objects.all() if user.may_administer else user.teams.all()
    return get_object_or_404(teams, slug=slug)


def _back(destination: Destination) -> HttpResponse:
    if destination.team:
        return redirect("notifications:team", destination.team.slug)
    return redirect("notifications:preferences")


def _show_secret(request: MemberRequest, destination: Destination) -> HttpResponse:
    messages.success(request, destination.secret, extra_tags="secret")
    return _back(destination)


def _destinations(owner: dict[str, object]) -> "QuerySet[Destination]":
    """With what they are used for, and how the last try ended."""
    tries = DeliveryAttempt.objects.filter(delivery__destination=OuterRef("pk")).order_by(
        "-started_at", "-pk"
    )
    last = {f"last_{name}": Subquery(tries.values(name)[:1]) for name in ("outcome", "detail", "ended_at")}
    uses = Prefetch("uses", DestinationUse.objects.order_by("pk"))
    return Destination.objects.filter(**owner).annotate(**last).prefetch_related(uses)


def _page(
    request: MemberRequest,
    *,
    form: PreferencesForm | None = None,
    team: Team | None = None,
    add: AddDestinationForm | None = None,
    status: int = 200,
) -> HttpResponse:
    user = request.user
    context = {
        "form": None if team else form or PreferencesForm.of(preferences_of(user)),
        "team": team,
        "teams": Team.objects.all() if user.may_administer else user.teams.all(),
        "destinations": _destinations({"team": team} if team else {"user": user}),
        "add": add or AddDestinationForm(),
        "uses": USES,
        "webhook": Channel.WEBHOOK,
        "now": timezone.now(),
        "has_mail": settings.MAIL_CONFIGURED,
    }
    return render(request, "notifications/preferences.html", context, status=status)
