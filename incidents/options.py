"""What a declaration may choose from: runbooks with severities, teams and services, each read once."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

from django.db.models import QuerySet, Value

from accounts.models import Team, User
from incidents import prepared
from incidents.models import Service
from outbox.kept import Question, Shared
from runbooks.fallback import EffectivePlaybook, effective, starter_playbook
from runbooks.models import Runbook

TEAM, SERVICE = 0, 1


class Choice(NamedTuple):
    """A team or a service, as far as choosing it goes."""

    pk: int
    slug: str
    name: str


Thing = TypeVar("Thing", Team, Service, Choice)


def named(things: Iterable[Thing], slug: str | None) -> Thing | None:
    """The one that an address names, if there is one."""
    return next((thing for thing in things if thing.slug == slug), None)


def teams_and_services(user: User) -> tuple[list[Choice], list[Choice]]:
    """The teams, and the services that were not archived, by name. One query."""
    found = prepared.tuples(_teams_and_services, user)
    teams, services = ([Choice(*said) for kind, *said in found if kind == which] for which in (TEAM, SERVICE))
    return teams, services


def _teams_and_services(user: User) -> QuerySet[Team, Any]:
    teams = Team.objects.values_list(Value(TEAM), "pk", "slug", "name")
    services = Service.objects.filter(archived_at=None).values_list(Value(SERVICE), "pk", "slug", "name")
    return teams.order_by().union(services.order_by(), all=True).order_by("name")


def _published() -> "QuerySet[Runbook]":
    published = Runbook.objects.active().exclude(current=None).select_related("current")
    return published.defer("current__source").order_by("-is_default", "title", "id")


_runbooks = Shared(_published)
_teams = Question(Team.objects.all)
_services = Shared(lambda: Service.objects.filter(archived_at=None))


class Options:
    """``runbooks`` begins with the one that applies unless another is chosen; it may be empty. Each is read when it is
    first asked for: most declarations name no team."""

    @cached_property
    def runbooks(self) -> list[Runbook]:
        return _with_severities()

    @cached_property
    def teams(self) -> list[Team]:
        return _teams.all()

    @cached_property
    def services(self) -> list[Service]:
        return _services.all()

    def runbook_for(self, chosen: Runbook | None, team: Team | None) -> Runbook | None:
        """The one chosen, else the team's own, else the default; None where there is no runbook."""
        own = (r for r in self.runbooks if team and r.team_id == team.pk)
        return chosen or next(own, None) or next(iter(self.runbooks), None)


def _with_severities() -> list[Runbook]:
    """The default, which may fall back on the starter's severities, and all others that have their own."""
    return [r for r in _runbooks.all() if r.is_default or (r.current and r.current.playbook.severities)]


def playbook_of(runbook: Runbook | None) -> EffectivePlaybook:
    """What holds under ``runbook``; under none, the starter's incident response."""
    if runbook is None or runbook.current is None:
        return effective(starter_playbook())
    return runbook.current.effective
