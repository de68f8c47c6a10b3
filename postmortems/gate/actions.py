"""What a document promises in its own words: each needs an owner and a date, or nobody will be reminded."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from postmortems.gate import words
from postmortems.gate.document import Document, key_of
from postmortems.gate.finding import Finding, Place
from postmortems.gate.outline import Line, Part, plain
from runbooks.fallback import is_unset

_TICKED = re.compile(r"[ \t]*(?:[-*+]|\d{1,3}[.)])[ \t]+\[[xX✓✔]\]")
_BOX = re.compile(r"[ \t]*(?:[-*+]|\d{1,3}[.)])[ \t]+\[ ?\](?!\()")
_HANDLE = re.compile(r"(?<![\w.])@\w|[\w.+-]+@[\w-]+\.\w")
_WHEN = re.compile(
    r"\d{4}-\d\d-\d\d|\d{1,2}[./]\d{1,2}|\d{1,2}\.? ?[A-Za-zäûé]{3,9}\b|[A-Z][a-z]{2,8}\.? \d{1,2}\b|\d{1,2}[月월]"
    r"|\b(?:mon|tues|wednes|thurs|fri)day\b|\bnext (?:week|month|sprint|quarter)\b|\bq[1-4]\b|\bweek \d|\bend of\b"
    r"|\bby \w|\bdue\b|\bbis\b|\bin \d+ (?:days?|weeks?)\b",
    re.IGNORECASE,
)
_TRACKED = re.compile(r"\bACT-\d+\b")
_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"#?\d*\.?")
SHOWN = 80
MOST = 2_000


@dataclass(frozen=True, slots=True)
class Promise:
    line: Line
    title: str
    has_owner: bool
    has_date: bool


def promises(document: Document) -> Iterator[Finding]:
    """Promises without an owner or a date; then whether there is any promise at all."""
    found = list(islice(_promises(document), MOST))
    for promise in found:
        lacks = [word for word, has in (("owner", promise.has_owner), ("date", promise.has_date)) if not has]
        if lacks and not document.blanks(promise.line):  # a blank is told of by itself
            says = f"“{promise.title[:SHOWN]}” has no {' and no '.join(lacks)}."
            mend = "Name a person and a day, or make it an action item, which is chased until it is done."
            yield Finding("promise", says, mend, promise.line.number, promise.line.text[:200])
    yield from _untracked(document, found)


def _untracked(document: Document, found: list[Promise]) -> Iterator[Finding]:
    tracked = {_folded(item.title) for item in document.known.items}
    loose = [one for one in found if _folded(one.title) not in tracked and not document.blanks(one.line)]
    if loose:
        what = "1 action stands" if len(loose) == 1 else f"{len(loose)} actions stand"
        mend = "Make an action item of each, so that its owner is reminded until it is done."
        line = loose[0].line
        yield Finding(
            "untracked", f"{what} in the text alone.", mend, line.number, line.text[:200], is_warning=False
        )
    elif not tracked and not _says_none(document):
        mend = "If nothing is to change, say why under the heading of the actions."
        yield Finding("no_items", "There is no action item.", mend, place=Place.ITEMS, is_warning=False)


def _says_none(document: Document) -> bool:
    """Whether somebody wrote under such a heading, a live part apart."""
    return any(
        document.says(part, line) and not words.LIVE.search(line.text)
        for part in document.parts
        if words.ACTIONS.search(part.title)
        for line in part.lines
    )


def _promises(document: Document) -> Iterator[Promise]:
    for part in document.parts:
        if words.ACTIONS.search(part.title) and not words.DONE_THEN.search(part.title):
            yield from _rows(document, part)
            yield from _items(document, part, every=words.PROMISES.search(part.title) is not None)


def _rows(document: Document, part: Part) -> Iterator[Promise]:
    columns: dict[str, int] = {}
    for line in part.lines:
        if not line.is_row:
            columns = {}
        elif line.number in document.headers:
            columns = _columns(line.cells)
        elif columns and not line.is_delimiter and (promise := _row(line, columns)):
            yield promise


def _columns(header: list[str]) -> dict[str, int]:
    """Which column is for what; nothing where it is no table of promises."""
    found: dict[str, int] = {}
    kinds = {"owner": words.OWNER_COLUMN, "date": words.DUE_COLUMN, "title": words.ACTION_COLUMN}
    for name, pattern in kinds.items():
        taken = found.values()
        place = (at for at, cell in enumerate(header) if at not in taken and pattern.search(plain(cell)))
        if (at := next(place, None)) is not None:
            found[name] = at
    if not {"owner", "date"} & found.keys():
        return {}
    named = (at for at, cell in enumerate(header) if at not in found.values() and not _NUMBER.fullmatch(cell))
    found.setdefault("title", next(named, 0))
    return found


def _row(line: Line, columns: dict[str, int]) -> Promise | None:
    cells = line.cells
    title = plain(_cell(cells, columns["title"]))
    if is_unset(title) or any(words.SETTLED.match(plain(cell)) for cell in cells if cell != title):
        return None
    has = {
        name: name not in columns or not is_unset(plain(_cell(cells, columns[name])))
        for name in ("owner", "date")
    }
    return Promise(line, title, has["owner"], has["date"])


def _cell(cells: list[str], at: int) -> str:
    return cells[at] if at < len(cells) else ""


def _items(document: Document, part: Part, *, every: bool) -> Iterator[Promise]:
    """Boxes to tick, and with ``every`` all other points, each with the lines further in."""
    for at, line in enumerate(part.lines):
        counts = line.is_item and line.indent < 2 and line.content and not _TICKED.match(line.text)
        if not counts or not (every or _BOX.match(line.text)) or document.is_unchanged(line):
            continue
        text = " ".join([line.content, *_further_in(part, at, line.indent)])
        if not _TRACKED.search(text):
            names = {word.casefold() for word in _WORD.findall(text)}
            owned = bool(
                _HANDLE.search(text) or words.OWNER_COLUMN.search(text) or names & document.known.people
            )
            yield Promise(line, plain(line.content), owned, _WHEN.search(text) is not None)


def _further_in(part: Part, at: int, indent: int) -> Iterator[str]:
    for place in range(at + 1, min(at + 10, len(part.lines))):
        line = part.lines[place]
        if line.text.strip() and line.indent <= indent:
            return
        yield line.text


def _folded(title: str) -> str:
    return key_of(title).casefold().rstrip(".")
