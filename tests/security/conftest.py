"""The world that the tests of a module attack."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, transaction
from pytest_django.plugin import DjangoDbBlocker

from tests.security.world import World, build


@contextmanager
def _nothing_leaves() -> Iterator[None]:
    """Every name is somewhere on the public internet, and nobody answers there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("notifications.addresses._look_up", lambda host, port: ["93.184.215.14"])
        patch.setattr("notifications.outgoing._connect_to", _refuse)
        yield


def _refuse(address: str, port: int) -> socket.socket:
    raise ConnectionRefusedError


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """Built once, for it takes longer than most requests; what a test does to it is undone by the test."""
    with django_db_blocker.unblock(), transaction.atomic(), _nothing_leaves():
        yield build()
        with connection.cursor() as cursor:  # a sequence is not rolled back
            cursor.execute("SELECT setval(pg_get_serial_sequence('incidents_incident', 'id'), 1)")
        transaction.set_rollback(True)
