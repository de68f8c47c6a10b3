"""What every page shows of what waits for its reader: counted only where it is shown."""

from functools import cached_property

from django.http import HttpRequest
from django.utils import timezone

from accounts.models import User
from notifications import moves
from notifications.inbox import unread_count
from notifications.models import Delivery


class Badges:
    def __init__(self, user: User) -> None:
        self._user = user

    @cached_property
    def unread(self) -> int:
        return unread_count(self._user)

    @cached_property
    def moves(self) -> int:
        return moves.owed_count(self._user, timezone.now())

    @cached_property
    def parked(self) -> int:
        """Failed deliveries that nobody has looked at, for those who can."""
        return Delivery.objects.parked().count() if self._user.may_administer else 0


def badges(request: HttpRequest) -> dict[str, object]:
    user = getattr(request, "user", None)
    return {"badges": Badges(user)} if isinstance(user, User) else {}
