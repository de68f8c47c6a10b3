"""One thing that somebody owes, wherever it comes from."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from incidents.models import Incident

FAR = timedelta(days=3650)
#: Between moves that are equally late: the order of their kinds. One more kind is its name here and a function in
#: ``moves.SOURCES``.
KINDS = ("page", "acknowledge", "update", "role", "step", "review", "postmortem", "drop", "item")
#: However late, these come after what an incident that goes on asks.
AFTERWARDS = ("review", "postmortem", "drop", "item")
MILDEST = 99


@dataclass(frozen=True, slots=True)
class Move:
    """One thing to do. ``path`` is where it is done; with ``posts``, by sending that very form.

    ``due_at`` is None where nothing was promised. What is not ``owed`` yet is coming up: the badge leaves it out.
    ``tag`` is shown in the place of the incident's severity.
    """

    kind: str
    incident: Incident | None
    title: str
    action: str
    path: str
    due_at: datetime | None = None
    state: str = "none"
    detail: str = ""
    posts: bool = False
    owed: bool = True
    tag: str = ""

    def urgency(self, now: datetime) -> tuple[object, ...]:
        """The key by which moves are sorted, most urgent first."""
        late = self.due_at is not None and self.due_at <= now
        return (
            not self.owed,
            self.kind in AFTERWARDS,
            not late,
            KINDS.index(self.kind),
            self.incident.severity if self.incident else MILDEST,
            self.due_at or now + FAR,
            self.incident.pk if self.incident else 0,
            self.path,
        )
