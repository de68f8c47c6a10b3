"""What people change about how they are told, one function a verb, each owning its transaction."""

from base64 import b64encode
from datetime import time, timedelta
from secrets import token_bytes
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from accounts.models import Team, User
from notifications import digests
from notifications.deliveries import LEASE
from notifications.inbox import inbox
from notifications.models import (
    TRIAL,
    Channel,
    Delivery,
    DeliveryState,
    Destination,
    DestinationUse,
    Notice,
    Preferences,
    Urgency,
)
from notifications.preferences import may_keep
from notifications.reminders import arming
from outbox import clock
from outbox.facts import notify

MOST_DESTINATIONS = 20
TEST_LIFE = timedelta(minutes=10)
BETWEEN_TESTS = timedelta(seconds=5)


class Refused(Exception):
    """A rule says no. ``str()`` of it is a sentence for the person who asked."""


# -- inbox ------------------------------------------------------------------------------------------


@transaction.atomic
def mark_read(delivery_id: UUID, *, by: User) -> None:
    """One notice in the inbox of ``by``; what is read stays so."""
    _read(Q(pk=delivery_id), by)


@transaction.atomic
def mark_all_read(*, by: User, up_to: UUID | None = None) -> None:
    """All that ``by`` could see when the newest was ``up_to``: what came since stays unread."""
    newest = inbox(by).filter(pk=up_to).first() if up_to else None
    _read(Q(created_at__lte=newest.created_at) if newest else Q(), by)


def _read(which: Q, by: User) -> None:
    if Delivery.objects.in_inbox_of(by).filter(which, read_at=None).update(read_at=timezone.now()):
        notify("inbox_changed", user_id=by.pk)


# -- preferences ------------------------------------------------------------------------------------


@transaction.atomic
def save_preferences(
    *,
    by: User,
    email_nudges: bool,
    email_reminders: bool,
    quiet_from: time | None,
    quiet_until: time | None,
    digest_at: time,
) -> Preferences:
    """How ``by`` wants to hear; reminders and the digest that wait move to the hour that is chosen now."""
    said = {
        "email_nudges": email_nudges,
        "email_reminders": email_reminders,
        "quiet_from": quiet_from,
        "quiet_until": quiet_until,
        "digest_at": digest_at,
    }
    saved, _ = Preferences.objects.update_or_create(user=by, defaults=said)
    arming.look_again(by)  # before the digests, in the order in which a reminder takes them
    digests.reschedule(by)
    return saved


# -- destinations -----------------------------------------------------------------------------------


@transaction.atomic
def add_destination(
    *, by: User, team: Team | None, channel: str, name: str, address: str, uses: list[str]
) -> Destination:
    """A destination of ``team``, or of ``by``. A webhook's secret is made here, to be shown once."""
    owner = {"team": team} if team else {"user": by}
    if team:
        _check_member(team, by)
    if Destination.objects.filter(**owner).count() >= MOST_DESTINATIONS:
        raise Refused(f"{MOST_DESTINATIONS} destinations are enough. Remove one first.")
    secret = new_secret() if channel == Channel.WEBHOOK else ""
    made = Destination.objects.create(**owner, channel=channel, name=name, address=address, secret=secret)
    _use(made, uses)
    return made


def new_secret() -> str:
    """A secret as Standard Webhooks writes it: 192 random bits."""
    return "whsec_" + b64encode(token_bytes(24)).decode()


@transaction.atomic
def choose_uses(destination_id: int, uses: list[str], *, by: User) -> Destination:
    """Use the destination for notices of these urgencies, and no others."""
    kept = _lock(destination_id, by)
    _use(kept, uses)
    return kept


def _use(destination: Destination, uses: list[str]) -> None:
    destination.uses.exclude(urgency__in=uses).delete()
    rows = [DestinationUse(destination=destination, urgency=urgency) for urgency in uses]
    DestinationUse.objects.bulk_create(rows, ignore_conflicts=True)


@transaction.atomic
def enable_destination(destination_id: int, *, by: User) -> Destination:
    """Use it again; what failed before counts against it no more."""
    return _set_disabled(_lock(destination_id, by), why=None)


