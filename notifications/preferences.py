"""By which ways a notice reaches somebody."""

from dataclasses import dataclass
from datetime import datetime

from notifications.contacts import Reached
from notifications.models import Channel, Destination, Notice


@dataclass(frozen=True, slots=True)
class Route:
    """One way: ``key`` tells it from the recipient's others, ``not_before`` holds it back."""

    channel: Channel
    address: str = ""
    destination: Destination | None = None
    not_before: datetime | None = None

    @property
    def key(self) -> str:
        return f"{self.channel}:{self.destination.pk if self.destination else ''}"


def routes_for(notice: Notice, to: Reached) -> list[Route]:
    """The ways to ``to``, all of which are used."""
    if to.user is None:
        return [Route(Channel.EMAIL, to.address)]
    return [Route(Channel.INBOX), Route(Channel.EMAIL, to.user.email)]
