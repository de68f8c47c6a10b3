"""The lines that keep a message from being lost, doubled or early: each has a test here that breaks without it."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from incidents import operations
from notifications import deliveries, senders, sending, sweep
from notifications.deliveries import Outcome
from notifications.models import Clock, Delivery, DeliveryState, Stage
from notifications.reached import Reached
from outbox import relay as relaying
from tests.notifications.conftest import stages
from tests.notifications.making import a_delivery

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _mail(settings):
    settings.MAIL_CONFIGURED = True


@pytest.fixture
def waiting(world, declared) -> Delivery:
    """An e-mail that waits to be sent, the only one."""
    declared(1)
    world.work()
    first, *others = Delivery.objects.filter(channel="email").order_by("created_at")
    Delivery.objects.filter(pk__in=[row.pk for row in others]).delete()
    return first


def test_who_lost_the_lease_settles_nothing(world, waiting):
    (mine,) = deliveries.claim(urgent=True, limit=8)
    world.skip(deliveries.LEASE + timedelta(seconds=1))
    (theirs,) = deliveries.claim(urgent=True, limit=8)

    assert not deliveries.settle(mine, Outcome.sent("250"), timezone.now())

    waiting.refresh_from_db()
    assert waiting.state == DeliveryState.LEASED
    assert waiting.lease_token == theirs.lease_token


def test_who_lost_the_lease_does_not_put_it_back_either(world, waiting):
    (mine,) = deliveries.claim(urgent=True, limit=8)
    world.skip(deliveries.LEASE + timedelta(seconds=1))
    (theirs,) = deliveries.claim(urgent=True, limit=8)

    assert not deliveries.settle(mine, Outcome.retry("no answer"), timezone.now())

    waiting.refresh_from_db()
    assert (waiting.state, waiting.lease_token) == (DeliveryState.LEASED, theirs.lease_token)


def test_what_is_leased_is_not_claimed_again_before_its_time(world, waiting):
    assert len(deliveries.claim(urgent=True, limit=8)) == 1
    world.skip(deliveries.LEASE - timedelta(seconds=1))
    assert deliveries.claim(urgent=True, limit=8) == []


def test_what_was_claimed_and_not_begun_is_as_if_it_had_not_been_claimed(world, waiting):
    rows = deliveries.claim(urgent=True, limit=8)
    deliveries.give_back(rows)
    (again,) = deliveries.claim(urgent=True, limit=8)
    assert (again.pk, again.attempts) == (waiting.pk, 1)


def test_what_another_has_claimed_since_is_not_given_back(world, waiting):
    mine = deliveries.claim(urgent=True, limit=8)
    world.skip(deliveries.LEASE + timedelta(seconds=1))
    (theirs,) = deliveries.claim(urgent=True, limit=8)
    deliveries.give_back(mine)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.lease_token) == (DeliveryState.LEASED, theirs.lease_token)


def test_one_stage_of_one_due_time_is_one_row(world, declared):
    declared(1)
    world.work()
    stage = Stage.objects.first()
    assert stage
    with pytest.raises(IntegrityError), transaction.atomic():
        Stage.objects.create(clock=stage.clock, due_at=stage.due_at, name=stage.name)


def test_a_notice_is_delivered_to_one_person_by_one_channel_once(world, waiting, contacts):
    to = Reached(user=contacts["lead"])
    deliveries.deliver(waiting.notice, to)
    before = Delivery.objects.count()

    deliveries.deliver(waiting.notice, to)

    assert Delivery.objects.count() == before


def test_what_was_answered_meanwhile_is_not_sent(world, waiting, grace):
    operations.acknowledge(waiting.notice.incident_id, by=grace)
    relaying.relay()

    assert deliveries.claim(urgent=True, limit=8) == []

    waiting.refresh_from_db()
    assert waiting.state == DeliveryState.SUPERSEDED


def test_a_clock_fires_by_the_incident_and_not_by_what_it_was_set_to(world, declared, ada):
    """The fact that would have stopped it has not been heard yet."""
    incident = declared(1)
    relaying.relay()
    world.skip(MINUTE)
    operations.acknowledge(incident.pk, by=ada)

    sweep.sweep()

    assert stages(incident, "acknowledge") == []


def test_it_is_marked_sent_only_after_the_far_side_took_it(world, waiting, monkeypatch):
    during = []

    def send(row: Delivery) -> Outcome:
        during.append(Delivery.objects.values_list("state", flat=True).get(pk=row.pk))
        return Outcome.retry("the line is dead")

    monkeypatch.setattr(sending, "sender_of", lambda channel: send)
    (row,) = deliveries.claim(urgent=True, limit=8)
    sending._send_one(row)

    assert during == [DeliveryState.LEASED]
    waiting.refresh_from_db()
    assert waiting.state == DeliveryState.PENDING


def test_the_clock_of_a_host_decides_nothing(world, declared, ada):
    """Its own clock is an hour ahead; the database's is what counts."""
    incident = declared(1)
    operations.acknowledge(incident.pk, by=ada)
    relaying.relay()
    with time_machine.travel(timezone.now() + timedelta(hours=1), tick=False):
        assert sweep.sweep() == 0
    assert stages(incident, "update") == []


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_take_different_work_and_neither_waits(declared, ada):
    for _ in range(2):
        declared(1)
    relaying.relay()
    taken: list[int] = []

    def other() -> None:
        try:
            with transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute("SET LOCAL lock_timeout = '2s'")
                taken.append(_claimed().pk)
        finally:
            connection.close()

    with transaction.atomic():
        mine = _claimed()
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()

    assert len(taken) == 1
    assert taken != [mine.pk]