@transaction.atomic
def disable_destination(destination_id: int, *, by: User) -> Destination:
    return _set_disabled(_lock(destination_id, by), why=f"Switched off by {by.name}.")


def _set_disabled(destination: Destination, *, why: str | None) -> Destination:
    now = clock.now()
    if not why and destination.disabled_at:
        destination.enabled_at = now
    destination.disabled_at, destination.disabled_reason = now if why else None, why or ""
    destination.save(update_fields=["enabled_at", "disabled_at", "disabled_reason"])
    return destination


@transaction.atomic
def renew_secret(destination_id: int, *, by: User) -> Destination:
    """A new secret for a webhook; the old one signs nothing from now on."""
    kept = _lock(destination_id, by)
    if kept.channel != Channel.WEBHOOK:
        raise Refused("Only a webhook has a secret.")
    kept.secret = new_secret()
    kept.save(update_fields=["secret"])
    return kept


@transaction.atomic
def remove_destination(destination_id: int, *, by: User) -> None:
    """Nothing more goes there: what still waits for it is not sent."""
    kept = _lock(destination_id, by)
    waiting = Delivery.objects.filter(destination=kept, state=DeliveryState.PENDING)
    waiting.update(state=DeliveryState.SUPERSEDED)
    kept.delete()


def _lock(destination_id: int, by: User) -> Destination:
    """Raises ``Destination.DoesNotExist`` where it is not theirs to change."""
    mine = Destination.objects.filter(may_keep(by))
    return mine.select_for_update(of=("self",)).get(pk=destination_id)


def _check_member(team: Team, by: User) -> None:
    if not by.may_administer and not team.members.filter(pk=by.pk).exists():
        raise Refused("Only members of the team and administrators may do this.")


# -- tests and deliveries ---------------------------------------------------------------------------


@transaction.atomic
def begin_test(destination_id: int, *, by: User) -> Delivery:
    """A real delivery to the destination, held by whoever asked: send it, and settle it."""
    kept = _lock(destination_id, by)
    if kept.disabled_at:
        raise Refused("Switch it on first.")
    to = None if kept.team_id else by
    return _test(
        by, kept.name, Delivery(destination=kept, recipient=to, channel=kept.channel, address=kept.address)
    )


@transaction.atomic
def begin_mail_test(*, by: User) -> Delivery:
    """The same to one's own address."""
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    return _test(by, by.email, Delivery(recipient=by, channel=Channel.EMAIL, address=by.email))


def _test(by: User, name: str, row: Delivery) -> Delivery:
    """``row``, leased from the start, so that no worker sends it as well; should this process die, one does."""
    now = clock.now()
    same = Delivery.objects.filter(recipient=row.recipient, destination=row.destination)
    if same.filter(dedupe_key__startswith=TRIAL, created_at__gt=now - BETWEEN_TESTS).exists():
        raise Refused("A test was sent a moment ago. Wait a few seconds.")
    row.notice = Notice.objects.create(
        urgency=Urgency.NUDGE,
        title=f"Test from {by.name}: {name} works",
        text="This is what a message looks like. Nothing has happened, and there is nothing to do.",
        path=reverse("notifications:preferences"),
        action="Open the settings",
        expires_at=now + TEST_LIFE,
    )
    row.dedupe_key, row.expires_at = f"{TRIAL}{row.notice.pk}", row.notice.expires_at
    row.state, row.attempts = DeliveryState.LEASED, 1
    row.lease_until, row.lease_token = now + LEASE, uuid4()
    row.save(force_insert=True)
    return row


@transaction.atomic
def settle_delivery(delivery_id: UUID, *, by: User) -> Delivery:
    """A failed delivery was looked at: it is counted no more."""
    row = Delivery.objects.select_for_update(of=("self",)).get(pk=delivery_id)
    if row.state == DeliveryState.FAILED and row.settled_by is None:
        row.settled_by = by
        row.save(update_fields=["settled_by"])
    return row
