"""What the database ends by itself, so that nobody waits for ever: for a lock that is not given back, for a query
that does not come to its end, for a process that is frozen amid a transaction and holds what others need.

Not for preparing and for commands by hand: a migration may take its time.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.db import Error, connection
from psycopg.errors import LockNotAvailable, QueryCanceled

#: In milliseconds, by PostgreSQL's own names. Somebody waits for a page; nobody for a worker.
WEB = {
    "lock_timeout": 5_000,
    "statement_timeout": 20_000,
    "idle_in_transaction_session_timeout": 15_000,
}
WORK = {"lock_timeout": 5_000, "idle_in_transaction_session_timeout": 15_000}

T = TypeVar("T")

#: Seconds that is waited for a database which cannot be reached: a restart takes one or two.
PATIENCE = 3.0


def limit(limits: dict[str, int]) -> None:
    """Have every session that this process opens from now on be under ``limits``, and be waited for a little."""
    options: dict[str, Any] = settings.DATABASES["default"]["OPTIONS"]
    options["patience"] = PATIENCE
    said = " ".join(f"-c {name}={value}" for name, value in limits.items())
    options["options"] = f"{said} {options.get('options', '')}".strip()  # what the operator says comes last


def is_busy(error: BaseException | None) -> bool:
    """Whether the database ended what it was asked because it took too long: it is there, and nothing was saved."""
    return isinstance(getattr(error, "__cause__", None), (LockNotAvailable, QueryCanceled))


def ask_first(ask: Callable[[], T]) -> T:
    """What ``ask``, which does nothing but read, finds, as the first question of a request. That is what tells whether
    the connection kept since the last one still works, and is asked again by a new one if not: an exchange less than
    asking PostgreSQL for nothing before, as Django does."""
    if connection.connection is None or connection.in_atomic_block:
        return ask()
    connection.health_check_done = True  # type: ignore[attr-defined]
    try:
        return ask()
    except Error:
        if connection.is_usable():
            raise
        connection.close()
        return ask()
