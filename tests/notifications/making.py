"""A notice and its deliveries, as a nudge makes them, without the ladder that would."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import User
from incidents.models import Incident
from notifications.models import Channel, Delivery, Destination, Notice, Urgency

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def a_notice(incident: Incident | None = None, **said: Any) -> Notice:
    words: dict[str, Any] = {
        "urgency": Urgency.NUDGE,
        "title": "Update due now",
        "text": "It is **due**.\n\n- Post it",
        "path": "/incidents/1/#update",
        "action": "Post the update",
        "expires_at": timezone.now() + timedelta(minutes=30),
    } | said
    return Notice.objects.create(incident=incident, **words)


def a_delivery(user: User, notice: Notice | None = None, **said: Any) -> Delivery:
    """By e-mail, unless ``said`` otherwise."""
    about = notice or a_notice()
    words: dict[str, Any] = {"channel": Channel.EMAIL, "address": user.email, "is_urgent": True} | said
    key = f"{about.pk}:user:{user.pk}:{words['channel']}:{words['address']}"
    return Delivery.objects.create(
        notice=about, recipient=user, dedupe_key=key, expires_at=about.expires_at, **words
    )


def to_destination(user: User, channel: str, address: str, **said: Any) -> Delivery:
    secret = SECRET if channel == Channel.WEBHOOK else ""
    there = Destination.objects.create(
        user=user, channel=channel, name="There", address=address, secret=secret
    )
    return a_delivery(user, channel=channel, address=address, destination=there, **said)
