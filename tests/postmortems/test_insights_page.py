"""The page of figures, its CSV, and the lists behind them: what leads where, and what nobody may feel."""

import csv
import io
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Team, User
from incidents.models import Access, Incident, Service, TimelineEvent
from postmortems.insights.period import LONGEST
from postmortems.models import ActionItem
from runbooks.models import Revision
from tests.postmortems.conftest import a_postmortem, an_item
from tests.postmortems.test_insights_figures import an_incident, branch

SignIn = Callable[[User], Client]
MANY = 200
#: What differs between any two answers.
FRESH = re.compile(r'data-now="[^"]+"|"X-CSRFToken": "\w+"|name="csrfmiddlewaretoken" value="\w+"')
ADDRESSES = (
    "/insights/", "/insights/csv/", "/insights/?period=365d&team=web", "/insights/behind/",
    *(
        f"/insights/behind/?figure={figure}"
        for figure in (
            "acknowledge", "mitigate", "resolve", "updates", "documents", "documents&state=missing", "opened",
            "done", "dropped", "closed", "overdue", "incidents&service=chat", "incidents&without=cause",
            "incidents&cause=Database",
        )
    ),
)  # fmt: skip


@pytest.fixture
def whole(revision: Revision, ada: User, grace: User) -> Incident:
    """An incident with something of everything: it takes part in each figure."""
    return everything(revision, ada, grace)


def everything(revision: Revision, ada: User, grace: User, **said: object) -> Incident:
    chat, _ = Service.objects.get_or_create(name="Chat", slug="chat")
    team, _ = Team.objects.get_or_create(name="Web", slug="web")
    now = timezone.now()
    at = now - timedelta(days=10)
    times = {"acknowledged": 5, "mitigated": 30, "resolved": 60}
    incident = an_incident(revision, ada, at, team=team, services=[chat], **times | said)
    branch(incident, "If caused by the database")
    for number, late in ((1, 1), (2, 0)):
        posted = at + timedelta(minutes=number)
        due = {"was_due_at": (posted - timedelta(minutes=late)).isoformat()}
        an_event(incident, number, "status_update_posted", posted, due)
    postmortem = a_postmortem(incident, ada)
    postmortem.due_at = at + timedelta(days=1)
    postmortem.save()
    an_item(ada, (now - timedelta(days=3)).date(), incident=incident, added_at=at)
    an_item(ada, None, incident=incident, added_at=at, status="done", evidence="PR 9", closed_at=now)
    dropping = {"status": "dropped", "drop_reason": "No", "drop_proposed_by": ada, "closed_by": grace}
    an_item(ada, None, incident=incident, added_at=at, closed_at=now, **dropping)
    return incident


def an_event(incident: Incident, seq: int, kind: str, at: datetime, data: dict[str, str]) -> TimelineEvent:
    return TimelineEvent.objects.create(
        incident=incident,
        seq=seq,
        kind=kind,
        occurred_at=at,
        recorded_at=at,
        data=data,
        salt="",
        commitment="",
        hash="",
    )


