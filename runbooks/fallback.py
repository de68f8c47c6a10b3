"""What holds when a runbook does not say: each missing part comes from the starter runbook, and is named so."""

from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path

from runbooks import wording
from runbooks.levels import levels_named
from runbooks.playbook import (
    Branch,
    Cadence,
    Checklist,
    Contact,
    Deadline,
    Playbook,
    PostmortemTemplate,
    Related,
    ResponseRule,
    Severity,
    Template,
)
from runbooks.reader import read

STARTER = Path(__file__).resolve().parent / "starter"

#: Update cadence in minutes by level where neither runbook nor starter says otherwise; lower levels have none.
DEFAULT_CADENCE = {1: 20, 2: 30, 3: 120}

#: The parts that fall back, by the name of their field, in the words people see.
PARTS = {
    "severities": "Severity levels",
    "checklists": "Checklists",
    "branches": "Containment branches",
    "templates": "Message templates",
    "cadences": "Update cadence",
    "contacts": "Escalation contacts",
    "channel_pattern": "Channel name",
    "postmortem_template": "Post-mortem template",
    "deadlines": "Deadlines",
}


@dataclass(frozen=True, slots=True)
class Response:
    """How fast a level is answered: as written, and as a rule to reckon with (see ``Severity``)."""

    text: str = ""
    minutes: int | None = None
    rule: ResponseRule = ""


@dataclass(frozen=True, slots=True, eq=False)
class EffectivePlaybook:
    """A playbook with nothing missing. ``from_starter`` names the fields that the starter filled;
    "responses" is among them when the levels are the runbook's own but give no response time.

    Each is equal to itself alone, so that what follows from it can be kept by it; a revision's is kept."""

    playbook: Playbook
    from_starter: frozenset[str] = frozenset()

    @property
    def title(self) -> str:
        return self.playbook.title

    @property
    def severities(self) -> tuple[Severity, ...]:
        """Most severe first: level 1 is ``severities[0]``."""
        return self.playbook.severities

    @property
    def checklists(self) -> tuple[Checklist, ...]:
        return self.playbook.checklists

    @property
    def branches(self) -> tuple[Branch, ...]:
        return self.playbook.branches

    @property
    def templates(self) -> tuple[Template, ...]:
        return self.playbook.templates

    @property
    def cadences(self) -> tuple[Cadence, ...]:
        return self.playbook.cadences

    @property
    def contacts(self) -> tuple[Contact, ...]:
        return self.playbook.contacts

    @property
    def channel_pattern(self) -> str:
        return self.playbook.channel_pattern

    @property
    def postmortem_template(self) -> PostmortemTemplate:
        return self.playbook.postmortem_template

    @property
    def deadlines(self) -> tuple[Deadline, ...]:
        return self.playbook.deadlines

    @property
    def related(self) -> tuple[Related, ...]:
        return self.playbook.related

    def severity_at(self, level: int) -> Severity:
        """The severity of a level from 1; beyond the scale, the mildest there is."""
        return self.severities[max(1, min(level, len(self.severities))) - 1]

    def response_for(self, level: int) -> Response:
        """How fast ``level`` is answered; from the starter's level of that number where the scale is silent."""
        severity = self.severity_at(level)
        if not severity.response and "responses" in self.from_starter:
            severity = next(iter(starter_playbook().severities[level - 1 : level]), Severity(name=""))
        return Response(severity.response, severity.response_minutes, severity.response_rule)

    def cadence_minutes(self, level: int) -> int | None:
        """Minutes between status updates at ``level``; None where none is owed.

        In this order: what the severity itself says, a cadence that names it, the general one (the internal
        one first; not for a level that can wait for the next business day), the default of that level.
        """
        severity = self.severity_at(level)
        if severity.cadence_minutes:
            return severity.cadence_minutes
        if "cadences" in self.from_starter:
            return DEFAULT_CADENCE.get(level)
        if named := [minutes for minutes, c in self._counted() if level in self._levels(c)]:
            return min(named)
        general = self._general_cadence()
        if general is None:
            return DEFAULT_CADENCE.get(level)
        return None if self.response_for(level).rule == "next_business_day" else general

    def _counted(self) -> list[tuple[int, Cadence]]:
        return [(cadence.minutes, cadence) for cadence in self.cadences if cadence.minutes]

    def _levels(self, cadence: Cadence) -> frozenset[int]:
        return levels_named(cadence.severity, self.severities)

    def _general_cadence(self) -> int | None:
        general = [
            (not c.audience.lower().startswith("internal"), bool(c.audience), minutes)
            for minutes, c in self._counted()
            if not c.severity
        ]
        return min(general)[2] if general else None

    def checklists_for(self, level: int) -> tuple[Checklist, ...]:
        """Those for every level, and those whose title, or else phase, names this one."""
        return tuple(c for c in self.checklists if level in (self._levels_of(c) or (level,)))

    def checklists_added(self, from_level: int, to_level: int) -> tuple[Checklist, ...]:
        """What ``to_level`` asks for and ``from_level`` did not."""
        before = self.checklists_for(from_level)
        return tuple(c for c in self.checklists_for(to_level) if c not in before)

    def _levels_of(self, checklist: Checklist) -> frozenset[int]:
        by_title = levels_named(checklist.title, self.severities)
        return by_title or levels_named(checklist.phase, self.severities)

    def contacts_for(self, level: int) -> tuple[Contact, ...]:
        """Those whose "when" names this level."""
        return tuple(c for c in self.contacts if level in levels_named(c.when, self.severities))

    def channel_name(self, title: str, day: date) -> str:
        """The incident channel's name, without "#", at most 80 characters."""
        return wording.channel_name(self.channel_pattern, title, day)

    def channel_parts(self, day: date) -> tuple[str, str]:
        """The channel's name before and after the title, for a live preview."""
        return wording.channel_parts(self.channel_pattern, day)

    def first_message(self, symptom: str, impact: str) -> str:
        """The first status message as it will read; a blank that nothing was said for stays as written."""
        said = {"symptom": symptom.strip(), "impact": impact.strip()}
        return "".join(said.get(part.slot) or part.text for part in self.first_message_parts())

    def first_message_parts(self) -> tuple[wording.Part, ...]:
        """The same message in parts, for a live preview: words, and blanks with the slot that fills them."""
        return wording.message_parts(self.checklists, self.templates)


