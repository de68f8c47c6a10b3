"""What must be true before the first request: `python -m config.prepare [COMMAND]`, safe to run again.

Prints the address to open; or, given a command of manage.py, runs that.
"""

import contextlib
import hashlib
import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import django
import psycopg
from django.core.management import CommandError, call_command, get_commands

from config import environment, postgres

#: The lock of whoever prepares.
PREPARING = 0x5E4E_0001
#: Of Django's parameters of a connection, those that psycopg's own connections do not take, or not from Django.
DJANGOS_OWN = ("context", "cursor_factory", "prepare_threshold")


def main(command: list[str]) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        settings = environment.read()
        environment.keep_key(settings)
        embedded = postgres.Cluster.at(settings.home).running()
        with contextlib.nullcontext() if settings.database_url else embedded:
            prepare()
            call_command(*command) if command else print(address())
    except (environment.ConfigurationError, postgres.PostgresError, CommandError) as error:
        sys.exit(str(error))


def prepare() -> None:
    """Tables, static files, and the runbook to begin with. Several who start at once take turns."""
    django.setup()
    with alone():
        _prepare()


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """The only one to prepare this database, on whichever machine: the lock ends with its session."""
    from django.db import connection

    params = {
        **connection.get_connection_params(),
        "autocommit": True,
        "application_name": "allclear prepare",
    }
    with psycopg.connect(**{name: params[name] for name in params if name not in DJANGOS_OWN}) as session:
        session.execute("SELECT pg_advisory_lock(%s)", [PREPARING])
        yield
        session.execute("SELECT pg_advisory_unlock(%s)", [PREPARING])


def _prepare() -> None:
    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)
    make_broker()
    collect_static()
    if "load_starter" in get_commands():
        with contextlib.redirect_stdout(io.StringIO()):
            call_command("load_starter")


def collect_static() -> None:
    """Gather and compress what pages need, unless the files are those of the last time: it takes seconds."""
    from django.conf import settings

    note, found = Path(settings.STATIC_ROOT) / "made-of", _made_of()
    if not (note.exists() and note.read_text() == found):
        call_command("collectstatic", verbosity=0, interactive=False)
        note.write_text(found)


def _made_of() -> str:
    """Every static file by name, size and time, and who makes what of them."""
    from django.conf import settings
    from django.contrib.staticfiles.finders import get_finders

    lines = [django.__version__, str(settings.STORAGES["staticfiles"])]
    for finder in get_finders():
        for name, storage in finder.list([]):
            about = Path(storage.path(name)).stat()
            lines.append(f"{name} {about.st_size} {about.st_mtime_ns}")
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def make_broker() -> None:
    """The tables through which PostgreSQL carries messages: worker and clock would race to make them."""
    from django.conf import settings

    from config.celery import app

    if not settings.REDIS_URL and not _has_queues(list(app.amqp.queues)):
        with app.connection_for_write() as connection:
            for queue in app.amqp.queues.values():
                queue(connection.default_channel).declare()


def _has_queues(names: list[str]) -> bool:
    """Whether there is nothing to make. To load what makes them takes a quarter of the time of all that is here."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT to_regclass('kombu_queue') IS NOT NULL AND to_regclass('kombu_message') IS NOT NULL"
        )
        if not cursor.fetchone()[0]:
            return False
        cursor.execute("SELECT count(*) FROM kombu_queue WHERE name = ANY(%s)", [names])
        return bool(cursor.fetchone()[0] == len(names))


def address() -> str:
    """Where to begin: the set-up page while there is nobody, else the front door."""
    from django.conf import settings

    from accounts.operations import setup_token

    token = setup_token()
    return f"{settings.SITE_URL}/setup/{token}/" if token else f"{settings.SITE_URL}/"


if __name__ == "__main__":
    main(sys.argv[1:])
