"""Who is asked for a review of what, and what they said; and what was said about passages."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from django.db.models import QuerySet

from accounts.models import User
from incidents.forms.base import people_for
from postmortems.models import Comment, Postmortem, Reviewer
from postmortems.passages import Passage, Text
from postmortems.states import Verdict


def reviews_of(postmortem: Postmortem) -> list[Reviewer]:
    """Who answered, and who is asked and may still see the incident."""
    able = set(Reviewer.objects.able().filter(postmortem=postmortem).values_list("pk", flat=True))
    found = postmortem.reviewers.select_related("user", "requested_by").order_by("requested_at", "pk")
    return [review for review in found if review.verdict != Verdict.WAITING or review.pk in able]


def who_can_review(postmortem: Postmortem) -> QuerySet[User]:
    """Whoever may work on the incident, but for the author."""
    people = people_for(postmortem.incident)
    return people.exclude(pk=postmortem.author_id) if postmortem.author_id else people


@dataclass
class Thread:
    """A comment with its replies. ``passage`` is where its quote stands now, None where it is gone or has none;
    ``key`` makes a reply that is sent twice one."""

    comment: Comment
    passage: Passage | None
    replies: list[Comment] = field(default_factory=list)
    key: UUID = field(default_factory=uuid4)

    @property
    def is_gone(self) -> bool:
        return bool(self.comment.quote) and self.passage is None

    @property
    def is_changed(self) -> bool:
        return self.passage is not None and not self.passage.is_whole


def threads_of(postmortem: Postmortem, comments: Iterable[Comment]) -> list[Thread]:
    """``comments``, which answer none, with what answers them, each with its place in the text as it stands."""
    first = list(comments)
    text = Text(postmortem.text)
    found = {c.pk: Thread(c, text.find(c.quote, c.start) if c.quote else None) for c in first}
    for reply in (
        Comment.objects.filter(answers__in=found).select_related("made_by").order_by("made_at", "pk")
    ):
        if reply.answers_id in found:
            found[reply.answers_id].replies.append(reply)
    return list(found.values())


def comments_of(postmortem: Postmortem, *, settled: bool) -> QuerySet[Comment]:
    """Those that answer none, the oldest first; of the settled ones the latest."""
    found = postmortem.comments.filter(answers=None, settled_at__isnull=not settled)
    return found.select_related("made_by", "settled_by").order_by(
        "-settled_at" if settled else "made_at", "pk"
    )
