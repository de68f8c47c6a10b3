"""What a timeline event says, in words that follow the name of whoever did it."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from incidents.models import TimelineEvent
from incidents.states import IncidentRole, Kind, Status
from runbooks.markdown import render_inline

Data = dict[str, Any]

#: The symbol beside each event; the kinds not named here are about people or about the record itself.
ICONS: dict[str, str] = {
    Kind.DECLARED: "i-alert",
    Kind.ACKNOWLEDGED: "i-check",
    Kind.STATUS_CHANGED: "i-flag",
    Kind.SEVERITY_CHANGED: "i-alert",
    Kind.REOPENED: "i-alert",
    Kind.CANCELLED: "i-flag",
    Kind.MERGED: "i-link",
    Kind.MERGE_RECEIVED: "i-link",
    Kind.PRIVACY_CHANGED: "i-lock",
    Kind.STEP_DONE: "i-check",
    Kind.STEP_UNDONE: "i-list",
    Kind.STEP_SKIPPED: "i-list",
    Kind.STEP_ASSIGNED: "i-user",
    Kind.STEP_ADDED: "i-plus",
    Kind.STEPS_ADDED: "i-plus",
    Kind.QUESTION_ANSWERED: "i-quote",
    Kind.COMMAND_RUN: "i-run",
    Kind.BRANCH_CHOSEN: "i-fork",
    Kind.BRANCH_ABANDONED: "i-fork",
    Kind.NOTE_ADDED: "i-note",
    Kind.DECISION_MADE: "i-fork",
    Kind.LINK_ADDED: "i-link",
    Kind.STATUS_UPDATE_POSTED: "i-say",
    Kind.DETAILS_CHANGED: "i-edit",
    Kind.REVISION_PUBLISHED: "i-list",
    Kind.REVISION_ADOPTED: "i-list",
    Kind.ROLE_TAKEN: "i-user",
    Kind.ACCESS_GRANTED: "i-key",
    Kind.ACCESS_REVOKED: "i-key",
    Kind.CADENCE_CHANGED: "i-clock",
    Kind.NUDGE_SNOOZED: "i-clock",
    Kind.ESCALATED: "i-alert",
    Kind.PAGED: "i-page",
    Kind.PAGE_DELIVERED: "i-page",
    Kind.PAGE_ACKNOWLEDGED: "i-check",
    Kind.DELIVERY_FAILED: "i-alert",
    Kind.POSTMORTEM_STARTED: "i-note",
    Kind.REVIEW_REQUESTED: "i-say",
    Kind.POSTMORTEM_REVIEWED: "i-check",
    Kind.POSTMORTEM_PUBLISHED: "i-note",
    Kind.POSTMORTEM_WITHDRAWN: "i-note",
    Kind.POSTMORTEM_DISCARDED: "i-note",
    Kind.POSTMORTEM_RESTORED: "i-note",
    Kind.ACTION_ITEM_ADDED: "i-plus",
    Kind.ACTION_ITEM_DONE: "i-check",
    Kind.ACTION_ITEM_DROPPED: "i-flag",
    Kind.ACTION_ITEM_REOPENED: "i-list",
}
#: Events of which the sentence says who, where nobody signed in did it.
WHOLE = (Kind.PAGE_DELIVERED, Kind.PAGE_ACKNOWLEDGED)
#: Events that ask somebody to act, drawn as alarms.
ALARMS = (Kind.ESCALATED, Kind.DELIVERY_FAILED)

_IF = re.compile(
    r"^(if|when|in case of|in the event of)\s+((it|this) (is|was) )?"
    r"((caused by|due to|related to)\s+)?((a|an|the)\s+)?",
    re.IGNORECASE,
)

ROLES = {
    IncidentRole.COMMANDER: "command",
    IncidentRole.COMMUNICATIONS_LEAD: "communications",
    IncidentRole.SCRIBE: "the scribe’s part",
}

DETAILS = {
    "title": "title",
    "impact": "impact",
    "symptom": "symptom",
    "started_at": "start",
    "team": "team",
    "services": "services",
}


def kind_of(event: TimelineEvent) -> str:
    """The kind of what ``event`` says: for a correction, of what it corrects."""
    return str(event.data.get("kind", event.kind)) if event.kind == Kind.EVENT_CORRECTED else event.kind


def icon_of(event: TimelineEvent) -> str:
    return ICONS.get(kind_of(event), "i-note")


def sentence(event: TimelineEvent) -> str:
    """As "moved to Identified"; "" for a note, which speaks for itself."""
    say = SENTENCES.get(kind_of(event))
    return say(event.data) if say else ""


def _sign(level: int, name: str) -> SafeString:
    return format_html('<span class="sev" data-sev="{}">{}</span>', min(level, 4), name)


def _declared(data: Data) -> SafeString:
    return format_html("declared {}", _sign(data.get("severity", 4), data.get("severity_name", "")))


def _status(data: Data) -> SafeString:
    status = str(data.get("to", ""))
    return format_html(
        'moved to <span class="status" data-status="{}"><svg class="tone" aria-hidden="true">'
        '<use href="#tone-{}"/></svg>{}</span>',
        status,
        "resolved" if status == Status.CLOSED else status,
        dict(Status.choices).get(status, status),
    )


def _severity(data: Data) -> SafeString:
    word = "raised" if data.get("to", 0) < data.get("from", 0) else "lowered"
    old, new = (_sign(data.get(k, 4), data.get(f"{k}_name", "")) for k in ("from", "to"))
    return format_html("{} the severity from {} to {}", word, old, new)


def _merged(data: Data) -> SafeString:
    return format_html("merged this into {}", _incident(data.get("into")))


def _merge_received(data: Data) -> SafeString:
    return format_html("merged {} into this", _incident(data.get("incident")))


def _incident(number: Any) -> SafeString:
    return format_html('<a href="{}">INC-{}</a>', reverse("incidents:room", args=[number]), number)


def _details(data: Data) -> SafeString:
    return format_html("changed the {}", listed([DETAILS[name] for name in data if name in DETAILS]))


def changes(data: Data) -> list[str]:
    """What each detail was and is: "title: “Chat slow” is now “Chat down”"."""
    return [
        f"{DETAILS.get(name, name)}: {_quoted(name, was)} is now {_quoted(name, now)}"
        for name, (was, now) in data.items()
        if name in DETAILS
    ]


def _quoted(name: str, value: Any) -> str:
    if name == "started_at":
        value = f"{timezone.localtime(datetime.fromisoformat(value)):%-d %b %H:%M}"
    text = ", ".join(value) if isinstance(value, list) else str(value)
    return f"“{text}”" if text else "empty"


def listed(words: list[str]) -> str:
    """As "title, impact and team"."""
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def _privacy(data: Data) -> str:
    return "made the incident private" if data.get("private") else "opened the incident to everyone"


def _role(data: Data) -> str:
    role = ROLES.get(data.get("role", ""), "a role")
    if not data.get("to_name"):
        return f"left {role}" if data.get("from_name") else f"ended {role}"
    return f"gave {role} to {data['to_name']}"


def _taken(data: Data) -> str:
    from_whom = f" from {data['from_name']}" if data.get("from_name") else ""
    return f"took {ROLES.get(data.get('role', ''), 'a role')}{from_whom}"


def role_sentence(event: TimelineEvent) -> str:
    """Who took a role and who was given it read differently."""
    return _taken(event.data) if event.data.get("to") == event.recorded_by_id else _role(event.data)


def _step(verb: str) -> Callable[[Data], SafeString]:
    return lambda data: format_html("{} <q>{}</q>", verb, render_inline(str(data.get("step_text", ""))))


def _assigned(data: Data) -> SafeString:
    step = render_inline(str(data.get("step_text", "")))
    if to := data.get("to_name"):
        return format_html("gave {} the step <q>{}</q>", to, step)
    return format_html("gave the step <q>{}</q> to nobody", step)


def _answered(data: Data) -> SafeString:
    return format_html("answered <q>{}</q>", render_inline(str(data.get("step_text", ""))))


def cause(title: str) -> str:
    """A branch's title as the cause itself: "If caused by recent deployment" is "Recent deployment"."""
    short = _IF.sub("", title).strip(" :")
    return short[:1].upper() + short[1:] if short else title


