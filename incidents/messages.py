"""Status updates from the runbook's templates: blanks, what the incident fills them with, the finished words."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

from django.utils import timezone

from incidents.models import elapsed
from incidents.room import ENDING, Room
from incidents.spans import in_words
from incidents.states import OPEN, Status
from runbooks.playbook import Template

_NEXT = re.compile(r"next\s+(status\s+)?update", re.IGNORECASE)
_UTC = re.compile(r"\s*UTC\b")
_TIME = re.compile(r"\btime|hh:?mm", re.IGNORECASE)
#: Tags that say where the incident stands: they follow its status. "[RESOLVED]" is kept as written.
_OPEN_TAGS = {str(status) for status in OPEN}
_ENDED = (Status.RESOLVED, Status.CLOSED)


@dataclass(frozen=True)
class Blank:
    """One placeholder: ``name`` is its field's, ``choices`` what it offers, ``value`` what the incident says."""

    name: str
    placeholder: str
    value: str = ""
    choices: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        words = _bare(self.placeholder).replace("_", " ").strip()
        return words[:1].upper() + words[1:]


@dataclass(frozen=True)
class Piece:
    """A stretch of the message: words, a blank, or the tag that follows the status."""

    text: str
    blank: Blank | None = None
    is_tag: bool = False


@dataclass
class Message:
    """A template of the runbook, ready to be filled for one incident."""

    template: Template
    room: Room

    @cached_property
    def blanks(self) -> list[Blank]:
        return [self._blank(f"blank-{n}", p) for n, p in enumerate(self.template.placeholders)]

    def _blank(self, name: str, placeholder: str) -> Blank:
        if placeholder in self.template.choices:
            offered = _choices(placeholder)
            standing = self.room.incident.get_status_display().lower()
            return Blank(name, placeholder, next((c for c in offered if c.lower() == standing), ""), offered)
        return Blank(name, placeholder, self._known(placeholder))

    def _known(self, placeholder: str) -> str:
        """What the incident says for ``placeholder`` where it stands: the words around it count too."""
        before, _, after = self.template.text.partition(placeholder)
        if _UTC.match(after):  # the template has the zone itself
            with timezone.override(UTC):
                return self._asked(placeholder, before).removesuffix(" UTC")
        return self._asked(placeholder, before)

    def _asked(self, placeholder: str, before: str) -> str:
        asked, line = _bare(placeholder), before.rpartition("\n")[2]
        if _NEXT.search(line) and _TIME.search(asked):
            return _clock(next_due(self.room))
        if ENDING.search(self.template.title) and "description" in asked.lower():
            return ""  # of the cause, or of the repair: the incident knows what broke
        return prefill(asked, self.room)

    @property
    def tag(self) -> str:
        """The tag of the template that follows the status; "" where it has none, or several."""
        found = [tag for tag in self.template.tags if tag.strip("[]").lower() in _OPEN_TAGS]
        return found[0] if len(found) == 1 else ""

    @property
    def tag_now(self) -> str:
        """What that tag is while the incident stands as it does."""
        status = self.room.incident.status
        if status not in OPEN and status not in _ENDED:
            return self.tag
        word = str(Status.RESOLVED if status in _ENDED else status)
        return f"[{word.upper() if self.tag.isupper() else word.capitalize()}]"

    @cached_property
    def pieces(self) -> list[Piece]:
        by_text = {blank.placeholder: Piece(blank.placeholder, blank) for blank in self.blanks}
        if self.tag:
            by_text[self.tag] = Piece(self.tag_now, is_tag=True)
        text = self.template.text.strip()
        if not by_text:
            return [Piece(text)]
        longest_first = sorted(by_text, key=len, reverse=True)
        found = re.split(f"({'|'.join(map(re.escape, longest_first))})", text)
        return [by_text.get(part) or Piece(part) for part in found if part]

    def filled(self, values: dict[str, str]) -> str:
        """The words; a blank without a value stays as the runbook has it."""
        return "".join(
            (values.get(p.blank.name, "").strip() or p.text) if p.blank else p.text for p in self.pieces
        )


