"""What is no page asked for again and again: streams, deliveries, the first load, the start, and memory at rest."""

import contextlib
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg

from benchmarks.pages import Inside
from benchmarks.servers import FLOOR, Web, connections_of, memory_of
from benchmarks.viewers import watching
from config import environment
from config.environment import BASE_DIR
from config.postgres import Cluster

CHANGES = 15  # told to every viewer, one after the other
SEAT = 12  # streams a person


@dataclass
class Streams:
    """``last`` are the milliseconds from each commit until the last viewer had it."""

    viewers: int
    opened: int = 0
    missed: int = 0
    last: list[float] = field(default_factory=list)
    kilobytes: float = 0.0  # each
    connections: tuple[int, int] = (0, 0)  # of PostgreSQL, before and with them

    def percentile(self, percent: float) -> float:
        ordered = sorted(self.last)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def live(
    cluster: Cluster, web: Web, database: str, helper: Inside | None, number: int, path: str, room: int
) -> Streams:
    """``number`` viewers of one incident, or of the floor's stream where there is no helper."""
    cookies = helper.ask("sessions", number // SEAT + 1)["viewers"] if helper else []
    found = Streams(number)
    before, memory = connections_of(cluster, database), memory_of(web.process)
    with watching(web.port, path, number, cookies) as crowd:
        found.opened = int(crowd.open)  # type: ignore[call-overload]
        time.sleep(1)
        found.kilobytes = 1024 * (memory_of(web.process) - memory) / number
        found.connections = (before, connections_of(cluster, database))
        for turn in range(CHANGES):
            text = f"Change-{number}-{turn:03}-of-the-benchmark"
            crowd.wait_for(text)
            at = helper.ask("note", room, text)["at"] if helper else _notify(cluster, text)
            moments = crowd.moments()
            found.missed += number - len(moments)
            found.last.append(1000 * (moments[-1] - at) if moments else float("inf"))
            time.sleep(0.2)
    return found


def _notify(cluster: Cluster, text: str) -> float:
    with psycopg.connect(cluster.database_url(FLOOR), autocommit=True) as server:
        server.execute("SELECT pg_notify('floor', %s)", [text])
        return time.monotonic()


@dataclass
class Weight:
    """Of the first page with nothing cached, and of the next page."""

    first_kb: float
    requests: int
    later_kb: float
    shift: float


def weigh(web: Web, session: str, then: str) -> Weight:
    """What a browser fetches for the board, and then for the page at ``then``."""
    from playwright.sync_api import sync_playwright

    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    flags = ["--no-sandbox"] if os.geteuid() == 0 else []
    sizes: dict[str, float] = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=flags)
        context = browser.new_context(base_url=f"http://127.0.0.1:{web.port}")
        context.add_cookies(
            [{"name": "allclear_session", "value": session, "url": f"http://127.0.0.1:{web.port}"}]
        )
        page = context.new_page()
        wire = context.new_cdp_session(page)
        wire.send("Network.enable")
        wire.on(
            "Network.loadingFinished", lambda e: sizes.__setitem__(e["requestId"], e["encodedDataLength"])
        )
        page.goto("/", wait_until="load")
        page.wait_for_timeout(1000)
        first = dict(sizes)
        shift = page.evaluate(
            "new Promise(r => { let s = 0; new PerformanceObserver(l => l.getEntries().forEach(e => s += e.value))"
            ".observe({type: 'layout-shift', buffered: true}); setTimeout(() => r(s), 300) })"
        )
        sizes.clear()
        page.goto(then, wait_until="load")
        page.wait_for_timeout(500)
        later = sum(sizes.values())
        browser.close()
    return Weight(sum(first.values()) / 1024, len(first), later / 1024, float(shift))


@dataclass
class Start:
    """``seconds`` from a database that answers to a web process that does; ``memory`` by process, in MB."""

    seconds: float
    memory: dict[str, float]


def start(home: Path, rest: float = 12.0) -> Start:
    """`make run` in ``home``, a second time: the first has made everything that there was to make."""
    with _running(home):
        pass
    with _running(home) as (supervisor, seconds):
        time.sleep(rest)
        memory = {_name_of(process): memory_of(process) for process in supervisor.children(recursive=True)}
        for name in [name for name in memory if name.startswith("postgres")]:
            memory["postgres"] = memory.get("postgres", 0.0) + (
                memory.pop(name) if name != "postgres" else 0.0
            )
        return Start(seconds, memory | {"supervisor": memory_of(supervisor)})


@contextlib.contextmanager
def _running(home: Path) -> Iterator[tuple[psutil.Process, float]]:
    ours = {k: v for k, v in os.environ.items() if k not in environment.variables()}
    process = subprocess.Popen(
        [sys.executable, "-m", "config.supervisor"],
        cwd=BASE_DIR,
        env=ours | {"ALLCLEAR_HOME": str(home), "PORT": "8199"},
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        cluster, until = Cluster.at(home), time.monotonic() + 120
        while not ((cluster.data / "postmaster.pid").exists() and cluster.is_ready()):
            assert time.monotonic() < until and process.poll() is None
            time.sleep(0.02)
        ready = time.monotonic()
        while not _healthy():
            assert time.monotonic() < until and process.poll() is None
            time.sleep(0.02)
        yield psutil.Process(process.pid), time.monotonic() - ready
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def _healthy() -> bool:
    try:
        with urllib.request.urlopen("http://127.0.0.1:8199/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _name_of(process: psutil.Process) -> str:
    words = " ".join(process.cmdline())
    for name in ("config.web", "queues=urgent", "queues=reminders", "beat", "engine"):
        if name in words:
            return f"{name.removeprefix('config.').removeprefix('queues=')} {process.pid}"
    return f"postgres {process.pid}"


def figure(module: str, name: str) -> float:
    """What ``benchmarks.<module>``, which has a database of its own, prints after ``name`` and a colon."""
    result = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{module}"],
        check=False,
        cwd=BASE_DIR,
        capture_output=True,
        text=True,
    )
    for line in result.stdout.splitlines():
        if line.startswith(f"{name}:"):
            return float(line.split()[1])
    raise RuntimeError(result.stdout + result.stderr)


def described(memory: dict[str, float]) -> str:
    return json.dumps({name: round(value) for name, value in memory.items()}, indent=1)


def median(values: list[float]) -> float:
    return statistics.median(values)
