"""Status updates: filled from the runbook's templates, looked at before they are posted, and posted once."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.models import User
from incidents import operations
from incidents.messages import Message, prefill
from incidents.models import Incident, Service, TimelineEvent
from incidents.operations import Refused
from incidents.room import Room
from incidents.states import Kind
from runbooks.playbook import Template

ClientFor = Callable[[User], Client]
HTMX = {"HX-Request": "true"}
INITIAL = {"template": "Initial Update", "tag": "[INVESTIGATING]", "blank-0": "chat", "blank-1": "spinners"}


def post(client: Client, incident: Incident, headers: Any = None, **data: Any) -> Any:
    return client.post(f"/incidents/{incident.pk}/update/", {"key": uuid4(), **data}, headers=headers or {})


def last_update(incident: Incident) -> TimelineEvent:
    return incident.events.filter(kind=Kind.STATUS_UPDATE_POSTED).order_by("-seq")[0]


def test_update_says_what_the_template_and_the_fields_say(
    incident: Incident, grace: User, client_for: ClientFor
) -> None:
    assert post(client_for(grace), incident, **INITIAL).status_code == 302
    said = last_update(incident)
    assert said.text.startswith(
        "[INVESTIGATING] We're aware of issues with chat.\nUsers may experience spinners."
    )
    assert said.data["template"] == "Initial Update"


def test_fields_are_prefilled_from_the_incident(
    incident: Incident, grace: User, client_for: ClientFor
) -> None:
    incident.services.add(Service.objects.create(name="Chat", slug="chat"))
    html = client_for(grace).get(f"/incidents/{incident.pk}/").content.decode()
    assert re.search(r'name="blank-0" value="Chat"', html)
    assert re.search(r'name="blank-1" value="replies never finish"', html)


def test_other_template_is_shown_without_javascript_and_with_it(
    incident: Incident, grace: User, client_for: ClientFor
) -> None:
    client = client_for(grace)
    page = client.get(f"/incidents/{incident.pk}/?template=Resolution+Update").content.decode()
    part = client.get(f"/incidents/{incident.pk}/update/?template=Resolution+Update", headers=HTMX)
    for html in (page, part.content.decode()):
        assert "Brief explanation" in html
        assert "[RESOLVED] The issue with" in html


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_blanks_that_are_empty_are_pointed_out_before_posting(
    incident: Incident, grace: User, client_for: ClientFor, headers: dict[str, str]
) -> None:
    before = last_update(incident)
    answer = post(client_for(grace), incident, headers, **(INITIAL | {"blank-1": " "}))
    assert answer.status_code == 422
    html = answer.content.decode()
    assert "Not filled in yet: [symptom]." in html
    assert 'name="as_it_is"' in html
    assert 'name="blank-0" value="chat"' in html
    assert last_update(incident) == before


def test_update_with_blanks_is_posted_when_meant(
    incident: Incident, grace: User, client_for: ClientFor
) -> None:
    post(client_for(grace), incident, **(INITIAL | {"blank-1": "", "as_it_is": "yes"}))
    assert "Users may experience [symptom]." in last_update(incident).text


def test_words_can_be_edited_freely(incident: Incident, grace: User, client_for: ClientFor) -> None:
    client = client_for(grace)
    shown = post(client, incident, HTMX, **(INITIAL | {"edit": "yes"}))
    assert shown.status_code == 200
    assert "We&#x27;re aware of issues with chat." in shown.content.decode()
    post(client, incident, free="yes", template="Initial Update", text="Chat is slow.\nSorry.")
    assert last_update(incident).text == "Chat is slow.\nSorry."


def test_update_needs_words(incident: Incident, grace: User, client_for: ClientFor) -> None:
    answer = post(client_for(grace), incident, free="yes", template="-", text="  ")
    assert answer.status_code == 422
    assert "Write the message first." in answer.content.decode()


def test_tag_follows_the_status_and_never_changes_unseen(
    incident: Incident, grace: User, client_for: ClientFor
) -> None:
    client = client_for(grace)
    operations.change_status(incident.pk, "identified", by=grace)
    answer = post(client, incident, HTMX, **INITIAL)
    assert answer.status_code == 409
    html = answer.content.decode()
    assert "The status changed while you were writing" in html
    assert 'value="[IDENTIFIED]"' in html
    assert 'value="spinners"' in html
    post(client, incident, **(INITIAL | {"tag": "[IDENTIFIED]"}))
    assert last_update(incident).text.startswith("[IDENTIFIED]")


def test_next_update_is_due_one_cadence_later_or_when_promised(
    incident: Incident, grace: User, client_for: ClientFor
) -> None:
    client = client_for(grace)
    post(client, incident, **INITIAL)
    incident.refresh_from_db()
    assert due_in(incident) == pytest.approx(30, abs=1)
    post(client, incident, **INITIAL, next_due_at="90 min")
    incident.refresh_from_db()
    assert due_in(incident) == pytest.approx(90, abs=1)
    assert last_update(incident).data["promised"] is True


def due_in(incident: Incident) -> float:
    """Minutes until the next update is due."""
    assert incident.next_update_due_at
    return (incident.next_update_due_at - timezone.now()).total_seconds() / 60


@pytest.mark.parametrize("promise", ["yesterday 10:00", "soon", "9999 h", "25:00", "\x00"])
def test_promise_that_cannot_be_kept_is_refused(
    incident: Incident, grace: User, client_for: ClientFor, promise: str
) -> None:
    answer = post(client_for(grace), incident, **INITIAL, next_due_at=promise)
    assert answer.status_code == 422
    assert 'value="spinners"' in answer.content.decode()


def test_nothing_is_due_after_the_end(incident: Incident, grace: User) -> None:
    operations.change_status(incident.pk, "resolved", by=grace)
    operations.post_update(incident.pk, "It is over", by=grace)
    incident.refresh_from_db()
    assert incident.next_update_due_at is None


def test_update_posted_twice_is_one(incident: Incident, grace: User, client_for: ClientFor) -> None:
    key, client = uuid4(), client_for(grace)
    for _ in range(2):
        assert post(client, incident, **(INITIAL | {"key": key})).status_code == 302
    other = post(client, incident, **(INITIAL | {"key": key, "blank-1": "nothing at all"}))
    assert other.status_code == 409
    assert 'value="nothing at all"' in other.content.decode()
    assert incident.events.filter(kind=Kind.STATUS_UPDATE_POSTED).count() == 2


def test_promise_of_the_past_is_refused_by_the_operation(incident: Incident, grace: User) -> None:
    with pytest.raises(Refused, match="time to come"):
        operations.post_update(incident.pk, "x", by=grace, next_due_at=timezone.now() - timedelta(minutes=1))


TEMPLATE = Template(
    "Odd",
    "[Update] {{name}} {name} <region> [major/minor] costs $5 \\1 [name]",
    placeholders=("{{name}}", "{name}", "<region>", "[major/minor]", "[name]"),
    choices=("[major/minor]",),
)


def test_each_kind_of_blank_is_filled_where_it_stands(incident: Incident) -> None:
    message = Message(TEMPLATE, Room(incident))
    values = {"blank-0": "A", "blank-1": "B", "blank-2": "<eu>", "blank-3": "minor", "blank-4": "\\g<0>"}
    assert message.filled(values) == "[Update] A B <eu> minor costs $5 \\1 \\g<0>"
    assert message.blanks[3].choices == ("major", "minor")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("severity", "SEV2"),
        ("Impact", "Nobody can chat"),
        ("user-facing effect", "Nobody can chat"),
        ("incident title", "Chat not working"),
        ("status", "Investigating"),
        ("end time", ""),
        ("commander", ""),
        ("favourite colour", ""),
        ("name", ""),
        ("number", ""),
        ("P1", "SEV2"),
        ("description of user impact", "Nobody can chat"),
    ],
)
def test_incident_fills_the_blanks_it_knows(incident: Incident, name: str, value: str) -> None:
    assert prefill(name, Room(incident)) == value


def test_incident_number_and_start_are_filled(incident: Incident) -> None:
    assert prefill("INCIDENT_ID", Room(incident)) == incident.reference
    assert prefill("start time", Room(incident)) == f"{timezone.localtime(incident.started_at):%H:%M} UTC"


def test_last_update_is_asked_for_once_it_is_over(
    incident: Incident, grace: User, client_for: ClientFor
) -> None:
    client = client_for(grace)
    operations.change_status(incident.pk, "resolved", by=grace)
    html = client.get(f"/incidents/{incident.pk}/").content.decode()
    assert "Post the last update" in html
    assert "Brief explanation" in html
    operations.post_update(incident.pk, "It is over", by=grace)
    assert "Post the last update" not in client.get(f"/incidents/{incident.pk}/").content.decode()


def test_words_before_a_blank_say_which_time_it_asks_for(incident: Incident) -> None:
    text = "As of [hh:mm]: [investigating/monitoring]\nNext update: [time]"
    blanks = ("[hh:mm]", "[investigating/monitoring]", "[time]")
    template = Template("Progress", text, placeholders=blanks, choices=blanks[1:2])
    with time_machine.travel(timezone.now(), tick=False):
        local = timezone.localtime()
        now, status, due = (blank.value for blank in Message(template, Room(incident)).blanks)
    assert now == f"{local:%H:%M} UTC"
    assert status == "investigating"
    assert due == f"{local + timedelta(minutes=30):%H:%M} UTC"


def test_description_of_how_it_ended_is_left_to_the_author(incident: Incident) -> None:
    told = [
        Message(Template(title, "[brief description]", ("[brief description]",)), Room(incident))
        .blanks[0]
        .value
        for title in ("Initial", "Resolution")
    ]
    assert told == ["Chat not working", ""]


def test_zone_of_the_template_is_not_said_twice(incident: Incident) -> None:
    template = Template("Progress", "Posted: [TIME] UTC", ("[TIME]",))
    with time_machine.travel(timezone.now(), tick=False), timezone.override("Asia/Kathmandu"):
        now = timezone.now()
        assert Message(template, Room(incident)).blanks[0].value == f"{now:%H:%M}"
