"""What will happen when an incident is declared, in words, before anything is sent."""

from dataclasses import dataclass
from datetime import UTC
from typing import Any

from django.utils import timezone

from incidents.models import Step
from runbooks.fallback import EffectivePlaybook, Response, is_unset
from runbooks.playbook import Contact, Item
from runbooks.wording import Part, slug


@dataclass(frozen=True, slots=True)
class Card:
    """A severity to choose: ``level`` goes to the server, ``sign`` is its shape, of which there are four."""

    level: int
    name: str
    meaning: str
    response: str
    examples: str

    @property
    def sign(self) -> int:
        return min(self.level, 4)


@dataclass(frozen=True, slots=True)
class Callee:
    """Someone the runbook names for this severity; ``contact`` is "" where it still has a blank there."""

    role: str
    contact: str
    when: str


@dataclass(frozen=True, slots=True)
class Preview:
    """The consequences; ``severity`` is "" and ``steps`` 0 until a severity is chosen."""

    channel_before: str
    channel_slug: str
    channel_after: str
    message: tuple[tuple[Part, str], ...]
    severity: str = ""
    response: str = ""
    cadence_minutes: int | None = None
    contacts: tuple[Callee, ...] = ()
    steps: int = 0
    branch: str = ""


def cards(playbook: EffectivePlaybook) -> list[Card]:
    return [
        Card(level, s.name, s.meaning, response_words(playbook.response_for(level)), s.examples)
        for level, s in enumerate(playbook.severities, 1)
    ]


def preview(playbook: EffectivePlaybook, said: dict[str, Any]) -> Preview:
    """``said`` is what of the declaration is valid so far."""
    title, level, cause = said.get("title", ""), said.get("severity"), said.get("cause", "")
    before, after = playbook.channel_parts(timezone.localdate(timezone=UTC))
    words = {"symptom": said.get("symptom") or title, "impact": said.get("impact", "")}
    message = tuple((part, words.get(part.slot, "")) for part in playbook.first_message_parts())
    channel = (before, slug(title)[: 80 - len(before) - len(after)].strip("-"), after)
    if not level:
        return Preview(*channel, message, branch=cause)
    return Preview(
        *channel,
        message,
        severity=playbook.severity_at(level).name,
        response=response_words(playbook.response_for(level)),
        cadence_minutes=playbook.cadence_minutes(level),
        contacts=tuple(map(_callee, playbook.contacts_for(level))),
        steps=_steps(playbook, level, cause),
        branch=cause,
    )


def _callee(contact: Contact) -> Callee:
    return Callee(contact.role, "" if is_unset(contact.contact) else contact.contact, contact.when)


def response_words(response: Response) -> str:
    """As a sentence: "Respond immediately", "Respond in under 1 hour"; "" where nothing is said."""
    text = response.text.strip()
    if response.rule == "immediate":
        return "Respond immediately"
    if response.rule == "next_business_day":
        return "Respond on the next business day"
    if response.rule == "minutes" and text[:1] in ("<", "≤"):
        return f"Respond in under {text.lstrip('<≤= ')}"
    if response.rule == "minutes":
        return f"Respond within {text.removeprefix('within ').removeprefix('Within ')}"
    return f"Response: {text}" if text else ""


def _steps(playbook: EffectivePlaybook, level: int, cause: str) -> int:
    branch = next((b for b in playbook.branches if b.title[:300] == cause), None)
    lists = [c.items for c in playbook.checklists_for(level)] + ([branch.items] if branch else [])
    return sum(_counts(item) for items in lists for item in items)


def _counts(item: Item) -> bool:
    return item.kind in Step.COUNTED and bool(item.text or item.command)
