"""The shape of the house, held by tests: where writes may be, and what the docs say about states."""

import ast
from pathlib import Path

import pytest

from incidents.states import TRANSITIONS, Status, diagram
from postmortems.states import DISCARDED, DOCUMENT_MOVES, DocumentStatus, document_diagram

ROOT = Path(__file__).parent.parent
APPS = ("accounts", "outbox", "runbooks", "incidents", "postmortems", "live", "notifications")
THIN = ("views", "forms", "tasks", "admin", "sections", "board", "context", "permissions", "states")
WRITES = {
    "save", "create", "bulk_create", "bulk_update", "get_or_create", "update_or_create", "delete",
    "update", "atomic", "select_for_update", "on_commit", "acreate", "asave", "adelete", "aupdate",
}  # fmt: skip
#: Of dicts and sets, not of the database.
HARMLESS = {
    "context",
    "data",
    "initial",
    "self.initial",
    "headers",
    "attrs",
    "kwargs",
    "params",
    "query",
    "errors",
    "self.fields",
}


def thin_modules() -> list[Path]:
    found = []
    for app in APPS:
        for path in (ROOT / app).rglob("*.py"):
            parts = path.relative_to(ROOT / app).with_suffix("").parts
            if parts[0] in THIN and "migrations" not in parts:
                found.append(path)
    return found


def writes_in(source: str) -> list[str]:
    """Every call in ``source`` that would write to the database or open a transaction."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr in WRITES:
            owner = ast.unparse(node.value)
            if owner not in HARMLESS and not owner.startswith("operations"):
                found.append(f"line {node.lineno}: {owner}.{node.attr}")
    return found


@pytest.mark.parametrize("path", thin_modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_thin_module_writes_nothing(path: Path) -> None:
    assert writes_in(path.read_text()) == []


def test_a_write_would_be_found() -> None:
    assert writes_in("Incident.objects.filter(pk=1).update(status='x')")
    assert writes_in("form.save()")
    assert writes_in("with transaction.atomic(): pass")


def test_timeline_has_one_writer_which_only_operations_call() -> None:
    callers = [
        path.relative_to(ROOT)
        for app in APPS
        for path in (ROOT / app).rglob("*.py")
        if "from incidents.timeline import" in path.read_text() and "record" in path.read_text()
    ]
    assert callers
    assert all(path.parts[:2] == ("incidents", "operations") for path in callers)


def test_states_in_the_docs_are_those_of_the_code() -> None:
    assert diagram() in (ROOT / "docs" / "incident-states.md").read_text()


def test_states_of_a_document_in_the_docs_are_those_of_the_code() -> None:
    assert document_diagram() in (ROOT / "docs" / "post-mortem-states.md").read_text()


def test_every_state_of_a_document_can_be_reached_and_left() -> None:
    reached = {to for moves in DOCUMENT_MOVES.values() for to in moves.values()}
    assert reached == DOCUMENT_MOVES.keys() == {*DocumentStatus, DISCARDED}


def test_every_status_can_be_reached_and_left() -> None:
    reached = {to for targets in TRANSITIONS.values() for to in targets}
    assert reached == set(Status)
    assert all(TRANSITIONS[status] for status in Status)


def test_nobody_but_the_clock_sends_messages() -> None:
    """So no page ever waits for a broker: what a message could hurry along, the next tick does."""
    sending = {"delay", "apply_async", "send_task"}
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for app in (*APPS, "config")
        for path in (ROOT / app).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in sending
    ]
    assert found == []
