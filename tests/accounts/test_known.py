"""A request's session and its account are read together; what counts is what they say now."""

from collections.abc import Callable

import pytest
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import known
from accounts.models import User

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
PAGE = "/settings/"


@pytest.fixture(autouse=True)
def nothing_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known, "_whose", {})


@pytest.fixture
def known_client(client_for: SignIn, ada: User) -> Client:
    """Ada's, whose session this process has read once."""
    client = client_for(ada)
    assert client.get(PAGE).status_code == 200
    return client


def test_an_account_does_not_outlive_its_request(known_client: Client) -> None:
    known_client.get(PAGE)
    assert known._came_along.get() is None


def signed_in_as(client: Client) -> str | None:
    answer = client.get(PAGE)
    return str(answer.wsgi_request.user) if answer.status_code == 200 else None


def asked_for_people(client: Client) -> int:
    with CaptureQueriesContext(connection) as captured:
        client.get(PAGE)
    return sum(
        '"accounts_user"."password"' in query["sql"] or "django_session" in query["sql"] for query in captured
    )


def test_session_and_account_are_one_question_once_they_are_known(client_for: SignIn, ada: User) -> None:
    client = client_for(ada)
    assert [asked_for_people(client), asked_for_people(client)] == [2, 1]


def test_what_changed_since_counts_at_once(known_client: Client, ada: User) -> None:
    User.objects.filter(pk=ada.pk).update(name="Ada Byron")
    assert signed_in_as(known_client) == "Ada Byron"


@pytest.mark.parametrize("change", [{"is_active": False}, {"session_epoch": 7}, {"password": "another"}])
def test_who_may_not_come_in_any_more_is_out(
    known_client: Client, ada: User, change: dict[str, object]
) -> None:
    User.objects.filter(pk=ada.pk).update(**change)
    answer = known_client.get(PAGE)
    assert answer.status_code == 302 and not answer.wsgi_request.user.is_authenticated


def test_a_session_that_ended_is_over(known_client: Client) -> None:
    Session.objects.update(expire_date=timezone.now())
    assert signed_in_as(known_client) is None
    Session.objects.all().delete()
    assert signed_in_as(known_client) is None


def test_an_account_that_is_gone_is_nobody(known_client: Client, ada: User) -> None:
    ada.delete()
    assert signed_in_as(known_client) is None


def test_a_session_that_is_now_somebody_elses_is_theirs(known_client: Client, grace: User) -> None:
    session = known_client.session
    session[SESSION_KEY], session[HASH_SESSION_KEY] = str(grace.pk), grace.get_session_auth_hash()
    session.save()
    assert [signed_in_as(known_client), signed_in_as(known_client)] == [grace.name, grace.name]


def test_who_signs_out_and_in_as_somebody_else_is_somebody_else(known_client: Client, grace: User) -> None:
    known_client.post("/accounts/logout/")
    assert signed_in_as(known_client) is None
    known_client.force_login(grace, backend="accounts.known.Backend")
    assert signed_in_as(known_client) == grace.name


def test_no_more_sessions_are_remembered_than_there_is_room_for(
    client_for: SignIn, ada: User, grace: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known, "MOST_REMEMBERED", 1)
    first, second = client_for(ada), client_for(grace)
    assert [signed_in_as(c) for c in (first, second, first, second)] == [ada.name, grace.name] * 2
    assert len(known._whose) == 1