def _branch(verb: str) -> Callable[[Data], SafeString]:
    return lambda data: format_html("{} <strong>{}</strong>", verb, cause(str(data.get("title", ""))))


def _steps_added(data: Data) -> SafeString:
    return format_html("The runbook asks for more at this level: {}", ", ".join(data.get("checklists", [])))


def _published(data: Data) -> str:
    return f"Revision {data.get('number')} of the runbook was published"


def _adopted(data: Data) -> str:
    return f"adopted revision {data.get('to')} of the runbook, in place of {data.get('from')}"


def _granted(data: Data) -> str:
    where = " from the server" if data.get("from_server") else ""
    return f"gave {data.get('to_name')} access{where}"


def _cadence(data: Data) -> str:
    old, new = (minutes_in_words(int(data.get(key, 0))) for key in ("from_minutes", "to_minutes"))
    return f"changed the update cadence from every {old} to every {new}"


def minutes_in_words(minutes: int) -> str:
    """As "1 minute", "20 minutes", "2 hours", "1 hour 30 minutes"."""
    hours, rest = divmod(minutes, 60)
    said = [f"{n} {unit}{'' if n == 1 else 's'}" for n, unit in ((hours, "hour"), (rest, "minute")) if n]
    return " ".join(said) or "0 minutes"


