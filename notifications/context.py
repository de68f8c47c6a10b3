"""What every page shows of what is open and of what waits for its reader: counted only where it is shown."""

from functools import cached_property

from django.db.models import Exists, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from accounts.models import User
from incidents import prepared
from incidents.models import Incident, IncidentQuerySet
from notifications import heartbeat, moves
from notifications.inbox import unread
from notifications.models import Delivery, Heartbeat
from outbox.clock import DatabaseNow


class Badges:
    """One query, whatever there is."""

    def __init__(self, user: User) -> None:
        self._user = user

    @cached_property
    def _counts(self) -> list[int]:
        return prepared.counts((_open, unread, _parked, _silent, *moves.OWED), self._user, timezone.now())

    @property
    def open(self) -> int:
        """The open incidents that they may see."""
        return self._counts[0]

    @property
    def unread(self) -> int:
        return self._counts[1]

    @property
    def parked(self) -> int:
        """Failed deliveries that nobody has looked at, for those who can."""
        return self._counts[2]

    @property
    def is_silent(self) -> bool:
        """Whether nothing is sent: whoever waits for a page to be answered must know."""
        return self._counts[3] > 0

    @property
    def moves(self) -> int:
        return sum(self._counts[4:])


def _open(user: User) -> IncidentQuerySet:
    return Incident.objects.open().visible_to(user)


def _parked(user: User) -> QuerySet[Delivery]:
    return Delivery.objects.parked() if user.may_administer else Delivery.objects.none()


def _silent(user: User) -> QuerySet[Heartbeat]:
    """Those that send, where none of them has been seen lately: worker and watchdog, which does what no worker does."""
    senders = Heartbeat.objects.filter(name__in=("worker", "engine"))
    lately = {"seen_at__gt": DatabaseNow() - heartbeat.FRESH}
    return senders.exclude(Exists(senders.filter(**lately)))


def badges(request: HttpRequest) -> dict[str, object]:
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return {}
    found = Badges(user)
    return {"badges": found, "open_count": SimpleLazyObject(lambda: found.open)}
