"""What is kept of rows, entries and steps says what they say now, for whoever reads it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Team, User
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


# -- parts of a room -------------------------------------------------------------------------------


def room_of(incident: Incident) -> dict[str, str]:
    shown = sections.load(incident.pk)
    return {name: str(sections.render(name, shown)) for name in sections.NAMES}


def still(parts: dict[str, str]) -> dict[str, str]:
    """Those in which no clock runs."""
    return {name: html for name, html in parts.items() if name not in sections.PASSING}


def test_parts_that_are_kept_are_the_same_made_anew_after_each_change(
    incident: Incident, ada: User, grace: User
) -> None:
    step = incident.steps.filter(kind="task")[0]
    service = Service.objects.create(name="Chat", slug="chat")
    kept_fields = ("title", "impact", "symptom", "started_at", "team")
    said: dict[str, Any] = {name: getattr(incident, name) for name in kept_fields}
    changes: list[Callable[[], object]] = [
        lambda: operations.acknowledge(incident.pk, by=ada),
        lambda: operations.set_step_done(incident.pk, step.pk, True, by=ada),
        lambda: operations.assign_step(incident.pk, step.pk, grace, by=ada),
        lambda: operations.assign_role(incident.pk, "scribe", grace, by=ada),
        lambda: operations.add_link(incident.pk, url="https://example.com/", text="Graph", by=ada),
        lambda: operations.change_details(incident.pk, **said, services=[service], by=ada),
        lambda: operations.change_severity(incident.pk, 1, by=ada, reason="Worse"),
        lambda: operations.change_privacy(incident.pk, True, by=ada),
        lambda: operations.revoke_access(incident.pk, grace, by=ada),
        lambda: operations.change_status(incident.pk, "resolved", by=ada),
    ]
    for change in changes:
        before = room_of(incident)
        change()
        after = room_of(incident)
        assert after != before
        sections.kept = pieces.kept = Kept()
        assert still(room_of(incident)) == still(after)


@pytest.mark.parametrize("named", ["person", "team", "service", "runbook"])
def test_a_name_that_changes_is_in_no_kept_part(incident: Incident, ada: User, named: str) -> None:
    team = Team.objects.create(name="Web", slug="web")
    service = Service.objects.create(name="Parrots", slug="parrots")
    incident.services.add(service)
    Incident.objects.filter(pk=incident.pk).update(team=team)
    runbook = incident.revision.runbook
    field, thing = {
        "person": ("name", ada), "team": ("name", team), "service": ("name", service), "runbook": ("title", runbook),
    }[named]  # fmt: skip
    old = getattr(thing, field)
    assert any(old in html for html in room_of(incident).values())
    type(thing)._default_manager.filter(pk=thing.pk).update(**{field: "Quetzal"})
    html = "".join(room_of(incident).values())
    assert "Quetzal" in html
    assert old not in html.replace(incident.title, "")


def test_a_kept_room_is_read_again_for_each_reader(
    incident: Incident, ada: User, grace: User, client_for: Callable[[User], Client]
) -> None:
    operations.add_note(incident.pk, "The key leaked on Tuesday", by=ada)
    url, grace_in = f"/incidents/{incident.pk}/", client_for(grace)
    assert "leaked on Tuesday" in grace_in.get(url).text
    operations.change_privacy(incident.pk, True, by=ada)
    assert "leaked on Tuesday" in client_for(ada).get(url).text
    assert grace_in.get(url).status_code == 404
    assert "csrfmiddlewaretoken" in client_for(ada).get(url).text
    part = sections.render("checklist", sections.load(incident.pk))
    assert 'name="csrfmiddlewaretoken" value=""' in part


def test_what_happens_without_an_event_is_not_kept(incident: Incident, ada: User, grace: User) -> None:
    operations.see(incident.pk, ada.pk)
    assert "Grace" not in room_of(incident)["presence"]
    operations.see(incident.pk, grace.pk)
    assert "Grace" in room_of(incident)["presence"]
    assert {"presence", "afterwards"} <= sections.PASSING


def test_a_filtered_timeline_is_not_the_kept_one(
    incident: Incident, ada: User, client_for: Callable[[User], Client]
) -> None:
    operations.add_note(incident.pk, "Seen in the graph", by=ada)
    client, url = client_for(ada), f"/incidents/{incident.pk}/"
    whole, filtered = client.get(url).text, client.get(f"{url}?show=decisions").text
    assert "Seen in the graph" in whole and "Seen in the graph" not in filtered
    assert "Seen in the graph" in client.get(url).text