def read(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return FRESH.sub("", answer.content.decode())


def test_each_figure_leads_to_as_many_as_it_counts(whole: Incident, eve: User, client_for: SignIn) -> None:
    client = client_for(eve)
    page = read(client, "/insights/")
    # Cells of tables that are counts, but not those of updates, of which an incident has many.
    counts = re.findall(r'<td><a href="([^"]+)">([\d,]+)</a></td>', page)
    assert len({re.search(r"figure=(\w+)", href)[1] for href, _ in counts}) == 9  # type: ignore[index]
    for href, number in counts:
        assert re.search(rf'id="behind-h">{number} ', read(client, unescape(href))), href
    for href in re.findall(r'<a href="(/insights/behind/[^"]+)"', page):
        assert "Nothing here" not in read(client, unescape(href)), href


def test_lists_begin_with_the_worst(revision: Revision, ada: User, eve: User, client_for: SignIn) -> None:
    at = timezone.now() - timedelta(days=5)
    for minutes in (10, 300, 45):
        an_incident(revision, ada, at, title=f"Took {minutes}", resolved=minutes)
    page = read(client_for(eve), "/insights/behind/?figure=resolve")
    assert re.findall(r"Took (\d+)", page) == ["300", "45", "10"]
    assert "5 h" in page


def test_lists_say_what_was_late(whole: Incident, eve: User, client_for: SignIn) -> None:
    client = client_for(eve)
    assert "2 owed, <strong>1 late</strong>" in read(client, "/insights/behind/?figure=updates")
    Incident.objects.filter(pk=whole.pk).update(
        status="monitoring",
        resolved_at=None,
        ended_at=None,
        next_update_due_at=timezone.now() - timedelta(hours=1),
    )
    assert "3 owed, <strong>2 late</strong><small>one is overdue now" in read(
        client, "/insights/behind/?figure=updates"
    )


def test_nothing_on_any_page_tells_of_a_private_incident(
    whole: Incident, revision: Revision, ada: User, grace: User, eve: User, client_for: SignIn
) -> None:
    watching = [(client_for(user), address) for user in (eve, ada) for address in ADDRESSES]
    before = [read(client, address) for client, address in watching]
    private = everything(
        revision, ada, grace, is_private=True, severity=1, severity_name="SEV1", title="Zugzwang"
    )
    everything(revision, ada, grace, is_private=True, status="cancelled", resolved_at=None, ended_at=None)
    everything(revision, ada, grace, is_private=True, nature="drill")
    assert [read(client, address) for client, address in watching] == before
    Access.objects.create(incident=private, user=eve, granted_by=ada)
    after = [read(client, address) for client, address in watching[: len(ADDRESSES)]]
    unmoved = [address for address, then, now in zip(ADDRESSES, before, after, strict=False) if then == now]
    assert unmoved == ["/insights/behind/?figure=incidents&without=cause"]  # it has a cause


def test_page_and_csv_cost_the_same_with_one_incident_and_with_many(
    whole: Incident, revision: Revision, ada: User, grace: User, eve: User, client_for: SignIn
) -> None:
    client = client_for(eve)
    with_one = {address: _queries(client, address) for address in ADDRESSES}
    _more(whole, ada)
    assert {address: _queries(client, address) for address in ADDRESSES} == with_one
    assert max(with_one.values()) <= 20
    assert with_one["/insights/csv/"] <= 14  # two of them say who asks


def _queries(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def _more(whole: Incident, ada: User) -> None:
    kept = {field.attname: getattr(whole, field.attname) for field in Incident._meta.concrete_fields}
    for name in ("id", "search", "submission_key"):
        kept.pop(name)
    made = Incident.objects.bulk_create(
        Incident(**kept | {"severity": 1 + n % 5, "declared_at": whole.declared_at - timedelta(hours=n)})
        for n in range(MANY)
    )
    services = [Service.objects.create(name=f"Service {n}", slug=f"service-{n}") for n in range(20)]
    through = Incident.services.through
    through.objects.bulk_create(through(incident=each, service=services[each.pk % 20]) for each in made)
    for each in made:
        branch(each, f"Cause {each.pk % 20}")
        a_postmortem(each, ada)
        an_item(ada, date(2026, 1, 1), incident=each)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("period=30d", "selected>Last 30 days"),
        ("period=never", "no such period"),
        ("period=dates", "Say from which day"),
        ("period=dates&from=2026-13-45", "Enter days such as"),
        ("period=dates&from=%F0%9F%92%A9&to=x", "Enter days such as"),
        ("from=0001-01-01&to=9999-12-31", "Only days up to today, a year at most"),
        ("from=2020-03-01&to=2020-03-31", "1 March to 31 March 2020"),
        ("from=2020-03-31&to=2020-03-01", "1 March to 31 March 2020"),
        ("team=nobody", "no such team"),
        ("period=" + "9" * 10_000, "no such period"),
    ],
)
def test_what_makes_no_sense_is_said_and_not_passed_over(
    eve: User, client_for: SignIn, asked: str, said: str
) -> None:
    assert said in read(client_for(eve), f"/insights/?{asked}")
    assert client_for(eve).get(f"/insights/csv/?{asked}").status_code == 200


