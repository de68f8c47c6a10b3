"""Who hears of a stage: people of the incident, and the runbook's escalation contacts in order."""

from dataclasses import dataclass

from accounts.models import User
from incidents.calling import number_of
from incidents.models import Incident
from incidents.permissions import can_see
from incidents.states import IncidentRole
from notifications.contacts import Reached, reach
from notifications.ladders import Rung
from runbooks.levels import levels_named
from runbooks.playbook import Contact

SECURITY = ("security", "privacy", "breach", "ciso")


@dataclass(frozen=True, slots=True)
class Audience:
    """``people`` are told inside the portal's rules; ``contact`` is the runbook's line they came from, if any.
    ``call`` is the number to ring where that contact cannot be reached, and others are told instead."""

    people: tuple[Reached, ...]
    contact: Contact | None = None
    call: str = ""


def audience(rung: Rung, incident: Incident, asked_before: int) -> Audience:
    """Who hears of ``rung``. ``asked_before`` is how many contacts earlier stages of this promise have asked."""
    if rung.audience == "contact":
        return _next_contact(incident, asked_before)
    if rung.audience == "successor":
        deputy = incident.communications_lead or incident.scribe
        return (
            _of([deputy])
            if deputy and deputy != incident.commander
            else _next_contact(incident, asked_before)
        )
    return _of(_holders(rung, incident), incident)


def _holders(rung: Rung, incident: Incident) -> list[User | None]:
    lead, commander = incident.communications_lead, incident.commander
    if rung.audience == "writer":
        return [lead or commander]
    if rung.audience == "leads":
        return [commander, lead]
    if rung.audience == "commander":
        return [commander]
    return [getattr(incident, role.value) for role in IncidentRole]


def _of(people: list[User | None], incident: Incident | None = None) -> Audience:
    """``people`` without gaps, each once; where nobody holds a role, whoever took it up, or declared it."""
    found = [person for person in people if person and person.is_active]
    if not found and incident:
        found = [incident.acknowledged_by or incident.declared_by]
    return Audience(tuple(Reached(user=person) for person in dict.fromkeys(found)))


def _next_contact(incident: Incident, asked_before: int) -> Audience:
    contacts = contacts_in_order(incident)
    if not contacts:
        return _of([], incident)
    contact = contacts[min(asked_before, len(contacts) - 1)]
    people = tuple(person for person in reach(contact, incident) if may_hear(person, incident))
    if people:
        return Audience(people, contact)
    return Audience(_of([], incident).people, contact, number_of(contact) or contact.role)


def contacts_in_order(incident: Incident) -> list[Contact]:
    """The runbook's contacts that this incident concerns, in its order, as their "when" says.

    One that names severities is asked for those alone; one for security incidents only where the chosen cause
    or the contact's own words meet; all others always.
    """
    playbook = incident.revision.effective
    return [c for c in playbook.contacts if _concerns(c, incident, levels_named(c.when, playbook.severities))]


def _concerns(contact: Contact, incident: Incident, levels: frozenset[int]) -> bool:
    words = f"{contact.role} {contact.when}".lower()
    if any(word in words for word in SECURITY):
        about = f"{incident.title} {_cause(incident)}".lower()
        return incident.is_private or any(word in about for word in SECURITY)
    return not levels or incident.severity in levels


def _cause(incident: Incident) -> str:
    chosen = incident.checklists.filter(is_branch=True, chosen_at__isnull=False, abandoned_at=None).first()
    return chosen.title if chosen else ""


def may_hear(person: Reached, incident: Incident) -> bool:
    """A private incident is named to nobody outside it, on call or not."""
    return not incident.is_private or (person.user is not None and can_see(person.user, incident))
