"""Declaring: the form, what it promises, and that nothing typed is ever lost."""

import threading
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import connections
from django.test import Client

from accounts.models import Team, User
from incidents import operations
from incidents.models import Incident, Service
from runbooks.models import Revision
from runbooks.operations import assign_team, create_runbook, publish, set_default

SignIn = Callable[[User], Client]
LONG = "x" * 10_240


def said(**more: Any) -> dict[str, Any]:
    """A form that can be sent."""
    words = {"title": "Chat not working", "severity": "2", "impact": "A third of users cannot chat"}
    return {"key": str(uuid4()), **words, **more}


@pytest.fixture
def grace_in(client_for: SignIn, grace: User, revision: Revision) -> Client:
    """A browser where grace is signed in, with the runbook published."""
    return client_for(grace)


def test_declare_leads_to_the_room_of_the_new_incident(grace_in: Client, grace: User) -> None:
    answer = grace_in.post("/declare/", said(symptom="replies never finish"))
    incident = Incident.objects.get()
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/incidents/{incident.pk}/")
    assert (incident.title, incident.severity, incident.declared_by) == ("Chat not working", 2, grace)
    assert incident.last_word == "Investigating replies never finish. Impact: A third of users cannot chat"


def test_declare_shows_the_severities_of_the_runbook_with_response_and_examples(grace_in: Client) -> None:
    page = grace_in.get("/declare/").content.decode()
    for words in ("SEV1", "Respond immediately", "Respond in under 1 hour", "Chat not working, auth failing"):
        assert words in page
    assert "Pick the higher one" in page


def test_declare_offers_the_causes_of_the_runbook_and_opens_the_branch(grace_in: Client) -> None:
    cause = Revision.objects.get().effective.branches[3].title
    assert cause in grace_in.get("/declare/").content.decode()
    grace_in.post("/declare/", said(cause=cause))
    branch = Incident.objects.get().checklists.get(title=cause)
    assert branch.is_chosen
    assert Incident.objects.get().steps_total > 10


def test_declare_keeps_services_team_and_privacy(grace_in: Client, grace: User) -> None:
    team = Team.objects.create(name="Platform", slug="platform")
    chat = Service.objects.create(name="Chat", slug="chat")
    grace_in.post("/declare/", said(team=str(team.pk), services=[str(chat.pk), str(chat.pk)], is_private="1"))
    incident = Incident.objects.get()
    assert (incident.team, list(incident.services.all()), incident.is_private) == (team, [chat], True)
    assert incident.access.get().user == grace


def test_declare_without_the_required_fields_says_so_and_keeps_the_rest(grace_in: Client) -> None:
    sent = said(title=" ", severity="", symptom="kept words", started_at="2020-02-03T04:05")
    answer = grace_in.post("/declare/", sent)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert not Incident.objects.exists()
    assert '<a href="#title">Enter a title' in page
    assert '<a href="#sev-1">Choose a severity' in page
    for kept in ("kept words", "2020-02-03T04:05", "A third of users cannot chat", sent["key"]):
        assert kept in page


def test_declare_keeps_every_choice_through_an_error(grace_in: Client) -> None:
    team = Team.objects.create(name="Platform", slug="platform")
    chat = Service.objects.create(name="Chat", slug="chat")
    cause = Revision.objects.get().effective.branches[0].title
    sent = said(title="", cause=cause, team=str(team.pk), services=[str(chat.pk)], is_private="1")
    page = grace_in.post("/declare/", sent).content.decode()
    for chosen in (
        f'<option value="{cause}" selected>',
        f'<option value="{team.pk}" selected>',
        f'name="services" value="{chat.pk}" id="service-1" checked',
        'name="is_private" value="1" checked',
        'value="2" id="sev-2" required checked',
    ):
        assert chosen in page


@pytest.mark.parametrize("field", ["title", "impact", "symptom", "started_at", "cause", "severity", "key"])
@pytest.mark.parametrize("words", ["a\x00b", LONG, "\ufffe%s{{x}}' OR 1=1"])
def test_declare_refuses_or_keeps_what_is_hostile(grace_in: Client, field: str, words: str) -> None:
    answer = grace_in.post("/declare/", said(**{field: words}))
    assert answer.status_code in (302, 422)
    assert answer.status_code == 302 or not Incident.objects.exists()


@pytest.mark.parametrize("field", ["team", "services", "runbook", "cards"])
@pytest.mark.parametrize("words", ["a\x00b", "9" * 400, "-1", "title"])
def test_declare_refuses_choices_that_were_not_offered(grace_in: Client, field: str, words: str) -> None:
    answer = grace_in.post("/declare/", said(**{field: words}))
    assert answer.status_code == 422 or field == "cards"


def test_declare_escapes_what_people_type(grace_in: Client) -> None:
    page = grace_in.post("/declare/", said(severity="", title='"><script>alert(1)</script>')).content.decode()
    assert "<script>alert" not in page


