"""What somebody owes now, most urgent first: updates, acknowledgements, pages, steps, roles without a holder."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse

from accounts.models import User
from incidents.models import Incident, Step
from incidents.spans import in_words
from incidents.states import IncidentRole, Nature
from notifications import pages
from notifications.ladders import warning_before
from notifications.models import Channel, Delivery, Page, Urgency

MOST = 200
FAR = timedelta(days=3650)
USUAL_INTERVAL = timedelta(hours=1)
#: Between moves that are equally late: the order of their kinds. One more kind is its name here and a function in
#: ``SOURCES``.
KINDS = ("page", "acknowledge", "update", "role", "step", "review")


@dataclass(frozen=True, slots=True)
class Move:
    """One thing to do. ``path`` is where it is done; with ``posts``, by sending that very form.

    ``due_at`` is None where nothing was promised. What is not ``owed`` yet is coming up: the badge leaves it out.
    """

    kind: str
    incident: Incident
    title: str
    action: str
    path: str
    due_at: datetime | None = None
    state: str = "none"
    detail: str = ""
    posts: bool = False
    owed: bool = True


def moves(user: User, now: datetime) -> list[Move]:
    """All that ``user`` owes at ``now``, most urgent first. One query a source, whatever there is."""
    found = [move for source in SOURCES for move in source(user, now)]
    return sorted(found, key=lambda move: _urgency(move, now))


def owed_count(user: User, now: datetime) -> int:
    return sum(move.owed for move in moves(user, now))


def _urgency(move: Move, now: datetime) -> tuple[object, ...]:
    late = move.due_at is not None and move.due_at <= now
    return (
        not move.owed,
        not late,
        KINDS.index(move.kind),
        move.incident.severity,
        move.due_at or now + FAR,
        move.incident.pk,
        move.path,
    )


# -- incidents: updates, acknowledgements, roles ----------------------------------------------------


def _of_incidents(user: User, now: datetime) -> list[Move]:
    return [move for incident in _incidents(user) for move in _of_incident(incident, user, now)]


def _incidents(user: User) -> list[Incident]:
    """The open incidents in which something may be asked of ``user``."""
    mine = Q(commander=user) | Q(communications_lead=user) | Q(declared_by=user)
    unseen = Q(acknowledged_at=None, nature=Nature.LIVE)
    if not user.may_respond:
        unseen &= Q(Exists(_pages_to(user).filter(notice__incident=OuterRef("pk"))))
    found = Incident.objects.open().visible_to(user).filter(mine | unseen)
    return list(found.most_severe_first().defer("search")[:MOST])


def _pages_to(user: User) -> "QuerySet[Delivery]":
    return Delivery.objects.filter(recipient=user, channel=Channel.INBOX, notice__urgency=Urgency.PAGE)


def _of_incident(incident: Incident, user: User, now: datetime) -> list[Move]:
    found = (_acknowledgement(incident, user, now), _update(incident, user, now), _roles(incident, user))
    return [*filter(None, found)]


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


def _update(incident: Incident, user: User, now: datetime) -> Move | None:
    due_at = incident.next_update_due_at
    if due_at is None or incident.is_quiet or not user.may_respond:
        return None
    if user.pk not in (incident.commander_id, incident.communications_lead_id):
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


def _roles(incident: Incident, user: User) -> Move | None:
    """Roles that nobody has taken: the commander's to fill, or where there is none, of who declared it."""
    empty = [role for role in IncidentRole if getattr(incident, f"{role.value}_id") is None]
    answers = incident.commander_id or incident.declared_by_id
    if not empty or answers != user.pk or not user.may_respond:
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
    """Steps of open incidents that were given to ``user`` and wait."""
    visible = Incident.objects.open().visible_to(user)
    waiting = Step.objects.asked().filter(assigned_to=user, done_at=None, skipped_at=None)
    found = waiting.filter(incident__in=visible).select_related("incident", "checklist")
    return [_step(step) for step in found.order_by("incident__severity", "pk")[:MOST]]


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
    """Pages to ``user`` that nobody has acknowledged."""
    mine = Delivery.objects.filter(notice=OuterRef("notice"), recipient=user)
    visible = Incident.objects.open().visible_to(user)
    found = Page.objects.filter(Exists(mine), acknowledged_at=None, incident__in=visible)
    return [_page(page, user) for page in found.select_related("incident", "notice").order_by("pk")[:MOST]]


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
SOURCES: list[Source] = [_of_pages, _of_steps, _of_incidents]
