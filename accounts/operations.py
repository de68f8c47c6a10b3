"""Every write to people, invitations and the first set-up. One function a verb; each owns its transaction."""

from datetime import date, time
from itertools import count

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.db.models import CASCADE
from django.utils import timezone
from django.utils.text import slugify

from accounts.links import hash_token, new_token
from accounts.models import Invitation, Role, Setup, Team, User
from outbox.facts import notify, publish


class Refused(Exception):
    """A rule says no; the message is for the person who asked."""


class LinkClosed(Refused):
    """A one-time link that is wrong, used, revoked or expired."""


class EmailTaken(Refused):
    def __init__(self) -> None:
        super().__init__("Someone with this e-mail address already has an account.")


class LastAdministrator(Refused):
    def __init__(self) -> None:
        super().__init__("This is the last active administrator. Make someone else administrator first.")


class NameTaken(Refused):
    def __init__(self) -> None:
        super().__init__("There is a team with this name already.")


class NotAllowed(Refused):
    def __init__(self) -> None:
        super().__init__("Only an administrator may do this.")


# -- set-up ----------------------------------------------------------------------------------------


@transaction.atomic
def setup_token() -> str | None:
    """A fresh one-time token for the set-up page, replacing any earlier one; None once there is an account."""
    if User.objects.exists():
        return None
    token = new_token()
    Setup.objects.update_or_create(
        pk=1, defaults={"token_hash": hash_token(token), "made_at": timezone.now()}
    )
    return token


@transaction.atomic
def create_first_administrator(*, token: str, name: str, email: str, password: str) -> User:
    """The first account, an administrator. Raises LinkClosed when the token is wrong or there is an account."""
    setup = Setup.objects.select_for_update().filter(pk=1, token_hash=hash_token(token)).first()
    if setup is None or User.objects.exists():
        raise LinkClosed("This set-up link is not valid any more.")
    setup.delete()
    return _create_user(name=name, email=email, password=password, role=Role.ADMINISTRATOR)


# -- invitations -----------------------------------------------------------------------------------


@transaction.atomic
def invite(*, role: str, by: User, email: str = "", team: Team | None = None) -> tuple[Invitation, str]:
    """An invitation and its token, which is not kept and cannot be shown again."""
    _lock_administrators(by)
    if email and User.objects.filter(email__iexact=email).exists():
        raise EmailTaken
    token = new_token()
    invitation = Invitation.objects.create(
        token_hash=hash_token(token), role=role, email=email.lower(), team=team, created_by=by
    )
    return invitation, token


@transaction.atomic
def revoke_invitation(invitation_id: int, *, by: User) -> None:
    """Close the link; one that is used or revoked already stays as it is."""
    _lock_administrators(by)
    Invitation.objects.filter(pk=invitation_id, used_at=None, revoked_at=None).update(
        revoked_at=timezone.now()
    )


@transaction.atomic
def join(*, token: str, name: str, email: str, password: str) -> User:
    """The account that the invitation promises. Raises LinkClosed or EmailTaken."""
    invitation = Invitation.objects.select_for_update().filter(token_hash=hash_token(token)).first()
    if invitation is None or not invitation.is_open:
        raise LinkClosed("This invitation has been used, was revoked, or has expired. Ask for a new one.")
    user = _create_user(name=name, email=invitation.email or email, password=password, role=invitation.role)
    if invitation.team_id:
        # Nobody there any more if the team was deleted a moment ago.
        for team in Team.objects.select_for_update().filter(pk=invitation.team_id):
            team.members.add(user)
    invitation.used_at, invitation.used_by = timezone.now(), user
    invitation.save(update_fields=["used_at", "used_by"])
    return user


def tell_signed_out(user_id: int) -> None:
    """A session of theirs has ended: whoever keeps a page of it up to date looks again. Nothing else changes."""
    notify("access_changed", user=user_id)


# -- members ---------------------------------------------------------------------------------------


@transaction.atomic
def change_role(user_id: int, *, role: str, by: User) -> User:
    """Raises LastAdministrator rather than leave nobody to run the portal."""
    administrators = _lock_administrators(by)
    user = User.objects.select_for_update(no_key=True).get(pk=user_id)
    if role != Role.ADMINISTRATOR and administrators == {user.pk}:
        raise LastAdministrator
    user.role = role
    user.save(update_fields=["role"])
    publish("access_changed", user=user.pk)
    return user


@transaction.atomic
def deactivate(user_id: int, *, by: User) -> User:
    """End the person's sessions and keep them out; what they did stays on record."""
    administrators = _lock_administrators(by)
    user = User.objects.select_for_update(no_key=True).get(pk=user_id)
    if administrators == {user.pk}:
        raise LastAdministrator
    user.is_active = False
    _end_sessions(user, also=["is_active"])
    return user


@transaction.atomic
def reactivate(user_id: int, *, by: User) -> User:
    _lock_administrators(by)
    user = User.objects.select_for_update(no_key=True).get(pk=user_id)
    user.is_active = True
    user.save(update_fields=["is_active"])
    return user


# -- teams -----------------------------------------------------------------------------------------


@transaction.atomic
def create_team(*, name: str, by: User) -> Team:
    """Raises NameTaken, in whatever case the name is written. The slug stays when the team is renamed."""
    _lock_administrators(by)
    return _unless_taken(Team(name=name, slug=_free_slug(name)))


@transaction.atomic
def rename_team(team_id: int, *, name: str, by: User) -> Team:
    _lock_administrators(by)
    team = Team.objects.select_for_update().get(pk=team_id)
    team.name = name
    return _unless_taken(team)


