"""What somebody owes now, most urgent first: updates, acknowledgements, pages, steps, roles without a holder, and
what comes after incidents."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db.models import (
    Case,
    DateTimeField,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Greatest, Least
from django.urls import reverse

from accounts.models import User
from incidents import prepared
from incidents.models import Incident, IncidentQuerySet, Step
from incidents.spans import in_words
from incidents.states import IncidentRole, Nature, Status
from notifications import pages
from notifications.ladders import WARN_LEAST, WARN_MOST, WARN_SHARE, warning_before
from notifications.models import Channel, Delivery, Page, Urgency
from notifications.move import Move
from notifications.reminders.moves import of_items, of_postmortems, owed_documents, owed_items

MOST = 200
USUAL_INTERVAL = timedelta(hours=1)
SPAN = DurationField()


def moves(user: User, now: datetime) -> list[Move]:
    """All that ``user`` owes at ``now``, most urgent first. One query a source, whatever there is."""
    found = [move for source in SOURCES for move in source(user, now)]
    return sorted(found, key=lambda move: move.urgency(now))


def owed_count(user: User, now: datetime) -> int:
    """How many of ``moves`` are owed, without making one. One query."""
    return sum(prepared.counts(OWED, user, now))


# -- incidents: updates, acknowledgements, roles ----------------------------------------------------


def _of_incidents(user: User, now: datetime) -> list[Move]:
    return [move for incident in _incidents(user) for move in _of_incident(incident, user, now)]


def _incidents(user: User) -> QuerySet[Incident]:
    return _asking(user).most_severe_first().defer("search")[:MOST]


def _asking(user: User) -> IncidentQuerySet:
    """The open incidents in which something may be asked of ``user``."""
    mine = Q(commander=user) | Q(communications_lead=user) | Q(declared_by=user)
    unseen = Q(acknowledged_at=None, nature=Nature.LIVE)
    if not user.may_respond:
        unseen &= Q(Exists(_pages_to(user).filter(notice__incident=OuterRef("pk"))))
    return Incident.objects.open().visible_to(user).filter(mine | unseen)


def _pages_to(user: User) -> "QuerySet[Delivery]":
    return Delivery.objects.filter(recipient=user, channel=Channel.INBOX, notice__urgency=Urgency.PAGE)


def _of_incident(incident: Incident, user: User, now: datetime) -> list[Move]:
    found = (_acknowledgement(incident, user, now), _update(incident, user, now), _roles(incident, user))
    return [*filter(None, found)]


def _unacknowledged(user: User) -> IncidentQuerySet:
    return _asking(user).filter(acknowledged_at=None, nature=Nature.LIVE)


def _acknowledgement(incident: Incident, user: User, now: datetime) -> Move | None:
    if incident.acknowledged_at or incident.is_quiet:
        return None
    due_at = incident.acknowledge_due_at
    late = due_at is not None and due_at <= now
    waited = in_words((now - incident.declared_at).total_seconds())
    able = user.may_respond
    return Move(
        "acknowledge",
        incident,
        f"Acknowledge {_named(incident)}",
        "Acknowledge" if able else "Open",
        reverse("incidents:acknowledge" if able else "incidents:room", args=[incident.pk]),
        due_at,
        "late" if late else "ok",
        f"Nobody has for {waited}",
        posts=able,
    )


def _owner_of_update(incident: Incident, user: User) -> bool:
    writers = (incident.commander_id, incident.communications_lead_id)
    return not incident.is_quiet and user.may_respond and user.pk in writers


def _unposted(user: User) -> IncidentQuerySet:
    """Those of which ``user`` owes an update that is due, or will be by the time that people are warned."""
    if not user.may_respond:
        return Incident.objects.none()
    writes = Q(commander=user) | Q(communications_lead=user)
    times = Case(When(status=Status.MONITORING, then=2), default=1)
    interval = Coalesce(
        ExpressionWrapper(F("cadence") * times, SPAN), Value(USUAL_INTERVAL), output_field=SPAN
    )
    share = Greatest(ExpressionWrapper(interval * WARN_SHARE, SPAN), Value(WARN_LEAST))
    warned_at = ExpressionWrapper(F("next_update_due_at") - Least(share, Value(WARN_MOST)), DateTimeField())
    soon = Incident.objects.open().visible_to(user).filter(writes, nature=Nature.LIVE)
    return soon.alias(warned_at=warned_at).filter(warned_at__lte=prepared.NOW)


def _update(incident: Incident, user: User, now: datetime) -> Move | None:
    due_at = incident.next_update_due_at
    if due_at is None or not _owner_of_update(incident, user):
        return None
    left = due_at - now
    late, soon = left <= timedelta(), left <= warning_before(incident.update_interval or USUAL_INTERVAL)
    span = in_words(abs(left.total_seconds()))
    return Move(
        "update",
        incident,
        f"Update {_named(incident)}",
        "Post the update",
        reverse("incidents:room", args=[incident.pk]) + "#update",
        due_at,
        "late" if late else "soon" if soon else "ok",
        f"Overdue by {span}" if late else f"Due in {span}",
        owed=soon,
    )


def _unfilled(user: User) -> IncidentQuerySet:
    """Those with a role that nobody has taken, and that is ``user``'s to fill."""
    if not user.may_respond:
        return Incident.objects.none()
    vacant = Q(*((role.value, None) for role in IncidentRole), _connector=Q.OR)
    mine = Q(commander=user) | Q(commander=None, declared_by=user)
    return Incident.objects.open().visible_to(user).filter(vacant, mine)


