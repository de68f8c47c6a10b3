"""Where live parts stand in Markdown, and how each place takes them: as blocks of their own, or within a line."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from runbooks.documents import code_lines

PART = re.compile(r"(?<!\\)\{\{\s*(timeline|action[ _]items)\s*\}\}", re.IGNORECASE)
_ALONE = re.compile(
    rf"^(?P<lead>(?:[ \t]|>|[-*+](?=\s)|\d{{1,9}}[.)](?=\s))*){PART.pattern}[ \t]*$", re.IGNORECASE
)
_MARKER = re.compile(r"[-*+]|\d{1,9}[.)]")
_TICKS = re.compile(r"(?<!\\)`+")


@dataclass(frozen=True, slots=True)
class Part:
    """``block`` is Markdown of whole lines, ``inline`` the same within one line, also of a table."""

    block: str
    inline: str


#: The part of a name; None where it is not to be written out again, and stands as words.
Find = Callable[[str], Part | None]


def placed(section: str, find: Find) -> str:
    """``section`` with its live parts written out, but for those in code."""
    lines, code = section.split("\n"), code_lines(section)
    written: list[str] = []
    for number, line in enumerate(lines):
        if number in code or not PART.search(line):
            written.append(line)
            continue
        alone = _ALONE.match(line)
        if not alone:
            written.append(outside_code(line, lambda text: _within(text, find)))
        elif part := find(_name(alone)):
            following = lines[number + 1] if number + 1 < len(lines) else ""
            written += _as_block(alone["lead"], part.block, written[-1] if written else "", following)
        else:
            written.append(PART.sub(_as_words, line))
    return "\n".join(written)


def _name(match: re.Match[str]) -> str:
    return match[match.lastindex or 0].lower().replace("_", " ")


def _as_words(match: re.Match[str]) -> str:
    return f"\\{match[0]}"


def _within(text: str, find: Find) -> str:
    def said(match: re.Match[str]) -> str:
        part = find(_name(match))
        return part.inline if part else _as_words(match)

    return PART.sub(said, text)


def _as_block(lead: str, block: str, above: str, below: str) -> list[str]:
    """The lines of ``block`` behind what leads in: the first after a list's marker, all within its item or quote."""
    rest = _MARKER.sub(lambda marker: " " * len(marker[0]), lead)
    quote = rest.rstrip()
    lines = [
        f"{lead if not n else rest}{line}".rstrip() if line else quote
        for n, line in enumerate(block.split("\n"))
    ]
    is_item = rest != lead
    before = [quote] if not is_item and above.strip("> \t") else []
    return [*before, *lines, *([quote] if below.strip("> \t") else [])]


def outside_code(line: str, change: Callable[[str], str]) -> str:
    """``line`` with ``change`` made to all of it but its code spans."""
    pieces, at = [], 0
    for opening in _TICKS.finditer(line):
        if opening.start() < at:
            continue
        closing = next(
            (t for t in _TICKS.finditer(line, opening.end()) if len(t[0]) == len(opening[0])), None
        )
        if closing:
            pieces += [change(line[at : opening.start()]), line[opening.start() : closing.end()]]
            at = closing.end()
    return "".join([*pieces, change(line[at:])])
