"""What is promised now, by whom and for when: the truth that reminders are armed by, and checked against again."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from accounts.calendars import Calendar, calendar_of
from accounts.models import Team, User
from incidents.models import Incident
from incidents.permissions import can_see
from incidents.states import Nature, Status
from notifications.preferences import preferences_of
from notifications.reminders.ladders import Mornings, Rung, deadline_ladder, item_ladder, loose_ladder
from notifications.reminders.models import ReminderClock, ReminderKind, ReminderStage
from outbox import clock as database_clock
from postmortems.models import ActionItem, Postmortem

OVER = (Status.RESOLVED, Status.CLOSED)
#: Years in which a day can be reminded of.
YEARS = range(2000, 2200)
ITEM = ("team", "incident__team", "incident__commander", "owner", "added_by")
POSTMORTEM = ("author", "incident__team", "incident__commander", "incident__declared_by")


@dataclass(frozen=True, slots=True)
class Promise:
    """``due_at`` as in :class:`ReminderClock`; ``since`` when it was made: what was due before is not owed."""

    kind: ReminderKind
    subject: ActionItem | Postmortem
    person: User
    due_at: datetime
    since: datetime

    @property
    def incident(self) -> Incident | None:
        return self.subject.incident

    @property
    def team(self) -> Team | None:
        """The item's own, else its incident's."""
        own = self.subject.team if isinstance(self.subject, ActionItem) else None
        return own or (self.incident.team if self.incident else None)

    @property
    def calendar(self) -> Calendar:
        return calendar_of(self.team)

    def mornings(self, of: User) -> Mornings:
        """The mornings of ``of``, on the days on which the team works."""
        return Mornings(of.zone, preferences_of(of).digest_at, self.calendar)

    def ladder(self, mornings: Mornings) -> Iterator[Rung]:
        if isinstance(self.subject, Postmortem):
            began = self.subject.incident.resolved_at or self.subject.created_at
            return deadline_ladder(max(began, self.subject.created_at), self.due_at, mornings)
        make = item_ladder if self.kind == ReminderKind.ITEM else loose_ladder
        return make(self.due_at.date(), mornings)

    def is_told_by(self, kept: ReminderClock | ReminderStage) -> bool:
        return (kept.due_at, kept.person_id) == (self.due_at, self.person.pk)


def promise_of(clock: ReminderClock) -> Promise | None:
    """What the subject of ``clock`` promises now, read afresh; None when nothing, or nobody can be told."""
    if clock.item_id is not None:
        return of_item(ActionItem.objects.select_related(*ITEM).get(pk=clock.item_id), clock)
    return of_postmortem(Postmortem.objects.select_related(*POSTMORTEM).get(reminder=clock), clock)


def stands(stage: ReminderStage) -> bool:
    """Whether what was said in ``stage`` is still so: open, the same date, the same person's."""
    promise = promise_of(stage.clock)
    return promise is not None and promise.is_told_by(stage)


def of_item(item: ActionItem, kept: ReminderClock | None) -> Promise | None:
    if not item.is_open:
        return None
    owner, due_on = item.owner, item.due_on
    if owner and due_on and due_on.year in YEARS and _may_hear(owner, item.incident):
        return Promise(ReminderKind.ITEM, item, owner, _as_moment(due_on), item.changed_at)
    commander = item.incident.commander if item.incident else None
    person = _first((item.added_by, owner, commander), item.incident)
    if person is None:
        return None
    return Promise(ReminderKind.LOOSE, item, person, _loose_since(item, person, kept), item.changed_at)


def _loose_since(item: ActionItem, person: User, kept: ReminderClock | None) -> datetime:
    """The day since when nobody can be reminded; the first such, whatever else is changed meanwhile."""
    if kept and kept.is_armed and kept.kind == ReminderKind.LOOSE:
        return kept.due_at
    return _as_moment(item.changed_at.astimezone(person.zone).date())


def of_postmortem(postmortem: Postmortem, kept: ReminderClock | None) -> Promise | None:
    """Nothing of one that is published or discarded, of a drill's, or while the incident goes on again."""
    incident = postmortem.incident
    is_over = incident.status in OVER and incident.nature != Nature.DRILL
    if postmortem.due_at is None or postmortem.is_published or postmortem.is_discarded or not is_over:
        return None
    person = _first((postmortem.author, incident.commander, incident.declared_by), incident)
    if person is None:
        return None
    since = database_clock.now() if kept else postmortem.created_at
    return Promise(ReminderKind.POSTMORTEM, postmortem, person, postmortem.due_at, since)


def _first(people: Iterable[User | None], incident: Incident | None) -> User | None:
    return next((person for person in people if person and _may_hear(person, incident)), None)


def _may_hear(person: User | None, incident: Incident | None) -> bool:
    if person is None or not person.is_active:
        return False
    return incident is None or can_see(person, incident)


def _as_moment(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