def is_unset(contact: str) -> bool:
    """Whether a contact is still a placeholder ("[Update]", "TBD", "") that nobody can be reached by."""
    words = contact.strip().strip("*_`").strip()
    bracketed = words[:1] + words[-1:] in ("[]", "<>", "{}") and "@" not in words
    return bracketed or words.lower() in (
        "",
        "-",
        "—",
        "tbd",
        "tba",
        "todo",
        "n/a",
        "none",
        "...",
        "…",
        "xxx",
    )


def effective(playbook: Playbook) -> EffectivePlaybook:
    """``playbook`` with each missing part from the starter's incident response."""
    missing = {part for part in PARTS if not _has(playbook, part)}
    silent = bool(playbook.severities) and not any(s.response for s in playbook.severities)
    starter = starter_playbook() if missing else Playbook()
    filled = replace(playbook, **{part: getattr(starter, part) for part in missing})
    return EffectivePlaybook(filled, frozenset(missing | ({"responses"} if silent else set())))


def _has(playbook: Playbook, part: str) -> bool:
    value = getattr(playbook, part)
    if part == "cadences":
        return any(c.minutes for c in value) or any(s.cadence_minutes for s in playbook.severities)
    return bool(value.present if part == "postmortem_template" else value)


def is_starter(source: bytes) -> bool:
    """Whether ``source`` is a runbook of the starter set, untouched."""
    return source in {path.read_bytes() for path in STARTER.glob("*.md")}


@lru_cache(maxsize=1)
def starter_playbook() -> Playbook:
    """The starter's incident response, as read."""
    return read((STARTER / "incident-response.md").read_bytes())
