"""Every route × method × person × incident, as the matrix has it; and that a private incident is nowhere to be felt."""

import re
from collections.abc import Iterator
from http.cookies import Morsel

import pytest
from django.conf import settings
from django.db.models import Model
from django.urls import reverse

from accounts.models import Invitation, Team, User
from incidents import operations
from incidents.models import Access, Incident, Service, Step, TimelineEvent
from notifications.models import (
    Clock,
    ContactBinding,
    Delivery,
    Destination,
    DestinationUse,
    Notice,
    OnCallCalendar,
    Page,
    Preferences,
)
from postmortems.models import (
    ActionItem,
    ActionItemLink,
    Comment,
    HiddenEvent,
    ItemEvent,
    Postmortem,
    Reviewer,
)
from runbooks.models import Runbook
from tests.security.forms import form
from tests.security.matrix import (
    FORBIDDEN,
    LET_IN,
    MATRIX,
    NO_METHOD,
    OTHER_METHODS,
    PUBLIC,
    SIGN_IN,
    UNKNOWN,
)
from tests.security.world import ACTORS, SECRET, Actor, Answer, World, routes, undone

pytestmark = pytest.mark.django_db
STRANGERS = ("anonymous", "deactivated")
#: Who asks by a method that nothing answers to.
A_FEW = ("anonymous", "viewer", "administrator", "added")
#: Who asks for what is not there. For others it looks as the private incident does, which a test of its own asks.
OF_MISSING = ("anonymous", "added")
#: HEAD runs what GET runs, and its answer is the same without the body: a stranger asks, who does not find the private
#: incident, and who does. What PUT is refused for, DELETE is refused for in the same line, before anything is looked for.
ASKERS = {
    "GET": ACTORS,
    "POST": ACTORS,
    "HEAD": ("anonymous", "administrator", "added"),
    "PUT": A_FEW,
    "DELETE": ("anonymous", "added"),
}
OF_INCIDENTS = [
    name
    for name, names in routes().items()
    if {"number", "item_id"} & set(names) and not name.startswith("runbooks:")
]
CSRF = re.compile(r'name="csrfmiddlewaretoken" value="\w+"|"X-CSRFToken": "\w+"')
#: Where a page repeats what it was asked for.
ASKED = re.compile(r'<title>.*?</title>|name="q"[^>]+>|[?;]q=[^"&]*', re.DOTALL)
NOW = re.compile(r'data-now="[^"]+"')


def test_every_route_has_a_row_and_every_row_a_route():
    assert set(MATRIX) == set(routes())


@pytest.mark.parametrize("route", MATRIX)
def test_route_opens_for_whom_it_should(world, route):
    wrong = [
        f"{actor.name} {method} {thing}: {answer.status}, not {sorted(expected)}"
        for actor, method, thing, answer in _asked(world, route)
        if answer.status not in (expected := _expected(route, actor.name, method, thing))
    ]
    assert not wrong, "\n".join(wrong)


def _asked(world: World, route: str) -> Iterator[tuple[Actor, str, str, Answer]]:
    """Every question of ``route``; of each answer, that it carries what every answer must, and wrote nothing it
    should not."""
    things = {
        "GET": ("public", "private", "missing"),
        "POST": ("public", "private", "missing"),
        "HEAD": ("public", "private"),
    }
    for method, names in ASKERS.items():
        for thing in things.get(method, ("public",)) if route in OF_INCIDENTS else ("public",):
            sent = form(world, route, thing) if method == "POST" else None
            for actor in map(world.actors.__getitem__, OF_MISSING if thing == "missing" else names):
                answer = actor.ask(method, world.url(route, thing), sent)
                _check_headers(answer, signed_in=actor.name not in STRANGERS)
                refused = answer.status >= 400 or (
                    answer.to.startswith("/accounts/login/?next=") and MATRIX[route].who != PUBLIC
                )
                assert not answer.written or (method in ("POST", "PUT") and not refused), (
                    actor.name,
                    method,
                    answer.written,
                )
                yield actor, method, thing, answer


def _check_headers(answer: Answer, *, signed_in: bool) -> None:
    headers = answer.response.headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    signed_out = answer.response.cookies.get(settings.SESSION_COOKIE_NAME, Morsel()).value == ""
    # A picture never changes; a browser keeps it for the cookie with which it was asked for.
    for_them = headers["Content-Type"] == "image/png" and "Cookie" in headers.get("Vary", "")
    kept = "private, max-age" if for_them else "no-store"
    assert not signed_in or signed_out or kept in headers["Cache-Control"]


