"""What every request asks and saves, with the SQL kept: Django works it out afresh each time, which for one row costs
several times what PostgreSQL takes to find it.

    _by_slug = Question(lambda slug: Team.objects.filter(slug=slug), str)
    _by_slug.first("payments")
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import DatabaseError, connection, models
from django.db.models import Field, Model, QuerySet
from django.db.models.query import get_related_populators

M = TypeVar("M", bound=Model)

MOST_SHARED = 128  # rows of one question

#: What stands for the n-th value of a question while its SQL is worked out: nothing that anybody ever asks for.
_MARKS: dict[type, Callable[[int], Any]] = {
    int: lambda n: -7_070_707_000 - n,
    UUID: lambda n: UUID(int=0x7070707 + n),
    str: lambda n: f"\x07kept {n}\x07",
    datetime: lambda n: datetime(1, 7, 7, 7, 7, 7, n, tzinfo=UTC),
}


#: The values that a field of this very class sends to PostgreSQL as they are.
_PLAIN: dict[type, type] = {
    models.BooleanField: bool,
    models.CharField: str,
    models.DateTimeField: datetime,
    models.DurationField: timedelta,
    models.TextField: str,
    models.UUIDField: UUID,
}


class _Asked:
    """A queryset by ``build``, which is called once in a process, with marks of these ``types``."""

    def __init__(self, build: Callable[..., "QuerySet[Any, Any]"], *types: type) -> None:
        self._build, self._types = build, types

    @cached_property
    def _kept(self) -> "_Kept":
        marks = [_MARKS[kind](n) for n, kind in enumerate(self._types)]
        return _Kept(self._build(*marks), marks)


class Question(_Asked, Generic[M]):
    """Finds instances. Related objects (``select_related``), deferred fields and locks are as the queryset says."""

    def __init__(self, build: Callable[..., "QuerySet[M, M]"], *types: type) -> None:
        super().__init__(build, *types)

    def first(self, *values: Any) -> M | None:
        """The first found, or None. A question that may find many says itself how many it wants."""
        return next(iter(self.all(*values)), None)

    def get(self, *values: Any) -> M:
        """The one found. Raises the model's ``DoesNotExist``."""
        found = self.first(*values)
        if found is None:
            model = self._as_instances.model
            raise model.DoesNotExist(f"No {model._meta.verbose_name} for {values}")  # type: ignore[attr-defined]
        return found

    def all(self, *values: Any) -> list[M]:
        return [self._as_instances.of(row) for row in self._kept.rows(values)]

    def asked(self, *values: Any) -> tuple[str, list[Any]]:
        """The statement and its values, as a part of another one."""
        return self._kept.text, self._kept.put(values)

    @cached_property
    def _as_instances(self) -> "_Instances[M]":
        return _Instances(self._kept.compiler)


class Shared(Question[M]):
    """A question whose instances are kept for as long as their rows say the same, and given to all who ask: for the few
    rows that everybody chooses from, and nobody changes. Give none to what would save it or set something on it, and
    ask none for what the question does not read: it would keep that too. A row with an array or JSON cannot be kept."""

    def all(self, *values: Any) -> list[M]:
        return [self._shared(row) for row in self._kept.rows(values)]

    @cached_property
    def _shared(self) -> Callable[[Sequence[Any]], M]:
        return lru_cache(maxsize=MOST_SHARED)(self._as_instances.of)


class Rows(_Asked):
    """Finds tuples: of a ``values_list``."""

    def first(self, *values: Any) -> tuple[Any, ...] | None:
        return next(iter(self._kept.rows(values)), None)


class _Place:
    """Where the n-th value goes."""

    def __init__(self, n: int) -> None:
        self.n = n


