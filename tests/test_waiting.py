"""Whoever waits for a lock that somebody keeps gets an answer, and keeps what was typed."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from threading import Timer
from unittest import mock
from uuid import uuid4

import psycopg
import pytest
from django.conf import settings
from django.db import DataError, OperationalError, connection, transaction
from django.test import Client

from accounts.models import User
from incidents.models import Incident, TimelineEvent
from incidents.operations import Declaration, declare
from notifications.models import Clock
from outbox import sessions
from outbox.postgresql.base import DatabaseWrapper
from outbox.relay import relay
from runbooks.operations import create_runbook

pytestmark = pytest.mark.django_db(transaction=True)
NOTE = "The queue grows again, and the second replica does not take over."


@pytest.fixture
def incident(ada: User) -> Incident:
    revision = create_runbook(b"# R\n\n| Level | Response time |\n|---|---|\n| SEV1 | Immediate |\n", by=None)
    return declare(Declaration(title="Down", severity=1), revision=revision, by=ada)


@contextmanager
def held(incident: Incident) -> Iterator[None]:
    """Somebody else's transaction has the incident, and does not end."""
    with psycopg.connect(**connection.get_connection_params()) as other:
        other.execute("SELECT 1 FROM incidents_incident WHERE id = %s FOR UPDATE", [incident.pk])
        yield


@pytest.fixture
def _hurried() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '100ms'")
        yield
        cursor.execute("RESET lock_timeout")


@pytest.mark.usefixtures("_hurried")
def test_a_note_that_waits_too_long_comes_back_whole_and_is_sent_again(
    incident: Incident, ada: User, client_for: Callable[[User], Client]
) -> None:
    client, address = client_for(ada), f"/incidents/{incident.pk}/notes/"
    typed = {"kind": "note", "text": NOTE, "key": str(uuid4())}
    with held(incident):
        answer = client.post(address, typed)
    page = answer.content.decode()
    assert answer.status_code == 503 and answer.headers["Retry-After"] == "5"
    assert "somebody else is changing the same thing" in page and NOTE in page
    assert not TimelineEvent.objects.filter(kind="note_added").exists()

    form = dict(re.findall(r'<input type="hidden" name="(?!csrf)(\w+)" value="([^"]*)"', page))
    form |= {
        name: unescape(text) for name, text in re.findall(r'<textarea[^>]* name="(\w+)"[^>]*>([^<]*)<', page)
    }
    assert form == typed and f'action="{address}"' in page
    assert client.post(address, form).status_code == 302
    assert TimelineEvent.objects.filter(kind="note_added", text=NOTE).count() == 1


@pytest.mark.usefixtures("_hurried")
def test_a_password_is_not_given_back(incident: Incident, ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    with held(incident), psycopg.connect(**connection.get_connection_params()) as other:
        other.execute("LOCK accounts_user")
        answer = Client().post(
            "/accounts/login/", {"login": ada.email, "password": "a secret of hers, long enough"}
        )
    assert answer.status_code == 503 and "a secret of hers" not in answer.content.decode()


def test_one_incident_that_is_kept_locked_keeps_no_fact_of_another_waiting(
    incident: Incident, ada: User
) -> None:
    revision = incident.revision
    with held(incident):
        other = declare(Declaration(title="Other", severity=1), revision=revision, by=ada)
        relay()
        assert Clock.objects.filter(incident=other).exists()
        assert not Clock.objects.filter(incident=incident).exists()


@pytest.mark.parametrize("limits", [sessions.WEB, sessions.WORK])
def test_sessions_of_web_and_workers_are_limited_and_the_operator_has_the_last_word(
    limits: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(settings.DATABASES["default"], "OPTIONS", {"options": "-c statement_timeout=90000"})
    sessions.limit(limits)
    params = connection.get_connection_params() | settings.DATABASES["default"]["OPTIONS"]
    del params["patience"]
    with psycopg.connect(**params) as session:
        shown = {name: session.execute(f"SHOW {name}").fetchone() for name in limits}
        assert session.execute("SHOW statement_timeout").fetchone() == ("90s",)
    assert shown["lock_timeout"] == ("5s",) and shown["idle_in_transaction_session_timeout"] == ("15s",)


def test_who_asks_while_the_database_restarts_gets_an_answer(tmp_path: Path) -> None:
    away = tmp_path / "away"
    with reached_by(str(away)) as database:
        restart = Timer(0.5, away.symlink_to, [settings.DATABASES["default"]["HOST"]])
        restart.start()
        with database.cursor() as cursor:
            cursor.execute("SELECT 1")
            assert cursor.fetchone() == (1,)
        restart.join()


def test_a_database_that_stays_away_is_an_error(tmp_path: Path) -> None:
    with reached_by(str(tmp_path / "away"), patience=0.2) as database, pytest.raises(OperationalError):
        database.ensure_connection()


def test_a_session_that_the_server_ended_is_found_out_before_it_is_used() -> None:
    with reached_by(connection.settings_dict["HOST"]) as database:
        database.ensure_connection()
        assert database.is_usable()
        ended = database.connection.info.backend_pid
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [ended])
        assert not database.is_usable()
        database.close_if_unusable_or_obsolete()
        database.ensure_connection()
        assert database.is_usable() and database.connection.info.backend_pid != ended


@pytest.fixture
def lasting(monkeypatch: pytest.MonkeyPatch) -> Iterator[mock.Mock]:
    """The thread's connection lasts from one request to the next, as in the web process; how often it was looked at."""
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", None)
    connection.close()
    connection.ensure_connection()
    with mock.patch.object(
        DatabaseWrapper, "is_usable", autospec=True, side_effect=DatabaseWrapper.is_usable
    ) as looks:
        yield looks
    connection.close()


def test_a_request_does_not_look_first_whether_its_connection_works(
    ada: User, client_for: Callable[[User], Client], lasting: mock.Mock
) -> None:
    client, backend = client_for(ada), _backend()
    for _ in range(2):
        connection.close_if_unusable_or_obsolete()  # as at the start of each request
        assert client.get("/settings/").status_code == 200
    assert lasting.call_count == 0 and _backend() == backend


def test_a_session_that_the_server_ended_is_found_out_by_the_first_question_of_a_request(
    ada: User, client_for: Callable[[User], Client], lasting: mock.Mock
) -> None:
    client, ended = client_for(ada), _backend()
    for _ in range(2):
        with reached_by(connection.settings_dict["HOST"]) as other, other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [_backend()])
        connection.close_if_unusable_or_obsolete()
        assert client.get("/settings/").status_code == 200
    assert _backend() != ended


def test_what_fails_for_another_reason_is_asked_once(lasting: mock.Mock) -> None:
    ask, backend = mock.Mock(side_effect=_fail), _backend()
    connection.close_if_unusable_or_obsolete()
    with pytest.raises(DataError):
        sessions.ask_first(ask)
    assert ask.call_count == 1 and _backend() == backend
    with pytest.raises(DataError), transaction.atomic():
        sessions.ask_first(ask)  # after which nothing works until the transaction ends
    assert ask.call_count == 2 and _backend() == backend


def _fail() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 / 0")


def _backend() -> int:
    connection.ensure_connection()
    return int(connection.connection.info.backend_pid)


@contextmanager
def reached_by(host: str, patience: float = sessions.PATIENCE) -> Iterator[DatabaseWrapper]:
    """The tests' database by another socket directory, as a process of web or workers would use it."""
    known = connection.settings_dict
    database = DatabaseWrapper(known | {"HOST": host, "OPTIONS": known["OPTIONS"] | {"patience": patience}})
    try:
        yield database
    finally:
        database.close()