@transaction.atomic
def change_working_calendar(
    team_id: int,
    *,
    timezone_name: str,
    workdays: list[int],
    opens_at: time,
    closes_at: time,
    holidays: str,
    days_off: list[date],
    by: User,
) -> Team:
    """Say when the team works. What is owed on the next business day from now on is reckoned by it; what was
    promised already stands."""
    _lock_administrators(by)
    if not workdays or opens_at >= closes_at:
        raise Refused("A team works on one day at least, and closes after it opens.")
    team = Team.objects.select_for_update().get(pk=team_id)
    team.timezone, team.workdays = timezone_name, sorted(set(workdays))
    team.opens_at, team.closes_at = opens_at, closes_at
    team.holidays, team.days_off = holidays, sorted(set(days_off))
    team.save(update_fields=["timezone", "workdays", "opens_at", "closes_at", "holidays", "days_off"])
    return team


@transaction.atomic
def set_lead(team_id: int, user_id: int | None, *, by: User) -> Team:
    """Make a member the team's lead; None for nobody. Raises Refused for someone who is not in the team."""
    _lock_administrators(by)
    team = Team.objects.select_for_update().get(pk=team_id)
    if user_id and not team.members.filter(pk=user_id, is_active=True).exists():
        raise Refused("Only someone who is in the team can lead it.")
    team.lead_id = user_id
    team.save(update_fields=["lead"])
    return team


@transaction.atomic
def delete_team(team_id: int, *, by: User) -> None:
    """Raises Refused while an incident, a service or a runbook belongs to the team. What is the team's alone goes
    with it."""
    _lock_administrators(by)
    # In the order in which join() takes them. Locking the team keeps out new rows that refer to it.
    list(Invitation.objects.select_for_update().filter(team=team_id))
    team = Team.objects.select_for_update().get(pk=team_id)
    for relation in Team._meta.related_objects:
        if relation.on_delete is CASCADE:
            continue
        if relation.related_model._base_manager.filter(**{relation.field.name: team}).exists():
            things = relation.related_model._meta.verbose_name_plural
            raise Refused(f"There are {things} that belong to this team. Move them to another team first.")
    team.delete()


@transaction.atomic
def add_member(team_id: int, user_id: int, *, by: User) -> None:
    """Adding someone twice changes nothing."""
    _lock_administrators(by)
    team = Team.objects.select_for_update().get(pk=team_id)
    team.members.add(User.objects.get(pk=user_id))
    publish("access_changed", user=user_id)


@transaction.atomic
def remove_member(team_id: int, user_id: int, *, by: User) -> None:
    """Someone who led the team leads it no more."""
    _lock_administrators(by)
    team = Team.objects.select_for_update().get(pk=team_id)
    team.members.remove(user_id)
    if team.lead_id == user_id:
        team.lead = None
        team.save(update_fields=["lead"])
    publish("access_changed", user=user_id)


# -- one's own account -----------------------------------------------------------------------------


@transaction.atomic
def change_profile(user_id: int, *, name: str, timezone_name: str) -> User:
    """``timezone_name`` is an IANA name, such as Europe/Lisbon."""
    user = User.objects.select_for_update(no_key=True).get(pk=user_id)
    user.name, user.timezone = name, timezone_name
    user.save(update_fields=["name", "timezone"])
    publish("profile_changed", user=user.pk)
    return user


@transaction.atomic
def sign_out_everywhere(user_id: int) -> User:
    """End every session of the person, and every reset link made for them."""
    user = User.objects.select_for_update(no_key=True).get(pk=user_id)
    _end_sessions(user)
    return user


@transaction.atomic
def set_password(user_id: int, *, password: str) -> User:
    """Set the password alone, whatever else changes in the row meanwhile. All sessions end with it."""
    user = User.objects.select_for_update(no_key=True).get(pk=user_id)
    user.password = make_password(password)
    _end_sessions(user, also=["password"])
    return user


# -- shared ----------------------------------------------------------------------------------------


def _create_user(*, name: str, email: str, password: str, role: str) -> User:
    try:
        with transaction.atomic():
            return User.objects.create_user(email.lower(), password, name=name, role=role)
    except IntegrityError as clash:
        raise EmailTaken from clash


def _lock_administrators(by: User) -> set[int]:
    """Lock the active administrators, in one order so that two at once cannot deadlock; who they are.

    Whoever waited here sees what the other decided, and may find that ``by`` is not among them any more.
    """
    locked = (
        User.objects.select_for_update(no_key=True)
        .filter(role=Role.ADMINISTRATOR, is_active=True)
        .order_by("pk")
    )
    ids = {user.pk for user in locked}
    if by.pk not in ids:
        raise NotAllowed
    return ids


def _free_slug(name: str) -> str:
    """The name as it goes into an address; a name without Latin letters becomes team, team-2, and so on."""
    slug = slugify(name)[:50] or "team"
    taken = set(Team.objects.filter(slug__startswith=slug).values_list("slug", flat=True))
    return next(s for n in count(1) if (s := slug if n == 1 else f"{slug}-{n}") not in taken)


def _unless_taken(team: Team) -> Team:
    try:
        with transaction.atomic():
            team.save()
    except IntegrityError as clash:
        raise NameTaken from clash
    return team


def _end_sessions(user: User, also: list[str] | None = None) -> None:
    user.session_epoch += 1
    user.save(update_fields=["session_epoch", *(also or [])])
    publish("access_changed", user=user.pk)
