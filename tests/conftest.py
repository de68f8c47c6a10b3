"""What every test may ask for: a real PostgreSQL, the people, and a browser signed in as one of them."""

import gc
import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError, connection, connections
from django.db.backends.postgresql.operations import DatabaseOperations
from django.test import Client
from psycopg._preparing import PrepareManager
from pytest_django.plugin import DjangoDbBlocker

from accounts.models import Role, User
from config.settings import ENVIRONMENT, database
from tests.clusters import free_cluster, migrated

PASSWORD = "correct horse battery staple"
MOST_WORKERS = 8  # each with a browser, and a web process or two, of its own
OF_DJANGO = {"django_content_type", "auth_permission"}
SHARED = pytest.StashKey[str]()
HERE = Path(__file__).parent
#: Where single tests take seconds, most of them spent waiting for a browser or for processes that come and go; and
#: where what a file sets up takes longest, which is not to be done in two workers.
SLOW = {
    HERE / "browser",
    HERE / "chaos",
    HERE / "security" / "test_markup.py",
    HERE / "test_front.py",
    HERE / "test_supervisor.py",
}
#: Where a test takes longer than elsewhere, without waiting.
HEAVY = HERE / "security"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Three for two processors that we may use, which is not each that the machine has: browsers are waited for."""
    ours = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2
    return min(ours + (ours + 1) // 2, MOST_WORKERS)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Workers share one cluster, which is the whole run's."""
    config: pytest.Config = node.config
    if SHARED not in config.stash and not ENVIRONMENT.database_url:
        cluster = ExitStack()
        config.stash[SHARED] = cluster.enter_context(free_cluster())
        config.add_cleanup(cluster.close)
    node.workerinput["database_url"] = config.stash.get(SHARED, "")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with what takes longest, a share of it in each worker, and end with what can be handed on in small pieces.

    A worker begins with as many tests as each of the others, one after the other in this list, and takes over from
    the end of another's share once it has done its own. Files stay whole, for what they set up.
    """
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    slow, rest = defaultdict[Path, list[pytest.Item]](list), list[pytest.Item]()
    for item in items:
        kept = slow[item.path] if SLOW & {item.path, *item.path.parents} else rest
        kept.append(item)
    rest.sort(key=lambda item: HEAVY not in item.path.parents)
    shares = [[item for path in sorted(slow)[n::workers] for item in slow[path]] for n in range(workers)]
    for n, share in enumerate(shares):
        size = (len(items) - sum(map(len, shares[:n]))) // (workers - n)
        more = max(0, size - len(share))
        share.extend(rest[:more])
        del rest[:more]
    items[:] = [item for share in shares for item in share]


def pytest_collection_finish() -> None:
    """What has been imported and collected stays to the end: the collector need not go through it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


@pytest.fixture(scope="session")
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """DATABASE_URL, or a cluster of the tests' own in ALLCLEAR_HOME: never the one that holds incidents."""
    if ENVIRONMENT.database_url:
        yield ENVIRONMENT.database_url.get_secret_value()
        return
    if url := getattr(request.config, "workerinput", {}).get("database_url"):
        yield url
        return
    with free_cluster() as url:
        yield url


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    database_url: str, django_db_modify_db_settings_parallel_suffix: None
) -> None:
    """Point Django at that database, once the first test asks for one; what is ours starts as a copy."""
    found = database(database_url) | {"CONN_MAX_AGE": 0}
    connections.settings["default"].update(found)
    settings.DATABASES["default"].update(found)
    if not ENVIRONMENT.database_url:
        settings.DATABASES["default"]["TEST"]["TEMPLATE"] = migrated(database_url)
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
    """Have a transactional test empty the tables row by row, past the triggers that refuse it, in the end.

    There are few rows and many tables: TRUNCATE makes each table's files anew, and takes far longer. What
    Django writes itself after migrating stays, so that it need not be written again. Sequences go on.
    """
    flush = DatabaseOperations.execute_sql_flush

    def emptied(
        operations: DatabaseOperations, style: object, tables: Sequence[str], **options: object
    ) -> list[str]:
        ours = [operations.quote_name(table) for table in sorted({*tables} - OF_DJANGO)]
        # Who is writing is waited for, as by TRUNCATE.
        locked = f"LOCK TABLE {', '.join(ours)} IN SHARE ROW EXCLUSIVE MODE"
        return [locked, *(f"DELETE FROM {table}" for table in ours)]  # noqa: S608

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
        patch.setattr(DatabaseOperations, "sql_flush", emptied)
        patch.setattr(DatabaseOperations, "execute_sql_flush", as_replica)
        patch.setattr("django.core.management.commands.flush.emit_post_migrate_signal", lambda *said: None)
        yield


@pytest.fixture(autouse=True, scope="session")
def _plans_outlive_what_is_undone() -> Iterator[None]:
    """Let a connection keep its prepared statements when a test is rolled back, which changes no table."""
    should_discard = PrepareManager._should_discard

    def unless_undone(manager: PrepareManager, prepared: Any, results: Any) -> bool:
        changes = [result for result in results if result.command_status != b"ROLLBACK"]
        return should_discard(manager, prepared, changes)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PrepareManager, "_should_discard", unless_undone)
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
        client.force_login(user, backend="accounts.known.Backend")
        return client

    return signed_in
