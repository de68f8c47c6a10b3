"""What is wrong with this installation, in plain words. Each check says nothing when all is well."""

import shutil
import smtplib
import time
from collections.abc import Callable, Iterator

from django.conf import settings
from django.core.mail import get_connection
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor

from config.settings import ENVIRONMENT
from notifications.figures import complaints, figures
from outbox import clock

#: Seconds that the host's clock and the database's may differ.
SKEW = 5.0
#: Bytes that must be free where the home folder is.
ROOM = 500 * 1024 * 1024

Check = Callable[[], Iterator[str]]


def examine() -> dict[str, list[str]]:
    """Every check by its name, with what it found. None of them changes anything."""
    found: dict[str, list[str]] = {}
    for name, check in CHECKS.items():
        if name != "database" and found.get("database"):
            return found | _alone("disk")  # everything else would only repeat that the database is away
        found[name] = _run(check)
    return found


def _alone(name: str) -> dict[str, list[str]]:
    return {name: _run(CHECKS[name])}


def _run(check: Check) -> list[str]:
    try:
        return list(check())
    except Exception as error:  # a check that fails has found something
        return [f"This could not be looked at: {type(error).__name__}: {_line(error)}."]


def database() -> Iterator[str]:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_is_in_recovery()")
            if cursor.fetchone()[0]:
                yield "The database is a standby and takes no writes."
    except Error as error:
        yield f"The database does not answer: {_line(error)}."


def migrations() -> Iterator[str]:
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        yield f"Migrations are missing ({len(missing)}): run python -m config.prepare."


def clocks() -> Iterator[str]:
    before = time.time()
    theirs = clock.now().timestamp()
    ours = (before + time.time()) / 2
    if abs(theirs - ours) > SKEW:
        ahead = "behind" if theirs > ours else "ahead of"
        yield f"The clock of this host is {abs(theirs - ours):.0f} s {ahead} the database's: set it by NTP."


def engine() -> Iterator[str]:
    yield from complaints(figures())


def broker() -> Iterator[str]:
    error = broker_error()
    if error:
        what = "Redis" if settings.REDIS_URL else "The database, as broker,"
        yield f"{what} cannot be used: {error}. Until it can, the watchdog alone sends, some 10 s later."


def broker_error() -> str:
    """Why no message can be brought to the broker, tried once; "" when one can."""
    from config.celery import app

    try:
        with app.connection_for_write() as messages, messages.channel() as channel:
            app.amqp.queues["urgent"](channel).declare()
    except Exception as error:
        return _line(error)
    return ""


def mail() -> Iterator[str]:
    if not settings.MAIL_CONFIGURED:
        yield "No mail is configured (ALLCLEAR_EMAIL_URL): only the inbox and other services are told."
        return
    try:
        server = get_connection(timeout=5)
        server.open()
        server.close()
    except (smtplib.SMTPException, OSError) as error:
        yield f"The mail server {settings.EMAIL_HOST} does not take mail: {_line(error)}."


def disk() -> Iterator[str]:
    free = shutil.disk_usage(ENVIRONMENT.home if ENVIRONMENT.home.exists() else "/").free
    if free < ROOM:
        yield f"Only {free // 2**20} MB are free where {ENVIRONMENT.home} is."


CHECKS: dict[str, Check] = {
    "database": database,
    "migrations": migrations,
    "clocks": clocks,
    "broker": broker,
    "engine": engine,
    "mail": mail,
    "disk": disk,
}


def _line(error: BaseException) -> str:
    return (" ".join(str(error).split()) or type(error).__name__).rstrip(".")[:300]
