"""What every request passes through: bad characters, headers, caches, time zones, and a database that is away."""

import gzip
from unittest import mock

import pytest
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import Client
from django.urls import URLPattern, path
from django.utils import timezone

from accounts.access import member, public
from accounts.models import User
from config import urls
from config.urls import handler400, handler403, handler404, handler500  # noqa: F401


@public
def echo(request: HttpRequest) -> HttpResponse:
    """Looks a person up by whatever it gets, as no careful view would."""
    User.objects.filter(name=request.POST.get("name", "")).exists()
    return HttpResponse(timezone.get_current_timezone_name())


@member
def private(request: HttpRequest) -> HttpResponse:
    return HttpResponse(timezone.get_current_timezone_name())


@public
def away(request: HttpRequest) -> HttpResponse:
    raise OperationalError("connection refused")


@public
def fault(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a fault of ours")


@public
def stream(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(iter([b"a", b"b"]))


urlpatterns: list[URLPattern] = [
    *urls.urlpatterns,  # type: ignore[list-item]
    path("echo/", echo),
    path("private/", private),
    path("away/", away),
    path("fault/", fault),
    path("stream/", stream),
]
pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.test_middleware")]


@pytest.fixture
def visitor() -> Client:
    return Client(raise_request_exception=False)


@pytest.mark.parametrize("address", ["/echo/?q=a%00b", "/echo/?%00=1", "/ec%00ho/", "/static/%00.css"])
def test_a_nul_in_the_address_is_a_bad_request(visitor, address):
    answer = visitor.get(address)
    assert answer.status_code == 400
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("text", ["a\x00b", "\x00" * 100])
def test_a_nul_in_a_form_that_nobody_checked_is_a_bad_request(visitor, text):
    assert visitor.post("/echo/", {"name": text}).status_code == 400


def test_a_lone_surrogate_is_read_as_the_replacement_character(visitor):
    body = b"name=%ED%A0%80"
    answer = visitor.post("/echo/", body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 200


@pytest.mark.parametrize("cookie", ["allclear_session", "allclear_csrf", "messages"])
@pytest.mark.parametrize("value", ["\x00", "%00", "é", "x" * 4000])
def test_a_broken_cookie_is_no_fault(visitor, ada, cookie, value):
    assert visitor.get("/accounts/login/", headers={"Cookie": f"{cookie}={value}"}).status_code == 200


def test_too_much_is_refused_with_the_limit(visitor):
    answer = visitor.post("/echo/", {"name": "x" * (5 * 1024 * 1024)})
    assert answer.status_code == 400
    assert "4 MB" in answer.content.decode()


def test_a_megabyte_of_any_language_gets_through(visitor):
    answer = visitor.post(
        "/echo/", b"name=" + b"%EA%B0%80" * 350_000, content_type="application/x-www-form-urlencoded"
    )
    assert answer.status_code == 200


def test_a_database_that_is_away_says_so_and_when_to_come_back(visitor):
    answer = visitor.get("/away/")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "10"


def test_a_database_that_is_away_before_the_view_says_so_too(client_for, ada):
    client = client_for(ada)
    client.raise_request_exception = False
    away = mock.patch("accounts.known.SessionStore.load", side_effect=OperationalError)
    with away as asked:
        assert client.get("/private/").status_code == 503
    assert asked.call_count == 1  # each time waits for the database


def test_a_fault_of_ours_says_nothing_of_its_inside(visitor):
    answer = visitor.get("/fault/")
    assert answer.status_code == 500
    assert "RuntimeError" not in answer.content.decode()


def test_a_page_that_is_not_there(visitor):
    answer = visitor.get("/nowhere/")
    assert answer.status_code == 404


def test_a_form_from_elsewhere_is_refused(ada):
    client = Client(enforce_csrf_checks=True)
    assert client.post("/echo/", {"name": "x"}).status_code == 403


def test_people_see_their_own_time_and_no_cache_keeps_it(client_for, ada):
    User.objects.filter(pk=ada.pk).update(timezone="Asia/Seoul")
    answer = client_for(ada).get("/private/")
    assert answer.content == b"Asia/Seoul"
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_an_unknown_time_zone_is_utc(client_for, ada):
    User.objects.filter(pk=ada.pk).update(timezone="Mars/Olympus")
    assert client_for(ada).get("/private/").content == b"UTC"


def test_the_time_of_one_does_not_leak_to_the_next(client_for, ada, visitor):
    User.objects.filter(pk=ada.pk).update(timezone="Asia/Seoul")
    client_for(ada).get("/private/")
    assert visitor.get("/echo/").content == b"UTC"


def test_headers_that_protect(visitor):
    headers = visitor.get("/echo/").headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


def test_another_host_is_refused(visitor):
    assert visitor.get("/echo/", headers={"Host": "evil.example"}).status_code == 400


def test_health(visitor, django_assert_num_queries):
    with django_assert_num_queries(1):
        answer = visitor.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")


def test_a_page_is_sent_in_a_tenth_of_its_bytes_and_a_stream_as_it_happens(client_for, ada):
    client = client_for(ada)
    plain = client.get("/settings/preferences/")
    page = client.get("/settings/preferences/", headers={"Accept-Encoding": "gzip"})
    assert (page["Content-Encoding"], "Accept-Encoding" in page["Vary"]) == ("gzip", True)
    assert b"<h1" in gzip.decompress(page.content)
    assert len(page.content) < len(plain.content) / 2
    assert client.get("/stream/", headers={"Accept-Encoding": "gzip"}).headers.get("Content-Encoding") is None
