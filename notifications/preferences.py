"""By which ways a notice reaches somebody: their preferences, their destinations, their quiet hours."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from accounts.models import User
from incidents.models import Incident
from incidents.permissions import can_see
from notifications import wall
from notifications.models import Channel, Destination, Notice, Preferences, Urgency
from notifications.reached import Reached
from outbox import clock

#: The mildest severity whose nudges disturb quiet hours.
DISTURBS = 2
#: How long what was held back may still be sent afterwards, at least.
AFTERWARDS = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Route:
    """One way: ``key`` tells it from the recipient's others, ``not_before`` holds it back.

    What is ``shared`` belongs to a team, and goes out once however many people hear of it. What is
    ``in_digest`` waits for the morning's mail.
    """

    channel: Channel
    address: str = ""
    destination: Destination | None = None
    not_before: datetime | None = None
    shared: bool = False
    in_digest: bool = False

    @property
    def key(self) -> str:
        return f"{self.channel}:{self.destination.pk if self.destination else ''}"

    def expiry(self, notice: Notice) -> datetime:
        """When it is too late to send ``notice`` this way: a quiet night must not be what makes it so."""
        held = self.not_before
        return max(notice.expires_at, held + AFTERWARDS) if held else notice.expires_at


def routes_for(notice: Notice, to: Reached) -> list[Route]:
    """The ways to ``to``, all of which are used. None to those who may not know of the incident."""
    incident = notice.incident
    hidden = incident and incident.is_private and not notice.is_by_hand
    if incident and hidden and (to.user is None or not can_see(to.user, incident)):
        return []
    shared = _of_team(notice)
    if to.user is None:
        return [Route(Channel.EMAIL, to.address), *shared]
    return [Route(Channel.INBOX), *_own(notice, to.user), *shared]


def preferences_of(user: User) -> Preferences:
    """What ``user`` chose, or what is usual."""
    return Preferences.objects.filter(user=user).first() or Preferences(user=user)


def _own(notice: Notice, user: User) -> list[Route]:
    chosen = preferences_of(user)
    held = quiet_until(notice, user, chosen)
    digested = notice.urgency == Urgency.REMINDER and not notice.is_pressing
    routes = (
        [Route(Channel.EMAIL, user.email, None, held, in_digest=digested)] if mails(notice, chosen) else []
    )
    for destination in _used(Destination.objects.filter(user=user), notice.urgency):
        mail = destination.channel == Channel.EMAIL
        routes.append(_to(destination, held, in_digest=digested and mail))
    return routes


def mails(notice: Notice, chosen: Preferences) -> bool:
    """Whether it goes to the person's own address. A page always does."""
    return {
        Urgency.PAGE: True,
        Urgency.NUDGE: chosen.email_nudges,
        Urgency.REMINDER: chosen.email_reminders,
    }[Urgency(notice.urgency)]


def quiet_until(notice: Notice, user: User, chosen: Preferences) -> datetime | None:
    """Until when quiet hours hold ``notice`` back from ``user``; None where it may disturb now."""
    if chosen.quiet_from is None or chosen.quiet_until is None or not can_wait(notice):
        return None
    return wall.quiet_end(clock.now(), chosen.quiet_from, chosen.quiet_until, user.zone)


def can_wait(notice: Notice) -> bool:
    """A reminder always; a nudge of a mild incident; a page never, nor a nudge of a severe incident."""
    if notice.urgency == Urgency.REMINDER:
        return True
    if notice.urgency == Urgency.PAGE or notice.incident is None:
        return False
    return notice.incident.severity > DISTURBS


def _of_team(notice: Notice) -> list[Route]:
    """The destinations of the incident's team. What is private is told to people, never to a team's channel; nor is
    what concerns one person alone, such as a review that is asked of them."""
    incident: Incident | None = notice.incident
    is_personal = notice.urgency == Urgency.REMINDER and notice.reminder_id is None
    if incident is None or incident.team_id is None or incident.is_private or is_personal:
        return []
    found = _used(Destination.objects.filter(team=incident.team_id), notice.urgency)
    return [_to(destination, shared=True) for destination in found]


def _used(destinations: "QuerySet[Destination]", urgency: str) -> "QuerySet[Destination]":
    return destinations.filter(disabled_at=None, uses__urgency=urgency).order_by("pk")


def _to(destination: Destination, held: datetime | None = None, **how: bool) -> Route:
    return Route(Channel(destination.channel), destination.address, destination, held, **how)


def digest_routes(user: User) -> list[Route]:
    """Where the morning's mail goes: one's own address, and the others that are used for reminders."""
    mine = Route(Channel.EMAIL, user.email)
    others = _used(Destination.objects.filter(user=user, channel=Channel.EMAIL), Urgency.REMINDER)
    return [*([mine] if preferences_of(user).email_reminders else []), *map(_to, others)]


def may_keep(user: User) -> Q:
    """The destinations that ``user`` may see and change: one's own, and those of one's teams."""
    teams = Q(team__isnull=False) if user.may_administer else Q(team__in=user.teams.values("pk"))
    return Q(user=user) | teams
