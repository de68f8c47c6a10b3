"""The page after a change is the page after a reload: an event changes the parts it is said to change, and no others."""

import re
from collections.abc import Callable

import pytest
import time_machine
from django.db import transaction
from django.test import Client
from django.utils import timezone

from accounts.models import User
from incidents import operations, sections
from incidents.models import Incident, Step
from incidents.states import Kind
from runbooks.operations import publish

Change = Callable[[Incident, User], object]


def _step(incident: Incident, kind: str = "task") -> int:
    return incident.steps.filter(kind=kind, checklist__is_branch=False).values_list("pk", flat=True)[0]


def _branch(incident: Incident, nth: int = 0) -> int:
    return incident.checklists.filter(is_branch=True).values_list("pk", flat=True)[nth]


def _publish(incident: Incident, by: User) -> None:
    publish(incident.revision.runbook, bytes(incident.revision.source) + b"\n## More\n- [ ] Ring\n", by=by)


def _merge(incident: Incident, by: User) -> None:
    revision = incident.revision
    other = operations.declare(operations.Declaration("Other", 3), revision=revision, by=by)
    operations.merge(incident.pk, other.pk, by=by, reason="The same")


def _details(incident: Incident, by: User) -> None:
    operations.change_details(
        incident.pk,
        by=by,
        title="Chat is slow",
        impact="Some wait",
        symptom="spinners",
        started_at=incident.started_at,
        team=None,
        services=[],
    )


def _private(incident: Incident, by: User) -> None:
    operations.change_privacy(incident.pk, True, by=by)


def _contact(incident: Incident) -> str:
    return incident.revision.effective.contacts[0].role


def _page(incident: Incident, by: User) -> None:
    data = {"role": _contact(incident), "told": ["Ana"], "page": "1"}
    operations.note_paged(incident.pk, by=by, text="Please join", data=data)


@transaction.atomic
def _locked(incident: Incident, change: Callable[[Incident], object]) -> None:
    change(Incident.objects.select_for_update().get(pk=incident.pk))


CHANGES: dict[str, Change] = {
    "acknowledge": lambda i, by: operations.acknowledge(i.pk, by=by),
    "status": lambda i, by: operations.change_status(i.pk, "identified", by=by, text="The deploy"),
    "resolve": lambda i, by: operations.change_status(i.pk, "resolved", by=by),
    "cancel": lambda i, by: operations.cancel(i.pk, by=by, reason="A false alarm"),
    "merge": _merge,
    "raise": lambda i, by: operations.change_severity(i.pk, 1, by=by, reason="Everyone"),
    "lower": lambda i, by: operations.change_severity(i.pk, 4, by=by),
    "details": _details,
    "private": _private,
    "take": lambda i, by: operations.assign_role(i.pk, "commander", by, by=by),
    "tick": lambda i, by: operations.set_step_done(i.pk, _step(i), True, by=by, text="It went well"),
    "skip": lambda i, by: operations.skip_step(i.pk, _step(i), by=by, reason="No need"),
    "assign": lambda i, by: operations.assign_step(i.pk, _step(i), by, by=by),
    "add step": lambda i, by: operations.add_step(
        i.pk, Step.objects.get(pk=_step(i)).checklist_id, "Ring the bell", by=by
    ),
    "answer": lambda i, by: operations.answer_question(i.pk, _step(i, "question"), "38%", by=by),
    "command": lambda i, by: operations.log_command(i.pk, None, by=by, command="uptime", text="ok"),
    "choose": lambda i, by: operations.choose_branch(i.pk, _branch(i), by=by),
    "note": lambda i, by: operations.add_note(i.pk, "We see locks", by=by),
    "decision": lambda i, by: operations.add_note(i.pk, "Roll back", by=by, kind=Kind.DECISION_MADE),
    "link": lambda i, by: operations.add_link(i.pk, "https://example.com/graph", by=by, text="Graph"),
    "update": lambda i, by: operations.post_update(i.pk, "We are on it", by=by),
    "publish": _publish,
    "page": _page,
    "failed delivery": lambda i, by: operations.note_delivery_failed(
        i.pk, delivery="1", to="Ana", channel="E-mail", why="full", role=_contact(i), call="+44 20 7946 0000"
    ),
    "cadence": lambda i, by: operations.change_cadence(i.pk, 10, by=by, reason="Many ask"),
    "snooze": lambda i, by: _locked(i, lambda i: operations.note_snoozed(i, 10, by=by, reason="")),
    "escalate": lambda i, by: _locked(
        i,
        lambda i: operations.note_escalated(
            i, clock="update", stage="overdue-1", due_at=timezone.now(), told=["Ada"], contact="", call=""
        ),
    ),
}


