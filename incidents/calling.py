"""Telephone numbers and addresses as people write them, the number to call when nothing else gets through, and who
answers for a contact by what was said elsewhere."""

import re
from collections.abc import Callable

from runbooks.fallback import is_unset
from runbooks.models import Runbook
from runbooks.playbook import Contact

Answers = Callable[[Runbook], dict[str, str]]
_told: list[Answers] = []


def tells_who_answers(ask: Answers) -> Answers:
    """Have the decorated function asked who answers for the contacts of a runbook: names, by role in lower case."""
    if ask not in _told:
        _told.append(ask)
    return ask


def who_answers(runbook: Runbook) -> dict[str, str]:
    """Who was chosen to answer for each contact; those for whom nobody was are missing."""
    return {role: name for ask in _told for role, name in ask(runbook).items()}


REACHED_BY = re.compile(
    r"(?P<mail>[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5})"
    r"|(?P<web>https?://[^\s<>\"'()]{1,500})"
    r"|(?P<date>\d{4}-\d\d-\d\d)"
    r"|(?P<phone>(?<![\w.])\+?\(?\d(?:[ ()./-]{0,2}\d){6,14}(?!\w))"
)


def number_of(contact: Contact) -> str:
    """The first telephone number of ``contact``; without one, the contact as the runbook writes it, or where that is
    still a blank such as "[Update]", the role that somebody must know the number of."""
    for words in (contact.contact, *contact.columns.values()):
        for match in REACHED_BY.finditer(words[:2000]):
            if match["phone"]:
                return match["phone"]
    return contact.role if is_unset(contact.contact) else contact.contact
