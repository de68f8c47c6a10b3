"""Publishing a post-mortem and taking it back; discarding one that is not needed and bringing it back.

None of these touches an action item: what was promised is owed whatever becomes of the document.
"""

from collections.abc import Collection

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from incidents.operations import Refused, note_afterwards
from incidents.states import Kind
from postmortems.gate import Finding
from postmortems.models import Postmortem
from postmortems.operations.holding import held_for, tell
from postmortems.operations.reviewing import answer
from postmortems.readiness import findings_of
from postmortems.states import Verdict

PUBLICATION = ("published_at", "published_by", "published_number", "published_over", "publish_reason")


class Unseen(Refused):
    """There are warnings that the person was not shown, or gave no reason for."""


@transaction.atomic
def publish(
    postmortem_id: int, *, by: User, number: int, reason: str = "", seen: Collection[str] = ()
) -> Postmortem:
    """Publish version ``number``. ``seen`` are the keys of the warnings that ``by`` was shown: over warnings it
    needs a ``reason``, and who, why and which are kept. It approves the review that ``by`` owes, if any.

    Raises ``Unseen`` where something came up meanwhile, ``Refused`` where the text is another one by now.
    """
    postmortem, to = held_for("publish", postmortem_id, by=by)
    if number != postmortem.number:
        raise Refused(f"It is version {postmortem.number} by now. Look at it, then publish.")
    if postmortem.is_published and not postmortem.is_changed_since:
        return postmortem
    over = [found for found in findings_of(postmortem, by=by) if found.is_warning]
    _check(over, reason, seen)
    _approve_own(postmortem, by)
    if not postmortem.is_published:
        postmortem.published_at = timezone.now()
    postmortem.status, postmortem.published_by, postmortem.published_number = to, by, number
    postmortem.published_over, postmortem.publish_reason = [str(found) for found in over], reason
    postmortem.save(update_fields=["status", *PUBLICATION])
    _note(postmortem, Kind.POSTMORTEM_PUBLISHED, by, _told(reason, over), over=postmortem.published_over)
    return postmortem


def _check(over: list[Finding], reason: str, seen: Collection[str]) -> None:
    if any(found.key not in seen for found in over):
        raise Unseen("There is something to look at first.")
    if over and not reason:
        raise Unseen("Say why it is published all the same.")


def _told(reason: str, over: list[Finding]) -> str:
    """For the timeline: why, and which warnings."""
    listed = "\n".join(f"- {found}" for found in over)
    return f"{reason}\n\nPublished over:\n\n{listed}" if over else reason


def _approve_own(postmortem: Postmortem, by: User) -> None:
    own = postmortem.reviewers.filter(user=by).exclude(verdict=Verdict.APPROVED).first()
    if own:
        answer(own, Verdict.APPROVED, number=postmortem.number)


@transaction.atomic
def take_back(postmortem_id: int, *, by: User, reason: str) -> Postmortem:
    """Make a published post-mortem a draft again. Its action items stay, and stay owed."""
    postmortem, to = held_for("take_back", postmortem_id, by=by)
    _ask_why(reason)
    postmortem.status, postmortem.published_at, postmortem.published_by = to, None, None
    postmortem.published_number, postmortem.published_over, postmortem.publish_reason = None, [], ""
    postmortem.save(update_fields=["status", *PUBLICATION])
    _note(postmortem, Kind.POSTMORTEM_WITHDRAWN, by, reason)
    return postmortem


@transaction.atomic
def discard(postmortem_id: int, *, by: User, reason: str) -> Postmortem:
    """Say that no post-mortem is needed. Everything is kept, and it can be brought back."""
    postmortem, _ = held_for("discard", postmortem_id, by=by)
    _ask_why(reason)
    return _discard(postmortem, Kind.POSTMORTEM_DISCARDED, by, reason)


@transaction.atomic
def bring_back(postmortem_id: int, *, by: User) -> Postmortem:
    """Go on with a discarded post-mortem, as a draft."""
    postmortem, _ = held_for("bring_back", postmortem_id, by=by)
    return _discard(postmortem, Kind.POSTMORTEM_RESTORED, by, "")


def _discard(postmortem: Postmortem, kind: Kind, by: User, reason: str) -> Postmortem:
    """Discard it for ``reason``, or without one keep it after all."""
    postmortem.status = "draft"
    postmortem.discarded_at = timezone.now() if reason else None
    postmortem.discarded_by = by if reason else None
    postmortem.discard_reason = reason
    postmortem.save(update_fields=["status", "discarded_at", "discarded_by", "discard_reason"])
    _note(postmortem, kind, by, reason)
    return postmortem


def _ask_why(reason: str) -> None:
    if not reason:
        raise Refused("Say why.")


def _note(postmortem: Postmortem, kind: Kind, by: User, text: str, **data: object) -> None:
    data["number"] = postmortem.number
    note_afterwards(postmortem.incident, kind, by=by, text=text, data=data)
    tell(postmortem)
