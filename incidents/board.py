"""What the board shows: the open incidents, the state of things in a sentence, and figures of the last 30 days."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import OuterRef, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.models import User
from incidents import prepared, spans
from incidents.board_rows import Row, html_of
from incidents.models import Incident, Service
from incidents.options import Choice
from incidents.states import Nature, Status

WINDOW = timedelta(days=30)
RECENT = 5
COLUMNS = (*Row._fields[:-2], "commander_name", "service_names")
NUMBERS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")


@dataclass(frozen=True, slots=True)
class Board:
    """``rows`` are the open incidents that pass the filter, most severe first; ``total`` counts all of them.
    ``recent`` are those that ended last, the last one first."""

    rows: list[Row]
    total: int
    headline: str
    urgent: Row | None
    recent: list[Row]

    @property
    def is_clear(self) -> bool:
        return self.total == 0

    @property
    def html(self) -> SafeString:
        """The rows, in the active time zone."""
        return html_of(self.rows)


def read(user: User, team: Choice | None = None, service: Choice | None = None) -> Board:
    """The board as ``user`` may see it. One query, which costs what is open."""
    found = [Row._make((*values, tuple(services))) for *values, services in prepared.tuples(_shown, user)]
    open_now = [row for row in found if row.is_open]
    rows = [row for row in open_now if _passes(row, team, service)]
    overdue = sorted(filter(_is_overdue, rows), key=_due)
    recent = sorted((row for row in found if not row.is_open), key=_ended, reverse=True)
    return Board(
        rows, len(open_now), headline(rows, _place(team, service)), next(iter(overdue), None), recent
    )


def _shown(user: User) -> QuerySet[Incident, Any]:
    """What is open, and the last to have ended: a row each, most severe first."""
    visible = Incident.objects.visible_to(user).annotate(
        commander_name=Coalesce("commander__name", Value("")),
        service_names=ArraySubquery(
            Service.objects.filter(incidents=OuterRef("pk")).order_by("name").values("name")
        ),
    )
    ended = visible.ended().filter(ended_at__isnull=False).order_by("-ended_at")
    both = visible.open().values_list(*COLUMNS).union(ended.values_list(*COLUMNS)[:RECENT], all=True)
    return both.order_by("severity", "-declared_at", "-pk")


def _passes(row: Row, team: Choice | None, service: Choice | None) -> bool:
    in_team = team is None or row.team_id == team.pk
    return in_team and (service is None or service.name in row.services)


def _is_overdue(row: Row) -> bool:
    return row.due_state == "late" and not row.is_quiet


def _due(row: Row) -> tuple[Any, int]:
    return row.next_update_due_at, row.severity


def _ended(row: Row) -> Any:
    return row.ended_at


def _place(team: Choice | None, service: Choice | None) -> str:
    names = [thing.name for thing in (team, service) if thing]
    return f" for {' and '.join(names)}" if names else ""


def headline(rows: list[Row], place: str = "") -> str:
    """The state of things in a sentence: "4 open incidents. One update is overdue."."""
    if not rows:
        return f"Nothing open{place}." if place else "All clear."
    count = f"{len(rows)} open incident{'' if len(rows) == 1 else 's'}{place}."
    states = [row.due_state for row in rows if not row.is_quiet]
    if late := states.count("late"):
        return f"{count} {_updates(late)} overdue."
    if soon := states.count("soon"):
        return f"{count} {_updates(soon)} due soon."
    return f"{count} Updates are on time." if "ok" in states else count


def _updates(number: int) -> str:
    said = NUMBERS[number] if number < len(NUMBERS) else str(number)
    return f"{said} update{' is' if number == 1 else 's are'}"


@dataclass(frozen=True, slots=True)
class Figure:
    """One number with its name, and what it is a number of."""

    name: str
    value: str
    note: str


def figures(user: User) -> list[Figure]:
    """Of what was declared in the last 30 days and ``user`` may see; nothing where nothing was declared."""
    row = _measure(user)
    if not row["declared"]:
        return []
    found = [Figure("Incidents declared", str(row["declared"]), f"30 days · {row['open']} open now")]
    if row["acknowledge"] is not None:
        found.insert(0, Figure("Time to acknowledge", spans.in_words(row["acknowledge"]), "median, 30 days"))
    if row["resolve"] is not None:
        found.insert(-1, Figure("Time to resolve", spans.in_words(row["resolve"]), "median, 30 days"))
    if row["owed"]:
        share = round(100 * row["on_time"] / row["owed"])
        found.insert(
            -1, Figure("Updates on time", f"{share}%", f"{row['on_time']} of {row['owed']}, 30 days")
        )
    return found


#: Starts from the index on when an incident was declared, and from that on when an update was posted: one condition
#: more that holds anyway, for no update is posted before its incident is declared.
MEASURE = """
WITH recent AS MATERIALIZED (
    SELECT id, status, declared_at, started_at, acknowledged_at, resolved_at
    FROM incidents_incident i
    WHERE declared_at >= %(since)s AND status NOT IN (%(cancelled)s, %(merged)s) AND nature <> %(drill)s
      AND (NOT is_private OR EXISTS (
        SELECT 1 FROM incidents_access a WHERE a.incident_id = i.id AND a.user_id = %(user)s))
), posted AS (
    SELECT e.recorded_at <= (e.data->>'was_due_at')::timestamptz AS on_time
    FROM recent JOIN incidents_timelineevent e ON e.incident_id = recent.id
    WHERE e.kind = 'status_update_posted' AND e.recorded_at >= %(since)s AND e.data->>'was_due_at' IS NOT NULL
)
SELECT count(*) AS declared,
    count(*) FILTER (WHERE status IN (%(investigating)s, %(identified)s, %(monitoring)s)) AS open,
    extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY acknowledged_at - declared_at)) AS acknowledge,
    extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY resolved_at - started_at)) AS resolve,
    (SELECT count(*) FROM posted) AS owed,
    (SELECT count(*) FROM posted WHERE on_time) AS on_time
FROM recent
"""


def _measure(user: User) -> dict[str, Any]:
    said = {status.value: status.value for status in Status}
    said |= {"drill": Nature.DRILL.value}
    with connection.cursor() as cursor:
        cursor.execute(MEASURE, said | {"since": timezone.now() - WINDOW, "user": user.pk})
        names = [column.name for column in cursor.description or ()]
        row = cursor.fetchone()
    return dict(zip(names, row or (), strict=True))
