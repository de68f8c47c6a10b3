"""`make run`, for real: one installation that is started, hurt, killed and started again."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from config import environment
from config.environment import BASE_DIR
from config.postgres import Cluster

SECONDS = 60


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"{what}, not within {SECONDS} s"
        time.sleep(0.1)


class Installation:
    """A home of its own, and the supervisor that runs on it."""

    def __init__(self, home: Path) -> None:
        self.home, self.port = home, free_port()
        self.said = home.with_suffix(".output")
        self.redis_url = ""

    def variables(self, **more: str) -> dict[str, str]:
        ours = {k: v for k, v in os.environ.items() if k not in environment.variables()}
        return (
            ours
            | {"ALLCLEAR_HOME": str(self.home), "PORT": str(self.port), "REDIS_URL": self.redis_url}
            | more
        )

    def command(self, **more: str) -> subprocess.CompletedProcess[str]:
        """A second `make run`, for as long as it lasts."""
        return subprocess.run(
            [sys.executable, "-m", "config.supervisor"],
            cwd=BASE_DIR,
            env=self.variables(**more),
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )

    def start(self) -> None:
        with self.said.open("w") as output:
            self.process = psutil.Popen(
                [sys.executable, "-m", "config.supervisor"],
                cwd=BASE_DIR,
                env=self.variables(),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        until(lambda: "Allclear is at" in self.output or self.process.poll() is not None, "an address")
        assert "Allclear is at" in self.output, self.output

    @property
    def output(self) -> str:
        return self.said.read_text()

    @property
    def address(self) -> str:
        return str(re.findall(r"^Allclear is at (\S+)$", self.output, re.MULTILINE)[-1])

    def child(self, words: str) -> psutil.Process:
        return next(p for p in self.process.children() if words in " ".join(p.cmdline()))

    def everyone(self) -> list[psutil.Process]:
        return [self.process, *self.process.children(recursive=True)]

    def is_healthy(self, patience: float = 5) -> bool:
        """Whether a request is answered; the socket stays open while its process starts, and the request waits."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=patience) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def query(self, sql: str) -> object:
        with psycopg.connect(Cluster.at(self.home).url) as connection:
            row = connection.execute(sql).fetchone()
            return row[0] if row else None

    def last_message(self) -> object:
        """Messages are numbered: a higher number is a clock that ticks, an invisible one a worker that took it."""
        return self.query("SELECT coalesce(max(id), 0) FROM kombu_message WHERE NOT visible")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        everyone = self.everyone()
        self.process.send_signal(how)
        code = int(self.process.wait(SECONDS))
        until(lambda: not any(map(is_alive, everyone)), "the end of every process")
        return code


def is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    return Installation(tmp_path_factory.mktemp("supervisor") / "home with a space")


@pytest.fixture
def running(stopped: Installation) -> Installation:
    """The installation, running; the tests of this module share one, and leave it running or not."""
    if not hasattr(stopped, "process") or not is_alive(stopped.process):
        stopped.start()
    return stopped


@pytest.fixture
def at_rest(stopped: Installation) -> Installation:
    """The installation, which ran and does not."""
    if not hasattr(stopped, "process"):
        stopped.start()
    if is_alive(stopped.process):
        stopped.stop()
    return stopped


@pytest.fixture(scope="module", autouse=True)
def _nothing_left(stopped: Installation) -> Iterator[None]:
    yield
    if hasattr(stopped, "process") and is_alive(stopped.process):
        stopped.stop()


def test_the_last_line_is_one_address_with_the_token_of_the_set_up_page(running):
    assert running.output.count("http://") == 1
    assert re.fullmatch(rf"http://127\.0\.0\.1:{running.port}/setup/[\w-]{{20,}}/", running.address)
    assert running.output.splitlines()[-1] == f"Allclear is at {running.address}"
    with urllib.request.urlopen(running.address, timeout=10) as answer:
        assert answer.status == 200
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_the_clock_ticks_and_the_worker_goes_and_looks(running):
    before = running.last_message()
    until(lambda: running.last_message() > before, "a tick taken by the worker")


def test_a_taken_port_is_named(running):
    second = running.command(ALLCLEAR_HOME=str(running.home) + "-2")
    assert second.returncode == 2
    assert second.stderr.startswith(f"PORT {running.port} cannot be used")


def test_a_dead_web_process_comes_back_on_the_same_address(running):
    running.child("config.web").kill()
    time.sleep(0.2)
    assert running.is_healthy(patience=60)
    assert "web      | ended (-9)" in running.output


def test_dead_postgresql_comes_back_and_with_it_all_the_others(running):
    running.child("postgres").kill()
    until(lambda: "postgres | ended (-9)" in running.output, "a note of the death")
    until(running.is_healthy, "health")
    before = running.last_message()
    until(lambda: running.last_message() > before, "a tick taken by the worker")


def test_a_supervisor_that_is_killed_leaves_no_process_and_the_next_start_works(running):
    running.stop(signal.SIGKILL)
    running.start()
    assert running.is_healthy()


def test_manage_py_joins_the_running_postgresql_and_leaves_it_running(running):
    command = [sys.executable, "manage.py", "migrate", "--check"]
    assert subprocess.run(command, cwd=BASE_DIR, env=running.variables()).returncode == 0
    assert running.is_healthy()


def test_ctrl_c_stops_everything_in_order(running):
    assert running.stop(signal.SIGINT) == 0
    assert not (running.home / "postgres" / "postmaster.pid").exists()


def test_manage_py_brings_its_own_postgresql_and_takes_it_away(at_rest):
    command = [sys.executable, "manage.py", "migrate", "--check"]
    assert subprocess.run(command, cwd=BASE_DIR, env=at_rest.variables()).returncode == 0
    assert not Cluster.at(at_rest.home).is_ready()


def test_with_redis_the_messages_go_there(at_rest, redis_url):
    at_rest.redis_url = redis_url
    at_rest.start()
    import redis

    def taken() -> bool:
        with redis.Redis.from_url(redis_url) as client:
            return bool(client.info("commandstats").get("cmdstat_lpush", {}).get("calls", 0))

    until(taken, "a message in Redis")
    at_rest.stop()
    at_rest.redis_url = ""


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    """A Redis of the test's own, on a port that is free."""
    port = free_port()
    server = subprocess.Popen(
        ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)],
        stdout=subprocess.DEVNULL,
    )
    until(lambda: _answers(port), "Redis")
    yield f"redis://127.0.0.1:{port}/0"
    server.terminate()
    server.wait(SECONDS)


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
