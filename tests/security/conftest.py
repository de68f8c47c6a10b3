"""The world that the tests of a module attack."""

from collections.abc import Iterator

import pytest
from django.db import connection, transaction
from pytest_django.plugin import DjangoDbBlocker

from tests.security.world import World, build


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """Built once, for it takes longer than most requests; what a test does to it is undone by the test."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield build()
        with connection.cursor() as cursor:  # a sequence is not rolled back
            cursor.execute("SELECT setval(pg_get_serial_sequence('incidents_incident', 'id'), 1)")
        transaction.set_rollback(True)
