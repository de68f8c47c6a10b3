"""What each entry of an item's history says, in words that follow the name of whoever did it."""

from collections.abc import Callable
from datetime import date
from typing import Any

from incidents.sentences import listed
from postmortems.models import ItemEvent
from postmortems.states import ItemChange, ItemKind, ItemStatus, Priority

ICONS: dict[str, str] = {
    ItemChange.ADDED: "i-plus",
    ItemChange.CHANGED: "i-edit",
    ItemChange.STARTED: "i-flag",
    ItemChange.DONE: "i-check",
    ItemChange.DROP_PROPOSED: "i-out",
    ItemChange.DROP_REFUSED: "i-list",
    ItemChange.DROPPED: "i-flag",
    ItemChange.REOPENED: "i-list",
}
NAMES = {
    "title": "what should change", "details": "the details", "owner": "the owner", "due_on": "the due date",
    "priority": "the priority", "kind": "the kind", "team": "the team", "status": "the status", "link": "a link",
}  # fmt: skip


def sentence(event: ItemEvent) -> str:
    """As "marked it done", "asked to drop it"."""
    said: dict[str, str] = {
        ItemChange.ADDED: "added it",
        ItemChange.DONE: "marked it done",
        ItemChange.DROP_PROPOSED: "asked to drop it; a second person decides",
        ItemChange.DROP_REFUSED: "kept it",
        ItemChange.DROPPED: f"agreed with {event.data.get('asked_by', 'that')}: it will not be done",
        ItemChange.REOPENED: "reopened it",
    }
    changed = [NAMES[name] for name in event.data if name in NAMES]
    return said.get(event.kind) or f"changed {listed(changed)}"


def changes(event: ItemEvent) -> list[tuple[str, str, str]]:
    """Each field that changed: its name, what it was and what it is, in words, "" for nothing."""
    if event.kind == ItemChange.ADDED:
        return [(name, old, new) for name, old, new in _changes(event) if name != NAMES["title"]]
    return _changes(event)


def _changes(event: ItemEvent) -> list[tuple[str, str, str]]:
    said = [(name, *event.data[name]) for name in event.data if name in NAMES]
    return [(NAMES[name], _word(name, old), _word(name, new)) for name, old, new in said]


def _word(name: str, value: Any) -> str:
    if value in (None, ""):
        return ""
    say: dict[str, Callable[[Any], str]] = {
        "due_on": lambda day: f"{date.fromisoformat(day):%a %-d %b %Y}",
        "priority": lambda number: Priority(number).label,
        "kind": lambda kind: ItemKind(kind).label,
        "status": lambda status: ItemStatus(status).label,
    }
    try:
        return say.get(name, str)(value)
    except ValueError:
        return str(value)
