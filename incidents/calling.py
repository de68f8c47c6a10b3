"""Telephone numbers and addresses as people write them, and the number to call when nothing else gets through."""

import re

from runbooks.playbook import Contact

REACHED_BY = re.compile(
    r"(?P<mail>[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5})"
    r"|(?P<web>https?://[^\s<>\"'()]{1,500})"
    r"|(?P<date>\d{4}-\d\d-\d\d)"
    r"|(?P<phone>(?<![\w.])\+?\(?\d(?:[ ()./-]{0,2}\d){6,14}(?!\w))"
)


def number_of(contact: Contact) -> str:
    """The first telephone number of ``contact``; without one, the contact as the runbook writes it."""
    for words in (contact.contact, *contact.columns.values()):
        for match in REACHED_BY.finditer(words[:2000]):
            if match["phone"]:
                return match["phone"]
    return contact.contact
