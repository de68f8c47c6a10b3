"""What stands before the first request."""

import os
import subprocess
import sys

import pytest
from django.db import connection

from config.postgres import Cluster, PostgresError
from tests.live.streaming import database_url

MAKE = "import django; django.setup(); from config.prepare import make_broker; make_broker()"


def make_broker() -> dict[str, int]:
    """The queues, by name, after a process of its own has seen to them."""
    ours = {k: v for k, v in os.environ.items() if k != "REDIS_URL"}
    environment = ours | {"DJANGO_SETTINGS_MODULE": "config.settings", "DATABASE_URL": database_url()}
    subprocess.run([sys.executable, "-c", MAKE], env=environment, check=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, id FROM kombu_queue")
        return dict(cursor.fetchall())


def test_what_carries_messages_in_postgresql_is_made_where_it_is_missing_and_left_where_it_is(
    transactional_db,
):
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS kombu_message, kombu_queue")
        first = make_broker()
        assert set(first) == {"reminders", "urgent"}
        cursor.execute("DELETE FROM kombu_queue WHERE name = 'urgent'")
    then = make_broker()
    assert set(then) == set(first) and then["reminders"] == first["reminders"]


def test_who_holds_the_embedded_database_is_waited_for_with_a_word_and_named_in_the_end(tmp_path):
    first, second = (Cluster(tmp_path / "postgres") for _ in range(2))
    said: list[str] = []

    def waiting() -> None:
        said.append("waiting")

    with (
        first.held(),
        pytest.raises(PostgresError, match="already runs"),
        second.held(0.5, waiting, say_after=0.1),
    ):
        pass
    assert said == ["waiting"]
    with second.held(0.5, waiting, say_after=0.1):
        assert said == ["waiting"]


def test_one_that_keeps_it_is_waited_for_less_than_a_command(tmp_path, monkeypatch):
    first, second = (Cluster(tmp_path / "postgres") for _ in range(2))
    monkeypatch.setattr("config.postgres.ENDING", 0.3)
    with first.held(), pytest.raises(PostgresError, match="already runs"), second.held():
        pass
