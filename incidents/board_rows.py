"""The rows of the board, each rendered once for as long as it says the same.

A row is the same HTML for everyone who may see it. It is kept by all that was read of its incident, so that what is
kept cannot be out of date; what the clock changes is put in each time. Whether somebody may see it was asked before.
"""

import re
from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from accounts.models import User
from incidents import spans
from incidents.models import due_state_at
from incidents.spans import short_moment
from incidents.states import Nature, Status, is_open

KEPT = 2000  # rows, of about 2 kB each
#: No text of ours holds the character: PostgreSQL does not.
_MARK = re.compile("\x00([a-z]+)\x00")
DUE_WORDS = {"late": "overdue", "soon": "due soon"}


class Row(NamedTuple):
    """What the board reads of an incident; ``commander`` is a name, "" for nobody. As many rows as are open are read
    for each look at the board: no model is made of them."""

    pk: int
    title: str
    severity: int
    severity_name: str
    status: str
    nature: str
    is_private: bool
    team_id: int | None
    declared_at: datetime
    started_at: datetime
    resolved_at: datetime | None
    ended_at: datetime | None
    next_update_due_at: datetime | None
    last_word: str
    last_word_by: str
    last_word_at: datetime | None
    steps_done: int
    steps_total: int
    commander: str
    services: tuple[str, ...]

    @property
    def reference(self) -> str:
        return f"INC-{self.pk}"

    @property
    def level(self) -> int:
        return min(self.severity, 4)

    @property
    def is_open(self) -> bool:
        return is_open(self.status)

    @property
    def is_quiet(self) -> bool:
        return self.nature != Nature.LIVE

    @property
    def due_state(self) -> str:
        return due_state_at(self.next_update_due_at) if self.is_open else "none"

    @property
    def get_status_display(self) -> str:
        return str(Status(self.status).label)

    @property
    def initials(self) -> str:
        return User(name=self.commander).initials

    @property
    def said_at(self) -> str:
        return short_moment(self.last_word_at) if self.last_word_at else ""


def html_of(rows: Iterable[Row]) -> SafeString:
    """The HTML of ``rows``, which are open, in the active time zone, as of now."""
    now = timezone.localtime()
    zone, today = timezone.get_current_timezone_name(), now.date()
    return mark_safe("".join(piece for row in rows for piece in _as_of(row, now, _pieces(row, zone, today))))


def _as_of(row: Row, now: datetime, pieces: tuple[str, ...]) -> list[str]:
    due_at, state = row.next_update_due_at, row.due_state
    times = {
        "elapsed": spans.elapsed_clock((now - row.started_at).total_seconds()),
        "left": spans.on_clock(abs((due_at - now).total_seconds())) if due_at else "",
        "state": state,
        "word": DUE_WORDS.get(state, "on time"),
    }
    return [times[piece] if n % 2 else piece for n, piece in enumerate(pieces)]


@lru_cache(maxsize=KEPT)
def _pieces(row: Row, zone: str, today: date) -> tuple[str, ...]:
    """The HTML of a day in ``zone``, the active one: pieces, with the name of a time between each two."""
    marks = {name: f"\x00{name}\x00" for name in ("elapsed", "left", "state", "word")}
    return tuple(_MARK.split(render_to_string("incidents/board_row.html", {"incident": row, **marks})))
