"""What of the record can be put into a document: events as lines of Markdown, and where in the text they go."""

import html

from django.urls import reverse
from django.utils.html import strip_tags

from incidents.feed import Entry
from incidents.models import TimelineEvent
from postmortems.moments import local
from postmortems.outline import sections

LONGEST = 500


def line_of(event: TimelineEvent, *, linked: bool = False) -> str:
    """The event as an item of a list: "- 13:44 UTC - Grace Hopper: it is the cookie", in the organisation's zone."""
    when = time_of(event)
    if linked:
        address = reverse("incidents:event", args=[event.incident_id, event.seq])
        when = f"[{when}]({address})"
    return f"- {when} - {words_of(event)}"


def time_of(event: TimelineEvent) -> str:
    """As "13:44 UTC", or "Wed 11 Nov 00:12 UTC" on another day than the incident began."""
    at = local(event.occurred_at)
    same = at.date() == local(event.incident.started_at).date()
    return f"{at:%H:%M %Z}" if same else f"{at:%a} {at.day} {at:%b %H:%M %Z}"


def words_of(event: TimelineEvent) -> str:
    entry = Entry(event)
    said = " ".join(html.unescape(strip_tags(str(entry.sentence))).split())
    told = " ".join(event.text.split())
    who = " ".join(word for word in (entry.actor, said) if word)
    words = f"{who}: {told}" if who and told else who or told
    return words if len(words) <= LONGEST else f"{words[:LONGEST].rsplit(' ', 1)[0]}…"


def into(text: str, lines: str, where: int) -> str:
    """``text`` with ``lines`` at the end of its section number ``where``, from 1; at its own end for any other."""
    found = sections(text)
    all_lines = text.split("\n")
    at = found[where].line if 0 < where < len(found) else len(all_lines)
    while at and not all_lines[at - 1].strip():
        at -= 1
    before, after = all_lines[:at], all_lines[at:]
    gap = [""] if before and not _continues(before[-1], lines) else []
    return "\n".join([*before, *gap, lines, *(after or [""])])


def _continues(line: str, lines: str) -> bool:
    """Whether an item follows an item: then no blank line stands between them."""
    return line.lstrip().startswith("- ") and lines.startswith("- ")
