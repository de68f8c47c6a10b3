"""The PostgreSQL that the tests of one run share: a cluster of their own, and a migrated database in it to copy.

A run holds its cluster as long as it lasts, so that several runs can share one home. The migrated database stays for
the next run, until a migration changes.
"""

import fcntl
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from django.apps import apps

from config.environment import BASE_DIR
from config.postgres import Cluster
from config.settings import ENVIRONMENT

# Tests may lose everything at a power cut, and are a third faster for it. No question of theirs is worth compiling.
# Each thread of each worker's servers keeps a connection.
OPTIONS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=300", "jit=off")
MIGRATED = "migrated_"


@contextmanager
def free_cluster() -> Iterator[str]:
    """The address of a cluster that no other run is using, running for as long as this lasts."""
    with _first_free() as data:
        cluster = Cluster(data, tuple(part for option in OPTIONS for part in ("-c", option)))
        with cluster.running():
            yield cluster.url


@contextmanager
def _first_free() -> Iterator[Path]:
    ENVIRONMENT.home.mkdir(parents=True, exist_ok=True)
    for number in range(1, 100):
        data = ENVIRONMENT.home / f"test-postgres-{number}"
        with data.with_suffix(".taken").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield data
            return
    raise RuntimeError("99 test runs are using this home")


def migrated(url: str) -> str:
    """The name of a database of that cluster with every migration applied; made by the first who asks."""
    name = f"{MIGRATED}{_fingerprint()}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute("SELECT pg_advisory_lock(hashtext('migrated'))")
        known = server.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{MIGRATED}%"])
        found = [row[0] for row in known.fetchall()]
        if name not in found:
            for other in found:
                server.execute(f'DROP DATABASE "{other}" WITH (FORCE)')
            server.execute(f'CREATE DATABASE "{MIGRATED}"')
            _migrate(url.replace(f"/{_name_in(url)}?", f"/{MIGRATED}?"))
            server.execute(f'ALTER DATABASE "{MIGRATED}" RENAME TO "{name}"')
    return name


def _name_in(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]


def _migrate(url: str) -> None:
    ours = {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    command = [sys.executable, "-W", "ignore", "manage.py", "migrate", "--verbosity=0"]
    subprocess.run(command, cwd=BASE_DIR, env=os.environ | ours, check=True)


def _fingerprint() -> str:
    """Of every migration there is, word by word."""
    digest = hashlib.sha256()
    for app in apps.get_app_configs():
        for file in sorted(Path(app.path, "migrations").glob("*.py")):
            digest.update(f"{app.label}/{file.name}".encode() + file.read_bytes())
    return digest.hexdigest()[:16]
