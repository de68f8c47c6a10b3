"""A document's lines under their headings. A scan of lines and no more, so that 2.5 MB of anything take no time."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

MOST_LINES = 40_000
LONGEST_LINE = 1_000
MOST_CELLS = 20
LABEL_LEVEL = 9

_FENCE = re.compile(r"[ \t>]{0,12}(```+|~~~+)")
_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(?=\S)")
_UNDERLINE = re.compile(r" {0,3}(=+|--+)[ \t]*$")
_LABEL = re.compile(r" {0,3}(\*\*|__)([^*_]{1,80})\1[ \t]*[:：]?[ \t]*$")
_BULLET = re.compile(
    r"[ \t]*(?:>[ \t]?)*[ \t]*(?:(?:[-*+]|\d{1,3}[.)])(?:[ \t]+|$))?(?:\[[ xX✓✔]?\](?!\()[ \t]*)?"
)
_ITEM = re.compile(r"[ \t]*(?:[-*+]|\d{1,3}[.)])(?:[ \t]|$)")
_RULE = re.compile(r"[ \t]*(?:[-*_=][ \t]*){3,}$")
_DELIMITER = re.compile(r"[ \t]*\|?(?:[ \t]*:?-+:?[ \t]*\|)+(?:[ \t]*:?-+:?)?[ \t]*$")
_MARKS = re.compile(r"\*\*|__|\*|`|~~")
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Line:
    """``number`` is from 1; ``text`` as written, cut where nobody reads on."""

    number: int
    text: str
    is_code: bool = False

    @property
    def is_item(self) -> bool:
        return not self.is_code and _ITEM.match(self.text) is not None

    @property
    def is_row(self) -> bool:
        return not self.is_code and self.text.lstrip()[:1] == "|"

    @property
    def is_delimiter(self) -> bool:
        """Whether it parts the header of a table from its rows."""
        return self.is_row and _DELIMITER.match(self.text) is not None

    @property
    def indent(self) -> int:
        return len(self.text) - len(self.text.lstrip())

    @property
    def content(self) -> str:
        """Without bullet, box and quote mark; "" for a rule."""
        if _RULE.match(self.text):
            return ""
        return self.text[_BULLET.match(self.text).end() :].strip()  # type: ignore[union-attr]

    @property
    def cells(self) -> list[str]:
        inside = self.text.strip().removeprefix("|").removesuffix("|")
        return [cell.strip() for cell in inside.replace("\\|", "¦").split("|", MOST_CELLS)]


@dataclass(slots=True, eq=False)
class Part:
    """A heading, or a bold line that does a heading's work, with the lines right below it."""

    title: str = ""
    level: int = 0
    line: int = 0
    lines: list[Line] = field(default_factory=list)
    parent: "Part | None" = None
    children: list["Part"] = field(default_factory=list)

    @property
    def is_label(self) -> bool:
        return self.level == LABEL_LEVEL

    def after(self, at: int) -> Line | None:
        """The line with words that follows ``lines[at]``."""
        rest = (self.lines[n] for n in range(at + 1, len(self.lines)))
        return next((line for line in rest if line.text.strip()), None)

    def walk(self) -> Iterator["Part"]:
        waiting = [self]
        while waiting:
            part = waiting.pop()
            yield part
            waiting.extend(reversed(part.children))

    def all_lines(self) -> Iterator[Line]:
        """Its own lines, and those of the parts below it."""
        for part in self.walk():
            yield from part.lines


def outline(text: str) -> Part:
    """The document as a tree; the root has what stands before the first heading."""
    root = current = Part()
    fence = ""
    lines = text.split("\n", MOST_LINES)[:MOST_LINES]
    for number, raw in enumerate(lines, 1):
        line = raw[:LONGEST_LINE].rstrip()
        mark = _FENCE.match(line)
        if fence or mark:
            current.lines.append(Line(number, line, is_code=True))
            fence = _fence_after(fence, mark, line)
        elif found := _heading(line):
            current = _under(current, Part(plain(found[1]), found[0], number))
        elif _UNDERLINE.match(line) and _is_title(current):
            above = current.lines.pop()
            level = 1 if line.lstrip()[:1] == "=" else 2
            current = _under(current, Part(plain(above.text), level, above.number))
        else:
            current.lines.append(Line(number, line))
    return root


def plain(text: str) -> str:
    """The words without the commonest marks, on one line."""
    return _SPACES.sub(" ", _MARKS.sub("", text)).strip()


def _fence_after(fence: str, mark: re.Match[str] | None, line: str) -> str:
    """The fence that is open after ``line``: "" where that closed it."""
    if not fence:
        return mark[1] if mark else ""
    closes = mark and mark[1][0] == fence[0] and len(mark[1]) >= len(fence) and line.strip() == mark[1]
    return "" if closes else fence


def _heading(line: str) -> tuple[int, str] | None:
    if match := _HEADING.match(line):
        return len(match[1]), line[match.end() :].rstrip("# \t")
    label = _LABEL.match(line)
    if label and len(label[2].split()) <= 8 and label[2].rstrip()[-1:] not in ".!。":
        return LABEL_LEVEL, label[2].rstrip(":： ")
    return None


def _is_title(part: Part) -> bool:
    """Whether the last line of ``part`` is a paragraph of one line, which an underline makes a heading."""
    if not part.lines:
        return False
    last, before = part.lines[-1], part.lines[-2] if len(part.lines) > 1 else None
    stands_alone = before is None or not before.text.strip()
    return bool(last.text.strip()) and stands_alone and not (last.is_item or last.is_row or last.is_code)


def _under(current: Part, part: Part) -> Part:
    parent = current
    while parent.parent is not None and parent.level >= part.level:
        parent = parent.parent
    part.parent = parent
    parent.children.append(part)
    return part
