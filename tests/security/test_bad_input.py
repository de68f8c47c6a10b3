"""Everything that can be sent, sent wrong: no fault of the server, no long wait, and nothing typed is lost."""

from html import unescape
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from tests.security.forms import form
from tests.security.matrix import MATRIX, NO_METHOD, PUBLIC
from tests.security.world import Actor, Answer, World, routes

pytestmark = pytest.mark.django_db
LONGEST_WAIT = 2.0  # seconds
ZALGO = "H" + "\u0301\u0316\u0330" * 300
ODD = f"👩‍👩‍👧‍👦🇩🇪 \u202egnp.exe \u2066{ZALGO}\u2028\ufeff\ufffe\U0010ffff \x1b[31m\x7f '; DROP TABLE x;-- %s {{7*7}} ${{x}} ../../"
#: For fields that choose, count or date.
NOT_CHOICES = ["9e99", str(2**70), "１２", "a\x00b"]
#: For fields of words, after words that must still be there when the form is shown again.
WORDS = {"nul": "\x00", "10 KB": "x" * 10_000, "odd": ODD, "1 MB": "é" * 500_000}
#: Fields for words of one's own.
TYPED = {
    "text", "reason", "title", "title_", "impact", "symptom", "answer", "url", "source", "note", "name", "description",
    "email", "login", "filename", "timezone", "started_at", "occurred_at", "next_due_at",
    "address", "holidays", "days_off", "digest_at", "quiet_from", "quiet_until", "details", "evidence", "link", "due_on",
    "said", "quote",
}  # fmt: skip
POSTS = [name for name, row in MATRIX.items() if row.post != NO_METHOD]
#: Where bodies that Django takes apart, the same for every route, are tried as well.
ANY_FORM = (
    "account_login",
    "accounts:join",
    "incidents:declare",
    "incidents:add_note",
    "runbooks:new",
    "runbooks:preview",
)
FORMS = [name for name in POSTS if name not in ("accounts:set_up", "account_logout")]


def who(world: World, route: str) -> Actor:
    return world.actors["anonymous" if MATRIX[route].who == PUBLIC else "administrator"]


def check(answer: Answer, about: object) -> None:
    """Whatever it was: an answer of ours, in time, that can be read."""
    assert answer.status < 500, about
    assert answer.took < LONGEST_WAIT, (about, answer.took)
    assert "Traceback" not in answer.body, about
    assert "default-src 'none'" in answer.response.headers["Content-Security-Policy"], about


@pytest.mark.parametrize("route", FORMS)
def test_choices_numbers_and_dates_that_make_no_sense(world, route):
    sent = form(world, route)
    for number, wrong in enumerate(NOT_CHOICES) if sent else ():
        spared = TYPED if number % 2 else set()
        data = {name: value if name in spared else wrong for name, value in sent.items()}
        answer = who(world, route).ask("POST", world.url(route), data, headers={"HX-Request": "true"})
        check(answer, wrong)


@pytest.mark.parametrize("route", [name for name in FORMS if name != "accounts:reset_link"])
def test_words_that_cannot_be_kept_are_shown_again(world, route):
    sent = form(world, route)
    typed = [name for name in sent if name in TYPED]
    for kind, words in WORDS.items() if typed else ():
        data = sent | {name: f"Kept-{name} {words}" for name in typed}
        answer = who(world, route).ask("POST", world.url(route), data)
        check(answer, kind)
        assert answer.status in (200, 302, 409, 422), (kind, answer.status)
        if answer.status >= 400:
            shown = unescape(answer.body)
            lost = [
                name for name in typed if f"Kept-{name}".lower() not in shown.lower() and sent[name] != ""
            ]
            assert not lost, (kind, lost)
            assert answer.written == []


