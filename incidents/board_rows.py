"""The rows of the board, each rendered once for as long as it says the same.

A row is the same HTML for everyone who may see it. It is kept by every value that it shows, so that what is kept
cannot be out of date; what the clock changes is put in each time. Whether somebody may see it was asked before.
"""

import re
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from incidents import spans
from incidents.models import Incident, elapsed

KEPT = 2000  # rows, of about 2 kB each
#: No text of ours holds the character: PostgreSQL does not.
_MARK = re.compile("\x00([a-z]+)\x00")
DUE_WORDS = {"late": "overdue", "soon": "due soon"}


class Row(NamedTuple):
    """All that a row shows of an incident, apart from the time that passes."""

    pk: int
    reference: str
    title: str
    severity: int
    level: int
    severity_name: str
    nature: str
    is_private: bool
    services: tuple[str, ...]
    last_word: str
    last_word_by: str
    last_word_at: datetime | None
    said_at: str
    started_at: datetime
    next_update_due_at: datetime | None
    status: str
    status_name: str
    steps_done: int
    steps_total: int
    commander: str
    initials: str


def html_of(incident: Incident, services: tuple[str, ...]) -> SafeString:
    """The row of ``incident``, which has its commander at hand, in the active time zone, as of now."""
    pieces = _pieces(_row(incident, services), timezone.get_current_timezone_name())
    now = _of_now(incident)
    return mark_safe("".join([now[piece] if n % 2 else piece for n, piece in enumerate(pieces)]))


def _row(incident: Incident, services: tuple[str, ...]) -> Row:
    commander, said_at = incident.commander, incident.last_word_at
    return Row(
        incident.pk,
        incident.reference,
        incident.title,
        incident.severity,
        incident.level,
        incident.severity_name,
        incident.nature,
        incident.is_private,
        services,
        incident.last_word,
        incident.last_word_by,
        said_at,
        spans.short_moment(said_at) if said_at else "",
        incident.started_at,
        incident.next_update_due_at,
        incident.status,
        incident.get_status_display(),
        incident.steps_done,
        incident.steps_total,
        commander.name if commander else "",
        commander.initials if commander else "",
    )


def _of_now(incident: Incident) -> dict[str, str]:
    due_at, state = incident.next_update_due_at, incident.due_state
    left = (due_at - timezone.now()).total_seconds() if due_at else 0
    return {
        "elapsed": spans.elapsed_clock(elapsed(incident)),
        "left": spans.on_clock(abs(left)),
        "state": state,
        "word": DUE_WORDS.get(state, "on time"),
    }


@lru_cache(maxsize=KEPT)
def _pieces(row: Row, zone: str) -> tuple[str, ...]:
    """The HTML in ``zone``, the active one: pieces, with the name of a time between each two."""
    marks = {name: f"\x00{name}\x00" for name in ("elapsed", "left", "state", "word")}
    return tuple(_MARK.split(render_to_string("incidents/board_row.html", {"incident": row, **marks})))