def leftovers(text: str, templates: tuple[Template, ...]) -> list[str]:
    """Placeholders of any template that still stand in ``text`` as the runbook wrote them."""
    known = dict.fromkeys(p for template in templates for p in template.placeholders)
    return [placeholder for placeholder in known if placeholder in text]


def template_named(room: Room, title: str) -> Template | None:
    return next((t for t in room.playbook.templates if t.title == title), None)


def suggested(room: Room) -> Template | None:
    """The template that fits where the incident stands: one about the end once it has ended, else the first other."""
    ending = [t for t in room.playbook.templates if ENDING.search(t.title)]
    others = [t for t in room.playbook.templates if t not in ending]
    wanted = others + ending if room.incident.is_open else ending + others
    return next(iter(wanted), None)


def prefill(name: str, room: Room) -> str:
    """What the incident says for a placeholder called ``name``; "" for what it does not know."""
    asked = " ".join(re.sub(r"[_\-/]+", " ", name.lower()).split())
    return next((say(room) for pattern, say in _KNOWN if pattern.fullmatch(asked)), "")


def _bare(placeholder: str) -> str:
    return placeholder.strip("[]{}<>").strip()


def _choices(placeholder: str) -> tuple[str, ...]:
    return tuple(choice.strip() for choice in re.split(r"[/|]", _bare(placeholder)) if choice.strip())


def _clock(moment: datetime | None) -> str:
    return f"{timezone.localtime(moment):%H:%M %Z}" if moment else ""


def _feature(room: Room) -> str:
    return ", ".join(room.services) or room.incident.title


def _symptom(room: Room) -> str:
    return room.incident.symptom or (room.incident.title if room.services else "")


_KNOWN: list[tuple[re.Pattern[str], Callable[[Room], str]]] = [
    (re.compile(pattern), say)
    for pattern, say in (
        (r"(affected )?(features?|services?|systems?|products?|components?)( name| affected)?", _feature),
        (r"(brief )?(symptoms?|issue|problem)( description)?", _symptom),
        (
            r"(description of )?((user|customer)[ -]?(facing )?)?(impact|effect)( description)?",
            lambda r: r.incident.impact,
        ),
        (r"(incident )?(start|started|began|begin)( time| at)?", lambda r: _clock(r.incident.started_at)),
        (
            r"(incident )?(end|ended|resolved|resolution)( time| at)",
            lambda r: _clock(r.incident.resolved_at or r.incident.ended_at),
        ),
        (
            r"(total )?duration",
            lambda r: in_words(elapsed(r.incident)) if not r.incident.is_open else "",
        ),
        (r"sev(erity)?( level)?|sev ?[x#n\d]|p ?[x#n\d]|p ?\{severity", lambda r: r.incident.severity_name),
        (
            r"incident (id|number|reference|key|ref)|id|reference|inc (id|number|xxx+)",
            lambda r: r.incident.reference,
        ),
        (
            r"(incident )?(title|summary)|incident name|(brief|short) (title|description|summary)",
            lambda r: r.incident.title,
        ),
        (r"(current )?(incident )?status", lambda r: r.incident.get_status_display()),
        (
            r"(incident )?(commander|ic|lead)( name)?",
            lambda r: r.incident.commander.name if r.incident.commander else "",
        ),
        (r"(current |updated? )?time( utc)?|hh:?mm( utc)?|timestamp", lambda r: _clock(timezone.now())),
        (r"(current )?date|yyyy mm dd", lambda r: f"{timezone.localdate():%Y-%m-%d}"),
        (r"next update( time| at)?", lambda r: _clock(next_due(r))),
        (r"(slack |incident )?channel( name)?", lambda r: f"#{r.incident.channel_name}"),
    )
]


def next_due(room: Room) -> datetime | None:
    """When the next update is due if one is posted now; None where none is owed."""
    if not (room.incident.is_open and room.cadence_minutes):
        return None
    return timezone.now() + timedelta(minutes=room.cadence_minutes)
