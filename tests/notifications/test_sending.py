"""Deliveries under way: what is sent, in which order, how often, and what follows when it is not."""

import itertools
import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from accounts.models import User
from incidents import operations
from incidents.models import TimelineEvent
from notifications import deliveries, sending
from notifications.channels import email
from notifications.deliveries import Outcome, claim, deliver, settle
from notifications.models import (
    Delivery,
    DeliveryAttempt,
    DeliveryState,
    Destination,
    DestinationUse,
    Notice,
)
from notifications.operations import enable_destination
from notifications.reached import Reached
from outbox import clock
from tests.notifications.making import SECRET, a_delivery, a_notice, to_destination
from tests.notifications.sinks import LOOPBACK, Heard, mail_sink, web_sink
from tests.notifications.test_channels_email import use

MINUTE = timedelta(minutes=1)
LATE = Outcome.retry("no answer")


def fail(row: Delivery, outcome: Outcome = LATE) -> Delivery:
    """One try of what is due, that ends so."""
    claimed = [found for found in claim(urgent=row.is_urgent, limit=50) if found.pk == row.pk]
    assert claimed, "not due"
    assert settle(claimed[0], outcome, timezone.now())
    row.refresh_from_db()
    return row


def pauses(world, row: Delivery, times: int) -> list[float]:
    found = []
    for _ in range(times):
        fail(row)
        wait = row.next_attempt_at - timezone.now()
        found.append(wait.total_seconds())
        world.skip(wait)
    return found


def test_urgent_ones_are_tried_again_after_5_15_30_60_and_then_60_seconds(world, grace, monkeypatch):
    monkeypatch.setattr(deliveries, "JITTER", 0)
    assert pauses(world, a_delivery(grace), 7) == [5, 15, 30, 60, 60, 60, 60]


def test_others_are_tried_less_and_less_often_and_then_put_aside(world, grace, monkeypatch):
    monkeypatch.setattr(deliveries, "JITTER", 0)
    row = a_delivery(grace, a_notice(expires_at=timezone.now() + timedelta(days=5)), is_urgent=False)
    assert pauses(world, row, 7) == [5, 60, 300, 1800, 7200, 18000, 36000]
    assert fail(row).state == DeliveryState.FAILED


def test_an_urgent_one_is_put_aside_when_its_time_is_over(world, grace):
    row = a_delivery(grace)
    for _ in range(60):
        if fail(row).state == DeliveryState.FAILED:
            break
        world.skip(row.next_attempt_at - timezone.now())
    assert row.state == DeliveryState.FAILED and timezone.now() <= row.expires_at
    assert list(Delivery.objects.parked()) == [row] or row in Delivery.objects.parked()


def test_the_pause_that_is_asked_for_is_kept_up_to_an_hour(world, grace):
    row = a_delivery(grace, a_notice(expires_at=timezone.now() + timedelta(days=1)))
    for asked, kept in ((timedelta(minutes=7), 7 * 60), (timedelta(days=3), 3600)):
        fail(row, Outcome.retry("busy", "429", asked))
        assert (row.next_attempt_at - timezone.now()).total_seconds() == kept
        world.skip(row.next_attempt_at - timezone.now())


def test_the_third_failure_tries_another_way_and_is_told_in_the_incident(world, grace, declared):
    incident = declared(1)
    other = Destination.objects.create(
        user=grace, channel="webhook", name="Phone", address="https://example.com/"
    )
    row = a_delivery(grace, a_notice(incident))
    for number in (1, 2, 3, 4):
        assert Delivery.objects.filter(destination=other).count() == (number > 3)
        fail(row)
        world.skip(row.next_attempt_at - timezone.now())
    also = Delivery.objects.get(destination=other)
    assert (also.recipient, also.notice) == (grace, row.notice) and also.is_waiting
    told = TimelineEvent.objects.filter(incident=incident, kind="delivery_failed")
    assert [entry.data["to"] for entry in told] == ["Grace Hopper"]