class _Kept:
    """The SQL of a queryset."""

    def __init__(self, queryset: "QuerySet[Any, Any]", marks: list[Any]) -> None:
        self.compiler = queryset.query.get_compiler(using=queryset.db)
        self.text, params = self.compiler.as_sql()
        self.params = [_Place(marks.index(value)) if value in marks else value for value in params]
        self.converters = self.compiler.get_converters([column[0] for column in self.compiler.select])

    def rows(self, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        # As Django does: a number that no key can be finds nothing, and PostgreSQL need not compare it with all.
        if any(isinstance(value, int) and not -(2**63) <= value < 2**63 for value in values):
            return []
        with connection.cursor() as cursor:
            cursor.execute(self.text, self.put(values))
            found = cursor.fetchall()
        return [self._converted(row) for row in found] if self.converters else found

    def put(self, values: Sequence[Any]) -> list[Any]:
        return [values[p.n] if isinstance(p, _Place) else p for p in self.params]

    def _converted(self, row: Sequence[Any]) -> tuple[Any, ...]:
        values = list(row)
        for column, (converters, expression) in self.converters.items():
            for convert in converters:
                values[column] = convert(values[column], expression, connection)
        return tuple(values)


class _Instances(Generic[M]):
    """How rows become instances: as Django does it for each query anew."""

    def __init__(self, compiler: Any) -> None:
        known, select = compiler.klass_info, compiler.select
        self.model: type[M] = known["model"]
        self.own = slice(known["select_fields"][0], known["select_fields"][-1] + 1)
        self.names = [column[0].target.attname for column in select[self.own]]
        # The types are those of Django 6, where there is one argument more.
        self.related = get_related_populators(known, select, compiler.using)  # type: ignore[call-arg]
        self.annotations = dict(compiler.annotation_col_map or {})

    def of(self, row: Sequence[Any]) -> M:
        found = self.model.from_db(connection.alias, self.names, row[self.own])
        for populator in self.related:
            populator.populate(row, found)
        for name, column in self.annotations.items():
            setattr(found, name, row[column])
        return found


def update(row: Model, names: Iterable[str]) -> None:
    """As ``row.save(update_fields=names)``, of a row that is known to be there; nobody is sent a signal."""
    with connection.cursor() as cursor:
        cursor.execute(*updating(row, names))
        if not cursor.rowcount:
            raise DatabaseError(f"{row} is not there any more")


def inserting(row: Model, *, unless: tuple[str, Sequence[Any]] = ("", ())) -> tuple[str, list[Any]]:
    """The statement that does what ``row.save(force_insert=True)`` does for a model whose key the database gives, and
    its values; nobody is sent a signal. It returns the new key, with which ``inserted`` is to be called.

    Where ``unless``, a question that is asked, finds something, nothing is inserted or returned, and no key is drawn.
    """
    there, of_it = unless
    text, fields = _inserting(type(row), there)
    return text, [*(_saved(field, row, is_new=True) for field in fields), *of_it]


def inserted(row: Model, key: Any) -> None:
    row.pk, row._state.adding, row._state.db = key, False, connection.alias


def updating(row: Model, names: Iterable[str]) -> tuple[str, list[Any]]:
    """The statement of ``update``, and its values."""
    text, fields = _updating(type(row), tuple(sorted(names)))
    return text, [*(_saved(field, row, is_new=False) for field in fields), row.pk]


def _saved(field: "Field[Any, Any]", row: Model, *, is_new: bool) -> Any:
    value = field.pre_save(row, is_new)
    # What a field would not change it need not be asked for, in each of its classes in turn.
    is_plain = value is None or type(value) is _PLAIN.get(type(field))
    if isinstance(value, datetime) and value.tzinfo is None:
        is_plain = False  # of which Django warns
    return value if is_plain else field.get_db_prep_save(value, connection)


@lru_cache(maxsize=64)
def _inserting(model: type[Model], unless: str) -> tuple[str, list["Field[Any, Any]"]]:
    meta = model._meta
    fields = [f for f in meta.local_concrete_fields if not (f.generated or f.primary_key)]
    columns, places = ", ".join(f'"{f.column}"' for f in fields), ", ".join(["%s"] * len(fields))
    row = f"SELECT {places} WHERE NOT EXISTS ({unless})" if unless else f"VALUES ({places})"
    return f'INSERT INTO "{meta.db_table}" ({columns}) {row} RETURNING "{meta.pk.column}"', fields


@lru_cache(maxsize=256)
def _updating(model: type[Model], names: tuple[str, ...]) -> tuple[str, list[Any]]:
    fields = [model._meta.get_field(name) for name in names]
    said = ", ".join(f'"{field.column}" = %s' for field in fields)  # type: ignore[union-attr]
    return f'UPDATE "{model._meta.db_table}" SET {said} WHERE "{model._meta.pk.column}" = %s', fields  # noqa: S608
