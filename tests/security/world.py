"""A portal with a public and a private incident, the people who look at them, and how they ask.

Built once for a module of tests, in a transaction that is never committed; each request is undone by itself.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache, partial
from http.cookies import SimpleCookie
from typing import Any

from allauth.account.utils import user_pk_to_url_str
from django.db import connection, transaction
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from accounts import operations as accounts
from accounts.links import ResetTokens
from accounts.models import Role, Team, User
from incidents import operations
from incidents.models import Incident, Service
from incidents.operations import Declaration
from notifications import contacts, pages
from notifications.models import (
    Channel,
    Clock,
    DeliveryAttempt,
    DeliveryState,
    Destination,
    Heartbeat,
    OnCallCalendar,
)
from outbox.relay import relay
from postmortems.models import Feed, FeedKind, Postmortem
from postmortems.operations import commenting, reviewing
from postmortems.operations.feeds import make_feed
from postmortems.states import RevisionKind
from runbooks.models import Runbook
from runbooks.operations import create_runbook, publish
from tests.incidents.conftest import DOCUMENTS
from tests.notifications.making import a_delivery, a_notice
from tests.postmortems.conftest import a_postmortem, an_item

PASSWORD = "correct horse battery staple"
SECRET = "Zugzwang"
FIRST = 70_707_000  # a number to be recognised on any page
#: What a request may write whatever it is: whose session it is, who is here, and how often somebody tried.
KEPT_ASIDE = ("django_session", "incidents_presence", "allclear_cache")
ROTA = b"""BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//tests//rota//EN\r
BEGIN:VEVENT\r
UID:rota@example.com\r
DTSTAMP:20260101T000000Z\r
DTSTART:20260101T000000Z\r
DTEND:20260102T000000Z\r
RRULE:FREQ=DAILY\r
SUMMARY:Hedy Lamarr\r
END:VEVENT\r
END:VCALENDAR\r
"""
ACTORS = ("anonymous", "viewer", "responder", "added", "administrator", "deactivated")


@dataclass
class Answer:
    """A response, its body, how long we worked on it in seconds, and the tables that were written to on the way."""

    response: HttpResponseBase
    body: str
    took: float
    written: list[str]

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def to(self) -> str:
        return self.response.headers.get("Location", "")


@dataclass
class Actor:
    """Someone with a browser, who is signed in unless ``user`` is None."""

    name: str
    user: User | None
    client: Client = field(default_factory=Client)

    def __post_init__(self) -> None:
        if self.user:
            self.client.force_login(self.user, "accounts.known.Backend")
        self._cookies = {name: cookie.value for name, cookie in self.client.cookies.items()}

    def ask(
        self, method: str, url: str, data: Any = None, *, then: Callable[[], object] = bool, **said: Any
    ) -> Answer:
        """Ask, do ``then``, and undo whatever came of it. A fault of the server is raised."""
        self.client.cookies = SimpleCookie(self._cookies)
        began = time.process_time()
        written: list[str] = []
        with undone(), connection.execute_wrapper(partial(_note_writes, written)):
            if isinstance(data, bytes):
                response = self.client.generic(method, url, data, **said)
            else:
                response = getattr(self.client, method.lower())(url, data, **said)
            took = time.process_time() - began
            then()
        body = "" if response.streaming else response.content.decode("utf-8", "replace")
        return Answer(response, body, took, written)


@contextmanager
def undone() -> Iterator[None]:
    """Take back what is done within."""
    point = transaction.savepoint()
    try:
        yield
    finally:
        connection.needs_rollback = False
        transaction.savepoint_rollback(point)
        transaction.savepoint_commit(point)  # else as many would be open as requests were made


def _note_writes(written: list[str], execute: Any, sql: str, *rest: Any) -> Any:
    words = sql.replace('"', "").split(maxsplit=3)
    if words[0] in ("INSERT", "UPDATE", "DELETE"):
        table = words[1 if words[0] == "UPDATE" else 2]
        written += [table] * (table not in KEPT_ASIDE)
    return execute(sql, *rest)


@cache
def routes() -> dict[str, tuple[str, ...]]:
    """Every route there is by its name, with the names in its address."""
    return {name: tuple(pattern.pattern.regex.groupindex) for name, pattern in _walk(get_resolver())}


def _walk(resolver: URLResolver, space: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            inside = f"{pattern.namespace}:" if pattern.namespace else ""
            yield from _walk(pattern, space + inside)
        else:
            assert pattern.name, f"{pattern} has no name"
            yield space + pattern.name, pattern


@dataclass
class World:
    """``incidents`` and ``others``, into which they could be merged, are a "public" and a "private" one each.

    ``missing`` is a number that no incident has. ``places`` holds what goes into addresses.
    """

    people: dict[str, User]
    actors: dict[str, Actor]
    incidents: dict[str, Incident]
    others: dict[str, Incident]
    missing: int
    places: dict[str, dict[str, Any]]

    def url(self, route: str, thing: str = "public") -> str:
        """The address of ``route`` for the "public", the "private" or a "missing" incident."""
        place = self.places["public" if thing == "missing" else thing]
        there = place | {"slug": "incident-response" if route.startswith("runbooks:") else "platform"}
        there |= {name: place[key] for name, key in _ELSEWHERE.get(route, {}).items()}
        if thing == "missing":
            there["number"] = there["item_id"] = self.missing
        return reverse(route, kwargs={name: there[name] for name in routes()[route]})


#: Addresses that do not name the usual thing.
_ELSEWHERE = {
    "incidents:answer_question": {"step_id": "question"},
    "incidents:log_command": {"step_id": "command"},
    "incidents:choose_branch": {"checklist_id": "other_branch"},
    "incidents:abandon_branch": {"checklist_id": "branch"},
    "incidents:revoke_access": {"user_id": "second"},
    "runbooks:revision": {"number": "revision"},
    "runbooks:changes": {"number": "revision"},
    "runbooks:export_revision": {"number": "revision"},
    "runbooks:archive": {"slug": "spare"},
    "runbooks:set_default": {"slug": "spare"},
    "accounts:delete_team": {"slug": "spare"},
    "notifications:renew_secret": {"destination_id": "hook"},
    "notifications:answer_page": {"token": "page_token"},
    "postmortems:due_dates": {"token": "due_dates"},
    "postmortems:published": {"token": "published"},
    "notifications:bindings": {"slug": "runbook"},
    "notifications:bind": {"slug": "runbook"},
    "notifications:remove_calendar": {"calendar_id": "spare_calendar"},
    "postmortems:reopen_item": {"item_id": "closed_item"},
    "postmortems:withdraw_review": {"user_id": "reviewer"},
    "postmortems:hide_kind": {"kind": "event_kind"},
    "postmortems:show_kind": {"kind": "event_kind"},
} | {
    f"notifications:{name}": {"delivery_id": "sent_id"}
    for name in ("delivery", "retry_delivery", "settle_delivery")
}


def build() -> World:
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval(pg_get_serial_sequence('incidents_incident', 'id'), %s)", [FIRST])
    people = _people()
    team = Team.objects.create(name="Platform", slug="platform")
    team.members.add(people["responder"])
    Team.objects.create(name="Spare", slug="spare")
    chat = Service.objects.create(name="Chat", slug="chat")
    source, ada = (DOCUMENTS / "incident-response.md").read_bytes(), people["administrator"]
    revision = create_runbook(source, by=ada, filename="incident-response.md")
    create_runbook(b"# Spare\n\n- [ ] Look\n", by=ada, filename="spare.md")
    incidents, others = {}, {}
    for name, by in (("public", people["responder"]), ("private", people["added"])):
        words = SECRET if name == "private" else "Chat not working"
        said = Declaration(words, 2, words, words, services=[chat], is_private=name == "private")
        incidents[name] = operations.declare(said, revision=revision, by=by)
        others[name] = operations.declare(said, revision=revision, by=by)
    for found in (incidents["private"], others["private"]):
        operations.grant_access(found.pk, people["second"], by=people["added"])
    publish(revision.runbook, source + b"\n- [ ] And this\n", by=ada)
    told = _told(people, team, revision.runbook, incidents)
    actors = {name: Actor(name, people.get(name)) for name in ACTORS}
    User.objects.filter(pk=people["deactivated"].pk).update(is_active=False)
    tokens = _tokens(people)
    places = {name: _places(found, people) | tokens | told[name] for name, found in incidents.items()}
    relay()
    Clock.objects.update(fires_at=timezone.now() + timedelta(hours=1))  # nobody is there to look
    return World(people, actors, incidents, others, max(i.pk for i in others.values()) + 1000, places)


def _people() -> dict[str, User]:
    roles = {
        "viewer": ("eve", "Eve Moneypenny", Role.VIEWER),
        "responder": ("grace", "Grace Hopper", Role.RESPONDER),
        "added": ("alan", "Alan Turing", Role.RESPONDER),
        "second": ("hedy", "Hedy Lamarr", Role.RESPONDER),
        "administrator": ("ada", "Ada Lovelace", Role.ADMINISTRATOR),
        "deactivated": ("dora", "Dora Gone", Role.ADMINISTRATOR),
    }
    return {
        key: User.objects.create_user(f"{mail}@example.com", PASSWORD, name=name, role=role)
        for key, (mail, name, role) in roles.items()
    }


def _places(incident: Incident, people: dict[str, User]) -> dict[str, Any]:
    by = people["added"] if incident.is_private else people["responder"]
    branches = list(incident.checklists.filter(is_branch=True).values_list("pk", flat=True))
    lists = list(incident.checklists.filter(is_branch=False).values_list("pk", flat=True))
    operations.choose_branch(incident.pk, branches[0], by=by)
    steps = incident.steps.values_list("pk", flat=True)
    return {
        "number": incident.pk,
        "seq": operations.add_note(incident.pk, f"A note on {incident.title}", by=by).seq,
        "role": "scribe",
        "step_id": steps.filter(checklist__in=lists, kind="task")[0],
        "question": steps.filter(kind="question")[0],
        "command": steps.exclude(command="")[0],
        "checklist_id": lists[0],
        "branch": branches[0],
        "other_branch": branches[1],
        "user_id": people["viewer"].pk,
        "second": people["second"].pk,
        "service_id": Service.objects.get().pk,
        "uidb36": user_pk_to_url_str(people["viewer"]),
        "revision": 2,
        "spare": "spare",
        "runbook": "incident-response",
        "position": 0,
        "event_kind": "note_added",
        **_afterwards(incident, by, people),
    }


def _afterwards(incident: Incident, by: User, people: dict[str, User]) -> dict[str, Any]:
    """A post-mortem with a version that waits, a picture, reviews, and what was promised in it. Nobody who asks
    wrote it."""
    document = a_postmortem(incident, people["second"], f"## Summary\n\n{incident.title}\n")
    # Numbers that the document of another incident does not have.
    waiting = document.revisions.create(
        number=900 + incident.pk % 10,
        kind=RevisionKind.CONFLICT,
        text=f"{incident.title} waits",
        base_number=1,
        saved_by=by,
    )
    Postmortem.objects.filter(pk=document.pk).update(last_number=waiting.number)
    picture = document.pictures.create(
        content=b"a picture", media_type="image/png", width=1, height=1, sha256="0" * 64, added_by=by
    )
    kept = {"version": waiting.number, "picture_id": picture.pk}
    return kept | _promised(document, by) | _reviewed(document, by, people)


def _reviewed(document: Postmortem, by: User, people: dict[str, User]) -> dict[str, Any]:
    """A review that somebody owes, who does not owe one of the other document, and a comment."""
    incident = document.incident
    reader = by if incident.is_private else people["administrator"]
    reviewing.request_review(document.pk, [reader], by=by)
    comment = commenting.comment(document.pk, f"What of {incident.title}?", by=by, quote=incident.title)
    return {"comment_id": comment.pk, "reviewer": reader.pk}


def _promised(document: Postmortem, by: User) -> dict[str, Any]:
    """Two action items: an open one, which somebody asks to drop, and a closed one."""
    incident = document.incident
    there: dict[str, Any] = {
        "title": f"Look into {incident.title}",
        "incident": incident,
        "postmortem": document,
    }
    asked: dict[str, Any] = {
        "drop_proposed_by": by,
        "drop_proposed_at": timezone.now(),
        "drop_reason": incident.title,
    }
    item = an_item(by, **there, **asked)
    link = item.links.create(url=f"https://tracker.example.com/{incident.title}", added_by=by)
    done: dict[str, Any] = {
        "status": "done",
        "closed_at": timezone.now(),
        "closed_by": by,
        "evidence": incident.title,
    }
    closed = an_item(by, **there, **done)
    return {"item_id": item.pk, "link_id": link.pk, "closed_item": closed.pk}


def _told(
    people: dict[str, User], team: Team, runbook: Runbook, incidents: dict[str, Incident]
) -> dict[str, dict[str, Any]]:
    """A page, a notice in everyone's inbox and a mail that failed about each of ``incidents``; destinations and
    calendars. Everyone who works on the public incident has a role in it, and the engine runs."""
    calendar = OnCallCalendar.objects.create(name="Rota", source=ROTA)
    spare = OnCallCalendar.objects.create(name="Spare rota")
    contacts.bind(runbook.pk, "Primary On-Call", by=people["administrator"], user=people["second"])
    contacts.bind(runbook.pk, "Secondary On-Call", by=people["administrator"], calendar=calendar)
    there = {"team": team, "name": "Platform's mailbox", "address": "platform@example.com"}
    mailbox = Destination.objects.create(channel=Channel.EMAIL, **there)
    hook = Destination.objects.create(
        team=team, name="Hook", channel=Channel.WEBHOOK, address="https://hook.example.com/", secret="whsec_x"
    )
    for role, name in (
        ("commander", "responder"),
        ("communications_lead", "administrator"),
        ("scribe", "added"),
    ):
        operations.assign_role(incidents["public"].pk, role, people[name], by=people["responder"])
    operations.assign_role(incidents["private"].pk, "commander", people["added"], by=people["added"])
    later = timezone.now() + timedelta(hours=1)
    for part in ("worker", "reminders"):
        Heartbeat.objects.create(name=part, seen_at=later)
    things = {
        "calendar_id": calendar.pk,
        "spare_calendar": spare.pk,
        "destination_id": mailbox.pk,
        "hook": hook.pk,
    }
    return {name: _told_about(found, people) | things for name, found in incidents.items()}


def _told_about(incident: Incident, people: dict[str, User]) -> dict[str, Any]:
    by = people["added"] if incident.is_private else people["responder"]
    page = pages.page(incident.pk, "Primary On-Call", f"Help with {incident.title}", by=by)
    notice = a_notice(incident, title=incident.title, text=incident.title, path=f"/incidents/{incident.pk}/")
    inbox = {
        name: a_delivery(
            user, notice, channel=Channel.INBOX, state=DeliveryState.SENT, sent_at=timezone.now()
        )
        for name, user in people.items()
    }
    failed = {"state": DeliveryState.FAILED, "settled_by": people["administrator"]}
    sent = a_delivery(people["second"], notice, last_error=incident.title, **failed)
    outcome = DeliveryAttempt.Outcome.REFUSED
    sent.tries.create(number=1, started_at=timezone.now(), outcome=outcome, detail=incident.title)
    token = pages.path_of(page.notice, people["second"].pk).split("/")[-2]
    return {"page_token": token, "delivery_id": inbox["administrator"].pk, "sent_id": sent.pk}


def _tokens(people: dict[str, User]) -> dict[str, Any]:
    invitation, token = accounts.invite(role=Role.VIEWER, by=people["administrator"])
    key = ResetTokens().make_token(people["viewer"])
    return {"invitation_id": invitation.pk, "token": token, "key": key, **_feeds(people["responder"])}


def _feeds(user: User) -> dict[str, Any]:
    """A feed of each kind, read a moment ago: that is not kept again with each reading."""
    tokens = {kind: make_feed(kind, by=user)[1] for kind in FeedKind.values}
    Feed.objects.update(read_at=timezone.now() + timedelta(hours=1))
    return {"kind": "due_dates", "due_dates": tokens["due_dates"], "published": tokens["postmortems"]}