def test_what_is_refused_at_once_tries_another_way_at_once(world, grace):
    Destination.objects.create(user=grace, channel="webhook", name="Phone", address="https://example.com/")
    row = fail(a_delivery(grace), Outcome.refused("no such address", "550"))
    assert row.state == DeliveryState.FAILED
    assert Delivery.objects.filter(notice=row.notice, channel="webhook").count() == 1


def test_a_destination_that_is_gone_is_switched_off_and_its_owner_told(world, grace):
    row = fail(to_destination(grace, "webhook", "https://example.com/"), Outcome.gone("It is gone.", "410"))
    assert row.destination
    row.destination.refresh_from_db()
    assert row.destination.disabled_at and row.destination.disabled_reason == "It is gone."
    told = Delivery.objects.get(channel="inbox", recipient=grace)
    assert told.notice.title == "There gets no more messages" and told.state == DeliveryState.SENT


def test_five_days_of_nothing_but_failures_switch_a_destination_off(world, grace):
    row = to_destination(grace, "webhook", "https://example.com/", is_urgent=False)
    there = row.destination
    assert there
    fail(row)
    for day in range(1, 6):
        there.refresh_from_db()
        assert not there.disabled_at, day
        world.skip(timedelta(days=1))
        next_one = a_delivery(grace, channel="webhook", address=there.address, destination=there)
        fail(next_one)
    there.refresh_from_db()
    assert there.disabled_at and "5 days" in there.disabled_reason
    assert Notice.objects.filter(title="There gets no more messages").count() == 1


def test_one_success_in_five_days_keeps_it_on(world, grace):
    row = to_destination(grace, "webhook", "https://example.com/")
    fail(row)
    world.skip(timedelta(days=3))
    assert row.destination
    again: dict[str, Any] = {"channel": "webhook", "address": row.address, "destination": row.destination}
    fail(a_delivery(grace, **again), Outcome.sent("200"))
    world.skip(timedelta(days=3))
    fail(a_delivery(grace, **again))
    row.destination.refresh_from_db()
    assert not row.destination.disabled_at


def test_switched_on_again_a_destination_has_five_days_once_more(world, grace):
    row = to_destination(grace, "webhook", "https://example.com/", is_urgent=False)
    there = row.destination
    assert there
    again: dict[str, Any] = {"channel": "webhook", "address": row.address, "destination": there}
    fail(row)
    world.skip(timedelta(days=6))
    fail(a_delivery(grace, **again))
    there.refresh_from_db()
    assert there.disabled_at

    world.skip(timedelta(days=1))
    enable_destination(there.pk, by=grace)
    for _ in range(3):
        fail(a_delivery(grace, **again))
        world.skip(timedelta(days=1))
    there.refresh_from_db()
    assert not there.disabled_at


def test_what_waits_for_a_destination_that_was_removed_is_not_sent(world, grace):
    row = to_destination(grace, "webhook", "https://example.com/")
    Destination.objects.all().delete()
    assert claim(urgent=True, limit=8) == []
    row.refresh_from_db()
    assert row.state == DeliveryState.SUPERSEDED


def test_what_waits_for_a_destination_that_is_off_is_not_sent(world, grace):
    row = to_destination(grace, "webhook", "https://example.com/")
    Destination.objects.update(disabled_at=timezone.now())
    assert claim(urgent=True, limit=8) == []
    row.refresh_from_db()
    assert row.state == DeliveryState.SUPERSEDED


def test_a_host_gets_two_at_once_and_the_others_are_not_held_up(world, grace, ada):
    for number in range(20):
        to_destination(grace, "webhook", f"https://slow.example.com/{number}")
    quick = [to_destination(ada, "webhook", f"https://quick{number}.example.com/") for number in range(3)]
    mails = [a_delivery(grace) for _ in range(4)]

    taken = claim(urgent=True, limit=12)

    hosts = [row.address.split("/")[2] for row in taken if row.channel == "webhook"]
    assert hosts.count("slow.example.com") == 2
    assert {row.pk for row in [*quick, *mails]} <= {row.pk for row in taken}
    assert claim(urgent=True, limit=12) == []
    settle(taken[0], Outcome.sent(), timezone.now())
    assert len(claim(urgent=True, limit=12)) == 1


