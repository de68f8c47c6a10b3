"""What somebody owes after incidents: reviews asked of them, post-mortems and action items that are due."""

from datetime import UTC, date, datetime, time, timedelta

from django.db.models import DateTimeField, DurationField, Exists, ExpressionWrapper, F, OuterRef, Q, Value
from django.db.models.functions import Coalesce, Greatest

from accounts.models import User
from incidents import prepared
from incidents.spans import in_words
from notifications.move import Move
from notifications.reminders.ladders import WARN_LEAST, WARN_SHARE, warning_before
from notifications.reminders.promises import OVER
from notifications.reminders.wording import named, on_day, path_of_item, path_of_postmortem
from postmortems.models import ActionItem, Postmortem, Reviewer
from postmortems.models.documents import PostmortemQuerySet
from postmortems.models.items import ActionItemQuerySet
from postmortems.states import DocumentStatus, Verdict

MOST = 200
#: Days ahead that are shown as coming up.
AHEAD = timedelta(days=7)


def of_postmortems(user: User, now: datetime) -> list[Move]:
    """Reviews that are asked of ``user``, and the unpublished post-mortems that they write. One query."""
    found = _documents(user).select_related("incident")
    rows = found.defer("text", "search", "incident__search").order_by("due_at", "pk")[:MOST]
    return [_writing(row, now) if row.author_id == user.pk else _review(row) for row in rows]


def _documents(user: User) -> PostmortemQuerySet:
    asked = Reviewer.objects.filter(postmortem=OuterRef("pk"), user=user, verdict=Verdict.WAITING)
    asks = Exists(asked) & Q(status=DocumentStatus.IN_REVIEW)
    mine = Q(author=user, due_at__isnull=False, incident__status__in=OVER)
    return Postmortem.objects.unpublished().visible_to(user).filter(asks | mine)


def owed_documents(user: User) -> PostmortemQuerySet:
    """Those of ``of_postmortems`` that are owed: the reviews, and what is due or will be by the time of the warning."""
    began = Coalesce("incident__resolved_at", "created_at")
    share = ExpressionWrapper((F("due_at") - began) / WARN_SHARE, DurationField())
    warned_at = ExpressionWrapper(F("due_at") - Greatest(share, Value(WARN_LEAST)), DateTimeField())
    found = _documents(user).alias(warned_at=warned_at)
    return found.filter(~Q(author=user) | Q(warned_at__lte=prepared.NOW))


def _review(postmortem: Postmortem) -> Move:
    return Move(
        "review",
        postmortem.incident,
        f"Review the post-mortem of {named(postmortem.incident)}",
        "Review",
        path_of_postmortem(postmortem),
        postmortem.due_at,
        detail="You were asked to",
    )


def _writing(postmortem: Postmortem, now: datetime) -> Move:
    due_at = postmortem.due_at
    assert due_at is not None  # noqa: S101  the query asks for it
    began = postmortem.incident.resolved_at or postmortem.created_at
    left = due_at - now
    late, soon = left <= timedelta(), left <= warning_before(began, due_at)
    span = in_words(abs(left.total_seconds()))
    return Move(
        "postmortem",
        postmortem.incident,
        f"Publish the post-mortem of {named(postmortem.incident)}",
        "Open the post-mortem",
        path_of_postmortem(postmortem),
        due_at,
        "late" if late else "soon" if soon else "ok",
        f"Overdue by {span}" if late else f"Due in {span}",
        owed=soon,
    )


def of_items(user: User, now: datetime) -> list[Move]:
    """Action items of ``user`` that are due within days or overdue, and those of which somebody asks that they be
    dropped, for who answers for them: their owner, the team's lead, the incident's commander. One query."""
    today = now.astimezone(user.zone).date()
    found = _items(user, due_by=today + AHEAD)
    rows = found.select_related("incident", "drop_proposed_by").defer("search", "incident__search")
    return [_item(row, user, today) for row in rows.order_by("due_on", "priority", "pk")[:MOST]]


def _items(user: User, due_by: date) -> ActionItemQuerySet:
    mine = Q(owner=user, due_on__lte=due_by)
    asked = Q(drop_proposed_by__isnull=False) & ~Q(drop_proposed_by=user) if user.may_respond else Q(pk=None)
    answers = Q(owner=user) | Q(team__lead=user) | Q(incident__commander=user)
    answers |= Q(team=None, incident__team__lead=user)
    return ActionItem.objects.open().visible_to(user).filter(mine | (asked & answers))


def owed_items(user: User) -> ActionItemQuerySet:
    """Those of ``of_items`` that are owed: what is due by the end of the reader's day, and whether to drop them."""
    return _items(user, due_by=prepared.TODAY)


def _item(item: ActionItem, user: User, today: date) -> Move:
    if item.drop_proposed_by and item.drop_proposed_by != user and user.may_respond:
        asks = f"{item.drop_proposed_by.name}: {item.drop_reason}"[:200]
        return Move("drop", item.incident, f"Drop {item}?", "Decide", path_of_item(item), detail=asks)
    due_on = item.due_on or today
    state = "late" if due_on < today else "soon" if due_on == today else "ok"
    when = {"late": "Overdue since", "soon": "Due today,", "ok": "Due"}[state]
    return Move(
        "item",
        item.incident,
        str(item),
        "Open the action item",
        path_of_item(item),
        datetime.combine(due_on, time(), UTC),
        state,
        f"{when} {on_day(due_on, today)}",
        owed=due_on <= today,
        tag=item.get_priority_display(),
    )
