"""The scale of severities: the one table, run of headings or list that defines the levels."""

import re
from dataclasses import dataclass, field, replace

from runbooks.playbook import Severity
from runbooks.reader import levels, times, vocabulary as v
from runbooks.reader.blocks import Block, Fence, ListBlock, ListItem, Paragraph, Section, Table
from runbooks.reader.levels import Level
from runbooks.reader.plain import folded, plain

MAX_LEVELS = 8
_LABELLED = re.compile(
    r"^\s*(?:[-*]\s+)?(?:\*\*|__)?([^*_:：\n]{2,40}?)(?:\*\*|__)?\s*[:：]\s*(?:\*\*|__)?\s*(.*)$"
)
_ARROW = re.compile(r"\s*(?:→|->|=>|⇒|➜)\s*")
_PARENTHESES = re.compile(r"[(（]([^()（）]{2,60})[)）]")
_BAD_HEADING = v.words(
    r"escalat",
    r"eskalation",
    r"escalad",
    r"escalam",
    r"에스컬",
    r"エスカ",
    r"communicat",
    r"alerts?\b",
    r"on-?call",
    r"updates?\b",
    r"notif",
    r"metrics",
    r"examples? of incidents",
    r"contacts?\b",
    r"security (?:incident )?(?:class|sever)",
    r"vulnerabilit",
    r"post-?mortem",
    r"action items",
)
_BAD_HEADER = v.words(
    r"alerts?\b",
    r"prometheus",
    r"metrics?\b",
    r"thresholds?",
    r"date\b",
    r"incident id",
    r"owner",
    r"status\b",
    r"ticket",
    r"action items?",
)


@dataclass(slots=True)
class Found:
    """A candidate scale. ``claims`` are the blocks it was read from."""

    score: float
    line: int
    levels: list[tuple[Level, Severity]]
    claims: list[Block] = field(default_factory=list)


def find(root: Section) -> tuple[tuple[Severity, ...], list[Block]]:
    """The levels, in the order written, and the blocks they were read from."""
    candidates: list[Found] = []
    for section in root.walk():
        for block in section.blocks:
            if isinstance(block, Table):
                candidates.append(_from_table(section, block))
            elif isinstance(block, ListBlock):
                candidates.append(_from_list(section, block))
        candidates.append(_from_headings(section))
    candidates = [found for found in candidates if found.score >= 3 and _distinct(found.levels)]
    if candidates:
        best = max(candidates, key=lambda found: found.score)
        best.levels.sort(key=lambda pair: pair[0].rank)
        return _completed(root, best), best.claims
    return _named_in_passing(root), []


def _distinct(found: list[tuple[Level, Severity]]) -> bool:
    keys = [level.key for level, _ in found]
    return 2 <= len(keys) <= MAX_LEVELS and len(set(keys)) == len(keys)


def _heading_score(section: Section) -> float:
    title = section.title
    score = 3.0 if v.SEVERITY.search(title) else 0.0
    if not score and section.parent and v.SEVERITY.search(section.parent.title):
        score = 2.0
    if _BAD_HEADING.search(title):
        score -= 3.0
    return score


def _level_score(found: list[Level]) -> float:
    coded = [level for level in found if level.number is not None]
    score = 0.5 * min(len(found), 4)
    if len(coded) == len(found) and not all(level.weak for level in found):
        score += 1.5
    if all(level.weak for level in found):
        score -= 1.5
    return score


# Tables


def _from_table(section: Section, table: Table) -> Found:
    nothing = Found(0, table.line, [])
    if len(table.rows) > MAX_LEVELS * 3 or len(table.header) < 2:
        return nothing
    table = _upright(table)
    column = _level_column(table)
    if column is None:
        return nothing
    columns = _Columns.read(table, column)
    found = [
        (level, columns.severity(level, row))
        for row in table.rows
        if (level := levels.parse(_cell(row.cells, column), bare=True))
    ]
    score = _heading_score(section) + _level_score([level for level, _ in found]) + columns.score()
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
    from runbooks.reader.blocks import Row

    rows = [
        Row([name, *(_cell(row.cells, index) for row in table.rows)], table.line)
        for index, name in enumerate(table.header)
        if index
    ]
    return replace(
        table, header=[table.header[0] or "Level", *(_cell(row.cells, 0) for row in table.rows)], rows=rows
    )


