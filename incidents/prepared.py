"""Questions that every page asks, worked out once: of a queryset the SQL is kept, and asked for each person anew.

Django builds a question afresh each time, which for the small ones of a page's header costs more than the answer.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Model, QuerySet

from accounts.models import User

#: Builds the question of a person, of whom it may look at ``pk`` and ``role`` alone, and at nothing else.
Build = Callable[[User], QuerySet[Any]]
#: No account has this number; where it stands among the values, the reader's goes.
SOMEBODY = -7_070_707_070


def counts(questions: Sequence[Build], user: User) -> list[int]:
    """How many rows each of ``questions`` finds for ``user``: one query for them all."""
    sql, values = _counting(tuple(questions), user.role)
    with connection.cursor() as cursor:
        cursor.execute(sql, _of(user, values))
        row = cursor.fetchone()
    return [int(number) for number in row or ()]


def rows(question: Build, user: User) -> Iterable[Any]:
    """What ``question`` finds for ``user``, as rows of its model; nothing that is joined to them."""
    sql, values, model = _asking(question, user.role)
    return model._default_manager.raw(sql, _of(user, values))


def _of(user: User, values: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(user.pk if value == SOMEBODY else value for value in values)


@lru_cache(maxsize=64)
def _asking(question: Build, role: str) -> tuple[str, tuple[Any, ...], type[Model]]:
    found = question(User(pk=SOMEBODY, role=role))
    sql, values = found.query.sql_with_params()
    return sql, tuple(values), found.model


@lru_cache(maxsize=64)
def _counting(questions: tuple[Build, ...], role: str) -> tuple[str, tuple[Any, ...]]:
    parts: list[str] = []
    values: list[Any] = []
    for question in questions:
        try:
            sql, more = question(User(pk=SOMEBODY, role=role)).values("pk").query.sql_with_params()
        except EmptyResultSet:  # not for this role
            sql, more = "SELECT 1 WHERE false", ()
        parts.append(f"(SELECT count(*) FROM ({sql}) AS counted)")  # noqa: S608
        values += more
    return f"SELECT {', '.join(parts)}", tuple(values)
