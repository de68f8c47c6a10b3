"""Facts stand or fall with their transaction, and reach every subscriber whatever fails beside them."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from outbox import facts
from outbox.models import Fact
from outbox.relay import KEEP_RELAYED, LONGEST_WAIT, prune, relay


@pytest.fixture
def heard() -> Iterator[list[Fact]]:
    """What a subscriber to ``kettle_boiled`` has heard."""
    found: list[Fact] = []
    facts.subscribe("kettle_boiled")(found.append)
    yield found
    facts._subscribers.pop("kettle_boiled")


@pytest.mark.django_db(transaction=True)
def test_publish_outside_a_transaction_is_refused() -> None:
    with pytest.raises(facts.NotInTransaction):
        facts.publish("kettle_boiled", kettle_id=1)


@pytest.mark.django_db(transaction=True)
def test_fact_of_a_rolled_back_change_never_was(heard: list[Fact]) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        facts.publish("kettle_boiled", kettle_id=1)
        raise ZeroDivisionError

    assert relay() == 0
    assert heard == []
    assert not Fact.objects.exists()


@pytest.mark.django_db
def test_relay_brings_each_fact_once(heard: list[Fact]) -> None:
    for kettle_id in range(120):
        facts.publish("kettle_boiled", kettle_id=kettle_id)

    assert relay() == 120
    assert relay() == 0
    assert [fact.payload["kettle_id"] for fact in heard] == list(range(120))


@pytest.mark.django_db
def test_failing_subscriber_is_tried_again_and_stops_nobody(heard: list[Fact]) -> None:
    broken = [True]

    @facts.subscribe("toast_burnt")
    def fails_at_first(fact: Fact) -> None:
        Fact.objects.filter(pk=fact.pk).update(payload={"half": "done"})
        if broken.pop():
            raise ValueError("no\x00butter")

    try:
        toast = facts.publish("toast_burnt", toast_id=7)
        facts.publish("kettle_boiled", kettle_id=1)

        assert relay() == 1
        toast.refresh_from_db()
        assert len(heard) == 1
        assert toast.payload == {"toast_id": 7}  # what the subscriber wrote before failing was taken back
        assert toast.last_error == "ValueError: nobutter"
        assert toast.next_attempt_at > timezone.now()

        Fact.objects.filter(pk=toast.pk).update(next_attempt_at=timezone.now() - timedelta(seconds=1))
        broken.append(False)
        assert relay() == 1
    finally:
        facts._subscribers.pop("toast_burnt")


@pytest.mark.django_db
def test_fact_that_fails_for_days_stops_nobody(heard: list[Fact]) -> None:
    def fails(fact: Fact) -> None:
        raise ValueError("no butter")

    facts.subscribe("toast_burnt")(fails)
    try:
        toast = facts.publish("toast_burnt", toast_id=7)
        Fact.objects.filter(pk=toast.pk).update(attempts=100)
        facts.publish("kettle_boiled", kettle_id=1)
        assert relay() == 1
    finally:
        facts._subscribers.pop("toast_burnt")
    toast.refresh_from_db()
    assert timedelta(minutes=59) < toast.next_attempt_at - timezone.now() <= LONGEST_WAIT


@pytest.mark.django_db(transaction=True)
def test_what_one_fact_locks_is_free_while_the_next_is_relayed() -> None:
    with transaction.atomic():
        one, other = facts.publish("toast_burnt", toast_id=1), facts.publish("toast_burnt", toast_id=2)
    free: list[bool] = []
    beside = connection.copy()

    @facts.subscribe("toast_burnt")
    def look_from_beside(fact: Fact) -> None:
        if fact.pk == other.pk:
            with beside.cursor() as cursor:
                cursor.execute("SELECT id FROM outbox_fact WHERE id = %s FOR UPDATE SKIP LOCKED", [one.pk])
                free.append(cursor.fetchone() is not None)

    try:
        assert relay() == 2
    finally:
        facts._subscribers.pop("toast_burnt")
        beside.close()
    assert free == [True]


@pytest.mark.django_db(transaction=True)
def test_two_relays_share_the_work_and_double_nothing(heard: list[Fact]) -> None:
    with transaction.atomic():
        facts.publish("kettle_boiled", kettle_id=1)
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SELECT id FROM outbox_fact FOR UPDATE")
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '2s'")
        assert relay() == 0  # taken by the other one: passed over, not waited for
        other.rollback()
        assert relay() == 1
    finally:
        other.close()
        with connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout")
    assert len(heard) == 1


@pytest.mark.django_db
def test_prune_drops_only_what_was_relayed_long_ago(heard: list[Fact]) -> None:
    old, waiting = (facts.publish("kettle_boiled", kettle_id=n) for n in (1, 2))
    long_ago = timezone.now() - KEEP_RELAYED - timedelta(days=1)
    Fact.objects.filter(pk=old.pk).update(relayed_at=long_ago)
    Fact.objects.filter(pk=waiting.pk).update(created_at=long_ago)

    assert prune() == 1
    assert list(Fact.objects.all()) == [waiting]