def _expected(route: str, actor: str, method: str, thing: str) -> set[int]:
    row = MATRIX[route]
    stranger = actor in STRANGERS
    if row.who != PUBLIC and stranger:
        return {SIGN_IN}
    answer = row.answer(method)
    if actor not in LET_IN[row.who]:
        missing = row.finds and thing != "public" and answer != NO_METHOD
        return {UNKNOWN} if missing else {FORBIDDEN, answer} & {FORBIDDEN, NO_METHOD}
    if method in OTHER_METHODS.get(route, {}):
        return set(OTHER_METHODS[route][method])
    if answer == NO_METHOD or (stranger and method in row.stranger):
        return {row.stranger.get(method, answer) if stranger else answer}
    if actor not in row.whose:
        return {UNKNOWN}
    if thing == "missing" or (thing == "private" and actor != "added"):
        return {UNKNOWN}
    return {row.private.get(method, answer) if thing == "private" else answer}


@pytest.mark.parametrize("route", OF_INCIDENTS)
def test_a_private_incident_looks_like_a_missing_one(world, route):
    plain: dict[str, str] = {}
    for name, headers in (("viewer", plain), ("administrator", plain | {"HX-Request": "true"})):
        for method in ("GET", "POST"):
            private, missing = (
                world.actors[name].ask(
                    method,
                    world.url(route, thing),
                    form(world, route) if method == "POST" else None,
                    headers=headers,
                )
                for thing in ("private", "missing")
            )
            assert private.status == missing.status
            assert private.status in (403, 404, 405)
            assert _alike(private) == _alike(missing), (name, method)


def _alike(answer: Answer) -> tuple[str, list[tuple[str, str]]]:
    """The answer without what differs between any two."""
    headers = [(k, v) for k, v in answer.response.headers.items() if k != "Content-Length"]
    return re.sub(r"\d+", "N", NOW.sub("", CSRF.sub("", answer.body))), headers


@pytest.mark.parametrize("route", [name for name in OF_INCIDENTS if len(routes()[name]) > 1])
def test_parts_of_a_private_incident_cannot_be_reached_through_a_public_one(world, route):
    """The steps, checklists and events of one incident under the number of another."""
    # Roles have the same names everywhere, and contacts of the same runbook the same positions.
    same = route in (
        *("incidents:assign_role", "incidents:take_role", "notifications:page"),
        *("postmortems:hide_kind", "postmortems:show_kind"),
    )
    mixed = dict(world.places["private"])
    address = world.url(route, "private").replace(
        f"/{mixed['number']}/", f"/{world.places['public']['number']}/", 1
    )
    named = "/events/" in address or "/entries/" in address
    known = world.incidents["public"].events.filter(seq=mixed["seq"]).exists() and named
    for method in ("GET", "POST"):
        answer = world.actors["responder"].ask(method, address, form(world, route))
        assert SECRET not in answer.body
        assert known or same or answer.status in (UNKNOWN, NO_METHOD)


#: Addresses at which somebody might look for what they may not know of.
SEARCHES = (
    f"/incidents/?q={SECRET}", "/incidents/?q=INC-{number}", "/incidents/?q={number}", "/incidents/?q=%23{number}",
    "/incidents/?private=1", "/incidents/?status=open", "/incidents/?status=ended&private=1", "/incidents/?service=chat",
    "/?service=chat", "/?team=platform", "/settings/members/?q=alan", "/incidents/?page=2", "/runbooks/?archived=1",
    "/settings/deliveries/?state=failed", "/settings/deliveries/?state=parked&channel=email", "/settings/deliveries/?page=2",
    "/settings/deliveries/{delivery}/", "/nothing/here/", f"/incidents/?q={SECRET[:4]}", f"/?q={SECRET}", "/live/board/poll/?after=1",
    f"/actions/?q={SECRET}", "/actions/?show=closed", "/actions/?show=decide", "/actions/?severity=2", "/actions/{item}/", "/actions/?owner={added}",
    f"/actions/export.csv?q={SECRET}", "/actions/export.csv?show=closed",
    "/insights/?period=365d", "/insights/?team=platform", "/insights/behind/?figure=updates", "/insights/behind/?figure=overdue",
    "/insights/behind/?figure=opened", "/insights/behind/?figure=documents", "/insights/behind/?service=chat",
)  # fmt: skip


