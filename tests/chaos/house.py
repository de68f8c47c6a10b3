"""A whole installation as processes on loopback, each of which can be killed and is started again."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import quote

import psutil

from config import environment
from config.environment import BASE_DIR
from config.postgres import Cluster

#: What a small house does without: nothing of what is counted goes by them.
SPARED = ("reminders", "beat-1")
PAUSE = 0.5  # seconds after which a dead process is started again, as the supervisor does
#: Disks may lie here: what is killed is PostgreSQL, not the machine. What it said was committed stays committed.
OPTIONS = ("-c", "fsync=off", "-c", "max_connections=60")
CELERY = [sys.executable, "-m", "celery", "-q", "-A", "config"]
ALONE = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel=ERROR", "--concurrency=1"]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


class House:
    """``children`` by name; one that dies is started again by a thread, unless it is ``held``."""

    def __init__(self, home: Path, seed: int, lease: float, workers: int, *, is_small: bool) -> None:
        self.home, self.seed, self.lease, self.workers = home, seed, lease, workers
        self.is_small = is_small
        self.cluster = Cluster(home / "postgres", OPTIONS)
        self.ports = {name: free_port() for name in ("redis", "smtp", "http", "web")}
        #: Where the processes of the house reach the others: by lines that can be cut.
        self.lines = {name: free_port() for name in ("redis", "smtp", "http")}
        self.sunk = home / "sunk.jsonl"
        self.held: set[str] = set()
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.deaths: dict[str, int] = {}
        self.ending = threading.Event()
        self.keeper: threading.Thread | None = None
        self.server: subprocess.Popen[bytes] | None = None
        self.lock = threading.Lock()
        self.orders: dict[str, str] = {}

    @property
    def line_folder(self) -> Path:
        """Where the processes find the socket of PostgreSQL's line. Its path must be short."""
        return self.home.parent / "l"

    @property
    def variables(self) -> dict[str, str]:
        return {
            "ALLCLEAR_HOME": str(self.home),
            "DATABASE_URL": self.cluster.url.replace(
                quote(str(self.cluster.socket_directory)), quote(str(self.line_folder))
            ),
            "REDIS_URL": f"redis://127.0.0.1:{self.lines['redis']}/0",
            "ALLCLEAR_SECRET_KEY": "chaos" * 10,
            "ALLCLEAR_EMAIL_URL": f"smtp://127.0.0.1:{self.lines['smtp']}",
            "PORT": str(self.ports["web"]),
            "DJANGO_SETTINGS_MODULE": "tests.chaos.settings",
            "CHAOS_LEASE": str(self.lease),
            "ALLCLEAR_ALLOWED_NETWORKS": "127.0.0.0/8",
        }

    def commands(self) -> dict[str, list[str]]:
        urgent = [*CELERY, "worker", "--queues=urgent", *ALONE]
        sinks = [str(self.sunk), str(self.ports["smtp"]), str(self.ports["http"]), str(self.seed)]
        redis = [
            "--port",
            str(self.ports["redis"]),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--dir",
            str(self.home),
        ]
        ends = {name: (str(begin), str(self.ports[name])) for name, begin in self.lines.items()}
        ends["database"] = (
            str(self.line_folder / ".s.PGSQL.5432"),
            str(self.cluster.socket_directory / ".s.PGSQL.5432"),
        )
        lines = [f"{name}={begin}={end}" for name, (begin, end) in ends.items()]
        found = {
            "network": [sys.executable, "-m", "tests.chaos.network", str(self.home / "orders"), *lines],
            "sinks": [sys.executable, "-m", "tests.chaos.sinks", *sinks],
            "redis": ["redis-server", *redis],
            **{f"worker-{n}": [*urgent, f"--hostname=urgent{n}@%h"] for n in range(self.workers)},
            "reminders": [*CELERY, "worker", "--queues=reminders", "--hostname=reminders@%h", *ALONE],
            # Two clocks: nothing may happen twice for it.
            "beat-0": [*CELERY, "beat", "--loglevel=ERROR"],
            "beat-1": [*CELERY, "beat", "--loglevel=ERROR"],
            "engine": [sys.executable, "manage.py", "engine"],
            "web": [sys.executable, "-m", "config.web"],
        }
        return {name: command for name, command in found.items() if not (self.is_small and name in SPARED)}

    def start(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        self.line_folder.mkdir()
        self.server = self.cluster.launch()
        self._spawn("network")
        _until((self.line_folder / ".s.PGSQL.5432").exists, "the network does not begin")
        subprocess.run(
            [sys.executable, "-m", "config.prepare"],
            cwd=BASE_DIR,
            env=self._environ(),
            check=True,
            stdout=subprocess.DEVNULL,
        )
        for name in self.commands():
            if name != "network":
                self._spawn(name)
        self.keeper = threading.Thread(target=self._keep, daemon=True)
        self.keeper.start()

    def _environ(self) -> dict[str, str]:
        ours = {k: v for k, v in os.environ.items() if k not in environment.variables()}
        return ours | self.variables

    def _spawn(self, name: str) -> None:
        with (self.home / f"{name}.log").open("ab") as output:
            self.children[name] = subprocess.Popen(
                self.commands()[name],
                cwd=BASE_DIR,
                env=self._environ(),
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def _keep(self) -> None:
        while not self.ending.wait(PAUSE):
            with self.lock:
                for name, child in list(self.children.items()):
                    if child.poll() is not None and name not in self.held:
                        self._spawn(name)

    def kill(self, name: str) -> None:
        """kill -9, with all that it started."""
        child = self.children[name]
        self.deaths[name] = self.deaths.get(name, 0) + 1
        _kill_group(child)
        child.wait()

    def kill_child_of(self, name: str) -> None:
        """kill -9 one process of a worker's pool, amid whatever it does."""
        found: list[psutil.Process] = []
        until = time.monotonic() + 5  # it may have been killed itself a moment ago
        while not found and time.monotonic() < until:
            with contextlib.suppress(psutil.NoSuchProcess):
                found = psutil.Process(self.children[name].pid).children()
            time.sleep(0.05)
        self.deaths[f"{name}'s child"] = self.deaths.get(f"{name}'s child", 0) + 1
        for child in found[:1]:
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()

    def freeze(self, name: str, seconds: float) -> None:
        """SIGSTOP to a process and all that it started; after so long they go on, if nobody has killed them."""
        child = self.children[name]
        self.deaths[f"{name} frozen"] = self.deaths.get(f"{name} frozen", 0) + 1
        _signal_group(child, signal.SIGSTOP)
        thawing = threading.Timer(seconds, _signal_group, (child, signal.SIGCONT))
        thawing.daemon = True
        thawing.start()

    def order(self, name: str, mode: str) -> None:
        """Have a line be "cut" or "silent", or "well" again."""
        with self.lock:
            self.orders[name] = mode
            said = "".join(f"{line} {how}\n" for line, how in self.orders.items())
            unfinished = self.home / "orders.new"
            unfinished.write_text(said)
            unfinished.replace(self.home / "orders")

    def hurt_line(self, name: str, mode: str, seconds: float) -> None:
        """A line that is silent ends cut: whoever still waited on it hears that it is over."""
        self.order(name, mode)
        time.sleep(seconds)
        if mode == "silent":
            self.order(name, "cut")
            time.sleep(0.2)
        self.order(name, "well")

    def hold(self, name: str) -> None:
        self.held.add(name)
        self.kill(name)

    def release(self, name: str) -> None:
        self.held.discard(name)

    def restart_database(self) -> None:
        """As `pg_ctl restart -m immediate`: without a word to anyone, recovery at the start."""
        self.deaths["postgres"] = self.deaths.get("postgres", 0) + 1
        self._stop_database()
        self.server = self.cluster.launch()

    def flush_redis(self) -> None:
        self.deaths["redis flushed"] = self.deaths.get("redis flushed", 0) + 1
        command = ["redis-cli", "-p", str(self.ports["redis"]), "flushall"]
        subprocess.run(command, check=False, capture_output=True)

    def mend_sinks(self) -> None:
        self.sunk.with_suffix(".mended").touch()

    def until_up(self, seconds: float = 60) -> None:
        """Wait until web, sinks and Redis listen."""
        for name, port in self.ports.items():
            _until(partial(_listens, port), f"{name} does not listen", seconds)

    def stop(self) -> None:
        self.ending.set()
        if self.keeper:
            self.keeper.join()
        for child in self.children.values():
            _kill_group(child)
        for child in self.children.values():
            child.wait()
        self._stop_database()

    def _stop_database(self) -> None:
        if self.server:
            self.server.send_signal(signal.SIGQUIT)
            self.server.wait()


def _kill_group(child: subprocess.Popen[bytes]) -> None:
    _signal_group(child, signal.SIGKILL)


def _signal_group(child: subprocess.Popen[bytes], signum: signal.Signals) -> None:
    try:
        os.killpg(child.pid, signum)
    except ProcessLookupError:
        return


def _until(holds: Callable[[], bool], otherwise: str, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, otherwise
        time.sleep(0.05)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
