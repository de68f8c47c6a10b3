"""Bringing facts to their subscribers: a loop of small steps, safe to run anywhere at any time."""

import logging
from datetime import timedelta
from itertools import takewhile

from django.db import connection, transaction
from django.utils import timezone

from outbox.clock import DatabaseNow
from outbox.facts import subscribers_of
from outbox.models import Fact

log = logging.getLogger(__name__)

KEEP_RELAYED = timedelta(days=30)
#: One incident that somebody keeps locked must not keep the facts of the others waiting.
SHORT = "SET LOCAL lock_timeout = '1s'"
LONGEST_WAIT = timedelta(hours=1)


def relay(limit: int = 10_000) -> int:
    """Relay what is waiting, oldest first, at most ``limit`` facts; return how many were heard."""
    results = takewhile(lambda heard: heard is not None, (_relay_next() for _ in range(limit)))
    return sum(bool(heard) for heard in results)


@transaction.atomic
def _relay_next() -> bool | None:
    """Whether the next fact was heard by all; None when none is waiting.

    Each fact has a transaction of its own: what one subscriber locks is not kept from people while the others work.
    """
    # SKIP LOCKED: relays beside this one take other facts instead of waiting for this one.
    with connection.cursor() as cursor:
        cursor.execute(SHORT)
    fact = (
        Fact.objects.waiting()
        .filter(next_attempt_at__lte=DatabaseNow())
        .order_by("next_attempt_at", "id")
        .select_for_update(skip_locked=True)
        .first()
    )
    return _relay(fact) if fact else None


def _relay(fact: Fact) -> bool:
    fact.attempts += 1
    try:
        with transaction.atomic():
            for subscriber in subscribers_of(fact.name):
                subscriber(fact)
    except Exception as error:  # one failing subscriber must not stop the facts behind it
        log.exception("A subscriber failed on %s", fact)
        fact.last_error = f"{type(error).__name__}: {error}"[:2000].replace("\x00", "")
        fact.next_attempt_at = timezone.now() + _wait(fact.attempts)
        fact.save(update_fields=["attempts", "last_error", "next_attempt_at"])
        return False
    fact.relayed_at = timezone.now()
    fact.save(update_fields=["attempts", "relayed_at"])
    return True


def _wait(attempts: int) -> timedelta:
    """2 s, 4 s, 8 s and so on, up to ``LONGEST_WAIT``."""
    # 2**47 s is more than a timedelta holds.
    return min(timedelta(seconds=2 ** min(attempts, 20)), LONGEST_WAIT)


def prune() -> int:
    """Delete facts relayed longer ago than ``KEEP_RELAYED``; return how many."""
    return Fact.objects.filter(relayed_at__lt=timezone.now() - KEEP_RELAYED).delete()[0]
