"""The page of figures over 100,000 incidents of one year, each with updates, a cause, a post-mortem and an action item.

``python -m benchmarks.insights [INCIDENTS]``, on a PostgreSQL of its own. Prints, for each period, how long the
figures take in the median of some rounds, and their slowest queries. Exit code 1 where that is above ``MOST`` seconds.
"""

import os
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from config import environment
from config.postgres import Cluster

ROUNDS = 3
MOST = {"90d": 2.0, "365d": 6.0}  # seconds
SLOW = 3  # queries that are shown

# A year of copies of the first incident: one in a hundred is private, one in twenty cancelled, one in fifty a drill.
INCIDENTS = """
INSERT INTO incidents_incident ({columns}, severity, is_private, status, nature, declared_at, started_at,
    acknowledged_at, mitigated_at, resolved_at, ended_at)
SELECT {columns}, 1 + n %% 4, n %% 100 = 7, CASE WHEN n %% 20 = 3 THEN 'cancelled' ELSE 'closed' END,
       CASE WHEN n %% 50 = 9 THEN 'drill' ELSE 'live' END, at, at, at + n %% 900 * interval '1 second',
       at + n %% 97 * interval '1 minute', at + n %% 211 * interval '1 minute', at + n %% 211 * interval '1 minute'
  FROM incidents_incident, generate_series(1, %s) n,
       LATERAL (SELECT now() - interval '365 days' * n / %s AS at) moment
 WHERE id = %s
"""
# Four updates, one of them late, among four other events.
EVENTS = """
INSERT INTO incidents_timelineevent (incident_id, seq, kind, occurred_at, recorded_at, text, data, salt, commitment,
    hash)
SELECT i.id, 1000 + n, CASE WHEN n % 2 = 0 THEN 'status_update_posted' ELSE 'note_added' END, at, at,
       repeat('word ', 20),
       CASE WHEN n % 2 = 0 THEN jsonb_build_object('status', 'identified', 'was_due_at',
            at + CASE n WHEN 4 THEN -1 ELSE 1 END * interval '5 minutes') ELSE '{}' END, '', '', ''
  FROM incidents_incident i, generate_series(1, 8) n,
       LATERAL (SELECT i.declared_at + n * interval '20 minutes' AS at) moment
"""
BRANCHES = """
INSERT INTO incidents_checklist (incident_id, title, phase, position, line, is_branch, chosen_at, abandon_reason)
SELECT i.id, 'If caused by ' || n, '', 10 + n, 0, true, CASE WHEN n = i.id % 6 THEN i.declared_at END, ''
  FROM incidents_incident i, generate_series(1, 5) n
"""
SERVICES = """
INSERT INTO incidents_incident_services (incident_id, service_id)
SELECT i.id, s.id FROM incidents_incident i JOIN incidents_service s ON s.id % 20 IN (i.id % 20, (i.id + 7) % 20)
"""
POSTMORTEMS = """
INSERT INTO postmortems_postmortem (incident_id, title, status, text, number, last_number, created_at, changed_at,
    due_at, published_at, published_over, publish_reason, discard_reason)
SELECT id, title, CASE WHEN id % 3 = 0 THEN 'draft' ELSE 'published' END, repeat('word ', 100), 1, 1, resolved_at,
       resolved_at, resolved_at + interval '1 day',
       CASE WHEN id % 3 > 0 THEN resolved_at + id % 40 * interval '1 hour' END,
       '[]', '', ''
  FROM incidents_incident WHERE resolved_at IS NOT NULL
"""
ITEMS = """
INSERT INTO postmortems_actionitem (title, details, incident_id, due_on, priority, kind, status, added_at, changed_at,
    closed_at, evidence, drop_reason)
SELECT 'Probe it', '', id, (declared_at + interval '30 days')::date, 2, '',
       CASE WHEN id % 4 = 0 THEN 'open' ELSE 'done' END,
       declared_at, declared_at, CASE WHEN id % 4 > 0 THEN declared_at + id % 50 * interval '1 day' END,
       CASE WHEN id % 4 > 0 THEN 'PR' ELSE '' END, ''
  FROM incidents_incident
"""
SET_HERE = {
    "id", "severity", "is_private", "status", "nature", "declared_at", "started_at", "acknowledged_at", "mitigated_at",
    "resolved_at", "ended_at", "submission_key",
}  # fmt: skip


def main(incidents: int) -> int:
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
            return measure(incidents)


def measure(incidents: int) -> int:
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    began = time.monotonic()
    fill(incidents)
    print(f"{incidents:,} incidents made in {time.monotonic() - began:.0f} s")
    too_slow = [chosen for chosen, most in MOST.items() if timed(chosen) > most]
    return 1 if too_slow else 0


def fill(incidents: int) -> None:
    from django.db import connection

    from accounts.models import User
    from incidents.models import Incident, Service
    from incidents.operations import Declaration, declare
    from runbooks.operations import create_runbook

    by = User.objects.create_user("ada@example.com", "x", name="Ada Lovelace", role="responder")
    revision = create_runbook(
        b"# Runbook\n\n| Level | Response time |\n|---|---|\n| SEV1 | Immediate |\n", by=None
    )
    first = declare(Declaration(title="Chat", severity=1), revision=revision, by=by)
    Service.objects.bulk_create(Service(name=f"Service {n}", slug=f"service-{n}") for n in range(20))
    fields = [
        f.column for f in Incident._meta.concrete_fields if not f.generated and f.column not in SET_HERE
    ]
    with connection.cursor() as cursor:
        columns = ", ".join(f'"{name}"' for name in fields)
        cursor.execute(INCIDENTS.format(columns=columns), [incidents, incidents, first.pk])
        for statement in (EVENTS, BRANCHES, SERVICES, POSTMORTEMS, ITEMS):
            cursor.execute(statement)
        cursor.execute("VACUUM ANALYZE")


def timed(chosen: str) -> float:
    """The median over some rounds, in seconds."""
    from django.db import connection

    from accounts.models import User
    from postmortems.insights.figures import measure
    from postmortems.insights.period import Period

    user, now = User.objects.get(), datetime.now(UTC)
    period = Period.up_to(now.date(), UTC, chosen)
    rounds = []
    for _ in range(ROUNDS):
        watch = _Watch()
        began = time.perf_counter()
        with connection.execute_wrapper(watch):
            figures = measure(user, period, None, now)
        rounds.append(time.perf_counter() - began)
    took = statistics.median(rounds)
    print(f"\n{chosen}: {figures.total:,} incidents, {len(watch.took)} queries, {took:.2f} s")
    for seconds, sql in sorted(watch.took, reverse=True)[:SLOW]:
        print(f"  {seconds:.2f} s  {sql[:100]}…")
    return took


class _Watch:
    """How long each query takes."""

    def __init__(self) -> None:
        self.took: list[tuple[float, str]] = []

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        began = time.perf_counter()
        found = execute(sql, params, many, context)
        self.took.append((time.perf_counter() - began, sql))
        return found


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
