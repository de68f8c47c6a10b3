"""What people say about a passage of a post-mortem, and what comes of it."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from incidents.operations import Refused, SaidBefore
from postmortems.models import Comment, Postmortem
from postmortems.operations.holding import held, tell
from postmortems.passages import Text


@transaction.atomic
def comment(
    postmortem_id: int, text: str, *, by: User, quote: str = "", start: int = 0, key: UUID | None = None
) -> Comment:
    """Say something about the passage ``quote``, as it is read or as it is written, the one nearest to letter
    ``start`` of the document where there are several; about the whole document without a quote."""
    postmortem = _commented(postmortem_id, by)
    if before := _said_before(postmortem, key, text, quote=quote, answers=None):
        return before
    passage = Text(postmortem.text).find(quote, start) if quote else None
    if quote and passage is None:
        raise Refused(
            f"That passage is not in version {postmortem.number}. Copy it from the document as it stands."
        )
    said = {"quote": quote, "start": passage.start if passage else 0, "text": text}
    return _say(postmortem, by, key, **said)


@transaction.atomic
def reply(postmortem_id: int, comment_id: int, text: str, *, by: User, key: UUID | None = None) -> Comment:
    """Answer a comment; an answer to an answer stands beside it."""
    postmortem = _commented(postmortem_id, by)
    about = postmortem.comments.get(pk=comment_id)
    first = about.answers or about
    if before := _said_before(postmortem, key, text, quote="", answers=first):
        return before
    return _say(postmortem, by, key, text=text, answers=first)


@transaction.atomic
def settle_comment(postmortem_id: int, comment_id: int, *, by: User) -> Comment:
    """Nothing is left to do about it. It stays readable."""
    postmortem = _commented(postmortem_id, by)
    found = postmortem.comments.get(pk=comment_id, answers=None)
    if found.settled_at is None:
        _set(found, settled_by=by)
        tell(postmortem)
    return found


@transaction.atomic
def reopen_comment(postmortem_id: int, comment_id: int, *, by: User) -> Comment:
    postmortem = _commented(postmortem_id, by)
    found = postmortem.comments.get(pk=comment_id, answers=None)
    if found.settled_at is not None:
        _set(found, settled_by=None)
        tell(postmortem)
    return found


def _set(found: Comment, *, settled_by: User | None) -> None:
    found.settled_at, found.settled_by = timezone.now() if settled_by else None, settled_by
    found.save(update_fields=["settled_at", "settled_by"])


def _commented(postmortem_id: int, by: User) -> Postmortem:
    postmortem = held(postmortem_id, by=by)
    if postmortem.is_discarded:
        raise Refused("The post-mortem was discarded. Bring it back first.")
    return postmortem


def _say(postmortem: Postmortem, by: User, key: UUID | None, **said: object) -> Comment:
    number = postmortem.number
    made = Comment.objects.create(
        postmortem=postmortem, number=number, made_by=by, submission_key=key, **said
    )
    tell(postmortem)
    return made


def _said_before(
    postmortem: Postmortem, key: UUID | None, text: str, *, quote: str, answers: Comment | None
) -> Comment | None:
    """The comment that this very form already made: a double submit makes one. Raises ``SaidBefore``."""
    found = postmortem.comments.filter(submission_key=key).first() if key else None
    if found and (found.text, found.quote, found.answers) != (text, quote, answers):
        raise SaidBefore
    return found
