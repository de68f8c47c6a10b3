"""What one person is told at once: an item given to them, a review asked of them, an answer, a comment.

A notice's id is drawn from what it is about, so that a fact that is heard twice, or late, says it once.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from django.db import IntegrityError, transaction
from django.db.models import Q

from accounts.models import User
from notifications.deliveries import deliver
from notifications.models import Notice, Urgency
from notifications.reached import Reached
from notifications.reminders.promises import ITEM
from notifications.reminders.telling import LIFE, is_pressing
from notifications.reminders.wording import LONGEST, named, on_day, path_of_item, path_of_postmortem
from outbox import clock
from postmortems.models import ActionItem, Comment, Postmortem, Reviewer
from postmortems.permissions import can_read, can_see_item
from postmortems.states import DocumentStatus, ItemChange, Verdict

SPACE = UUID("6f2d1c9a-8a53-5c1e-9a0e-3b1d5b7f42aa")
#: Comments older than this were told of, or are no news any more.
NEWS = timedelta(days=1)


def tell_of_item(item_id: int) -> None:
    """Tell its owner of an action item that somebody else gave them."""
    item = ActionItem.objects.select_related(*ITEM).filter(pk=item_id).first()
    if item is None or item.owner is None or not item.is_open or not can_see_item(item.owner, item):
        return
    given = (
        item.events.filter(Q(kind=ItemChange.ADDED) | Q(data__has_key="owner")).select_related("by").last()
    )
    if given is None or given.by is None or given.by == item.owner:
        return
    now = clock.now()
    due = f", due {on_day(item.due_on, now)}" if item.due_on else ""
    _say_once(
        f"given:{item.pk}:{given.pk}",
        [item.owner],
        incident=item.incident,
        title=f"{given.by.name} gave you {item}"[:LONGEST],
        text=f"You own {item.reference} now{due}.",
        path=path_of_item(item),
        action="Open the action item",
        created_at=now,
    )


def tell_of_postmortem(postmortem_id: int) -> None:
    """Tell of reviews that are asked and answered, and of comments, whomever each concerns."""
    found = Postmortem.objects.select_related("incident", "author").filter(pk=postmortem_id).first()
    if found is None or found.is_discarded:
        return
    now = clock.now()
    for reviewer in found.reviewers.select_related("user", "requested_by"):
        if reviewer.verdict != Verdict.WAITING or found.status == DocumentStatus.IN_REVIEW:
            _review(found, reviewer, now)
    recent = found.comments.filter(made_at__gt=now - NEWS).select_related("made_by", "answers__made_by")
    for comment in recent:
        _comment(found, comment, now)


def _review(found: Postmortem, reviewer: Reviewer, now: datetime) -> None:
    if reviewer.verdict == Verdict.WAITING:
        asker = reviewer.requested_by
        about = f"review:{reviewer.pk}:{reviewer.requested_at.isoformat()}"
        says = f"{asker.name if asker else 'Somebody'} asks you to review the post-mortem"
        _say_of(found, about, [reviewer.user], asker, says, "", now)
    else:
        verdict = "approved" if reviewer.verdict == Verdict.APPROVED else "asked for changes to"
        about = f"answer:{reviewer.pk}:{reviewer.answered_at and reviewer.answered_at.isoformat()}"
        says = f"{reviewer.user.name} {verdict} the post-mortem"
        _say_of(found, about, [found.author, reviewer.requested_by], reviewer.user, says, reviewer.said, now)


def _comment(found: Postmortem, comment: Comment, now: datetime) -> None:
    before = comment.answers.made_by if comment.answers else None
    says = f"{comment.made_by.name} {'replied' if before else 'commented'} on the post-mortem"
    _say_of(found, f"comment:{comment.pk}", [before, found.author], comment.made_by, says, comment.text, now)


def _say_of(
    found: Postmortem,
    about: str,
    to: Sequence[User | None],
    by: User | None,
    says: str,
    text: str,
    now: datetime,
) -> None:
    people = [person for person in dict.fromkeys(to) if person and person != by and can_read(person, found)]
    _say_once(
        about,
        people,
        incident=found.incident,
        is_pressing=found.due_at is not None and not found.is_published and is_pressing(found.due_at, now),
        title=f"{says} of {named(found.incident)}"[:LONGEST],
        text=text,
        path=path_of_postmortem(found),
        action="Open the post-mortem",
        created_at=now,
    )


def _say_once(about: str, people: Iterable[User], **said: object) -> None:
    """A notice to ``people``, unless there is one ``about`` this already."""
    pk, people = uuid5(SPACE, about), sorted(people, key=lambda person: person.pk)
    if not people or Notice.objects.filter(pk=pk).exists():
        return
    expires_at = clock.now() + LIFE
    try:
        with transaction.atomic():
            notice = Notice.objects.create(pk=pk, urgency=Urgency.REMINDER, expires_at=expires_at, **said)
    except IntegrityError:
        # Heard by two at once, the second has waited here until the first had said it.
        if Notice.objects.filter(pk=pk).exists():
            return
        raise
    for person in people:
        deliver(notice, Reached(user=person))