def _snoozed(data: Data) -> str:
    return f"snoozed nudges for {minutes_in_words(int(data.get('minutes', 0)))}"


OWED = {
    "update": "Update overdue",
    "acknowledge": "Not acknowledged",
    "silence": "Nothing heard from the commander",
}


def _escalated(data: Data) -> str:
    """As "Update overdue. Reminded Grace Hopper, then Ada Lovelace." and whom to call where nobody was reached."""
    said = OWED.get(str(data.get("clock", "")), "Overdue")
    told, contact, call = _in_turn(data.get("told", [])), data.get("contact", ""), data.get("call", "")
    verb = "Asked" if data.get("stage") == "take-command" else "Reminded"
    if call:
        said += f". {contact or 'The contact'} cannot be reached from here; call {call}"
    if told:
        said += f". {verb} {told}" + (f" ({contact})" if contact and not call else "")
    return said


def _in_turn(names: list[str]) -> str:
    """Names in the order in which they were asked."""
    return ", then ".join(str(name) for name in names)


def _paged(data: Data) -> str:
    said = f"paged {listed(list(data.get('told', []))) or data.get('role', '')}"
    if data.get("role") and data.get("told"):
        said += f" ({data['role']})"
    if data.get("call"):
        said += f"; {data['role']} cannot be reached from here: call {data['call']}"
    return said


def _page_delivered(data: Data) -> str:
    return f"The page to {data.get('to', '')} went out by {_lower(str(data.get('channel', '')))}"


def _page_acknowledged(data: Data) -> str:
    return f"acknowledged the page of {data.get('role', '')}"


def page_acknowledged_by_link(data: Data) -> str:
    """For a page acknowledged by its link, by whoever has it."""
    return f"{data.get('who') or data.get('role', '')} acknowledged the page"


def _failed(data: Data) -> str:
    """As "Could not reach Ana by e-mail: mailbox full; call +44 20 7946 0000"."""
    why = str(data.get("why", "")).strip().rstrip(".")
    said = f"Could not reach {data.get('to', '')} by {_lower(str(data.get('channel', '')))}"
    said += f": {why}" if why else ""
    return said + (f"; call {data['call']}" if data.get("call") else "")


