"""Sending what is due: this thread claims, a few others each send and settle one at a time, until none is left."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from queue import Empty, SimpleQueue
from time import monotonic, sleep

from django.db import InterfaceError, OperationalError, close_old_connections, connection
from django.utils import timezone

from notifications.channels import email, sender_of
from notifications.deliveries import LEASE, Outcome, claim, give_back, settle
from notifications.models import Delivery
from notifications.senders import Sender

log = logging.getLogger(__name__)

#: Sends under way at once in one process, and so the most that a crash can repeat.
THREADS = 8
#: Claimed beyond those, to be sent next, while a send takes no longer than ``QUICK`` seconds: a claim costs much the
#: same for a few and for many, and meanwhile the threads go on.
AHEAD = 48
QUICK = 0.1
#: Seconds after which no further send is begun: the last one must end within the worker's own limit.
LONGEST = 20.0
#: Seconds between two looks at what came due while slow sends are under way.
LOOK_EVERY = 0.5
#: Seconds that threads which are free wait for others, to be given something together.
A_MOMENT = 0.01
#: Pauses, in seconds, after which an outcome is tried to be kept while the database is away: within a lease.
KEEP_OUTCOME = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0, 8.0)


def send_due(
    *,
    urgent: bool,
    limit: int = 2000,
    seconds: float = LONGEST,
    meanwhile: Callable[[], int] | None = None,
) -> int:
    """Send what is due in one lane until there is nothing left, or ``limit``; return how many were tried.

    ``meanwhile`` is called now and then, also while slow sends are under way, to bring about more that is due; it
    returns how much it did. Nothing is begun after ``seconds``.
    """
    with Sender() as sender, ThreadPoolExecutor(THREADS, thread_name_prefix="send") as pool:
        sending = _Round(sender, pool, urgent, limit, seconds, meanwhile)
        try:
            return sending.run()
        finally:
            sending.send_home()


@dataclass(frozen=True, slots=True)
class _Claimed:
    """A delivery, and until when its send may begin, as ``monotonic`` says."""

    row: Delivery
    begin_by: float


@dataclass(frozen=True, slots=True)
class _Done:
    """How long a send took, and why its outcome could not be kept, if so; or what was not sent at all."""

    seconds: float
    error: Exception | None = None
    unsent: Delivery | None = None


class _Round:
    """What one sender has under way: ``todo`` is claimed and given to the threads, ``done`` comes back from them.

    While sends are slow no more is claimed than there are threads that wait for it: others could be sending it.
    """

    def __init__(
        self,
        sender: Sender,
        pool: ThreadPoolExecutor,
        urgent: bool,
        limit: int,
        seconds: float,
        meanwhile: Callable[[], int] | None,
    ) -> None:
        self.sender, self.pool, self.urgent, self.limit = sender, pool, urgent, limit
        self.ends_at, self.meanwhile, self.look_at = monotonic() + seconds, meanwhile, 0.0
        self.todo, self.done = SimpleQueue[_Claimed | None](), SimpleQueue[_Done]()
        self.tried = self.under_way = self.threads = 0
        self.unsent = list[Delivery]()
        self.slowest = QUICK + 1  # seconds, of the sends that were collected last
        self.error: Exception | None = None

    def run(self) -> int:
        """Until nothing is due and nothing is under way. Raises the last error that was not got over."""
        while True:
            claimed = self._claim()
            looked = self._look(is_idle=not (self.under_way or claimed))
            if not self.under_way and not (claimed or looked):
                break
            self._collect(LOOK_EVERY if self.under_way and not looked else 0)
        self._give_back()
        if self.error:
            raise self.error
        return self.tried

    def _claim(self) -> int:
        """Claim for the threads that are free. Where the database is away that is tried again while others send."""
        room = min(self._room(), self.limit - self.tried)
        if room <= 0 or monotonic() > self.ends_at:
            return 0
        # A lease is three times the longest send. What could not be begun for two of them, because this process was
        # frozen, might end after it, when somebody else has claimed it.
        begin_by = min(monotonic() + LEASE.total_seconds() * 2 / 3, self.ends_at + 1)
        try:
            self.sender.hold()
            rows = claim(urgent=self.urgent, limit=room, sender=self.sender.id)
        except (OperationalError, InterfaceError) as error:
            self.error = error
            connection.close()
            return 0
        self.error = None
        for row in rows:
            self._give(_Claimed(row, begin_by))
        return len(rows)

    def _room(self) -> int:
        """How many may be claimed. Of what is claimed ahead half has to be gone before it is worth a claim."""
        if self.slowest > QUICK:
            return THREADS - self.under_way
        room = THREADS + AHEAD - self.under_way
        return room if room >= AHEAD // 2 else 0

    def _give(self, claimed: "_Claimed") -> None:
        self.todo.put(claimed)
        self.tried, self.under_way = self.tried + 1, self.under_way + 1
        if self.threads < min(self.under_way, THREADS):
            self.threads += 1
            self.pool.submit(_work, self.todo, self.done)

    def _look(self, *, is_idle: bool) -> int:
        """Bring about more that is due: now and then while others send, and always before going home."""
        now = monotonic()
        if self.meanwhile is None or self.error or now > self.ends_at or (now < self.look_at and not is_idle):
            return 0
        looked = self.meanwhile()
        self.look_at = monotonic() + LOOK_EVERY
        return looked

    def _collect(self, longest: float) -> None:
        """What has been sent since, waiting for the first as long as this, and a moment for the others: a claim
        costs much the same for one and for eight."""
        until, slowest = monotonic() + longest, 0.0
        while self.under_way:
            try:
                done = self.done.get(timeout=max(0.0, until - monotonic()))
            except Empty:
                if longest and not slowest:
                    self._let_go()
                break
            self.error, self.under_way = done.error or self.error, self.under_way - 1
            self.unsent += [done.unsent] if done.unsent else []
            slowest, until = max(slowest, done.seconds), min(until, monotonic() + A_MOMENT)
            if slowest > QUICK:
                self._let_go()
        self.slowest = slowest or self.slowest

    def _let_go(self) -> None:
        """Sends have turned slow: what waits for a thread here is anybody's again, at once."""
        waiting = list[Delivery]()
        with suppress(Empty):
            while claimed := self.todo.get_nowait():
                waiting.append(claimed.row)
        self.slowest = QUICK + 1
        self.under_way, self.tried = self.under_way - len(waiting), self.tried - len(waiting)
        self.unsent += waiting
        self._give_back()

    def _give_back(self) -> None:
        """Where the database is away that is tried again; at the latest the leases end with this sender."""
        with suppress(OperationalError, InterfaceError):
            give_back(self.unsent)
            self.unsent.clear()

    def send_home(self) -> None:
        for _ in range(self.threads):
            self.todo.put(None)


def _work(todo: SimpleQueue[_Claimed | None], done: SimpleQueue[_Done]) -> None:
    """One thread. Its connections, to the database and to the mail server, end with it."""
    try:
        close_old_connections()
        with email.kept_line():
            while claimed := todo.get():
                done.put(_dealt_with(claimed))
    finally:
        connection.close()


def _dealt_with(claimed: _Claimed) -> _Done:
    began = monotonic()
    if began > claimed.begin_by:
        return _Done(0.0, unsent=claimed.row)
    error = _sent(claimed.row)
    return _Done(monotonic() - began, error)


def _sent(row: Delivery) -> Exception | None:
    """Send and settle; the error, if it could not be settled."""
    try:
        _send_one(row)
    except Exception as error:
        log.exception("Delivery %s could not be settled", row.pk)
        return error
    return None


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
