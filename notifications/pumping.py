"""One look at everything that may be due, from start to end: what worker and watchdog both do."""

import logging
import time
from collections.abc import Callable

from notifications import digests, heartbeat, sending, sweep
from notifications.reminders import sweep as reminding
from outbox import relay as relaying

log = logging.getLogger(__name__)

#: Clocks fired before what they say is sent: the first nudge does not wait for the thousandth clock.
CLOCKS_A_LOOK = 10
#: Facts heard before a clock is looked at: a flood of them must not keep what is due from being sent.
FACTS_A_LOOK = 20
BEAT_EVERY = 5.0  # seconds


def pump(name: str, seconds: float = 30) -> None:
    """Hear what happened, fire what is due because of it, and send what is urgent, as part ``name``.

    Goes on while anything is left or a slow send is under way, and begins nothing after ``seconds``: the next tick
    goes on. A step that fails does not keep the others from being done; its error is raised in the end.
    """
    errors: list[Exception] = []
    beaten_at = time.monotonic()
    heartbeat.beat(name)

    def look() -> int:
        nonlocal beaten_at
        if time.monotonic() - beaten_at > BEAT_EVERY:
            beaten_at = time.monotonic()
            heartbeat.beat(name)
        heard = _try(lambda: relaying.relay(limit=FACTS_A_LOOK), errors)
        return heard + _try(lambda: sweep.sweep(limit=CLOCKS_A_LOOK), errors)

    look()
    _try(lambda: sending.send_due(urgent=True, seconds=seconds, meanwhile=look), errors)
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
