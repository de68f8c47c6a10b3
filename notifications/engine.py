"""The watchdog: sees that somebody pumps, and pumps itself while nobody does. It needs the database alone."""

import logging
import time
from datetime import timedelta
from threading import Event

from django.db import Error, connection

from notifications import heartbeat
from notifications.pumping import pump, pump_reminders

log = logging.getLogger(__name__)

EVERY = 3.0  # seconds between two looks
PATIENCE = timedelta(seconds=10)
BOOT = 60.0  # seconds
#: Reminders are sent by the watchdog in small bites, so that nothing urgent waits behind them.
BITE = 8


def watch(stop: Event, every: float = EVERY) -> None:
    """Look every so many seconds, until told to stop. Whatever goes wrong, it looks again."""
    began = time.monotonic()
    while not stop.wait(every):
        try:
            look(is_boot=time.monotonic() - began < BOOT)
        except Error as error:
            log.warning("The watchdog cannot use the database: %s", str(error).strip())
        except Exception:
            log.exception("The watchdog failed, and goes on")
        finally:
            connection.close()


def look(*, is_boot: bool = False) -> bool:
    """Pump if no worker has for longer than ``PATIENCE``; whether anything had to be done.

    At boot it helps as well, but without a word: workers take longer to start than this does.
    """
    ages = heartbeat.ages()
    heartbeat.beat("engine")
    urgent, reminders = (_is_missed(ages, name) for name in ("worker", "reminders"))
    if urgent:
        log.log(
            logging.INFO if is_boot else logging.WARNING,
            "No worker looks %s: the watchdog does",
            _since(ages),
        )
        pump("engine", seconds=10)
    if reminders:
        pump_reminders("engine", limit=BITE)
    return urgent or reminders


def _is_missed(ages: dict[str, timedelta], name: str) -> bool:
    return ages.get(name, timedelta.max) > PATIENCE


def _since(ages: dict[str, timedelta]) -> str:
    age = ages.get("worker")
    return f"for {age.total_seconds():.0f} s" if age else "yet"
