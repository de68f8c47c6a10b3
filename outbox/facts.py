"""Publishing a fact, and hearing of it.

``publish`` saves the fact in the caller's transaction and tells listeners through ``pg_notify``, which
PostgreSQL sends only if that transaction commits. The notification is a hint that makes things fast; the
row is what makes them certain.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.db.models import Model
from django.utils import timezone

from outbox import kept
from outbox.models import Fact

CHANNEL = "allclear"
#: Keeps and tells at once: every change does both.
PUBLISH = """
WITH fact AS (
    INSERT INTO outbox_fact (name, payload, created_at, next_attempt_at, attempts, last_error)
    VALUES (%s, %s::jsonb, %s, %s, 0, '') RETURNING id
)
SELECT id, pg_notify(%s, %s) FROM fact
"""

#: The same of a row that this very statement inserts, the key of which is part of what is told.
PUBLISH_WITH = """
WITH made AS ({insert}), changed AS ({update} RETURNING 1), fact AS (
    INSERT INTO outbox_fact (name, payload, created_at, next_attempt_at, attempts, last_error)
    SELECT %s, %s::jsonb || jsonb_build_object(%s::text, made.id), %s, %s, 0, '' FROM made RETURNING payload
)
SELECT made.id, pg_notify(%s, (jsonb_build_object('name', %s::text) || fact.payload)::text) FROM made, changed, fact
"""

Subscriber = Callable[[Fact], None]
_subscribers: dict[str, list[Subscriber]] = defaultdict(list)


class NotInTransaction(RuntimeError):
    """A fact was published outside the transaction that should have made it."""


def publish(name: str, **payload: int | str) -> Fact:
    """Save fact ``name`` with its ids; it exists if, and only if, the caller's transaction commits."""
    if not transaction.get_connection().in_atomic_block:
        raise NotInTransaction(name)
    fact = Fact(name=name, payload=payload, created_at=(now := timezone.now()), next_attempt_at=now)
    with connection.cursor() as cursor:
        cursor.execute(PUBLISH, [name, json.dumps(payload), now, now, CHANNEL, _told(name, payload)])
        fact.pk = cursor.fetchone()[0]
    return fact


def publish_with(
    made: Model, changed: Model, fields: Iterable[str], *, name: str, key: str, **payload: int
) -> None:
    """Insert ``made``, save ``fields`` of ``changed``, and publish fact ``name``, whose payload has the key of what was
    made as ``key``: all in one statement, because every change of an incident does these three."""
    if not transaction.get_connection().in_atomic_block:
        raise NotInTransaction(name)
    now = timezone.now()
    (insert, made_of), (update, saved) = kept.inserting(made), kept.updating(changed, fields)
    told: list[Any] = [name, json.dumps(payload), key, now, now, CHANNEL, name]
    with connection.cursor() as cursor:
        cursor.execute(PUBLISH_WITH.format(insert=insert, update=update), [*made_of, *saved, *told])
        found = cursor.fetchone()
    if found is None:
        raise DatabaseError(f"{changed} is not there any more")
    kept.inserted(made, found[0])


def notify(name: str, **payload: int | str) -> None:
    """Tell listening processes, at commit, without keeping anything: for what may be missed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, _told(name, payload)])


def _told(name: str, payload: dict[str, int | str]) -> str:
    return json.dumps({"name": name, **payload})


def subscribe(name: str) -> Callable[[Subscriber], Subscriber]:
    """Have the decorated function called with every fact ``name``, at least once each.

    It runs in the relay's transaction: it may write rows, and must not touch the network.
    """

    def register(subscriber: Subscriber) -> Subscriber:
        if subscriber not in _subscribers[name]:
            _subscribers[name].append(subscriber)
        return subscriber

    return register


def subscribers_of(name: str) -> list[Subscriber]:
    return list(_subscribers.get(name, ()))
