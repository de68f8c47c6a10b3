"""What is missing from a post-mortem, or does not agree: a pure function of its text and of what the portal knows.

It informs and never blocks. A *warning* asks whoever publishes over it for a reason; a *remark* does not.
"""

from collections.abc import Callable, Iterator
from itertools import islice

from postmortems.gate import actions, around, blanks, sections, timeline
from postmortems.gate.document import Document
from postmortems.gate.finding import Finding, Place
from postmortems.gate.outline import MOST_LINES
from postmortems.gate.record import Item, Record, Review

__all__ = ["Finding", "Item", "Place", "Record", "Review", "check"]

#: So many findings of one kind are told; more would help nobody.
MOST = 50

Rule = Callable[[Document], Iterator[Finding]]
RULES: tuple[Rule, ...] = (
    sections.causes,
    sections.empty,
    sections.fields,
    sections.facts,
    blanks.placeholders,
    timeline.order,
    actions.promises,
    around.items,
    around.comments,
    around.conflicts,
    around.reviews,
    around.incident,
)


def check(text: str, known: Record) -> list[Finding]:
    """What is to be said of ``text``, warnings first, each group in the order of the document."""
    if not text.strip():
        return [_EMPTY, *around.everything(known)]
    document = Document(text, known)
    found = [finding for rule in RULES for finding in islice(rule(document), MOST)]
    if document.is_cut:
        found.append(_LONG)
    return sorted(found, key=lambda finding: (not finding.is_warning, finding.line or MOST_LINES))


_EMPTY = Finding("empty", "The document is empty.", "Write it, or discard it where no post-mortem is needed.")
_LONG = Finding(
    "long",
    f"Only the first {MOST_LINES:,} lines were looked at.",
    "Leave logs and dumps out of the document: link to them.",
    is_warning=False,
)
