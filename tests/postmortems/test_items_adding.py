"""Where action items come from: the board, a room, a step of a checklist, a post-mortem, a line of it."""

import re
from collections.abc import Callable
from datetime import date
from uuid import uuid4

import pytest
from django.template import Context, Template
from django.test import Client

from accounts.models import User
from incidents import operations as incident_operations
from incidents.models import Incident, Step
from postmortems.lines import read_line
from postmortems.live_parts.promises import items_of
from postmortems.models import ActionItem, Postmortem
from postmortems.operations import items
from postmortems.owners import People

pytestmark = pytest.mark.django_db
FRIDAY = date(2026, 12, 4)


@pytest.fixture
def client(grace: User, client_for: Callable[[User], Client]) -> Client:
    return client_for(grace)


def sent(**said: object) -> dict[str, object]:
    return {"key": str(uuid4()), "title": "Probe sign-in", "owner": "", "due_on": "", "priority": "2", **said}


# -- a line -----------------------------------------------------------------------------------------------


@pytest.fixture
def people(ada: User, grace: User, eve: User) -> People:
    return People([ada, grace, eve])


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("- [ ] Do it @grace 2026-12-04 !high #prevent", "Do it"),
        ("* [x] @grace: Do it (2026-12-04) !High, #Prevent.", "Do it"),
        ("- - [ ] Do it @grace 2026-12-04 !high #prevent", "Do it"),  # the editor had begun the item already
        ("3. Do 2026-12-04 it @GRACE !high #prevent", "Do it"),
        ("Do it @grace@example.com 2026-12-04 !high #prevent", "Do it"),
        ("Do it @gracehop 2026-12-04 !high #prevent", "Do it"),
    ],
)
def test_line_says_who_by_when_how_urgently_and_what_for(
    people: People, grace: User, text: str, title: str
) -> None:
    line = read_line(text, people)
    assert (line.title, line.owner, line.due_on) == (title, grace, FRIDAY)
    assert (line.priority, line.kind, line.errors) == (1, "prevent", [])


def test_words_that_only_look_like_signs_stay_in_the_title(people: People) -> None:
    line = read_line("- [ ] Fix #123: mail to a@b fails ! 4 @ 5", people)
    assert (line.title, line.owner, line.errors) == ("Fix #123: mail to a@b fails ! 4 @ 5", None, [])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- [ ] ", "Say what should change"),
        ("Do it @nobody", "Nobody here is called “@nobody”"),
        ("Do it 2026-02-30", "2026-02-30 is no day of the calendar"),
        ("Do it @ada @grace", "One person owns it: Ada Lovelace or Grace Hopper?"),
        ("x" * 301, "Keep it to 300"),
        ("Do it 1999-01-01", "too far away"),
    ],
)
def test_line_that_makes_no_sense_says_why(people: People, text: str, said: str) -> None:
    assert said in " ".join(read_line(text, people).errors)


def test_name_that_several_begin_with_is_asked_back(ada: User) -> None:
    people = People([ada, User(name="Adam Smith", email="smith@example.com")])
    assert "could be Ada Lovelace or Adam Smith" in read_line("Do it @a", people).errors[0]
    assert read_line("Do it @ada", people).owner == ada


def test_add_from_line_answers_with_the_link_that_takes_its_place(
    client: Client, postmortem: Postmortem, grace: User
) -> None:
    address = f"/incidents/{postmortem.incident_id}/postmortem/items/from-line/"
    said = {"line": "- [ ] Do it @grace 2026-12-04 !high #prevent", "key": str(uuid4())}
    answers = [client.post(address, said).json() for _ in range(2)]
    item = ActionItem.objects.get()
    link = f"[ACT-{item.pk}](/actions/{item.pk}/) Do it"
    assert answers == [{"id": item.pk, "title": "Do it", "markdown": link}] * 2
    assert (item.postmortem, item.owner, item.due_on) == (postmortem, grace, FRIDAY)


def test_add_from_line_says_what_is_wrong(client: Client, incident: Incident) -> None:
    address = f"/incidents/{incident.pk}/postmortem/items/from-line/"
    answer = client.post(address, {"line": "Do it @nobody 2026-13-01"})
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        "Nobody here is called “@nobody”.",
        "2026-13-01 is no day of the calendar.",
    ]
    assert client.post(address, {}).json() == {"errors": ["The line is empty."]}


# -- forms ------------------------------------------------------------------------------------------------


def test_add_item_from_the_board_twice_is_one(client: Client, incident: Incident, grace: User) -> None:
    said = sent(
        owner=grace.pk, due_on="2026-12-04", incident=f"inc-{incident.pk}", link="https://example.com/1"
    )
    for _ in range(2):
        answer = client.post("/actions/add/", said)
        assert answer.status_code == 302
    item = ActionItem.objects.get()
    assert answer.headers["Location"] == f"/actions/{item.pk}/"
    assert (item.incident, item.owner, item.due_on) == (incident, grace, FRIDAY)
    again = client.post("/actions/add/", said | {"title": "Other words"})
    assert again.status_code == 409
    assert "Other words" in again.content.decode()
    assert str(said["key"]) not in again.content.decode()


