"""What the template left to be filled in, and nobody did."""

from collections.abc import Iterator

from postmortems.gate.document import Document
from postmortems.gate.finding import Finding
from postmortems.gate.outline import Part

SHOWN = 200


def placeholders(document: Document) -> Iterator[Finding]:
    """Blanks in headings and lines; and points of the template that nothing was written to."""
    for part in document.root.walk():
        if blanks := list(dict.fromkeys(document.blanks_in(part.title))):
            yield _unfilled(blanks, part.line, part.title)
        if part in document.unwritten_causes:
            continue  # said already, of the whole part
        for at, line in enumerate(part.lines):
            if blanks := document.blanks(line):
                yield _unfilled(blanks, line.number, line.text)
            elif _is_left(document, part, at):
                says = f"“{line.content[:SHOWN]}” is as the template has it."
                yield Finding("unchanged", says, "Answer it, or take the line out.", line.number, line.text)


def _unfilled(blanks: list[str], number: int, quote: str) -> Finding:
    named = ", ".join(f"“{blank}”" for blank in blanks[:5])
    says = f"{named} {'is' if len(blanks) == 1 else 'are'} still to be filled in."
    return Finding("placeholder", says, "Write what it stands for, or take it out.", number, quote[:SHOWN])


def _is_left(document: Document, part: Part, at: int) -> bool:
    """Whether a point of the template's list has nothing below it, in a part that somebody has written."""
    line = part.lines[at]
    if not line.is_item or not line.content or not document.is_unchanged(line):
        return False
    below = part.after(at)
    goes_on = below is not None and (below.indent > line.indent or not below.is_item)
    return not (goes_on or document.is_fixed(part, line)) and document.is_written(part)
