"""Which lines of two texts are the same, found in a time that cannot run away however the texts were made."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

Block = tuple[int, int, int]
_Gap = tuple[int, int, int, int]

#: Steps that one merge may take, about a second's worth.
STEPS = 2_000_000
#: Lines compared at once where texts are alike for long.
_CHUNK = 512


@dataclass
class Budget:
    """The steps that comparisons which share it may still take; lines that they cannot afford count as changed."""

    left: int = STEPS

    def affords(self, steps: int) -> bool:
        affordable = steps <= self.left
        self.left -= steps if affordable else 0
        return affordable


class LineMatcher:
    """Matches lines first by those that stand once in both texts, then, between them, by the longest common sequence.

    ``difflib`` takes the square of how often a line is repeated, and half of all lines in Markdown are blank. The
    arguments and ``get_matching_blocks`` are those that ``merge3`` asks of a matcher.
    """

    def __init__(
        self,
        isjunk: object = None,
        a: Sequence[str] = (),
        b: Sequence[str] = (),
        autojunk: bool = False,
        budget: Budget | None = None,
    ) -> None:
        self._a, self._b, self._budget = a, b, budget or Budget()

    def get_matching_blocks(self) -> list[Block]:
        """Runs (i, j, n) with ``a[i:i+n] == b[j:j+n]``, ascending, closed by an empty one at both ends."""
        end = (len(self._a), len(self._b), 0)
        return [*_joined(sorted(self._found())), end]

    def changes(self) -> list[_Gap]:
        """The stretches between those runs: (i, ii, j, jj) where ``b[j:jj]`` took the place of ``a[i:ii]``."""
        found, i, j = [], 0, 0
        for at, to, length in self.get_matching_blocks():
            if i < at or j < to:
                found.append((i, at, j, to))
            i, j = at + length, to + length
        return found

    def _found(self) -> Iterator[Block]:
        gaps: list[_Gap] = [(0, len(self._a), 0, len(self._b))]
        while gaps:
            i, ii, j, jj = gaps.pop()
            head = _common_head(self._a, i, ii, self._b, j, jj)
            yield i, j, head
            i, j = i + head, j + head
            tail = _common_tail(self._a, i, ii, self._b, j, jj)
            ii, jj = ii - tail, jj - tail
            yield ii, jj, tail
            if i < ii and j < jj:
                yield from self._between((i, ii, j, jj), gaps)

    def _between(self, gap: _Gap, gaps: list[_Gap]) -> Iterator[Block]:
        """What is the same in a gap: its anchors, with smaller gaps left to do, or all of it at once."""
        i, ii, j, jj = gap
        if anchors := self._anchors(gap):
            for at, to in anchors:
                gaps.append((i, at, j, to))
                yield at, to, 1
                i, j = at + 1, to + 1
            gaps.append((i, ii, j, jj))
        elif self._budget.affords((ii - i) * (jj - j)):
            yield from self._longest_common(gap)

    def _anchors(self, gap: _Gap) -> list[tuple[int, int]]:
        """Lines that stand once on either side of the gap, as many as keep their order."""
        i, ii, j, jj = gap
        if not self._budget.affords(3 * (ii - i + jj - j)):  # each costs as much as three cells of the table
            return []
        there = _single(self._b, j, jj)
        pairs = [(at, there[line]) for line, at in _single(self._a, i, ii).items() if line in there]
        return _ascending(sorted(pairs))

    def _longest_common(self, gap: _Gap) -> Iterator[Block]:
        """By the table of lengths; its cost is the product of the two sides, and was paid for."""
        i, ii, j, jj = gap
        a, b = self._a[i:ii], self._b[j:jj]
        lengths = [[0] * (len(b) + 1)]
        for line in reversed(a):
            below, row = lengths[-1], [0] * (len(b) + 1)
            for n in range(len(b) - 1, -1, -1):
                row[n] = below[n + 1] + 1 if line == b[n] else max(below[n], row[n + 1])
            lengths.append(row)
        lengths.reverse()
        x = y = 0
        while x < len(a) and y < len(b):
            if a[x] == b[y]:
                yield i + x, j + y, 1
                x, y = x + 1, y + 1
            elif lengths[x + 1][y] >= lengths[x][y + 1]:
                x += 1
            else:
                y += 1


def _common_head(a: Sequence[str], i: int, ii: int, b: Sequence[str], j: int, jj: int) -> int:
    """How many lines ``a[i:ii]`` and ``b[j:jj]`` have in common from their start on."""
    n, most = 0, min(ii - i, jj - j)
    while n + _CHUNK <= most and a[i + n : i + n + _CHUNK] == b[j + n : j + n + _CHUNK]:
        n += _CHUNK
    while n < most and a[i + n] == b[j + n]:
        n += 1
    return n


def _common_tail(a: Sequence[str], i: int, ii: int, b: Sequence[str], j: int, jj: int) -> int:
    n, most = 0, min(ii - i, jj - j)
    while n + _CHUNK <= most and a[ii - n - _CHUNK : ii - n] == b[jj - n - _CHUNK : jj - n]:
        n += _CHUNK
    while n < most and a[ii - n - 1] == b[jj - n - 1]:
        n += 1
    return n


def _single(lines: Sequence[str], start: int, end: int) -> dict[str, int]:
    """Where each line is that stands once between ``start`` and ``end``."""
    found: dict[str, int] = {}
    repeated = set()
    for at in range(start, end):
        if found.setdefault(lines[at], at) != at:
            repeated.add(lines[at])
    return {line: at for line, at in found.items() if line not in repeated}


def _ascending(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest choice of ``pairs``, ascending in the first number, that ascends in the second as well."""
    ends: list[int] = []
    last: list[int] = []
    before: list[int] = []
    for n, (_, to) in enumerate(pairs):
        at = bisect_left(ends, to)
        before.append(last[at - 1] if at else -1)
        ends[at : at + 1], last[at : at + 1] = [to], [n]
    chosen, n = [], last[-1] if last else -1
    while n >= 0:
        chosen.append(pairs[n])
        n = before[n]
    return chosen[::-1]


def _joined(blocks: list[Block]) -> Iterator[Block]:
    """``blocks`` without empty ones, and with those that touch made one."""
    held: Block | None = None
    for i, j, length in blocks:
        if not length:
            continue
        if held and (held[0] + held[2], held[1] + held[2]) == (i, j):
            held = (held[0], held[1], held[2] + length)
            continue
        if held:
            yield held
        held = (i, j, length)
    if held:
        yield held
