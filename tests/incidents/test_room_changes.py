"""Changing an incident from its room, with htmx and without JavaScript."""

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from accounts.models import User
from incidents import operations
from incidents.models import Checklist, Incident, Step, TimelineEvent
from incidents.states import Kind, Status
from incidents.views.changes import CHANGES, INLINE

ClientFor = Callable[[User], Client]
HTMX = {"HX-Request": "true"}


def step_of(incident: Incident, kind: str = "task") -> Step:
    return incident.steps.filter(kind=kind, checklist__is_branch=False)[0]


def branch_of(incident: Incident, nth: int = 0) -> Checklist:
    return incident.checklists.filter(is_branch=True)[nth]


def address(incident: Incident, name: str) -> str:
    """The address of a change, with some step, checklist, event or person where it needs one."""
    ids = {
        "step_id": step_of(incident).pk,
        "checklist_id": branch_of(incident).pk,
        "seq": 1,
        "role": "scribe",
        "user_id": incident.declared_by_id,
    }
    for keys in ((), ("step_id",), ("checklist_id",), ("seq",), ("role",), ("user_id",)):
        try:
            return reverse(f"incidents:{name}", kwargs={"number": incident.pk, **{k: ids[k] for k in keys}})
        except NoReverseMatch:
            continue
    raise AssertionError(name)


ALL = [*CHANGES, "add_note", "post_update"]


def fresh(incident: Incident) -> Incident:
    return Incident.objects.get(pk=incident.pk)


def post(client: Client, incident: Incident, path: str, **data: object) -> HttpResponse:
    return client.post(f"/incidents/{incident.pk}/{path}", data)  # type: ignore[return-value]


@pytest.mark.parametrize("name", ALL)
def test_change_is_for_responders_who_may_see_the_incident(
    name: str,
    incident: Incident,
    declared: Callable[..., Incident],
    grace: User,
    eve: User,
    client: Client,
    client_for: ClientFor,
) -> None:
    private = declared(is_private=True)
    for method in ("get", "post"):
        assert getattr(client, method)(address(incident, name)).status_code == 302
        assert getattr(client_for(eve), method)(address(incident, name)).status_code == 403
        assert getattr(client_for(grace), method)(address(private, name)).status_code == 404
    assert fresh(incident).event_seq == incident.event_seq
    assert fresh(private).event_seq == private.event_seq


@pytest.mark.parametrize("name", sorted(set(CHANGES) - INLINE - {"grant_access", "revoke_access"}))
def test_change_can_be_asked_for_on_a_page_and_in_a_dialog(
    name: str, incident: Incident, grace: User, client_for: ClientFor
) -> None:
    page = client_for(grace).get(address(incident, name))
    assert page.status_code == 200
    assert "<html" in page.content.decode()
    part = client_for(grace).get(address(incident, name), headers=HTMX)
    assert "<html" not in part.content.decode()
    assert 'name="csrfmiddlewaretoken"' in part.content.decode()


def test_tick_without_javascript_leads_back_to_the_step(
    incident: Incident, grace: User, client_for: ClientFor
) -> None:
    step = step_of(incident)
    answer = post(client_for(grace), incident, f"steps/{step.pk}/done/", done="yes")
    assert answer["Location"] == f"/incidents/{incident.pk}/#step-{step.pk}"
    html = client_for(grace).get(answer["Location"]).content.decode()
    assert re.search(rf'id="tick-{step.pk}"[^>]*aria-checked="true"', html)
    assert fresh(incident).steps_done == 1


