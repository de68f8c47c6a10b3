"""What follows when a message does not get through: another way to the same person, words in the incident, and
an end to a destination that answers nothing but no. All in the transaction that settles the try."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Max, QuerySet
from django.urls import reverse

from accounts.models import User
from incidents import operations as incidents
from notifications.behind import contact_behind
from notifications.models import (
    Channel,
    Delivery,
    DeliveryAttempt,
    DeliveryState,
    Destination,
    Notice,
    Urgency,
)
from outbox.clock import now
from outbox.facts import notify

#: Failures of an urgent delivery after which the next way is tried as well.
STRIKES = 3
#: A destination that has answered with nothing but failures for so long is switched off.
PATIENCE = timedelta(days=5)
NOTICE_LIFE = timedelta(days=30)


def count(delivery: Delivery) -> int:
    """How many tries have failed, this one included."""
    return delivery.tries.filter(outcome=DeliveryAttempt.Outcome.RETRY).count()


def tell_incident(delivery: Delivery, why: str) -> None:
    """Put on the incident's timeline whom the message did not reach, with the number to call."""
    notice = delivery.notice
    if notice.incident_id is None or notice.urgency == Urgency.REMINDER:
        return  # nobody need be called about what can wait
    role, call = contact_behind(delivery)
    incidents.note_delivery_failed(
        notice.incident_id,
        delivery=str(delivery.pk),
        to=delivery.recipient.name if delivery.recipient else _name(delivery),
        channel=Channel(delivery.channel).label,
        why=why,
        role=role,
        call=call,
    )


def _name(delivery: Delivery) -> str:
    """A destination by its name: its address may be a secret."""
    return delivery.destination.name if delivery.destination else delivery.address


def try_another_way(delivery: Delivery) -> Delivery | None:
    """One more delivery of the notice to the same recipient, by the next way that it does not use yet. A test is of
    one way alone: by another it would say that the first one works."""
    if delivery.is_trial:
        return None
    used = set(
        Delivery.objects.filter(notice=delivery.notice_id, recipient=delivery.recipient_id).values_list(
            "channel", "address"
        )
    )
    for channel, address, destination in _ways(delivery):
        if (channel, address) not in used:
            return _also(delivery, channel, address, destination)
    return None


def _ways(delivery: Delivery) -> list[tuple[str, str, Destination | None]]:
    """All ways to the recipient, in the order in which they are tried."""
    mine: list[tuple[str, str, Destination | None]] = []
    if delivery.recipient and settings.MAIL_CONFIGURED:
        mine = [(Channel.EMAIL, delivery.recipient.email, None)]
    found = [(other.channel, other.address, other) for other in _destinations(delivery)]
    return [way for way in (*mine, *found) if way[0] != Channel.EMAIL or settings.MAIL_CONFIGURED]


def _destinations(delivery: Delivery) -> "QuerySet[Destination]":
    enabled = Destination.objects.filter(disabled_at=None).order_by("pk")
    if delivery.recipient:
        return enabled.filter(user=delivery.recipient)
    team = delivery.destination.team_id if delivery.destination else None
    return enabled.filter(team=team) if team else enabled.none()


def _also(failed: Delivery, channel: str, address: str, destination: Destination | None) -> Delivery:
    who = f"user:{failed.recipient_id}" if failed.recipient_id else "team"
    row = Delivery(
        notice=failed.notice,
        recipient=failed.recipient,
        destination=destination,
        channel=channel,
        address=address,
        # As deliver() writes it, so that a way which is chosen later is not used twice.
        dedupe_key=f"{failed.notice_id}:{who}:{channel}:{destination.pk if destination else ''}",
        is_urgent=failed.is_urgent,
        next_attempt_at=now(),
        expires_at=failed.expires_at,
    )
    Delivery.objects.bulk_create([row], ignore_conflicts=True)
    return row


def has_only_failed(destination: Destination, moment: datetime) -> bool:
    """Whether everything sent to it has failed for as long as we have patience, since it last worked or was
    switched on."""
    tries = DeliveryAttempt.objects.filter(delivery__destination=destination)
    worked = tries.filter(outcome=DeliveryAttempt.Outcome.SENT).aggregate(at=Max("ended_at"))["at"]
    failed = tries.filter(
        outcome=DeliveryAttempt.Outcome.RETRY,
        ended_at__lte=moment - PATIENCE,
        ended_at__gte=destination.enabled_at,
    )
    return (failed.filter(ended_at__gt=worked) if worked else failed).exists()


def switch_off(destination: Destination, why: str) -> None:
    """Use it no more; its owner is told in the inbox why, and may switch it on again."""
    moment = now()
    changed = Destination.objects.filter(pk=destination.pk, disabled_at=None).update(
        disabled_at=moment, disabled_reason=why[:300]
    )
    if changed:
        _tell_owners(destination, why, moment)


def _tell_owners(destination: Destination, why: str, moment: datetime) -> None:
    notice = Notice.objects.create(
        urgency=Urgency.REMINDER,
        title=f"{destination.name} gets no more messages",
        text=f"It was switched off: {why} Once that is mended, switch it on again.",
        path=reverse("notifications:preferences"),
        action="Open the settings",
        created_at=moment,
        expires_at=moment + NOTICE_LIFE,
    )
    for owner in _owners(destination):
        Delivery.objects.create(
            notice=notice,
            recipient=owner,
            channel=Channel.INBOX,
            dedupe_key=f"{notice.pk}:user:{owner.pk}:{Channel.INBOX}:",
            is_urgent=False,
            next_attempt_at=moment,
            expires_at=notice.expires_at,
            state=DeliveryState.SENT,
            sent_at=moment,
        )
        notify("inbox_changed", user_id=owner.pk)


def _owners(destination: Destination) -> list[User]:
    if destination.user:
        return [destination.user]
    return list(destination.team.members.filter(is_active=True)) if destination.team else []
