"""What is kept of rows, entries and steps says what they say now, for whoever reads it."""

from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from accounts.models import User
from incidents import board, kept, operations, sections
from incidents.board_rows import html_of
from incidents.feed import Feed
from incidents.kept import Kept
from incidents.models import Incident, Service
from incidents.room import Room
from incidents.templatetags import pieces

ROW_CHANGES: dict[str, object] = {
    "title": "Mail is late", "severity": 3, "severity_name": "SEV9", "nature": "drill", "is_private": True,
    "last_word": "Restarting", "last_word_by": "Hedy Lamarr", "last_word_at": timezone.now() - timedelta(days=40),
    "started_at": timezone.now() - timedelta(days=2), "next_update_due_at": timezone.now() + timedelta(hours=9),
    "status": "monitoring", "steps_done": 7, "steps_total": 99,
}  # fmt: skip
STEP_CHANGES: dict[str, object] = {
    "text": "Look again", "command": "ls -l", "answer": "Yes", "done_at": timezone.now(), "skip_reason": "Not needed",
    "kind": "question",
}  # fmt: skip


def row_of(incident: Incident, reader: User | None = None) -> str:
    rows = board.read(reader or incident.declared_by).rows
    return str(html_of([row for row in rows if row.pk == incident.pk]))


@pytest.mark.parametrize("name", ROW_CHANGES)
def test_a_row_that_says_something_else_is_another_row(incident: Incident, ada: User, name: str) -> None:
    operations.add_note(incident.pk, "Looking", by=ada)
    before = row_of(incident)
    Incident.objects.filter(pk=incident.pk).update(**{name: ROW_CHANGES[name]})
    assert row_of(incident) != before


def test_a_row_names_its_commander_and_services_as_they_are_called_now(incident: Incident, ada: User) -> None:
    operations.assign_role(incident.pk, "commander", ada, by=ada)
    service = Service.objects.create(name="Chat", slug="chat")
    incident.services.set([service])
    assert "Chat" in row_of(incident) and "Ada Lovelace" in row_of(incident)
    User.objects.filter(pk=ada.pk).update(name="Ada King")
    Service.objects.filter(pk=service.pk).update(name="Talk")
    assert "Talk" in row_of(incident) and "Ada King" in row_of(incident)


def test_the_time_of_a_row_passes_and_is_told_in_the_zone_of_each_reader(
    incident: Incident, ada: User
) -> None:
    operations.add_note(incident.pk, "Looking", by=ada)
    before = row_of(incident)
    with timezone.override(ZoneInfo("Asia/Kathmandu")):
        assert "+05:45" in row_of(incident)
    assert "+05:45" not in row_of(incident)
    Incident.objects.filter(pk=incident.pk).update(next_update_due_at=timezone.now() - timedelta(minutes=3))
    late = row_of(incident)
    assert 'data-due="late"' in late and "overdue" in late and 'data-due="late"' not in before
    assert "03:0" in late


def parts_of(incident: Incident) -> tuple[str, str]:
    shown = sections.load(incident.pk)
    return str(sections.render("checklist", shown)), str(sections.render("feed", shown))


def test_steps_and_entries_are_the_same_kept_and_made_anew(
    incident: Incident, ada: User, grace: User
) -> None:
    steps = list(incident.steps.filter(kind="task"))
    operations.set_step_done(incident.pk, steps[0].pk, True, by=ada)
    operations.assign_step(incident.pk, steps[1].pk, grace, by=ada)
    event = operations.add_note(incident.pk, "It is the *database*", by=ada)
    operations.correct_event(incident.pk, event.pk, text="It is the network", by=grace)
    twice = [parts_of(incident), parts_of(incident)]
    pieces.kept = Kept()
    assert [*twice, parts_of(incident)] == [twice[0]] * 3


def test_a_name_that_changes_is_in_no_kept_step_or_entry(incident: Incident, ada: User) -> None:
    step = incident.steps.filter(kind="task")[0]
    operations.set_step_done(incident.pk, step.pk, True, by=ada)
    assert all("Ada" in part for part in parts_of(incident))
    User.objects.filter(pk=ada.pk).update(name="Augusta King")
    assert not any("Ada" in part for part in parts_of(incident))


@pytest.mark.parametrize("name", STEP_CHANGES)
def test_a_step_that_says_something_else_has_another_key(incident: Incident, name: str) -> None:
    def key() -> kept.Key:
        row = next(row for part in Room(sections.load(incident.pk)).checklists for row in part.rows)
        return kept.says_step(incident, row, True)

    before = key()
    changed = incident.steps.model.objects.filter(pk=before[before.index(True) + 1])
    assert changed.update(**{name: STEP_CHANGES[name]}) == 1
    assert key() != before


def test_an_entry_of_the_same_number_with_other_words_has_another_key(incident: Incident, ada: User) -> None:
    operations.add_note(incident.pk, "First", by=ada)
    entry = Feed(incident).entries[0]
    before = kept.says_entry(incident, entry)
    for name, value in {"text": "Second", "data": {"a": 1}, "kind": "decision_made"}.items():
        was = getattr(entry.event, name)
        setattr(entry.event, name, value)
        assert kept.says_entry(incident, entry) != before
        setattr(entry.event, name, was)
    assert kept.says_entry(incident, entry) == before


def test_only_so_much_is_kept_and_what_was_asked_for_last() -> None:
    made: list[str] = []

    def make(text: str) -> Callable[[], str]:
        return lambda: made.append(text) or text  # type: ignore[func-returns-value]

    store = Kept(most=10)
    for text in ("aaaa", "bbbb", "aaaa", "cccc", "aaaa", "bbbb"):
        assert store.get((text,), make(text)) == text
    assert made == ["aaaa", "bbbb", "cccc", "bbbb"]
    assert store.size <= 10