def test_forms_of_the_page_pass_the_csrf_check_without_javascript(incident: Incident, grace: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(grace, backend="accounts.known.Backend")
    html = client.get(f"/incidents/{incident.pk}/").content.decode()
    form = re.search(
        r'action="([^"]*/acknowledge/)".*?name="csrfmiddlewaretoken" value="(\w+)"', html, re.DOTALL
    )
    assert form
    assert client.post(form[1]).status_code == 403
    assert client.post(form[1], {"csrfmiddlewaretoken": form[2]}).status_code == 302
    assert fresh(incident).acknowledged_by == grace


def test_severity_is_raised_with_its_reason_and_the_dialog_closes(
    incident: Incident, grace: User, client_for: ClientFor
) -> None:
    answer = client_for(grace).post(
        f"/incidents/{incident.pk}/severity/", {"severity": 1, "reason": "Everyone"}, headers=HTMX
    )
    assert answer.status_code == 200
    assert fresh(incident).severity_name == "SEV1"
    assert 'id="head" hx-swap-oob' in re.sub(
        r"(<div) (hx-swap-oob=\"morph\") (id=\"head\")", r"\1 \3 \2", answer.content.decode()
    )


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_refused_change_says_why_and_keeps_what_was_typed(
    incident: Incident, grace: User, client_for: ClientFor, headers: dict[str, str]
) -> None:
    operations.change_status(incident.pk, "resolved", by=grace)
    answer = client_for(grace).post(
        f"/incidents/{incident.pk}/severity/", {"severity": 1, "reason": "Everyone is out"}, headers=headers
    )
    assert answer.status_code == 409
    html = answer.content.decode()
    assert "is resolved. Reopen it first." in html
    assert 'value="Everyone is out"' in html
    assert fresh(incident).severity == 2


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_refused_control_of_the_page_says_why_beside_it(
    incident: Incident, grace: User, client_for: ClientFor, headers: dict[str, str]
) -> None:
    operations.change_status(incident.pk, "resolved", by=grace)
    answer = client_for(grace).post(
        f"/incidents/{incident.pk}/status/", {"status": "monitoring"}, headers=headers
    )
    assert answer.status_code == 409
    assert 'id="problem-change_status"' in answer.content.decode()
    assert fresh(incident).status == Status.RESOLVED


@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.parametrize("bad", ["x" * 10_000, "half\x00", "half\ud800"])
def test_answer_that_cannot_be_kept_is_refused_beside_its_field(
    incident: Incident, grace: User, client_for: ClientFor, headers: dict[str, str], bad: str
) -> None:
    question = step_of(incident, "question")
    data = f"answer={bad}".encode("utf-8", "surrogatepass")
    answer = client_for(grace).post(
        f"/incidents/{incident.pk}/steps/{question.pk}/answer/",
        data,
        content_type="application/x-www-form-urlencoded",
        headers=headers,
    )
    if "\ud800" in bad:  # an undecodable byte arrives as U+FFFD, which can be kept
        assert answer.status_code in (200, 302)
        return
    assert answer.status_code == 422
    html = answer.content.decode()
    assert f'id="problem-answer-{question.pk}"' in html
    assert bad[:1000] in html
    question.refresh_from_db()
    assert question.answer == ""


FIELDS = {
    "reopen": "reason",
    "cancel": "reason",
    "change_severity": "reason",
    "change_details": "title_",
    "assign_role": "to",
    "skip_step": "reason",
    "assign_step": "to",
    "finish_step": "text",
    "add_step": "text",
    "abandon_branch": "reason",
    "merge": "into_id",
    "add_link": "url",
    "correct_event": "text",
    "add_note": "text",
    "post_update": "text",
    "change_status": "status",
    "set_step_done": "done",
    "log_command": "seen",
}


@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.parametrize("bad", ["x" * 11_000, "half\x00"])
@pytest.mark.parametrize("name", FIELDS)
def test_bad_input_is_never_an_error_of_ours(
    name: str, bad: str, headers: dict[str, str], incident: Incident, grace: User, client_for: ClientFor
) -> None:
    data = {FIELDS[name]: bad, "key": uuid4(), "kind": "note", "free": "yes", "template": "-"}
    answer = client_for(grace).post(address(incident, name), data, headers=headers)
    assert answer.status_code == 422
    assert fresh(incident).event_seq == incident.event_seq


def test_cause_is_chosen_by_one_click_and_changed_with_a_reason(
    incident: Incident, grace: User, client_for: ClientFor
) -> None:
    client, first, second = client_for(grace), branch_of(incident), branch_of(incident, 1)
    assert post(client, incident, f"causes/{first.pk}/choose/").status_code == 302
    assert post(client, incident, f"causes/{second.pk}/choose/").status_code == 422
    post(client, incident, f"causes/{second.pk}/choose/", reason="Their page is green")
    html = client.get(f"/incidents/{incident.pk}/").content.decode()
    assert "Their page is green" in html
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.is_chosen, second.is_chosen) == (False, True)


