"""History: all that was ever declared, found by words, number and filters, and by nobody who may not see it."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Team, User
from incidents import operations
from incidents.models import Incident, Service

SignIn = Callable[[User], Client]
Declare = Callable[..., Incident]


@pytest.fixture
def eve_in(client_for: SignIn, eve: User) -> Client:
    return client_for(eve)


def page_of(client: Client, asked: str = "") -> str:
    answer = client.get(f"/incidents/{asked}")
    assert answer.status_code == 200
    return answer.content.decode()


def titles_in(client: Client, words: str, *all_titles: str) -> set[str]:
    page = page_of(client, f"?q={quote(words)}").split("<main")[1]
    return {title for title in all_titles if title in page}


def test_history_lists_open_and_ended_newest_first(eve_in: Client, declared: Declare, ada: User) -> None:
    ended = declared("The first one")
    operations.change_status(ended.pk, "resolved", by=ada)
    declared("The second one")
    page = page_of(eve_in)
    assert page.index("The second one") < page.index("The first one")
    assert "Resolved" in page
    assert "2 incidents" in page


def test_history_says_when_nothing_was_declared(eve_in: Client) -> None:
    assert "No incident was declared yet" in page_of(eve_in)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("chat", {"Chat not working"}),
        ("CHAT work", {"Chat not working"}),
        ("work chat", set()),
        ("invoices", {"Payments late"}),
        ("tokens", {"Sign-in loops"}),
        ("sign-in", {"Sign-in loops"}),
        ("sign-", {"Sign-in loops"}),
        ("status.example.co", {"Payments late"}),
        ("l", {"Payments late", "Sign-in loops"}),
        ("nothing like it", set()),
    ],
)
def test_history_finds_words_in_title_symptom_and_impact(
    eve_in: Client, declared: Declare, words: str, found: set[str]
) -> None:
    declared("Chat not working", impact="-", symptom="-")
    declared("Payments late", impact="invoices wait", symptom="status.example.com says so")
    declared("Sign-in loops", impact="-", symptom="tokens expire")
    assert titles_in(eve_in, words, "Chat not working", "Payments late", "Sign-in loops") == found


@pytest.mark.parametrize("words", ["INC-{}", "inc-{}", "inc {}", "#{}", " INC-{} "])
def test_history_goes_straight_to_the_incident_of_that_number(
    eve_in: Client, incident: Incident, words: str
) -> None:
    answer = eve_in.get("/incidents/", {"q": words.format(incident.pk)})
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/incidents/{incident.pk}/")


def test_history_finds_a_bare_number_beside_the_words(eve_in: Client, declared: Declare) -> None:
    incident = declared("Of that number")
    declared(f"Error {incident.pk} everywhere")
    declared("Neither")
    both = ("Of that number", f"Error {incident.pk} everywhere")
    assert titles_in(eve_in, str(incident.pk), *both, "Neither") == set(both)


@pytest.mark.parametrize(
    "words",
    [
        "'",
        "a & | ! b",
        "a:*",
        "((",
        "\\",
        "%_%",
        "<->",
        "x" * 10_240,
        "! !",
        "🙂",
        "9" * 400,
        "INC-" + "9" * 15,
        "'; --",
    ],
)
def test_history_stands_any_search(eve_in: Client, incident: Incident, words: str) -> None:
    assert incident.title not in page_of(eve_in, f"?q={quote(words)}").split("<main")[1]


def test_history_refuses_what_cannot_be_read(eve_in: Client, incident: Incident) -> None:
    assert eve_in.get("/incidents/?q=a%00b").status_code == 400


def test_history_filters_narrow_and_stay_chosen(eve_in: Client, declared: Declare, ada: User) -> None:
    team = Team.objects.create(name="Platform", slug="platform")
    chat = Service.objects.create(name="Chat", slug="chat")
    wanted = declared("Wanted", severity=1, team=team, services=[chat])
    operations.change_status(wanted.pk, "resolved", by=ada)
    for title, said in (("Open", {}), ("Mild", {"severity": 3})):
        declared(title, team=team, services=[chat], **said)
    for asked in ("status=ended", "status=resolved", "severity=1", "severity=1&team=platform&service=chat"):
        page = page_of(eve_in, f"?{asked}")
        assert "1 found" in page
        assert "Wanted</a>" in page
        assert page.count(" selected>") == asked.count("=")


@pytest.mark.parametrize(
    "asked",
    [
        "status=gone",
        "severity=0",
        "severity=1e9",
        "team=x&service=y",
        "private=2",
        "page=-1",
        "page=9e99",
        "page=" + "9" * 5000,
        "before=yesterday",
        "before=2026-13-45T00:00:00Z~1",
        "before=0001-01-01T00:00:00%2B23:59~1",
        "before=9999-12-31T23:59:59Z~1",
        "before=2026-01-01T00:00:00~1",
        "before=2026-01-01T00:00:00Z~" + "9" * 30,
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/New_York"])
def test_history_takes_a_senseless_filter_for_none(
    eve: User, eve_in: Client, incident: Incident, asked: str, zone: str
) -> None:
    User.objects.filter(pk=eve.pk).update(timezone=zone)
    assert incident.title in page_of(eve_in, f"?{asked}")


def test_history_pages_by_fifty_and_keeps_the_search(eve_in: Client, incident: Incident) -> None:
    more(incident, 60)
    first, second = page_of(eve_in, "?q=chat"), page_of(eve_in, "?q=chat&page=2")
    assert (first.count("<tr>"), second.count("<tr>")) == (51, 12)
    assert "?q=chat&amp;page=2" in first


def test_history_counts_to_a_thousand_and_goes_on_with_what_is_older(
    eve_in: Client, incident: Incident, monkeypatch: pytest.MonkeyPatch
) -> None:
    more(incident, 130)
    monkeypatch.setattr("incidents.views.history.MOST", 100)
    all_there = list(Incident.objects.order_by("-declared_at", "-id").values_list("pk", flat=True))
    seen, address = [], "?q=chat"
    while address:
        page = page_of(eve_in, address)
        seen += [int(number) for number in re.findall(r"INC-(\d+)</", page)]
        assert ("More than 100 found" in page) == (len(seen) <= 100)
        onward = re.search(r'href="(\?[^"]*)"[^>]*>(?:Next|Older ones)</a>', page)
        address = unescape(onward[1]) if onward else ""
    assert seen == all_there
    assert "31 found, declared before" in page


def test_older_ones_of_the_same_moment_are_not_passed_over(
    eve_in: Client, incident: Incident, monkeypatch: pytest.MonkeyPatch
) -> None:
    more(incident, 80)
    Incident.objects.update(declared_at=timezone.now())
    monkeypatch.setattr("incidents.views.history.MOST", 50)
    first = page_of(eve_in)
    older = page_of(eve_in, unescape(re.search(r'href="([^"]*)">Older ones', first)[1]))  # type: ignore[index]
    numbers = [int(number) for number in re.findall(r"INC-(\d+)</", first + older)]
    assert numbers == sorted(Incident.objects.values_list("pk", flat=True), reverse=True)


def more(incident: Incident, number: int) -> None:
    Incident.objects.bulk_create(
        Incident(
            title=incident.title,
            severity=2,
            severity_name="SEV2",
            status="closed",
            revision_id=incident.revision_id,
            declared_by_id=incident.declared_by_id,
            commander_id=incident.declared_by_id,
            declared_at=timezone.now() - timedelta(days=1),
        )
        for _ in range(number)
    )


def test_history_asks_as_often_with_a_full_page_as_with_one_row(eve_in: Client, incident: Incident) -> None:
    page_of(eve_in)
    with CaptureQueriesContext(connection) as one:
        page_of(eve_in)
    more(incident, 200)
    with CaptureQueriesContext(connection) as many:
        page_of(eve_in)
    assert len(one) == len(many) <= 12


# -- private incidents -----------------------------------------------------------------------------


def test_history_hides_private_incidents_however_they_are_asked_for(
    eve_in: Client, client_for: SignIn, declared: Declare, ada: User
) -> None:
    chat = Service.objects.create(name="Chat", slug="chat")
    secret = declared("Leaked key", is_private=True, services=[chat], severity=1)
    ways = [
        "",
        "?q=leaked",
        f"?q={secret.pk}",
        f"?q=INC-{secret.pk}",
        "?private=1",
        "?status=open",
        "?severity=1",
        "?service=chat",
    ]
    for asked in ways:
        page = page_of(eve_in, asked)
        assert "Leaked key" not in page
        assert "1 found" not in page
        assert "1 incident" not in page
        assert 'class="count"' not in page
    ada_in = client_for(ada)
    assert "Leaked key" in page_of(ada_in, "?private=1")
    assert ada_in.get(f"/incidents/?q=INC-{secret.pk}").status_code == 302


def test_administrators_see_no_private_incident_that_they_were_not_added_to(
    client_for: SignIn, declared: Declare, ada: User, grace: User
) -> None:
    declared("Leaked key", is_private=True, by=grace)
    assert "Leaked key" not in page_of(client_for(ada))


def test_strangers_see_no_history(client: Client, incident: Incident) -> None:
    assert client.get("/incidents/").status_code == 302
