"""Who could own an action item, and whom people mean by a name."""

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import QuerySet

from accounts.models import User
from accounts.text import normalised
from incidents.forms.base import people_for
from incidents.models import Incident


class NotFound(Exception):
    """Nobody, or more than one, is meant. ``str()`` of it is a sentence for whoever wrote the name."""


def owners_for(incident: Incident | None) -> QuerySet[User]:
    """Active people who may know of ``incident``; of everyone where there is none."""
    return people_for(incident, able=False) if incident else User.objects.filter(is_active=True)


class People:
    """Everyone who could be meant, read once."""

    def __init__(self, people: Iterable[User]) -> None:
        self._all = list(people)
        self._by_mail = {person.email.casefold(): person for person in self._all}
        self._by_name: dict[str, list[User]] = defaultdict(list)
        for person in self._all:
            self._by_name[_plain(person.name)].append(person)

    def named(self, text: str) -> User:
        """The one with this e-mail address or this whole name. Raises ``NotFound``."""
        if person := self._by_mail.get(text.strip().casefold()):
            return person
        return _only(self._by_name.get(_plain(text), []), text)

    def called(self, handle: str) -> User:
        """The one whom ``@handle`` means: by first name, by what stands before the @ of the address, else by how the
        name begins, written together or not. Raises ``NotFound``."""
        plain = _plain(handle).replace(" ", "")
        exact = [
            p for p in self._all if plain in (_plain(p.first_name), p.email.partition("@")[0].casefold())
        ]
        begin = [p for p in self._all if _plain(p.name).replace(" ", "").startswith(plain)]
        return _only(exact or begin, f"@{handle}")


def _plain(text: str) -> str:
    return " ".join(normalised(text).casefold().replace(".", " ").replace("_", " ").split())


def _only(found: list[User], text: str) -> User:
    if len(found) == 1:
        return found[0]
    if not found:
        raise NotFound(f"Nobody here is called “{text[:80]}”.")
    names = " or ".join(sorted({person.name for person in found})[:3])
    raise NotFound(f"“{text[:80]}” could be {names}. Write the e-mail address.")
