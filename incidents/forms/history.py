"""What the history is asked for. A filter that makes no sense is no filter: an old link still shows something."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import Q
from django.utils.dateparse import parse_datetime

from accounts.models import Team
from incidents.models import IncidentQuerySet, Service
from incidents.options import named
from incidents.search import matching
from incidents.states import ENDED, OPEN, Status

LONGEST_QUERY = 500

#: The choices of status: two groups, then each.
STATUSES: dict[str, tuple[Status, ...]] = {"open": OPEN, "ended": ENDED} | {s.value: (s,) for s in Status}


@dataclass(frozen=True, slots=True)
class Asked:
    """The words and the filters; "" or None where nothing is asked."""

    words: str = ""
    status: str = ""
    severity: int | None = None
    team: Team | None = None
    service: Service | None = None
    private: bool = False
    before: tuple[datetime, int] | None = None

    @classmethod
    def read(cls, said: Mapping[str, str], teams: list[Team], services: list[Service]) -> "Asked":
        status, severity = said.get("status", ""), said.get("severity", "")
        return cls(
            words=said.get("q", "").strip()[:LONGEST_QUERY],
            status=status if status in STATUSES else "",
            severity=int(severity) if severity in LEVELS else None,
            team=named(teams, said.get("team")),
            service=named(services, said.get("service")),
            private=said.get("private") == "1",
            before=_place(said.get("before", "")),
        )

    @property
    def has_filter(self) -> bool:
        return bool(self.status or self.severity or self.team or self.service or self.private or self.before)

    def narrow(self, incidents: IncidentQuerySet) -> IncidentQuerySet:
        """Those of ``incidents`` that were asked for."""
        if self.status:
            incidents = incidents.filter(status__in=STATUSES[self.status])
        if self.severity:
            incidents = incidents.filter(severity=self.severity)
        if self.team:
            incidents = incidents.filter(team=self.team)
        if self.service:
            incidents = incidents.filter(services=self.service)
        if self.private:
            incidents = incidents.filter(is_private=True)
        if self.before:
            moment, number = self.before
            older = Q(declared_at__lt=moment) | Q(declared_at=moment, pk__lt=number)
            incidents = incidents.filter(older, declared_at__lte=moment)
        return matching(incidents, self.words)


def _place(said: str) -> tuple[datetime, int] | None:
    """When an incident was declared, and its number: what the link to older ones goes on from."""
    moment, _, number = said.partition("~")
    try:
        found = parse_datetime(moment)
    except ValueError:
        return None
    # Years that no time zone can move beyond what a datetime holds.
    if not (found and found.tzinfo and 1900 < found.year < 9000 and number.isdecimal() and len(number) < 16):
        return None
    return found.astimezone(UTC), int(number)


#: The levels to choose from, as the address has them.
LEVELS = ("1", "2", "3", "4", "5")
