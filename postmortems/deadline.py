"""Until when a runbook wants a post-mortem written."""

import re
from datetime import datetime, timedelta

from incidents.models import Incident
from incidents.states import Status
from runbooks.fallback import EffectivePlaybook
from runbooks.levels import levels_named
from runbooks.playbook import Deadline
from runbooks.reader import vocabulary as v

#: Where a runbook names a deadline without a number that can be reckoned with.
USUAL = timedelta(hours=24)
_HEADING = re.compile(r"^\s{0,3}#{1,6}\s|^\s*\*\*[^*]+\*\*:?\s*$")
_WITHIN = re.compile(r"^\s{0,3}(?:within|innerhalb|binnen|sous|dentro)\b", re.IGNORECASE)
_REPORT = re.compile(r"\b(?:post-)?incident report\b", re.IGNORECASE)
_WRITTEN = re.compile(
    r"post[- ]?mortem|incident report|write-?up|nachbereitung|abschlussbericht|compte[- ]rendu|bilan|informe"
    r"|relat[óo]rio|rapporto|evaluatie|사후|포스트모템|報告書|ポストモーテム|复盘|报告",
    re.IGNORECASE,
)
_PARTS = re.compile(r"root cause|document\b.{0,30}\btimeline", re.IGNORECASE)
_OTHERS = re.compile(
    r"\b(customer|client|user|regulat\w*|authorit\w*|notif\w*|call|update|bcp|data subject)s?\b",
    re.IGNORECASE,
)


def due_at_of(incident: Incident, source: str) -> datetime | None:
    """When the post-mortem of ``incident`` is due, by its runbook, whose text is ``source``.

    None where none is owed: drills, what was written up afterwards, and what was no incident after all.
    """
    if incident.is_quiet or incident.status not in (Status.RESOLVED, Status.CLOSED) or not incident.ended_at:
        return None
    return incident.ended_at + time_for(incident.revision.effective, source, incident.severity)


def time_for(playbook: EffectivePlaybook, source: str, level: int) -> timedelta:
    """How long there is for it: of several deadlines the one that speaks of the post-mortem, and of this level."""
    found = [deadline for deadline in playbook.deadlines if deadline.minutes]
    if not found:
        return USUAL
    lines = [] if "deadlines" in playbook.from_starter else source.split("\n")
    best = max(found, key=lambda deadline: _likeness(deadline, playbook, lines, level))
    return timedelta(minutes=best.minutes or 0)


def _likeness(deadline: Deadline, playbook: EffectivePlaybook, lines: list[str], level: int) -> int:
    """How surely it is the post-mortem's: most where it names this level under a heading of post-mortems."""
    named = levels_named(deadline.text, playbook.severities)
    if named and level not in named:
        return -2
    if v.POSTMORTEM.search(deadline.text) or _REPORT.search(deadline.text):
        return 4
    if _OTHERS.search(deadline.text):
        return -1
    above = any(v.POSTMORTEM.search(line) for line in _above(lines, deadline.line))
    if named and above:
        return 5
    below = "\n".join(_below(lines, deadline.line))
    return 3 if _WRITTEN.search(below) else 2 if _PARTS.search(below) else int(above)


def _below(lines: list[str], line: int) -> list[str]:
    """What stands below line number ``line``, up to the next heading or deadline of the same kind."""
    found = lines[line : line + 30]
    end = next((n for n, text in enumerate(found) if _HEADING.match(text) or _WITHIN.match(text)), len(found))
    return found[:end]


def _above(lines: list[str], line: int) -> list[str]:
    """The two nearest headings above it."""
    headings = (text for text in reversed(lines[: max(0, line - 1)]) if _HEADING.match(text))
    return [text for _, text in zip(range(2), headings, strict=False)]
