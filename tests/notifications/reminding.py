"""Living through weeks of reminders: from one thing that falls due to the next, as the worker would see them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Min
from django.utils import timezone

from accounts.models import User
from incidents.models import Incident
from notifications import digests
from notifications.models import Delivery, Digest, Notice
from notifications.reminders import sweep
from notifications.reminders.models import ReminderClock, ReminderStage
from outbox import relay as relaying
from outbox.facts import publish
from postmortems.models import ActionItem, Postmortem
from postmortems.operations import items
from tests.notifications.conftest import World

DAY = timedelta(days=1)


def move_to(world: World, moment: str) -> None:
    world.traveller.move_to(datetime.fromisoformat(moment).replace(tzinfo=UTC))
    world.tell_database()


def work() -> None:
    """All that the worker of the reminders' lane does, but for sending."""
    relaying.relay()
    sweep.sweep()
    digests.gather()


def live_until(world: World, moment: str) -> None:
    """Work at every moment at which something falls due, and a second before it."""
    end = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    work()
    for _ in range(2000):
        at = _next()
        if at is None or at >= end:
            break
        _go(world, max(timezone.now(), at - timedelta(seconds=1)))
        _go(world, max(timezone.now(), at))
    _go(world, end)


def _next() -> datetime | None:
    looks = ReminderClock.objects.armed().aggregate(at=Min("fires_at"))["at"]
    mails = Digest.objects.filter(gathered_at=None).aggregate(at=Min("due_at"))["at"]
    return min(filter(None, (looks, mails)), default=None)


def _go(world: World, moment: datetime) -> None:
    world.traveller.move_to(moment)
    world.tell_database()
    work()


def add(owner: User | None, due_on: date | None, *, by: User | None = None, **said: Any) -> ActionItem:
    """By its owner, where nobody else is named."""
    adder = by or owner
    assert adder
    return items.add_item(by=adder, owner=owner, due_on=due_on, **{"title": "Probe sign-in", **said})


def close(item: ActionItem) -> None:
    assert item.owner
    items.mark_done(item.pk, by=item.owner, evidence="https://example.com/1")


@transaction.atomic
def write_up(incident: Incident, author: User | None, due_at: datetime | None, **said: Any) -> Postmortem:
    words = {"title": incident.title, "created_at": timezone.now(), **said}
    made = Postmortem.objects.create(incident=incident, author=author, due_at=due_at, **words)
    publish("postmortem_changed", postmortem_id=made.pk)
    return made


def mails(user: User) -> list[tuple[str, list[str]]]:
    """Each morning's mail: when it was made, in the person's own time, and what it reminds of."""
    rows = Delivery.objects.filter(recipient=user, channel="email", dedupe_key__startswith="digest:")
    return [
        (local(row.created_at, user), [line[3:].split("](")[0] for line in row.notice.text.splitlines()])
        for row in rows.select_related("notice").order_by("created_at")
    ]


def told(user: User) -> list[tuple[str, str]]:
    """What came into somebody's inbox, and when, in their own time."""
    notices = Notice.objects.filter(deliveries__recipient=user, deliveries__channel="inbox")
    return [(local(notice.created_at, user), notice.title) for notice in notices.order_by("created_at", "pk")]


def local(moment: datetime, user: User) -> str:
    return f"{moment.astimezone(user.zone):%a %d %b %H:%M}"


def said(item: ActionItem) -> list[str]:
    """Stages in the order in which they fired; those folded into a later one in brackets."""
    found = ReminderStage.objects.filter(clock__item=item).order_by("fired_at", "pk")
    return [f"({stage.name})" if stage.is_folded else stage.name for stage in found]
