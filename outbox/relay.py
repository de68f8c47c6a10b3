"""Bringing facts to their subscribers: a loop of small steps, safe to run anywhere at any time."""

import logging
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from outbox.clock import DatabaseNow
from outbox.facts import subscribers_of
from outbox.models import Fact

log = logging.getLogger(__name__)

BATCH = 50
KEEP_RELAYED = timedelta(days=30)
LONGEST_WAIT = timedelta(hours=1)


def relay(limit: int = 10_000) -> int:
    """Relay what is waiting, oldest first, at most about ``limit`` facts; return how many were heard."""
    heard = 0
    while heard < limit:
        taken, relayed = _relay_batch()
        heard += relayed
        if taken < BATCH:
            break
    return heard


@transaction.atomic
def _relay_batch() -> tuple[int, int]:
    # SKIP LOCKED: relays beside this one take other facts instead of waiting for these.
    facts = list(
        Fact.objects.waiting()
        .filter(next_attempt_at__lte=DatabaseNow())
        .order_by("next_attempt_at", "id")
        .select_for_update(skip_locked=True)[:BATCH]
    )
    return len(facts), sum(_relay_one(fact) for fact in facts)


def _relay_one(fact: Fact) -> bool:
    fact.attempts += 1
    try:
        with transaction.atomic():
            for subscriber in subscribers_of(fact.name):
                subscriber(fact)
    except Exception as error:  # one failing subscriber must not stop the facts behind it
        log.exception("A subscriber failed on %s", fact)
        fact.last_error = f"{type(error).__name__}: {error}"[:2000].replace("\x00", "")
        fact.next_attempt_at = timezone.now() + min(timedelta(seconds=2**fact.attempts), LONGEST_WAIT)
        fact.save(update_fields=["attempts", "last_error", "next_attempt_at"])
        return False
    fact.relayed_at = timezone.now()
    fact.save(update_fields=["attempts", "relayed_at"])
    return True


def prune() -> int:
    """Delete facts relayed longer ago than ``KEEP_RELAYED``; return how many."""
    return Fact.objects.filter(relayed_at__lt=timezone.now() - KEEP_RELAYED).delete()[0]
