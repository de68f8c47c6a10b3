"""What every page shows of what waits for its reader: counted only where it is shown."""

from functools import cached_property

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import User
from incidents import prepared
from notifications import moves
from notifications.inbox import unread
from notifications.models import Delivery


class Badges:
    """Two queries, whatever there is."""

    def __init__(self, user: User) -> None:
        self._user = user

    @cached_property
    def _counts(self) -> list[int]:
        return prepared.counts((unread, _parked, *moves.COUNTED), self._user)

    @property
    def unread(self) -> int:
        return self._counts[0]

    @property
    def parked(self) -> int:
        """Failed deliveries that nobody has looked at, for those who can."""
        return self._counts[1]

    @cached_property
    def moves(self) -> int:
        return moves.owed_count(self._user, timezone.now(), sum(self._counts[2:]))


def _parked(user: User) -> QuerySet[Delivery]:
    return Delivery.objects.parked() if user.may_administer else Delivery.objects.none()


def badges(request: HttpRequest) -> dict[str, object]:
    user = getattr(request, "user", None)
    return {"badges": Badges(user)} if isinstance(user, User) else {}
