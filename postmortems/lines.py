"""An action item as it is written in a line of Markdown: ``- [ ] Probe sign-in @grace 2026-12-01 !high #prevent``."""

import re
from dataclasses import dataclass, field
from datetime import date

from accounts.models import User
from accounts.text import clean_name
from postmortems.owners import NotFound, People
from postmortems.states import ItemKind, Priority

LONGEST = 300
EARLIEST, LATEST = date(2000, 1, 1), date(2099, 12, 31)

_LEAD = re.compile(r"(?:\s*(?:[-*+]|\d{1,9}[.)])\s+)*\s*(?:\[[ xX]?\]\s*)?")
_DAY = re.compile(r"\d{4}-\d{1,2}-\d{1,2}", re.ASCII)
_PRIORITIES = {"high": Priority.HIGH, "medium": Priority.MEDIUM, "low": Priority.LOW}
#: Signs that people put around a word.
_AROUND = "()[]{},;"


@dataclass
class Line:
    """What a line says. ``errors`` are sentences for whoever wrote it."""

    title: str = ""
    owner: User | None = None
    due_on: date | None = None
    priority: int = Priority.MEDIUM
    kind: str = ""
    errors: list[str] = field(default_factory=list)


def read_line(text: str, people: People) -> Line:
    """``@who``, a date, ``!priority`` and ``#kind`` may stand anywhere; what is left is the title. A ``#`` word that
    is no kind, such as #123, and a ``!`` or ``@`` by itself belong to the title."""
    line = Line()
    words = _LEAD.sub("", text, count=1).split()
    line.title = clean_name(" ".join(w for w in words if not _take(w.strip(_AROUND), line, people)))
    if not line.title:
        line.errors.append("Say what should change.")
    if len(line.title) > LONGEST:
        line.errors.append(f"Keep it to {LONGEST} characters; it has {len(line.title):,}.")
    return line


def _take(word: str, line: Line, people: People) -> bool:
    """Take what ``word`` says into ``line``, if it says something; whether it did."""
    sign, rest = word[:1], word[1:].rstrip(".:")
    if sign == "@" and rest:
        return _take_owner(rest, line, people)
    if sign == "!" and rest.lower() in _PRIORITIES:
        line.priority = _PRIORITIES[rest.lower()]
        return True
    if sign == "#" and rest.lower() in ItemKind.values:
        line.kind = rest.lower()
        return True
    return _take_day(word.rstrip("."), line)


def _take_owner(handle: str, line: Line, people: People) -> bool:
    try:
        owner = people.named(handle) if "@" in handle else people.called(handle)
    except NotFound as error:
        line.errors.append(str(error))
        return True
    if line.owner and line.owner != owner:
        line.errors.append(f"One person owns it: {line.owner.name} or {owner.name}?")
    line.owner = owner
    return True


def _take_day(word: str, line: Line) -> bool:
    if not _DAY.fullmatch(word):
        return False
    try:
        year, month, day = map(int, word.split("-"))
        found = date(year, month, day)
    except ValueError:
        line.errors.append(f"{word} is no day of the calendar.")
        return True
    if not EARLIEST <= found <= LATEST:
        line.errors.append(f"{word} is too far away.")
    line.due_on = found
    return True