def _lower(word: str) -> str:
    return word[:1].lower() + word[1:]


def _document(verb: str) -> Callable[[Data], SafeString]:
    def said(data: Data) -> SafeString:
        address = reverse("postmortems:postmortem", args=[data.get("incident", 0)])
        return format_html('{} the <a href="{}">post-mortem</a>', verb, address)

    return said


def _review(data: Data) -> SafeString:
    asked = listed([str(name) for name in data.get("asked_names", [])])
    return format_html("{} by {}", _document("asked for a review of")(data), asked)


def _reviewed(data: Data) -> SafeString:
    approved = data.get("verdict") == "approved"
    return _document("approved" if approved else "asked for changes to")(data)


def _item(verb: str) -> Callable[[Data], SafeString]:
    def said(data: Data) -> SafeString:
        address = reverse("postmortems:action_item", args=[data.get("item", 0)])
        return format_html('{} the action item <a href="{}">{}</a>', verb, address, data.get("title", ""))

    return said


SENTENCES: dict[str, Callable[[Data], str]] = {
    Kind.DECLARED: _declared,
    Kind.ACKNOWLEDGED: lambda data: "acknowledged",
    Kind.STATUS_CHANGED: _status,
    Kind.SEVERITY_CHANGED: _severity,
    Kind.REOPENED: lambda data: "reopened the incident",
    Kind.CANCELLED: lambda data: "cancelled the incident",
    Kind.MERGED: _merged,
    Kind.MERGE_RECEIVED: _merge_received,
    Kind.DETAILS_CHANGED: _details,
    Kind.PRIVACY_CHANGED: _privacy,
    Kind.STEP_DONE: _step("finished"),
    Kind.STEP_UNDONE: _step("took back"),
    Kind.STEP_SKIPPED: _step("skipped"),
    Kind.STEP_ASSIGNED: _assigned,
    Kind.STEP_ADDED: _step("added the step"),
    Kind.STEPS_ADDED: _steps_added,
    Kind.QUESTION_ANSWERED: _answered,
    Kind.COMMAND_RUN: lambda data: "ran a command",
    Kind.BRANCH_CHOSEN: _branch("suspects"),
    Kind.BRANCH_ABANDONED: _branch("gave up"),
    Kind.DECISION_MADE: lambda data: "decided",
    Kind.LINK_ADDED: lambda data: "added a link",
    Kind.STATUS_UPDATE_POSTED: lambda data: "posted an update",
    Kind.REVISION_PUBLISHED: _published,
    Kind.REVISION_ADOPTED: _adopted,
    Kind.ACCESS_GRANTED: _granted,
    Kind.ACCESS_REVOKED: lambda data: f"took {data.get('to_name')}’s access back",
    Kind.CADENCE_CHANGED: _cadence,
    Kind.NUDGE_SNOOZED: _snoozed,
    Kind.ESCALATED: _escalated,
    Kind.PAGED: _paged,
    Kind.PAGE_DELIVERED: _page_delivered,
    Kind.PAGE_ACKNOWLEDGED: _page_acknowledged,
    Kind.DELIVERY_FAILED: _failed,
    Kind.POSTMORTEM_STARTED: _document("started"),
    Kind.REVIEW_REQUESTED: _review,
    Kind.POSTMORTEM_REVIEWED: _reviewed,
    Kind.POSTMORTEM_PUBLISHED: _document("published"),
    Kind.POSTMORTEM_WITHDRAWN: _document("took back"),
    Kind.POSTMORTEM_DISCARDED: _document("discarded"),
    Kind.POSTMORTEM_RESTORED: _document("brought back"),
    Kind.ACTION_ITEM_ADDED: _item("added"),
    Kind.ACTION_ITEM_DONE: _item("finished"),
    Kind.ACTION_ITEM_DROPPED: _item("dropped"),
    Kind.ACTION_ITEM_REOPENED: _item("reopened"),
}