def test_what_has_been_resolved_meanwhile_is_not_sent_though_no_clock_has_heard(
    world, declared, contacts, ada
):
    incident = declared(1)
    world.work()
    waiting = Delivery.objects.filter(notice__incident=incident, channel="email")
    assert waiting.filter(state="pending").exists()

    operations.acknowledge(incident.pk, by=ada)
    operations.change_status(incident.pk, "resolved", by=ada)

    assert claim(urgent=True, limit=50) == []
    assert set(waiting.values_list("state", flat=True)) == {"superseded"}


def test_who_may_not_see_a_private_incident_any_more_is_not_told(world, declared, ada, grace):
    incident = declared(2)
    row = a_delivery(grace, a_notice(incident))
    type(incident).objects.filter(pk=incident.pk).update(is_private=True)
    assert claim(urgent=True, limit=8) == []
    row.refresh_from_db()
    assert row.state == DeliveryState.SUPERSEDED


def test_what_the_ladder_says_is_not_sent_to_outsiders_once_the_incident_is_private(world, declared, grace):
    incident = declared(1)
    world.work()  # pages the first contact, an address
    User.objects.create_user("secondary@example.com", "x", name="Second", role="responder")
    world.pass_time(5 * MINUTE)  # pages the second, who has an account
    by_hand = a_delivery(grace, a_notice(incident, urgency="page"))
    asked = Delivery.objects.filter(channel="email", notice__page__isnull=False)
    assert sorted(asked.values_list("address", flat=True)) == ["primary@example.com", "secondary@example.com"]

    type(incident).objects.filter(pk=incident.pk).update(is_private=True)

    assert [row.pk for row in claim(urgent=True, limit=8)] == [by_hand.pk]
    assert set(asked.values_list("state", flat=True)) == {DeliveryState.SUPERSEDED}


def test_what_its_sender_dies_of_again_and_again_is_put_aside(world, grace):
    row = a_delivery(grace)
    for _ in range(deliveries.MOST_DEATHS):
        assert len(claim(urgent=True, limit=8)) == 1
        world.skip(deliveries.LEASE + timedelta(seconds=1))
    assert claim(urgent=True, limit=8) == []
    row.refresh_from_db()
    assert row.state == DeliveryState.FAILED
    assert set(row.tries.values_list("outcome", flat=True)) == {DeliveryAttempt.Outcome.LOST}


def test_the_clock_of_the_sender_does_not_count(world, grace):
    """Its host is a day ahead: nothing expires, and no lease is longer for it."""
    row = a_delivery(grace)
    world.traveller.shift(timedelta(days=1))
    (taken,) = claim(urgent=True, limit=1)
    assert taken.lease_until and taken.lease_until - clock.now() == deliveries.LEASE
    assert taken.pk == row.pk


def test_without_a_mail_server_people_get_no_mail_and_an_address_is_said_to_need_a_call(
    world, settings, declared, grace
):
    settings.MAIL_CONFIGURED = False
    incident = declared(1)
    notice = a_notice(incident)
    deliver(notice, Reached(user=grace))
    deliver(notice, Reached(address="oncall@example.com"))
    mail = Delivery.objects.get(notice=notice, channel="email")
    assert (mail.state, mail.last_error) == (DeliveryState.FAILED, "No mail server is configured.")
    assert mail.address == "oncall@example.com"
    assert TimelineEvent.objects.filter(incident=incident, kind="delivery_failed").count() == 1


# -- with threads and servers that really listen ----------------------------------------------------


@pytest.fixture
def smtp(settings):
    with mail_sink() as sink:
        use(settings, sink.port)
        yield sink


@pytest.mark.django_db(transaction=True)
def test_nothing_is_marked_sent_that_the_server_did_not_accept(smtp, ada, monkeypatch):
    monkeypatch.setattr(deliveries, "URGENT_PAUSES", (0,))
    answers = ["250 OK", "451 Later", "drop", "250 OK", "550 No"]
    smtp.answer = lambda envelope: answers[len(smtp.tried) % len(answers)]
    for _ in range(40):
        a_delivery(ada)

    for _ in range(20):
        sending.send_due(urgent=True)

    accepted = [
        message.content.split(b"Message-ID: <")[1].split(b"@")[0].decode() for message in smtp.accepted
    ]
    assert len(accepted) == len(set(accepted))
    states = {str(row.pk): row.state for row in Delivery.objects.filter(channel="email")}
    assert {pk for pk, state in states.items() if state == "sent"} == set(accepted)
    assert set(states.values()) == {"sent", "failed"}
    for row in Delivery.objects.filter(channel="email", state="sent"):
        assert [t.outcome for t in row.tries.all()].count("sent") == 1


