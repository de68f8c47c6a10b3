"""What insights are asked for. What makes no sense is not passed over in silence: the page would show other figures."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils import timezone

from accounts.models import Team
from incidents.options import named
from postmortems.insights import period as periods
from postmortems.insights.period import Period

#: The choices, as people see them.
PERIODS = {
    "30d": "Last 30 days",
    "90d": "Last 90 days",
    "180d": "Last 180 days",
    "365d": "Last year",
    periods.DATES: "Between two days",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """The period, the team (None: all), and sentences about what could not be taken as it was said."""

    period: Period
    team: Team | None = None
    problems: tuple[str, ...] = ()

    @classmethod
    def read(cls, said: Mapping[str, str], teams: list[Team]) -> "Asked":
        """In the reader's zone, up to the reader's today."""
        zone = timezone.get_current_timezone()
        period, problem = periods.read(said, timezone.localdate(), zone)
        slug = said.get("team", "")
        team = named(teams, slug)
        unknown = "There is no such team. These are all teams." if slug and not team else ""
        return cls(period, team, tuple(filter(None, (problem, unknown))))
