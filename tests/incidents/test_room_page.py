"""The room as people see it: who may, what it costs, and that its parts are the same for everyone."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import escape

from accounts.models import User
from incidents import operations, sections
from incidents.models import Incident, Step
from incidents.room import Room
from incidents.states import Kind
from runbooks.operations import create_runbook, publish
from tests.incidents.conftest import DOCUMENTS

ClientFor = Callable[[User], Client]
INERT = "<script>alert(1)</script><img src=x onerror=alert(1)>[x](javascript:alert(1))"


def read(client: Client, incident: Incident, query: str = "") -> str:
    answer = client.get(f"/incidents/{incident.pk}/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_room_shows_what_the_runbook_and_the_incident_say(
    incident: Incident, grace: User, client_for: ClientFor
) -> None:
    html = read(client_for(grace), incident)
    for words in ("Chat not working", "SEV2", "Review recent deployments", "Which features are impacted?"):
        assert words in html
    assert "Recent deployment" in html
    assert "Not set in the runbook" in html


def test_stranger_is_sent_to_sign_in(incident: Incident, client: Client) -> None:
    answer = client.get(f"/incidents/{incident.pk}/")
    assert answer.status_code == 302
    assert "/accounts/login/" in answer["Location"]


def test_private_incident_is_as_missing_as_one_that_never_was(
    declared: Callable[..., Incident], grace: User, client_for: ClientFor
) -> None:
    private = declared(is_private=True)
    for path in ("", "events/1/", "severity/"):
        hidden = client_for(grace).get(f"/incidents/{private.pk}/{path}")
        missing = client_for(grace).get(f"/incidents/{private.pk + 1}/{path}")
        assert hidden.status_code == missing.status_code == 404
        assert _without_numbers_and_tokens(hidden) == _without_numbers_and_tokens(missing)


def _without_numbers_and_tokens(answer: Any) -> str:
    return re.sub(r"[A-Za-z0-9]{64}|\d+", "", answer.content.decode())


def test_viewer_reads_and_is_offered_no_form_of_their_own(
    incident: Incident, eve: User, client_for: ClientFor
) -> None:
    html = read(client_for(eve), incident)
    assert 'data-may="read"' in html
    assert 'id="composer"' not in html
    assert 'id="update-form"' not in html


def test_sections_are_the_same_for_everyone_and_hold_no_token(
    incident: Incident, grace: User, eve: User, client_for: ClientFor
) -> None:
    loaded = sections.load(incident.pk)
    for name in sections.NAMES:
        html = sections.render(name, loaded)
        assert html.count(f'id="{_root_id(name)}"') == 1
        assert f'sse-swap="{name}"' in html.split(">")[0]
        tokens = re.findall(r'name="csrfmiddlewaretoken" value="([^"]*)"', html)
        assert not any(tokens)
        assert html.count('method="post"') == len(tokens)
    one, other = (re.sub(r"[A-Za-z0-9]{64}", "", read(client_for(who), incident)) for who in (grace, eve))
    part = re.compile(r'<section class="panel" id="checklist".*?</section>', re.DOTALL)
    assert part.findall(one) == part.findall(other) != []


def _root_id(name: str) -> str:
    return {"contacts": "people"}.get(name, name)


def test_token_goes_into_the_forms_of_a_page_and_never_into_words(
    incident: Incident, grace: User, client_for: ClientFor
) -> None:
    operations.add_note(incident.pk, f"see `{sections._EMPTY_TOKEN}`", by=grace)
    html = sections.with_token(sections.render("feed", sections.load(incident.pk)), "sesame")
    assert "sesame" not in html
    html = sections.with_token(sections.render("checklist", sections.load(incident.pk)), "sesame")
    assert 'name="csrfmiddlewaretoken" value="sesame"' in html


def test_words_with_markup_are_inert(
    declared: Callable[..., Incident], grace: User, client_for: ClientFor
) -> None:
    incident = declared(title=INERT[:60], impact=INERT, symptom=INERT)
    question = incident.steps.filter(kind=Step.StepKind.QUESTION).first()
    branch = incident.checklists.filter(is_branch=True).first()
    task = incident.steps.filter(kind=Step.StepKind.TASK).first()
    assert question and branch and task
    operations.answer_question(incident.pk, question.pk, INERT, by=grace)
    operations.choose_branch(incident.pk, branch.pk, by=grace)
    operations.abandon_branch(incident.pk, branch.pk, by=grace, reason=INERT)
    operations.skip_step(incident.pk, task.pk, by=grace, reason=INERT)
    operations.add_step(incident.pk, task.checklist_id, INERT, by=grace)
    operations.log_command(incident.pk, None, by=grace, command=INERT, text=INERT)
    operations.add_link(incident.pk, "javascript:alert(1)", by=grace, text=INERT)
    note = operations.add_note(incident.pk, INERT, by=grace, kind=Kind.DECISION_MADE)
    operations.correct_event(incident.pk, note.pk, INERT * 2, by=grace)
    operations.post_update(incident.pk, INERT, by=grace)
    html = read(client_for(grace), incident)
    assert "<script>alert" not in html
    assert "<img" not in html
    assert 'href="javascript' not in html


def test_room_asks_as_many_questions_of_the_database_for_200_of_each(
    incident: Incident, grace: User, client_for: ClientFor
) -> None:
    client = client_for(grace)
    operations.change_privacy(incident.pk, True, by=incident.declared_by)
    operations.grant_access(incident.pk, grace, by=incident.declared_by)
    note = operations.add_note(incident.pk, "We saw 38%", by=grace)
    operations.correct_event(incident.pk, note.pk, "We saw 83%", by=grace)
    few = _queries(client, incident)
    checklist = incident.checklists.filter(is_branch=False).first()
    assert checklist
    Step.objects.bulk_create(
        Step(incident=incident, checklist=checklist, position=100 + n, kind="task", text=f"Step {n}")
        for n in range(200)
    )
    for n in range(100):
        note = operations.add_note(incident.pk, f"Note {n}", by=grace)
        operations.correct_event(incident.pk, note.pk, f"Corrected {n}", by=grace)
    assert _queries(client, incident) == few <= 23


def _queries(client: Client, incident: Incident) -> int:
    client.get(f"/incidents/{incident.pk}/")
    with CaptureQueriesContext(connection) as queries:
        client.get(f"/incidents/{incident.pk}/")
    return len(queries)


def test_times_are_in_the_zone_of_the_reader(incident: Incident, grace: User, client_for: ClientFor) -> None:
    User.objects.filter(pk=grace.pk).update(timezone="Asia/Kathmandu")
    html = read(client_for(grace), incident)
    with timezone.override("Asia/Kathmandu"):
        assert f"{timezone.localtime(incident.declared_at):%H:%M} +0545" in html


@pytest.mark.parametrize(
    "query", ["?show=" + "x" * 9000, "?before=9999999999999", "?event=-1", "?before=%F0", "?template=nope"]
)
def test_nonsense_in_the_address_shows_the_room(
    incident: Incident, grace: User, client_for: ClientFor, query: str
) -> None:
    assert "Chat not working" in read(client_for(grace), incident, query)


def events_in(html: str) -> list[int]:
    feed = html[html.index('id="feed"') :]
    return [int(n) for n in re.findall(r'<li id="event-(\d+)"', feed)]


def test_timeline_is_paged_newest_first_and_nothing_is_lost(
    incident: Incident, grace: User, client_for: ClientFor
) -> None:
    for n in range(60):
        operations.add_note(incident.pk, f"Note {n}", by=grace)
    client = client_for(grace)
    first = events_in(read(client, incident))
    rest = events_in(read(client, incident, f"?before={first[-1]}"))
    incident.refresh_from_db()
    assert first + rest == list(range(incident.event_seq, 0, -1))
    assert len(first) == 50


def test_permalink_leads_to_the_page_that_holds_the_event(
    incident: Incident, grace: User, client_for: ClientFor
) -> None:
    for n in range(60):
        operations.add_note(incident.pk, f"Note {n}", by=grace)
    client = client_for(grace)
    old = client.get(f"/incidents/{incident.pk}/events/1/")
    assert old["Location"] == f"/incidents/{incident.pk}/?event=1#event-1"
    assert 1 in events_in(read(client, incident, "?event=1"))
    new = client.get(f"/incidents/{incident.pk}/events/{incident.event_seq + 59}/")
    assert "?" not in new["Location"]
    assert client.get(f"/incidents/{incident.pk}/events/999/").status_code == 404


def test_filter_keeps_its_kinds_and_their_corrections(
    incident: Incident, grace: User, client_for: ClientFor
) -> None:
    note = operations.add_note(incident.pk, "We saw 38%", by=grace)
    fixed = operations.correct_event(incident.pk, note.pk, "We saw 83%", by=grace)
    operations.acknowledge(incident.pk, by=grace)
    html = read(client_for(grace), incident, "?show=notes")
    assert events_in(html) == [fixed.seq]
    assert "We saw 38%" in html
    assert "Back to the newest" in html
    feed = re.search(r'<ol id="feed"[^>]*>', html)
    assert feed
    assert f'hx-get="/incidents/{incident.pk}/?show=notes" hx-trigger="sse:feed"' in feed[0]
    assert "sse-swap" not in feed[0]


def test_correction_stands_and_what_it_corrects_stays_readable(
    incident: Incident, grace: User, client_for: ClientFor
) -> None:
    note = operations.add_note(incident.pk, "We saw 38%", by=grace)
    again = operations.correct_event(incident.pk, note.pk, "We saw 48%", by=grace)
    last = operations.correct_event(incident.pk, again.pk, "We saw 83%", by=grace)
    html = read(client_for(grace), incident)
    assert last.seq in events_in(html)
    assert note.seq not in events_in(html)
    assert f'id="event-{note.seq}" class="was"' in html
    assert "38%" in html
    assert "48%" in html
    link = client_for(grace).get(f"/incidents/{incident.pk}/events/{note.seq}/")
    assert link["Location"].endswith(f"#event-{note.seq}")


def test_note_about_the_past_says_when_it_was_written(
    incident: Incident, grace: User, client_for: ClientFor
) -> None:
    earlier = timezone.now() - timedelta(hours=2)
    operations.add_note(incident.pk, "Alerts began", by=grace, occurred_at=earlier)
    assert "written " in read(client_for(grace), incident)


def test_newer_runbook_is_offered_until_it_is_adopted(
    incident: Incident, grace: User, client_for: ClientFor
) -> None:
    source = bytes(incident.revision.source) + b"\n### 4. Call someone\n- [ ] Ring the bell\n"
    publish(incident.revision.runbook, source, by=grace)
    client = client_for(grace)
    assert "The runbook has revision 2" in read(client, incident)
    assert client.post(f"/incidents/{incident.pk}/revision/").status_code == 302
    html = read(client, incident)
    assert "The runbook has revision 2" not in html
    assert "adopted revision 2 of the runbook" in html


@pytest.mark.parametrize("document", sorted(DOCUMENTS.glob("*.md")), ids=lambda path: path.stem)
def test_room_works_with_every_kind_of_runbook(
    document: Path, grace: User, client_for: ClientFor, db: None
) -> None:
    revision = create_runbook(document.read_bytes(), by=grace)
    incident = operations.declare(operations.Declaration("Down", 1), revision=revision, by=grace)
    client = client_for(grace)
    for template in Room(incident).playbook.templates:
        html = read(client, incident, f"?template={quote(template.title)}")
        assert escape(template.title) in html
        form = re.findall(r'name="(blank-\d+)"', html)
        fields = dict.fromkeys(form, "x") | {"template": template.title, "as_it_is": "yes", "key": uuid4()}
        tag = re.search(r'name="tag" value="([^"]*)"', html)
        posted = client.post(f"/incidents/{incident.pk}/update/", fields | {"tag": tag[1] if tag else ""})
        assert posted.status_code in (302, 422)
    for branch in incident.checklists.filter(is_branch=True):
        client.post(f"/incidents/{incident.pk}/causes/{branch.pk}/choose/", {"reason": "Perhaps"})
    for severity in (3, 2, 1):
        assert client.post(f"/incidents/{incident.pk}/severity/", {"severity": severity}).status_code in (
            302,
            422,
        )
    assert read(client, incident)
