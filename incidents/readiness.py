"""Whether the portal is ready for the next incident: the runbook that will apply, and what it lacks."""

from dataclasses import dataclass

from django.urls import reverse

from runbooks.fallback import PARTS, is_starter, is_unset
from runbooks.models import Revision, Runbook


@dataclass(frozen=True, slots=True)
class Ready:
    """One thing that is in order, or (``ok`` False) worth mending at ``url``."""

    ok: bool
    text: str
    detail: str = ""
    url: str = ""


def check() -> list[Ready]:
    runbook = Runbook.objects.active().default()
    if runbook is None or runbook.current is None:
        words = "Until then the starter's checklists and severities apply."
        return [Ready(False, "No runbook is published yet", words, reverse("runbooks:list"))]
    url, revision = reverse("runbooks:detail", args=[runbook.slug]), runbook.current
    own = [] if not is_starter(bytes(revision.source)) else [_bring_your_own()]
    return [
        *own,
        _read(runbook.title, revision, url),
        *_contacts(revision, url),
        *_fallen_back(revision, url),
    ]


def _bring_your_own() -> Ready:
    words = "Paste or upload the Markdown that your team has. Until then the starter runbook applies."
    return Ready(False, "Bring your own runbook", words, reverse("runbooks:list"))


def _read(title: str, revision: Revision, url: str) -> Ready:
    playbook = revision.effective
    counts = (
        _count(len(playbook.checklists), "checklist"),
        _count(len(playbook.branches), "branch", "branches"),
        _count(len(playbook.templates), "template"),
    )
    return Ready(True, f"{title} read, revision {revision.number}", ", ".join(counts), url)


def _contacts(revision: Revision, url: str) -> list[Ready]:
    contacts = revision.playbook.contacts
    unset = [contact for contact in contacts if is_unset(contact.contact)]
    if unset:
        roles = ", ".join(contact.role for contact in unset[:4])
        verb = "has" if len(unset) == 1 else "have"
        where = f"{roles}; line {unset[0].line} of the runbook"
        return [Ready(False, f"{_count(len(unset), 'contact')} {verb} no number or address yet", where, url)]
    return [Ready(True, f"{_count(len(contacts), 'contact')} to escalate to")] if contacts else []


def _fallen_back(revision: Revision, url: str) -> list[Ready]:
    missing = revision.effective.from_starter
    parts = [words.lower() for part, words in PARTS.items() if part in missing]
    if not parts:
        return []
    return [Ready(False, "Some parts come from the starter runbook", ", ".join(parts).capitalize(), url)]


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
