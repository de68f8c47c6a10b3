"""What the cells of a row mean, where they differ from what is there."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError

from accounts.models import Team
from accounts.text import NameField
from incidents.forms.fields import WordsField
from postmortems.evidence import ASK, is_evidence, is_web_address
from postmortems.lines import EARLIEST, LATEST, LONGEST
from postmortems.models import ActionItem
from postmortems.owners import NotFound, People
from postmortems.sheets.columns import KINDS, PRIORITIES, STATUSES
from postmortems.states import ItemStatus, is_item_open

TITLE = NameField(max_length=LONGEST, error_messages={"required": "Say what should change."})
DETAILS = WordsField(max_length=5000, required=False)
EVIDENCE = WordsField(max_length=2000, required=False)


class Wrong(Exception):
    """A row cannot be taken; ``reasons`` are sentences."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons


@dataclass
class Meaning:
    """``fields`` for ``add_item`` and ``change_item``; ``links`` as they shall be, None for as they are; ``status``
    to move to, "" for none, with ``evidence`` where that is done."""

    fields: dict[str, Any] = field(default_factory=dict)
    links: list[str] | None = None
    status: str = ""
    evidence: str = ""


def mean(
    cells: Mapping[str, str], item: ActionItem | None, people: People, teams: Mapping[str, Team]
) -> Meaning:
    """What ``cells`` say. Raises ``Wrong`` with everything that is wrong with them."""
    reasons: list[str] = []
    meaning = Meaning()
    readers: dict[str, tuple[str, Callable[[str], Any]]] = {
        "title": ("title", TITLE.clean),
        "details": ("details", DETAILS.clean),
        "owner": ("owner", lambda cell: people.named(cell) if cell.strip() else None),
        "due": ("due_on", _day),
        "priority": ("priority", lambda cell: _choice(cell or "medium", PRIORITIES, "priority")),
        "kind": ("kind", lambda cell: _choice(cell, KINDS, "kind") if cell.strip() else ""),
        "team": ("team", lambda cell: _choice(cell, teams, "team") if cell.strip() else None),
    }
    for name, (to, reader) in readers.items():
        if name in cells or (name == "title" and item is None):
            with _noting(reasons):
                meaning.fields[to] = reader(cells.get(name, ""))
    with _noting(reasons):
        _links(cells, meaning)
    with _noting(reasons):
        _status(cells, item, meaning)
    if reasons:
        raise Wrong(reasons)
    return meaning


@contextmanager
def _noting(reasons: list[str]) -> Iterator[None]:
    """Add to ``reasons`` what is wrong with a cell."""
    try:
        yield
    except ValidationError as error:
        reasons += error.messages
    except (NotFound, ValueError) as error:
        reasons.append(str(error))


def _choice(cell: str, choices: Mapping[str, Any], what: str) -> Any:
    found = choices.get(" ".join(cell.casefold().replace("’", "'").split()))
    if found is None:
        words = ", ".join(choices) if what != "team" else "one that there is"
        raise ValueError(f"“{cell.strip()[:40]}” is no {what}: write {words}.")
    return found


def _day(cell: str) -> date | None:
    if not cell.strip():
        return None
    try:
        found = date.fromisoformat(cell.strip())
    except ValueError:
        found = date.min
    if not EARLIEST <= found <= LATEST:
        raise ValueError(f"“{cell.strip()[:40]}” is no date: write it as 2026-12-01.")
    return found


def _links(cells: Mapping[str, str], meaning: Meaning) -> None:
    if "links" not in cells:
        return
    links = list(dict.fromkeys(cells["links"].split()))
    for link in links:
        if not is_web_address(link) or len(link) > 2000:
            raise ValueError(f"“{link[:60]}” is no web address. It begins with https://.")
    if len(links) > 20:
        raise ValueError("An action item has 20 links at most.")
    meaning.links = links


def _status(cells: Mapping[str, str], item: ActionItem | None, meaning: Meaning) -> None:
    was = item.status if item else ItemStatus.OPEN
    status = _choice(cells["status"], STATUSES, "status") if cells.get("status", "").strip() else was
    evidence = EVIDENCE.clean(cells.get("evidence", ""))
    if "evidence" in cells and (status == was or is_item_open(status)):
        raise ValueError("Evidence is said with the status Done, and stays as it was said.")
    if status == was:
        return
    if not is_item_open(was):
        raise ValueError("It is closed. Reopen it on its page, and say why.")
    if status == ItemStatus.DROPPED:
        raise ValueError("Dropping needs a reason and a second person: ask for it on its page.")
    if status == ItemStatus.DONE and not is_evidence(evidence):
        raise ValueError(f"{ASK} It goes into the column “evidence”.")
    meaning.status, meaning.evidence = status, evidence