def _claimed() -> Clock:
    clock = sweep._claim()
    assert clock
    return clock


@pytest.mark.django_db(transaction=True)
def test_two_senders_at_once_claim_different_deliveries(declared, ada):
    declared(1)
    relaying.relay()
    sweep.sweep()
    taken: list[list[Delivery]] = []

    def other() -> None:
        try:
            with transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute("SET LOCAL lock_timeout = '2s'")
                taken.append(deliveries.claim(urgent=True, limit=100))
        finally:
            connection.close()

    with transaction.atomic():
        mine = deliveries.claim(urgent=True, limit=100)
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()

    assert mine
    assert taken == [[]]


@dataclass
class Elsewhere:
    """A sender in a session of its own, which claims one delivery and then waits for its end."""

    claimed: threading.Event = field(default_factory=threading.Event)
    ends: threading.Event = field(default_factory=threading.Event)
    rows: list[Delivery] = field(default_factory=list)

    def run(self) -> None:
        sender = senders.Sender()
        sender.hold()
        self.rows = deliveries.claim(urgent=True, limit=1, sender=sender.id)
        self.claimed.set()
        self.ends.wait(10)
        connection.close()  # as the kernel does for a process that is killed


@contextmanager
def sender_elsewhere() -> Iterator[Elsewhere]:
    """Within the block it lives; afterwards its session is gone, and nothing of it was settled."""
    other = Elsewhere()
    thread = threading.Thread(target=other.run)
    thread.start()
    try:
        assert other.claimed.wait(10)
        yield other
    finally:
        other.ends.set()
        thread.join()


def until_gone(sender: int) -> None:
    """The database hears of the end of a session a moment after it."""
    until = time.monotonic() + 10
    while not senders.gone({sender}) and time.monotonic() < until:
        time.sleep(0.01)


@pytest.mark.django_db(transaction=True)
def test_what_a_dead_sender_had_claimed_is_free_at_once_and_a_living_ones_is_not(ada, monkeypatch):
    monkeypatch.setattr(senders, "RETURN", 0)
    row = a_delivery(ada)
    with sender_elsewhere() as other:
        assert [found.pk for found in other.rows] == [row.pk]
        assert deliveries.claim(urgent=True, limit=8) == []
    until_gone(other.rows[0].lease_sender or 0)

    (again,) = deliveries.claim(urgent=True, limit=8)

    assert again.pk == row.pk and again.lease_token != other.rows[0].lease_token
    assert [attempt.outcome for attempt in row.tries.all()] == ["lost"]


@pytest.mark.django_db(transaction=True)
def test_after_a_restart_of_the_database_no_sender_is_thought_dead_before_it_could_come_back(
    ada, monkeypatch
):
    monkeypatch.setattr(senders, "RETURN", 10**8)
    a_delivery(ada)
    with sender_elsewhere() as other:
        pass
    assert other.rows and deliveries.claim(urgent=True, limit=8) == []


@pytest.mark.django_db(transaction=True)
def test_a_sender_whose_connection_was_cut_holds_its_lock_again_before_it_claims(monkeypatch):
    monkeypatch.setattr(senders, "RETURN", 0)
    with senders.Sender() as sender:
        connection.close()
        until_gone(sender.id)
        sender.hold()
        assert senders.gone({sender.id}) == set()
    assert senders.gone({sender.id}) == {sender.id}
