"""What the viewers of a room have to be shown, read and rendered once for all of them. Runs in a thread."""

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from django.db import Error
from django.utils import timezone

from incidents import sections
from incidents.models import Incident
from live.admission import farewells
from live.events import encode_all
from live.streams import Viewer

log = logging.getLogger(__name__)

PRESENCE = "presence"
ALL = frozenset(sections.NAMES)
#: What changes with facts that are no events of the timeline.
WITHOUT_EVENT = {
    "presence_changed": frozenset({PRESENCE}),
    "action_item_changed": frozenset({"afterwards"}),
    "postmortem_changed": frozenset({"afterwards"}),
}


@dataclass(frozen=True)
class Look:
    """The bytes to push, by time zone: ``news`` to those who follow, ``fresh`` to those who were away.

    ``seq`` was read before anything was rendered: the sections show that event's work, or later.
    """

    seq: int = 0
    news: dict[str, bytes] = field(default_factory=dict)
    fresh: dict[str, bytes] = field(default_factory=dict)
    farewells: dict[Viewer, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Wanted:
    """``names`` changed, by events up to ``seq``; ``arrivals`` say which event they last knew of."""

    names: frozenset[str]
    seq: int
    viewers: frozenset[Viewer]
    arrivals: tuple[tuple[Viewer, int], ...]


def sections_of(fact: Mapping[str, Any]) -> frozenset[str]:
    """The sections that ``fact`` changes: for an event of the timeline, all of them if it is of a kind nobody thought
    of; for anything else, none unless it is known."""
    name = str(fact.get("name"))
    if "event_id" in fact:
        return frozenset(sections.SECTIONS_OF.get(name, ALL))
    return WITHOUT_EVENT.get(name, frozenset())


def look(incident_id: int, wanted: Wanted) -> Look:
    incident = sections.load(incident_id)
    seq = incident.event_seq
    behind = {viewer.zone for viewer, known in wanted.arrivals if known < seq}
    html = {
        zone: render(incident, zone, ALL if zone in behind else wanted.names)
        for zone in {viewer.zone for viewer in wanted.viewers}
    }
    news = {zone: _chosen(pages, wanted.names) for zone, pages in html.items()} if wanted.names else {}
    return Look(
        seq,
        {zone: encode_all(pages, wanted.seq or None) for zone, pages in news.items()},
        {zone: encode_all(list(html[zone].items()), seq) for zone in behind},
        farewells(wanted.viewers, incident_id),
    )


def render(incident: Incident, zone: str, names: Collection[str]) -> dict[str, str]:
    """The HTML of each section in ``names``; one that fails is left out, so that it does not stop the others."""
    found: dict[str, str] = {}
    with timezone.override(ZoneInfo(zone)):
        for name in sections.NAMES:
            if name not in names:
                continue
            try:
                found[name] = sections.render(name, incident)
            except Error:
                raise  # the database: all of it is tried again
            except Exception:
                log.exception("Section %s of %s cannot be rendered", name, incident.reference)
    return found


def _chosen(pages: dict[str, str], names: frozenset[str]) -> list[tuple[str, str]]:
    return [(name, html) for name, html in pages.items() if name in names]
