"""The first steps of every change to a document: lock the incident, then the document, and see that the move is one."""

from django.db import transaction

from accounts.models import User
from incidents.operations import Refused, hold
from outbox.facts import publish
from postmortems.models import Postmortem
from postmortems.states import DISCARDED, DOCUMENT_MOVES, DocumentStatus


@transaction.atomic
def held(postmortem_id: int, *, by: User) -> Postmortem:
    """The post-mortem, locked with its incident until the caller's transaction ends.

    Raises ``Postmortem.DoesNotExist``, or ``Refused`` where ``by`` may not work on the incident any more.
    """
    incident_id = Postmortem.objects.values_list("incident_id", flat=True).get(pk=postmortem_id)
    incident = hold(incident_id, by=by)
    postmortem = Postmortem.objects.select_for_update(of=("self",)).get(pk=postmortem_id)
    postmortem.incident = incident
    return postmortem


def held_for(move: str, postmortem_id: int, *, by: User) -> tuple[Postmortem, str]:
    """The locked post-mortem, and the state that ``move`` leads to. Raises ``Refused`` where it leads nowhere."""
    postmortem = held(postmortem_id, by=by)
    state = DISCARDED if postmortem.is_discarded else postmortem.status
    if move not in DOCUMENT_MOVES[state]:
        raise Refused(_REFUSALS.get(move) or _REFUSALS[state])
    return postmortem, DOCUMENT_MOVES[state][move]


#: Why a move is none: by the move where that is reason enough, else by where the document is.
_REFUSALS = {
    "take_back": "The post-mortem is not published.",
    "bring_back": "The post-mortem was not discarded.",
    DISCARDED: "The post-mortem was discarded. Bring it back first.",
    DocumentStatus.PUBLISHED: "The post-mortem is published. Take it back first.",
    DocumentStatus.DRAFT: "Nobody is asked for a review of it now.",
}


def tell(postmortem: Postmortem) -> None:
    """Publish that the document changed, in the caller's transaction."""
    publish("postmortem_changed", postmortem_id=postmortem.pk)
