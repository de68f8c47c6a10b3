"""What operators and their monitoring are told: doctor, metrics, and the settings of Celery they rest on."""

import json
import socket
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from pydantic import SecretStr

from config import doctor, prepare
from config.celery import app
from config.settings import ENVIRONMENT
from notifications import heartbeat
from notifications.reminders.models import ReminderClock
from tests.postmortems.conftest import an_item

TOKEN = "a token of twenty letters"


@pytest.fixture
def well(db, settings, monkeypatch):
    """Workers were seen, and mail can be sent."""
    heartbeat.beat("worker")
    heartbeat.beat("reminders")
    monkeypatch.setitem(doctor.CHECKS, "mail", lambda: iter(()))
    monkeypatch.setitem(doctor.CHECKS, "broker", lambda: iter(()))


def test_doctor_finds_nothing_where_all_is_well(well, capsys):
    call_command("doctor")
    assert "engine     | all is well" in capsys.readouterr().out


def test_doctor_says_what_is_wrong_and_ends_with_1(well, capsys):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE notifications_heartbeat SET seen_at = now() - interval '2 hours'")
    with pytest.raises(SystemExit) as end:
        call_command("doctor", "--json")
    assert end.value.code == 1
    found = json.loads(capsys.readouterr().out)
    assert found["engine"][0] == "No worker has looked at what is due for 7200 s."
    assert found["database"] == []


def test_doctor_notices_that_the_clocks_of_host_and_database_differ(well, monkeypatch):
    monkeypatch.setattr("outbox.clock.now", lambda: datetime.now(UTC) + timedelta(minutes=2))
    (said,) = doctor.examine()["clocks"]
    assert said == "The clock of this host is 120 s behind the database's: set it by NTP."


def test_doctor_notices_a_broker_that_cannot_be_reached(db, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    monkeypatch.setattr(app.conf, "broker_write_url", f"redis://127.0.0.1:{port}/0")
    assert any("cannot be used" in line for line in doctor.broker())


def test_doctor_notices_mail_that_is_refused_or_not_configured(settings):
    settings.MAIL_CONFIGURED = False
    assert "No mail is configured" in next(doctor.mail())
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.getsockname()[1]
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.MAIL_CONFIGURED = True
    assert "does not take mail" in next(doctor.mail())


def test_doctor_notices_migrations_that_are_missing(db):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'sessions'")
    assert list(doctor.migrations()) == ["Migrations are missing (1): run python -m config.prepare."]


def test_who_prepares_a_database_is_alone_with_it(db, monkeypatch):
    def is_free() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [prepare.PREPARING])
            return bool(cursor.fetchone()[0])

    found = []
    monkeypatch.setattr(prepare, "_prepare", lambda: found.append(is_free()))

    prepare.prepare()

    assert found == [False] and is_free()


def test_a_check_that_fails_is_a_finding_and_stops_no_other(well, monkeypatch):
    monkeypatch.setitem(doctor.CHECKS, "clocks", lambda: iter([1 / 0]))
    found = doctor.examine()
    assert found["clocks"] == ["This could not be looked at: ZeroDivisionError: division by zero."]
    assert found["disk"] == []


def test_metrics_are_for_who_has_the_token(well, monkeypatch):
    assert Client().get("/metrics").status_code == 404
    with_token = ENVIRONMENT.model_copy(update={"metrics_token": SecretStr(TOKEN)})
    monkeypatch.setattr("config.metrics.ENVIRONMENT", with_token)
    assert Client().get("/metrics", headers={"authorization": "Bearer another"}).status_code == 404
    answer = Client().get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
    lines = answer.content.decode().splitlines()
    assert "allclear_overdue_seconds 0.0" in lines
    assert 'allclear_deliveries_waiting{lane="urgent"} 0.0' in lines
    assert any(line.startswith('allclear_heartbeat_age_seconds{part="worker"}') for line in lines)


def test_reminders_that_nobody_says_are_a_finding(well, grace, monkeypatch):
    """One has been due for an hour, and cannot be said."""
    now = datetime.now(UTC)
    item = an_item(grace)
    said = {"kind": "item", "person": grace, "due_at": now, "since": now, "failures": 3}
    ReminderClock.objects.create(item=item, fires_at=now - timedelta(hours=1), **said)
    found = doctor.examine()["engine"]
    assert any(line.startswith("Something due is overdue by 36") for line in found)
    assert "1 reminders cannot be said: the log has the error of each." in found

    with_token = ENVIRONMENT.model_copy(update={"metrics_token": SecretStr(TOKEN)})
    monkeypatch.setattr("config.metrics.ENVIRONMENT", with_token)
    text = Client().get("/metrics", headers={"authorization": f"Bearer {TOKEN}"}).text
    assert "allclear_reminders_due 1.0" in text and "allclear_reminders_failing 1.0" in text
    assert "allclear_reminders_overdue_seconds 36" in text


def test_every_tick_of_the_clock_is_a_task_that_exists_and_expires():
    app.loader.import_default_modules()
    for entry in app.conf.beat_schedule.values():
        assert entry["task"] in app.tasks
        assert entry["options"]["expires"] <= 3600


def test_what_is_urgent_has_a_queue_of_its_own():
    assert app.amqp.router.route({}, "notifications.pump")["queue"].name == "urgent"
    assert app.amqp.router.route({}, "notifications.send_reminders")["queue"].name == "reminders"


def test_no_message_is_kept_or_waited_for():
    assert settings.CELERY_TASK_PUBLISH_RETRY is False
    assert settings.CELERY_TASK_IGNORE_RESULT is True
    assert settings.CELERY_BEAT_SCHEDULER == "celery.beat:Scheduler"