@pytest.mark.parametrize("name", ["viewer", "responder", "administrator"])
def test_no_page_tells_of_a_private_incident(world, name):
    """Every page there is, forms of the public incident and parts for htmx included."""
    hidden = [world.incidents["private"].pk, world.others["private"].pk]
    addresses = [world.url(route) for route in MATRIX if MATRIX[route].get == 200]
    sent = world.places["private"]["sent_id"]
    there = {"number": hidden[0], "delivery": sent, "added": world.people["added"].pk}
    there["item"] = world.places["private"]["item_id"]
    addresses += [address.format(**there) for address in SEARCHES]
    for address in addresses:
        for headers in ({}, {"HX-Request": "true"}):
            answer = world.actors[name].ask("GET", address, headers=headers)
            body = ASKED.sub("", answer.body)
            told = [word for word in (SECRET, *hidden) if str(word) in body]
            assert not told, (address, told)


@pytest.mark.parametrize("name", ["viewer", "responder", "administrator"])
def test_counts_leave_private_incidents_out(world, name):
    page = world.actors[name].ask("GET", reverse("incidents:board")).body
    assert "2<span" in page  # in the navigation
    assert "2 open incidents" in page
    added = world.actors["added"].ask("GET", reverse("incidents:board")).body
    assert "4 open incidents" in added
    history = world.actors[name].ask("GET", reverse("incidents:history")).body
    assert "2 incidents" in history


def test_declaring_shows_no_private_incident_as_similar(world):
    said = form(world, "incidents:preview_declaration") | {"title": f"{SECRET} again"}
    for name in ("responder", "administrator"):
        assert "Already open?" not in world.actors[name].ask("POST", "/declare/preview/", said).body
        assert (
            "Already open?" not in world.actors[name].ask("POST", "/declare/", said | {"severity": ""}).body
        )
    assert "Already open?" in world.actors["added"].ask("POST", "/declare/preview/", said).body


def test_nothing_can_be_merged_into_a_private_incident_by_guessing(world):
    for target in (world.incidents["private"].pk, world.missing):
        answer = world.actors["administrator"].ask("POST", world.url("incidents:merge"), {"into_id": target})
        assert answer.status == 422
        assert not answer.written


def test_an_incident_that_becomes_private_is_gone_for_those_who_looked_at_it(world):
    public = world.incidents["public"]
    merged = world.others["public"]
    with undone():
        operations.merge(merged.pk, public.pk, by=world.people["responder"])
        operations.change_details(
            public.pk, by=world.people["responder"], title=SECRET, impact="", symptom="",
            started_at=public.started_at, team=None, services=[],
        )  # fmt: skip
        operations.change_privacy(public.pk, True, by=world.people["responder"])
        eve = world.actors["viewer"]
        assert eve.ask("GET", world.url("incidents:room")).status == 404
        for address in (
            "/",
            "/incidents/",
            f"/incidents/{merged.pk}/",
            f"/live/incidents/{merged.pk}/poll/?after=0",
        ):
            assert SECRET not in eve.ask("GET", address).body


def test_a_viewer_who_was_added_reads_and_no_more(world):
    private, eve = world.incidents["private"], world.actors["viewer"]
    operations.grant_access(private.pk, world.people["viewer"], by=world.people["added"])
    assert SECRET in eve.ask("GET", world.url("incidents:room", "private")).body
    changes = [name for name in OF_INCIDENTS if MATRIX[name].post != NO_METHOD]
    for route in changes:
        answer = eve.ask("POST", world.url(route, "private"), form(world, route, "private"))
        assert (answer.status, answer.written) == (FORBIDDEN, []), route


def test_access_that_was_taken_away_is_gone_with_the_next_request(world):
    private, hedy = world.incidents["private"], Actor("second", world.people["second"])
    note = ("POST", world.url("incidents:add_note", "private"), form(world, "incidents:add_note", "private"))
    assert hedy.ask(*note).status == 302
    operations.revoke_access(private.pk, world.people["second"], by=world.people["added"])
    assert hedy.ask(*note).status == UNKNOWN


# -- more fields than a form has -------------------------------------------------------------------------

