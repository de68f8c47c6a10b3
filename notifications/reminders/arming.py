"""Setting reminders by what is promised: when a fact says that it changed, and for what a lost fact left unset."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import DateTimeField, F, Q
from django.db.models.functions import Cast

from accounts.models import User
from notifications.reminders.models import ReminderClock, ReminderKind
from notifications.reminders.promises import (
    ITEM,
    OVER,
    POSTMORTEM,
    Promise,
    of_item,
    of_postmortem,
    promise_of,
)
from outbox.clock import DatabaseNow
from postmortems.models import ActionItem, Postmortem

MOST = 500


@transaction.atomic
def set_item(item_id: int) -> None:
    """Make the reminders of an action item those of what it promises now. Idempotent: it reads the item, not the
    fact."""
    item = ActionItem.objects.select_related(*ITEM).filter(pk=item_id).first()
    if item:
        _set({"item": item}, of_item(item, None))


@transaction.atomic
def set_postmortem(postmortem_id: int) -> None:
    """The same of a post-mortem."""
    found = Postmortem.objects.select_related(*POSTMORTEM).filter(pk=postmortem_id).first()
    if found:
        _set({"postmortem": found}, of_postmortem(found, None))


def _set(which: dict[str, Any], promise: Promise | None) -> None:
    """Where there is a clock it is locked first and what is promised read again: of two callers the second knows
    all that the first did."""
    clock = ReminderClock.objects.select_for_update().filter(**which).first()
    if clock is None and promise:
        clock, made = ReminderClock.objects.get_or_create(**which, defaults=_fields(promise))
        if not made:
            _set(which, promise)
    elif clock:
        reset(clock, promise_of(clock))


def reset(clock: ReminderClock, promise: Promise | None) -> bool:
    """Have ``clock``, which the caller holds, tell ``promise``; whether it had to be changed."""
    if promise is None:
        if clock.is_armed:
            clock.is_armed = False
            clock.save(update_fields=["is_armed"])
        return True
    if clock.is_armed and clock.kind == promise.kind and promise.is_told_by(clock):
        return False
    for name, value in _fields(promise).items():
        setattr(clock, name, value)
    clock.save()
    return True


def _fields(promise: Promise) -> dict[str, Any]:
    return {
        "kind": promise.kind,
        "is_armed": True,
        "person": promise.person,
        "due_at": promise.due_at,
        "since": promise.since,
        "fires_at": first_look(promise, promise.since),
        "failures": 0,
        "last_error": "",
    }


def first_look(promise: Promise, since: datetime) -> datetime:
    """The first stage after ``since``."""
    ladder = promise.ladder(promise.mornings(promise.person))
    return next(rung.at for rung in ladder if rung.at > since)


@transaction.atomic
def look_again(user: User) -> None:
    """Have the reminders of ``user`` looked at now: their zone or their hour is another. What is not due waits on."""
    mine = ReminderClock.objects.armed().filter(person=user, fires_at__gt=DatabaseNow())
    mine.update(fires_at=DatabaseNow())


def audit() -> int:
    """Set the reminders of all that promises something else than its clock, or has none; return how many.

    Facts do that at once; this is for what a fact did not reach.
    """
    items = [*_unset_items().values_list("pk", flat=True)[:MOST]]
    for item_id in items:
        set_item(item_id)
    documents = [*_unset_postmortems().values_list("pk", flat=True)[:MOST]]
    for postmortem_id in documents:
        set_postmortem(postmortem_id)
    return len(items) + len(documents)


UNARMED = Q(reminder=None) | Q(reminder__is_armed=False)


def _unset_items() -> Any:
    day = Cast("due_on", DateTimeField())
    dated = Q(owner__isnull=False, owner__is_active=True, due_on__isnull=False)
    other = ~Q(reminder__due_at=day) | ~Q(reminder__person=F("owner"))
    wrong = (dated & (other | Q(reminder__kind=ReminderKind.LOOSE))) | (
        ~dated & Q(reminder__kind=ReminderKind.ITEM)
    )
    return ActionItem.objects.open().filter(UNARMED | wrong).order_by("pk")


def _unset_postmortems() -> Any:
    owed = Postmortem.objects.unpublished().filter(due_at__isnull=False, incident__status__in=OVER)
    return owed.filter(UNARMED | ~Q(reminder__due_at=F("due_at"))).order_by("pk")
