"""Sending what is due: claim a few, send them side by side, settle each as it ends."""

import logging
from concurrent.futures import ThreadPoolExecutor, as_completed

from django.db import close_old_connections, connection
from django.utils import timezone

from notifications.channels import sender_of
from notifications.deliveries import Outcome, claim, settle
from notifications.models import Delivery

log = logging.getLogger(__name__)

#: Sends under way at once in one process, and so the most that a crash can repeat.
THREADS = 8


def send_due(*, urgent: bool, limit: int = 2000) -> int:
    """Send what is due in one lane until there is nothing left, or ``limit``; return how many were tried."""
    tried = 0
    with ThreadPoolExecutor(THREADS, thread_name_prefix="send") as pool:
        while tried < limit:
            claimed = claim(urgent=urgent, limit=THREADS)
            for done in as_completed([pool.submit(_send_one, row) for row in claimed]):
                done.result()
            tried += len(claimed)
            if len(claimed) < THREADS:
                break
    return tried


def _send_one(row: Delivery) -> None:
    close_old_connections()
    try:
        started_at = timezone.now()
        outcome = _outcome_of(row)
        if not settle(row, outcome, started_at):
            log.warning("Delivery %s may be sent twice: its lease ran out while it was being sent", row.pk)
    finally:
        connection.close()


def _outcome_of(row: Delivery) -> Outcome:
    try:
        return sender_of(row.channel)(row)
    except Exception as error:
        log.exception("Delivery %s by %s failed in a way its channel does not know", row.pk, row.channel)
        return Outcome.retry(f"{type(error).__name__}: {error}")
