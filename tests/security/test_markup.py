"""Words stay words: no page has a tag, attribute or kind of address that it has not with harmless words."""

import re
from collections import defaultdict
from html import unescape

import pytest
from django.db import transaction
from django.test import Client
from pytest_django.plugin import DjangoDbBlocker

from accounts.models import User
from incidents import sections
from incidents.feed import Window
from incidents.operations import add_link
from incidents.room import Room
from incidents.sections import NAMES
from live.events import encode_all
from tests.security.forms import form
from tests.security.gallery import addresses, hang
from tests.security.inventory import inventory, where
from tests.security.vectors import VECTORS, harmless

pytestmark = pytest.mark.django_db
ENDS = re.compile(r"\r\n|\r|\n")


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, "accounts.known.Backend")
    return client


def pages(words: list[str]) -> dict[str, str]:
    """Each page by its place among the addresses, and the parts that are pushed."""
    looks, incident = hang(words)
    client = client_of(looks)
    found = {}
    for number, address in enumerate(addresses(incident)):
        answer = client.get(address)
        assert answer.status_code == (404 if address == "/nowhere/" else 200), address
        found[f"{number} {re.sub(chr(92) + 'd+', 'N', address)}"] = answer.content.decode()
    for before in range(50, incident.event_seq + 50, 50):
        shown = Room(incident, Window(before=before))
        found[f"{before} /incidents/N/?part"] = sections.render("feed", shown)
    pushed = client.get(f"/live/incidents/{incident.pk}/poll/?after=0")
    found |= {f"pushed {name}": html for name, html in pushed.json()["events"]}
    said = {
        "title": f"Chat {words[2]}"[:200],
        "severity": "1",
        "impact": words[3],
        "symptom": words[4],
        "key": "",
    }
    for path in ("/declare/", "/declare/preview/"):
        found[f"POST {path}"] = client.post(path, said).content.decode()
    sources = {
        "all": "\n\n".join(words),
        "one": "## Checklist\n\n- [ ] Look\n\nPost every 30 minutes",
        "none": "Words",
    }
    for name, source in sources.items():
        found[f"POST {name}"] = client.post("/runbooks/preview/", {"source": source}).content.decode()
    return found


def kind(name: str) -> str:
    """Which page a page or a part is of, whatever part of a list it shows."""
    if name.startswith("pushed"):
        return "/incidents/N/"
    if name.startswith("POST"):
        return "/declare/" if "/declare/" in name else "/runbooks/"
    address = name.split(" ", 1)[1].partition("?")[0]
    return "/runbooks/" if address.startswith("/runbooks/") else address