def test_no_period_is_longer_than_a_year(eve: User, client_for: SignIn) -> None:
    page = read(client_for(eve), "/insights/?from=2001-01-01&to=2020-12-31")
    assert LONGEST == 366  # days, as 2020 had
    assert "1 January to 31 December 2020" in page


@pytest.mark.parametrize(
    "asked",
    [
        "figure=gone",
        "severity=0x1",
        "severity=" + "9" * 400,
        "severity=-1",
        "age=9",
        "state=x",
        "without=x",
        "service=x",
    ],
)
def test_a_list_that_no_figure_leads_to_leads_back_to_the_figures(
    eve: User, client_for: SignIn, asked: str
) -> None:
    answer = client_for(eve).get(f"/insights/behind/?{asked}", follow=True)
    assert answer.redirect_chain == [("/insights/", 302)] and "There is no such list" in answer.text


def _lines(client: Client, asked: str = "") -> list[list[str]]:
    answer = client.get(f"/insights/csv/{asked}")
    assert answer.headers["Content-Type"].startswith("text/csv; charset=utf-8")
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="insights-2')
    text = answer.content.decode()
    assert text.endswith("\r\n")
    assert "\n" not in text.replace("\r\n", "")
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))[1:]


def test_csv_has_every_figure_for_machines(whole: Incident, eve: User, client_for: SignIn) -> None:
    lines = _lines(client_for(eve), "?period=30d&team=web")
    assert {len(line) for line in lines} == {10}
    assert {line[3] for line in lines} == {"Web"}
    found = {tuple(line[4:8]): line[8:] for line in lines}
    assert found["Time to resolve", "Severity", "SEV2 High", "Median"] == ["3600", "seconds"]
    assert found["Updates on time", "Severity", "SEV2 High", "Share"] == ["50", "%"]
    assert found["Causes", "Cause", "Database", "Incidents"] == ["1", "incidents"]
    assert found["Action items", "Overdue today for", "Up to a week", "Action items"] == ["1", "action items"]
    assert {line[4] for line in lines} >= {"Incidents by week", "Services", "Post-mortems on time"}


@pytest.mark.parametrize("evil", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "x;=1"])
def test_csv_holds_no_formula(whole: Incident, ada: User, eve: User, client_for: SignIn, evil: str) -> None:
    Service.objects.update(name=f'{evil},"x"')
    Team.objects.update(name=evil)
    whole.checklists.filter(chosen_at__isnull=False).update(title=evil)
    lines = _lines(client_for(eve), "?team=web")
    parts = [part for line in lines for cell in line for part in cell.split(";")]
    assert any(',"x"' in part for part in parts)
    assert not [part for part in parts if part.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_an_empty_portal_says_what_will_be_here(eve: User, ada: User, client_for: SignIn) -> None:
    page = read(client_for(eve), "/insights/")
    assert "Nothing to count yet" in page
    assert "Declare incident" not in page.split("<main")[1]
    assert "Declare incident" in read(client_for(ada), "/insights/").split("<main")[1]


def test_an_empty_period_of_a_portal_in_use_says_so(whole: Incident, eve: User, client_for: SignIn) -> None:
    ActionItem.objects.update(status="done", closed_at=timezone.now(), evidence="https://example.com/")
    page = read(client_for(eve), "/insights/?from=2020-03-01&to=2020-03-31")
    assert "Nothing in these days" in page


def test_words_of_people_stay_words(whole: Incident, eve: User, client_for: SignIn) -> None:
    evil = "<script>x</script>"
    Service.objects.update(name=evil)
    whole.checklists.filter(chosen_at__isnull=False).update(title=evil)
    Incident.objects.update(severity_name=evil, title=evil)
    for address in ("/insights/", "/insights/behind/?figure=resolve", f"/insights/behind/?cause={evil}"):
        assert evil not in read(client_for(eve), address)
