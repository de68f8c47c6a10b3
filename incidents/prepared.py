"""Questions that every page asks, worked out once: of a queryset the SQL is kept, and asked for each person anew.

Django builds a question afresh each time, which for the small ones of a page's header costs more than the answer.
What is constant stands in the SQL itself, so that PostgreSQL can plan it once and still use its partial indexes.
"""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone
from psycopg import sql
from psycopg.pq import Format

from accounts.models import User

#: Builds the question of a person, of whom it may look at ``pk`` and ``role`` alone, and at nothing else.
Build = Callable[[User], QuerySet[Any, Any]]
#: No account has this number; where it stands among the values, the reader's goes.
SOMEBODY = -7_070_707_070
#: The same for the moment of asking, and for the reader's day.
NOW, TODAY = datetime(1, 7, 7, 7, 7, 7, tzinfo=UTC), date(1, 7, 7)

_PLACES = re.compile("%%|%s")
_Asked = tuple[str, tuple[Any, ...]]


def counts(questions: Sequence[Build], user: User, now: datetime | None = None) -> list[int]:
    """How many rows each of ``questions`` finds for ``user``, as of ``now``: one query for them all."""
    (row,) = _answer(_counting(tuple(questions), user.role), user, now)
    return list(row)


def tuples(question: Build, user: User, now: datetime | None = None) -> list[tuple[Any, ...]]:
    """What ``question``, a ``values_list``, finds for ``user``, as PostgreSQL has it."""
    return _answer(_asking(question, user.role), user, now)


def _answer(asked: _Asked, user: User, now: datetime | None) -> list[tuple[Any, ...]]:
    text, places = asked
    now = now or timezone.now()
    values: dict[Any, Any] = {SOMEBODY: user.pk, NOW: now, TODAY: now.astimezone(user.zone).date()}
    with connection.cursor() as cursor:
        cursor.cursor.format = Format.BINARY  # which psycopg need not parse
        cursor.execute(text, [values[place] for place in places])
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


@lru_cache(maxsize=64)
def _asking(question: Build, role: str) -> _Asked:
    return _with_constants(*question(User(pk=SOMEBODY, role=role)).query.sql_with_params())


@lru_cache(maxsize=64)
def _counting(questions: tuple[Build, ...], role: str) -> _Asked:
    asked = [_count(question(User(pk=SOMEBODY, role=role))) for question in questions]
    return f"SELECT {', '.join(text for text, _ in asked)}", tuple(p for _, places in asked for p in places)


def _count(found: QuerySet[Any]) -> _Asked:
    try:
        text, places = _with_constants(*found.values("pk").query.sql_with_params())
    except EmptyResultSet:  # not for this role
        return "0", ()
    return f"(SELECT count(*) FROM ({text}) AS counted)", places  # noqa: S608


def _with_constants(text: str, values: Sequence[Any]) -> _Asked:
    """The SQL with all values written into it but those that change from one reader to the next."""
    left = iter(values)
    places: list[Any] = []

    def write(place: re.Match[str]) -> str:
        if place[0] == "%%":
            return "%%"
        value = next(left)
        if value in (SOMEBODY, NOW, TODAY):
            places.append(value)
            return "%s"
        return sql.Literal(value).as_string(connection.connection).replace("%", "%%")

    return _PLACES.sub(write, text), tuple(places)