def test_add_item_form_keeps_what_was_typed(client: Client) -> None:
    answer = client.post(
        "/actions/add/", sent(title="", details="Kept", link="javascript:x", incident="INC-99")
    )
    body = answer.content.decode()
    assert answer.status_code == 422
    for words in (
        "Say what should change",
        "Kept",
        "javascript:x",
        "There is no such incident",
        "begins with https",
    ):
        assert words in body


def test_private_incident_cannot_be_named_by_those_who_may_not_know_of_it(
    client: Client, incident: Incident, ada: User
) -> None:
    incident_operations.change_privacy(incident.pk, True, by=ada)
    private, missing = (
        client.post("/actions/add/", sent(incident=number)).content.decode()
        for number in (f"INC-{incident.pk}", "INC-99")
    )
    assert "There is no such incident" in private
    plain = re.compile(r'value="[^"]*"|data-now="[^"]*"|hx-headers=\'[^\']*\'')
    assert plain.sub("", private) == plain.sub("", missing)


def test_add_incident_item_in_the_room_answers_with_the_parts_that_changed(
    client: Client, incident: Incident
) -> None:
    address, headers = (
        f"/incidents/{incident.pk}/postmortem/items/add/",
        {"HX-Request": "true", "HX-Target": "dialog-body"},
    )
    form = client.get(address, headers=headers).content.decode()
    assert 'hx-target="#dialog-body"' in form
    assert "<html" not in form
    refused = client.post(address, sent(title=""), headers=headers)
    assert (refused.status_code, "Say what should change" in refused.content.decode()) == (422, True)
    body = client.post(address, sent(), headers=headers).content.decode()
    assert 'id="afterwards"' in body
    assert "Probe sign-in" in body
    assert "added the action item" in body
    assert (
        client.post(address, sent(title="Another")).headers["Location"]
        == f"/incidents/{incident.pk}/#afterwards"
    )


def test_step_becomes_an_item_for_whoever_had_it(client: Client, incident: Incident, ada: User) -> None:
    step = incident.steps.filter(kind=Step.StepKind.TASK)[0]
    incident_operations.assign_step(incident.pk, step.pk, ada, by=ada)
    assert (
        f"/postmortem/items/from-step/{step.pk}/" in client.get(f"/incidents/{incident.pk}/").content.decode()
    )
    body = client.get(f"/incidents/{incident.pk}/postmortem/items/from-step/{step.pk}/").content.decode()
    assert f'<option value="{ada.pk}" selected>' in body
    title = re.search(r'name="title" value="([^"]*)"', body)[1]  # type: ignore[index]
    assert title
    assert "*" not in title
    address = f"/incidents/{incident.pk}/postmortem/items/from-step/{step.pk}/"
    client.post(address, sent(title=title, owner=ada.pk))
    assert ActionItem.objects.get().incident == incident


# -- in the document ----------------------------------------------------------------------------------------


def test_document_shows_its_items_with_a_line_to_add_one(
    postmortem: Postmortem, ada: User, eve: User
) -> None:
    items.add_item(by=ada, title="Probe <b>", postmortem=postmortem)
    shown = Template("{% load items %}{% document_items postmortem %}")
    html = shown.render(Context({"postmortem": postmortem, "user": ada, "csrf_token": "token"}))
    assert "Probe &lt;b&gt;" in html
    assert 'name="title"' in html
    assert 'value="token"' in html
    read = shown.render(Context({"postmortem": postmortem, "user": eve, "csrf_token": "token"}))
    assert "Probe &lt;b&gt;" in read
    assert "<form" not in read


def test_add_row_of_the_document_adds_and_keeps_what_was_refused(
    client: Client, postmortem: Postmortem, grace: User
) -> None:
    address, headers = f"/incidents/{postmortem.incident_id}/postmortem/items/add/", {"HX-Request": "true"}
    said = sent(place="document", owner=grace.pk, due_on="2026-12-04")
    del said["priority"]
    refused = client.post(address, said | {"due_on": "soon"}, headers=headers)
    assert refused.status_code == 422
    assert 'value="Probe sign-in"' in refused.content.decode()
    assert 'value="soon"' in refused.content.decode()
    added = client.post(address, said, headers=headers)
    assert added.status_code == 200
    assert added.content.decode().startswith('<div id="action-items">')
    assert ActionItem.objects.get().postmortem == postmortem
    plain = client.post(address, sent(place="document"))
    assert plain.headers["Location"] == f"/incidents/{postmortem.incident_id}/postmortem/#action-items"


def test_items_of_a_document_are_those_of_its_incident_in_one_query(
    postmortem: Postmortem, ada: User, grace: User, django_assert_num_queries: Callable[..., object]
) -> None:
    first = items.add_item(by=ada, title="In the room", incident=postmortem.incident)
    second = items.add_item(
        by=ada, title="In the document", postmortem=postmortem, owner=grace, due_on=FRIDAY
    )
    items.add_item(by=ada, title="Of nothing")
    with django_assert_num_queries(1):  # type: ignore[attr-defined]
        rows = [
            (item.reference, item.title, item.owner and item.owner.name, item.due_on, item.status)
            for item in items_of(postmortem)
        ]
    assert rows == [
        (f"ACT-{second.pk}", "In the document", "Grace Hopper", FRIDAY, "open"),
        (f"ACT-{first.pk}", "In the room", None, None, "open"),
    ]
