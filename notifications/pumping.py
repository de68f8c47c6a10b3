"""One look at everything that may be due, from start to end: what worker and watchdog both do."""

import logging
import time
from collections.abc import Callable

from notifications import digests, heartbeat, sending, sweep
from notifications.reminders import sweep as reminding
from outbox import relay as relaying

log = logging.getLogger(__name__)

#: Clocks fired before what they say is sent: the first nudge does not wait for the thousandth clock.
CLOCKS_A_ROUND = 50
SENDS_A_ROUND = 4 * sending.THREADS


def pump(name: str, seconds: float = 30) -> None:
    """Hear what happened, fire what is due because of it, and send what is urgent, as part ``name``.

    Ends when nothing is left, or in the first round after ``seconds``: the next tick goes on. A step that fails
    does not keep the others from being done; its error is raised in the end.
    """
    until = time.monotonic() + seconds
    heartbeat.beat(name)
    errors: list[Exception] = []
    _try(relaying.relay, errors)
    while time.monotonic() < until:
        fired = _try(lambda: sweep.sweep(limit=CLOCKS_A_ROUND), errors)
        sent = _try(lambda: sending.send_due(urgent=True, limit=SENDS_A_ROUND), errors)
        if errors or not fired + sent:
            break
    if errors:
        raise errors[0]


def pump_reminders(name: str, limit: int = 200) -> None:
    """Say the reminders that are due, make the morning's mails of them, and send what can wait, as part ``name``."""
    heartbeat.beat(name)
    errors: list[Exception] = []
    _try(lambda: reminding.sweep(limit=limit), errors)
    _try(lambda: digests.gather(limit=limit), errors)
    _try(lambda: sending.send_due(urgent=False, limit=limit), errors)
    if errors:
        raise errors[0]


def _try(step: Callable[[], int], errors: list[Exception]) -> int:
    try:
        return step()
    except Exception as error:
        log.exception("A step of the pump failed")
        errors.append(error)
        return 0