@pytest.fixture(scope="module")
def galleries(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> tuple[dict[str, str], dict[str, str]]:
    """All pages with harmless words, and with the vectors."""
    both = []
    with django_db_blocker.unblock():
        for words in (harmless(), VECTORS):
            with transaction.atomic():
                both.append(pages(words))
                transaction.set_rollback(True)
    return both[0], both[1]


def test_no_page_is_made_of_more_than_with_harmless_words(galleries):
    plain, hostile = galleries
    assert list(plain) == list(hostile)
    usual: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for name, html in plain.items():
        usual[kind(name)] |= inventory(html)
    wrong = {name: sorted(more) for name in plain if (more := inventory(hostile[name]) - usual[kind(name)])}
    assert not wrong, "\n".join(f"{name}: {more}" for name, more in wrong.items())


def test_words_that_were_more_than_words_would_be_seen(galleries):
    page = next(html for name, html in galleries[0].items() if kind(name) == "/nowhere/")
    usual = inventory(page)
    seen = [vector for vector in VECTORS if inventory(page.replace("<h1>", f"<h1>{vector}", 1)) - usual]
    assert len(seen) > 40


def test_the_words_are_there(galleries):
    """Else the test above would show nothing: each vector stands, as words, where people would read it."""
    everything = unescape("\n".join(galleries[1].values()))
    assert all(" ".join(vector.split())[:12] in everything for vector in VECTORS if vector.startswith("<"))
    assert {f"pushed {name}" for name in NAMES} <= set(galleries[1])


def test_templates_in_words_are_not_worked_out(galleries):
    text = "\n".join(galleries[1].values())
    assert "{{7*7}} ${7*7} #{7*7}" in text
    assert "49 $49" not in text
    assert "{% include" in text
    assert "md5$" not in text  # a password


def test_words_cannot_end_an_event_of_the_stream(galleries):
    parts = [
        (name.removeprefix("pushed "), html)
        for name, html in galleries[1].items()
        if name.startswith("pushed ")
    ]
    stream = encode_all(parts, 7).decode()
    events = [ENDS.split(event) for event in stream.split("\n\n") if event]
    names = [line.removeprefix("event: ") for event in events for line in event if line.startswith("event:")]
    assert names == [name for name, _ in parts]
    assert [line for event in events for line in event if line.startswith("id")] == ["id: 7"]
    assert all(line.startswith(("event: ", "data: ", "id: ")) for event in events for line in event)


def test_words_in_addresses_and_refused_forms_stay_words(world):
    """What is repeated of what was asked: searches, filters, forms that were refused."""
    eve, grace, nobody = (world.actors[name] for name in ("viewer", "responder", "anonymous"))
    asks = [
        (eve, "GET", "/incidents/", "q"), (eve, "GET", "/", "team"), (nobody, "GET", "/accounts/login/", "next"),
        (eve, "GET", world.url("incidents:room"), "template"), (grace, "GET", world.url("incidents:post_update"), "template"),
        (nobody, "POST", "/accounts/login/", "login"), (eve, "POST", "/settings/", "timezone"),
    ]  # fmt: skip
    refused = {
        "incidents:add_note": "occurred_at", "incidents:post_update": "next_due_at", "incidents:add_link": "url",
        "incidents:change_details": "started_at", "incidents:declare": "started_at", "incidents:correct_event": "occurred_at",
    }  # fmt: skip
    for actor, method, address, name in asks:
        plain = inventory(actor.ask(method, address, {name: "harmless"}).body)
        for vector in VECTORS[::6]:
            body = actor.ask(method, address, {name: vector}).body
            assert not (more := inventory(body) - plain), (address, vector, more)
    for route, name in refused.items():
        sent = form(world, route)
        typed = [key for key in sent if key in ("text", "title", "title_", "impact", "symptom", name)]
        plain = inventory(grace.ask("POST", world.url(route), sent | dict.fromkeys(typed, "harmless")).body)
        for vector in VECTORS[::15]:
            answer = grace.ask("POST", world.url(route), sent | dict.fromkeys(typed, vector))
            assert answer.status in (302, 422), (route, vector)
            assert not (more := inventory(answer.body) - plain), (route, vector, more)


UNSAFE = ["javascript:alert(1)", "JAVASCRIPT:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "//evil.example", "/\\evil.example", "ftp://a.example", " java\nscript:alert(1)", "https://", "https://[", "blob:x", "mailto:a@example.com"]  # fmt: skip


@pytest.mark.parametrize("address", UNSAFE)
def test_a_link_leads_to_the_web_or_is_refused_with_words(world, address):
    grace, sent = world.actors["responder"], form(world, "incidents:add_link")
    answer = grace.ask("POST", world.url("incidents:add_link"), sent | {"url": address})
    assert answer.status == 422
    assert "https://" in answer.body or "not the address of a page" in answer.body
    assert address.strip().split("\n")[0] in unescape(answer.body)
    note = form(world, "incidents:add_note") | {"kind": "link", "text": address}
    assert grace.ask("POST", world.url("incidents:add_note"), note).status == 422


def test_a_link_that_got_in_leads_nowhere_unless_it_is_of_the_web(world):
    incident = world.incidents["public"]
    for vector in [*VECTORS, *UNSAFE[:8]]:
        add_link(incident.pk, vector, by=world.people["responder"], text="x")
    body = world.actors["viewer"].ask("GET", world.url("incidents:room")).body
    led = {found[2] for found in inventory(body) if found[:2] == ("a", "href")}
    assert led <= {"/", "#", "?", "https", "http", "mailto", "tel"}


@pytest.mark.parametrize(
    ("address", "which"),
    [("javascript:x", "javascript"), ("//a", "another site"), ("/a", "/"), ("a/b", "here")],
)
def test_the_inventory_tells_addresses_apart(address, which):
    assert where(address) == which
