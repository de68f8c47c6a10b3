"""The difference between two texts, line by line, as a page can show it."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

CONTEXT = 3
MAX_LINES = 2_000  # beyond this many changed lines a side, comparing could take minutes
MAX_ROWS = 2_000

Kind = Literal["same", "added", "removed", "gap"]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a diff with its number on either side (None where it is not), or a gap of ``hidden`` lines."""

    kind: Kind
    text: str = ""
    before: int | None = None
    after: int | None = None
    hidden: int = 0


@dataclass(frozen=True, slots=True)
class Changes:
    """``added`` and ``removed`` count lines; ``cut`` is how many rows were too many to show."""

    rows: tuple[Row, ...] = ()
    added: int = 0
    removed: int = 0
    cut: int = 0


def compare(before: str, after: str) -> Changes:
    """What makes ``after`` of ``before``, with three lines of context around each change."""
    old, new = _lines(before), _lines(after)
    rows = list(_rows(old, new))
    return Changes(
        rows=tuple(rows[:MAX_ROWS]),
        added=sum(row.kind == "added" for row in rows),
        removed=sum(row.kind == "removed" for row in rows),
        cut=max(0, len(rows) - MAX_ROWS),
    )


def _lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _rows(old: list[str], new: list[str]) -> Iterator[Row]:
    blocks = _changed(old, new)
    at = shift = 0  # lines of old already shown; how much further on the same line is in new
    for i1, i2, j1, j2 in blocks:
        yield from _between(old, at, i1, shift, first=at == 0, last=False)
        yield from (Row("removed", old[i], before=i + 1) for i in range(i1, i2))
        yield from (Row("added", new[j], after=j + 1) for j in range(j1, j2))
        at, shift = i2, j2 - i2
    if blocks:
        yield from _between(old, at, len(old), shift, first=False, last=True)


def _changed(old: list[str], new: list[str]) -> list[tuple[int, int, int, int]]:
    """The changed stretches (old from, to, new from, to), in order."""
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    left, right = old[head : len(old) - tail], new[head : len(new) - tail]
    if len(left) > MAX_LINES or len(right) > MAX_LINES:
        return [(head, head + len(left), head, head + len(right))]
    opcodes = SequenceMatcher(None, left, right).get_opcodes()
    return [(head + i, head + ii, head + j, head + jj) for op, i, ii, j, jj in opcodes if op != "equal"]


def _common(old: list[str], new: list[str]) -> int:
    pairs = zip(old, new, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(old), len(new)))


def _between(lines: list[str], start: int, end: int, shift: int, *, first: bool, last: bool) -> Iterator[Row]:
    """The unchanged lines from ``start`` to ``end``: all of them, or their ends and a gap."""
    head = 0 if first else CONTEXT
    tail = 0 if last else CONTEXT
    hidden = end - start - head - tail
    if hidden <= 1:  # a gap takes as much room as the line it hides
        yield from _same(lines, start, end, shift)
        return
    yield from _same(lines, start, start + head, shift)
    yield Row("gap", hidden=hidden)
    yield from _same(lines, end - tail, end, shift)


def _same(lines: list[str], start: int, end: int, shift: int) -> Iterator[Row]:
    return (Row("same", lines[i], before=i + 1, after=i + 1 + shift) for i in range(start, end))
