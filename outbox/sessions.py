"""What the database ends by itself, so that nobody waits for ever: for a lock that is not given back, for a query
that does not come to its end, for a process that is frozen amid a transaction and holds what others need.

Not for preparing and for commands by hand: a migration may take its time.
"""

from typing import Any

from django.conf import settings
from psycopg.errors import LockNotAvailable, QueryCanceled

#: In milliseconds, by PostgreSQL's own names. Somebody waits for a page; nobody for a worker.
WEB = {
    "lock_timeout": 5_000,
    "statement_timeout": 20_000,
    "idle_in_transaction_session_timeout": 15_000,
}
WORK = {"lock_timeout": 5_000, "idle_in_transaction_session_timeout": 15_000}


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
