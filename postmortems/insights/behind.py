"""The incidents and action items behind a figure: as many as it counts, by the same rules."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Case, Count, Exists, IntegerField, OuterRef, QuerySet, Subquery, When
from django.db.models.functions import Coalesce

from accounts.models import Team, User
from incidents.models import IncidentQuerySet, Service, TimelineEvent
from incidents.options import named
from postmortems.insights.counting import (
    AGE_NAMES,
    LATE,
    TIMES,
    aged,
    counted,
    document_states,
    inside,
    items_of,
    titles_by_cause,
    updates_owed,
    waiting_for_update,
    with_branch,
    with_deadline,
)
from postmortems.insights.panels.promises import DOCUMENT_STATES
from postmortems.insights.period import Stretch
from postmortems.models.items import ActionItemQuerySet
from postmortems.states import ItemStatus

#: Figures over incidents, and what their list is called.
OF_INCIDENTS = {
    "incidents": "Incidents",
    "acknowledge": "Time to acknowledge",
    "mitigate": "Time to mitigate",
    "resolve": "Time to resolve",
    "updates": "Updates on time",
    "documents": "Post-mortems on time",
}
#: Figures over action items.
OF_ITEMS = {
    "opened": "Action items opened",
    "done": "Action items done",
    "dropped": "Action items that won’t be done",
    "closed": "Action items closed",
    "overdue": "Overdue action items",
}


class NoSuchList(Exception):
    """The address asks for something that no figure leads to."""


@dataclass(frozen=True, slots=True)
class Behind:
    """What is asked for. ``without`` is "service" or "cause" for the incidents that have none."""

    figure: str
    stretch: Stretch
    team: Team | None = None
    severity: int | None = None
    service: Service | None = None
    cause: str = ""
    without: str = ""
    state: str = ""
    age: int | None = None

    @classmethod
    def read(
        cls, said: Mapping[str, str], stretch: Stretch, team: Team | None, services: list[Service]
    ) -> "Behind":
        """Raises ``NoSuchList``."""
        found = cls(
            figure=_one_of(said.get("figure", "incidents"), [*OF_INCIDENTS, *OF_ITEMS]),
            stretch=stretch,
            team=team,
            severity=_number(said.get("severity", ""), 32_767),
            service=named(services, said.get("service")),
            cause=said.get("cause", ""),
            without=_one_of(said.get("without", ""), ["", "service", "cause"]),
            state=_one_of(said.get("state", ""), ["", *DOCUMENT_STATES]),
            age=_number(said.get("age", ""), len(AGE_NAMES) - 1),
        )
        if said.get("service") and not found.service:
            raise NoSuchList
        return found

    @property
    def of_items(self) -> bool:
        return self.figure in OF_ITEMS

    @property
    def title(self) -> str:
        return (OF_INCIDENTS | OF_ITEMS)[self.figure]

    @property
    def narrowed(self) -> list[str]:
        """In words, what is left of all that the figure is about; the severity, which has a sign, is not among them."""
        parts = [
            self.team.name if self.team else "",
            self.service.name if self.service else "",
            self.cause,
            f"no {self.without} named" if self.without else "",
            DOCUMENT_STATES.get(self.state, "").lower(),
            AGE_NAMES[self.age].lower() if self.age is not None else "",
        ]
        return [part for part in parts if part]

    def incidents(self, user: User, now: datetime) -> IncidentQuerySet:
        """The longest time, the most late updates, or the newest first."""
        found = self._narrow(counted(user, self.stretch, self.team))
        if self.figure in TIMES:
            timed = found.annotate(seconds=TIMES[self.figure]).filter(seconds__isnull=False)
            return timed.order_by("-seconds", "-pk")
        if self.figure == "updates":
            return _by_updates(found, now)
        if self.figure == "documents":
            return self._by_documents(found, now)
        return found.order_by("-declared_at", "-pk")

    def items(self, user: User, today: date) -> ActionItemQuerySet:
        """The longest overdue, or what changed last, first."""
        items = items_of(user, self.team)
        if self.figure == "overdue":
            overdue = items.overdue(today)
            return (overdue if self.age is None else overdue.filter(aged(today, self.age))).order_by(
                "due_on", "pk"
            )
        if self.figure == "opened":
            return items.filter(**inside("added_at", self.stretch)).order_by("-added_at", "-pk")
        closed = items.filter(**inside("closed_at", self.stretch)).order_by("-closed_at", "-pk")
        return closed if self.figure == "closed" else closed.filter(status=ItemStatus(self.figure))

    def _narrow(self, incidents: IncidentQuerySet) -> IncidentQuerySet:
        if self.severity is not None:
            incidents = incidents.filter(severity=self.severity)
        if self.service:
            incidents = incidents.filter(services=self.service)
        if self.without == "service":
            incidents = incidents.filter(services=None)
        if self.without == "cause":
            incidents = with_branch(incidents).filter(branch__isnull=True)
        if self.cause:
            titles = titles_by_cause(incidents).get(self.cause, [])
            incidents = with_branch(incidents).filter(branch__title__in=titles)
        return incidents

    def _by_documents(self, incidents: IncidentQuerySet, now: datetime) -> IncidentQuerySet:
        states = document_states(now)
        found = (
            with_deadline(incidents).filter(states[self.state]) if self.state else with_deadline(incidents)
        )
        return found.select_related("postmortem").order_by("-postmortem__due_at", "-pk")


def _by_updates(incidents: IncidentQuerySet, now: datetime) -> IncidentQuerySet:
    """Those that owed any, with ``owed`` and ``late``, and ``waiting``, 1 where one more is overdue now."""
    owed = updates_owed().filter(incident=OuterRef("pk"))
    found = incidents.filter(Exists(owed) | waiting_for_update(now))
    waiting = Case(When(waiting_for_update(now), then=1), default=0, output_field=IntegerField())
    counts = found.annotate(owed=_number_of(owed), late=_number_of(owed.filter(LATE)), waiting=waiting)
    return counts.order_by("-waiting", "-late", "-pk")


def _number_of(events: QuerySet[TimelineEvent]) -> Coalesce:
    one = events.order_by().values("incident").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(one, output_field=IntegerField()), 0)


def _one_of(text: str, known: list[str]) -> str:
    if text not in known:
        raise NoSuchList
    return text


def _number(text: str, most: int) -> int | None:
    if not text:
        return None
    if not (text.isdecimal() and text.isascii() and len(text) < 6 and int(text) <= most):
        raise NoSuchList
    return int(text)
