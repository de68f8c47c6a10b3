"""A document's sections, told by their headings: which of them are written, and where a line stands."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
#: What a template leaves to be filled in, and what stands around it.
_UNWRITTEN = re.compile(
    r"\[[^\]\n]*\](?!\()|\*\*[^*\n]+\*\*|^\s*(?:[-*+]|\d+[.)]) (?:\[[ xX]?\] )?(?:[^:\n]{1,40}:\s*(?=$|\[))?"
)
_WORD = re.compile(r"\w|\{\{")


@dataclass(slots=True)
class Section:
    """``line`` is that of the heading, from 0; ``lines`` are what follows it, up to the next heading."""

    title: str
    level: int
    line: int
    lines: list[str] = field(default_factory=list)

    @property
    def is_written(self) -> bool:
        return any(_WORD.search(_UNWRITTEN.sub("", line)) for line in self.lines)


def sections(text: str) -> list[Section]:
    """Every section that has a heading, in order; headings inside code are none."""
    found: list[Section] = []
    for number, line, heading in _lines(text.split("\n")):
        if heading:
            found.append(Section((heading[2] or "").strip(), len(heading[1]), number))
        elif found:
            found[-1].lines.append(line)
    return found


def written(text: str) -> tuple[int, int]:
    """How many sections are written, and how many there are; one that only holds others is not counted."""
    found = sections(text)
    if len(found) > 1 and all(section.level > found[0].level for section in found[1:]):
        found = found[1:]  # the first is the title, and what stands under it are its date and author
    levels = [section.level for section in found[1:]] + [0]
    counted = [s for s, after in zip(found, levels, strict=False) if s.is_written or after <= s.level]
    return sum(section.is_written for section in counted), len(counted)


def heading_above(lines: Sequence[str]) -> str:
    """The title of the section in which the last of ``lines`` stands; "" before the first heading."""
    titles = [(heading[2] or "").strip() for _, _, heading in _lines(lines) if heading]
    return titles[-1] if titles else ""


def _lines(lines: Sequence[str]) -> Iterator[tuple[int, str, re.Match[str] | None]]:
    fence = ""
    for number, line in enumerate(lines):
        mark = _FENCE.match(line)
        if mark and not fence:
            fence = mark[1]
        elif mark and mark[1].startswith(fence) and not line.strip().strip(fence[0]):
            fence = ""
        yield number, line, None if fence or mark else _HEADING.match(line)