@pytest.mark.django_db(transaction=True)
def test_what_comes_due_while_a_slow_send_is_under_way_is_sent_meanwhile(settings, smtp, ada):
    settings.ALLOWED_NETWORKS = LOOPBACK
    with web_sink() as sink:
        over = threading.Event()
        sink.answer = lambda heard: 200 if over.wait(10) else 500
        to_destination(ada, "webhook", sink.url)
        made: list[Delivery] = []

        def meanwhile() -> int:
            if sink.heard and not made:
                made.append(a_delivery(ada))
            elif smtp.accepted:
                over.set()
            return 0

        assert sending.send_due(urgent=True, meanwhile=meanwhile) == 2
    assert not Delivery.objects.exclude(state="sent").exists()


@pytest.mark.django_db(transaction=True)
def test_senders_side_by_side_send_each_once(smtp, ada):
    for _ in range(60):
        a_delivery(ada)
    senders = [in_a_thread() for _ in range(3)]
    for sender in senders:
        sender.join()
    assert len(smtp.accepted) == 60
    assert not Delivery.objects.exclude(state="sent").exists()


def in_a_thread(**said: Any) -> threading.Thread:
    """A sender beside this one."""

    def run() -> None:
        try:
            sending.send_due(urgent=True, **said)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@pytest.mark.django_db(transaction=True)
def test_while_sends_are_slow_no_more_is_claimed_than_is_being_sent(smtp, ada, monkeypatch):
    monkeypatch.setattr(sending, "QUICK", 0.0)
    claims = list[int]()

    def counted(**said: Any) -> list[Delivery]:
        rows = claim(**said)
        claims.append(Delivery.objects.filter(state=DeliveryState.LEASED).count())
        return rows

    monkeypatch.setattr(sending, "claim", counted)
    for _ in range(30):
        a_delivery(ada)
    assert sending.send_due(urgent=True) == 30
    assert max(claims) == sending.THREADS


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("hung", [sending.THREADS, sending.THREADS - 1])
def test_what_was_claimed_ahead_is_let_go_when_sends_turn_slow(smtp, ada, monkeypatch, hung):
    """All of them, or all but one that takes its time."""
    monkeypatch.setattr(sending, "LOOK_EVERY", 0.1 if hung == sending.THREADS else 5.0)
    for _ in range(sending.THREADS + sending.AHEAD + 8):
        a_delivery(ada)
    over, is_slow, turns = threading.Event(), threading.Event(), itertools.count()

    def answered(row: Delivery) -> Outcome:
        if len(smtp.accepted) >= 8 and not over.is_set():
            is_slow.set()
            if next(turns) < hung:
                assert over.wait(10)
            else:
                time.sleep(sending.QUICK * 1.5)
        return email.send(row)

    monkeypatch.setattr(sending, "outcome_of", answered)
    sender = in_a_thread()
    assert is_slow.wait(10)
    until = time.monotonic() + 4
    while (leased := Delivery.objects.filter(state="leased").count()) > sending.THREADS:
        assert time.monotonic() < until, leased
        time.sleep(0.02)
    over.set()
    sender.join()
    assert not Delivery.objects.exclude(state="sent", attempts=1).exists()


@pytest.mark.django_db(transaction=True)
def test_what_its_sender_could_not_begin_in_time_is_sent_by_the_next(smtp, ada, monkeypatch):
    for _ in range(12):
        a_delivery(ada)
    with monkeypatch.context() as frozen:
        frozen.setattr(sending, "LEASE", timedelta(seconds=-1))
        sending.send_due(urgent=True)
    assert not smtp.tried
    assert set(Delivery.objects.values_list("state", "attempts")) == {("pending", 0)}

    sending.send_due(urgent=True)
    assert len(smtp.accepted) == 12


