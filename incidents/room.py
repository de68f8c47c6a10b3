"""What an incident's room shows, read in a constant number of queries, each part when it is first asked for."""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from django.db.models import Q

from accounts.models import User
from incidents.calling import number_of, who_answers
from incidents.feed import Feed, Window
from incidents.models import Access, Checklist, Incident, Presence, Step, TimelineEvent
from incidents.states import STEPS, IncidentRole, Kind, Status
from runbooks.fallback import EffectivePlaybook, is_unset
from runbooks.models import Revision
from runbooks.playbook import Contact
from runbooks.related import Link, Shelf

MOST_LINKS = 100
MOST_PAGES = 500
SHORT_ROLES = {
    IncidentRole.COMMANDER: "Commander",
    IncidentRole.COMMUNICATIONS_LEAD: "Communications",
    IncidentRole.SCRIBE: "Scribe",
}
#: Templates that tell that it is over.
ENDING = re.compile(r"resol|clos|all.clear", re.IGNORECASE)
#: Checklists for when it is over: folded away until then.
_AFTERWARDS = re.compile(
    r"post[- ]?(incident|mortem)|afterwards|after (the |an )?(incident|resol)|follow[- ]?up"
    r"|within \d+ (hours|days)",
    re.IGNORECASE,
)


@dataclass
class Row:
    """A step, and who last ran its command."""

    step: Step
    last_run: TimelineEvent | None = None


@dataclass
class Part:
    """A checklist or a branch with its steps. ``phase`` is set on the first checklist of each phase."""

    checklist: Checklist
    rows: list[Row] = field(default_factory=list)
    phase: str = ""
    folded: bool = False

    @property
    def _counted(self) -> list[Step]:
        return [row.step for row in self.rows if row.step.kind in Step.COUNTED]

    @property
    def total(self) -> int:
        return len(self._counted)

    @property
    def done(self) -> int:
        return sum(step.is_settled for step in self._counted)

    @property
    def is_complete(self) -> bool:
        return bool(self.total) and self.done == self.total


@dataclass(frozen=True)
class Stage:
    """One of the four steps of a status, with when it was reached."""

    status: Status
    place: str
    at: datetime | None


@dataclass(frozen=True)
class Holder:
    role: IncidentRole
    label: str
    user: User | None


@dataclass(frozen=True)
class Person:
    """An escalation contact; ``is_due`` when the runbook says to ask at this severity.

    ``position`` is its place in the runbook. ``last`` is what became of its last page: the event of the page
    itself, of its acknowledgement, or of a delivery of it that failed. ``answers`` is who was chosen to be reached
    for it, "" where the runbook's own words count.
    """

    contact: Contact
    is_unset: bool
    is_due: bool
    position: int = 0
    last: TimelineEvent | None = None
    answers: str = ""

    @property
    def is_failed(self) -> bool:
        return self.last is not None and self.last.kind == Kind.DELIVERY_FAILED

    @property
    def number(self) -> str:
        """What to call."""
        return number_of(self.contact)

    @property
    def more(self) -> dict[str, str]:
        """The columns that are neither role, contact nor when."""
        shown = f"{self.contact.role}\n{self.contact.contact}\n{self.contact.when}"
        return {name: cell for name, cell in self.contact.columns.items() if cell not in shown}


