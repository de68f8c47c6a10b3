"""Action items out, as RFC 4180 has it: UTF-8, every cell quoted, lines ended by CRLF."""

import csv
from collections.abc import Iterator
from typing import Any

from postmortems.models import ActionItem
from postmortems.models.items import ActionItemQuerySet
from postmortems.sheets.cells import defuse
from postmortems.sheets.columns import COLUMNS

#: Says that it is UTF-8 to the spreadsheets that would guess otherwise.
MARK = "\ufeff"


class _Line:
    """What ``csv`` writes a line to: it hands the line back."""

    def write(self, text: str) -> str:
        return text


def lines(items: ActionItemQuerySet) -> Iterator[str]:
    """The file, line by line. Two queries, however many there are."""
    # Every cell is quoted: no program guesses that one is a number or a date.
    writer: Any = csv.writer(_Line(), quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    yield MARK + writer.writerow(COLUMNS)
    for item in items.select_related("owner", "team").prefetch_related("links"):
        yield writer.writerow(cells_of(item))


def cells_of(item: ActionItem) -> list[str]:
    return [defuse(say(item)) for say in COLUMNS.values()]
