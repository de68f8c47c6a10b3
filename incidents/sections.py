"""The named parts of a room: each the same HTML for everyone who may see the incident.

A part has no text about its reader and no CSRF token; times are in the active time zone. Live pushes send it
as it is, for htmx sends the token in a header; :func:`with_token` puts the token in for a page.
"""

from dataclasses import dataclass, field

from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from incidents.kept import Kept, says_section
from incidents.models import Incident
from incidents.room import Room
from incidents.states import AFTERWARDS, Kind

#: All parts, in the order of the page.
NAMES = (
    *("head", "presence", "notices", "vitals", "roles", "actions", "jump"),
    *("checklist", "feed", "update-status", "next-due", "contacts", "afterwards", "links", "access"),
)
#: Parts of the form that only those who may post have on their page.
FOR_RESPONDERS = {"update-status", "next-due"}
_ENDING = (
    *("notices", "vitals", "roles", "actions", "jump"),
    *("checklist", "feed", "update-status", "next-due", "contacts", "afterwards"),
)

#: What an event of each kind changes on the page. A test compares the parts before and after every operation.
SECTIONS_OF: dict[str, tuple[str, ...]] = {
    Kind.DECLARED: tuple(name for name in NAMES if name != "presence"),
    Kind.ACKNOWLEDGED: ("vitals", "feed"),
    Kind.STATUS_CHANGED: _ENDING,
    Kind.SEVERITY_CHANGED: (
        *("head", "vitals", "jump", "checklist", "feed", "update-status", "next-due", "contacts"),
    ),
    Kind.REOPENED: _ENDING,
    Kind.CANCELLED: _ENDING,
    Kind.MERGED: _ENDING,
    Kind.MERGE_RECEIVED: ("feed",),
    Kind.DETAILS_CHANGED: ("head", "vitals", "feed"),
    Kind.PRIVACY_CHANGED: ("head", "actions", "feed", "access"),
    Kind.ROLE_TAKEN: ("roles", "feed"),
    Kind.STEP_DONE: ("jump", "checklist", "feed"),
    Kind.STEP_UNDONE: ("jump", "checklist", "feed"),
    Kind.STEP_SKIPPED: ("jump", "checklist", "feed"),
    Kind.STEP_ASSIGNED: ("checklist", "feed"),
    Kind.STEP_ADDED: ("jump", "checklist", "feed"),
    Kind.STEPS_ADDED: ("jump", "checklist", "feed"),
    Kind.QUESTION_ANSWERED: ("jump", "checklist", "feed"),
    Kind.COMMAND_RUN: ("checklist", "feed"),
    Kind.BRANCH_CHOSEN: ("jump", "checklist", "feed"),
    Kind.BRANCH_ABANDONED: ("jump", "checklist", "feed"),
    Kind.NOTE_ADDED: ("feed",),
    Kind.DECISION_MADE: ("feed",),
    Kind.LINK_ADDED: ("feed", "links"),
    Kind.STATUS_UPDATE_POSTED: ("vitals", "jump", "feed", "update-status"),
    Kind.EVENT_CORRECTED: ("feed", "links"),
    Kind.ACCESS_GRANTED: ("feed", "access"),
    Kind.ACCESS_REVOKED: ("presence", "roles", "feed", "access"),
    Kind.CADENCE_CHANGED: ("vitals", "jump", "feed", "update-status", "next-due"),
    Kind.NUDGE_SNOOZED: ("feed",),
    Kind.ESCALATED: ("feed",),
    Kind.PAGED: ("feed", "contacts"),
    Kind.PAGE_DELIVERED: ("feed",),
    Kind.PAGE_ACKNOWLEDGED: ("feed", "contacts"),
    Kind.DELIVERY_FAILED: ("feed", "contacts"),
    Kind.REVISION_PUBLISHED: ("notices", "feed"),
    **dict.fromkeys(AFTERWARDS, ("feed", "afterwards")),
    Kind.REVISION_ADOPTED: (
        *("notices", "vitals", "jump", "checklist", "feed", "update-status", "next-due", "contacts", "links"),
    ),
}

#: Parts that are not kept: the clock changes them, or something that is no event of the incident.
PASSING = {"presence", "vitals", "jump", "update-status", "afterwards"}
kept = Kept()

_EMPTY_TOKEN = '<input type="hidden" name="csrfmiddlewaretoken" value="">'


@dataclass(frozen=True)
class Problem:
    """What was refused, for the one who asked: ``at`` is the control's id, ``typed`` what stood in its fields."""

    at: str
    text: str
    typed: dict[str, str] = field(default_factory=dict)


def load(incident_id: int) -> Incident:
    """The incident with what every part needs. Raises ``Incident.DoesNotExist``."""
    return Incident.objects.for_room().get(pk=incident_id)


def room_of(incident: Incident) -> Room:
    """The room of ``incident``: what one part has read, the next one need not."""
    room: Room | None = incident.__dict__.get("_room")
    if room is None:
        room = incident.__dict__["_room"] = Room(incident)
    return room


def render(section: str, incident: Incident | Room, problem: Problem | None = None) -> SafeString:
    """The HTML of one part, with the CSRF fields empty."""
    room = incident if isinstance(incident, Room) else room_of(incident)
    context = {"room": room, "incident": room.incident, "section": section, "problem": problem}

    def make() -> str:
        return render_to_string(f"incidents/room/{section}.html", context).strip()

    key = None if problem or section in PASSING else says_section(section, room)
    return mark_safe(kept.get(key, make) if key else make())


def with_token(html: str, token: str) -> SafeString:
    """``html`` with the CSRF token in its forms, for a browser that has no htmx to send it."""
    filled = _EMPTY_TOKEN.replace('value=""', f'value="{escape(token)}"')
    return mark_safe(html.replace(_EMPTY_TOKEN, filled))


def out_of_band(html: str) -> SafeString:
    """A part that takes its place on the page whatever the answer's own target is."""
    tag, space, rest = html.partition(" ")
    return mark_safe(f'{tag} hx-swap-oob="morph"{space}{rest}')


def changed_by(kinds: list[str]) -> list[str]:
    """The parts that events of ``kinds`` change, in the order of the page; all of them for none."""
    touched = {name for kind in kinds for name in SECTIONS_OF[kind]}
    return [name for name in NAMES if name in touched or not kinds]
