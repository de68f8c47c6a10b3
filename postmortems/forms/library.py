"""What the library is asked for. A filter that makes no sense is no filter: an old link still shows something."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from accounts.models import Team
from incidents.forms.history import LEVELS, LONGEST_QUERY
from incidents.models import Checklist, Service
from incidents.options import named
from incidents.search import query_of
from postmortems.models.documents import PostmortemQuerySet
from postmortems.states import DocumentStatus

#: Branches that were the cause, as far as anybody found.
CAUSES = Checklist.objects.filter(is_branch=True, chosen_at__isnull=False, abandoned_at=None)


@dataclass(frozen=True, slots=True)
class Asked:
    """The words and the filters; "" or None where nothing is asked. ``cause`` is a branch's title."""

    words: str = ""
    status: str = ""
    severity: int | None = None
    team: Team | None = None
    service: Service | None = None
    cause: str = ""

    @classmethod
    def read(
        cls, said: Mapping[str, str], teams: list[Team], services: list[Service], causes: list[str]
    ) -> "Asked":
        status, severity, cause = (said.get(name, "") for name in ("status", "severity", "cause"))
        return cls(
            words=said.get("q", "").strip()[:LONGEST_QUERY],
            status=status if status in DocumentStatus.values else "",
            severity=int(severity) if severity in LEVELS else None,
            team=named(teams, said.get("team")),
            service=named(services, said.get("service")),
            cause=cause if cause in causes else "",
        )

    @property
    def has_filter(self) -> bool:
        return bool(self.status or self.severity or self.team or self.service or self.cause)

    def narrow(self, found: PostmortemQuerySet) -> PostmortemQuerySet:
        """Those of ``found`` that were asked for."""
        if self.status:
            found = found.filter(status=self.status)
        if self.severity:
            found = found.filter(incident__severity=self.severity)
        if self.team:
            found = found.filter(incident__team=self.team)
        if self.service:
            found = found.filter(incident__services=self.service)
        if self.cause:
            found = found.filter(Exists(CAUSES.filter(incident=OuterRef("incident"), title=self.cause)))
        query = query_of(self.words)
        if query is None:
            return found.none() if self.words else found
        return found.filter(search=query)
