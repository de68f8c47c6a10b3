"""Two texts that began as the same one, merged line by line. Where both changed one passage, people decide."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from merge3 import Merge3

from postmortems.matching import Budget, LineMatcher

Lines = Sequence[str]
Choice = Literal["theirs", "mine", "both"]


@dataclass(frozen=True, slots=True)
class Passage:
    """Lines as they were, as they are in the document, and as they were typed; ``line`` is where in the document."""

    base: tuple[str, ...]
    theirs: tuple[str, ...]
    mine: tuple[str, ...]
    line: int = 0

    def lines(self, choice: Choice) -> tuple[str, ...]:
        return {"theirs": self.theirs, "mine": self.mine, "both": self.theirs + self.mine}[choice]


@dataclass(frozen=True, slots=True)
class Merge:
    """``pieces`` are lines on which everyone agrees, and passages on which they do not."""

    pieces: tuple[Lines | Passage, ...]

    @property
    def passages(self) -> list[Passage]:
        return [piece for piece in self.pieces if isinstance(piece, Passage)]

    @property
    def is_clean(self) -> bool:
        return not self.passages

    def text(self, choice: Choice = "both") -> str:
        """The merged text; each passage as ``choice`` has it, the document's lines first where that is both."""
        found: list[str] = []
        for piece in self.pieces:
            found.extend(piece.lines(choice) if isinstance(piece, Passage) else piece)
        return "\n".join(found)


def merge(base: str, theirs: str, mine: str) -> Merge:
    """What became of ``base`` in ``theirs`` (the document) and in ``mine``, together.

    A line that either side added is in the outcome, and a line that either side took out is not. Changes that touch
    without overlapping are no conflict, nor are lines that both added at one place: the document's come first.
    """
    if mine in (base, theirs):
        return Merge((theirs.split("\n"),))
    if theirs == base:
        return Merge((mine.split("\n"),))
    lines = [text.split("\n") for text in (base, theirs, mine)]
    return Merge(tuple(_pieces(*lines)))


def _pieces(base: Lines, theirs: Lines, mine: Lines) -> Iterator[Lines | Passage]:
    budget = Budget()
    matcher: Any = partial(LineMatcher, budget=budget)
    merged = Merge3(base, theirs, mine, sequence_matcher=matcher)
    sides = {"unchanged": base, "same": theirs, "a": theirs, "b": mine}
    for kind, *span in merged.merge_regions():
        if kind == "conflict":
            i, ii, j, jj, k, kk = span
            passage = Passage(tuple(base[i:ii]), tuple(theirs[j:jj]), tuple(mine[k:kk]), j + 1)
            together = _side_by_side(passage, budget)
            yield passage if together is None else together
        else:
            yield sides[kind][span[0] : span[1]]


@dataclass(frozen=True, slots=True, order=True)
class _Change:
    start: int
    end: int
    side: int
    lines: tuple[str, ...]

    @property
    def is_insertion(self) -> bool:
        return self.start == self.end

    def is_same_as(self, other: "_Change") -> bool:
        return (self.start, self.end, self.lines) == (other.start, other.end, other.lines)


def _side_by_side(passage: Passage, budget: Budget) -> list[str] | None:
    """The passage with the changes of both, if none overlaps another; else None."""
    was = passage.base
    changes = sorted(
        _Change(i, ii, side, tuple(lines[j:jj]))
        for side, lines in enumerate((passage.theirs, passage.mine))
        for i, ii, j, jj in LineMatcher(None, was, lines, budget=budget).changes()
    )
    found: list[str] = []
    at, before = 0, None
    for change in changes:
        if before and before.is_same_as(change):
            continue
        if before and before.is_insertion and change.is_insertion and before.start == change.start:
            both = _at_one_place(before.lines, change.lines)
            if both is None:
                return None
            del found[len(found) - len(before.lines) :]
            found.extend(both)
        elif change.start < at:
            return None
        else:
            found.extend([*was[at : change.start], *change.lines])
        at, before = max(at, change.end), change
    return [*found, *was[at:]]


def _at_one_place(theirs: tuple[str, ...], mine: tuple[str, ...]) -> tuple[str, ...] | None:
    """What two people added at the same place: the more complete one, or both; None where they share a part."""
    for less, more in ((mine, theirs), (theirs, mine)):
        rest = iter(more)
        if all(line in rest for line in less):
            return more
    shared = {line for line in theirs if line.strip()} & set(mine)
    return None if shared else theirs + mine
