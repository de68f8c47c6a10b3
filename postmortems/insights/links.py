"""Where what is behind a figure is listed."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from accounts.models import Team
from postmortems.insights.figures import Group
from postmortems.insights.period import Stretch


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses of lists, of one team or of all."""

    team: Team | None = None

    def behind(self, figure: str, stretch: Stretch, **narrow: str | int | None) -> str:
        """The list behind ``figure`` of ``stretch``, narrowed by severity, service, cause, state or age."""
        asked = {"figure": figure, "from": stretch.first.isoformat(), "to": stretch.last.isoformat()}
        asked |= {"team": self.team.slug} if self.team else {}
        asked |= {name: str(value) for name, value in narrow.items() if value is not None}
        return f"{reverse('postmortems:behind')}?{urlencode(asked)}"

    def of_group(self, figure: str, by: str, group: Group, stretch: Stretch) -> str:
        """The list of one service or cause, or of those that have none."""
        return self.behind(figure, stretch, **({by: group.key} if group.key else {"without": by}))
