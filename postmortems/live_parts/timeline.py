"""The timeline as Markdown: one line an event, days where there are several, times in the organisation's zone."""

import re
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from html import unescape
from itertools import groupby

from django.utils.html import strip_tags

from incidents.feed import Entry
from incidents.models import TimelineEvent
from incidents.states import Kind
from postmortems.live_parts.placing import PART, Part
from postmortems.models import Postmortem
from postmortems.moments import local, zone_in_words
from postmortems.timeline_of_document import events_of
from runbooks.documents import blocks
from runbooks.escaping import escaped
from runbooks.markdown import parser_for

MOST_IN_LIST = 800  # events; a list beyond what is read as one block is begun again
LONGEST = 1000  # characters of what one event says
_TICKS = re.compile(r"`+")


def timeline_part(postmortem: Postmortem) -> Part:
    events = events_of(postmortem)
    if not events:
        return Part("*Nothing is on the timeline.*", "Nothing is on the timeline.")
    zones = {f"{local(event.occurred_at):%Z}" for event in events}
    said = [(local(event.occurred_at), line_of(event)) for event in events]
    intro = f"*Times are in {zone_in_words(zones)}.*"
    lists = "\n\n".join(_lists(said, with_zone=len(zones) > 1))
    within = "; ".join(f"{at:%H:%M} {line}" for at, line in said)
    return Part(f"{intro}\n\n{lists}", within.replace("|", "\\|").replace("\\\\|", "\\|"))


def _lists(said: list[tuple[datetime, str]], *, with_zone: bool) -> Iterator[str]:
    """A list for each day; in the hour that a clock runs twice, each time says which."""
    days = [(day, list(events)) for day, events in groupby(said, lambda one: one[0].date())]
    for day, events in days:
        for start in range(0, len(events), MOST_IN_LIST):
            if len(days) > 1 or start:
                yield f"**{day:%a} {day.day} {day:%b %Y}{', continued' if start else ''}**"
            form = "%H:%M %Z" if with_zone else "%H:%M"
            yield "\n".join(
                f"- {at.strftime(form)} - {line}" for at, line in events[start : start + MOST_IN_LIST]
            )


def line_of(event: TimelineEvent) -> str:
    """What an event says, as Markdown on one line: "Ada Lovelace moved to Identified: The cookie's domain"."""
    entry = Entry(event)
    sentence = escaped(unescape(strip_tags(str(entry.sentence))))
    who = " ".join(filter(None, (escaped(entry.actor), sentence)))
    more = _more(entry)
    return f"{who}: {more}" if who and more else who or more


def _more(entry: Entry) -> str:
    event, data = entry.event, entry.event.data
    if entry.kind == Kind.LINK_ADDED:
        return f"{one_line(event.text)} <{url}>" if (url := _web(data.get("url"))) else one_line(event.text)
    said = (
        [_no_part(code_span(str(data["command"])))]
        if entry.kind == Kind.COMMAND_RUN and data.get("command")
        else []
    )
    if entry.kind == Kind.DETAILS_CHANGED:
        said.append(escaped("; ".join(entry.changes)))
    return " ".join(filter(None, (*said, one_line(event.text))))


def _web(url: object) -> str:
    """An address that can stand between < and >; "" for any other."""
    text = str(url or "")
    return text if re.fullmatch(r"https?://[^\s<>]{1,2000}", text) else ""


@lru_cache(maxsize=4096)  # a document is shown again with each pause of typing
def one_line(text: str) -> str:
    """Markdown of any length as one line of it: blocks after each other, code blocks as code."""
    said: list[str] = []
    for token in blocks(parser_for(text), text[: 20 * LONGEST], {}):
        if token.type == "inline" and token.content.strip():
            said.append(" ".join(token.content.split()))
        elif token.type in ("fence", "code_block") and token.content.strip():
            said.append(code_span(token.content))
    joined = "".join(f"{words}{_joint(words)}" for words in said[:-1]) + "".join(said[-1:])
    short = joined if len(joined) <= LONGEST else f"{joined[:LONGEST].rsplit(' ', 1)[0]}…"
    return _no_part(short)


def _no_part(line: str) -> str:
    """Nobody's words place a part, whatever the line around them makes of their backticks."""
    return PART.sub(lambda part: f"\\{part[0]}", line)


def _joint(words: str) -> str:
    return " " if words[-1:] in ".!?:;,…" else "; "


def code_span(code: str) -> str:
    """``code`` on one line between as many backticks as it takes."""
    line = " ".join(code.split())
    longest = max((len(run) for run in _TICKS.findall(line)), default=0)
    fence, space = "`" * (longest + 1), " " if line[:1] == "`" or line[-1:] == "`" else ""
    return f"{fence}{space}{line}{space}{fence}" if line else ""
