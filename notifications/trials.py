"""Sending a test: a real delivery through the real channel, at once, and how it ended."""

from django.utils import timezone

from accounts.models import User
from notifications import operations, sending
from notifications.deliveries import Outcome, settle
from notifications.models import DeliveryAttempt


def send_test(destination_id: int | None, *, by: User) -> Outcome:
    """Send a test to a destination that ``by`` may change, or to their own address; what the far side said.

    Outside any transaction. Raises ``Refused``.
    """
    made = (
        operations.begin_test(destination_id, by=by) if destination_id else operations.begin_mail_test(by=by)
    )
    started_at = timezone.now()
    outcome = sending.outcome_of(made)
    settle(made, outcome, started_at)
    return outcome


def in_words(outcome: Outcome) -> str:
    """What came of it, for the one who asked."""
    said = " ".join(filter(None, (outcome.code, outcome.detail))).rstrip(".")
    if outcome.kind == DeliveryAttempt.Outcome.SENT:
        return f"accepted ({said})." if said else "accepted."
    if outcome.kind == DeliveryAttempt.Outcome.REFUSED:
        return f"refused: {said}."
    return f"not delivered: {said}. It is tried again for ten minutes."