class Room:
    """One incident as its room shows it."""

    def __init__(self, incident: Incident, window: Window | None = None) -> None:
        self.incident = incident
        self.feed = Feed(incident, window)

    @cached_property
    def playbook(self) -> EffectivePlaybook:
        return self.incident.revision.effective

    @property
    def cadence_minutes(self) -> int | None:
        interval = self.incident.update_interval
        return int(interval.total_seconds() // 60) if interval else None

    @property
    def owes_last_words(self) -> str:
        """The template to tell that it is over, while nobody has; "" when there is none, or it was told."""
        incident = self.incident
        ended_at, told_at = incident.resolved_at, incident.last_update_at
        if incident.status != Status.RESOLVED or not ended_at or (told_at and told_at >= ended_at):
            return ""
        return next((t.title for t in self.playbook.templates if ENDING.search(t.title)), "")

    @cached_property
    def newest(self) -> Revision | None:
        """A newer revision of the runbook than the one the incident follows."""
        numbers = self.incident.revision.runbook.revisions.defer("source").order_by("-number")
        newest = numbers.first()
        return newest if newest and newest.pk != self.incident.revision_id else None

    @cached_property
    def services(self) -> list[str]:
        return [service.name for service in self.incident.services.all()]

    @cached_property
    def here(self) -> list[User]:
        found = Presence.objects.fresh().filter(incident=self.incident).select_related("user")
        return [presence.user for presence in found.order_by("user__name", "user_id")]

    @cached_property
    def access(self) -> list[Access]:
        if not self.incident.is_private:
            return []
        return list(self.incident.access.select_related("user").order_by("user__name", "pk"))

    @property
    def stages(self) -> list[Stage]:
        incident, now_at = self.incident, self.incident.step_index
        reached = [incident.declared_at, incident.identified_at, incident.mitigated_at, incident.resolved_at]
        places = ["past" if i < now_at else "present" if i == now_at else "" for i in range(len(STEPS))]
        return [
            Stage(status, place, at if place else None)
            for status, place, at in zip(STEPS, places, reached, strict=True)
        ]

    @property
    def holders(self) -> list[Holder]:
        return [Holder(role, SHORT_ROLES[role], getattr(self.incident, role.value)) for role in IncidentRole]

    @cached_property
    def _parts(self) -> list[Part]:
        steps = defaultdict(list)
        people = ("done_by", "skipped_by", "assigned_to", "added_by")
        for step in self.incident.steps.select_related(*people):
            steps[step.checklist_id].append(Row(step, self._runs.get(step.pk)))
        found = self.incident.checklists.select_related("chosen_by", "abandoned_by")
        return [Part(checklist, steps[checklist.pk]) for checklist in found]

    @cached_property
    def _runs(self) -> dict[int, TimelineEvent]:
        ran = self.incident.events.filter(kind=Kind.COMMAND_RUN).select_related("recorded_by").order_by("seq")
        return {event.data["step"]: event for event in ran if "step" in event.data}

    @cached_property
    def checklists(self) -> list[Part]:
        phase, found = "", [part for part in self._parts if not part.checklist.is_branch]
        for part in found:
            named = part.checklist.phase
            part.phase, phase = named if named != phase else "", named
            later = bool(_AFTERWARDS.search(f"{named} {part.checklist.title}"))
            part.folded = part.is_complete or (later and self.incident.is_open)
        return found

    @property
    def before_containment(self) -> list[Part]:
        """Checklists that the runbook has above its first branch; the branches stand where it has them."""
        return [part for part in self.checklists if part.checklist.line <= self._containment_line]

    @property
    def after_containment(self) -> list[Part]:
        return [part for part in self.checklists if part.checklist.line > self._containment_line]

    @property
    def _containment_line(self) -> int:
        lines = [part.checklist.line for part in self.branches]
        return min(lines) if lines and "branches" not in self.playbook.from_starter else 10**9

    @cached_property
    def branches(self) -> list[Part]:
        return [part for part in self._parts if part.checklist.is_branch]

    @property
    def chosen(self) -> Part | None:
        return next((part for part in self.branches if part.checklist.is_chosen), None)

    @property
    def abandoned(self) -> list[Part]:
        return [part for part in self.branches if part.checklist.abandoned_at]

    @cached_property
    def contacts(self) -> list[Person]:
        due = self.playbook.contacts_for(self.incident.severity) if self.incident.is_open else ()
        paged, answers = self._paged, self.answers
        return [
            Person(
                c,
                is_unset(c.contact),
                c in due,
                place,
                paged.get(role := c.role.lower()),
                answers.get(role, ""),
            )
            for place, c in enumerate(self.playbook.contacts)
        ]

    @cached_property
    def answers(self) -> dict[str, str]:
        """Who was chosen to answer for each contact, by its role in lower case."""
        return who_answers(self.incident.revision.runbook)

    @property
    def _paged(self) -> dict[str, TimelineEvent]:
        """By contact, in lower case, the last thing heard of its last page. A failure stands until the next page
        or an acknowledgement: that another way got through is not known until somebody answers."""
        kinds = (Kind.PAGED, Kind.PAGE_ACKNOWLEDGED, Kind.DELIVERY_FAILED)
        found = self.incident.events.filter(kind__in=kinds).order_by("-seq").select_related("recorded_by")
        last: dict[str, TimelineEvent] = {}
        for event in found[:MOST_PAGES]:
            if role := str(event.data.get("role", "")).lower():
                last.setdefault(role, event)
        return last

    @cached_property
    def links(self) -> list[TimelineEvent]:
        kept = Q(kind=Kind.LINK_ADDED) | Q(kind=Kind.EVENT_CORRECTED, data__kind=Kind.LINK_ADDED)
        found = self.incident.events.filter(kept, superseded_by=None).order_by("seq")
        return list(found[:MOST_LINKS])

    @cached_property
    def related(self) -> tuple[Link, ...]:
        return Shelf().links(self.playbook.playbook)
