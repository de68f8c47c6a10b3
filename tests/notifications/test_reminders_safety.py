"""The lines that keep a reminder from being lost, doubled or early: each has a test here that breaks without it."""

import threading
from datetime import date, timedelta

import pytest
import time_machine
from django.db import IntegrityError, connection, connections, transaction
from django.utils import timezone

from incidents.operations import change_status
from notifications import digests
from notifications.models import Delivery, Notice
from notifications.reminders import arming, news, sweep
from notifications.reminders.models import ReminderClock, ReminderStage
from outbox import relay as relaying
from postmortems.operations import reviewing
from postmortems.operations.starting import start
from tests.accounts.racing import second_waits_for_first
from tests.notifications.reminding import add, close, live_until, move_to, said, work

DAY = timedelta(days=1)


def test_one_stage_of_one_date_is_one_row(world, grace):
    add(grace, date(2026, 11, 13))
    live_until(world, "2026-11-14T12:00")
    stage = ReminderStage.objects.filter(is_folded=False).first()
    assert stage
    with pytest.raises(IntegrityError), transaction.atomic():
        ReminderStage.objects.create(
            clock=stage.clock, due_at=stage.due_at, name=stage.name, person=stage.person
        )


def test_a_reminder_goes_by_the_item_and_not_by_what_it_was_set_to(world, grace):
    item = add(grace, date(2026, 11, 13))
    relaying.relay()
    close(item)
    move_to(world, "2026-11-13T12:00")
    sweep.sweep()
    assert said(item) == [] and not Notice.objects.exists()


def test_what_is_closed_before_the_mail_is_made_is_not_in_it(world, grace):
    item = add(grace, date(2026, 11, 13))
    work()
    move_to(world, "2026-11-13T07:50")
    work()
    assert said(item)[-1] == "due"
    close(item)
    move_to(world, "2026-11-13T09:00")
    digests.gather()
    assert not Delivery.objects.filter(channel="email").exists()


def test_the_clock_of_a_host_decides_nothing(world, grace):
    item = add(grace, date(2026, 11, 13))
    relaying.relay()
    with time_machine.travel(timezone.now() + 2 * DAY, tick=False):
        assert sweep.sweep() == 0
    assert said(item) == []


def an_item_due_today(grace) -> int:
    """Without moved clocks, for what threads see: added the day before yesterday, and armed."""
    item = add(grace, timezone.now().date())
    arming.set_item(item.pk)
    ReminderClock.objects.update(fires_at=timezone.now() - DAY)
    return item.pk


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_take_different_reminders_and_neither_waits(grace):
    for _ in range(2):
        an_item_due_today(grace)
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

    assert len(taken) == 1 and taken != [mine.pk]


def _claimed() -> ReminderClock:
    clock = sweep._claim()
    assert clock
    return clock


@pytest.mark.django_db(transaction=True)
def test_a_fact_heard_by_two_at_once_arms_once(grace):
    item = add(grace, timezone.now().date() + 30 * DAY)
    gate = threading.Barrier(4)
    errors: list[Exception] = []

    def arm() -> None:
        gate.wait()
        try:
            arming.set_item(item.pk)
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=arm) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == [] and ReminderClock.objects.get().item == item


@pytest.mark.django_db(transaction=True)
def test_two_who_hear_of_one_review_at_once_tell_of_it_once_and_neither_fails(declared, ada, grace):
    """Each move of a review is two facts, and several relays take them."""
    incident = declared()
    change_status(incident.pk, "resolved", by=ada)
    document = start(incident.pk, by=ada)
    reviewing.request_review(document.pk, [grace], by=ada)
    told = second_waits_for_first(
        lambda: news.tell_of_postmortem(document.pk), lambda: news.tell_of_postmortem(document.pk)
    )
    assert told.exception() is None
    assert Notice.objects.filter(title__startswith="Ada Lovelace asks you to review").count() == 1


def test_a_worker_that_dies_midway_leaves_all_of_a_reminder_undone(world, grace, monkeypatch):
    """Killed between the stage's row and the notice; the next one says it, once."""
    item = add(grace, date(2026, 11, 13))
    work()
    move_to(world, "2026-11-13T12:00")
    monkeypatch.setattr(sweep, "tell", _die)
    with pytest.raises(_Killed):
        sweep.sweep()
    assert said(item) == [] and not Notice.objects.exists()

    monkeypatch.undo()
    for _ in range(2):
        sweep.sweep()
    assert said(item) == ["(day)", "due"] and Notice.objects.count() == 1


class _Killed(BaseException):
    pass


def _die(*_: object) -> None:
    raise _Killed
