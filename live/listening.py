"""The one connection of this process that hears PostgreSQL's notifications, kept open whatever happens to it."""

import asyncio
import json
import logging
import random
from typing import Any, Protocol

from django.db import connection
from psycopg import AsyncConnection, Error

from outbox.facts import CHANNEL

log = logging.getLogger(__name__)

#: Seconds between looks at the incidents themselves, so that a notification that got lost costs no more than this.
SWEEP = 10.0
#: Seconds that PostgreSQL may take to answer before the connection counts as dead.
ANSWER = 5.0
LONGEST_WAIT = 10.0
NOT_FOR_LISTENING = ("context", "cursor_factory", "prepare_threshold")


class Listener(Protocol):
    def heard(self, fact: dict[str, Any]) -> None:
        """A fact was published."""

    def reconnected(self) -> None:
        """Notifications may have been missed."""

    def watched(self) -> list[int]:
        """The ids of the incidents somebody looks at."""

    def found(self, incident_id: int, seq: int) -> None:
        """An incident's last event has number ``seq``."""


async def listen(listener: Listener, ready: asyncio.Event) -> None:
    """Tell ``listener`` what is published, until cancelled; ``ready`` is set while the connection stands."""
    wait, before = 0.1, False
    while True:
        try:
            async with await _connect() as listening:
                await listening.execute(f"LISTEN {CHANNEL}")
                ready.set()
                if before:
                    listener.reconnected()
                wait, before = 0.1, True
                while True:
                    await asyncio.wait_for(_sweep(listening, listener), ANSWER)
                    await _hear(listening, listener)
        except (Error, OSError, TimeoutError) as error:
            log.warning("Not listening to PostgreSQL: %s", str(error).strip() or type(error).__name__)
        except Exception:  # whatever it was, pages that nobody tells anything any more would be worse
            log.exception("What PostgreSQL said was not understood")
        finally:
            ready.clear()
        await asyncio.sleep(wait * random.uniform(0.7, 1.3))  # noqa: S311
        wait = min(wait * 2, LONGEST_WAIT)


async def _connect() -> AsyncConnection[Any]:
    params = {k: v for k, v in connection.get_connection_params().items() if k not in NOT_FOR_LISTENING}
    params |= {"application_name": "allclear live", "autocommit": True}
    return await asyncio.wait_for(AsyncConnection.connect(**params), ANSWER * 2)


async def _hear(listening: AsyncConnection[Any], listener: Listener) -> None:
    async for notification in listening.notifies(timeout=SWEEP):
        try:
            fact = json.loads(notification.payload)
        except ValueError:
            continue  # somebody else's, on a database we do not have to ourselves
        if isinstance(fact, dict):
            listener.heard(fact)


async def _sweep(listening: AsyncConnection[Any], listener: Listener) -> None:
    # Asked in vain as well: it is how a connection that died in silence is found out.
    cursor = await listening.execute(
        "SELECT id, event_seq FROM incidents_incident WHERE id = ANY(%s)", [listener.watched()]
    )
    for incident_id, seq in await cursor.fetchall():
        listener.found(incident_id, seq)
