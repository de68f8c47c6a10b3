"""What the board shows: the open incidents, the state of things in a sentence, and figures of the last 30 days."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import OuterRef
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from accounts.models import Team, User
from incidents import spans
from incidents.board_rows import html_of
from incidents.models import Incident, Service
from incidents.states import Kind, Nature, Status

WINDOW = timedelta(days=30)
RECENT = 5
#: What a row is made of: as many rows as are open are read for each look at the board.
SHOWN = (
    *("title", "severity", "severity_name", "status", "nature", "is_private", "team_id", "commander__name"),
    *("started_at", "ended_at", "next_update_due_at", "last_word", "last_word_by", "last_word_at"),
    *("steps_done", "steps_total"),
)
NUMBERS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")


@dataclass(frozen=True, slots=True)
class Board:
    """``rows`` are the open incidents that pass the filter, most severe first; ``total`` counts all of them."""

    rows: list[Incident]
    total: int
    headline: str
    urgent: Incident | None

    @property
    def is_clear(self) -> bool:
        return self.total == 0

    @property
    def html(self) -> SafeString:
        """The rows, in the active time zone."""
        return mark_safe("".join(html_of(incident, _services(incident)) for incident in self.rows))


def read(user: User, team: Team | None = None, service: Service | None = None) -> Board:
    """The board as ``user`` may see it. One query, which costs what is open."""
    names = Service.objects.filter(incidents=OuterRef("pk")).order_by("name").values("name")
    open_now = list(
        Incident.objects.open()
        .visible_to(user)
        .most_severe_first()
        .select_related("commander")
        .only(*SHOWN)
        .annotate(service_names=ArraySubquery(names))
    )
    rows = [incident for incident in open_now if _passes(incident, team, service)]
    overdue = sorted(filter(_is_overdue, rows), key=_due)
    return Board(rows, len(open_now), headline(rows, _place(team, service)), next(iter(overdue), None))


def _passes(incident: Incident, team: Team | None, service: Service | None) -> bool:
    in_team = team is None or incident.team_id == team.pk
    return in_team and (service is None or service.name in _services(incident))


def _services(incident: Incident) -> tuple[str, ...]:
    return tuple(incident.service_names)  # type: ignore[attr-defined]


def _is_overdue(incident: Incident) -> bool:
    return incident.due_state == "late" and not incident.is_quiet


def _due(incident: Incident) -> tuple[Any, int]:
    return incident.next_update_due_at, incident.severity


def _place(team: Team | None, service: Service | None) -> str:
    names = [thing.name for thing in (team, service) if thing]
    return f" for {' and '.join(names)}" if names else ""


def headline(rows: list[Incident], place: str = "") -> str:
    """The state of things in a sentence: "4 open incidents. One update is overdue."."""
    if not rows:
        return f"Nothing open{place}." if place else "All clear."
    count = f"{len(rows)} open incident{'' if len(rows) == 1 else 's'}{place}."
    states = [incident.due_state for incident in rows if not incident.is_quiet]
    if late := states.count("late"):
        return f"{count} {_updates(late)} overdue."
    if soon := states.count("soon"):
        return f"{count} {_updates(soon)} due soon."
    return f"{count} Updates are on time." if "ok" in states else count


def _updates(number: int) -> str:
    said = NUMBERS[number] if number < len(NUMBERS) else str(number)
    return f"{said} update{' is' if number == 1 else 's are'}"


def recently_ended(user: User, limit: int = RECENT) -> list[Incident]:
    """What ended last, newest first, as far as ``user`` may see it."""
    ended = Incident.objects.filter(ended_at__isnull=False).visible_to(user)
    return list(ended.defer("search").order_by("-ended_at")[:limit])


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


#: Starts from the index on when an incident was declared, and reads the timelines of the last 30 days alone.
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
    WHERE e.kind = %(posted)s AND e.data->>'was_due_at' IS NOT NULL
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
    said |= {"posted": Kind.STATUS_UPDATE_POSTED.value, "drill": Nature.DRILL.value}
    with connection.cursor() as cursor:
        cursor.execute(MEASURE, said | {"since": timezone.now() - WINDOW, "user": user.pk})
        names = [column.name for column in cursor.description or ()]
        row = cursor.fetchone()
    return dict(zip(names, row or (), strict=True))
