"""The words of a reminder. They name days and never say "today": they are read in the inbox days later as well."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.urls import reverse

from accounts.models import User
from incidents.models import Incident
from notifications.reminders.ladders import Rung
from notifications.reminders.models import ReminderKind
from notifications.reminders.promises import Promise
from postmortems.models import ActionItem, Postmortem

LONGEST = 250
PLAIN = str.maketrans({letter: f"\\{letter}" for letter in "\\[]<>*_`"})


@dataclass(frozen=True, slots=True)
class Words:
    """``title`` is one line, ``text`` Markdown, ``action`` the label of the one click at ``path``."""

    title: str
    text: str
    path: str
    action: str


def words_of(promise: Promise, rung: Rung, to: User, now: datetime) -> Words:
    """What ``rung`` says to ``to``: the person whose promise it is, or someone who is to know."""
    if isinstance(promise.subject, Postmortem):
        return _postmortem(promise, promise.subject, rung, to)
    if promise.kind == ReminderKind.LOOSE:
        return _loose(promise.subject, promise)
    return _item(promise, promise.subject, rung, to, now)


def _item(promise: Promise, item: ActionItem, rung: Rung, to: User, now: datetime) -> Words:
    when = f"{'Overdue since' if rung.is_late else 'Due'} {on_day(promise.due_at.date(), now)}"
    asked = "Close it with a link or a sentence of evidence, or move its date: both dates stay on record."
    if to != promise.person:
        when = f"{when} ({promise.person.name})"
        asked = f"{_plain(promise.person.name)} owns it and was reminded twice since it was due."
    return Words(
        f"{when}: {item}"[:LONGEST], f"{_about(item)}\n\n{asked}", path_of_item(item), "Open the action item"
    )


def _loose(item: ActionItem, promise: Promise) -> Words:
    missing = missing_of(item)
    asked = f"Nobody is reminded of it: it has {missing.lower()}. Give it what is missing, or close it."
    return Words(
        f"{missing}: {item}"[:LONGEST],
        f"{_about(item)}\n\n{asked}",
        path_of_item(item),
        "Open the action item",
    )


def missing_of(item: ActionItem) -> str:
    """What an item lacks for anyone to be reminded of it."""
    if item.owner is None and item.due_on is None:
        return "No owner and no date"
    if item.owner is None:
        return "No owner"
    return "No date" if item.due_on is None else "No owner who can be reminded"


def _postmortem(promise: Promise, postmortem: Postmortem, rung: Rung, to: User) -> Words:
    when = f"{'overdue since' if rung.is_late else 'due'} {at_moment(promise.due_at, to.zone)}"
    who = "You write it"
    if to != promise.person:
        when, who = f"{when} ({promise.person.name})", f"{_plain(promise.person.name)} writes it"
    return Words(
        f"Post-mortem {when}: {named(postmortem.incident)}"[:LONGEST],
        f"{who}. It is **{postmortem.get_status_display().lower()}**. Publish it, or discard it.",
        path_of_postmortem(postmortem),
        "Open the post-mortem",
    )


def _about(item: ActionItem) -> str:
    parts = [f"**{item.get_priority_display()}** priority", item.get_kind_display() if item.kind else ""]
    if item.incident:
        parts.append(f"from {_plain(named(item.incident))}")
    return ", ".join(filter(None, parts))


def _plain(words: str) -> str:
    return " ".join(words.split()).translate(PLAIN)


def named(incident: Incident) -> str:
    return f"{incident.reference} {incident.title}"


def path_of_item(item: ActionItem) -> str:
    return reverse("postmortems:action_item", args=[item.pk])


def path_of_postmortem(postmortem: Postmortem) -> str:
    return reverse("postmortems:postmortem", args=[postmortem.incident_id])


def on_day(day: date, today: date) -> str:
    """As "Tue 1 Dec", with the year where it is another."""
    return f"{day:%a} {day.day} {day:%b}" + (f" {day.year}" if day.year != today.year else "")


def at_moment(moment: datetime, zone: ZoneInfo) -> str:
    """As "Tue 1 Dec, 09:00 CET"."""
    local = moment.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b}, {local:%H:%M %Z}"