EXTRA = {
    "id": "1", "pk": "1", "is_private": "on", "status": "resolved", "role": "administrator", "is_active": "",
    "is_superuser": "1", "is_staff": "1", "is_default": "1", "declared_by": "{viewer}", "declared_by_id": "{viewer}",
    "commander": "{viewer}", "commander_id": "{viewer}", "by": "{viewer}", "user": "{viewer}", "user_id": "{viewer}",
    "incident_id": "{private}", "number": "{private}", "step_id": "1", "checklist_id": "1", "event_id": "1", "email": "x@example.com",
    "severity": "1", "severity_name": "X", "declared_at": "2020-01-01", "event_seq": "0", "chain_head": "",
    "done": "yes", "done_by": "{viewer}", "recorded_by": "{viewer}", "supersedes": "1", "session_epoch": "9",
    "published_by": "{viewer}", "archived_at": "2020-01-01", "slug": "x", "kind": "decision_made",
    "channel": "email", "address": "x@example.com", "secret": "x", "disabled_at": "", "uses": "page", "recipient": "{viewer}",
    "paged_by": "{viewer}", "acknowledged_by": "{viewer}", "acknowledged_at": "2020-01-01", "settled_by": "{viewer}",
    "state": "sent", "urgency": "page", "fires_at": "2099-01-01", "due_at": "2099-01-01", "cadence": "99",
    "from_server": "1", "added_by": "{viewer}", "added_at": "2020-01-01", "closed_by": "{viewer}", "closed_at": "2020-01-01",
    "drop_proposed_by": "{viewer}", "postmortem": "1", "item_id": "1", "created_by": "{viewer}", "token_hash": "x", "used_at": "", "expires_at": "2099-01-01",
}  # fmt: skip
#: Words of EXTRA that a form understands after all, and does as it says.
UNDERSTOOD = {"incidents:declare": {"is_private"}}
STATE: dict[type[Model], tuple[str, ...]] = {
    User: ("email", "name", "role", "timezone", "is_active", "session_epoch"),
    Team: (
        "name", "slug", "members", "lead", "timezone", "workdays", "opens_at", "closes_at", "holidays", "days_off",
    ),
    Invitation: ("role", "email", "team", "created_by", "used_by__email"),
    Service: ("name", "slug", "description", "team", "archived_at__date"),
    Runbook: ("title", "slug", "team", "is_default", "created_by", "current__published_by"),
    Incident: (
        "title", "impact", "symptom", "severity", "severity_name", "status", "is_private", "team", "declared_by",
        "acknowledged_by", "commander", "communications_lead", "scribe", "merged_into", "steps_done", "steps_total",
        "last_word", "last_word_by", "event_seq",
    ),
    Access: ("user", "granted_by"),
    Step: ("kind", "text", "added_by", "assigned_to", "done_by", "skipped_by", "answer"),
    TimelineEvent: ("seq", "kind", "recorded_by", "text", "supersedes"),
    Clock: ("incident", "kind", "is_armed", "interval", "snoozed_for", "snoozes_in_row"),
    Notice: ("urgency", "incident", "title", "text", "path"),
    Delivery: ("notice__title", "recipient", "destination__name", "channel", "address", "state", "settled_by"),
    Page: ("incident", "role", "contact", "paged_by", "acknowledged_by"),
    Preferences: ("user", "email_nudges", "email_reminders", "quiet_from", "quiet_until", "digest_at"),
    Destination: ("user", "team", "channel", "name", "address", "disabled_at__date", "disabled_reason"),
    DestinationUse: ("destination__name", "urgency"),
    OnCallCalendar: ("name", "url", "created_by", "last_error"),
    ContactBinding: ("runbook", "role", "user", "team", "address", "calendar"),
    ActionItem: (
        "title", "details", "incident", "postmortem", "team", "owner", "due_on", "priority", "kind", "status", "added_by",
        "closed_by", "evidence", "drop_proposed_by", "drop_reason",
    ),
    ActionItemLink: ("item__title", "url", "title", "added_by"),
    ItemEvent: ("item__title", "kind", "by", "text", "data"),
    Postmortem: (
        "incident", "title", "text", "status", "number", "author", "published_by", "published_number", "publish_reason",
        "discarded_by", "discard_reason",
    ),
    Reviewer: ("postmortem", "user", "requested_by", "verdict", "said", "number"),
    Comment: ("postmortem", "number", "quote", "start", "text", "answers__text", "made_by", "settled_by"),
    HiddenEvent: ("postmortem", "event", "is_shown", "hidden_by"),
}  # fmt: skip


@pytest.mark.parametrize("route", [name for name, row in MATRIX.items() if row.post == 302])
def test_fields_that_a_form_does_not_have_change_nothing(world, route):
    actor = world.actors["administrator" if MATRIX[route].who != PUBLIC else "anonymous"]
    places = {"viewer": world.people["viewer"].pk, "private": world.incidents["private"].pk}
    sent = form(world, route)
    extra = {k: v.format(**places) for k, v in EXTRA.items() if k not in {*sent, *UNDERSTOOD.get(route, ())}}
    seen: list[list[str]] = []
    answers = [
        actor.ask("POST", world.url(route), data, then=lambda: seen.append(_state()))
        for data in (sent, extra | sent)
    ]
    assert [answer.status for answer in answers] == [302, 302]
    assert seen[0] == seen[1]


def _state() -> list[str]:
    rows = (model._default_manager.values_list(*fields) for model, fields in STATE.items())
    return [row for found in rows for row in sorted(map(repr, found))]