@pytest.mark.django_db(transaction=True)
def test_declare_many_times_at_once_makes_one_incident(
    grace_in: Client, grace: User, client_for: SignIn
) -> None:
    sent, places, start = said(), [], threading.Barrier(8)

    def send(client: Client) -> None:
        start.wait()
        places.append(client.post("/declare/", sent).headers["Location"])
        connections.close_all()

    threads = [threading.Thread(target=send, args=(client_for(grace),)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert places == [f"/incidents/{Incident.objects.get().pk}/"] * 8


def test_declare_again_from_a_page_gone_back_to_keeps_the_words_and_gives_a_new_key(grace_in: Client) -> None:
    sent = said()
    grace_in.post("/declare/", sent)
    answer = grace_in.post("/declare/", sent | {"title": "Something else broke"})
    page, incident = answer.content.decode(), Incident.objects.get()
    assert answer.status_code == 422
    assert f"You already declared {incident.reference} with this form" in page
    assert "Something else broke" in page
    assert sent["key"] not in page
    again = grace_in.post("/declare/", sent | {"title": "Something else broke", "key": key_in(page)})
    assert again.status_code == 302
    # No number was drawn in vain: a gap looks like an incident that one may not see.
    assert [i.pk for i in Incident.objects.order_by("pk")] == [incident.pk, incident.pk + 1]


def test_declare_again_is_answered_though_the_runbook_has_changed_since(ada: User) -> None:
    scale = "# R\n\n| Level | Response time |\n|---|---|\n| SEV1 | Immediate |\n| SEV2 | 1 hour |\n"
    first = create_runbook(f"{scale}| SEV3 | 4 hours |\n".encode(), by=ada)
    declaration, key = operations.Declaration(title="Down", severity=3), uuid4()
    incident = operations.declare(declaration, revision=first, by=ada, key=key)
    second = publish(first.runbook, scale.encode(), by=ada)
    assert operations.declare(declaration, revision=second, by=ada, key=key) == incident
    with pytest.raises(operations.Refused, match="no such severity"):
        operations.declare(declaration, revision=second, by=ada, key=uuid4())


def key_in(page: str) -> str:
    return page.split('name="key" value="')[1].split('"')[0]


def test_declare_with_a_key_of_someone_else_is_another_incident(
    grace_in: Client, ada: User, client_for: SignIn
) -> None:
    sent = said()
    grace_in.post("/declare/", sent)
    client_for(ada).post("/declare/", sent)
    assert Incident.objects.count() == 2


def test_declare_without_a_key_asks_once_more_and_keeps_the_words(grace_in: Client) -> None:
    answer = grace_in.post("/declare/", said(key=""))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert grace_in.post("/declare/", said(key=key_in(page))).status_code == 302


def test_declare_is_for_responders_and_tells_viewers_whom_to_ask(
    client_for: SignIn, ada: User, eve: User, revision: Revision
) -> None:
    for answer in (client_for(eve).get("/declare/"), client_for(eve).post("/declare/", said())):
        assert answer.status_code == 403
        assert "Ada Lovelace" in answer.content.decode()
    assert client_for(eve).post("/declare/preview/", said()).status_code == 403
    assert not Incident.objects.exists()


def test_declare_asks_strangers_to_sign_in(client: Client, ada: User) -> None:
    answer = client.post("/declare/", said())
    assert (answer.status_code, answer.headers["Location"][:16]) == (302, "/accounts/login/")


def test_declare_without_any_runbook_uses_the_starter_and_says_so(client_for: SignIn, grace: User) -> None:
    grace_in = client_for(grace)
    assert "the starter runbook applies" in grace_in.get("/declare/").content.decode()
    assert grace_in.post("/declare/", said()).status_code == 302
    assert Incident.objects.get().revision.runbook.is_default


# -- when it started -------------------------------------------------------------------------------


@pytest.fixture
def in_berlin(grace_in: Client, grace: User) -> Client:
    User.objects.filter(pk=grace.pk).update(timezone="Europe/Berlin")
    return grace_in


def test_declare_reads_the_start_in_the_readers_zone(in_berlin: Client) -> None:
    assert "Europe/Berlin time" in in_berlin.get("/declare/").content.decode()
    in_berlin.post("/declare/", said(started_at="2026-01-15T09:30"))
    assert Incident.objects.get().started_at.isoformat() == "2026-01-15T08:30:00+00:00"


def test_declare_refuses_a_time_that_the_clocks_jumped_over(in_berlin: Client) -> None:
    answer = in_berlin.post("/declare/", said(started_at="2026-03-29T02:30"))
    assert answer.status_code == 422
    assert "02:30 did not exist on 29 March" in answer.content.decode()


def test_declare_takes_the_first_of_two_equal_times(in_berlin: Client) -> None:
    in_berlin.post("/declare/", said(started_at="2026-10-25T02:30"))
    assert Incident.objects.get().started_at.isoformat() == "2026-10-25T00:30:00+00:00"


@pytest.mark.parametrize("moment", ["2999-01-01T00:00", "0001-01-01T00:00", "yesterday", "9999-12-31T23:59"])
def test_declare_refuses_times_that_cannot_be(in_berlin: Client, moment: str) -> None:
    answer = in_berlin.post("/declare/", said(started_at=moment))
    assert answer.status_code == 422
    assert moment in answer.content.decode()


# -- what will happen ------------------------------------------------------------------------------


@time_machine.travel("2026-11-12T10:00Z", tick=False)
def test_preview_declaration_says_what_will_happen(grace_in: Client) -> None:
    page = grace_in.post("/declare/preview/", said()).content.decode()
    assert '#incident-2026-11-12-<mark data-slot="title"' in page
    assert "chat-not-working" in page
    assert "SEV2: respond in under 1 hour, then an update every <strong>30 minutes</strong>" in page
    assert "A third of users cannot chat" in page


def test_preview_declaration_and_the_incident_say_the_same(grace_in: Client) -> None:
    page = grace_in.post("/declare/preview/", said()).content.decode()
    grace_in.post("/declare/", said())
    incident = Incident.objects.get()
    assert f"{incident.steps_total} steps" in page
    assert incident.channel_name.endswith("chat-not-working")


def test_preview_declaration_stands_an_unfinished_form(grace_in: Client) -> None:
    answer = grace_in.post("/declare/preview/", {"title": "Chat\x00" + LONG, "severity": "77"})
    assert answer.status_code == 200
    assert "Choose a severity to see the response time" in answer.content.decode()


def test_preview_declaration_names_what_is_open_already(
    grace_in: Client, declared: Callable[..., Incident]
) -> None:
    alike = declared("Chat replies are slow")
    ended = declared("Chat was down")
    operations.change_status(ended.pk, "resolved", by=ended.declared_by)
    page = grace_in.post("/declare/preview/", {"title": "the chat is broken"}).content.decode()
    assert alike.reference in page
    assert ended.title not in page
    assert "by Ada Lovelace" in page


def test_preview_declaration_never_names_a_private_incident_to_others(
    grace_in: Client, client_for: SignIn, ada: User, declared: Callable[..., Incident]
) -> None:
    declared("Chat leaks secrets", is_private=True)
    sent = said(title="chat leaks")
    assert "leaks secrets" not in grace_in.post("/declare/preview/", sent).content.decode()
    assert "leaks secrets" in client_for(ada).post("/declare/preview/", sent).content.decode()


# -- several runbooks ------------------------------------------------------------------------------

OTHER = b"""# Payments

## Severity levels

| Level | Description | Response time |
|---|---|---|
| **P1** | Money is lost | Immediate |
| **P2** | Money is late | < 2 hours |
"""


@pytest.fixture
def payments(revision: Revision, ada: User) -> Revision:
    """The runbook of the payments team, with a scale of its own."""
    team = Team.objects.create(name="Payments", slug="payments")
    other = create_runbook(OTHER, by=ada)
    assign_team(other.runbook, team, by=ada)
    return other


def test_declare_follows_the_runbook_that_was_chosen(grace_in: Client, payments: Revision) -> None:
    book = str(payments.runbook_id)
    page = grace_in.post("/declare/preview/", said(runbook=book, cards="")).content.decode()
    assert "P2: respond in under 2 hours" in page
    grace_in.post("/declare/", said(runbook=book, cards=book))
    incident = Incident.objects.get()
    assert (incident.revision, incident.severity_name) == (payments, "P2")


def test_declare_with_a_severity_of_another_scale_asks_to_check_it(
    grace_in: Client, payments: Revision, revision: Revision
) -> None:
    team = Team.objects.get()
    sent = said(team=str(team.pk), cards=str(revision.runbook_id))
    answer = grace_in.post("/declare/", sent)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "The severities and causes are now those of Payments" in page
    assert "Money is late" in page
    assert grace_in.post("/declare/", sent | {"cards": str(payments.runbook_id)}).status_code == 302
    assert Incident.objects.get().revision == payments


def test_preview_declaration_swaps_in_the_severities_of_the_runbook_chosen(
    grace_in: Client, payments: Revision, revision: Revision
) -> None:
    sent = said(runbook=str(payments.runbook_id), cards=str(revision.runbook_id))
    page = grace_in.post("/declare/preview/", sent).content.decode()
    assert 'id="severity-field" hx-swap-oob="true"' in page
    assert "Money is late" in page


def test_declare_uses_the_default_runbook_of_the_day(grace_in: Client, payments: Revision, ada: User) -> None:
    set_default(payments.runbook, by=ada)
    assert "Money is late" in grace_in.get("/declare/").content.decode()
