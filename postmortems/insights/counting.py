"""What counts, and how long it took: the one place where figures learn which incidents and items they may know of."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    Aggregate,
    Case,
    DateField,
    DateTimeField,
    DurationField,
    ExpressionWrapper,
    F,
    FilteredRelation,
    FloatField,
    Func,
    IntegerField,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Extract, Greatest

from accounts.models import Team, User
from incidents.models import Incident, IncidentQuerySet, TimelineEvent
from incidents.sentences import cause
from incidents.states import OPEN, Kind, Nature, Status
from postmortems.insights.period import ONE_DAY, Period, Stretch
from postmortems.models import ActionItem
from postmortems.models.items import ActionItemQuerySet
from postmortems.states import DocumentStatus, ItemStatus

#: No incident after all, or another one: in no figure. Nor are drills.
NOT_ONE = (Status.CANCELLED, Status.MERGED)


def within(user: User, stretch: Stretch, team: Team | None) -> IncidentQuerySet:
    """Incidents declared in those days that ``user`` may see, of ``team`` if given."""
    incidents = Incident.objects.visible_to(user).filter(
        declared_at__gte=stretch.start, declared_at__lt=stretch.end
    )
    return incidents.filter(team=team) if team else incidents


def counted(user: User, stretch: Stretch, team: Team | None) -> IncidentQuerySet:
    """Those of them that figures count."""
    return within(user, stretch, team).exclude(status__in=NOT_ONE).exclude(nature=Nature.DRILL)


def items_of(user: User, team: Team | None) -> ActionItemQuerySet:
    """Action items that ``user`` may see; of ``team``, or of its incidents where they name no team."""
    items = ActionItem.objects.visible_to(user)
    return items.filter(Q(team=team) | Q(team=None, incident__team=team)) if team else items


# -- stretches of time ------------------------------------------------------------------------------------


class Slot(Func):
    """The number, from 1, of the stretch in which a moment or a number lies. The edges come from Python, so that
    the reader's days are those that the page names, whatever zones the database knows."""

    function = "width_bucket"
    output_field = IntegerField()

    def __init__(self, what: str | Any, edges: Sequence[datetime] | Sequence[int], **extra: Any) -> None:
        base = IntegerField() if edges and isinstance(edges[0], int) else DateTimeField()
        super().__init__(what, Value(list(edges), output_field=ArrayField(base)), **extra)


def slot_of(what: str, stretches: Sequence[Stretch]) -> Slot:
    """In which of ``stretches``, which follow on one another, the moment ``what`` lies."""
    return Slot(what, [stretch.start for stretch in stretches])


class Percentiles(Aggregate):
    """The median and the 90th percentile, interpolated; None of nothing."""

    function = "percentile_cont"
    template = "%(function)s(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = ArrayField(FloatField())
    allow_distinct = False


def seconds(since: str, until: str, **when: Any) -> Case:
    """From one moment to another, never less than 0; None while either is missing or ``when`` does not hold."""
    span = Extract(ExpressionWrapper(F(until) - F(since), output_field=DurationField()), "epoch")
    known = {f"{since}__isnull": False, f"{until}__isnull": False}
    return Case(
        When(Q(**known, **when), then=Greatest(Cast(span, FloatField()), Value(0.0))),
        output_field=FloatField(),
    )


#: From declaring, which is what an acknowledgement answers. Of what is written up afterwards nobody knows but when
#: it began and ended.
ACKNOWLEDGE = seconds("declared_at", "acknowledged_at", nature=Nature.LIVE)
#: From when it began for users.
MITIGATE = seconds("started_at", "mitigated_at", nature=Nature.LIVE)
RESOLVE = seconds("started_at", "resolved_at")
TIMES = {"acknowledge": ACKNOWLEDGE, "mitigate": MITIGATE, "resolve": RESOLVE}


# -- promises ---------------------------------------------------------------------------------------------


