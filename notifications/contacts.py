"""From a line of the runbook to somebody who can be reached."""

import re
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.db import transaction
from django.db.models import Q

from accounts.models import Team, User
from incidents.calling import REACHED_BY, tells_who_answers
from incidents.models import Incident
from incidents.operations import Refused
from notifications import oncall
from notifications.models import ContactBinding, OnCallCalendar
from notifications.reached import Reached
from outbox import clock
from runbooks.models import Runbook
from runbooks.playbook import Contact

__all__ = ["Answering", "Reached", "answering", "bind", "binding_of", "named", "reach", "unbind"]

EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}")
BETWEEN_NAMES = re.compile(r"[,;:/|()<>·–—]| - | & | \+ |\b(?:and|or)\b", re.IGNORECASE)
MOST_NAMES = 10


@dataclass(frozen=True, slots=True)
class Answering:
    """Who answers for a contact. ``on_call`` is set where a calendar says it."""

    people: tuple[Reached, ...]
    binding: ContactBinding | None = None
    on_call: oncall.OnCall | None = None


def reach(contact: Contact, incident: Incident) -> list[Reached]:
    """Who answers for ``contact`` now: whom it is bound to, else those of its address or names, else that
    address itself. Nobody on call by the calendar means that the runbook's own words count."""
    return list(answering(contact, incident.revision.runbook).people)


def answering(contact: Contact, runbook: Runbook) -> Answering:
    """Who answers for ``contact``, and why."""
    binding = binding_of(runbook, contact.role)
    if binding is None:
        return Answering(tuple(_as_written(contact)))
    on_call = oncall.on_call(binding.calendar, clock.now()) if binding.calendar else None
    people = tuple(on_call.people) if on_call else tuple(_bound(binding))
    return Answering(people or tuple(_as_written(contact)), binding, on_call)


def binding_of(runbook: Runbook, role: str) -> ContactBinding | None:
    """The binding of a contact, by its role in whatever case."""
    bound = ContactBinding.objects.filter(runbook=runbook, role__iexact=role)
    return bound.select_related("user", "team", "calendar").first()


@tells_who_answers
def named(runbook: Runbook) -> dict[str, str]:
    """Whom each contact is bound to, by its role in lower case. Who is on call by a calendar changes by itself, and
    is asked for apart."""
    bound = ContactBinding.objects.filter(runbook=runbook).select_related("user", "team")
    bound = bound.select_related("calendar").defer("calendar__source")
    return {binding.role.lower(): _name_of(binding) for binding in bound}


def _name_of(binding: ContactBinding) -> str:
    if binding.calendar:
        return f"Whoever is on call by {binding.calendar.name}"
    if binding.team:
        return f"The team {binding.team.name}"
    return binding.user.name if binding.user else binding.address


def _bound(binding: ContactBinding) -> list[Reached]:
    if binding.user:
        return [Reached(user=binding.user)] if binding.user.is_active else []
    if binding.team:
        return [Reached(user=user) for user in binding.team.members.filter(is_active=True)]
    return [_of_address(binding.address)]


def _as_written(contact: Contact) -> list[Reached]:
    words = " ".join((contact.contact, *contact.columns.values()))
    if found := EMAIL.search(words[:5000]):
        return [_of_address(found[0])]
    names = _names_in(contact.contact)
    asked = reduce(or_, (Q(name__iexact=name) for name in names), Q(pk=None))
    return [Reached(user=user) for user in User.objects.filter(asked, is_active=True).order_by("pk")]


def _names_in(words: str) -> list[str]:
    """What may be names in a contact as people write it, such as "Ana Ruiz, +34 91 123 45 67". Whole parts alone: of
    "Ana Ruiz" nobody is meant whose name is Ana."""
    parts = BETWEEN_NAMES.split(REACHED_BY.sub(",", words[:2000]))
    found = (" ".join(part.split()).lstrip("@") for part in parts)
    return [name for name in dict.fromkeys(found) if name][:MOST_NAMES]


def _of_address(address: str) -> Reached:
    user = User.objects.filter(is_active=True, email__iexact=address).first()
    return Reached(user=user) if user else Reached(address=address)


@transaction.atomic
def bind(
    runbook_id: int,
    role: str,
    *,
    by: User,
    user: User | None = None,
    team: Team | None = None,
    address: str = "",
    calendar: OnCallCalendar | None = None,
) -> ContactBinding:
    """Say who answers for a contact of the runbook: exactly one of a person, a team, an address, a calendar."""
    _may(by)
    if sum(bool(one) for one in (user, team, address, calendar)) != 1:
        raise Refused("Choose one: a person, a team, an address or a calendar.")
    # The runbook is locked, so that two who bind the same contact at once make one binding.
    Runbook.objects.select_for_update().get(pk=runbook_id)
    chosen = {"user": user, "team": team, "address": address, "calendar": calendar}
    binding = ContactBinding.objects.filter(runbook_id=runbook_id, role__iexact=role).first()
    binding = binding or ContactBinding(runbook_id=runbook_id, role=role[:200])
    for name, one in chosen.items():
        setattr(binding, name, one)
    binding.save()
    return binding


@transaction.atomic
def unbind(runbook_id: int, role: str, *, by: User) -> None:
    """Let the runbook's own words say who answers."""
    _may(by)
    ContactBinding.objects.filter(runbook_id=runbook_id, role__iexact=role).delete()


def _may(by: User) -> None:
    if not by.may_respond:
        raise Refused("You may not change who answers for a contact.")