@pytest.mark.django_db(transaction=True)
def test_a_frozen_sender_settles_nothing_and_the_repeat_has_the_same_id(settings, ada, monkeypatch):
    settings.ALLOWED_NETWORKS = LOOPBACK
    monkeypatch.setattr(deliveries, "LEASE", timedelta(seconds=0.3))
    with web_sink() as sink:
        begun, thawed = threading.Event(), threading.Event()

        def answer(heard: Heard) -> int:
            begun.set()
            return 200 if len(sink.heard) > 1 or thawed.wait(10) else 500

        sink.answer = answer
        row = to_destination(ada, "webhook", sink.url)
        frozen = in_a_thread(limit=1)
        begun.wait(10)
        until = time.monotonic() + 10
        while not sending.send_due(urgent=True, limit=1) and time.monotonic() < until:
            time.sleep(0.1)
        thawed.set()
        frozen.join()
    assert [heard.headers["webhook-id"] for heard in sink.heard] == [str(row.pk)] * 2
    row.refresh_from_db()
    assert row.state == DeliveryState.SENT and row.attempts == 2
    assert sorted(row.tries.values_list("outcome", flat=True)) == ["lost", "lost", "sent"]


@pytest.mark.django_db(transaction=True)
def test_a_message_that_breaks_its_channel_stops_no_other(smtp, ada, monkeypatch):
    from notifications.channels import email

    poison = a_delivery(ada, a_notice(title="poison"))
    others = [a_delivery(ada) for _ in range(5)]
    render = email.message_of

    def message_of(row: Delivery):
        if row.pk == poison.pk:
            raise ZeroDivisionError("poison")
        return render(row)

    monkeypatch.setattr(email, "message_of", message_of)
    sending.send_due(urgent=True)
    poison.refresh_from_db()
    assert poison.state == DeliveryState.PENDING and "ZeroDivisionError" in poison.last_error
    assert len(smtp.accepted) == len(others)


@pytest.mark.django_db(transaction=True)
def test_a_slow_host_holds_nobody_up(settings, smtp, ada):
    settings.ALLOWED_NETWORKS = LOOPBACK
    with web_sink() as sink:
        over = threading.Event()
        sink.answer = lambda heard: 200 if over.wait(12) else 500
        for number in range(4):
            to_destination(ada, "webhook", f"{sink.url}/{number}")
        for _ in range(30):
            a_delivery(ada)
        sender = in_a_thread()
        until = time.monotonic() + 10
        while len(smtp.accepted) < 30 and time.monotonic() < until:
            time.sleep(0.05)
        assert (len(smtp.accepted), len(sink.heard)) == (30, 2)
        over.set()
        sender.join()


@pytest.mark.django_db(transaction=True)
def test_what_was_accepted_is_recorded_though_the_database_goes_away_meanwhile(smtp, ada, monkeypatch):
    row = a_delivery(ada)
    keep, failures = deliveries.settle, list[int]()

    def settle_after_restart(*args: Any) -> bool:
        if len(failures) < 2:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
            failures.append(1)
            raise OperationalError("terminating connection due to administrator command")
        return keep(*args)

    monkeypatch.setattr(sending, "settle", settle_after_restart)
    monkeypatch.setattr(sending, "KEEP_OUTCOME", (0.01,) * 5)
    sending.send_due(urgent=True)
    row.refresh_from_db()
    assert row.state == DeliveryState.SENT and len(smtp.accepted) == 1


def test_a_use_of_a_destination_is_no_reason_to_send_it_twice(world, grace):
    """It is tried as another way, and chosen by its owner meanwhile."""
    there = Destination.objects.create(
        user=grace, channel="webhook", name="There", address="https://example.com/", secret=SECRET
    )
    row = fail(a_delivery(grace), Outcome.refused("no"))
    DestinationUse.objects.create(destination=there, urgency="nudge")
    deliver(row.notice, Reached(user=grace))
    assert Delivery.objects.filter(notice=row.notice, channel="webhook").count() == 1
