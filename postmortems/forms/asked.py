"""What a list of action items is asked for. A filter that makes no sense is no filter: an old link still shows
something."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from accounts.models import Team, User
from incidents.options import named
from incidents.search import query_of
from postmortems.models.items import ActionItemQuerySet
from postmortems.states import ItemKind

LONGEST_QUERY = 500
LEVELS = ("1", "2", "3", "4", "5")
NOBODY = "none"
#: The lists to choose from; "" is everything that is open.
SHOWN = ("", "mine", "overdue", "week", "decide", "closed")


@dataclass(frozen=True)
class Asked:
    """``show`` is one of ``SHOWN``; ``owner`` a person's number, ``NOBODY``, or ""; ``today`` is the reader's day."""

    today: date
    show: str = ""
    words: str = ""
    severity: str = ""
    owner: str = ""
    kind: str = ""
    team: Team | None = None

    @classmethod
    def read(cls, said: Mapping[str, str], teams: list[Team], today: date) -> "Asked":
        show, owner, kind = said.get("show", ""), said.get("owner", ""), said.get("kind", "")
        severity = said.get("severity", "")
        return cls(
            today=today,
            show=show if show in SHOWN else "",
            words=said.get("q", "").strip()[:LONGEST_QUERY],
            severity=severity if severity in LEVELS else "",
            owner=owner if owner == NOBODY or _is_number(owner) else "",
            kind=kind if kind in ItemKind.values else "",
            team=named(teams, said.get("team")),
        )

    @property
    def has_filter(self) -> bool:
        return bool(self.words or self.severity or self.owner or self.kind or self.team)

    @property
    def week_ends(self) -> date:
        """The Sunday of this week."""
        return self.today + timedelta(days=6 - self.today.weekday())

    def narrow(self, items: ActionItemQuerySet) -> ActionItemQuerySet:
        """Those of ``items`` that pass the filters, in whatever list."""
        if self.team:
            items = items.filter(team=self.team)
        if self.severity:
            items = items.filter(incident__severity=int(self.severity))
        if self.kind:
            items = items.filter(kind=self.kind)
        if self.owner == NOBODY:
            items = items.filter(owner=None)
        elif self.owner:
            items = items.filter(owner=int(self.owner))
        if self.words:
            query = query_of(self.words)
            items = items.filter(search=query) if query else items.none()
        return items

    def listed(self, items: ActionItemQuerySet, user: User) -> ActionItemQuerySet:
        """Those of ``items`` that are in the list that was asked for, in its order."""
        if self.show == "closed":
            return items.closed().order_by("-closed_at", "-id")
        chosen = {
            "mine": items.open().filter(owner=user),
            "overdue": items.overdue(self.today),
            "week": items.due_between(self.today, self.week_ends),
            "decide": items.to_decide(),
        }.get(self.show, items.open())
        return chosen.soonest_first()

    def query(self, **other: str) -> str:
        """The address of this list, or of one that differs in ``other``, from its question mark on."""
        said = {
            "show": self.show, "q": self.words, "severity": self.severity, "owner": self.owner, "kind": self.kind,
            "team": self.team.slug if self.team else "",
        }  # fmt: skip
        kept = {name: value for name, value in {**said, **other}.items() if value}
        return f"?{urlencode(kept)}" if kept else ""


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 16
