"""The sweep with a million clocks that wait and 100 that are due, against a table of the 100 alone.

``python -m benchmarks.sweep [WAITING]``, on a PostgreSQL of its own. Prints both times, their ratio, and the plan of
the query that claims. Exit code 1 where the plan reads the table, or where the ratio is above ``MOST``.
"""

import os
import statistics
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from config import environment
from config.postgres import Cluster

DUE, ROUNDS, MOST = 100, 3, 2.0

# Each waiting clock has an incident of its own, as clocks of one kind do; a copy of the first.
INCIDENTS = """
INSERT INTO incidents_incident ({columns})
SELECT {columns} FROM incidents_incident, generate_series(1, %s) WHERE id = %s
"""
CLOCKS = """
INSERT INTO notifications_clock (incident_id, kind, is_armed, due_at, interval, fires_at, snoozed_for,
                                 snoozes_in_row, failures, last_error)
SELECT id, 'update', true, now() + interval '1 day' + id * interval '1 millisecond', interval '20 minutes',
       now() + interval '1 day' + id * interval '1 millisecond', interval '0', 0, 0, ''
FROM incidents_incident WHERE id > %s
"""


def main(waiting: int) -> int:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        Path(folder).chmod(0o755)
        cluster = Cluster(Path(folder) / "postgres", ("-c", "fsync=off", "-c", "synchronous_commit=off"))
        with cluster.running():
            for name in environment.variables():
                os.environ.pop(name, None)
            os.environ |= {
                "DATABASE_URL": cluster.url,
                "ALLCLEAR_SECRET_KEY": "b" * 50,
                "ALLCLEAR_HOME": folder,
            }
            return compare(waiting)


def compare(waiting: int) -> int:
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    due = make_due()
    alone = timed(due)
    began = time.monotonic()
    fill(due[0], waiting)
    print(f"{waiting:,} waiting clocks made in {time.monotonic() - began:.0f} s")
    among = timed(due)
    ratio, plan = among / alone, explained()
    print(f"{DUE} due, alone:               {alone * 1000:7.0f} ms, {alone * 1000 / DUE:.2f} ms each")
    print(f"{DUE} due, among {waiting:,}: {among * 1000:7.0f} ms, {among * 1000 / DUE:.2f} ms each")
    print(f"ratio: {ratio:.2f}\n\n{plan}")
    return 0 if ratio <= MOST and "clock_waiting" in plan and "Seq Scan" not in plan else 1


def make_due() -> list[int]:
    """100 incidents, by the same operations as everyone's; their clocks are set by the facts."""
    from accounts.models import User
    from incidents.operations import Declaration, acknowledge, declare
    from outbox.relay import relay
    from runbooks.operations import create_runbook

    by = User.objects.create_user("ada@example.com", "x", name="Ada Lovelace", role="responder")
    revision = create_runbook(
        b"# Runbook\n\n| Level | Response time |\n|---|---|\n| SEV1 | Immediate |\n", by=None
    )
    numbers = []
    for n in range(DUE):
        incident = declare(Declaration(title=f"Number {n}", severity=1), revision=revision, by=by)
        acknowledge(incident.pk, by=by)
        numbers.append(incident.pk)
    relay()
    return numbers


def fill(pattern: int, waiting: int) -> None:
    from django.db import connection

    from incidents.models import Incident

    last = Incident.objects.order_by("-pk").values_list("pk", flat=True)[0]
    fields = [f.column for f in Incident._meta.concrete_fields if not f.generated and f.column != "id"]
    keyed = [f'"{name}"' for name in fields if name != "submission_key"]
    with connection.cursor() as cursor:
        cursor.execute(INCIDENTS.format(columns=", ".join(keyed)), [waiting, pattern])
        cursor.execute(CLOCKS, [last])
        cursor.execute("VACUUM ANALYZE incidents_incident, notifications_clock")


def timed(due: list[int]) -> float:
    """The median of some rounds: everything that 100 due clocks cost, their notices and deliveries included."""
    from notifications.sweep import sweep

    times = []
    for _ in range(ROUNDS):
        make_due_again(due)
        began = time.perf_counter()
        looked = sweep()
        times.append(time.perf_counter() - began)
        assert looked == len(due), f"{looked} of {len(due)} were looked at"
    return statistics.median(times)


def make_due_again(due: list[int]) -> None:
    """An update each, owed for a minute; clock and incident say the same."""
    from django.utils import timezone

    from incidents.models import Incident
    from notifications.models import Clock, ClockKind, Stage

    moment = timezone.now() - timedelta(minutes=1)
    Stage.objects.all().delete()
    Incident.objects.filter(pk__in=due).update(next_update_due_at=moment)
    clocks = Clock.objects.filter(incident__in=due)
    clocks.exclude(kind=ClockKind.UPDATE).update(is_armed=False)
    clocks.filter(kind=ClockKind.UPDATE).update(is_armed=True, due_at=moment, fires_at=moment)


def explained() -> str:
    """The plan of the very query that claims, as PostgreSQL carries it out."""
    from django.db import connection, transaction

    from notifications import sweep

    explain = _Explain()
    with transaction.atomic(), connection.execute_wrapper(explain):
        sweep._claim()
    sql, params = explain.seen
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, BUFFERS) {sql}", params)
        return "\n".join(row[0] for row in cursor.fetchall())


class _Explain:
    """Remembers the statement that locks."""

    def __call__(self, execute, sql, params, many, context):  # type: ignore[no-untyped-def]
        if "FOR UPDATE" in sql:
            self.seen = (sql, params)
        return execute(sql, params, many, context)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000))
