"""Saying a reminder: a notice for whoever promised, one for whoever oversees it, each into the morning's mail."""

from datetime import datetime, timedelta

from accounts.models import User
from notifications.deliveries import deliver
from notifications.models import Notice, Urgency
from notifications.reached import Reached
from notifications.reminders.ladders import Rung
from notifications.reminders.models import ReminderKind, ReminderStage
from notifications.reminders.people import overseers
from notifications.reminders.promises import Promise
from notifications.reminders.wording import words_of

LIFE = timedelta(days=30)
#: A post-mortem due within this has its mail at once: a morning may be too late.
PRESSING = timedelta(days=1)


def tell(promise: Promise, rung: Rung, stage: ReminderStage, now: datetime) -> None:
    """Say ``rung``, in the caller's transaction. In the order of their numbers: mornings are locked in it."""
    others = overseers(promise) if rung.escalates else []
    for to in sorted({promise.person, *others}, key=lambda person: person.pk):
        notice = _notice(promise, rung, stage, to, now)
        # Whoever promised hears this morning, even if it is late by now; others with the next mail they get anyway.
        only_ahead = to != promise.person or not rung.in_the_morning
        deliver(notice, Reached(user=to), mornings=promise.mornings(to).days(now, only_ahead=only_ahead))


def _notice(promise: Promise, rung: Rung, stage: ReminderStage, to: User, now: datetime) -> Notice:
    words = words_of(promise, rung, to, now)
    return Notice.objects.create(
        urgency=Urgency.REMINDER,
        is_pressing=promise.kind == ReminderKind.POSTMORTEM
        and not rung.is_late
        and is_pressing(promise.due_at, now),
        incident=promise.incident,
        reminder=stage,
        title=words.title,
        text=words.text,
        path=words.path,
        action=words.action,
        created_at=now,
        expires_at=now + LIFE,
    )


def is_pressing(due_at: datetime, now: datetime) -> bool:
    """Whether it falls due within the day, or has."""
    return due_at - now <= PRESSING
