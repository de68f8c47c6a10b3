"""What a thread may do while it speaks to an address that somebody typed.

``within`` ends every connection that the thread has made once its time is over, whatever it is waiting for: a
limit on each read does not stop a server that sends a byte now and then. ``guarded`` lets it connect to nothing
but addresses that may be reached, whatever library does it, redirects and changed names included. Both hear of
connections by Python's audit events, which come before the connection is made, with the address in numbers.
"""

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from threading import Condition, Lock, Thread
from time import monotonic

from notifications.addresses import Blocked, check

#: Python's own files and the time zones: all that guarded code may read.
READABLE = (
    *{str(Path(folder).resolve()) for folder in (sys.prefix, sys.base_prefix)},
    sys.prefix,
    "/usr/share/zoneinfo",
)
IDLE = 60.0  # seconds
FORBIDDEN = (
    "os.exec",
    "os.fork",
    "os.posix_spawn",
    "os.system",
    "socket.sendmsg",
    "socket.sendto",
    "subprocess.Popen",
)


class Refusal(PermissionError):
    """Raised where the guarded code is; a kind of OSError, so that it passes for a failed connection."""


@dataclass(slots=True, eq=False)
class Watch:
    """One thread's errand: when it must be over, the connections it has made, and why it was stopped, if it was."""

    ends_at: float
    is_guarded: bool = False
    stopped: Exception | None = None
    sockets: list[socket.socket] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)
    is_over: bool = False

    @property
    def left(self) -> float:
        """Seconds until it must be over."""
        return self.ends_at - monotonic()

    def follow(self, connecting: socket.socket) -> None:
        """Have a connection ended when the time is: by another handle on it, which outlives being wrapped in TLS."""
        with self.lock:
            if self.is_over or self.left <= 0:
                raise Refusal("The time for this is over.")
            self.sockets.append(connecting.dup())

    def end(self) -> None:
        with self.lock:
            self.is_over = True
            for followed in self.sockets:
                _cut(followed)

    def close(self) -> None:
        with self.lock:
            self.is_over = True
            for followed in self.sockets:
                followed.close()


class _Warden:
    """One thread, which ends every watch whose time is over: a thread for each costs as much as a short errand."""

    def __init__(self) -> None:
        self._watches = set[Watch]()
        self._changed = Condition()
        self._thread: Thread | None = None
        self._wakes_at = 0.0

    def mind(self, watch: Watch) -> None:
        with self._changed:
            self._watches.add(watch)
            if self._thread is None:
                self._thread = Thread(target=self._run, name="warden", daemon=True)
                self._thread.start()
            elif watch.ends_at < self._wakes_at:
                self._changed.notify()

    def leave(self, watch: Watch) -> None:
        with self._changed:
            self._watches.discard(watch)

    def _run(self) -> None:
        while True:
            for watch in self._over():
                watch.end()

    def _over(self) -> set[Watch]:
        """Those whose time is over, once there are any, or nothing after a while."""
        with self._changed:
            self._wakes_at = min((watch.ends_at for watch in self._watches), default=monotonic() + IDLE)
            self._changed.wait(max(0.0, self._wakes_at - monotonic()))
            over = {watch for watch in self._watches if watch.left <= 0}
            self._watches -= over
        return over


_warden = _Warden()
os.register_at_fork(after_in_child=_warden.__init__)  # type: ignore[misc]  # a child has none of the threads
_watch: ContextVar[Watch | None] = ContextVar("watch", default=None)


@contextmanager
def within(seconds: float, *, is_guarded: bool = False) -> Iterator[Watch]:
    """Cut every connection that this thread makes inside the block once ``seconds`` are over."""
    _listen()
    watch = Watch(monotonic() + seconds, is_guarded)
    _warden.mind(watch)
    token = _watch.set(watch)
    try:
        yield watch
    finally:
        _watch.reset(token)
        _warden.leave(watch)
        watch.close()


@contextmanager
def guarded(seconds: float) -> Iterator[Watch]:
    """As ``within``, for code that is not ours: it may connect to addresses that pass ``addresses.check`` alone,
    open no file but Python's, and start no process. (Threads of its own, which would be free of this, it must not
    start: that is looked at in Apprise's sources by a test, as Python 3.11 does not tell of them.)"""
    with within(seconds, is_guarded=True) as watch:
        yield watch


def _cut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it is over already


@cache
def _listen() -> None:
    sys.addaudithook(_heard)


def _heard(event: str, args: tuple[object, ...]) -> None:
    if event not in _HEARD:
        return
    watch = _watch.get()
    if watch is None:
        return
    try:
        _judge(watch, event, args)
    except (Blocked, Refusal) as error:
        watch.stopped = watch.stopped or error
        raise Refusal(str(error)) from None


def _judge(watch: Watch, event: str, args: tuple[object, ...]) -> None:
    if event == "socket.connect":
        if watch.is_guarded:
            _check_address(args[1])
        if isinstance(args[0], socket.socket):
            watch.follow(args[0])
    elif watch.is_guarded and (event != "open" or _is_foreign(args[0])):
        raise Refusal("It asked for a file, a program or a kind of connection that messages have no need of.")


def _check_address(address: object) -> None:
    if not isinstance(address, tuple):
        raise Blocked("It asked for a connection that is not over the internet.")
    check(str(address[0]), int(address[1]))


def _is_foreign(path: object) -> bool:
    return isinstance(path, (str, bytes)) and not str(path).startswith(READABLE)


_HEARD = frozenset({"socket.connect", "open", *FORBIDDEN})