FOLLOWING: dict[str, list[Change]] = {
    "untick": [CHANGES["tick"], lambda i, by: operations.set_step_done(i.pk, _step(i), False, by=by)],
    "reopen": [CHANGES["resolve"], lambda i, by: operations.reopen(i.pk, by=by, reason="It is back")],
    "close": [CHANGES["resolve"], lambda i, by: operations.close(i.pk, by=by)],
    "last update": [CHANGES["resolve"], CHANGES["update"]],
    "switch": [
        CHANGES["choose"],
        lambda i, by: operations.choose_branch(i.pk, _branch(i, 1), by=by, reason="No"),
    ],
    "abandon": [
        CHANGES["choose"],
        lambda i, by: operations.abandon_branch(i.pk, _branch(i), by=by, reason="No"),
    ],
    "leave": [CHANGES["take"], lambda i, by: operations.assign_role(i.pk, "commander", None, by=by)],
    "open": [CHANGES["private"], lambda i, by: operations.change_privacy(i.pk, False, by=by)],
    "page acknowledged": [
        CHANGES["page"],
        lambda i, by: operations.note_page_acknowledged(i.pk, by=by, data={"role": _contact(i), "page": "1"}),
    ],
    "adopt": [CHANGES["publish"], lambda i, by: operations.adopt_revision(i.pk, by=by)],
    "correct": [
        CHANGES["link"],
        lambda i, by: operations.correct_event(i.pk, i.events.order_by("-seq")[0].pk, "Graph 2", by=by),
    ],
    "run again": [
        lambda i, by: operations.choose_branch(i.pk, _branch(i), by=by),
        lambda i, by: operations.log_command(
            i.pk, i.steps.filter(kind="command", checklist=_branch(i))[0].pk, by=by
        ),
    ],
}


def shown(incident: Incident) -> dict[str, str]:
    """Every part as a page loaded now shows it."""
    loaded = sections.load(incident.pk)
    return {name: sections.render(name, loaded) for name in sections.NAMES}


@pytest.mark.parametrize("name", [*CHANGES, *FOLLOWING])
def test_change_alters_the_parts_its_events_name_and_no_others(
    name: str, incident: Incident, ada: User
) -> None:
    *before, change = FOLLOWING.get(name) or [CHANGES[name]]
    with time_machine.travel(timezone.now(), tick=False):
        for earlier in before:
            earlier(incident, ada)
        old, seq = shown(incident), sections.load(incident.pk).event_seq
        change(incident, ada)
        new = shown(incident)
    kinds = list(incident.events.filter(seq__gt=seq).values_list("kind", flat=True))
    named = sections.changed_by(kinds) if kinds else ["notices"]
    assert [part for part in sections.NAMES if old[part] != new[part] and part not in named] == []
    assert [part for part in named if old[part] != new[part]] or "feed" in named


def test_every_kind_of_event_names_its_parts() -> None:
    assert set(sections.SECTIONS_OF) == set(Kind)
    assert {part for parts in sections.SECTIONS_OF.values() for part in parts} == set(sections.NAMES)


def test_answer_to_a_change_holds_the_parts_that_a_reload_would_show(
    incident: Incident, grace: User, client_for: Callable[[User], Client]
) -> None:
    client, task = client_for(grace), _step(incident)
    with time_machine.travel(timezone.now(), tick=False):
        answer = client.post(
            f"/incidents/{incident.pk}/steps/{task}/done/", {"done": "yes"}, headers={"HX-Request": "true"}
        )
        after = shown(incident)
    html = answer.content.decode()
    for part in sections.SECTIONS_OF[Kind.STEP_DONE]:
        token = client.cookies["allclear_csrf"].value
        assert len(token) == 32
        body = sections.out_of_band(after[part]).split("</header>")[0]
        assert _without_tokens(body) in _without_tokens(html)
    assert html.count("hx-swap-oob") == 4
    assert "Saved: finished" in html


def _without_tokens(html: str) -> str:

    return re.sub(r'(name="csrfmiddlewaretoken" value=")[^"]*', r"\1", html)
