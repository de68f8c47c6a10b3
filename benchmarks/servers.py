"""The processes that are measured: PostgreSQL, and a web process on a database of it, with what they use."""

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from config import environment
from config.environment import BASE_DIR
from config.postgres import Cluster

KEY = "benchmark" * 8  # signs the sessions that the benchmark makes
FLOOR = "floor"


def variables(cluster: Cluster, database: str, home: Path) -> dict[str, str]:
    """The environment of a process on ``database``: nothing of ours but what is named here."""
    ours = {k: v for k, v in os.environ.items() if k not in environment.variables()}
    return ours | {
        "ALLCLEAR_HOME": str(home),
        "ALLCLEAR_SECRET_KEY": KEY,
        "DATABASE_URL": cluster.database_url(database),
        "DJANGO_SETTINGS_MODULE": "benchmarks.floor.settings" if database == FLOOR else "config.settings",
    }


@dataclass
class Web:
    """A web process and the port it serves."""

    process: psutil.Process
    port: int


@contextlib.contextmanager
def web(cluster: Cluster, database: str, home: Path) -> Iterator[Web]:
    """The product on ``database``, or the floor: the same server with the same settings."""
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listening:
        descriptor, port = listening.fileno(), listening.getsockname()[1]
        application = "benchmarks.floor.asgi:application" if database == FLOOR else "config.asgi:application"
        code = f"from config.web import main; main(['--fd', '{descriptor}'], {application!r})"
        child = subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=BASE_DIR,
            env=variables(cluster, database, home) | {"PORT": str(port)},
            pass_fds=[descriptor],
        )
        try:
            health = "/hello/" if database == FLOOR else "/healthz"
            urllib.request.urlopen(f"http://127.0.0.1:{port}{health}", timeout=60).close()
            yield Web(psutil.Process(child.pid), port)
        finally:
            child.terminate()
            child.wait(30)


def cpu_of(process: psutil.Process) -> float:
    """Seconds of processor time that a process used."""
    used = process.cpu_times()
    return float(used.user + used.system)


def cpu_of_postgres(cluster: Cluster) -> float:
    """Seconds that all of PostgreSQL's processes used, those that ended included."""
    server = _postmaster(cluster)
    used = server.cpu_times()
    total = used.user + used.system + used.children_user + used.children_system
    for child in server.children():
        with contextlib.suppress(psutil.NoSuchProcess):
            total += cpu_of(child)
    return float(total)


def _postmaster(cluster: Cluster) -> psutil.Process:
    return psutil.Process(int((cluster.data / "postmaster.pid").read_text().split("\n")[0]))


def memory_of(process: psutil.Process) -> float:
    """Megabytes, each shared page divided among those who share it."""
    for line in Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("The kernel does not tell how much memory a process has.")


def connections_of(cluster: Cluster, database: str) -> int:
    import psycopg

    with psycopg.connect(cluster.database_url("postgres"), autocommit=True) as server:
        row = server.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = %s", [database]
        ).fetchone()
    return int(row[0]) if row else 0


def settle(cluster: Cluster, database: str) -> None:
    """Have nothing left to do that would be done amid a measurement."""
    import psycopg

    with psycopg.connect(cluster.database_url(database), autocommit=True) as server:
        server.execute("VACUUM ANALYZE")
        server.execute("CHECKPOINT")
    time.sleep(0.2)