def test_step_that_is_no_cause_cannot_be_chosen_as_one(
    incident: Incident, grace: User, client_for: ClientFor
) -> None:
    plain = incident.checklists.filter(is_branch=False)[0]
    assert post(client_for(grace), incident, f"causes/{plain.pk}/choose/").status_code == 404


def test_things_of_another_incident_are_not_found(
    incident: Incident, declared: Callable[..., Incident], grace: User, client_for: ClientFor
) -> None:
    other = declared("Another")
    assert (
        post(client_for(grace), incident, f"steps/{step_of(other).pk}/done/", done="yes").status_code == 404
    )
    assert post(client_for(grace), incident, f"steps/{10**30}/done/", done="yes").status_code == 404


def test_command_sent_twice_from_one_page_is_one_run(
    incident: Incident, grace: User, ada: User, client_for: ClientFor
) -> None:
    step = next(s for s in incident.steps.all() if s.command)
    for who in (grace, grace, ada):
        post(client_for(who), incident, f"steps/{step.pk}/command/", seen=0)
    runs = incident.events.filter(kind=Kind.COMMAND_RUN)
    assert [run.recorded_by for run in runs.order_by("seq")] == [grace, ada]
    last = runs.order_by("-seq")[0].seq
    post(client_for(grace), incident, f"steps/{step.pk}/command/", seen=last)
    assert runs.count() == 3


def test_note_sent_twice_is_one_and_with_other_words_is_refused_with_them(
    incident: Incident, grace: User, client_for: ClientFor
) -> None:
    client, key = client_for(grace), uuid4()
    for _ in range(2):
        assert post(client, incident, "notes/", text="We see locks", kind="note", key=key).status_code == 302
    answer = post(client, incident, "notes/", text="No, queues", kind="note", key=key)
    assert answer.status_code == 409
    assert "No, queues</textarea>" in answer.content.decode()
    assert str(key) not in answer.content.decode()
    assert list(incident.events.filter(kind=Kind.NOTE_ADDED).values_list("text", flat=True)) == [
        "We see locks"
    ]


@pytest.mark.parametrize("name", ["add_step", "add_link"])
def test_form_gone_back_to_and_changed_is_refused_with_its_words(
    incident: Incident, grace: User, client_for: ClientFor, name: str
) -> None:
    checklist = incident.checklists.filter(is_branch=False)[0]
    address = {"add_step": f"checklists/{checklist.pk}/steps/", "add_link": "links/"}[name]
    client, key = client_for(grace), uuid4()
    said = {"text": "Ring the bank", "url": "https://bank.example/"}
    for _ in range(2):
        assert post(client, incident, address, **said, key=key).status_code == 302
    answer = post(client, incident, address, **(said | {"text": "Ring the other bank"}), key=key)
    assert answer.status_code == 409
    assert "Ring the other bank" in answer.content.decode()
    assert str(key) not in answer.content.decode()
    assert incident.events.filter(kind__in=(Kind.STEP_ADDED, Kind.LINK_ADDED)).count() == 1


def test_key_of_a_note_makes_no_step(incident: Incident, grace: User, client_for: ClientFor) -> None:
    client, key, checklist = client_for(grace), uuid4(), incident.checklists.filter(is_branch=False)[0]
    post(client, incident, "notes/", text="We see locks", kind="note", key=key)
    answer = post(client, incident, f"checklists/{checklist.pk}/steps/", text="We see locks", key=key)
    assert answer.status_code == 409


