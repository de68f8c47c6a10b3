"""Writing the document. Every text that anybody saved is a version; none is ever changed or thrown away."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from incidents.operations import Refused
from postmortems.merging import Merge, merge
from postmortems.models import Postmortem, PostmortemRevision
from postmortems.operations.holding import held, tell
from postmortems.outline import heading_above
from postmortems.states import RevisionKind

#: Bytes of UTF-8 that a document may have.
MOST_BYTES = 2_500_000


class Outcome(StrEnum):
    """What became of a text that was sent."""

    SAVED = "saved"
    UNCHANGED = "unchanged"
    MERGED = "merged"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Saved:
    """The document as it stands now, ``number`` and ``text``. ``held`` is the version whose text is what was sent:
    the base of whatever the writer types on."""

    number: int
    text: str
    outcome: Outcome
    held: int


@dataclass(frozen=True, slots=True)
class _Sent:
    """A text, who sent it, the version ``base`` that it was written from, and the conflict that it goes on from."""

    text: str
    by: User
    key: UUID | None
    base: PostmortemRevision | None
    waiting: PostmortemRevision | None

    @property
    def base_number(self) -> int:
        return self.base.number if self.base else 0


@transaction.atomic
def save(postmortem_id: int, text: str, *, base: int, by: User, key: UUID | None = None) -> Saved:
    """Save ``text``, which was written from version ``base``.

    Where others saved since, both are merged. Where both changed one passage, the text is kept beside the document
    until someone settles it; a text whose ``base`` is such a one goes on from it. Sent twice with one ``key`` it is
    saved once. Raises ``Refused``.
    """
    check(text)
    return _save(_held(postmortem_id, by), text, base, by, key)


@transaction.atomic
def restore(postmortem_id: int, number: int, *, by: User) -> Saved:
    """Make the text of version ``number`` the document again, as a version of its own. Raises ``Refused``."""
    document = _held(postmortem_id, by)
    version = document.revisions.filter(number=number).first()
    if version is None:
        raise Refused("There is no such version.")
    if version.text != document.text:
        note = f"Version {number} again"
        _advance(
            document, _add(document, RevisionKind.RESTORED, version.text, by, document.number, note=note)
        )
    _settle(version, document.number)
    return Saved(document.number, document.text, Outcome.SAVED, document.number)


@transaction.atomic
def settle_conflict(
    postmortem_id: int, number: int, text: str, *, base: int, by: User, key: UUID | None = None
) -> Saved:
    """Save ``text``, made of version ``number``, which waits beside the document, and of ``base``, the document as it
    was shown beside it. Where someone else settled it meanwhile it is saved all the same. Raises ``Refused``."""
    check(text)
    document = _held(postmortem_id, by)
    waiting = document.revisions.filter(number=number, kind=RevisionKind.CONFLICT).first()
    if waiting is None:
        raise Refused("There is no such conflict.")
    saved = _save(document, text, base, by, key)
    _settle(waiting, saved.held if saved.outcome == Outcome.CONFLICT else saved.number)
    return saved


def check(text: str) -> None:
    """Raise ``Refused`` unless ``text`` can be kept."""
    at = text.find("\x00")
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        at, size = error.start, 0
    if at >= 0:
        line = text.count("\n", 0, at) + 1
        raise Refused(
            f"Line {line} holds a character that cannot be stored (NUL, or half of one). Take it out."
        )
    if size > MOST_BYTES:
        raise Refused(f"This is {size / 1e6:.2f} MB; a document may have {MOST_BYTES / 1e6} MB at most.")


def _held(postmortem_id: int, by: User) -> Postmortem:
    """The document, locked, and not discarded. Raises ``Postmortem.DoesNotExist`` or ``Refused``."""
    document = held(postmortem_id, by=by)
    if document.is_discarded:
        raise Refused("This post-mortem was discarded. Bring it back before you write in it.")
    return document


def _save(document: Postmortem, text: str, base: int, by: User, key: UUID | None) -> Saved:
    before = document.revisions.filter(key=key).first() if key else None
    if before and before.text == text:
        return _again(document, before)
    # A key that saved something else is of a form that was gone back to.
    sent = _Sent(text, by, None if before else key, *_began_from(document, base))
    if text == document.text:
        _settle(sent.waiting, document.number)
        return Saved(document.number, text, Outcome.UNCHANGED, document.number)
    if sent.base is None:  # nobody can say what of it is new
        return _keep_beside(document, sent)
    if text == sent.base.text:
        return Saved(document.number, document.text, Outcome.UNCHANGED, sent.base.number)
    merged = merge(sent.base.text, document.text, text)
    return _take_up(document, sent, merged.text()) if _fits(merged) else _keep_beside(document, sent)


def _again(document: Postmortem, before: PostmortemRevision) -> Saved:
    """What became of a save that came before."""
    outcomes = {RevisionKind.CONFLICT: Outcome.CONFLICT, RevisionKind.BESIDE: Outcome.MERGED}
    outcome = outcomes.get(RevisionKind(before.kind), Outcome.SAVED)
    return Saved(document.number, document.text, outcome, before.number)


def _began_from(
    document: Postmortem, base: int
) -> tuple[PostmortemRevision | None, PostmortemRevision | None]:
    """The version that a text with ``base`` was written from, and the conflict that it goes on from, if it does."""
    found = document.revisions.filter(number=base).first()
    if found is None or found.kind != RevisionKind.CONFLICT:
        return found, None
    return document.revisions.filter(number=found.base_number).first(), found


def _fits(merged: Merge) -> bool:
    return merged.is_clean and len(merged.text().encode()) <= MOST_BYTES


def _take_up(document: Postmortem, sent: _Sent, together: str) -> Saved:
    """The text becomes the document, or a part of it: then it is kept beside as well, as it was typed."""
    if together == sent.text:
        new = _add(document, RevisionKind.SAVED, sent.text, sent.by, sent.base_number, key=sent.key)
        _advance(document, new)
        _settle(sent.waiting, new.number)
        return Saved(new.number, sent.text, Outcome.SAVED, new.number)
    beside = _keep(document, sent, RevisionKind.BESIDE)
    if together != document.text:
        _advance(document, _add(document, RevisionKind.MERGED, together, sent.by, document.number))
    _settle(beside, document.number)
    _settle(sent.waiting, document.number)
    return Saved(document.number, document.text, Outcome.MERGED, beside.number)


def _keep_beside(document: Postmortem, sent: _Sent) -> Saved:
    """The text waits beside the document, in place of the conflict that it goes on from."""
    waiting = sent.waiting
    if waiting and waiting.text == sent.text and waiting.settled_number is None:
        return Saved(document.number, document.text, Outcome.CONFLICT, waiting.number)
    kept = _keep(document, sent, RevisionKind.CONFLICT)
    _settle(waiting, kept.number)
    return Saved(document.number, document.text, Outcome.CONFLICT, kept.number)


def _keep(document: Postmortem, sent: _Sent, kind: RevisionKind) -> PostmortemRevision:
    """A version beside the document, which stays as it is."""
    kept = _add(document, kind, sent.text, sent.by, sent.base_number, key=sent.key)
    document.save(update_fields=["last_number"])
    tell(document)
    return kept


def _add(
    document: Postmortem,
    kind: RevisionKind,
    text: str,
    by: User,
    base: int,
    *,
    key: UUID | None = None,
    note: str = "",
) -> PostmortemRevision:
    document.last_number += 1
    return PostmortemRevision.objects.create(
        postmortem=document,
        number=document.last_number,
        kind=kind,
        text=text,
        base_number=base,
        saved_by=by,
        note=note or _where(document.text, text),
        key=key,
    )


def _where(before: str, after: str) -> str:
    """The section in which two texts first differ."""
    old, new = before.split("\n"), after.split("\n")
    pairs = zip(old, new, strict=False)
    at = next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(old), len(new)))
    return heading_above(new[: at + 1])[:200]


def _advance(document: Postmortem, version: PostmortemRevision) -> None:
    document.text, document.number, document.changed_at = version.text, version.number, timezone.now()
    document.save(update_fields=["text", "number", "last_number", "changed_at"])
    tell(document)


def _settle(beside: PostmortemRevision | None, number: int) -> None:
    """Say which version took up what was beside the document; of other versions there is nothing to say."""
    if (
        beside
        and beside.kind in (RevisionKind.BESIDE, RevisionKind.CONFLICT)
        and beside.settled_number is None
    ):
        beside.settled_number = number
        beside.save(update_fields=["settled_number"])
