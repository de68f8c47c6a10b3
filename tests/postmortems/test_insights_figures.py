"""The figures against numbers reckoned by hand, over a few incidents whose times are known."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone

from accounts.models import Team, User
from incidents import operations
from incidents.models import Incident, Service
from incidents.operations import Declaration
from postmortems.insights import figures
from postmortems.insights.figures import Figures, Group, Kept, Spread
from postmortems.insights.period import Period
from postmortems.models import ActionItem
from runbooks.models import Revision
from tests.postmortems.conftest import a_postmortem, an_item

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
MINUTE, HOUR = 60.0, 3600.0
Make = Callable[..., Incident]


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """The time, which stands still until it is moved."""
    with time_machine.travel(NOW, tick=False) as coordinates:
        yield coordinates


@pytest.fixture
def make(revision: Revision, ada: User) -> Make:
    return lambda at, **said: an_incident(revision, ada, at, **said)


def an_incident(revision: Revision, by: User, at: datetime, **said: Any) -> Incident:
    """A SEV2 declared at ``at``, when it also began. Minutes from then: ``acknowledged``, ``mitigated``, ``resolved``."""
    for name in ("acknowledged", "mitigated", "resolved"):
        if minutes := said.pop(name, None):
            said[f"{name}_at"] = at + timedelta(minutes=minutes)
    if "resolved_at" in said:
        said = {"status": "resolved", "ended_at": said["resolved_at"]} | said
    services = said.pop("services", [])
    usual = {"title": "Chat not working", "severity": 2, "severity_name": "SEV2 High"}
    times = {"declared_at": at, "started_at": at}
    incident = Incident.objects.create(revision=revision, declared_by=by, **usual | times | said)
    incident.services.set(services)
    return incident


def measured(user: User, period: Period | None = None, team: Team | None = None) -> Figures:
    return figures.measure(user, period or Period.up_to(date(2026, 11, 28), UTC), team, NOW)


def day(month: int, number: int, hour: int = 12, minute: int = 0) -> datetime:
    return datetime(2026, month, number, hour, minute, tzinfo=UTC)


def about(seconds: float) -> Any:
    return pytest.approx(seconds)


def test_times_are_medians_and_ninth_tenths_by_month_and_severity(make: Make, eve: User) -> None:
    for minutes in (10, 20, 30, 40, 100):
        make(day(10, 5), acknowledged=minutes / 10, mitigated=minutes / 2, resolved=minutes)
    make(day(11, 2), severity=1, severity_name="SEV1", acknowledged=3, resolved=60)
    make(day(11, 3), acknowledged=7)
    times = measured(eve).times
    # 10, 20, 30, 40, 100: the 90th percentile lies 0.6 of the way from the fourth to the fifth.
    # August has one day in the period; then come September, October and November.
    assert times.spread("resolve", 2, 2) == Spread(5, 30 * MINUTE, about(76 * MINUTE))
    assert times.spread("resolve", 3, 1) == Spread(1, HOUR, HOUR)
    assert times.spread("resolve", 3, 2) == Spread()
    assert times.spread("mitigate", 2) == Spread(5, 15 * MINUTE, about(38 * MINUTE))
    assert times.spread("mitigate", 3) == Spread()
    # 1, 2, 3, 4, 10 and 7 minutes of SEV2, and 3 of SEV1.
    assert times.spread("acknowledge", level=2) == Spread(6, 3.5 * MINUTE, about(8.5 * MINUTE))
    assert times.spread("acknowledge") == Spread(7, 3 * MINUTE, about(8.2 * MINUTE))
    assert times.spread("resolve") == Spread(6, 35 * MINUTE, 80 * MINUTE)


def test_times_run_from_declaring_to_acknowledging_and_from_the_start_to_the_end(
    make: Make, eve: User
) -> None:
    at = day(11, 2)
    make(at, started_at=at - timedelta(hours=1), acknowledged=5, mitigated=30, resolved=60)
    times = measured(eve).times
    assert times.spread("acknowledge").median == 5 * MINUTE
    assert times.spread("mitigate").median == 90 * MINUTE
    assert times.spread("resolve").median == 2 * HOUR


def test_a_time_corrected_to_run_backwards_counts_as_none(make: Make, eve: User) -> None:
    at = day(11, 2)
    make(at, started_at=at + timedelta(hours=2), resolved=60)
    assert measured(eve).times.spread("resolve").median == 0


def test_the_period_before_is_as_long_and_ends_where_this_one_begins(make: Make, eve: User) -> None:
    period = Period.between(date(2026, 11, 1), date(2026, 11, 10), date(2026, 11, 28), UTC)
    make(day(11, 1, 0), resolved=60)
    make(day(10, 31, 23, 59), resolved=120)
    make(day(10, 22, 0), resolved=240)
    make(day(10, 21, 23, 59), resolved=999)
    found = measured(eve, period)
    assert (found.total, found.times.spread("resolve").median) == (1, HOUR)
    assert found.before.spread("resolve") == Spread(2, 3 * HOUR, about(3.8 * HOUR))


def test_incidents_are_counted_by_week_and_severity(make: Make, eve: User) -> None:
    period = Period.between(date(2026, 11, 4), date(2026, 11, 20), date(2026, 11, 28), UTC)
    for at, level in (
        (day(11, 4), 2),
        (day(11, 8, 23), 2),
        (day(11, 9, 0), 2),
        (day(11, 9), 1),
        (day(11, 20, 23), 4),
    ):
        make(at, severity=level, severity_name=f"P{level}")
    make(day(11, 3, 23))
    make(day(11, 21, 0))
    found = measured(eve, period)
    assert [(week.first.day, week.last.day) for week in period.weeks] == [(4, 8), (9, 15), (16, 20)]
    assert found.weeks == {(0, 2): 2, (1, 2): 1, (1, 1): 1, (2, 4): 1}
    assert (found.total, found.levels) == (5, {1: "P1", 2: "P2", 4: "P4"})


def test_a_level_is_called_what_most_incidents_call_it(make: Make, eve: User) -> None:
    for name in ("High", "SEV2", "SEV2"):
        make(day(11, 2), severity_name=name)
    assert measured(eve).levels == {2: "SEV2"}


@pytest.mark.parametrize(
    ("zone", "at", "first"),
    [
        # Madrid falls back on 25 October 2026 at 03:00: that day has 25 hours, and ends at 23:00 UTC.
        ("Europe/Madrid", datetime(2026, 10, 24, 22, 30, tzinfo=UTC), date(2026, 10, 25)),
        ("Europe/Madrid", datetime(2026, 10, 25, 22, 59, tzinfo=UTC), date(2026, 10, 25)),
        ("Europe/Madrid", datetime(2026, 10, 25, 23, 0, tzinfo=UTC), date(2026, 10, 26)),
        # Cairo springs forward on 24 April 2026 at midnight: that day begins at 01:00.
        ("Africa/Cairo", datetime(2026, 4, 23, 21, 59, tzinfo=UTC), date(2026, 4, 23)),
        ("Africa/Cairo", datetime(2026, 4, 23, 22, 0, tzinfo=UTC), date(2026, 4, 24)),
        ("Africa/Cairo", datetime(2026, 4, 24, 20, 59, tzinfo=UTC), date(2026, 4, 24)),
        ("Africa/Cairo", datetime(2026, 4, 24, 21, 0, tzinfo=UTC), date(2026, 4, 25)),
        ("Asia/Kolkata", datetime(2026, 10, 31, 18, 30, tzinfo=UTC), date(2026, 11, 1)),
    ],
)
def test_days_are_those_of_the_readers_zone_when_clocks_change(
    make: Make, eve: User, zone: str, at: datetime, first: date
) -> None:
    make(at, resolved=60)
    own = ZoneInfo(zone)
    for shift, total in ((-1, 0), (0, 1), (1, 0)):
        there = first + timedelta(days=shift)
        found = measured(eve, Period.between(there, there, date(2026, 11, 28), own))
        assert found.total == total
    period = Period.between(date(2026, 3, 1), date(2026, 11, 28), date(2026, 11, 28), own)
    found = measured(eve, period)
    week = next(n for n, stretch in enumerate(period.weeks) if stretch.first <= first <= stretch.last)
    month = next(n for n, stretch in enumerate(period.months) if stretch.first <= first <= stretch.last)
    assert found.weeks == {(week, 2): 1}
    assert found.times.spread("resolve", month, 2) == Spread(1, HOUR, HOUR)


def test_updates_on_time_count_each_promise_once(
    revision: Revision, ada: User, eve: User, clock: time_machine.Traveller
) -> None:
    clock.move_to(day(11, 2))
    incident = operations.declare(Declaration(title="Chat", severity=1), revision=revision, by=ada)
    cadence = incident.cadence
    assert cadence is not None
    for late in (-2, 0, 7, 9):
        due = Incident.objects.get(pk=incident.pk).next_update_due_at
        assert due
        clock.move_to(due + timedelta(minutes=late))
        operations.post_update(incident.pk, "Still looking", by=ada)
    corrected = incident.events.latest("seq")
    operations.correct_event(incident.pk, corrected.pk, "Still looking!", by=ada)
    kept = Kept(owed=4, kept=2, lateness=8 * MINUTE)
    assert figures.measure(eve, Period.up_to(date(2026, 11, 28), UTC), None, timezone.now()).updates == {
        1: kept
    }
    # Nothing since: one more is owed, and not kept.
    assert measured(eve).updates[1] == Kept(owed=5, kept=2, lateness=8 * MINUTE)


def test_post_mortems_are_on_time_late_missing_or_not_due_yet(make: Make, ada: User, eve: User) -> None:
    def written(at: datetime, due_in: int, published_in: int | None = None, **said: Any) -> None:
        postmortem = a_postmortem(make(at, resolved=60), ada)
        postmortem.due_at = at + timedelta(hours=due_in)
        if published_in:
            postmortem.status, postmortem.published_at = "published", at + timedelta(hours=published_in)
        for name, value in said.items():
            setattr(postmortem, name, value)
        postmortem.save()

    written(day(10, 5), 24, 23)
    written(day(10, 6), 24, 24)
    written(day(10, 7), 24, 25)
    written(day(11, 3), 24)
    written(day(11, 27), 24)
    written(day(11, 4), 24, discarded_at=NOW)
    make(day(11, 4), resolved=60)
    assert measured(eve).documents == {
        2: {"on_time": 2, "late": 1, "missing": 0, "waiting": 0},
        3: {"on_time": 0, "late": 0, "missing": 1, "waiting": 1},
    }


def test_action_items_are_opened_closed_and_overdue_by_age(ada: User, grace: User, eve: User) -> None:
    def item(opened: datetime, due: date | None, closed: datetime | None = None, **said: Any) -> ActionItem:
        ending = {"closed_at": closed, "status": "done", "evidence": "PR 12"} if closed else {}
        return an_item(ada, due, added_at=opened, **ending | said)

    item(day(9, 1), date(2026, 11, 1), day(11, 1, 23))  # on its day
    item(day(11, 2), date(2026, 11, 1), day(11, 2, 1))  # the day after
    item(day(11, 2), None, day(11, 9))
    item(
        day(11, 2), date(2026, 11, 20), day(11, 9), status="dropped", evidence="", drop_reason="No", closed_by=grace,
        drop_proposed_by=ada,
    )  # fmt: skip
    for late in (0, 1, 7, 8, 30, 31, 90, 91, 400):
        item(day(11, 3), NOW.date() - timedelta(days=late))
    item(day(11, 3), None)
    found = measured(eve).items
    period = Period.up_to(date(2026, 11, 28), UTC)
    last, before = (
        next(n for n, week in enumerate(period.weeks) if week.first == date(2026, *d))
        for d in ((11, 2), (10, 26))
    )
    assert found.opened == {0: 1, last: 13}
    assert found.done == {before: 1, last: 1, last + 1: 1}
    assert found.dropped == {last + 1: 1}
    # Two done, and five that are open and were due from 31 August to yesterday.
    assert (found.in_time, found.due) == (1, 7)
    assert found.overdue == {0: 2, 1: 2, 2: 2, 3: 2}
    assert found.open == 10


def test_services_and_causes_come_with_their_median(make: Make, ada: User, eve: User) -> None:
    chat, api = (Service.objects.create(name=name, slug=name.lower()) for name in ("Chat", "API"))
    first = make(day(11, 2), services=[chat, api], resolved=60)
    second = make(day(11, 3), services=[chat], resolved=180)
    third = make(day(11, 4))
    branch(first, "If caused by a recent deployment")
    branch(second, "If caused by recent deployment")
    branch(third, "Database", given_up=True)
    found = measured(eve)
    assert found.services == [
        Group("chat", "Chat", 2, Spread(2, 2 * HOUR, about(2.8 * HOUR))),
        Group("api", "API", 1, Spread(1, HOUR, HOUR)),
        Group("", "", 1, Spread()),
    ]
    assert found.causes == [
        Group("Recent deployment", "Recent deployment", 2, Spread(2, 2 * HOUR, about(2.8 * HOUR))),
        Group("", "", 1, Spread()),
    ]


def branch(incident: Incident, title: str, *, given_up: bool = False) -> None:
    """Another branch beside it is never chosen."""
    incident.checklists.create(title="If it is load", is_branch=True, position=1)
    abandoned = NOW if given_up else None
    incident.checklists.create(title=title, is_branch=True, position=2, chosen_at=NOW, abandoned_at=abandoned)


def test_a_team_narrows_everything(make: Make, ada: User, eve: User) -> None:
    web, core = (Team.objects.create(name=name, slug=name) for name in ("web", "core"))
    ours = make(day(11, 2), team=web, resolved=60)
    make(day(11, 2), team=core, resolved=600)
    make(day(11, 2))
    an_item(ada, team=web, added_at=day(11, 2))
    an_item(ada, incident=ours, added_at=day(11, 2))
    an_item(ada, incident=ours, team=core, added_at=day(11, 2))
    an_item(ada, added_at=day(11, 2))
    found = measured(eve, team=web)
    assert (found.total, found.times.spread("resolve").median, found.items.open) == (1, HOUR, 2)


@pytest.mark.parametrize("status", ["cancelled", "merged"])
def test_cancelled_and_merged_incidents_are_left_out(make: Make, eve: User, status: str) -> None:
    kept = make(day(11, 2), resolved=60)
    into = {"merged_into": kept} if status == "merged" else {}
    make(day(11, 2), acknowledged=1, mitigated=2, resolved=3, **{"status": status} | into)
    _only_one_of_an_hour(measured(eve))
    assert measured(eve).left_out[status] == 1


def test_drills_are_left_out(make: Make, eve: User) -> None:
    make(day(11, 2), resolved=60)
    make(day(11, 2), acknowledged=1, mitigated=2, resolved=3, nature="drill")
    _only_one_of_an_hour(measured(eve))
    assert measured(eve).left_out == {"cancelled": 0, "merged": 0, "drills": 1}


def _only_one_of_an_hour(found: Figures) -> None:
    assert found.total == 1
    assert found.times.spread("resolve") == Spread(1, HOUR, HOUR)
    assert found.times.spread("acknowledge") == found.times.spread("mitigate") == Spread()
    assert [group.count for group in found.services + found.causes] == [1, 1]


def test_what_was_written_up_afterwards_has_an_end_but_nobody_acknowledged_it(
    revision: Revision, ada: User, eve: User, clock: time_machine.Traveller
) -> None:
    clock.move_to(day(11, 2))
    said = Declaration(
        title="Last night",
        severity=2,
        nature="retrospective",
        started_at=day(11, 1, 22),
        ended_at=day(11, 2, 1),
    )
    incident = operations.declare(said, revision=revision, by=ada)
    Incident.objects.filter(pk=incident.pk).update(acknowledged_at=day(11, 2, 13))
    times = measured(eve).times
    assert measured(eve).total == 1
    assert times.spread("resolve") == Spread(1, 3 * HOUR, 3 * HOUR)
    assert times.spread("acknowledge") == times.spread("mitigate") == Spread()


def test_private_incidents_are_counted_for_those_added_to_them_alone(
    make: Make, ada: User, grace: User, eve: User
) -> None:
    nothing = [measured(user) for user in (ada, eve)]
    service = Service.objects.create(name="Chat", slug="chat")
    private = make(day(11, 2), is_private=True, acknowledged=1, mitigated=2, resolved=3, services=[service])
    make(day(11, 2), is_private=True, status="cancelled")
    branch(private, "Security")
    a_postmortem(private, ada)
    an_item(ada, date(2026, 11, 1), incident=private, added_at=day(11, 2))
    private.access.create(user=grace, granted_by=ada)
    assert [measured(user) for user in (ada, eve)] == nothing
    found = measured(grace)
    assert (found.total, found.items.open, found.causes[0].name) == (1, 1, "Security")
    assert found.left_out["cancelled"] == 0
