"""A CSV file in: its rows, by the names of their columns. Nothing is known yet of what they mean."""

import csv
import io
from dataclasses import dataclass, field

from postmortems.sheets.cells import restore
from postmortems.sheets.columns import COLUMNS, READ

MOST_ROWS = 10_000
#: Characters of a file, and of one cell.
LONGEST, LONGEST_CELL = 3_000_000, 50_000
#: What others call the columns.
ALIASES = {
    "action": "title", "action item": "title", "summary": "title", "due date": "due", "due on": "due",
    "assignee": "owner", "link": "links", "url": "links", "reason": "evidence", "description": "details",
}  # fmt: skip

Problem = tuple[int, str]


@dataclass(frozen=True)
class Row:
    """``line`` is where it begins in the file, from 1."""

    line: int
    cells: dict[str, str]


@dataclass
class Sheet:
    """``unread`` are columns that mean nothing here; ``problems`` say what is wrong, by line."""

    rows: list[Row] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def decode(data: bytes) -> str:
    """The text of a file. Raises ``ValueError`` with a sentence where it is not UTF-8 (or marked UTF-16)."""
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        raise ValueError("The file is not UTF-8. In a spreadsheet, save it as “CSV UTF-8”.") from None


def read(text: str) -> Sheet:
    """The rows of ``text``, split at commas, semicolons or tabs, whichever its first line has."""
    sheet = Sheet()
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > LONGEST:
        sheet.problems.append((1, f"Keep it to {LONGEST:,} characters; it has {len(text):,}."))
        return sheet
    reader = csv.reader(io.StringIO(text), delimiter=_delimiter(text), strict=True)
    line = 1
    names: list[str] = []
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells) and names:
                _add(cells, names, line, sheet)
            elif any(cell.strip() for cell in cells):
                names = _names(cells, sheet)
            line = reader.line_num + 1
            if _is_hopeless(sheet):
                break
    except csv.Error as error:
        sheet.problems.append((line, f"This cannot be read as CSV: {error}."))
    if not names:
        sheet.problems.append((1, "There is nothing in it."))
    if len(sheet.rows) > MOST_ROWS:
        sheet.problems.append((line, f"Read in {MOST_ROWS:,} lines at a time."))
    return sheet


def _is_hopeless(sheet: Sheet) -> bool:
    """Whether the first line is wrong, or there is too much of it: the rest need not be read."""
    return any(line == 1 for line, _ in sheet.problems) or len(sheet.rows) > MOST_ROWS


def _delimiter(text: str) -> str:
    heading = text.lstrip("\n").partition("\n")[0]
    return max(",;\t", key=heading.count)


def _names(cells: list[str], sheet: Sheet) -> list[str]:
    said = [" ".join(cell.lower().replace("_", " ").split()) for cell in cells]
    names = [ALIASES.get(name, name) for name in said]
    sheet.unread = [cell.strip()[:60] for cell, name in zip(cells, names, strict=True) if name not in COLUMNS]
    known = [name for name in names if name in READ]
    if len(known) != len(set(known)):
        sheet.problems.append((1, "Two columns have the same name."))
    if "title" not in known and "id" not in known:
        sheet.problems.append(
            (1, "The first line names the columns: at least “title”, or “id” to change items.")
        )
    return names


def _add(cells: list[str], names: list[str], line: int, sheet: Sheet) -> None:
    if len(cells) != len(names):
        sheet.problems.append((line, f"This line has {len(cells)} cells, the first one {len(names)}."))
    elif any(len(cell) > LONGEST_CELL for cell in cells):
        sheet.problems.append((line, f"A cell has more than {LONGEST_CELL:,} characters."))
    else:
        found = {name: restore(cell) for name, cell in zip(names, cells, strict=True) if name in READ}
        sheet.rows.append(Row(line, found))
