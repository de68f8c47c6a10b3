"""Figures as tables: what each chart has beside it, and what the CSV is made of."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from incidents.spans import in_words
from postmortems.charts import Plot, per_cent
from postmortems.sheets.cells import defuse

#: The name of the row for all rows together.
ALL = "All"


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure: for machines, in words, and where what is behind it is listed. ``value`` None: there is none."""

    value: int | None
    text: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """``key`` says for machines what ``name`` says in words. ``level`` is that of a severity, for its sign."""

    key: str
    name: str
    cells: Sequence[Cell]
    level: int = 0


@dataclass(frozen=True, slots=True)
class Column:
    """``unit`` is that of the values in the CSV."""

    name: str
    unit: str


@dataclass(frozen=True, slots=True)
class Table:
    """``of`` heads the column of names."""

    of: str
    columns: Sequence[Column]
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Bar:
    """A level bar: as long as ``part`` is of ``whole``, with a mark at ``mark``. ``cell`` and ``rest`` say it."""

    name: str
    part: float
    whole: float
    cell: Cell
    rest: str = ""
    level: int = 0
    mark: float | None = None

    @property
    def sign(self) -> int:
        """The level whose sign it bears."""
        return min(self.level, 4)


@dataclass(frozen=True, slots=True)
class Key:
    """A line of the legend: a ``fill``, a ``line`` or the sign of a ``level``, and what it stands for."""

    name: str
    fill: str = ""
    line: str = ""
    level: int = 0


@dataclass(frozen=True, slots=True)
class Panel:
    """One chart: what it says in a few words (``reading``, ``rest``), how it is drawn, and its tables.

    ``caption`` stands above the bars.
    """

    id: str
    title: str
    about: str
    reading: Cell
    rest: str = ""
    label: str = ""
    plot: Plot | None = None
    caption: str = ""
    bars: Sequence[Bar] = ()
    legend: Sequence[Key] = ()
    tables: Sequence[Table] = field(default_factory=list)


def count(number: int, href: str = "") -> Cell:
    return Cell(number, f"{number:,}", href if number else "")


def span(seconds: float | None, href: str = "") -> Cell:
    return Cell(seconds, "–", "") if seconds is None else Cell(round(seconds), in_words(seconds), href)


def share(part: int, whole: int, href: str = "") -> Cell:
    """In per cent; of nothing there is none."""
    found = per_cent(part, whole) if whole else None
    return Cell(found, "–" if found is None else f"{found}%", href)


def as_csv(panels: Iterable[Panel], about: Sequence[tuple[str, str]]) -> str:
    """Every figure of ``panels`` on a line of its own, by RFC 4180. ``about`` heads each line: period, team."""
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\r\n").writerow
    write([name for name, _ in about] + ["figure", "by", "of", "measure", "value", "unit"])
    said = [defuse(value) for _, value in about]
    for panel in panels:
        for table in panel.tables:
            for row in table.rows:
                for column, cell in zip(table.columns, row.cells, strict=True):
                    value = "" if cell.value is None else cell.value
                    write([*said, panel.title, table.of, defuse(row.key), column.name, value, column.unit])
    return out.getvalue()
