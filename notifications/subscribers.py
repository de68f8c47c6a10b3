"""Facts that change what is owed or promised. Rows only; whatever is sent is sent by the worker later."""

from uuid import UUID

from accounts.models import User
from incidents.states import Kind
from notifications import (
    digests,
    pages,  # and with it who answers for contacts
)
from notifications.clocks import set_clocks
from notifications.reminders import arming, news
from outbox.facts import subscribe
from outbox.models import Fact
from postmortems.models import Postmortem

CHANGES_WHAT_IS_OWED = (
    Kind.DECLARED,
    Kind.ACKNOWLEDGED,
    Kind.STATUS_CHANGED,
    Kind.SEVERITY_CHANGED,
    Kind.CADENCE_CHANGED,
    Kind.ROLE_TAKEN,
    Kind.REOPENED,
    Kind.CANCELLED,
    Kind.MERGED,
    Kind.STATUS_UPDATE_POSTED,
    Kind.NOTE_ADDED,
    Kind.DECISION_MADE,
    Kind.COMMAND_RUN,
)
#: While an incident goes on, nobody is reminded of its post-mortem.
ENDS_OR_GOES_ON = (Kind.STATUS_CHANGED, Kind.REOPENED, Kind.CANCELLED, Kind.MERGED)
ABOUT_REVIEWS = (Kind.REVIEW_REQUESTED, Kind.POSTMORTEM_REVIEWED)


def tell_the_clocks(fact: Fact) -> None:
    """Set the incident's clocks by what it owes now."""
    set_clocks(fact.payload["incident_id"])


@subscribe("page_accepted")
def tell_the_timeline(fact: Fact) -> None:
    """A page left: said by a fact, so that who sent it need not wait for the incident, which others may hold."""
    pages.note_delivered(UUID(fact.payload["delivery"]))


for kind in CHANGES_WHAT_IS_OWED:
    subscribe(kind.value)(tell_the_clocks)


@subscribe("action_item_changed")
def remind_of_item(fact: Fact) -> None:
    """Remind of an action item by what it promises now, and tell its owner that it is theirs."""
    arming.set_item(fact.payload["item_id"])
    news.tell_of_item(fact.payload["item_id"])


@subscribe("postmortem_changed")
def remind_of_postmortem(fact: Fact) -> None:
    """Remind of a post-mortem by its deadline, and tell those whom a review or a comment concerns."""
    arming.set_postmortem(fact.payload["postmortem_id"])
    news.tell_of_postmortem(fact.payload["postmortem_id"])


@subscribe("profile_changed")
def move_mornings(fact: Fact) -> None:
    """Have what waits for somebody's mornings follow them into another time zone."""
    for user in User.objects.filter(pk=fact.payload["user"]):
        arming.look_again(user)
        digests.reschedule(user)


def set_its_postmortem(fact: Fact) -> None:
    for pk in Postmortem.objects.filter(incident=fact.payload["incident_id"]).values_list("pk", flat=True):
        arming.set_postmortem(pk)


def tell_of_its_postmortem(fact: Fact) -> None:
    for pk in Postmortem.objects.filter(incident=fact.payload["incident_id"]).values_list("pk", flat=True):
        news.tell_of_postmortem(pk)


for kind in ENDS_OR_GOES_ON:
    subscribe(kind.value)(set_its_postmortem)
for kind in ABOUT_REVIEWS:
    subscribe(kind.value)(tell_of_its_postmortem)
