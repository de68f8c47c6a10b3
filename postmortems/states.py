"""The lives of a post-mortem and of an action item as data, and pure questions about both."""

from django.db import models


class DocumentStatus(models.TextChoices):
    DRAFT = "draft", "Draft"
    IN_REVIEW = "in_review", "In review"
    PUBLISHED = "published", "Published"


#: Where a document is that was discarded. No status of its own: it keeps what it had, and comes back as a draft.
DISCARDED = "discarded"

#: From each state, what people may do with a document, and where that leads. What is not here is refused.
DOCUMENT_MOVES: dict[str, dict[str, str]] = {
    DocumentStatus.DRAFT: {
        "request_review": DocumentStatus.IN_REVIEW,
        "publish": DocumentStatus.PUBLISHED,
        "discard": DISCARDED,
    },
    DocumentStatus.IN_REVIEW: {
        "request_review": DocumentStatus.IN_REVIEW,
        "answer_review": DocumentStatus.IN_REVIEW,
        "withdraw_review": DocumentStatus.DRAFT,
        "publish": DocumentStatus.PUBLISHED,
        "discard": DISCARDED,
    },
    DocumentStatus.PUBLISHED: {
        "publish": DocumentStatus.PUBLISHED,
        "take_back": DocumentStatus.DRAFT,
    },
    DISCARDED: {"bring_back": DocumentStatus.DRAFT},
}

#: The moves in words, for the diagram.
MOVES_IN_WORDS = {
    "request_review": "ask for a review",
    "answer_review": "approve, or ask for changes",
    "withdraw_review": "withdraw the last request",
    "publish": "publish",
    "take_back": "take back, with a reason",
    "discard": "discard, with a reason",
    "bring_back": "bring back",
}


class RevisionKind(models.TextChoices):
    """How a version came to be. What is *beside* is not in the document: a merge took it up, or it waits."""

    STARTED = "started", "Started from the template"
    SAVED = "saved", "Saved"
    MERGED = "merged", "Merged"
    RESTORED = "restored", "Restored"
    BESIDE = "beside", "Typed meanwhile, and merged"
    CONFLICT = "conflict", "In conflict"


#: Versions that are, or were, the document.
IN_DOCUMENT = (RevisionKind.STARTED, RevisionKind.SAVED, RevisionKind.MERGED, RevisionKind.RESTORED)


class Verdict(models.TextChoices):
    WAITING = "", "Waiting"
    APPROVED = "approved", "Approved"
    CHANGES = "changes", "Asked for changes"


class ItemStatus(models.TextChoices):
    OPEN = "open", "Open"
    IN_PROGRESS = "in_progress", "In progress"
    IN_REVIEW = "in_review", "In review"
    DONE = "done", "Done"
    DROPPED = "dropped", "Won’t do"


ITEM_OPEN = (ItemStatus.OPEN, ItemStatus.IN_PROGRESS, ItemStatus.IN_REVIEW)


class Priority(models.IntegerChoices):
    """Lower is more urgent, so that a list sorts by it."""

    HIGH = 1, "High"
    MEDIUM = 2, "Medium"
    LOW = 3, "Low"


class ItemKind(models.TextChoices):
    """What an action item does about the next time."""

    PREVENT = "prevent", "Prevent"
    DETECT = "detect", "Detect"
    MITIGATE = "mitigate", "Mitigate"
    PROCESS = "process", "Process"


class ItemChange(models.TextChoices):
    """What an entry of an item's history records, in the past tense."""

    ADDED = "added", "Added"
    CHANGED = "changed", "Changed"
    STARTED = "started", "Status changed"
    DONE = "done", "Done"
    DROP_PROPOSED = "drop_proposed", "Asked to drop"
    DROP_REFUSED = "drop_refused", "Kept"
    DROPPED = "dropped", "Dropped"
    REOPENED = "reopened", "Reopened"


def is_item_open(status: str) -> bool:
    return status in ITEM_OPEN


def document_diagram() -> str:
    """A document's moves as a Mermaid state diagram; docs/post-mortem-states.md holds it, and a test compares."""
    lines = ["stateDiagram-v2", "    [*] --> draft"]
    lines += [
        f"    {state!s} --> {to!s}: {MOVES_IN_WORDS[move]}"
        for state, moves in DOCUMENT_MOVES.items()
        for move, to in moves.items()
    ]
    return "\n".join(lines)
