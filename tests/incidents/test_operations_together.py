"""Two people at once: the second change waits for the first, and then obeys the rule."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, connections, transaction

from accounts.models import User
from incidents import operations
from incidents.models import Incident, Step
from incidents.operations import Refused
from incidents.states import Kind, Status

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def together() -> Any:
    """Runs work in threads of their own, each with its own connection."""
    with ThreadPoolExecutor(8) as pool:
        yield lambda work: pool.submit(_and_close, work)


def _and_close(work: Callable[[], Any]) -> Any:
    try:
        return work()
    finally:
        connections.close_all()


def waiting() -> int:
    """How many connections wait for a lock that another one holds."""
    # Not pg_stat_activity, which shows one moment for a whole transaction.
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return int(cursor.fetchone()[0])


def until_someone_waits(other: "Future[Any]") -> None:
    deadline = time.monotonic() + 10
    while not waiting():
        assert not other.done(), "the second change did not wait"
        assert time.monotonic() < deadline
        time.sleep(0.01)


SECOND: dict[str, Callable[[Incident, User], object]] = {
    "change_severity": lambda i, by: operations.change_severity(i.pk, 1, by=by),
    "change_status": lambda i, by: operations.change_status(i.pk, "monitoring", by=by),
    "cancel": lambda i, by: operations.cancel(i.pk, by=by, reason="A false alarm"),
    "assign_role": lambda i, by: operations.assign_role(i.pk, "commander", by, by=by),
    "acknowledge": lambda i, by: operations.acknowledge(i.pk, by=by),
}


@pytest.mark.parametrize("second", SECOND)
def test_second_of_two_changes_waits_and_then_obeys_the_rule(
    second: str, incident: Incident, ada: User, grace: User, together: Any
) -> None:
    with transaction.atomic():
        operations.change_status(incident.pk, "resolved", by=ada)
        late = together(lambda: SECOND[second](incident, grace))
        until_someone_waits(late)
    with pytest.raises(Refused, match=r"(resolved|ended)"):
        late.result(timeout=10)
    incident.refresh_from_db()
    assert incident.status == Status.RESOLVED
    assert (incident.severity, incident.commander, incident.acknowledged_at) == (2, None, None)
    assert incident.events.order_by("-seq")[0].kind == Kind.STATUS_CHANGED


def test_second_of_two_equal_changes_waits_and_changes_nothing(
    incident: Incident, ada: User, grace: User, together: Any
) -> None:
    with transaction.atomic():
        operations.change_status(incident.pk, "resolved", by=ada)
        late = together(lambda: operations.change_status(incident.pk, "resolved", by=grace))
        until_someone_waits(late)
    late.result(timeout=10)
    assert incident.events.filter(kind=Kind.STATUS_CHANGED).count() == 1


def test_access_taken_away_meanwhile_counts(
    declared: Callable[..., Incident], ada: User, grace: User, together: Any
) -> None:
    private = declared(is_private=True)
    operations.grant_access(private.pk, grace, by=ada)
    with transaction.atomic():
        operations.revoke_access(private.pk, grace, by=ada)
        late = together(lambda: operations.add_note(private.pk, "Let me see", by=grace))
        until_someone_waits(late)
    with pytest.raises(Refused, match="may not change"):
        late.result(timeout=10)


def test_two_people_ticking_at_once_lose_nothing(
    incident: Incident, ada: User, grace: User, together: Any
) -> None:
    steps = list(incident.steps.asked().filter(kind=Step.StepKind.TASK))
    start = threading.Barrier(2)

    def tick(mine: list[Step], by: User) -> None:
        start.wait(10)
        for step in mine:
            operations.set_step_done(incident.pk, step.pk, True, by=by)

    both = [together(lambda: tick(steps[::2], ada)), together(lambda: tick(steps[1::2], grace))]
    for one in both:
        one.result(timeout=30)
    incident.refresh_from_db()
    assert incident.steps_done == incident.steps.asked().settled().count() == len(steps)
    assert incident.events.filter(kind=Kind.STEP_DONE).count() == len(steps)
    assert [e.seq for e in incident.events.order_by("seq")] == list(range(1, incident.event_seq + 1))


def test_same_tick_by_two_people_is_one(incident: Incident, ada: User, grace: User, together: Any) -> None:
    step = incident.steps.filter(kind=Step.StepKind.TASK)[0]
    start = threading.Barrier(2)

    def tick(by: User) -> None:
        start.wait(10)
        operations.set_step_done(incident.pk, step.pk, True, by=by)

    for one in [together(lambda: tick(ada)), together(lambda: tick(grace))]:
        one.result(timeout=10)
    assert incident.events.filter(kind=Kind.STEP_DONE).count() == 1


def test_double_submit_at_once_is_one(incident: Incident, ada: User, together: Any) -> None:
    key, start = uuid4(), threading.Barrier(4)

    def submit() -> int:
        start.wait(10)
        return operations.add_note(incident.pk, "We see locks", by=ada, key=key).pk

    found = {one.result(timeout=10) for one in [together(submit) for _ in range(4)]}
    assert len(found) == 1
    assert incident.events.filter(kind=Kind.NOTE_ADDED).count() == 1


def test_double_update_at_once_is_one(incident: Incident, ada: User, together: Any) -> None:
    key, start = uuid4(), threading.Barrier(2)

    def submit() -> int:
        start.wait(10)
        return operations.post_update(incident.pk, "We are on it", by=ada, key=key).pk

    assert len({one.result(timeout=10) for one in [together(submit), together(submit)]}) == 1
    assert (
        incident.events.filter(kind=Kind.STATUS_UPDATE_POSTED).count() == 2
    )  # the first is the declaration's


def test_two_merges_towards_each_other_do_not_deadlock(
    declared: Callable[..., Incident], ada: User, grace: User, together: Any
) -> None:
    one, other = declared("One"), declared("Other")
    start = threading.Barrier(2)

    def merge(this: Incident, into: Incident, by: User) -> str:
        start.wait(10)
        try:
            operations.merge(this.pk, into.pk, by=by)
        except Refused:
            return "refused"
        return "merged"

    both = [together(lambda: merge(one, other, ada)), together(lambda: merge(other, one, grace))]
    assert sorted(b.result(timeout=10) for b in both) == ["merged", "refused"]
