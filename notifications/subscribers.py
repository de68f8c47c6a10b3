"""Facts of incidents that change what is owed. Rows only; whatever is sent is sent by the worker later."""

from uuid import UUID

from incidents.states import Kind
from notifications import pages  # and with it who answers for contacts
from notifications.clocks import set_clocks
from outbox.facts import subscribe
from outbox.models import Fact

CHANGES_WHAT_IS_OWED = (
    Kind.DECLARED,
    Kind.ACKNOWLEDGED,
    Kind.STATUS_CHANGED,
    Kind.SEVERITY_CHANGED,
    Kind.CADENCE_CHANGED,
    Kind.REOPENED,
    Kind.CANCELLED,
    Kind.MERGED,
    Kind.STATUS_UPDATE_POSTED,
    Kind.NOTE_ADDED,
    Kind.DECISION_MADE,
    Kind.COMMAND_RUN,
)


def tell_the_clocks(fact: Fact) -> None:
    """Set the incident's clocks by what it owes now."""
    set_clocks(fact.payload["incident_id"])


@subscribe("page_accepted")
def tell_the_timeline(fact: Fact) -> None:
    """A page left: said by a fact, so that who sent it need not wait for the incident, which others may hold."""
    pages.note_delivered(UUID(fact.payload["delivery"]))


for kind in CHANGES_WHAT_IS_OWED:
    subscribe(kind.value)(tell_the_clocks)
