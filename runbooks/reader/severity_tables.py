"""Severities in a table: which column says what, and which tables only look like a scale."""

import re
from dataclasses import dataclass, replace

from runbooks.playbook import Severity
from runbooks.reader import levels, times
from runbooks.reader import vocabulary as v
from runbooks.reader.blocks import Row, Section, Table
from runbooks.reader.levels import Level
from runbooks.reader.plain import folded, plain
from runbooks.reader.scale import MAX_LEVELS, Found, heading_score, level_score, severity

_BAD_HEADER = v.words(
    r"""
    alerts?\b | prometheus | metrics?\b | thresholds? | date\b | incident id | owner | status\b
    ticket | action items?
    """
)


def from_table(section: Section, table: Table) -> Found:
    nothing = Found(0, table.line, [])
    if len(table.rows) > MAX_LEVELS * 3 or len(table.header) < 2:
        return nothing
    table = _upright(table)
    column = level_column(table)
    if column is None:
        return nothing
    columns = _Columns.read(table, column)
    found = [
        (level, columns.row(level, row))
        for row in table.rows
        if (level := levels.parse(cell(row.cells, column), bare=True))
    ]
    score = heading_score(section) + level_score([level for level, _ in found]) + columns.score()
    return Found(score, table.line, found, [table])


def _upright(table: Table) -> Table:
    """A table whose levels stand in the header, turned so that each level is a row."""
    parsed = [levels.parse(cell) for cell in table.header[1:]]
    if (
        len(parsed) < 2
        or not all(level and level.number is not None for level in parsed)
        or len(table.rows) > 12
    ):
        return table
    rows = [
        Row([name, *(cell(row.cells, index) for row in table.rows)], table.line)
        for index, name in enumerate(table.header)
        if index
    ]
    return replace(
        table, header=[table.header[0] or "Level", *(cell(row.cells, 0) for row in table.rows)], rows=rows
    )


def level_column(table: Table) -> int | None:
    for column in range(min(2, len(table.header))):
        parsed = [levels.parse(cell(row.cells, column), bare=True) for row in table.rows]
        found = [level for level in parsed if level is not None]
        if len(found) < 2 or len(found) < 0.7 * len(table.rows):
            continue
        distinct = len({level.key for level in found})
        if distinct < len(found) and (distinct < 3 or len(found) - distinct > 1):
            continue  # one level written twice is a slip; more are rows about levels
        bare = all(level.number is not None and level.key.isdigit() for level in found)
        if (
            bare
            and not v.SEVERITY.search(table.header[column])
            and not re.search(r"level|nivel|niveau|stufe", table.header[column], re.I)
        ):
            continue
        if (
            column == 1
            and all(level.number is None for level in found)
            and not v.SEVERITY.search(table.header[1])
        ):
            continue
        return column
    return None


def cell(cells: list[str], index: int | None) -> str:
    return cells[index].strip() if index is not None and index < len(cells) else ""


@dataclass(slots=True)
class _Columns:
    level: int
    name: int | None = None
    meaning: int | None = None
    response: int | None = None
    examples: int | None = None
    cadence: int | None = None
    foreign: int = 0

    @classmethod
    def read(cls, table: Table, level: int) -> "_Columns":
        columns = cls(level)
        headers = [folded(plain(cell)) for cell in table.header]
        taken = {level}
        columns.response = response_column(table, headers, taken)
        taken.add(-1 if columns.response is None else columns.response)
        for index, header in enumerate(headers):
            if index in taken:
                continue
            if v.RESOLUTION.search(header):
                continue
            if columns.examples is None and v.EXAMPLES.search(header):
                columns.examples = index
            elif columns.cadence is None and v.FREQUENCY.search(header) and _cells_recur(table, index):
                columns.cadence = index
            elif columns.name is None and _all_rank_words(table, index):
                columns.name = index
            elif columns.meaning is None and v.MEANING.search(header) and not _BAD_HEADER.search(header):
                columns.meaning = index
            elif _BAD_HEADER.search(header):
                columns.foreign += 1
        columns.foreign += 1 if _BAD_HEADER.search(headers[level]) else 0
        if columns.meaning is None:
            columns.meaning = columns._wordiest(table, headers)
        return columns

    def _wordiest(self, table: Table, headers: list[str]) -> int | None:
        """The first column of prose whose header is new to us."""
        for index, header in enumerate(headers):
            if index in (self.level, self.name, self.response, self.examples, self.cadence) or "?" in header:
                continue
            if (
                v.REACH.search(header)
                or v.RESOLUTION.search(header)
                or v.FREQUENCY.search(header)
                or _BAD_HEADER.search(header)
                or v.RESPONSE.search(header)
            ):
                continue
            cells = [cell(row.cells, index) for row in table.rows]
            if (
                cells
                and sum(len(cell) for cell in cells) / len(cells) >= 12
                and not all(times.is_time(cell) for cell in cells)
            ):
                return index
        return None

    def score(self) -> float:
        score = (
            2.0 * (self.meaning is not None) + 1.5 * (self.response is not None) + (self.examples is not None)
        )
        if self.meaning is None and self.examples is None and self.response is None:
            score -= 5
        return score - 2.5 * self.foreign

    def row(self, level: Level, row: Row) -> Severity:
        cells = row.cells
        word = plain(cell(cells, self.name))
        meaning = plain(cell(cells, self.meaning)) or level.rest
        if word and folded(word) not in folded(level.name):
            meaning = f"{word}: {meaning}" if meaning else word
        written = plain(cell(cells, self.response))
        return severity(
            level, row.line, meaning, written, plain(cell(cells, self.examples)), cell(cells, self.cadence)
        )


def response_column(table: Table, headers: list[str], taken: set[int]) -> int | None:
    """The column of response times: by its header, surest words first, or by holding little but times."""
    for pattern in (v.RESPONSE, v.RESPONSE_WEAK):
        for index, header in enumerate(headers):
            if index not in taken and pattern.search(header) and _may_respond(header):
                filled = [text for row in table.rows if (text := cell(row.cells, index))]
                if filled and sum(times.response(text)[0] != "" for text in filled) * 2 >= len(filled):
                    return index
    for index, header in enumerate(headers):
        if index not in taken and "?" not in header and not _ANOTHER_TIME.search(header):
            texts = [plain(cell(row.cells, index)) for row in table.rows]
            told = sum(times.is_time(text) and not times.is_recurring(text) for text in texts)
            if texts and told >= 0.75 * len(texts):
                return index
    return None


def _may_respond(header: str) -> bool:
    """Not a column of resolution times, update intervals or examples, unless it says "response" too."""
    answers = re.search(r"respon|ack", header) is not None
    if v.RESOLUTION.search(header) and not v.RESPONSE.search(header):
        return False
    return v.EXAMPLES.search(header) is None and (answers or v.FREQUENCY.search(header) is None)


_ANOTHER_TIME = re.compile("|".join(pattern.pattern for pattern in (v.RESOLUTION, v.FREQUENCY, v.WHEN)), re.I)


def _cells_recur(table: Table, index: int) -> bool:
    cells = [cell(row.cells, index) for row in table.rows]
    return any(times.is_recurring(cell) for cell in cells) or (
        v.PLAIN_FREQUENCY.search(table.header[index]) is not None
        and any(times.interval(cell) for cell in cells)
    )


def _all_rank_words(table: Table, index: int) -> bool:
    return len(table.rows) > 1 and all(levels.rank_word(cell(row.cells, index)) for row in table.rows)
