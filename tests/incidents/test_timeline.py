"""The timeline: append-only by the database, linked by hashes, and one with the change it records."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import Error, connection, transaction

from accounts.models import User
from incidents import operations
from incidents.models import Incident, TimelineEvent
from incidents.timeline import faults
from outbox.models import Fact


@contextmanager
def past_the_triggers() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        yield
        cursor.execute("RESET session_replication_role")


def execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE incidents_timelineevent SET text = 'x'",
        "DELETE FROM incidents_timelineevent",
        "TRUNCATE incidents_timelineevent CASCADE",
    ],
)
def test_database_refuses_to_rewrite_a_timeline(incident: Incident, sql: str) -> None:
    before = list(incident.events.order_by("seq").values())
    execute("SET CONSTRAINTS ALL IMMEDIATE")  # else TRUNCATE is refused for a reason of its own
    with pytest.raises(Error, match="append-only"), transaction.atomic():
        execute(sql)
    assert list(incident.events.order_by("seq").values()) == before


def test_model_cannot_change_or_delete_an_event(incident: Incident) -> None:
    event = incident.events.all()[0]
    event.text = "Nothing happened"
    with pytest.raises(Error, match="append-only"), transaction.atomic():
        event.save()
    with pytest.raises(Error, match="append-only"), transaction.atomic():
        event.delete()


def test_untouched_timelines_verify(incident: Incident, grace: User) -> None:
    note = operations.add_note(incident.pk, "Ünïcode “words” \U0001f6a8\n", by=grace)
    operations.correct_event(incident.pk, note.pk, "Other words", by=grace)
    out = StringIO()
    call_command("verify_timeline", stdout=out)
    assert "1 timelines verify." in out.getvalue()


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("UPDATE incidents_timelineevent SET text = 'Nothing' WHERE seq = 2", "event 2 does not match"),
        ("UPDATE incidents_timelineevent SET occurred_at = now() WHERE seq = 1", "event 1 does not match"),
        ("UPDATE incidents_timelineevent SET recorded_at = now() WHERE seq = 1", "event 1 does not follow"),
        ("UPDATE incidents_timelineevent SET recorded_by_id = NULL WHERE seq = 1", "event 1 does not match"),
        ("DELETE FROM incidents_timelineevent WHERE seq = 1", "event 1 is missing"),
        (
            "DELETE FROM incidents_timelineevent WHERE seq = (SELECT max(seq) FROM incidents_timelineevent)",
            "ends before",
        ),
        ("UPDATE incidents_incident SET chain_head = 'x'", "ends before"),
    ],
)
def test_row_changed_behind_the_triggers_is_found(incident: Incident, sql: str, words: str) -> None:
    with past_the_triggers():
        execute(sql)
    err = StringIO()
    with pytest.raises(CommandError) as stopped:
        call_command("verify_timeline", f"INC-{incident.pk}", stderr=err)
    assert words in err.getvalue()
    assert stopped.value.returncode == 1


def test_verifying_an_unknown_incident_says_so(db: None) -> None:
    with pytest.raises(CommandError, match="no incident INC-0"):
        call_command("verify_timeline", "INC-0")


def test_hidden_content_keeps_the_chain_of_the_others(incident: Incident) -> None:
    """The chain is over commitments: without a content, each link can still be followed."""
    with past_the_triggers():
        execute("UPDATE incidents_timelineevent SET text = '' WHERE seq = 1")
    assert faults(Incident.objects.get(pk=incident.pk)) == [
        f"INC-{incident.pk}: event 1 does not match its commitment"
    ]


@contextmanager
def events_that_fail() -> Iterator[None]:
    execute(
        "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'disk full'; END $$;"
        "CREATE TRIGGER fail BEFORE INSERT ON incidents_timelineevent FOR EACH ROW EXECUTE FUNCTION fail()"
    )
    try:
        yield
    finally:
        execute("DROP TRIGGER fail ON incidents_timelineevent; DROP FUNCTION fail()")


CHANGES: dict[str, Callable[[Incident, User], object]] = {
    "severity": lambda i, by: operations.change_severity(i.pk, 1, by=by),
    "resolve": lambda i, by: operations.change_status(i.pk, "resolved", by=by),
    "tick": lambda i, by: operations.set_step_done(i.pk, i.steps.filter(kind="task")[0].pk, True, by=by),
    "role": lambda i, by: operations.assign_role(i.pk, "commander", by, by=by),
    "private": lambda i, by: operations.change_privacy(i.pk, True, by=by),
    "cause": lambda i, by: operations.choose_branch(i.pk, i.checklists.filter(is_branch=True)[0].pk, by=by),
    "update": lambda i, by: operations.post_update(i.pk, "We know", by=by),
    "add": lambda i, by: operations.add_step(i.pk, i.checklists.all()[0].pk, "Ring", by=by),
}


# With nothing around the operation: it is its own transaction that takes the change back.
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("change", CHANGES)
def test_event_that_fails_takes_its_change_back(change: str, incident: Incident, ada: User) -> None:
    before = snapshot(incident)
    with events_that_fail(), pytest.raises(Error, match="disk full"):
        CHANGES[change](incident, ada)
    assert snapshot(incident) == before


def snapshot(incident: Incident) -> list[object]:
    """All that the database holds about the incident, and the facts."""
    own = [Incident.objects.filter(pk=incident.pk), incident.steps.order_by("pk"), incident.checklists.all()]
    return [list(rows.values()) for rows in (*own, incident.access.all(), Fact.objects.all())]


@pytest.mark.django_db(transaction=True)
def test_declaration_whose_event_fails_leaves_nothing(declared: Callable[..., Incident]) -> None:
    with events_that_fail(), pytest.raises(Error, match="disk full"):
        declared()
    assert not Incident.objects.exists()
    assert not TimelineEvent.objects.exists()


def test_each_change_publishes_its_fact(incident: Incident, ada: User) -> None:
    operations.acknowledge(incident.pk, by=ada)
    fact = Fact.objects.order_by("-pk")[0]
    event = incident.events.order_by("-seq")[0]
    assert (fact.name, fact.payload) == (
        "acknowledged",
        {"incident_id": incident.pk, "event_id": event.pk, "seq": event.seq},
    )