@pytest.mark.parametrize("route", POSTS)
def test_bodies_that_are_no_form(world, route):
    url, sent, actor = world.url(route), form(world, route), who(world, route)
    plain, parts = "application/x-www-form-urlencoded", "multipart/form-data"
    bodies: list[tuple[str, bytes]] = [
        (plain, "&".join(f"{k}=%ED%A0%80%FF" for k in sent).encode()),
        (plain, b"&".join(k.encode() + b"=\xed\xa0\x80\xff\xc0" for k in sent)),
        (plain, "&".join(f"{k}={quote(str(v))}&{k}=2&{k}[]=3" for k, v in sent.items()).encode()),
        (plain, b"&".join(b"a%d=1" % n for n in range(1500))),
        ("application/json", b'{"text": "\\ud800", "title": ' + b"[" * 10_000),
        (f"{plain}; charset=nonsense", b"title=x"),
        (parts, b"no boundary"),
        (f"{parts}; boundary=x", b"--x\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nnever ends"),
        (f"{parts}; boundary=x", b"--x\r\nContent-Disposition: form-data; name=\"text\"\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!\r\n--x--"),
        (f"{parts}; boundary=x", b"--x\r\nContent-Disposition: form-data; name=\"source\"; filename=\"\x00../../a\xff\"\r\n\r\n\x00\r\n--x--"),
        (f"{parts}; boundary=x", b"--x\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\n\xed\xa0\x80\xff\r\n--x--"),
    ]  # fmt: skip
    for kind, body in bodies if route in ANY_FORM else bodies[:3]:
        check(actor.ask("POST", url, body, content_type=kind), (kind, body[:60]))


@pytest.mark.parametrize("route", POSTS)
def test_a_form_without_its_token_changes_nothing_and_gives_back_what_was_typed(world, route):
    actor = who(world, route)
    strict = Actor(actor.name, actor.user, Client(enforce_csrf_checks=True))
    sent = form(world, route)
    for headers in ({"Origin": "https://evil.example"}, {"X-CSRFToken": "x" * 64, "HX-Request": "true"}):
        answer = strict.ask("POST", world.url(route), sent, headers=headers)
        check(answer, headers)
        assert (answer.status, answer.written) == (403, [])
        typed = [value for name, value in sent.items() if name in TYPED and len(str(value)) > 12]
        assert all(value in unescape(answer.body) for value in typed)
        assert not any(value in answer.body for name, value in sent.items() if "password" in name)


# -- addresses ------------------------------------------------------------------------------------------

PARAMETERS = (
    "page", "q", "after", "severity", "team", "service", "template", "show", "before", "event", "status", "private",
    "archived", "next", "state", "channel", "owner", "kind", "to",
)  # fmt: skip
QUERIES = [
    "a%00b", "%ED%A0%80%FF%u0041%", quote(ODD), "9e99", str(2**70), "x" * 10_000, "-1", quote("１٣"), "1_0", "999999999999999",
    "%27%22%3E%0d%0aSet-Cookie:x=1", "a:*|b!!(<->%25%5F%27%20OR%201=1--",
]  # fmt: skip
READS = [name for name, row in MATRIX.items() if row.get == 200]


@pytest.mark.parametrize("route", READS)
def test_query_strings(world, route):
    works = "added" in MATRIX[route].whose and MATRIX[route].who != "administrator"
    actor = world.actors["added" if works else "administrator"]
    actor = world.actors["anonymous"] if MATRIX[route].who == PUBLIC else actor
    url = world.url(route)
    for wrong in QUERIES if route in ASKED_MUCH else QUERIES[:3]:
        answer = actor.ask(
            "GET", f"{url}?{wrong}={wrong}&" + "&".join(f"{name}={wrong}" for name in PARAMETERS)
        )
        check(answer, wrong[:40])
        assert answer.status in ((400,) if "%00" in wrong else (200, 302)), (wrong[:40], answer.status)
        assert "Set-Cookie" not in answer.response.headers


#: Those that read their query string.
ASKED_MUCH = {
    "account_login", "accounts:members", "accounts:teams", "runbooks:list", "runbooks:revisions", "incidents:board",
    "incidents:history", "incidents:post_update", "live:board", "live:poll_board", "live:incident", "live:poll_incident",
    "notifications:inbox", "notifications:deliveries", "notifications:delivery", "notifications:calendars",
    "postmortems:actions", "postmortems:export_items", "postmortems:change_item_status",
}  # fmt: skip


@pytest.mark.parametrize("parameter", PARAMETERS)
def test_each_parameter_of_the_history_and_the_room_by_itself(world, parameter):
    for page in ("/incidents/", "/", world.url("incidents:room"), world.url("live:poll_incident")):
        for wrong in (str(2**70), quote("１２")):
            answer = world.actors["viewer"].ask("GET", f"{page}?{parameter}={wrong}")
            check(answer, (page, wrong[:40]))
            assert answer.status == 200


