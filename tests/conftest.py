"""What every test may ask for: a real PostgreSQL, the people, and a browser signed in as one of them."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.db import OperationalError, connection, connections
from django.db.backends.postgresql.operations import DatabaseOperations
from django.test import Client
from pytest_django.plugin import DjangoDbBlocker

from accounts.models import Role, User
from config.postgres import Cluster
from config.settings import ENVIRONMENT, database

PASSWORD = "correct horse battery staple"
# Tests may lose everything at a power cut, and are a third faster for it.
FAST = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")


@pytest.fixture(scope="session")
def database_url() -> Iterator[str]:
    """DATABASE_URL, or a cluster of the tests' own in ALLCLEAR_HOME: never the one that holds incidents."""
    if ENVIRONMENT.database_url:
        yield ENVIRONMENT.database_url.get_secret_value()
        return
    with _FreeCluster() as cluster, cluster.running():
        yield cluster.url


class _FreeCluster:
    """The first cluster of the tests that no other run is using: several runs can share one home."""

    def __enter__(self) -> Cluster:
        ENVIRONMENT.home.mkdir(parents=True, exist_ok=True)
        for number in range(1, 100):
            data = ENVIRONMENT.home / f"test-postgres-{number}"
            self.lock = data.with_suffix(".taken").open("w")
            try:
                fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self.lock.close()
                continue
            return Cluster(data, FAST)
        raise RuntimeError("99 test runs are using this home")

    def __exit__(self, *exc: object) -> None:
        self.lock.close()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    database_url: str, django_db_modify_db_settings_parallel_suffix: None
) -> None:
    """Point Django at that database, once the first test asks for one."""
    found = database(database_url)
    found["OPTIONS"].pop("pool")
    connections.settings["default"].update(found)
    settings.DATABASES["default"].update(found)
    os.environ["DATABASE_URL"] = database_url


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The tests' database, which goes in the end even where a listener still has it open."""
    yield
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> "
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(f"{others} pg_backend_pid()")


@pytest.fixture(autouse=True, scope="session")
def _flush_past_the_triggers() -> Iterator[None]:
    """Let the flush after a transactional test empty the tables that refuse to be emptied."""
    flush = DatabaseOperations.execute_sql_flush

    def as_replica(operations: DatabaseOperations, sql_list: list[str]) -> None:
        as_such = ["SET session_replication_role = replica", *sql_list, "RESET session_replication_role"]
        for left in range(5, -1, -1):
            try:
                flush(operations, as_such)
                return
            except OperationalError:  # a deadlock with what a running server still does
                if not left:
                    raise
                time.sleep(0.1)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "execute_sql_flush", as_replica)
        yield


@pytest.fixture
def ada(db: None) -> User:
    """Commands, and administers."""
    return User.objects.create_user("ada@example.com", PASSWORD, name="Ada Lovelace", role=Role.ADMINISTRATOR)


@pytest.fixture
def grace(db: None) -> User:
    """Responds."""
    return User.objects.create_user("grace@example.com", PASSWORD, name="Grace Hopper", role=Role.RESPONDER)


@pytest.fixture
def eve(db: None) -> User:
    """Reads, and is in no team."""
    return User.objects.create_user("eve@example.com", PASSWORD, name="Eve Moneypenny", role=Role.VIEWER)


@pytest.fixture
def client_for() -> Callable[[User], Client]:
    """A browser signed in as the given person."""

    def signed_in(user: User) -> Client:
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return signed_in
