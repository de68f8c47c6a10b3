"""What surrounds every page: where one is sent, by which host, with which cookies and headers."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from urllib.parse import quote, urljoin, urlsplit

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client

from accounts import operations as accounts
from accounts.known import SessionStore
from accounts.models import User
from config.environment import BASE_DIR
from tests.conftest import PASSWORD
from tests.security.forms import NEW_PASSWORD

pytestmark = pytest.mark.django_db
HERE = "http://testserver/"
ELSEWHERE = [
    "https://evil.example/", "//evil.example/", "///evil.example", "////evil.example", "/\\evil.example", "\\\\evil.example", "/\\/evil.example",
    "https:evil.example", "https:/evil.example", "http:///evil.example", "javascript:alert(1)", "data:text/html,x", "//evil.example\\@testserver/",
    "https://testserver@evil.example/", "https://testserver.evil.example/", "http://testserver:80@evil.example", "/\t/evil.example", "\t//evil.example",
    "/%0d%0aLocation:https://evil.example", "\x01https://evil.example", "//[::1]/", "https://[evil", "/\r\n/evil.example", "//evil%2eexample", "ftp://testserver/",
    "https://evil.example\\.testserver", "//testserver:1/", "http://localhost/", "http://127.0.0.1:8000/", "http://user:x@testserver/",
]  # fmt: skip


def leads_away(address: str) -> bool:
    """Whether a browser on this site would leave it for ``address``."""
    plain = (
        address.replace("\\", "/").replace("\t", "").replace("\r", "").replace("\n", "").strip("\x00\x01 ")
    )
    try:
        goal = urlsplit(urljoin(HERE, plain))
    except ValueError:
        return True
    return (goal.scheme, goal.hostname) != ("http", "testserver")


@pytest.mark.parametrize("hosts", [None, ["*"]])
@pytest.mark.parametrize("address", ELSEWHERE)
def test_signing_in_never_leads_to_another_site(ada, address, hosts, settings):
    settings.ALLOWED_HOSTS = hosts or settings.ALLOWED_HOSTS
    sign_in = {"login": "ada@example.com", "password": PASSWORD}
    by_query = Client().post(f"/accounts/login/?next={quote(address, safe='')}", sign_in)
    client = Client()
    by_field = client.post("/accounts/login/", sign_in | {"next": address})
    already = client.get("/accounts/login/", {"next": address})
    out = client.post("/accounts/logout/", {"next": address})
    for answer in (by_query, by_field, already, out):
        assert answer.status_code in (302, 400)
        assert not leads_away(answer.headers.get("Location", "")), answer.headers["Location"]
        assert "Set-Cookie" not in answer.headers.get("Location", "")


def test_signing_in_leads_back_to_where_one_wanted_to_go(ada, client):
    asked = client.get("/incidents/?q=chat")
    answer = client.post(asked.headers["Location"], {"login": "ada@example.com", "password": PASSWORD})
    assert answer.headers["Location"] == "/incidents/?q=chat"


@pytest.mark.parametrize("address", ELSEWHERE[:8])
def test_changing_a_password_never_leads_to_another_site(client_for, ada, address):
    said = {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "next": address}
    answer = client_for(ada).post(f"/accounts/password/change/?next={quote(address, safe='')}", said)
    assert (answer.status_code, leads_away(answer.headers["Location"])) == (302, False)


@pytest.mark.parametrize("host", ["evil.example", "testserver.evil.example", "testserver@evil.example", "testserver:80@evil.example", "", "testserver evil", "a" * 300, "[::1", "evil.example:80"])  # fmt: skip
def test_another_host_is_refused_before_anything_is_done(client_for, ada, host):
    for path in ("/", "/accounts/login/", "/settings/members/"):
        answer = client_for(ada).get(path, headers={"Host": host})
        assert answer.status_code == 400
        assert "evil" not in answer.content.decode()


def test_no_header_of_a_stranger_names_the_host_of_a_link(client_for, ada, grace):
    client = client_for(ada)
    headers = {"X-Forwarded-Host": "evil.example", "X-Host": "evil.example", "Forwarded": "host=evil.example"}
    client.post("/settings/members/invite/", {"role": "viewer"}, headers=headers)
    client.post(f"/settings/members/{grace.pk}/reset-link/", headers=headers)
    assert "evil.example" not in client.get(f"/settings/members/{grace.pk}/").content.decode()


# -- sessions -------------------------------------------------------------------------------------------


def test_a_session_that_was_there_before_is_not_the_one_that_is_signed_in(ada, client):
    client.cookies[settings.SESSION_COOKIE_NAME] = "planted0planted0planted0planted0"
    client.post("/accounts/login/", {"login": "ada@example.com", "password": PASSWORD})
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    assert key != "planted0planted0planted0planted0"
    assert client.get("/").status_code == 200


def test_joining_and_signing_in_change_the_session_and_the_token(ada, client):
    session = SessionStore()
    session["before"] = "1"
    session.create()
    planted = session.session_key
    client.cookies[settings.SESSION_COOKIE_NAME] = planted
    _, token = accounts.invite(role="viewer", by=ada)
    client.post(f"/join/{token}/", {"name": "Lin", "email": "lin@example.com", "password": NEW_PASSWORD})
    assert client.cookies[settings.SESSION_COOKIE_NAME].value != planted
    assert not Session.objects.filter(session_key=planted).exists()


@pytest.mark.parametrize("end", ["logout", "everywhere", "deactivated", "password"])
def test_a_session_that_ended_opens_nothing(client_for, ada, grace, end):
    client, other = client_for(grace), client_for(grace)
    assert other.get("/").status_code == 200
    stolen = client.cookies[settings.SESSION_COOKIE_NAME].value
    ends: dict[str, Callable[[], object]] = {
        "logout": lambda: client.post("/accounts/logout/"),
        "everywhere": lambda: client.post("/settings/sign-out-everywhere/"),
        "deactivated": lambda: accounts.deactivate(grace.pk, by=ada),
        "password": lambda: client.post(
            "/accounts/password/change/", {"oldpassword": PASSWORD, "password1": NEW_PASSWORD}
        ),
    }
    ends[end]()
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = stolen
    assert thief.get("/").headers["Location"].startswith("/accounts/login/")
    assert thief.get("/", headers={"HX-Request": "true"}).status_code == 401
    assert other.get("/").status_code == (200 if end == "logout" else 302)


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(ada, client):
    client.get("/accounts/login/")
    client.post("/accounts/login/", {"login": "ada@example.com", "password": PASSWORD})
    for name in (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME):
        assert client.cookies[name]["httponly"], name
        assert client.cookies[name]["samesite"] == "Lax", name


CHOSEN = ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS")


def test_https_makes_cookies_secure_and_says_so_for_a_year():
    ours = {"ALLCLEAR_HTTPS": "1", "ALLCLEAR_TRUSTED_PROXIES": "1", "ALLCLEAR_SITE_URL": "https://a.example"}
    script = f"import json; from config import settings as s; print(json.dumps([getattr(s, n, None) for n in {CHOSEN}]))"
    said = subprocess.run(
        [sys.executable, "-c", script], cwd=BASE_DIR, capture_output=True, check=True, env=os.environ | ours | {"ALLCLEAR_SECRET_KEY": "k" * 50}
    ).stdout  # fmt: skip
    assert json.loads(said) == [True, True, True, 31_536_000]


def test_cookies_and_redirects_over_https(ada, settings):
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = settings.SECURE_SSL_REDIRECT = True
    client = Client()
    assert client.get("/").headers["Location"] == "https://testserver/"
    client.get("/accounts/login/", secure=True)
    client.post("/accounts/login/", {"login": "ada@example.com", "password": PASSWORD}, secure=True)
    assert all(cookie["secure"] for cookie in client.cookies.values() if cookie.value)


# -- headers --------------------------------------------------------------------------------------------


def test_every_answer_carries_the_policy_errors_included(client_for, ada, client):
    strict = Client(enforce_csrf_checks=True)
    answers = [
        client.get("/nowhere/"), client.get("/?q=%00"), client.get("/", headers={"Host": "evil.example"}), strict.post("/accounts/login/"),
        client_for(ada).get("/settings"), client.get("/healthz"), client.get("/static/none.css"),
        client.put("/healthz"), client.get("/accounts/login/"), client_for(ada).get("/incidents/999999/"), client.get("/live/board/"),
    ]  # fmt: skip
    for answer in answers:
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy, answer
        assert "frame-ancestors 'none'" in policy
        assert "base-uri 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy.replace("https://testserver", "")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"


def test_pages_for_one_person_are_in_no_cache(client_for, ada):
    client = client_for(ada)
    for path in (
        "/",
        "/incidents/",
        "/nowhere/",
        "/settings/",
        "/incidents/1/x.css",
        "/live/board/poll/",
        "/accounts/password/change/",
    ):
        assert "no-store" in client.get(path).headers["Cache-Control"], path


def test_one_time_links_are_in_no_cache_and_in_no_referrer(ada, client):
    _, token = accounts.invite(role="viewer", by=ada)
    headers = client.get(f"/join/{token}/").headers
    assert "no-store" in headers["Cache-Control"]
    assert headers["Referrer-Policy"] == "same-origin"


def test_an_export_is_saved_and_never_shown(client_for, grace):
    said = {
        "source": "# <script>alert(1)</script>\n\n- [ ] x",
        "filename": 'a"; evil=<b>\r\nX: y.html',
        "action": "publish",
    }
    client = client_for(grace)
    detail = client.post("/runbooks/new/", said).headers["Location"]
    headers = client.get(f"{detail}export/").headers
    assert headers["Content-Disposition"].startswith("attachment")
    assert headers["Content-Type"] == "text/markdown; charset=utf-8"
    assert not {"X"} & set(headers)


def test_who_has_no_account_learns_nothing_from_signing_in(ada, grace, client):
    accounts.deactivate(grace.pk, by=ada)
    bodies = set()
    for mail in ("ada@example.com", "nobody@example.com", "grace@example.com"):
        answer = client.post("/accounts/login/", {"login": mail, "password": "wrong"})
        bodies.add(answer.content.decode().replace(mail, "").split("<form", 1)[1].split('value="', 2)[2][64:])
        assert answer.status_code == 422
    assert len(bodies) == 1


def test_guessing_passwords_is_stopped(ada, client):
    answers = [
        client.post("/accounts/login/", {"login": "ada@example.com", "password": f"wrong {n}"})
        for n in range(15)
    ]
    assert answers[-1].status_code in (422, 429)
    right = client.post("/accounts/login/", {"login": "ada@example.com", "password": PASSWORD})
    assert right.status_code != 302


def test_a_token_is_shown_once_and_kept_as_a_hash(ada, client_for):
    client = client_for(ada)
    client.post("/settings/members/invite/", {"role": "administrator"})
    shown = client.get("/settings/members/").content.decode()
    token = shown.split("/join/")[1].split("/")[0]
    assert token not in client.get("/settings/members/").content.decode()
    assert User.objects.count() == 1
