"""The lines of a template that ask for something: "**Date:** YYYY-MM-DD", "| Severity | [level] |", "## Author"."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from postmortems.prefill.blanks import fill, fill_dates, fill_named, is_blank
from postmortems.prefill.labels import key_of
from runbooks.reader.plain import plain

_LEAD = r"(?P<lead>\s*(?:>\s?)*(?:#{1,6}\s+|(?:[-*+]|\d{1,2}[.)])\s+(?:\[[ xX]\]\s+)?)?)"
LABELLED = re.compile(
    rf"^{_LEAD}(?P<label>(?P<mark>\*\*|__|\*|_)[^*_\n]{{1,60}}(?P=mark)\s?[:：]?|[^*_\n|:：\[\]{{}}<>`]{{1,60}}(?:[:：](?=\s|$)|：))"
    r"(?P<rest>.*)$"
)
HEADING = re.compile(r"^(?P<hashes>#{1,6})\s+(?P<title>.*?)\s*#*\s*$")
ROW = re.compile(r"^\s*\|.*$")
RULE = re.compile(r"^\s*\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)*\|?\s*$")
ITEM = re.compile(r"^\s*(?:>\s?)*(?:[-*+]|\d{1,2}[.)])(?:\s|$)")
_FENCE = re.compile(r"^\s{0,3}(`{3,}|~{3,})")
_CELL_END = re.compile(r"(?<!\\)\|")
#: What a blank on its own names where no label stands before it; in a title dates as well.
_ANYWHERE = ("title", "reference", "severity", "duration", "commander")
_IN_TITLES = (*_ANYWHERE, "author", "services", "date")
#: Fields that are more than a line, and none: nothing is put below or beside a bare name of theirs.
NOT_A_LINE = ("timeline", "action_items", "title", "")


@dataclass(frozen=True, slots=True)
class Line:
    """``in_code`` is set on the lines of a fence, its own included."""

    text: str
    in_code: bool = False


def lines_of(text: str) -> list[Line]:
    return list(_lines(text.replace("\r\n", "\n").replace("\r", "\n").split("\n")))


def _lines(texts: list[str]) -> Iterator[Line]:
    fence = ""
    for text in texts:
        mark = _FENCE.match(text)
        closes = bool(fence and mark and mark[1].startswith(fence) and not text.strip(" \t`~"))
        yield Line(text, bool(fence or mark))
        fence = "" if closes else fence or (mark[1] if mark else "")


def fill_lines(lines: list[Line], known: Mapping[str, str]) -> list[Line]:
    """Every line that asks for a known field, answered; then every section that does."""
    filled, header = [], []
    for number, line in enumerate(lines):
        header = _header(lines, number) if ROW.match(line.text) else []
        following = next((other.text for other in lines[number + 1 :] if other.text.strip()), "")
        text = line.text if line.in_code else _fill_line(line.text, header, following, known)
        filled.append(Line(text, line.in_code))
    return _fill_sections(filled, known)


def cells_of(row: str) -> list[str]:
    return _CELL_END.split(row.strip().removeprefix("|").removesuffix("|"))


def _header(lines: list[Line], number: int) -> list[str]:
    """The header cells of the table in which row ``number`` stands; nothing for the header itself."""
    first = number
    while first and ROW.match(lines[first - 1].text):
        first -= 1
    return cells_of(lines[first].text) if first < number else []


def _fill_line(text: str, header: list[str], following: str, known: Mapping[str, str]) -> str:
    if ROW.match(text):
        return text if RULE.match(text) else _fill_row(text, header, known)
    found = LABELLED.match(text)
    key = key_of(found["label"]) if found else ""
    if found and key and (found["rest"].strip() or _ends_there(found, key, following)):
        return f"{found['lead']}{found['label']}{fill(found['rest'], key, known)}"
    if HEADING.match(text):
        return fill_dates(fill_named(text, known, _IN_TITLES), known.get("date", ""))
    return fill_named(text, known, _ANYWHERE)


def _ends_there(found: re.Match[str], key: str, following: str) -> bool:
    """Whether nothing more is said of a label with nothing after it: its answer goes beside it."""
    is_asked = found["label"].strip("*_ ")[-1:] in (":", "：") or found["label"][-1:] in (":", "：")
    alone = not following.strip() or HEADING.match(following) or LABELLED.match(following)
    return bool(is_asked and alone and key not in NOT_A_LINE)


def _fill_row(text: str, header: list[str], known: Mapping[str, str]) -> str:
    """A cell is asked for by the cell before it, or by the head of its column."""
    cells = cells_of(text)
    keys = [key_of(cell) for cell in cells]
    for place, cell in enumerate(cells):
        before = keys[place - 1] if place else ""
        above = key_of(header[place]) if place < len(header) else ""
        key = (before if not keys[place] else "") or above
        if key and is_blank(cell):
            cells[place] = fill(cell, key, known)
    return text if cells == cells_of(text) else f"|{'|'.join(cells)}|"


def _fill_sections(lines: list[Line], known: Mapping[str, str]) -> list[Line]:
    """A heading that asks for a field, with nothing but a blank below it, gets that field."""
    filled = list(lines)
    for start, end in reversed(list(sections(lines))):
        key = key_of(_title(lines[start].text))
        body = _first_block(lines, start + 1, end)
        if key in NOT_A_LINE or key not in known or len(body) > 1:
            continue
        if not body and HEADING.match(lines[start].text):
            filled[start + 1 : start + 1] = [Line(""), Line(known[key])]
        elif body and not lines[body[0]].in_code:
            mark, words = _without_bullet(lines[body[0]].text)
            filled[body[0]] = Line(mark + (fill(words, key, known) if is_blank(words) else words))
    return filled


def _first_block(lines: list[Line], start: int, end: int) -> list[int]:
    first = next((n for n in range(start, end) if lines[n].text.strip()), end)
    last = next((n for n in range(first, end) if not lines[n].text.strip()), end)
    return list(range(first, last))


def _without_bullet(text: str) -> tuple[str, str]:
    bullet = ITEM.match(text)
    end = bullet.end() if bullet else 0
    return text[:end], text[end:]


def sections(lines: list[Line]) -> Iterator[tuple[int, int]]:
    """Where each heading stands, and where its own text ends: at the next heading, or the end."""
    starts = [n for n, line in enumerate(lines) if not line.in_code and _title(line.text)]
    yield from zip(starts, [*starts[1:], len(lines)], strict=False)


def _title(text: str) -> str:
    """The words of a heading, or of a bold line by itself, which serves as one."""
    if heading := HEADING.match(text):
        return plain(heading["title"])
    return plain(text) if is_bold_title(text) else ""


def is_bold_title(text: str) -> bool:
    found = LABELLED.match(text)
    is_bold = bool(found and found["mark"] in ("**", "__") and not found["lead"].strip())
    return is_bold and not found["rest"].strip()  # type: ignore[index]