@pytest.mark.parametrize("route", [name for name, names in routes().items() if names])
def test_numbers_and_names_in_addresses(world, route):
    """In place of each part of an address, what no incident, step, person or runbook is called."""
    parts = world.url(route).strip("/").split("/")
    asks = [("GET", 1, wrong) for wrong in (str(2**70), "%FF%ED%A0%80", "１", "x" * 8000)]
    asks += [
        ("GET", -1, "9" * 5000),
        ("GET", -2, str(2**31)),
        ("POST", -2, str(2**63)),
        ("POST", 1, "-1"),
        ("GET", -2, "..%2f"),
    ]
    for method, at, wrong in asks:
        there = [*parts]
        there[at] = wrong
        answer = world.actors["administrator"].ask(method, f"/{'/'.join(there)}/")
        check(answer, (method, there))
        assert answer.status in (400, 404, 405) or MATRIX[route].who == PUBLIC, (method, there, answer.status)


@pytest.mark.parametrize(
    "path",
    [
        "/%2f%2fevil.example/", "/\\evil.example/", "/%5cevil.example", "/.//evil.example/..",
        "/incidents%2f1/", "/%", "/%zz", "/%c0%ae%c0%ae/", "/static/%2e%2e/%2e%2e/config/settings.py", "/static/../manage.py", "/static/%00.css",
        "/static/%ff.css", "/" + "a/" * 20_000, "/" + "%41" * 20_000, "/incidents/1;jsessionid=2/", "/.env", "/.git/config", "/settings",
    ],
)  # fmt: skip
def test_paths_that_lead_nowhere(world, path):
    for actor in (world.actors["anonymous"], world.actors["administrator"]):
        answer = actor.ask("GET", path)
        check(answer, path[:40])
        assert answer.status in (301, 302, 400, 404)
        assert not answer.to.startswith(("//", "/\\", "http")), answer.to


def test_headers_that_make_no_sense(world):
    wrong = {
        "HX-Current-URL": "http://[::1/%00", "Last-Event-ID": "9" * 5000, "X-Forwarded-For": "x" * 9000, "Accept-Language": "x" * 9000,
        "HX-Target": "\x00", "Range": "bytes=9-1", "If-None-Match": "x" * 9000, "Cookie": "allclear_session=\xff; messages=x; =;",
        "X-HTTP-Method-Override": "DELETE", "Content-Length": "-1", "Accept": "\xff", "Referer": "http://[x",
    }  # fmt: skip
    nobody = Client(headers={"Cookie": 'allclear_session="\\000aaaaaaaa"'})
    assert nobody.get("/").status_code == 302
    for name, value in wrong.items():
        for route in ("incidents:room", "live:incident", "incidents:board"):
            headers = {"HX-Request": "true", name: value}
            check(world.actors["viewer"].ask("GET", world.url(route), headers=headers), name)
    address = world.url("incidents:add_note")
    sent = form(world, "incidents:add_note")
    for value in ("http://[::1/", "x" * 9000, "/incidents/?show=%00&before=9e99", "\xff"):
        check(
            world.actors["responder"].ask(
                "POST", address, sent, headers={"HX-Request": "true", "HX-Current-URL": value}
            ),
            value,
        )


def test_a_method_in_a_header_or_a_field_is_not_obeyed(world):
    address = world.url("incidents:acknowledge")
    answer = world.actors["responder"].ask(
        "GET", f"{address}?_method=POST", headers={"X-HTTP-Method-Override": "POST"}
    )
    assert answer.written == []
    for method in ("options", "trace", "patch"):
        answer = Answer(getattr(world.actors["responder"].client, method)(address), "", 0, [])
        assert answer.status == NO_METHOD


@pytest.mark.parametrize(
    "data", [b"\x00" * 2_000_000, b"\xff\xfe" * 1000, b"# a\n" * 400_000, b"\xed\xa0\x80", b""]
)
def test_files_that_are_no_runbook(world, data):
    from django.core.files.uploadedfile import SimpleUploadedFile

    for route in ("runbooks:new", "runbooks:edit"):
        sent: dict[str, Any] = form(world, route) | {
            "file": SimpleUploadedFile("../../etc/\u202egnp.md", data)
        }
        answer = world.actors["responder"].ask("POST", world.url(route), sent)
        check(answer, data[:10])
        assert (answer.status, answer.written) == (422, [])


def test_what_the_server_says_to_too_much(world):
    answer = world.actors["responder"].ask("POST", world.url("incidents:add_note"), {"text": "x" * 5_000_000})
    check(answer, "5 MB")
    assert answer.status == 400
