"""From a line of the runbook to somebody who can be reached."""

import re
from dataclasses import dataclass

from accounts.models import User
from incidents.models import Incident
from runbooks.playbook import Contact

EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


@dataclass(frozen=True, slots=True)
class Reached:
    """A person with an account, or a bare e-mail ``address``."""

    user: User | None = None
    address: str = ""

    @property
    def name(self) -> str:
        return self.user.name if self.user else self.address


def reach(contact: Contact, incident: Incident) -> list[Reached]:
    """Who answers for ``contact`` now: the person of that address or name, else the address itself."""
    words = " ".join((contact.contact, *contact.columns.values()))
    found = EMAIL.search(words)
    active = User.objects.filter(is_active=True)
    if found:
        user = active.filter(email__iexact=found[0]).first()
        return [Reached(user=user) if user else Reached(address=found[0])]
    name = contact.contact.strip().lstrip("@")
    user = active.filter(name__iexact=name).first() if name else None
    return [Reached(user=user)] if user else []
