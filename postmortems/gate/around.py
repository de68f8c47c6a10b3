"""What is to be said of what stands around the text: action items, comments, conflicts, reviews, the incident."""

from collections.abc import Iterator
from itertools import chain

from postmortems.gate.document import Document
from postmortems.gate.finding import Finding, Place
from postmortems.gate.record import Record


def everything(known: Record) -> Iterator[Finding]:
    """All that can be said without a text."""
    document = Document("", known)
    rules = (items, comments, conflicts, reviews, incident)
    return chain.from_iterable(rule(document) for rule in rules)


def items(document: Document) -> Iterator[Finding]:
    """Nobody is reminded of an action item without an owner or a date."""
    for item in document.known.items:
        lacks = [word for word, has in (("owner", item.has_owner), ("date", item.has_date)) if not has]
        if item.is_open and lacks:
            says = f"ACT-{item.number} “{item.title}” has no {' and no '.join(lacks)}."
            mend = "Give it one: without, nobody is reminded of it."
            yield Finding("item", says, mend, place=Place.ITEMS, item=item.number)


def comments(document: Document) -> Iterator[Finding]:
    if count := document.known.open_comments:
        says = "1 comment is not settled." if count == 1 else f"{count} comments are not settled."
        mend = "Answer what is asked and settle it, or settle it as it is."
        yield Finding("comments", says, mend, place=Place.COMMENTS)


def conflicts(document: Document) -> Iterator[Finding]:
    if count := document.known.open_conflicts:
        says = (
            "1 text waits beside the document." if count == 1 else f"{count} texts wait beside the document."
        )
        mend = "Two people changed the same lines. Take up what is missing, and settle it."
        yield Finding("conflicts", says, mend, place=Place.VERSIONS)


def reviews(document: Document) -> Iterator[Finding]:
    """Answers that are owed or ask for changes; and approvals of another text than this."""
    for review in document.known.reviews:
        if review.verdict == "changes":
            says = f"{review.name} asked for changes to version {review.number}."
            yield Finding("changes", says, "Make them, and ask again.", place=Place.REVIEW)
        elif not review.verdict:
            says = f"The review by {review.name} is open."
            yield Finding("review", says, "Wait for it, or withdraw the request.", place=Place.REVIEW)
        elif review.number != document.known.number:
            says = f"{review.name} approved version {review.number}; this is version {document.known.number}."
            mend = "Ask again where what has changed since matters."
            yield Finding("approval", says, mend, place=Place.REVIEW, is_warning=False)


def incident(document: Document) -> Iterator[Finding]:
    if document.known.is_open:
        says = f"{document.known.reference} is not over: how it ended is not known yet."
        yield Finding("incident", says, "Resolve it first.", place=Place.INCIDENT)
