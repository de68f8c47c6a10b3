"""Webhooks, to a server that really listens."""

import json
from datetime import timedelta
from email.utils import format_datetime

import pytest
from django.utils import timezone
from standardwebhooks import Webhook, WebhookVerificationError

from notifications.channels import webhook
from notifications.models import DeliveryAttempt
from tests.notifications.making import SECRET, a_notice, to_destination
from tests.notifications.sinks import LOOPBACK, WebSink, raw_sink, web_sink

SENT, RETRY, REFUSED = (DeliveryAttempt.Outcome(kind) for kind in ("sent", "retry", "refused"))


@pytest.fixture
def sink(settings):
    settings.ALLOWED_NETWORKS = LOOPBACK
    with web_sink() as sink:
        yield sink


@pytest.fixture
def delivery(grace, sink: WebSink):
    return to_destination(grace, "webhook", sink.url + "/hook")


def test_it_is_signed_as_standard_webhooks_says(delivery, sink):
    assert webhook.send(delivery).kind == SENT
    (heard,) = sink.heard
    said = Webhook(SECRET).verify(heard.body, heard.headers)
    assert said["type"] == "notice.nudge" and said["data"]["notice"]["title"] == "Update due now"
    assert said["data"]["notice"]["url"].endswith("/incidents/1/#update")
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(heard.body + b" ", heard.headers)


def test_it_names_the_incident(grace, sink, declared):
    incident = declared(2)
    row = to_destination(grace, "webhook", sink.url, notice=a_notice(incident))
    webhook.send(row)
    found = json.loads(sink.heard[0].body)["data"]["incident"]
    assert found["number"] == incident.pk and found["severity"] == 2


def test_a_repeat_has_the_same_id_and_the_same_words(delivery, sink):
    for _ in range(2):
        webhook.send(delivery)
    first, again = sink.heard
    assert first.headers["webhook-id"] == again.headers["webhook-id"] == str(delivery.pk)
    assert first.body == again.body


@pytest.mark.parametrize(("status", "kind"), [
    (200, SENT), (201, SENT), (204, SENT), (299, SENT), (301, REFUSED), (302, REFUSED), (307, REFUSED), (308, REFUSED),
    (400, RETRY), (401, RETRY), (404, RETRY), (408, RETRY), (410, REFUSED), (429, RETRY), (500, RETRY), (502, RETRY),
    (503, RETRY), (504, RETRY),
])  # fmt: skip
def test_how_it_ended_is_what_the_server_said(delivery, sink, status, kind):
    sink.answer = lambda heard: status
    outcome = webhook.send(delivery)
    assert (outcome.kind, outcome.code) == (kind, str(status))
    assert outcome.ends_destination == (status == 410)
    assert len(sink.heard) == 1


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(("asked", "wait"), [
    ("120", 120), ("0", 0), ("99999", 99999), ("9" * 500, 10**6), ("-5", None), ("soon", None), ("", None),
    ("Wed, 21 Oct 2015 07:28:00 GMT", None), ("²", None),
])  # fmt: skip
def test_the_pause_that_is_asked_for_is_kept(delivery, sink, status, asked, wait):
    sink.answer = lambda heard: (status, {"Retry-After": asked.encode().decode("latin-1")}, b"")
    assert webhook.send(delivery).retry_after == (None if wait is None else timedelta(seconds=wait))


def test_the_pause_may_be_a_date(delivery, sink):
    until = timezone.now() + timedelta(minutes=10)
    sink.answer = lambda heard: (503, {"Retry-After": format_datetime(until)}, b"")
    found = webhook.send(delivery).retry_after
    assert found and timedelta(minutes=9) < found < timedelta(minutes=11)


def test_what_must_not_be_reached_is_refused_at_the_send(delivery, sink, settings):
    settings.ALLOWED_NETWORKS = ()
    outcome = webhook.send(delivery)
    assert outcome.kind == REFUSED and "not on the public internet" in outcome.detail
    assert sink.heard == []


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_?", "ü"])
def test_without_a_secret_nothing_goes_out(delivery, sink, secret):
    delivery.destination.secret = secret
    assert webhook.send(delivery).kind == REFUSED
    assert sink.heard == []


def test_a_server_that_hangs_up_gets_it_again(grace, settings):
    settings.ALLOWED_NETWORKS = LOOPBACK
    with raw_sink(lambda connection: connection.recv(10)) as port:
        row = to_destination(grace, "webhook", f"http://127.0.0.1:{port}/")
        assert webhook.send(row).kind == RETRY
