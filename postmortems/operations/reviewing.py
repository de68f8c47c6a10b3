"""Asking for reviews of a post-mortem, and answering."""

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from incidents.operations import Refused, note_afterwards
from incidents.permissions import can_work_on
from incidents.states import Kind
from postmortems.models import Postmortem, Reviewer
from postmortems.operations.holding import held_for, tell
from postmortems.states import DocumentStatus, Verdict

OWN = "{} wrote it: somebody else reviews it."


@transaction.atomic
def request_review(postmortem_id: int, people: Iterable[User], *, by: User) -> Postmortem:
    """Ask ``people``, who must be able to work on the incident, for a review.

    Who has answered is asked again; who is asked already is not asked twice.
    """
    postmortem, to = held_for("request_review", postmortem_id, by=by)
    asked = [person for person in people if _ask(postmortem, person, by=by)]
    if not asked:
        return postmortem
    postmortem.status, postmortem.review_requested_at = to, timezone.now()
    postmortem.save(update_fields=["status", "review_requested_at"])
    data = {"asked": [person.pk for person in asked], "asked_names": [person.name for person in asked]}
    note_afterwards(postmortem.incident, Kind.REVIEW_REQUESTED, by=by, data=data)
    tell(postmortem)
    return postmortem


def _ask(postmortem: Postmortem, person: User, *, by: User) -> bool:
    """Have ``person`` owe a review; False where they do already. Raises ``Refused`` where they cannot."""
    if person.pk == postmortem.author_id:
        raise Refused(OWN.format(person.name))
    if not can_work_on(person, postmortem.incident):
        raise Refused(f"{person.name} cannot work on this incident.")
    found, added = Reviewer.objects.get_or_create(
        postmortem=postmortem, user=person, defaults={"requested_by": by}
    )
    is_open = found.verdict == Verdict.WAITING and postmortem.status == DocumentStatus.IN_REVIEW
    if is_open and not added:
        return False
    found.verdict, found.requested_by, found.requested_at = Verdict.WAITING, by, timezone.now()
    found.save(update_fields=["verdict", "requested_by", "requested_at"])
    return True


@transaction.atomic
def answer_review(postmortem_id: int, verdict: str, *, by: User, number: int, said: str = "") -> Reviewer:
    """Approve version ``number``, or ask for changes with words. Anyone who may work on the incident may, asked or
    not, and may think again; whoever wrote it may not."""
    postmortem, _ = held_for("answer_review", postmortem_id, by=by)
    if by.pk == postmortem.author_id:
        raise Refused("You wrote it: somebody else reviews it.")
    if verdict not in (Verdict.APPROVED, Verdict.CHANGES):
        raise Refused("Approve it, or ask for changes.")
    if verdict == Verdict.CHANGES and not said:
        raise Refused("Say what should change.")
    if number > postmortem.number:
        raise Refused(f"There is no version {number} yet.")
    review, _ = Reviewer.objects.get_or_create(postmortem=postmortem, user=by)
    if (review.verdict, review.said, review.number) == (verdict, said, number):
        return review
    answer(review, verdict, number=number, said=said)
    data = {"verdict": verdict, "number": number}
    note_afterwards(postmortem.incident, Kind.POSTMORTEM_REVIEWED, by=by, text=said, data=data)
    tell(postmortem)
    return review


def answer(review: Reviewer, verdict: str, *, number: int, said: str = "") -> None:
    """Write an answer down, in the caller's transaction."""
    review.verdict, review.said, review.number = verdict, said, number
    review.answered_at = timezone.now()
    review.save(update_fields=["verdict", "said", "number", "answered_at"])


@transaction.atomic
def withdraw_review(postmortem_id: int, user_id: int, *, by: User) -> Postmortem:
    """Ask somebody no more, unless they have answered. With nobody left to answer or to have answered, it is a
    draft again."""
    postmortem, to = held_for("withdraw_review", postmortem_id, by=by)
    review = postmortem.reviewers.filter(user=user_id).first()
    if review is None:
        return postmortem
    if review.verdict != Verdict.WAITING:
        raise Refused(f"{review.user.name} has answered already.")
    review.delete()
    if not postmortem.reviewers.exists():
        postmortem.status = to
        postmortem.save(update_fields=["status"])
    tell(postmortem)
    return postmortem
