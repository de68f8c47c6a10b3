"""The board: what is open, in which order, how late, and what it costs."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Team, User
from incidents import board, operations
from incidents.models import Incident, Service
from runbooks.models import Revision
from runbooks.operations import create_runbook

SignIn = Callable[[User], Client]
Declare = Callable[..., Incident]


def due_in(incident: Incident, **delta: int) -> None:
    Incident.objects.filter(pk=incident.pk).update(next_update_due_at=timezone.now() + timedelta(**delta))


def page_of(client: Client, address: str = "/", **headers: str) -> str:
    answer = client.get(address, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def eve_in(client_for: SignIn, eve: User) -> Client:
    return client_for(eve)


@pytest.fixture
def ada_in(client_for: SignIn, ada: User) -> Client:
    return client_for(ada)


# -- the sentence ----------------------------------------------------------------------------------


def test_the_headline_says_that_all_is_clear(eve_in: Client, revision: Revision) -> None:
    page = page_of(eve_in)
    assert "<h1>All clear.</h1>" in page
    assert "None was ever declared here" in page


def test_all_clear_names_the_last_incident_and_how_ready_the_team_is(
    eve_in: Client, incident: Incident, ada: User
) -> None:
    operations.change_status(incident.pk, "resolved", by=ada)
    page = page_of(eve_in)
    assert f"{incident.reference} {incident.title}</a>, was resolved" in page
    assert "4 contacts have no number or address yet" in page
    assert "4 branches, 2 templates" in page


def test_all_clear_says_when_there_is_no_runbook(eve_in: Client) -> None:
    assert "No runbook is published yet" in page_of(eve_in)


@pytest.mark.parametrize(
    ("minutes", "sentence"),
    [
        ([20, 20], "2 open incidents. Updates are on time."),
        ([4, 20], "2 open incidents. One update is due soon."),
        ([-1, 20], "2 open incidents. One update is overdue."),
        ([-1, -50], "2 open incidents. Two updates are overdue."),
    ],
)
def test_the_headline_counts_what_is_open_and_what_is_late(
    eve_in: Client, declared: Declare, minutes: list[int], sentence: str
) -> None:
    for number in minutes:
        due_in(declared(), minutes=number)
    assert f"<h1>{sentence}</h1>" in page_of(eve_in)


def test_the_red_bar_names_the_update_that_is_most_overdue(eve_in: Client, declared: Declare) -> None:
    due_in(declared("A little late", severity=1), minutes=-2)
    due_in(declared("Very late", severity=3), minutes=-40)
    bar = page_of(eve_in).split('class="line now"')[1].split("</section>")[0]
    assert "Very late" in bar
    assert "A little late" not in bar


def test_the_red_bar_offers_viewers_no_button(eve_in: Client, ada_in: Client, incident: Incident) -> None:
    due_in(incident, minutes=-2)
    assert "Post update</a>" in page_of(ada_in)
    assert "Post update</a>" not in page_of(eve_in)


# -- the rows --------------------------------------------------------------------------------------


def test_the_most_severe_comes_first_and_the_newest_of_equals(declared: Declare, eve: User) -> None:
    titles = [("minor", 3), ("older", 1), ("newer", 1), ("major", 2)]
    for title, severity in titles:
        declared(title, severity=severity)
    assert [row.title for row in board.read(eve).rows] == ["newer", "older", "major", "minor"]


def test_a_row_says_all_that_a_commander_asks(
    eve_in: Client, declared: Declare, ada: User, grace: User
) -> None:
    chat = Service.objects.create(name="Chat", slug="chat")
    incident = declared(services=[chat])
    operations.assign_role(incident.pk, "commander", grace, by=ada)
    operations.change_status(incident.pk, "identified", by=ada)
    operations.add_note(incident.pk, "Rolled **back** in Vercel", by=grace)
    step = incident.steps.asked()[0]
    operations.set_step_done(incident.pk, step.pk, True, by=grace)
    page = page_of(eve_in)
    for words in (
        "SEV2",
        "Chat not working",
        "· Chat<",
        "Grace: Rolled back in Vercel",
        "Identified",
        "1 of ",
    ):
        assert words in page
    assert "Grace Hopper" in page


def test_an_incident_that_owes_no_update_says_so(eve_in: Client, declared: Declare) -> None:
    declared(severity=4)
    assert "none owed" in page_of(eve_in)


def test_what_has_ended_leaves_the_board_for_the_recent_ones(
    eve_in: Client, incident: Incident, ada: User, declared: Declare
) -> None:
    declared("Still open")
    operations.change_status(incident.pk, "resolved", by=ada)
    page = page_of(eve_in)
    assert f"row-{incident.pk}" not in page
    assert incident.title in page.split("Recently ended")[1]


def test_a_page_asked_for_by_htmx_is_only_what_changes(eve_in: Client, incident: Incident) -> None:
    part = page_of(eve_in, **{"HX-Request": "true"})
    assert "<html" not in part
    assert 'id="board" hx-swap-oob="morph"' in part
    assert 'id="open-count" hx-swap-oob="true"' in part
    assert f"row-{incident.pk}" in part


# -- the filters -----------------------------------------------------------------------------------


@pytest.fixture
def placed(declared: Declare) -> tuple[Team, Service]:
    """Two open incidents, one of them of a team and a service."""
    team = Team.objects.create(name="Platform", slug="platform")
    chat = Service.objects.create(name="Chat", slug="chat")
    declared("Placed", team=team, services=[chat])
    declared("Elsewhere")
    return team, chat


@pytest.mark.parametrize("asked", ["team=platform", "service=chat", "team=platform&service=chat"])
def test_filters_narrow_the_rows_and_the_sentence(
    eve_in: Client, placed: tuple[Team, Service], asked: str
) -> None:
    page = page_of(eve_in, f"/?{asked}")
    assert "Placed" in page
    assert "Elsewhere" not in page
    assert "<h1>1 open incident for" in page
    assert 'class="count">2<' in page


def test_a_filter_that_leaves_nothing_says_that_there_is_more(
    eve_in: Client, placed: tuple[Team, Service]
) -> None:
    Service.objects.create(name="API", slug="api")
    page = page_of(eve_in, "/?service=api")
    assert "Nothing open for API." in page
    assert "2 open incidents elsewhere" in page


@pytest.mark.parametrize(
    "asked", ["team=nobody", "team=%27", "service=" + "x" * 9000, "page=-1&order_by=password"]
)
def test_filters_that_name_nothing_show_everything(
    eve_in: Client, placed: tuple[Team, Service], asked: str
) -> None:
    assert "Elsewhere" in page_of(eve_in, f"/?{asked}")


# -- the figures -----------------------------------------------------------------------------------


def test_figures_are_medians_of_the_last_thirty_days(declared: Declare, ada: User, eve: User) -> None:
    now = timezone.now()
    for minutes, days in ((10, 1), (20, 2), (60, 3), (600, 40)):
        incident = declared()
        began = now - timedelta(days=days)
        Incident.objects.filter(pk=incident.pk).update(
            status="resolved",
            started_at=began,
            declared_at=began,
            acknowledged_at=began + timedelta(minutes=minutes / 10),
            resolved_at=began + timedelta(minutes=minutes),
        )
    found = {figure.name: figure.value for figure in board.figures(eve)}
    assert found == {"Time to acknowledge": "2 min", "Time to resolve": "20 min", "Incidents declared": "3"}


def test_figures_count_the_updates_that_came_in_time(declared: Declare, ada: User, eve: User) -> None:
    incident = declared()
    operations.post_update(incident.pk, "in time", by=ada)
    due_in(incident, minutes=-5)
    operations.post_update(incident.pk, "late", by=ada)
    figure = next(f for f in board.figures(eve) if f.name == "Updates on time")
    assert (figure.value, figure.note) == ("50%", "1 of 2, 30 days")


def test_figures_leave_out_what_was_cancelled(incident: Incident, ada: User, eve: User) -> None:
    operations.cancel(incident.pk, by=ada, reason="False alarm")
    assert board.figures(eve) == []


def test_a_portal_that_has_only_the_starter_runbook_asks_for_the_teams_own(eve_in: Client, ada: User) -> None:
    operations.starter_revision(by=ada)
    assert "Bring your own runbook" in page_of(eve_in)
    create_runbook(b"# Ours\n\n## Triage\n- [ ] Look at the graphs\n", by=ada, for_incidents=True)
    assert "Bring your own runbook" not in page_of(eve_in)


def test_the_figures_come_to_the_board_once_they_are_looked_at_or_on_a_page(
    eve_in: Client, incident: Incident
) -> None:
    assert 'hx-get="/figures/" hx-trigger="intersect once"' in page_of(eve_in)
    part = page_of(eve_in, "/figures/", **{"HX-Request": "true"})
    assert "Incidents declared" in part and "<html" not in part
    assert "Incidents declared" in page_of(eve_in, "/figures/")


# -- private incidents -----------------------------------------------------------------------------


def test_a_private_incident_is_nowhere_for_outsiders(
    eve_in: Client, ada_in: Client, declared: Declare, ada: User
) -> None:
    secret = declared("Leaked key", is_private=True)
    due_in(secret, minutes=-9)
    page, part = page_of(eve_in), page_of(eve_in, **{"HX-Request": "true"})
    for seen in (page, part):
        assert "All clear." in seen
        assert "Leaked key" not in seen
        assert secret.reference not in seen
        assert 'class="count"' not in seen
    assert "Incidents declared" not in page_of(eve_in, "/figures/")
    assert "Incidents declared" in page_of(ada_in, "/figures/")
    assert "One update is overdue" in page_of(ada_in)
    operations.change_status(secret.pk, "resolved", by=ada)
    assert "Leaked key" not in page_of(eve_in)
    assert "Leaked key" in page_of(ada_in)


def test_access_granted_and_revoked_shows_and_hides_it(
    client_for: SignIn, declared: Declare, ada: User, grace: User
) -> None:
    secret, grace_in = declared("Leaked key", is_private=True), client_for(grace)
    operations.grant_access(secret.pk, grace, by=ada)
    assert "Leaked key" in page_of(grace_in)
    operations.revoke_access(secret.pk, grace, by=ada)
    assert "Leaked key" not in page_of(grace_in)


def test_strangers_see_no_board(client: Client, incident: Incident) -> None:
    assert client.get("/").status_code == 302
    assert client.get("/", headers={"HX-Request": "true"}).status_code == 401


# -- what it costs ---------------------------------------------------------------------------------


def copies(incident: Incident, number: int, **fields: Any) -> None:
    """``number`` more incidents like this one, without their timelines."""
    kept = [
        "title", "impact", "severity", "severity_name", "status", "team_id", "revision_id", "declared_by_id",
        "declared_at", "started_at", "commander_id", "next_update_due_at", "last_word",
    ]  # fmt: skip
    said = {name: getattr(incident, name) for name in kept} | fields
    Incident.objects.bulk_create(Incident(**said) for _ in range(number))


def queries_of(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        page_of(client, address)
    return len(queries)


def test_the_board_asks_as_often_with_two_hundred_rows_as_with_one(
    eve_in: Client, incident: Incident, ada: User
) -> None:
    operations.assign_role(incident.pk, "commander", ada, by=ada)
    incident.refresh_from_db()
    chat = Service.objects.create(name="Chat", slug="chat")
    incident.services.add(chat)
    page_of(eve_in)
    one = queries_of(eve_in, "/")
    copies(incident, 199)
    for row in Incident.objects.all():
        row.services.add(chat)
    assert one == queries_of(eve_in, "/") == 4
    assert page_of(eve_in).count('class="row"') == 200


def test_the_board_costs_what_is_open_and_not_what_was_ever_declared(incident: Incident, eve: User) -> None:
    long_ago = timezone.now() - timedelta(days=400)
    ended = {"status": "closed", "ended_at": long_ago, "declared_at": long_ago}
    copies(incident, 5000, **ended)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE incidents_incident")
    shown = Incident.objects.open().visible_to(eve).most_severe_first()
    assert "incident_open" in shown.explain()
    assert "incident_open" in Incident.objects.open().visible_to(eve).only("pk").explain()
    recent = Incident.objects.filter(ended_at__isnull=False).visible_to(eve).order_by("-ended_at")[:5]
    assert "incident_ended" in recent.explain()
    with CaptureQueriesContext(connection) as queries:
        board.figures(eve)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {queries[-1]['sql']}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "incident_declared" in plan
    assert "Seq Scan on incidents_incident" not in plan


def test_other_pages_ask_for_the_count_once(eve_in: Client, incident: Incident) -> None:
    with CaptureQueriesContext(connection) as queries:
        page = page_of(eve_in, "/runbooks/")
    counts = [q for q in queries if "AS counted" in q["sql"]]
    assert 'class="count">1<' in page
    assert len(counts) == 1
