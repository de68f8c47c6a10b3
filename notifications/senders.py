"""Who is sending, as the database knows it: each round of sending holds a lock of its session.

A lease names its sender. The lock ends with the session, and the session with the process, whatever ended that:
so what a dead sender had claimed is free at once, and not when its lease runs out. A sender that is frozen, or
whose host is gone without a word, keeps its lock; there the lease runs out. Neither settles anything any more
once another has claimed: that is the token's work.
"""

import logging
from random import SystemRandom
from types import TracebackType

from django.db import DatabaseError, InterfaceError, connection

log = logging.getLogger(__name__)

#: The first of the two numbers of every sender's lock.
KIND = 0x5E4D
#: Seconds that the server must have been up before a lock that is not there means anything: a restart takes the
#: locks of all, and who is still alive takes its own again within a second or two.
RETURN = 10

TAKE = "SELECT pg_try_advisory_lock(%s, %s)"
GIVE_BACK = "SELECT pg_advisory_unlock(%s, %s)"
ALIVE = """
SELECT objid::bigint, clock_timestamp() - pg_postmaster_start_time() > %s * interval '1 second'
FROM (SELECT 1) AS always LEFT JOIN pg_locks ON locktype = 'advisory' AND classid = %s AND objsubid = 2 AND granted
     AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""

_chance = SystemRandom()


class Sender:
    """One round of sending, alive in the database while the ``with`` block lasts.

    The lock is the calling thread's connection's, which must also be the one that claims: call ``hold`` before each
    claim, and no claim is made by a session that does not hold the lock.
    """

    def __init__(self) -> None:
        self.id = _chance.randrange(1, 2**31)
        self._session: object = None

    def __enter__(self) -> "Sender":
        self.hold()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self._session is connection.connection:
                _run(GIVE_BACK, self.id)
        except (DatabaseError, InterfaceError):
            connection.close()  # and the lock with it

    def hold(self) -> None:
        """Have the lock, once more if the connection was lost meanwhile. Nobody else ever draws this number."""
        if self._session is None or self._session is not connection.connection:
            _run(TAKE, self.id)
            self._session = connection.connection


def _run(sql: str, number: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, [KIND, number])


def gone(suspects: set[int]) -> set[int]:
    """Which of these senders live no more. Ask after reading the leases that name them: a sender takes its lock
    before its first lease, so that one whose lease was seen, and whose lock is not there now, has gone."""
    if not suspects:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(ALIVE, [RETURN, KIND])
        rows = cursor.fetchall()
    counts = rows[0][1]
    return suspects - {number for number, _ in rows} if counts else set()
