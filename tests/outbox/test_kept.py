"""Questions whose SQL is kept find what Django finds; rows saved by it are what Django saves."""

import threading
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import Model
from django.db.transaction import TransactionManagementError
from django.forms import model_to_dict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Team, User
from incidents import timeline
from incidents.models import Incident, Step, TimelineEvent
from incidents.operations import Declaration, add_note, declare
from incidents.operations.locking import lock
from incidents.states import Kind
from outbox.kept import Question, Rows, Shared, inserted, inserting, update
from runbooks.models import Runbook
from runbooks.operations import create_runbook, publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def incident(ada: User) -> Incident:
    runbook = b"# R\n\n| Level | Response |\n|---|---|\n| SEV1 | Immediate |\n\n## Checklist\n- [ ] Look\n- [ ] 100 % sure\n"
    said = Declaration(title="Down", severity=1)
    return declare(said, revision=create_runbook(runbook, by=None), by=ada, key=uuid4())


def all_of(row: Model) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def test_an_instance_is_whole_with_what_is_related_and_annotated(incident, ada, django_assert_num_queries):
    question = Question(lambda pk, user: Incident.objects.visible_to(user).for_room().filter(pk=pk), int, int)
    plain = Incident.objects.visible_to(ada).for_room().get(pk=incident.pk)
    question.first(0, ada.pk)
    with django_assert_num_queries(1):
        found = question.get(incident.pk, ada.pk)
        assert found.commander == plain.commander and found.declared_by == ada
        assert found.revision.runbook == plain.revision.runbook
        assert vars(found)["names"] == vars(plain)["names"]
    assert all_of(found) == all_of(plain)
    assert found.get_deferred_fields() == plain.get_deferred_fields() == set()


def test_what_is_deferred_is_read_when_it_is_asked_for(incident):
    found = Question(lambda pk: Incident.objects.defer("search", "title").filter(pk=pk), int).get(incident.pk)
    assert found.get_deferred_fields() == {"search", "title"} and found.title == "Down"


def test_the_same_question_is_asked_of_others_and_finds_nothing_where_there_is_nothing(incident, ada):
    question = Question(lambda pk: Step.objects.select_related("checklist").filter(pk=pk), int)
    steps = list(Step.objects.filter(text__in=["Look", "100 % sure"]).order_by("pk"))
    assert [question.get(step.pk).text for step in steps] == ["Look", "100 % sure"]
    assert question.get(steps[1].pk).checklist.incident_id == incident.pk
    assert question.first(0) is None
    with pytest.raises(Step.DoesNotExist):
        question.get(0)
    with CaptureQueriesContext(connection) as asked:
        assert question.first(10**30) is None
    assert not asked.captured_queries


def test_values_of_every_kind_find_their_place(incident, ada):
    question = Rows(
        lambda title, key, since, by: Incident.objects.filter(
            title=title, submission_key=key, declared_at__gt=since, declared_by=by
        ).values_list("pk", "cadence"),
        *(str, type(incident.submission_key), type(incident.declared_at), int),
    )
    since = timezone.now() - timedelta(minutes=1)
    assert question.first("Down", incident.submission_key, since, ada.pk) == (incident.pk, incident.cadence)
    assert question.first("D%sn", incident.submission_key, since, ada.pk) is None
    assert question.first("Down", uuid4(), since, ada.pk) is None


def test_what_is_shared_is_one_instance_until_its_row_says_something_else(incident, ada):
    create_runbook(b"# Second", by=None)
    shared = Shared(lambda: Runbook.objects.select_related("current").order_by("pk"))
    first, second = shared.all()
    assert shared.all()[0] is first
    Runbook.objects.filter(pk=first.pk).update(title="Renamed")
    publish(second, b"# Second, again", by=ada)
    renamed, published = shared.all()
    assert renamed.title == "Renamed"
    assert [r.current and r.current.number for r in (second, published)] == [1, 2]


def test_json_comes_as_data(incident):
    question = Question(lambda pk: TimelineEvent.objects.filter(incident=pk).order_by("seq"), int)
    assert question.all(incident.pk)[0].data["severity"] == 1


@pytest.mark.django_db(transaction=True)
def test_each_thread_asks_by_its_own_connection(incident):
    question, found = Question(lambda pk: Incident.objects.filter(pk=pk), int), []

    def ask() -> None:
        found.append(question.get(incident.pk).title)
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["Down"] * 4


def test_what_is_inserted_is_what_django_would_have_saved(incident, ada):
    add_note(incident.pk, "Looking: 100 %", by=ada)
    event = TimelineEvent.objects.latest("seq")
    twin = TimelineEvent(**{n: v for n, v in all_of(event).items() if n != "id"} | {"seq": event.seq + 1})
    _insert(twin)
    assert twin.pk and not twin._state.adding
    assert all_of(TimelineEvent.objects.get(pk=twin.pk)) == all_of(event) | {"id": twin.pk, "seq": twin.seq}


def test_what_is_inserted_unless_there_is_one_is_inserted_once_and_draws_one_key(ada):
    there = Question(lambda name: Team.objects.filter(name=name), str)
    before = _insert(Team(name="100 %", slug="a"), there.asked("100 %"))
    assert _insert(Team(name="100 %", slug="b"), there.asked("100 %")) is None
    after = _insert(Team(name="Other", slug="c"), there.asked("Other"))
    assert before and after == before + 1
    assert [team.pk for team in Team.objects.order_by("pk")] == [before, after]


def _insert(row: Model, unless: tuple[str, Sequence[Any]] = ("", ())) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(*inserting(row, unless=unless))
        found = cursor.fetchone()
    if found:
        inserted(row, found[0])
    return None if row.pk is None else int(row.pk)


def test_what_is_updated_is_that_and_nothing_else(incident, ada):
    before = model_to_dict(Incident.objects.get(pk=incident.pk))
    incident.commander, incident.title, incident.impact = ada, "Up", "not saved"
    update(incident, ["commander", "title"])
    after = model_to_dict(Incident.objects.get(pk=incident.pk))
    assert {name for name in after if after[name] != before[name]} == {"commander", "title"}


def test_a_row_that_is_gone_is_not_taken_for_saved(incident, ada):
    gone = Incident(pk=incident.pk + 1000, title="Gone")
    with pytest.raises(DatabaseError):
        update(gone, ["title"])
    with pytest.raises(DatabaseError), transaction.atomic():
        timeline.record(gone, Kind.NOTE_ADDED, by=ada, text="Looking")


@pytest.mark.django_db(transaction=True)
def test_nothing_is_locked_outside_a_transaction(incident, ada):
    with pytest.raises(TransactionManagementError):
        lock(incident.pk, ada)