def _level_column(table: Table) -> int | None:
    for column in range(min(2, len(table.header))):
        parsed = [levels.parse(_cell(row.cells, column), bare=True) for row in table.rows]
        found = [level for level in parsed if level is not None]
        if len(found) < 2 or len(found) < 0.7 * len(table.rows):
            continue
        if len({level.key for level in found}) < len(found):
            continue
        bare = all(level.number is not None and level.key.isdigit() for level in found)
        if (
            bare
            and not v.SEVERITY.search(table.header[column])
            and not re.search(r"level|#|nivel|niveau|stufe", table.header[column], re.I)
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


def _cell(cells: list[str], index: int | None) -> str:
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
        columns.response = _response_column(table, headers, taken)
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
            cells = [_cell(row.cells, index) for row in table.rows]
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

    def severity(self, level: Level, row: object) -> Severity:
        cells: list[str] = row.cells  # type: ignore[attr-defined]
        word = plain(_cell(cells, self.name))
        meaning = plain(_cell(cells, self.meaning)) or level.rest
        if word and folded(word) not in folded(level.name):
            meaning = f"{word}: {meaning}" if meaning else word
        written = plain(_cell(cells, self.response))
        return _severity(
            level, row.line, meaning, written, plain(_cell(cells, self.examples)), _cell(cells, self.cadence)
        )  # type: ignore[attr-defined]


def _response_column(table: Table, headers: list[str], taken: set[int]) -> int | None:
    for pattern in (v.RESPONSE, v.RESPONSE_WEAK):
        for index, header in enumerate(headers):
            if (
                index in taken
                or (v.RESOLUTION.search(header) and not v.RESPONSE.search(header))
                or v.EXAMPLES.search(header)
            ):
                continue
            if pattern.search(header) and not (
                v.FREQUENCY.search(header) and not re.search(r"respon|ack", header)
            ):
                filled = [cell for row in table.rows if (cell := _cell(row.cells, index))]
                told = [cell for cell in filled if times.response(cell)[0]]
                if filled and len(told) * 2 >= len(filled):
                    return index
    for index, header in enumerate(headers):
        if (
            index in taken
            or v.RESOLUTION.search(header)
            or v.FREQUENCY.search(header)
            or "?" in header
            or v.WHEN.search(header)
        ):
            continue
        cells = [plain(_cell(row.cells, index)) for row in table.rows]
        if cells and sum(
            times.is_time(cell) and not times.is_recurring(cell) for cell in cells
        ) >= 0.75 * len(cells):
            return index
    return None


def _cells_recur(table: Table, index: int) -> bool:
    cells = [_cell(row.cells, index) for row in table.rows]
    return any(times.is_recurring(cell) for cell in cells) or (
        v.PLAIN_FREQUENCY.search(table.header[index]) is not None
        and any(times.interval(cell) for cell in cells)
    )


def _all_rank_words(table: Table, index: int) -> bool:
    return len(table.rows) > 1 and all(levels.rank_word(_cell(row.cells, index)) for row in table.rows)


def _severity(
    level: Level, line: int, meaning: str, response: str, examples: str, cadence: str = ""
) -> Severity:
    rule, minutes = times.response(response) if response else ("", None)
    return Severity(
        name=level.name,
        meaning=meaning.strip(),
        response=response,
        response_minutes=minutes,
        response_rule=rule,
        examples=examples.strip(),
        cadence_minutes=times.interval(cadence) if cadence else None,
        line=line,
    )


# Headings and lists


def _from_headings(section: Section) -> Found:
    """A run of sub-headings that are nothing but levels' names, each with what describes it below."""
    found: list[tuple[Level, Severity]] = []
    claims: list[Block] = []
    for child in section.children:
        level = levels.parse(child.title)
        if level is None or (level.rest and _is_title_of_an_incident(level, section)):
            continue
        facts = _Facts()
        facts.read_title(level)
        for part in child.walk():
            if part is not child and part.is_label:
                facts.label = part.title.rstrip(":： ")
            for block in part.blocks:
                facts.read(block)
                claims.append(block)
        found.append((level, facts.severity(level, child.line)))
    if len(found) < 2:
        return Found(0, section.line, [])
    described = sum(1 for _, severity in found if severity.meaning or severity.examples)
    labelled = sum(1 for _, severity in found if severity.response)
    scale = bool(v.SEVERITY.search(section.title))
    score = (
        (3.0 if scale else -0.5)
        + _level_score([level for level, _ in found])
        + (1.0 if described == len(found) else -2.0)
        + (1.5 if labelled else 0.0)
    )
    score -= 3.0 if _BAD_HEADING.search(section.title) else 0.0
    if not scale and not labelled:
        score = 0.0
    return Found(score, found[0][1].line, found, claims)


def _is_title_of_an_incident(level: Level, section: Section) -> bool:
    return level.number is not None and not v.SEVERITY.search(section.title)


class _Facts:
    """What the blocks below one level say of it."""

    def __init__(self) -> None:
        self.meaning: list[str] = []
        self.examples: list[str] = []
        self.response = ""
        self.cadence = ""
        self.label = ""

    def read_title(self, level: Level) -> None:
        rest = level.rest
        inner = _PARENTHESES.search(rest)
        if inner and times.response(inner[1])[0]:
            self.response = inner[1]
            rest = _PARENTHESES.sub("", rest, count=1)
        rest = re.sub(r"^[(（]([^()（）]*)[)）]$", r"\1", rest.strip())
        if rest:
            self.meaning.append(rest)

    def read(self, block: Block) -> None:
        if isinstance(block, Paragraph):
            for line in block.text.split("\n"):
                self._line(line)
        elif isinstance(block, ListBlock):
            for item in block.items:
                self._item(item)
        elif isinstance(block, Table):
            for row in block.rows:
                self._line(f"{_cell(row.cells, 0)}: {_cell(row.cells, 1)}")
            if len(block.header) == 2:
                self._line(f"{block.header[0]}: {block.header[1]}")

    def _item(self, item: ListItem) -> None:
        below = [
            plain(inner.text)
            for block in item.blocks
            if isinstance(block, ListBlock)
            for inner in block.items
        ]
        self._line(item.text + (" " + "; ".join(below) if below else ""))

    def _line(self, text: str) -> None:
        match = _LABELLED.match(text[:600])
        if match and match[2].strip() and self._labelled(plain(match[1]), plain(text[match.start(2) :])):
            return
        words = plain(text)
        if not words:
            return
        if self.label and self._labelled(self.label, words):
            return
        if not self.label or v.MEANING.search(self.label):
            self.meaning.append(words)

    def _labelled(self, label: str, value: str) -> bool:
        value = value.lstrip("*_ ").strip()
        if not value:
            return False
        if v.RESOLUTION.match(label):
            return True
        if v.RESPONSE.search(label) and times.response(value)[0]:
            self.response = value
        elif v.EXAMPLES.match(label):
            self.examples.append(value)
        elif v.FREQUENCY.search(label) and times.is_recurring(value):
            self.cadence = value
        elif v.MEANING.match(label):
            self.meaning.append(value)
        elif v.RESPONSE_WEAK.match(label) and times.is_time(value) and not self.response:
            self.response = value
        else:
            return len(label.split()) <= 3 and not v.SEVERITY.search(label)
        return True

    def severity(self, level: Level, line: int) -> Severity:
        return _severity(
            level, line, "; ".join(self.meaning), self.response, "; ".join(self.examples), self.cadence
        )


def _from_list(section: Section, block: ListBlock) -> Found:
    nothing = Found(0, block.line, [])
    if not 2 <= len(block.items) <= MAX_LEVELS or any(item.box for item in block.items):
        return nothing
    found = []
    for item in block.items:
        level = levels.parse(item.text.split("\n")[0])
        if level is None:
            return nothing
        found.append((level, _from_item(level, item)))
    told = [severity for _, severity in found if severity.meaning or severity.examples]
    heading = max(_heading_score(section), 3.0 if v.SEVERITY.search(block.lead[-120:]) else 0.0)
    if heading < 2 and not (
        all(level.number is not None and not level.weak for level, _ in found)
        and len(found) >= 3
        and len(told) == len(found)
    ):
        return nothing
    if len(told) < len(found) and not any(severity.response for _, severity in found):
        return nothing
    if v.CADENCE.search(section.title) and heading < 2:
        return nothing
    if all(times.is_recurring(level.rest) and len(level.rest) < 40 for level, _ in found):
        return nothing
    score = heading + _level_score([level for level, _ in found]) + (1.0 if len(told) == len(found) else 0.0)
    return Found(score, block.line, found, [block])


def _unlabelled(text: str) -> str:
    label, colon, value = text.partition(":")
    return value.strip() if colon and v.RESPONSE.search(label) and value.strip() else text


def _from_item(level: Level, item: ListItem) -> Severity:
    facts = _Facts()
    rest = level.rest
    parts = _ARROW.split(rest)
    if len(parts) > 1 and times.response(parts[-1])[0]:
        facts.response, rest = parts[-1], " → ".join(parts[:-1])
    else:
        for inner in _PARENTHESES.finditer(rest):
            if times.response(inner[1])[0] and not times.is_recurring(inner[1]):
                facts.response = _unlabelled(inner[1])
                rest = rest.replace(inner[0], "", 1)
                break
    if not facts.response:
        facts.response, rest = _response_in(rest)
    if rest.strip(" .-–—"):
        facts.meaning.append(rest.strip())
    for block in item.blocks:
        facts.read(block)
    return facts.severity(level, item.line)


_RESPOND = re.compile(
    r"(?:^|[.;,–—-]\s+)((?:respond|response|ack\w*|antwort|reaktion|réponse|respuesta|resposta|対応|대응)[^.;]{0,60}|[^.;,]{0,30}\b(?:response|respond)\b[^.;,]{0,30})",
    re.I,
)


def _response_in(text: str) -> tuple[str, str]:
    """A clause such as "Response within 15 minutes" taken out of a sentence."""
    if times.is_time(text) and len(text) < 30:
        return text, ""
    found = _RESPOND.search(text[:400])
    if found and times.response(found[1])[0]:
        return found[1].strip(" .,;"), (text[: found.start()] + text[found.end() :]).strip()
    return "", text


# What other parts of the document add


def _completed(root: Section, best: Found) -> tuple[Severity, ...]:
    """The scale with response times from another table about the same levels, where its own has none."""
    severities = [severity for _, severity in best.levels]
    if any(severity.response for severity in severities):
        return tuple(severities)
    by_key = {level.key: index for index, (level, _) in enumerate(best.levels)}
    for section in root.walk():
        for block in section.blocks:
            if isinstance(block, Table) and block not in best.claims and len(block.rows) <= MAX_LEVELS:
                _fill(severities, by_key, block)
    return tuple(severities)


def _fill(severities: list[Severity], by_key: dict[str, int], table: Table) -> None:
    column = _level_column(table)
    if column is None:
        return
    headers = [folded(plain(cell)) for cell in table.header]
    response = _response_column(table, headers, {column})
    if response is None or not v.RESPONSE.search(headers[response]):
        return
    for row in table.rows:
        level = levels.parse(_cell(row.cells, column), bare=True)
        index = by_key.get(level.key) if level else None
        written = plain(_cell(row.cells, response))
        if index is not None and written and not severities[index].response:
            rule, minutes = times.response(written)
            severities[index] = replace(
                severities[index], response=written, response_rule=rule, response_minutes=minutes
            )


_IN_PASSING = re.compile(
    r"(?<![\w-])(sev[\s-]?|p|s|severity )([0-4])(?:\s*(?:/|,|or|and|-|–|to)\s*(?:\1)?([0-5]))+", re.I
)


def _named_in_passing(root: Section) -> tuple[Severity, ...]:
    """Levels that are only named, "Sev1/Sev2/Sev3", where the document describes no scale."""
    best: tuple[Severity, ...] = ()
    for section in root.walk():
        for text, line in _lines(section):
            found = _IN_PASSING.search(text[:1000])
            names = re.findall(rf"{re.escape(found[1].strip())}[\s-]?[0-5]", found[0], re.I) if found else []
            if len(set(names)) >= 3 and len(names) > len(best):
                best = tuple(Severity(name=name, line=line) for name in dict.fromkeys(names))
    return best


def _lines(section: Section) -> list[tuple[str, int]]:
    result = [(section.title, section.line)]
    for block in section.blocks:
        if isinstance(block, Paragraph):
            result.append((plain(block.text), block.line))
        elif isinstance(block, ListBlock):
            result.extend((plain(item.text), item.line) for item in block.items)
        elif isinstance(block, Fence):
            continue
    return result
