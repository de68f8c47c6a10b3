"""The pump, the watchdog that pumps where nobody does, and what both leave for people to see."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import OperationalError, transaction
from django.test import Client
from django.utils import timezone

from incidents import operations
from notifications import engine, fence, figures, heartbeat, pumping, sending, sweep
from notifications.models import Clock, Delivery, DeliveryState, Heartbeat, Stage
from outbox import relay as relaying
from outbox.facts import publish
from outbox.models import Fact
from tests.notifications.conftest import stages

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _fresh_clock(monkeypatch):
    """This process has not asked for the time yet."""
    monkeypatch.setattr(heartbeat, "_before", None)


@pytest.fixture(autouse=True)
def _mail(settings):
    settings.MAIL_CONFIGURED = True


@pytest.fixture
def nothing_leaves(monkeypatch):
    monkeypatch.setattr(sending, "send_due", lambda **_: 0)


def seen(name: str, ago: timedelta) -> None:
    Heartbeat.objects.update_or_create(name=name, defaults={"seen_at": timezone.now() - ago})


def test_a_step_that_fails_does_not_keep_the_others_from_being_done(
    world, declared, ada, monkeypatch, nothing_leaves
):
    incident = declared(1)
    relaying.relay()
    world.skip(2 * MINUTE)

    def fail(limit: int) -> int:
        raise OperationalError("the relay's table is locked")

    monkeypatch.setattr(relaying, "relay", fail)
    with pytest.raises(OperationalError):
        pumping.pump("worker")
    assert stages(incident, "acknowledge") == ["ask-1"]


def test_a_flood_of_facts_keeps_nothing_that_is_due_from_being_fired(world, declared, monkeypatch):
    """While the relay hears of a hundred things, the clock of the first incident has come due."""
    incident = declared(1)
    relaying.relay()
    with transaction.atomic():
        for _ in range(100):
            publish("kettle_boiled", kettle_id=1)
    left: list[int] = []

    def sent(*, meanwhile: Callable[[], int], **_: object) -> int:
        left.append(Fact.objects.waiting().count())
        while meanwhile():
            pass
        return 0

    monkeypatch.setattr(sending, "send_due", sent)
    pumping.pump("worker")

    assert stages(incident, "acknowledge") == ["ask-1"]
    assert left[0] >= 80 and not Fact.objects.waiting().exists()


def test_the_watchdog_pumps_when_no_worker_was_seen_for_10_seconds(world, declared, nothing_leaves):
    incident = declared(1)
    seen("worker", timedelta(seconds=11))
    seen("reminders", timedelta(seconds=1))

    assert engine.look()

    assert stages(incident, "acknowledge") == ["ask-1"]


def test_the_watchdog_leaves_the_work_to_the_worker(world, declared, nothing_leaves):
    incident = declared(1)
    seen("worker", timedelta(seconds=8))
    seen("reminders", timedelta(seconds=8))

    assert not engine.look()

    assert stages(incident, "acknowledge") == []
    assert heartbeat.is_alive("engine")


def test_two_pumps_double_nothing(world, declared, nothing_leaves):
    declared(1)
    world.skip(2 * MINUTE)
    pumping.pump("worker")
    before = Delivery.objects.count(), Stage.objects.count()

    pumping.pump("engine")

    assert (Delivery.objects.count(), Stage.objects.count()) == before


def test_a_clock_that_was_set_is_noticed_and_a_pause_is_not(world, monkeypatch, caplog):
    passed = [0.0]
    monkeypatch.setattr(heartbeat, "_steady", lambda: passed[0])
    heartbeat.beat("worker")
    world.skip(10 * MINUTE)
    passed[0] = 600.0
    heartbeat.beat("worker")
    assert not Heartbeat.objects.filter(name="leap").exists()

    world.skip(timedelta(hours=2))
    passed[0] += 5
    heartbeat.beat("worker")

    assert Heartbeat.objects.get(name="leap").detail["seconds"] == 7195
    assert "leapt by 7195 s" in caplog.text
    assert any("leapt" in line for line in figures.complaints(figures.figures()))


def test_all_is_well_while_workers_are_seen_and_nothing_is_late(world, declared, nothing_leaves):
    declared(1)
    pumping.pump("worker")
    pumping.pump_reminders("reminders")
    Delivery.objects.filter(state="pending").update(state="sent", sent_at=timezone.now())

    assert figures.complaints(figures.figures()) == []
    assert figures.figures().armed == 2


def test_what_is_wrong_is_said_in_sentences(world, declared, ada, nothing_leaves):
    declared(1)
    relaying.relay()
    Clock.objects.filter(kind="update").update(failures=1, last_error="ValueError: no such template")
    world.skip(3 * MINUTE)

    said = " ".join(figures.complaints(figures.figures()))

    assert "No worker has looked at what is due ever." in said
    assert "Something due is overdue by 180 s." in said
    assert "1 clocks cannot fire" in said


def test_a_parked_delivery_is_a_complaint_until_somebody_has_looked(world, declared, ada, nothing_leaves):
    declared(1)
    world.work()
    Delivery.objects.filter(channel="email").update(state=DeliveryState.FAILED)
    assert any("Failed for good" in line for line in figures.complaints(figures.figures()))

    Delivery.objects.update(settled_by=ada)

    assert not any("Failed for good" in line for line in figures.complaints(figures.figures()))


def test_readyz_names_what_is_wrong_and_healthz_stays_green(world):
    assert Client().get("/healthz").status_code == 200
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert b"No worker has looked" in answer.content
    seen("worker", timedelta())
    seen("reminders", timedelta())
    assert Client().get("/readyz").content == b"ok\n"


def test_after_a_restore_the_fence_keeps_the_past_from_being_sent_again(world, declared, ada, nothing_leaves):
    incident = declared(1)
    operations.acknowledge(incident.pk, by=ada)
    world.skip(21 * MINUTE)  # restored: the dump is of before, the promise has passed since

    done = fence.fence()
    world.work()

    assert done.stages == 2
    assert stages(incident, "update") == ["(warn)", "(due)"]
    assert not Delivery.objects.filter(state=DeliveryState.PENDING).exists()
    world.pass_time(5 * MINUTE)
    assert stages(incident, "update") == ["(warn)", "(due)", "overdue-1"]


def test_the_fence_holds_back_what_was_waiting_to_be_sent(world, declared, nothing_leaves):
    declared(1)
    world.work()
    assert Delivery.objects.filter(state=DeliveryState.PENDING).exists()

    call_command("fence")

    assert not Delivery.objects.filter(state=DeliveryState.PENDING).exists()
    assert sweep.sweep() == 0