@pytest.mark.parametrize(
    ("kind", "text", "event"),
    [
        ("decision", "Roll back", Kind.DECISION_MADE),
        ("command", "kubectl get pods", Kind.COMMAND_RUN),
        ("link", "The graph: https://example.com/g", Kind.LINK_ADDED),
    ],
)
def test_composer_writes_each_kind(
    kind: str, text: str, event: Kind, incident: Incident, grace: User, client_for: ClientFor
) -> None:
    post(client_for(grace), incident, "notes/", text=text, kind=kind, key=uuid4(), occurred_at="")
    last = incident.events.order_by("-seq")[0]
    assert last.kind == event
    said = last.data.get("command") or last.data.get("url") or last.text
    assert said in text


def test_link_without_an_address_is_refused(incident: Incident, grace: User, client_for: ClientFor) -> None:
    answer = post(client_for(grace), incident, "notes/", text="the graph", kind="link", key=uuid4())
    assert answer.status_code == 422
    assert "begins with https://" in answer.content.decode()


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_time_that_makes_no_sense_keeps_the_note(
    incident: Incident, grace: User, client_for: ClientFor, headers: dict[str, str]
) -> None:
    answer = client_for(grace).post(
        f"/incidents/{incident.pk}/notes/",
        {"text": "Alerts began", "kind": "decision", "key": uuid4(), "occurred_at": "25:99"},
        headers=headers,
    )
    assert answer.status_code == 422
    html = answer.content.decode()
    assert "Enter a time such as 02:14" in html
    assert "Alerts began</textarea>" in html
    assert re.search(r'value="decision" checked', html)
    assert 'value="25:99"' in html


def test_event_is_corrected_once_and_the_time_keeps_its_seconds(
    incident: Incident, grace: User, client_for: ClientFor
) -> None:
    note = operations.add_note(incident.pk, "38%", by=grace)
    client, path = client_for(grace), f"events/{note.seq}/correct/"
    shown = client.get(f"/incidents/{incident.pk}/{path}").content.decode()
    at = re.search(r'name="occurred_at" value="([^"]+)"', shown)
    assert at
    assert post(client, incident, path, text="83%", occurred_at=at[1]).status_code == 302
    fixed = TimelineEvent.objects.get(supersedes=note)
    assert (fixed.text, fixed.occurred_at) == ("83%", note.occurred_at)
    again = post(client, incident, path, text="84%", occurred_at=at[1])
    assert again.status_code == 409
    assert "84%</textarea>" in again.content.decode()


def test_details_keep_the_seconds_of_the_start_that_was_not_touched(
    incident: Incident, grace: User, client_for: ClientFor
) -> None:
    client = client_for(grace)
    shown = client.get(f"/incidents/{incident.pk}/details/").content.decode()
    at = re.search(r'name="started_at" value="([^"]+)"', shown)
    assert at
    said = {"title_": "Chat is slow", "impact": "Some wait", "symptom": "", "started_at": at[1], "team": ""}
    assert post(client, incident, "details/", **said).status_code == 302
    changed = fresh(incident)
    assert (changed.title, changed.started_at) == ("Chat is slow", incident.started_at)
    assert (
        "title: “Chat not working” is now “Chat is slow”"
        in client.get(f"/incidents/{incident.pk}/").content.decode()
    )


def test_incident_made_private_by_someone_is_gone_for_others(
    incident: Incident, ada: User, grace: User, client_for: ClientFor
) -> None:
    post(client_for(ada), incident, "private/", private="yes")
    assert client_for(grace).get(f"/incidents/{incident.pk}/").status_code == 404
    post(client_for(ada), incident, "access/grant/", to=grace.pk)
    assert client_for(grace).get(f"/incidents/{incident.pk}/").status_code == 200
    answer = post(client_for(ada), incident, f"access/{grace.pk}/revoke/")
    assert answer.status_code == 302
    assert client_for(grace).get(f"/incidents/{incident.pk}/").status_code == 404


def test_who_removes_themselves_is_led_to_the_board(
    incident: Incident, ada: User, grace: User, client_for: ClientFor
) -> None:
    operations.change_privacy(incident.pk, True, by=ada)
    operations.grant_access(incident.pk, grace, by=ada)
    answer = client_for(grace).post(f"/incidents/{incident.pk}/access/{grace.pk}/revoke/", headers=HTMX)
    assert answer["HX-Redirect"] == "/"
    refused = client_for(ada).post(f"/incidents/{incident.pk}/access/{ada.pk}/revoke/", headers=HTMX)
    assert refused.status_code == 409
    assert "Nobody would be left" in refused.content.decode()


