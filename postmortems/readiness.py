"""What the gate is told of a document, read from the database in a fixed number of queries."""

from accounts.models import User
from incidents.models import elapsed
from incidents.spans import in_words
from postmortems import gate
from postmortems.models import ActionItem, Postmortem, Reviewer
from postmortems.states import RevisionKind, Verdict

MOST_ITEMS = 500
MOST_PEOPLE = 2_000


def findings_of(postmortem: Postmortem, *, by: User | None = None) -> list[gate.Finding]:
    """What is missing or does not agree. ``by`` is who would publish it, whose own review is not in their way."""
    return gate.check(postmortem.text, record_of(postmortem, by=by))


def record_of(postmortem: Postmortem, *, by: User | None = None) -> gate.Record:
    incident = postmortem.incident
    comments = postmortem.comments.filter(answers=None, settled_at=None)
    conflicts = postmortem.revisions.filter(kind=RevisionKind.CONFLICT, settled_number=None)
    return gate.Record(
        template=incident.revision.effective.postmortem_template.text,
        number=postmortem.number,
        reference=incident.reference,
        is_open=incident.is_open,
        severity_name=incident.severity_name,
        duration="" if incident.is_open else in_words(elapsed(incident)),
        people=_people(),
        items=_items(postmortem),
        open_comments=comments.count(),
        open_conflicts=conflicts.count(),
        reviews=tuple(_reviews(postmortem, by)),
    )


def _people() -> frozenset[str]:
    names = User.objects.filter(is_active=True).values_list("name", flat=True)[:MOST_PEOPLE]
    return frozenset(word.casefold() for name in names for word in name.split() if len(word) > 1)


def _items(postmortem: Postmortem) -> tuple[gate.Item, ...]:
    found = ActionItem.objects.filter(incident=postmortem.incident_id).order_by("pk")
    rows = found.values_list("pk", "title", "owner", "due_on", "closed_at")[:MOST_ITEMS]
    return tuple(
        gate.Item(pk, title, owner is not None, due_on is not None, closed_at is None)
        for pk, title, owner, due_on, closed_at in rows
    )


def _reviews(postmortem: Postmortem, by: User | None) -> list[gate.Review]:
    """Those who may still see the incident; what one of the others owed is owed by nobody."""
    found = Reviewer.objects.able().filter(postmortem=postmortem).select_related("user")
    asked = found if postmortem.status == "in_review" else found.exclude(verdict=Verdict.WAITING)
    return [
        gate.Review(review.user.name, review.verdict, review.number or 0)
        for review in asked
        if review.user != by or review.verdict == Verdict.APPROVED
    ]