def updates_owed() -> QuerySet[TimelineEvent]:
    """Status updates that were posted when one was due, with ``was_due``."""
    said = KeyTextTransform("was_due_at", "data")
    posted = TimelineEvent.objects.filter(kind=Kind.STATUS_UPDATE_POSTED)
    owed = posted.annotate(said=said).filter(said__isnull=False)
    return owed.annotate(was_due=Cast("said", DateTimeField()))


#: Of an owed update.
LATE = Q(recorded_at__gt=F("was_due"))


def waiting_for_update(now: datetime) -> Q:
    """Incidents whose update is overdue now."""
    return Q(status__in=OPEN, next_update_due_at__lt=now)


def document_states(now: datetime) -> dict[str, Q]:
    """How the post-mortems of incidents that are over stand by their deadline."""
    published = Q(postmortem__status=DocumentStatus.PUBLISHED)
    written = Q(postmortem__status__in=[s for s in DocumentStatus if s != DocumentStatus.PUBLISHED])
    return {
        "on_time": published & Q(postmortem__published_at__lte=F("postmortem__due_at")),
        "late": published & Q(postmortem__published_at__gt=F("postmortem__due_at")),
        "missing": written & Q(postmortem__due_at__lt=now),
        "waiting": written & Q(postmortem__due_at__gte=now),
    }


def with_deadline(incidents: IncidentQuerySet) -> IncidentQuerySet:
    """Those that are over and whose post-mortem has a deadline, and was not discarded."""
    return incidents.filter(
        resolved_at__isnull=False, postmortem__discarded_at=None, postmortem__due_at__isnull=False
    )


def inside(moment: str, stretch: Stretch) -> dict[str, datetime]:
    """A filter: ``moment`` lies in ``stretch``."""
    return {f"{moment}__gte": stretch.start, f"{moment}__lt": stretch.end}


def was_due(period: Period, today: date) -> Q:
    """Items that were due in ``period``, up to now, and were not dropped: one of today counts once it is done."""
    until = Q(due_on__gte=period.first, due_on__lte=min(period.last, today)) & ~Q(status=ItemStatus.DROPPED)
    return until & (Q(due_on__lt=today) | Q(status=ItemStatus.DONE))


def done_in_time(period: Period) -> Q:
    """Of them: those done by their day, as the reader's calendar has it."""
    edges = [*(day.start for day in period.each_day), period.end]
    day = ExpressionWrapper(
        Value(period.first - ONE_DAY) + Slot("closed_at", edges), output_field=DateField()
    )
    return Q(status=ItemStatus.DONE, due_on__gte=day)


#: Days overdue at which an older age begins, and what the ages are called.
AGES = (1, 8, 31, 91)
AGE_NAMES = ("Up to a week", "8 to 30 days", "31 to 90 days", "More than 90 days")


def aged(today: date, age: int) -> Q:
    """Of overdue items: those of AGES[age]."""
    older = AGES[age + 1 : age + 2]
    recent = Q(due_on__gt=today - timedelta(days=older[0])) if older else Q()
    return Q(due_on__lte=today - timedelta(days=AGES[age])) & recent


# -- causes -----------------------------------------------------------------------------------------------


def with_branch(incidents: IncidentQuerySet) -> Any:
    """The incidents, with ``branch__title``: the containment branch that was chosen and still stands, or NULL."""
    stands = Q(checklists__is_branch=True, checklists__chosen_at__isnull=False, checklists__abandoned_at=None)
    return incidents.annotate(branch=FilteredRelation("checklists", condition=stands))


def titles_by_cause(incidents: IncidentQuerySet) -> dict[str, list[str]]:
    """The causes of ``incidents``, each with the titles that branches give it, in one runbook or another."""
    chosen = with_branch(incidents).filter(branch__isnull=False).order_by()
    found: dict[str, list[str]] = {}
    for title in chosen.values_list("branch__title", flat=True).distinct():
        found.setdefault(cause(title), []).append(title)
    return found
