"""Sending what is due: a few threads, each of which claims one, sends it, settles it, until none is left."""

import logging
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Lock
from time import monotonic, sleep

from django.db import InterfaceError, OperationalError, close_old_connections, connection
from django.utils import timezone

from notifications.channels import sender_of
from notifications.deliveries import Outcome, claim, settle
from notifications.models import Delivery

log = logging.getLogger(__name__)

#: Sends under way at once in one process, and so the most that a crash can repeat.
THREADS = 8
#: Seconds after which no further send is begun: the last one must end within the worker's own limit.
LONGEST = 20.0
#: Pauses, in seconds, after which an outcome is tried to be kept while the database is away: within a lease.
KEEP_OUTCOME = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0, 8.0)

#: One claim after another, so that each sees what the others have begun.
_claiming = Lock()


class _Lane:
    """What the threads of one round share: how many more may be sent, until when, and what is claimed for whom.

    As many are claimed at once as threads are waiting for one, so each is sent at once.
    """

    def __init__(self, urgent: bool, limit: int) -> None:
        self.urgent, self.left, self.ends_at = urgent, limit, monotonic() + LONGEST
        self.lock, self.waiting, self.ready = Lock(), 0, deque[Delivery]()

    def next(self) -> Delivery | None:
        """One delivery, claimed for the thread that asks; None when it may go home."""
        if not self._begin():
            return None
        try:
            with _claiming:
                if not self.ready:
                    self.ready.extend(claim(urgent=self.urgent, limit=self.waiting))
                if self.ready:
                    return self.ready.popleft()
                self._give_back()
                return None
        finally:
            with self.lock:
                self.waiting -= 1

    def _begin(self) -> bool:
        with self.lock:
            if self.left <= 0 or monotonic() > self.ends_at:
                return False
            self.left, self.waiting = self.left - 1, self.waiting + 1
            return True

    def _give_back(self) -> None:
        with self.lock:
            self.left += 1


def send_due(*, urgent: bool, limit: int = 2000) -> int:
    """Send what is due in one lane until there is nothing left, or ``limit``; return how many were tried."""
    lane = _Lane(urgent, limit)
    with ThreadPoolExecutor(THREADS, thread_name_prefix="send") as pool:
        for working in [pool.submit(_work, lane) for _ in range(min(THREADS, limit))]:
            working.result()
    return limit - lane.left


def _work(lane: _Lane) -> None:
    """One thread: never more claimed than it is sending. Its connection to the database ends with it."""
    try:
        close_old_connections()
        while row := lane.next():
            _send_one(row)
    finally:
        connection.close()


def _send_one(row: Delivery) -> None:
    started_at = timezone.now()
    outcome = outcome_of(row)
    if not _settle(row, outcome, started_at):
        log.warning("Delivery %s may be sent twice: its lease ran out while it was being sent", row.pk)


def _settle(row: Delivery, outcome: Outcome, started_at: datetime) -> bool:
    """Settle, though the database may restart meanwhile: what is accepted and not recorded is sent again."""
    for pause in KEEP_OUTCOME:
        try:
            return settle(row, outcome, started_at)
        except (OperationalError, InterfaceError):
            log.warning("The outcome of delivery %s cannot be kept yet", row.pk, exc_info=True)
            connection.close()
            sleep(pause)
    return settle(row, outcome, started_at)


def outcome_of(row: Delivery) -> Outcome:
    """Send one delivery by its channel, outside any transaction, and say how it ended."""
    try:
        return sender_of(row.channel)(row)
    except Exception as error:
        log.exception("Delivery %s by %s failed in a way its channel does not know", row.pk, row.channel)
        return Outcome.retry(f"{type(error).__name__}: {error}")
