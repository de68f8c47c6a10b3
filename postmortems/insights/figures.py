"""The figures of a period, by a fixed number of queries: PostgreSQL counts and takes the medians."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from django.db.models import (
    Case,
    CharField,
    Count,
    DurationField,
    ExpressionWrapper,
    F,
    IntegerField,
    Q,
    Value,
    When,
)
from django.db.models.functions import Cast, Extract

from accounts.models import Team, User
from incidents.models import IncidentQuerySet
from incidents.states import Nature, Status
from postmortems.insights.counting import (
    AGES,
    LATE,
    RESOLVE,
    TIMES,
    Percentiles,
    aged,
    counted,
    document_states,
    done_in_time,
    inside,
    items_of,
    slot_of,
    titles_by_cause,
    updates_owed,
    waiting_for_update,
    was_due,
    with_branch,
    with_deadline,
    within,
)
from postmortems.insights.period import Period
from postmortems.models.items import ActionItemQuerySet
from postmortems.states import ITEM_OPEN, ItemStatus


@dataclass(frozen=True, slots=True)
class Spread:
    """How long something took, in seconds, over ``count`` incidents; None over none."""

    count: int = 0
    median: float | None = None
    ninth: float | None = None

    @classmethod
    def of(cls, count: int, both: list[float] | None) -> "Spread":
        return cls(count, *both) if both and both[0] is not None else cls()


@dataclass(frozen=True, slots=True)
class Times:
    """Spreads by the name of a time (see ``counting.TIMES``) and by (month, level), either None for all."""

    spreads: dict[str, dict[tuple[int | None, int | None], Spread]]

    def spread(self, name: str, month: int | None = None, level: int | None = None) -> Spread:
        return self.spreads[name].get((month, level), Spread())


@dataclass(frozen=True, slots=True)
class Kept:
    """Updates that were owed, and how many came in time; how late the others were, in the median, in seconds."""

    owed: int = 0
    kept: int = 0
    lateness: float | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Incidents of one service or cause: how many, and how long they took to resolve. ``key`` is "" for none."""

    key: str
    name: str
    count: int
    resolve: Spread


@dataclass(frozen=True, slots=True)
class Items:
    """Action items by week: opened, done, dropped. ``in_time`` of those that were ``due`` were done by their day.
    ``overdue`` by age and ``open`` are those of now."""

    opened: dict[int, int] = field(default_factory=dict)
    done: dict[int, int] = field(default_factory=dict)
    dropped: dict[int, int] = field(default_factory=dict)
    in_time: int = 0
    due: int = 0
    overdue: dict[int, int] = field(default_factory=dict)
    open: int = 0


@dataclass(frozen=True, slots=True)
class Figures:
    """All of them. Months, weeks and ages are numbered from 0, as in ``period.months``, ``period.weeks``, AGES."""

    period: Period
    total: int
    levels: dict[int, str]
    left_out: dict[str, int]
    times: Times
    before: Times
    weeks: dict[tuple[int, int], int]
    updates: dict[int, Kept]
    documents: dict[int, dict[str, int]]
    items: Items
    services: list[Group]
    causes: list[Group]

    @property
    def is_empty(self) -> bool:
        items = self.items
        return not (self.total or items.open or items.opened or items.done or items.dropped)


def measure(user: User, period: Period, team: Team | None, now: datetime) -> Figures:
    """What ``user`` may know of ``period``, of all teams or of one."""
    incidents = counted(user, period, team)
    weeks = _Weeks.of(incidents, period, now)
    return Figures(
        period=period,
        total=weeks.counts.total(),
        levels=weeks.levels,
        left_out=_left_out(within(user, period, team)),
        times=_times(incidents, period),
        before=_totals(counted(user, period.before, team)),
        weeks=weeks.counts,
        updates=_updates(incidents, period, weeks.waiting),
        documents=_documents(incidents, period, now),
        items=_items(user, period, team, now.astimezone(period.zone).date()),
        services=_services(incidents),
        causes=_causes(incidents),
    )


