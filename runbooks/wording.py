"""Words made from a runbook's patterns: the incident channel's name, and the first status message."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from runbooks.playbook import Checklist, Template

MAX_CHANNEL = 80  # characters a channel name may have in the common chat products
DEFAULT_PATTERN = "#incident-YYYY-MM-DD-short-description"
DEFAULT_MESSAGE = "Investigating [symptom]. Impact: [user-facing effect]"

_SLOT = re.compile(r"<([^<>]{1,60})>|\[([^\[\]]{1,60})\]|\{\{([^{}]{1,60})\}\}|\{([^{}]{1,60})\}")
_BARE_TITLE = re.compile(
    r"(?<![a-z])(?:(?:brief|short)[-_ ]?)?(?:description|desc|summary|title|slug|name|topic)(?![a-z])",
    re.IGNORECASE,
)
_QUOTED = re.compile(r'["“„«]([^"“”„«»]{8,500})["”»]')
_POST = re.compile(r"\b(post|send|share|publish|announce|communicate|write)\b", re.IGNORECASE)
_OPENING = re.compile(r"initial|investigat|acknowledg|declared|we are aware|we're aware", re.IGNORECASE)
_LETTER = re.compile(r"subject:|dear\b|hello\b|hi\b", re.IGNORECASE)
_IMPACT = re.compile(
    r"impact|effect|consequence|users? affected|affected users?|auswirkung|영향|影響|影响", re.IGNORECASE
)
_SYMPTOM = re.compile(r"symptom|s[íi]ntoma|issue|problem|what\b|증상|症状", re.IGNORECASE)
_WORDS = re.compile(r"description|summary|explanation|설명", re.IGNORECASE)
_DATES = (("YYYY", "%Y"), ("MM", "%m"), ("DD", "%d"), ("YY", "%y"))
_TITLE = "\x00"  # stands for the title while a pattern is worked on; no source can hold it


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a message: words, or a blank that ``slot`` ("symptom" or "impact") fills."""

    text: str
    slot: str = ""


def slug(words: str) -> str:
    """``words`` in lower-case ASCII letters, digits and hyphens; "" when none is left."""
    ascii_only = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_only.lower()).strip("-")


def channel_name(pattern: str, title: str, day: date) -> str:
    """The channel's name without its "#", at most 80 characters: "incident-2026-11-12-chat-down"."""
    before, after = channel_parts(pattern, day)
    room = MAX_CHANNEL - len(before) - len(after)
    name = before + slug(title)[: max(0, room)].strip("-") + after
    return re.sub(r"-{2,}", "-", name).strip("-_")[:MAX_CHANNEL].strip("-_")


def channel_parts(pattern: str, day: date) -> tuple[str, str]:
    """What stands before and after the title in a channel's name, for a preview that follows the typing."""
    filled = _fill_slots((pattern or DEFAULT_PATTERN).strip().lstrip("#"), day)
    before, _, after = filled.partition(_TITLE)
    return _tidy(before)[:60], _tidy(after.replace(_TITLE, ""))[-20:]


def _fill_slots(pattern: str, day: date) -> str:
    filled = _SLOT.sub(lambda match: _slot_value("".join(g or "" for g in match.groups()), day), pattern)
    filled = _with_dates(filled, day)
    if _TITLE not in filled:
        filled = _BARE_TITLE.sub(_TITLE, filled, count=1)
    return filled if _TITLE in filled else f"{filled}-{_TITLE}"


def _slot_value(name: str, day: date) -> str:
    lowered = name.lower()
    if any(token in name for token in ("YYYY", "MM", "YY")):
        return _with_dates(name, day)
    if "date" in lowered:
        return day.isoformat()
    if re.search(r"\b(id|number|num|no|ticket|severity|sev|key|nnn*|x+|#+)\b", lowered):
        return ""  # not known while declaring
    return _TITLE


def _with_dates(text: str, day: date) -> str:
    for token, form in _DATES:
        text = text.replace(token, day.strftime(form))
    return text


def _tidy(piece: str) -> str:
    """Like :func:`slug`, but keeps a hyphen or underscore at either end, where the title joins."""
    return re.sub(r"-{2,}", "-", re.sub(r"[^a-z0-9_-]+", "-", piece.lower()))


def message_parts(checklists: tuple[Checklist, ...], templates: tuple[Template, ...]) -> tuple[Part, ...]:
    """The first status message: what a checklist says to post, else the first template, else our own.

    It is posted as it stands, so words with a blank that a declaration cannot fill are passed over.
    """
    said = (_quoted_message(checklists), _first_template(templates))
    text = next((words for words in said if words and _can_be_filled(words)), DEFAULT_MESSAGE)
    parts: list[Part] = []
    at = 0
    for match in _SLOT.finditer(text):
        label = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
        if slot := _slot_for("".join(g or "" for g in match.groups()), label):
            parts += [Part(text[at : match.start()]), Part(match[0], slot)]
            at = match.end()
    return tuple(part for part in (*parts, Part(text[at:])) if part.text)


def _can_be_filled(text: str) -> bool:
    blanks = ("".join(group or "" for group in match.groups()) for match in _SLOT.finditer(text))
    labels = (text[text.rfind("\n", 0, match.start()) + 1 : match.start()] for match in _SLOT.finditer(text))
    return all(name.isupper() or _slot_for(name, label) for name, label in zip(blanks, labels, strict=True))


def _quoted_message(checklists: tuple[Checklist, ...]) -> str:
    for checklist in checklists:
        for item in checklist.items:
            quoted = _QUOTED.search(item.text)
            if quoted and _POST.search(item.text) and _SLOT.search(quoted[1]):
                return quoted[1]
    return ""


def _first_template(templates: tuple[Template, ...]) -> str:
    """The one that opens an incident, else the first, unless that is a letter to someone."""
    fitting = (t for t in templates if _OPENING.search(t.title) or _OPENING.search(t.text[:200]))
    first = (t for t in templates[:1] if not _LETTER.match(t.text.strip()))
    chosen = next(fitting, None) or next(first, None)
    return chosen.text.strip() if chosen else ""


def _slot_for(name: str, label: str = "") -> str:
    """Which answer of the declaration fills a blank; "" when none does. Tags in capitals are literals.

    ``label`` is what stands before it on its line: a "[brief description]" after "Impact:" is the impact.
    """
    if name.isupper():
        return ""
    if _IMPACT.search(name) or (_IMPACT.search(label) and _WORDS.search(name)):
        return "impact"
    return "symptom" if _SYMPTOM.search(name) or _WORDS.search(name) else ""
