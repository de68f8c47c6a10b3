"""The scale of severities: the one table, run of headings or list that defines the levels."""

import re
from dataclasses import replace

from runbooks.playbook import Severity
from runbooks.reader import levels, times
from runbooks.reader import vocabulary as v
from runbooks.reader.blocks import Block, ListBlock, Paragraph, Section, Table
from runbooks.reader.levels import Level
from runbooks.reader.plain import folded, plain
from runbooks.reader.scale import MAX_LEVELS, Found
from runbooks.reader.severity_lists import from_headings, from_list
from runbooks.reader.severity_tables import cell, from_table, level_column, response_column


def find(root: Section) -> tuple[tuple[Severity, ...], list[Block]]:
    """The levels, in the order written, and the blocks they were read from."""
    candidates: list[Found] = []
    for section in root.walk():
        for block in section.blocks:
            if isinstance(block, Table):
                candidates.append(from_table(section, block))
            elif isinstance(block, ListBlock):
                candidates.append(from_list(section, block))
        candidates.append(from_headings(section))
    candidates = [found for found in candidates if found.score >= 3 and _distinct(found.levels)]
    if candidates:
        best = max(candidates, key=lambda found: found.score)
        best.levels.sort(key=lambda pair: pair[0].rank)
        return _completed(root, best), best.claims
    return _named_in_passing(root), []


def _distinct(found: list[tuple[Level, Severity]]) -> bool:
    keys = [level.key for level, _ in found]
    return (
        len(set(keys)) >= 2 and len(keys) <= MAX_LEVELS and len(keys) - len(set(keys)) <= (len(set(keys)) > 2)
    )


def _completed(root: Section, best: Found) -> tuple[Severity, ...]:
    """The scale with response times from another table or list about the same levels, where its own has none."""
    severities = [severity for _, severity in best.levels]
    if any(severity.response for severity in severities):
        return tuple(severities)
    by_key = {level.key: index for index, (level, _) in enumerate(best.levels)}
    for section in root.walk():
        for block in section.blocks:
            if block in best.claims:
                continue
            if isinstance(block, Table) and len(block.rows) <= MAX_LEVELS:
                _fill(severities, by_key, block)
            elif isinstance(block, ListBlock) and v.RESPONSE.search(section.title):
                _fill_from_list(severities, by_key, block)
    return tuple(severities)


def _fill_from_list(severities: list[Severity], by_key: dict[str, int], block: ListBlock) -> None:
    """ "- Critical: 15 minutes" under a heading "Response times"."""
    for item in block.items:
        level = levels.parse(item.text.split("\n")[0])
        if level and times.response(level.rest)[0]:
            _answer(severities, by_key.get(level.key), level.rest)


def _answer(severities: list[Severity], index: int | None, written: str) -> None:
    if index is not None and written and not severities[index].response:
        rule, minutes = times.response(written)
        severities[index] = replace(
            severities[index], response=written, response_rule=rule, response_minutes=minutes
        )


def _fill(severities: list[Severity], by_key: dict[str, int], table: Table) -> None:
    column = level_column(table)
    if column is None:
        return
    headers = [folded(plain(cell)) for cell in table.header]
    response = response_column(table, headers, {column})
    if response is None or not v.RESPONSE.search(headers[response]):
        return
    for row in table.rows:
        level = levels.parse(cell(row.cells, column), bare=True)
        if level:
            _answer(severities, by_key.get(level.key), plain(cell(row.cells, response)))


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
    return result