@dataclass(slots=True)
class _Weeks:
    """Incidents by (week, level), how many of a level have an update overdue now, and what the levels are called:
    where runbooks differ, as most incidents have it."""

    counts: Counter[tuple[int, int]] = field(default_factory=Counter)
    waiting: Counter[int] = field(default_factory=Counter)
    said: dict[int, Counter[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, incidents: IncidentQuerySet, period: Period, now: datetime) -> "_Weeks":
        weeks, waiting = cls(), Count("pk", filter=waiting_for_update(now))
        by = incidents.values("severity", "severity_name", week=slot_of("declared_at", period.weeks))
        for row in by.annotate(count=Count("pk"), waiting=waiting):
            level = row["severity"]
            weeks.counts[row["week"] - 1, level] += row["count"]
            weeks.waiting[level] += row["waiting"]
            weeks.said.setdefault(level, Counter())[row["severity_name"]] += row["count"]
        return weeks

    @property
    def levels(self) -> dict[int, str]:
        return {level: max(sorted(said), key=said.__getitem__) for level, said in sorted(self.said.items())}


def _left_out(incidents: IncidentQuerySet) -> dict[str, int]:
    drills = Q(nature=Nature.DRILL)
    return incidents.aggregate(
        cancelled=Count("pk", filter=Q(status=Status.CANCELLED) & ~drills),
        merged=Count("pk", filter=Q(status=Status.MERGED) & ~drills),
        drills=Count("pk", filter=drills),
    )


def _times(incidents: IncidentQuerySet, period: Period) -> Times:
    """By month and severity, by month, by severity, and over all: medians of parts do not add up to that of all."""
    month, every = slot_of("declared_at", period.months), Value(None, output_field=IntegerField())
    both, by_month, by_level, all_of_them = (
        _spreads(incidents, month=one, level=other)
        for one, other in ((month, F("severity")), (month, every), (every, F("severity")), (every, every))
    )
    return _read_times(both.union(by_month, by_level, all_of_them, all=True))


def _totals(incidents: IncidentQuerySet) -> Times:
    every = Value(None, output_field=IntegerField())
    return _read_times(_spreads(incidents, month=every, level=every))


def _spreads(incidents: IncidentQuerySet, **by: Any) -> Any:
    counts = {f"{name}_count": Count(seconds) for name, seconds in TIMES.items()}
    both = {f"{name}_both": Percentiles(seconds) for name, seconds in TIMES.items()}
    return incidents.annotate(**by).values(*by).annotate(**counts, **both).order_by()


def _read_times(rows: Iterable[dict[str, Any]]) -> Times:
    spreads: dict[str, dict[tuple[int | None, int | None], Spread]] = {name: {} for name in TIMES}
    for row in rows:
        month = row["month"] - 1 if row["month"] else None
        for name, found in spreads.items():
            found[month, row["level"]] = Spread.of(row[f"{name}_count"], row[f"{name}_both"])
    return Times(spreads)


def _updates(incidents: IncidentQuerySet, period: Period, waiting: Counter[int]) -> dict[int, Kept]:
    """By level. ``waiting`` are overdue now, by level."""
    lateness = Extract(ExpressionWrapper(F("recorded_at") - F("was_due"), DurationField()), "epoch")
    # No update is older than its incident: an index finds those that can be meant.
    recent = updates_owed().filter(recorded_at__gte=period.start, incident__in=incidents.values("pk"))
    by = recent.values(level=F("incident__severity"))
    late = Percentiles(lateness, filter=LATE)
    rows = by.annotate(owed=Count("pk"), kept=Count("pk", filter=~LATE), late=late).order_by("level")
    found = {row["level"]: Kept(row["owed"], row["kept"], row["late"] and row["late"][0]) for row in rows}
    for level, count in waiting.items():
        kept = found.get(level, Kept())
        found[level] = replace(kept, owed=kept.owed + count)
    return {level: kept for level, kept in sorted(found.items()) if kept.owed}


def _documents(incidents: IncidentQuerySet, period: Period, now: datetime) -> dict[int, dict[str, int]]:
    """By month of the incident: how its post-mortem stands by its deadline."""
    states = {name: Count("pk", filter=state) for name, state in document_states(now).items()}
    months: Any = with_deadline(incidents).values(month=slot_of("declared_at", period.months))
    return {row.pop("month") - 1: row for row in months.annotate(**states)}


def _items(user: User, period: Period, team: Team | None, today: date) -> Items:
    items = items_of(user, team)
    found: dict[str, dict[int, int]] = {"opened": {}, ItemStatus.DONE: {}, ItemStatus.DROPPED: {}}
    for row in _in_weeks(items, "opened", "added_at", period).union(
        _in_weeks(items, F("status"), "closed_at", period), all=True
    ):
        found[row["what"]][row["week"] - 1] = row["count"]
    stand = _stand(items, period, today)
    return Items(
        opened=found["opened"],
        done=found[ItemStatus.DONE],
        dropped=found[ItemStatus.DROPPED],
        in_time=stand["in_time"],
        due=stand["due"],
        open=stand["open"],
        overdue={age: stand[f"age_{age}"] for age in range(len(AGES))},
    )


def _in_weeks(items: ActionItemQuerySet, what: str | F, moment: str, period: Period) -> Any:
    kind = Cast(Value(what) if isinstance(what, str) else what, CharField())
    by = items.filter(**inside(moment, period)).values(what=kind, week=slot_of(moment, period.weeks))
    return by.annotate(count=Count("pk")).order_by()


def _stand(items: ActionItemQuerySet, period: Period, today: date) -> dict[str, int]:
    """How many are open, overdue by age, were due in the period, and of those were done in time."""
    still, due = Q(status__in=ITEM_OPEN), was_due(period, today)
    ages = {f"age_{n}": Count("pk", filter=still & aged(today, n)) for n in range(len(AGES))}
    in_time = Count("pk", filter=due & done_in_time(period))
    return items.filter(still | due).aggregate(
        open=Count("pk", filter=still), due=Count("pk", filter=due), in_time=in_time, **ages
    )


def _services(incidents: IncidentQuerySet) -> list[Group]:
    """The one with most incidents first, and those of no service last."""
    return _groups(incidents.values(key=F("services__slug"), name=F("services__name")))


def _causes(incidents: IncidentQuerySet) -> list[Group]:
    """By the branch that was chosen and stands; titles that mean the same cause are one."""
    named = [
        When(branch__title__in=titles, then=Value(cause))
        for cause, titles in titles_by_cause(incidents).items()
    ]
    cause = Case(*named, output_field=CharField())
    return _groups(with_branch(incidents).values(key=cause), name="key")


def _groups(by: Any, name: str = "name") -> list[Group]:
    rows = by.annotate(count=Count("pk"), resolved=Count(RESOLVE), both=Percentiles(RESOLVE))
    groups = [
        Group(
            row["key"] or "",
            row[name] or "",
            row["count"],
            Spread.of(row["resolved"], row["both"]),
        )
        for row in rows
    ]
    return sorted(groups, key=lambda group: (not group.key, -group.count, group.name.lower()))
