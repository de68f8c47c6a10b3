"""Where a template has an example of a timeline or of action items, the live part takes its place."""

import re
from collections.abc import Callable

from postmortems.prefill.blanks import LOOSE, NAMED, is_blank
from postmortems.prefill.labels import PROMISES, name_of
from postmortems.prefill.lines import HEADING, ITEM, LABELLED, ROW, RULE, Line, cells_of, is_bold_title
from runbooks.reader.vocabulary import documents as d

_MOMENT = re.compile(
    r"(?<![\w:])(?:HH|hh|XX|xx|\d{1,2}|__|--)[:h](?:MM|mm|XX|xx|\d\d|__|--)(?!\w|:\d)|\bT[+-]\d",
    re.IGNORECASE,
)
_SAMPLE = re.compile(
    r"^\W*(?:action|item|task|step|event|todo|ma(?:ß|ss)nahme|acci[óo]n|a[çc][ãa]o|tarea|tarefa|항목|조치)"
    r"(?: ?item)? ?#?\d?\W*$",
    re.IGNORECASE,
)
_BOX = re.compile(r"^\s*(?:[-*+]|\d{1,2}[.)])\s+\[[ xX]\]")
_MARK = re.compile(r"^\s*(?:>\s?)*(?:[-*+]|\d{1,2}[.)])?\s*")


def place(lines: list[Line], timeline: str, promises: str) -> list[Line]:
    """``lines`` with both live parts where their sections are; a part without a section is left out."""
    placed = _place(lines, [d.TIMELINE], timeline)
    return _place(placed, list(PROMISES), promises)


def _place(lines: list[Line], names: list[re.Pattern[str]], part: str) -> list[Line]:
    if not part or any(part.replace(" ", "") in line.text.replace(" ", "") for line in lines):
        return lines
    for pattern in names:
        for number, line in enumerate(lines):
            if not line.in_code and (named := _named(line.text, pattern)) is not None:
                return _placed_at(lines, number, named, part)
    return lines


def _named(text: str, pattern: re.Pattern[str]) -> str | None:
    """What follows the name of the section on its own line; None where ``text`` names no such section."""
    if heading := HEADING.match(text):
        return "" if pattern.fullmatch(name_of(heading["title"])) else None
    found = LABELLED.match(text)
    return found["rest"].strip() if found and pattern.fullmatch(name_of(found["label"])) else None


def _placed_at(lines: list[Line], number: int, rest: str, part: str) -> list[Line]:
    if rest and not is_blank(rest):
        return lines
    start, end = _example(lines, number + 1, _is_moment if "timeline" in part else _is_promise)
    head = lines[number]
    if rest:
        head = Line(head.text[: head.text.rindex(rest)].rstrip())
    indent = "" if HEADING.match(head.text) else " " * _depth(head.text)
    before, after = lines[number + 1 : start], lines[end:]
    return [*lines[:number], head, *_framed(before, Line(indent + part), after)]


def _framed(before: list[Line], part: Line, after: list[Line]) -> list[Line]:
    """The part between blank lines, but for the one that a heading needs not."""
    above = [] if not before or not before[-1].text.strip() else [Line("")]
    below = [] if not after or not after[0].text.strip() else [Line("")]
    return [*before, *above, part, *below, *after]


def _depth(text: str) -> int:
    """How far what belongs to a list item is indented."""
    return len(text[: _MARK.match(text).end()]) if ITEM.match(text) else 0  # type: ignore[union-attr]


def _example(lines: list[Line], start: int, is_sample: Callable[[list[str]], bool]) -> tuple[int, int]:
    """The first block below that is an example; where there is none, the empty place after what is said there."""
    end = _end(lines, start)
    for first, last in _blocks(lines, start, end):
        texts = [line.text for line in lines[first:last]]
        if is_sample(texts):
            return first, last
    last_words = max((n for n in range(start, end) if lines[n].text.strip()), default=start - 1)
    return last_words + 1, last_words + 1


def _end(lines: list[Line], start: int) -> int:
    """Where the text below a name ends: at the next heading; for a name in a list, where its own item does."""
    head = lines[start - 1].text
    inside = _depth(head)
    for number in range(start, len(lines)):
        text = lines[number].text
        if inside and text.strip() and len(text) - len(text.lstrip()) < inside:
            return number
        if not lines[number].in_code and (HEADING.match(text) or is_bold_title(text)):
            return number
    return len(lines)


def _blocks(lines: list[Line], start: int, end: int) -> list[tuple[int, int]]:
    """The stretches without a blank line between them."""
    found, first = [], None
    for number in range(start, end + 1):
        is_text = number < end and bool(lines[number].text.strip())
        if is_text and first is None:
            first = number
        elif not is_text and first is not None:
            found.append((first, number))
            first = None
    return found


def _is_moment(texts: list[str]) -> bool:
    if ROW.match(texts[0]):
        return True
    return any(_MOMENT.search(text) for text in texts) or all(_is_empty(text) for text in texts)


def _is_promise(texts: list[str]) -> bool:
    if ROW.match(texts[0]):
        return any(RULE.match(text) for text in texts) or any(map(_is_empty_row, texts))
    return all(
        _is_empty(text) or _BOX.match(text) or NAMED.search(text) or LOOSE.search(text) for text in texts
    )


def _is_empty(text: str) -> bool:
    """Nothing, a blank, or "Item 1" after the bullet."""
    words = _MARK.sub("", text, count=1)
    return is_blank(words) or _SAMPLE.match(words) is not None


def _is_empty_row(text: str) -> bool:
    return all(is_blank(cell) for cell in cells_of(text))
