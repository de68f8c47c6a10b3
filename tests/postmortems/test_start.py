"""The beginning of a post-mortem: by itself once an incident is resolved, by a button, and once only."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from accounts.models import User
from incidents import operations
from incidents.models import Incident, Service
from incidents.operations import Declaration, Refused
from incidents.states import Kind, Nature
from outbox.models import Fact
from outbox.relay import relay
from postmortems.models import Postmortem
from postmortems.operations.starting import start
from postmortems.states import DocumentStatus, RevisionKind
from runbooks.models import Revision
from runbooks.operations import create_runbook

SignIn = Callable[[User], Client]


def test_start_happens_by_itself_when_the_incident_is_resolved(incident: Incident) -> None:
    relay()
    made = Postmortem.objects.get(incident=incident)
    assert (made.status, made.number, made.last_number) == (DocumentStatus.DRAFT, 1, 1)
    first = made.revisions.get()
    assert (first.kind, first.text, first.saved_by) == (RevisionKind.STARTED, made.text, None)
    assert incident.events.filter(kind=Kind.POSTMORTEM_STARTED, recorded_by=None).count() == 1
    assert Fact.objects.filter(name="postmortem_changed", payload__postmortem_id=made.pk).count() == 1


def test_start_fills_in_what_is_known(revision: Revision, ada: User, grace: User) -> None:
    said = Declaration(
        title="Sign-in loops [again]", severity=2, impact="Nobody without a session gets in",
        services=[Service.objects.create(name="Sign-in", slug="sign-in")],
    )  # fmt: skip
    incident = operations.declare(said, revision=revision, by=grace)
    operations.assign_role(incident.pk, "commander", ada, by=ada)
    branches = list(incident.checklists.filter(is_branch=True))
    operations.choose_branch(incident.pk, branches[0].pk, by=ada)
    operations.abandon_branch(incident.pk, branches[0].pk, reason="The rollback changed nothing", by=ada)
    asked = incident.steps.get(kind="question", text__icontains="percentage of users")
    operations.answer_question(incident.pk, asked.pk, "61 % of sign-ins", by=ada)
    Incident.objects.filter(pk=incident.pk).update(started_at=incident.started_at - timedelta(minutes=47))
    operations.change_status(incident.pk, "resolved", by=ada)
    made = start(incident.pk, by=ada)
    day = incident.started_at - timedelta(minutes=47)
    for line in (
        "## Incident: Sign-in loops \\[again\\]",
        f"**Date:** {day:%Y-%m-%d}",
        "**Duration:** 0 hours 47 minutes",
        "**Severity:** SEV2",
        "**Author:** Ada Lovelace",
        "- Users affected: 61 % of sign-ins",
        "- Features impacted: Sign-in",
        "{{ timeline }}",
        "{{ action items }}",
        "- Paths tried: Recent deployment (given up: The rollback changed nothing)",
    ):
        assert line in made.text.split("\n")
    assert "[Detailed explanation]" in made.text  # what is not known stays for the author
    assert "HH:MM" not in made.text
    assert made.author == ada


def test_start_makes_one_document_however_often_it_is_asked(incident: Incident, grace: User) -> None:
    relay()
    Fact.objects.update(relayed_at=None)  # the relay died before it could say that it was heard
    relay()
    assert start(incident.pk, by=grace) == Postmortem.objects.get()
    assert incident.events.filter(kind=Kind.POSTMORTEM_STARTED).count() == 1


def test_start_happens_by_itself_for_no_drill_and_for_nothing_that_was_no_incident(
    revision: Revision, ada: User
) -> None:
    drill, cancelled, merged, other = (
        operations.declare(Declaration(f"No {n}", 2, nature=nature), revision=revision, by=ada)
        for n, nature in enumerate((Nature.DRILL, Nature.LIVE, Nature.LIVE, Nature.LIVE))
    )
    operations.change_status(drill.pk, "resolved", by=ada)
    operations.cancel(cancelled.pk, reason="A false alarm", by=ada)
    operations.merge(merged.pk, other.pk, by=ada)
    relay()
    assert not Postmortem.objects.exists()
    by_hand = [start(ended.pk, by=ada) for ended in (drill, cancelled, merged)]
    assert [made.due_at for made in by_hand] == [None] * 3  # nothing is owed


def test_start_finds_an_incident_that_was_reopened_before_the_relay_came(
    incident: Incident, ada: User
) -> None:
    operations.reopen(incident.pk, reason="It is back", by=ada)
    relay()
    assert not Postmortem.objects.exists()
    with pytest.raises(Refused, match="still open"):
        start(incident.pk, by=ada)


@pytest.mark.parametrize(
    ("more", "severity", "hours"),
    [
        ("", 2, 24),
        ("## Post-mortem\n\n- SEV1: within 24 hours\n- SEV2: within 72 hours\n", 2, 72),
        ("## Post-mortem\n\n- SEV1: within 24 hours\n- SEV2: within 72 hours\n", 1, 24),
        ("## After\n\n1. Notify customers within 1 hour.\n2. Write the post-mortem within 3 days.\n", 2, 72),
        (
            "## Post-incident\n\n### Within 2 days\n\n- Tell the press\n\n### Within 5 days\n\n- Publish the post-mortem\n",
            2,
            120,
        ),
    ],
)
def test_document_is_due_by_the_runbooks_deadline(ada: User, more: str, severity: int, hours: int) -> None:
    scale = "## Severity\n\n| Level | Meaning | Response time |\n|---|---|---|\n| SEV1 | Down | Immediate |\n| SEV2 | Bad | 1 hour |\n"
    revision = create_runbook(f"# Book\n\n{scale}\n{more}".encode(), by=None)
    incident = operations.declare(Declaration("Chat down", severity), revision=revision, by=ada)
    incident = operations.change_status(incident.pk, "resolved", by=ada)
    made = start(incident.pk, by=ada)
    assert incident.ended_at and made.due_at == incident.ended_at + timedelta(hours=hours)


def test_document_is_due_later_when_the_incident_is_resolved_once_more(incident: Incident, ada: User) -> None:
    relay()
    before = Postmortem.objects.get()
    operations.reopen(incident.pk, reason="It is back", by=ada)
    again = operations.change_status(incident.pk, "resolved", by=ada)
    relay()
    after = Postmortem.objects.get()
    assert after.text == before.text
    assert again.ended_at and after.due_at == again.ended_at + timedelta(hours=24)


def test_start_button_is_in_the_room_until_there_is_a_document(
    incident: Incident, grace: User, eve: User, client_for: SignIn
) -> None:
    client = client_for(grace)
    room, button = f"/incidents/{incident.pk}/", f"/incidents/{incident.pk}/postmortem/start/"
    assert button in client.get(room).content.decode()
    assert client_for(eve).post(button).status_code == 403
    answer = client.post(button)
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{room}postmortem/")
    assert button not in client.get(room).content.decode()
    assert f'href="{room}postmortem/"' in client.get(room).content.decode()


def test_start_button_of_an_open_incident_is_refused_where_it_stands(
    incident: Incident, ada: User, client_for: SignIn
) -> None:
    operations.reopen(incident.pk, reason="It is back", by=ada)
    button = f"/incidents/{incident.pk}/postmortem/start/"
    assert client_for(ada).post(button).status_code == 409
    pushed = client_for(ada).post(button, headers={"HX-Request": "true"})
    assert (pushed.status_code, b'id="afterwards"' in pushed.content) == (409, True)
