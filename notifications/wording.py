"""The words of a nudge: what is owed, since when, and the text that answers it, already filled."""

from dataclasses import dataclass

from django.utils import timezone

from incidents.messages import Message, suggested
from incidents.models import Incident
from incidents.room import Room
from incidents.spans import in_words
from notifications.ladders import Rung
from notifications.models import Clock, ClockKind
from runbooks.playbook import Contact


@dataclass(frozen=True, slots=True)
class Words:
    """``title`` is one line, ``text`` Markdown, ``action`` the label of the one click."""

    title: str
    text: str
    action: str


def words_of(clock: Clock, incident: Incident, rung: Rung, contact: Contact | None) -> Words:
    """What ``rung`` of ``clock`` says. ``contact`` is the runbook's line that it was sent by, if any."""
    make = {
        ClockKind.UPDATE: _update,
        ClockKind.ACKNOWLEDGE: _acknowledgement,
        ClockKind.SILENCE: _silence,
    }[ClockKind(clock.kind)]
    words = make(clock, incident, rung)
    if contact is None:
        return words
    asked = (
        f"The runbook names you as **{contact.role}**" + (f" ({contact.when})" if contact.when else "") + "."
    )
    return Words(words.title, f"{asked}\n\n{words.text}", words.action)


def _update(clock: Clock, incident: Incident, rung: Rung) -> Words:
    late = (timezone.now() - clock.due_at).total_seconds()
    if rung.name == "warn":
        title = f"Update due in {in_words(-late)}: {_named(incident)}"
    elif late < 60:
        title = f"Update due now: {_named(incident)}"
    else:
        title = f"Update overdue by {in_words(late)}: {_named(incident)}"
    return Words(title, f"{_standing(incident)}\n\n{ready_to_send(incident)}", "Post the update")


def _acknowledgement(clock: Clock, incident: Incident, rung: Rung) -> Words:
    waited = in_words((timezone.now() - incident.declared_at).total_seconds())
    title = f"Not acknowledged for {waited}: {_named(incident)}"
    if rung.name == "ask-1" and clock.due_at <= incident.declared_at:
        title = f"Acknowledge: {_named(incident)}"
    return Words(title, _standing(incident), "Acknowledge")


def _silence(clock: Clock, incident: Incident, rung: Rung) -> Words:
    quiet = in_words((timezone.now() - clock.due_at + 2 * clock.interval).total_seconds())
    if rung.name == "silent":
        asked = "Are you still on it? A note, an update or a handover answers this."
        return Words(
            f"Nothing heard for {quiet}: {_named(incident)}", f"{_standing(incident)}\n\n{asked}", "Open"
        )
    who = incident.commander.name if incident.commander else "Nobody"
    asked = f"{who} has command and has not been heard of for {quiet}. Please take command."
    return Words(f"Take command: {_named(incident)}", f"{asked}\n\n{_standing(incident)}", "Take command")


def _named(incident: Incident) -> str:
    return f"{incident.severity_name} {incident.reference} {incident.title}"


def _standing(incident: Incident) -> str:
    lines = [f"Status: **{incident.get_status_display().lower()}**"]
    if incident.impact:
        lines.append(f"Impact: {incident.impact}")
    if incident.last_word:
        lines.append(f"Last word: {incident.last_word_by}: {incident.last_word}")
    return "\n\n".join(lines)


def ready_to_send(incident: Incident) -> str:
    """The runbook's template for where the incident stands, filled as far as it knows, and what is missing."""
    room = Room(incident)
    template = suggested(room)
    if template is None:
        return ""
    message = Message(template, room)
    values = {blank.name: blank.value for blank in message.blanks}
    missing = [blank.placeholder for blank in message.blanks if not blank.value]
    filled = "\n".join(f"> {line}" for line in message.filled(values).splitlines())
    return f"Ready to send:\n\n{filled}" + (f"\n\nStill missing: {', '.join(missing)}" if missing else "")
