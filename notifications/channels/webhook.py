"""Outgoing webhooks, signed as Standard Webhooks (https://www.standardwebhooks.com) says."""

import json
from binascii import Error as NotBase64
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from django.utils import timezone
from standardwebhooks import Webhook
from standardwebhooks.webhooks import EmptyWebhookSecretError as EmptySecret

from notifications import outgoing, pages
from notifications.channels import LIMIT
from notifications.deliveries import Outcome
from notifications.models import Delivery, Notice

BUSY = (429, 503)


def send(delivery: Delivery) -> Outcome:
    """Post the notice as JSON. The delivery's id is the ``webhook-id``: the same at every try."""
    body = json.dumps(payload(delivery)).encode()
    try:
        headers = _signed(delivery, body)
        answer = outgoing.request(
            "POST", delivery.address, body=body, headers=headers, seconds=LIMIT, body_limit=0
        )
    except outgoing.Blocked as error:
        return Outcome.refused(str(error))
    except outgoing.OutgoingError as error:
        return Outcome.retry(str(error))
    return _outcome(answer)


def payload(delivery: Delivery) -> dict[str, object]:
    """What is posted: ``type``, ``timestamp`` of the notice, and ``data`` with the notice and its incident."""
    notice = delivery.notice
    return {
        "type": f"notice.{notice.urgency}",
        "timestamp": notice.created_at.isoformat(),
        "data": {
            "notice": {
                "id": str(notice.pk),
                "urgency": notice.urgency,
                "title": notice.title,
                "text": notice.text,
                "url": pages.address_of(delivery) or None,
                "due_at": notice.due_at.isoformat() if notice.due_at else None,
            },
            "incident": _incident(notice) if notice.incident else None,
        },
    }


def _incident(notice: Notice) -> dict[str, object]:
    incident = notice.incident
    assert incident is not None  # noqa: S101  asked before
    if notice.is_discreet:
        return {"number": incident.pk}
    return {
        "number": incident.pk,
        "title": incident.title,
        "severity": incident.severity,
        "status": incident.status,
        "declared_at": incident.declared_at.isoformat(),
    }


def _signed(delivery: Delivery, body: bytes) -> dict[str, str]:
    """The headers, with a signature by the destination's secret; the timestamp is this try's."""
    secret = delivery.destination.secret if delivery.destination else ""
    now = timezone.now()
    try:
        signature = Webhook(secret).sign(str(delivery.pk), now, body.decode())
    except (NotBase64, ValueError, EmptySecret):
        raise outgoing.Blocked(
            "It has no secret to sign with: remove the destination and add it again."
        ) from None
    return {
        "Content-Type": "application/json",
        "webhook-id": str(delivery.pk),
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature,
    }


def _outcome(answer: outgoing.Answer) -> Outcome:
    code = str(answer.status)
    if 200 <= answer.status < 300:
        return Outcome.sent(code)
    if 300 <= answer.status < 400:
        return Outcome.refused("It redirects, which is not followed: give the final address.", code)
    if answer.status == 410:
        return Outcome.gone("It says that it is gone for good.", code)
    if answer.status in BUSY:
        return Outcome.retry("It asks to wait.", code, _pause(answer.headers.get("retry-after", "")))
    return Outcome.retry("It did not accept the message.", code)


def _pause(asked: str) -> timedelta | None:
    """What ``Retry-After`` asks for, in seconds or as a date; None where it says nothing that can be used."""
    try:
        if asked.isascii() and asked.isdigit():
            return timedelta(seconds=min(int(asked[:9]), 10**6))
        wait = _utc(parsedate_to_datetime(asked)) - timezone.now()
    except (ValueError, TypeError, OverflowError):
        return None
    return wait if wait > timedelta() else None


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
