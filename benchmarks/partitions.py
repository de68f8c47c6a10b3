"""A timeline of ten million events, in one table and in monthly partitions: does what an incident asks of it stay flat?

``python -m benchmarks.partitions [EVENTS]``, on a PostgreSQL of its own; about five gigabytes of disk and some minutes
for ten million. Each shape is measured with a hundredth of the events and with all of them, in the same run: an event
appended in a transaction of its own, and the twenty events of one incident read, of the newest and of any. The last
column is what it takes to let a year go.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import psycopg

from config.postgres import Cluster

EACH, MONTHS, ROUNDS = 20, 120, 2000
COLUMNS = """
    incident_id bigint NOT NULL, seq integer NOT NULL, kind varchar(30) NOT NULL, occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL, recorded_by_id bigint, text text NOT NULL, data jsonb NOT NULL,
    salt bytea NOT NULL, commitment bytea NOT NULL, hash bytea NOT NULL"""
SHAPES = {
    "one table": f"CREATE TABLE event ({COLUMNS}, PRIMARY KEY (incident_id, seq))",
    # A unique constraint of a partitioned table must name what it is divided by.
    "monthly": f"CREATE TABLE event ({COLUMNS}, PRIMARY KEY (incident_id, seq, recorded_at))"
    " PARTITION BY RANGE (recorded_at)",
}
FILL = """
INSERT INTO event
SELECT 1 + n / %(each)s, n %% %(each)s, 'note', at, at, 1 + n %% 20,
       'The graph of part ' || n || ' looks odd since the deploy.', '{}', sha256(n::text::bytea),
       sha256(n::text::bytea), sha256(n::text::bytea)
FROM (SELECT n, timestamptz '2016-01-01' + n * (interval '10 years' / %(number)s) AS at
      FROM generate_series(0, %(number)s - 1) n) AS events
"""
#: The month of an incident is known from its row, so that one partition or two are asked.
READ = "SELECT * FROM event WHERE incident_id = %s AND recorded_at >= %s AND recorded_at < %s ORDER BY seq"
APPEND = """
INSERT INTO event VALUES (%s, %s, 'note', %s, %s, 1, 'Looking at it.', '{}', '\\x00', '\\x00', '\\x00')
"""


def main(events: int) -> int:
    print("| shape | events | append, ms | read the newest, ms | read any, ms | a year goes, s |")
    print("|---|---|---|---|---|---|")
    for shape, create in SHAPES.items():
        times = [measured(shape, create, number) for number in (events // 100, events)]
        print(
            f"| {shape}, all to a hundredth | | "
            + " | ".join(f"{b / a:.2f}" for a, b in zip(*times, strict=True))
            + " | |"
        )
    return 0


def measured(shape: str, create: str, number: int) -> tuple[float, ...]:
    """Milliseconds, the median of many; one line of the table."""
    with server() as database:
        database.execute(create)
        if shape == "monthly":
            _partition(database)
        database.execute(FILL, {"each": EACH, "number": number})
        database.execute("VACUUM ANALYZE event")
        database.execute("CHECKPOINT")
        incidents, chance = number // EACH, Random(1)
        _reading(database, [incidents] * 50)()
        appended = _median(_appending(database, incidents))
        newest = _median(_reading(database, [incidents - chance.randrange(50) for _ in range(ROUNDS)]))
        anyone = _median(_reading(database, [1 + chance.randrange(incidents) for _ in range(ROUNDS)]))
        gone = _let_go(shape, database)
    print(f"| {shape} | {number:,} | {appended:.3f} | {newest:.3f} | {anyone:.3f} | {gone:.2f} |", flush=True)
    return appended, newest, anyone


@contextmanager
def server() -> Iterator[psycopg.Connection]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        Path(folder).chmod(0o755)
        cluster = Cluster(Path(folder) / "postgres", ("-c", "max_wal_size=4GB"))
        with (
            cluster.running(),
            psycopg.connect(cluster.url, autocommit=True, prepare_threshold=None) as database,
        ):
            yield database


def _partition(database: psycopg.Connection) -> None:
    for month in range(MONTHS + 1):
        first, last = (f"{2016 + m // 12}-{1 + m % 12:02}-01" for m in (month, month + 1))
        database.execute(
            f"CREATE TABLE event_{month} PARTITION OF event FOR VALUES FROM ('{first}') TO ('{last}')"
        )


def _appending(database: psycopg.Connection, incidents: int) -> Callable[[], list[float]]:
    """Another event of one of the 50 incidents that are open, each committed on disk."""

    def run() -> list[float]:
        at = "2025-12-31 12:00+00"
        return [
            _timed(database, APPEND, [incidents - turn % 50, EACH + turn // 50, at, at])
            for turn in range(ROUNDS)
        ]

    return run


def _reading(database: psycopg.Connection, incidents: list[int]) -> Callable[[], list[float]]:
    def begins(number: int) -> datetime:
        row = database.execute(
            "SELECT min(recorded_at) FROM event WHERE incident_id = %s", [number]
        ).fetchone()
        return row[0]  # type: ignore[no-any-return, index]

    known = {number: begins(number) for number in set(incidents)}
    month = timedelta(days=30)

    def run() -> list[float]:
        return [
            _timed(database, READ, [number, known[number], known[number] + month]) for number in incidents
        ]

    return run


def _timed(database: psycopg.Connection, sql: str, values: list[object]) -> float:
    began = time.perf_counter()
    found = database.execute(sql, values)
    if found.description:
        assert found.fetchall()
    return 1000 * (time.perf_counter() - began)


def _median(run: Callable[[], list[float]]) -> float:
    return statistics.median(run())


def _let_go(shape: str, database: psycopg.Connection) -> float:
    """The seconds until the first year is gone and its room on the disk free for others."""
    began = time.perf_counter()
    if shape == "monthly":
        for month in range(12):
            database.execute(f"DROP TABLE event_{month}")
    else:
        database.execute("DELETE FROM event WHERE recorded_at < '2017-01-01'")
        database.execute("VACUUM event")
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000))