def _vacant(incident: Incident, user: User) -> list[IncidentRole]:
    """Roles that nobody has taken: the commander's to fill, or where there is none, of who declared it."""
    answers = incident.commander_id or incident.declared_by_id
    if answers != user.pk or not user.may_respond:
        return []
    return [role for role in IncidentRole if getattr(incident, f"{role.value}_id") is None]


def _roles(incident: Incident, user: User) -> Move | None:
    empty = _vacant(incident, user)
    if not empty:
        return None
    return Move(
        "role",
        incident,
        f"Find a{'n' if empty[0].label[0] in 'AEIOU' else ''} {empty[0].label.lower()}: {_named(incident)}",
        "Assign",
        reverse("incidents:assign_role", args=[incident.pk, empty[0].value]),
        detail=f"Nobody yet: {', '.join(role.label.lower() for role in empty)}",
    )


def _named(incident: Incident) -> str:
    return f"{incident.reference} {incident.title}"


# -- steps ------------------------------------------------------------------------------------------


def _of_steps(user: User, now: datetime) -> list[Move]:
    return [_step(step) for step in _steps(user).select_related("incident", "checklist")]


def _steps(user: User) -> QuerySet[Step]:
    """Steps of open incidents that were given to ``user`` and wait."""
    visible = Incident.objects.open().visible_to(user)
    waiting = Step.objects.asked().filter(assigned_to=user, done_at=None, skipped_at=None)
    return waiting.filter(incident__in=visible).order_by("incident__severity", "pk")[:MOST]


def _step(step: Step) -> Move:
    return Move(
        "step",
        step.incident,
        str(step),
        "Open the step",
        reverse("incidents:room", args=[step.incident_id]) + f"#step-{step.pk}",
        detail=step.checklist.title,
    )


# -- pages ------------------------------------------------------------------------------------------


def _of_pages(user: User, now: datetime) -> list[Move]:
    return [_page(page, user) for page in _pages(user).select_related("incident", "notice")]


def _pages(user: User) -> QuerySet[Page]:
    """Pages to ``user`` that nobody has acknowledged; those of a ladder only while the incident is not, either."""
    mine = Delivery.objects.filter(notice=OuterRef("notice"), recipient=user)
    visible = Incident.objects.open().visible_to(user)
    found = Page.objects.filter(Exists(mine), acknowledged_at=None, incident__in=visible)
    found = found.filter(Q(notice__clock=None) | Q(incident__acknowledged_at=None))
    return found.order_by("pk")[:MOST]


def _page(page: Page, user: User) -> Move:
    return Move(
        "page",
        page.incident,
        f"You were paged about {_named(page.incident)}",
        "Acknowledge the page",
        pages.path_of(page.notice, user.pk),
        page.paged_at,
        "late",
        f"As {page.role}",
    )


Source = Callable[[User, datetime], list[Move]]
#: Where moves come from.
SOURCES: list[Source] = [_of_pages, _of_steps, _of_incidents, of_postmortems, of_items]
#: What is owed of each of them, to be counted by the database.
OWED = (_pages, _steps, _unacknowledged, _unposted, _unfilled, owed_documents, owed_items)
