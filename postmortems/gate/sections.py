"""Parts that are missing or empty: causes first, then any other; and the figures that people look for."""

import re
from collections.abc import Iterator

from postmortems.gate import words
from postmortems.gate.document import Document, Field
from postmortems.gate.finding import Finding
from postmortems.gate.outline import Line, Part
from runbooks.reader.vocabulary import POSTMORTEM_PART

_LEVEL = re.compile(r"\b(SEV|P|S|Severity|Level)[- ]?(\d)\b", re.IGNORECASE)
_SPAN = re.compile(words.SPAN, re.IGNORECASE)
LOOKED_AT = 300_000


def causes(document: Document) -> Iterator[Finding]:
    if document.has_cause:
        return
    found = next(iter(document.unwritten_causes), None)
    says = "There is neither a root cause nor a contributing factor."
    if found:
        says = f"“{found.title}” is not written: there is neither a root cause nor a contributing factor."
    mend = "Say what caused it, or what let it happen, under a heading such as “Root Cause”."
    yield Finding("cause", says, mend, found.line if found else 0)


def empty(document: Document) -> Iterator[Finding]:
    """Headings with nothing below them, or nothing but what the template has there."""
    for part in document.parts:
        if part.children or part in document.unwritten_causes or _is_a_title(document, part):
            continue
        lines = [line for line in part.lines if line.text.strip() and line.content]
        if part.is_label and not _is_known(document, part):
            continue
        if not lines:
            yield Finding(
                "empty", f"“{part.title}” is empty.", "Write it, or take the heading out.", part.line
            )
        elif not document.is_written(part) and not any(_is_blank(document, line) for line in lines):
            says = f"“{part.title}” says only what the template says."
            yield Finding("empty", says, "Write it, or take the heading out.", part.line)


def _is_blank(document: Document, line: Line) -> bool:
    """Whether something is said of the line by itself."""
    field = document.field_of(line)
    return bool(document.blanks(line)) or (field is not None and not field.value and _is_label(line))


def _is_a_title(document: Document, part: Part) -> bool:
    """Whether it names the document, not a part of it."""
    return part is document.parts[0] and not part.lines and not POSTMORTEM_PART.search(part.title)


def _is_known(document: Document, part: Part) -> bool:
    return part.title in document.template.titles or POSTMORTEM_PART.search(part.title) is not None


def fields(document: Document) -> Iterator[Finding]:
    """Labels with nothing behind them."""
    for part in document.root.walk():
        if part in document.unwritten_causes:
            continue
        for at, line in enumerate(part.lines):
            field = document.field_of(line)
            if field and not field.value and _is_label(line) and not _goes_on(document, part, at):
                says = f"“{field.label}” has nothing behind it."
                yield Finding("field", says, "Fill it in, or take it out.", line.number, line.text)


def _is_label(line: Line) -> bool:
    return not line.is_row and (line.is_item or line.content.startswith(("**", "__")))


def _goes_on(document: Document, part: Part, at: int) -> bool:
    line, below = part.lines[at], part.after(at)
    if below is None:
        return False
    if below.indent > line.indent or below.is_code or below.is_row:
        return True
    return below.is_item != line.is_item or not (below.is_item or document.field_of(below))


def facts(document: Document) -> Iterator[Finding]:
    """How long it lasted and how severe it was: said, and as the record has it."""
    known = document.known
    told = _labelled(document, words.SEVERITY)
    if told and (other := _other_level(told.value, known.severity_name)):
        says = f"The document says {other}; {known.reference} is {known.severity_name}."
        yield Finding("severity", says, "Correct whichever is wrong.", told.line.number, told.line.text)
    if told is None:
        yield from _unsaid(document, words.SEVERITY, "how severe it was", known.severity_name, _LEVEL)
    if _labelled(document, words.DURATION) is None:
        yield from _unsaid(document, words.DURATION, "how long it lasted", known.duration, _SPAN)


def _labelled(document: Document, label: re.Pattern[str]) -> Field | None:
    found = next((field for field in document.fields if label.search(field.label)), None)
    if found is None and (part := next((p for p in document.parts if label.search(p.title)), None)):
        return Field(Line(part.line, part.title), part.title, " ".join(line.text for line in part.lines))
    return found


def _unsaid(
    document: Document, label: re.Pattern[str], what: str, value: str, likely: re.Pattern[str]
) -> Iterator[Finding]:
    """Nothing, where anything like it stands anywhere; a warning where the template asks for it."""
    text = document.text[:LOOKED_AT]
    if (value and value in text) or likely.search(text):
        return
    asked = any(label.search(name) for name in document.template.labels)
    mend = f"The record has it: {value}." if value else "Say it near the top."
    yield Finding("fact", f"The document does not say {what}.", mend, is_warning=asked)


def _other_level(said: str, name: str) -> str:
    """The level that ``said`` names, where it is one of the same scale and another than ``name``; else ""."""
    ours, theirs = _LEVEL.search(name), {(m[1].casefold(), m[2]): m[0] for m in _LEVEL.finditer(said[:200])}
    if not ours or len(theirs) != 1:
        return ""
    (scale, level), words_ = next(iter(theirs.items()))
    return words_ if scale == ours[1].casefold() and level != ours[2] else ""