def test_role_is_taken_handed_over_and_left(
    incident: Incident, ada: User, grace: User, eve: User, client_for: ClientFor
) -> None:
    client = client_for(grace)
    post(client, incident, "roles/commander/take/")
    assert fresh(incident).commander == grace
    post(client, incident, "roles/commander/", to=ada.pk)
    assert fresh(incident).commander == ada
    assert post(client, incident, "roles/commander/", to=eve.pk).status_code == 422
    post(client, incident, "roles/commander/", to="")
    assert fresh(incident).commander is None
    assert post(client, incident, "roles/king/take/").status_code == 404


def test_merge_offers_open_incidents_that_one_may_see(
    incident: Incident, declared: Callable[..., Incident], grace: User, client_for: ClientFor
) -> None:
    other, private = declared("Another"), declared("Secret", is_private=True)
    html = client_for(grace).get(f"/incidents/{incident.pk}/merge/").content.decode()
    assert "Another" in html
    assert "Secret" not in html
    assert post(client_for(grace), incident, "merge/", into_id=private.pk).status_code == 422
    post(client_for(grace), incident, "merge/", into_id=other.pk, reason="The same")
    page = client_for(grace).get(f"/incidents/{incident.pk}/").content.decode()
    assert f"INC-{other.pk}</a>, where the work goes on" in page
    assert (
        f'merged <a href="/incidents/{incident.pk}/">INC-{incident.pk}</a> into this'
        in client_for(grace).get(f"/incidents/{other.pk}/").content.decode()
    )


def test_answer_of_a_filtered_page_leaves_its_timeline_alone(
    incident: Incident, grace: User, client_for: ClientFor
) -> None:
    url = f"http://testserver/incidents/{incident.pk}/?show=notes"
    answer = client_for(grace).post(
        f"/incidents/{incident.pk}/acknowledge/", headers=HTMX | {"HX-Current-URL": url}
    )
    assert 'id="vitals"' in answer.content.decode()
    assert 'id="feed"' not in answer.content.decode()


def test_time_of_a_note_is_of_the_writers_zone(
    incident: Incident, grace: User, client_for: ClientFor
) -> None:
    User.objects.filter(pk=grace.pk).update(timezone="Asia/Kathmandu")
    with timezone.override("Asia/Kathmandu"):
        then = (timezone.localtime() - timedelta(days=1)).replace(second=0, microsecond=0)
    said = f"{then:%Y-%m-%d %H:%M}"
    post(client_for(grace), incident, "notes/", text="Began", kind="note", key=uuid4(), occurred_at=said)
    assert incident.events.get(text="Began").occurred_at == then


def test_status_is_changed_with_words_where_it_may_go(
    incident: Incident, grace: User, client_for: ClientFor
) -> None:
    client = client_for(grace)
    form = client.get(f"/incidents/{incident.pk}/status/").content.decode()
    assert re.findall(r'<option value="(\w+)"', form) == ["identified", "monitoring", "resolved"]
    post(client, incident, "status/", status="identified", text="The deploy of 02:09")
    assert incident.events.get(kind=Kind.STATUS_CHANGED).text == "The deploy of 02:09"
    refused = post(client, incident, "status/", status="closed", text="Away with it")
    assert refused.status_code == 409
    assert "Away with it</textarea>" in refused.content.decode()


def test_merge_offers_no_incident_that_the_person_may_not_see(
    declared: Callable[..., Incident], ada: User, grace: User, client_for: ClientFor
) -> None:
    mine, theirs = declared("Mine", is_private=True), declared("Theirs", by=grace, is_private=True)
    client = client_for(ada)
    assert "Theirs" not in client.get(f"/incidents/{mine.pk}/merge/").content.decode()
    answer = post(client, mine, "merge/", into_id=theirs.pk)
    assert answer.status_code == 422
    assert "Theirs" not in answer.content.decode()
