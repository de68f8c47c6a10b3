"""What is worth fixing in the document, in words for its author."""

import re

from runbooks.playbook import Playbook, Severity, Warning_
from runbooks.reader.contacts import is_placeholder
from runbooks.reader.plain import folded
from runbooks.reader.vocabulary import words

MAX_WARNINGS = 100
_INCIDENTS = words(
    r"""
    incidents? | outages? | emergenc | on-?call | störung | notfall | vorfall | urgence | incidentes? | emergencia
    emergência | incidenti | storing | инцидент | авари | 장애 | 인시던트 | 사고 | 障害 | インシデント | 故障 | 事故
    """
)
_QUERY = re.compile(r"(?:select|show|explain|delete|update|alter|kill|insert)\b", re.I)
_NO_PROMISE = re.compile(
    r"^\W*(?:$|-|–|n/?a|none|best[- ]effort|as needed|when possible|optional|planned|backlog|"
    r"next (?:sprint|release|week|maintenance)|scheduled|tb[da]|varies|no sla|nach bedarf|"
    r"same day|business hours)",
    re.I,
)
_POINTER = re.compile(r"`([\w./-]{3,120}\.(?:md|markdown))`")


def warnings(book: Playbook) -> tuple[Warning_, ...]:
    found = [
        *_missing(book),
        *_of_contacts(book),
        *_of_severities(book),
        *_of_commands(book),
        *_of_templates(book),
        *_of_links(book),
    ]
    found.sort(key=lambda warning: warning.line)
    if len(found) > MAX_WARNINGS:
        rest = len(found) - MAX_WARNINGS
        found = [
            *found[:MAX_WARNINGS],
            Warning_(found[MAX_WARNINGS].line, f"{rest} more of the same kind are not listed."),
        ]
    return tuple(found)


def _missing(book: Playbook) -> list[Warning_]:
    """Parts that were not found; the page beside adds what applies instead.

    A deployment or rollback runbook need not have them: asked for is what an incident is run with.
    """
    if not _is_for_incidents(book):
        return []
    parts = (
        (
            book.severities,
            "No severity levels were found. A table headed Level, Description, Response time is the "
            "surest way to write them.",
        ),
        (
            book.checklists,
            "No checklist was found. Write steps as “- [ ] …” or as a numbered list under a heading.",
        ),
        (
            book.branches,
            "No containment branches were found. A heading such as “If caused by a recent "
            "deployment” begins one.",
        ),
        (
            book.templates,
            "No communication templates were found. Put each message in a code block under a "
            "heading “Communication templates”.",
        ),
        (book.cadences, "No update cadence was found. “Post an update every 30 minutes” is enough."),
        (
            book.contacts,
            "No escalation contacts were found. A table headed Role, Contact, When to escalate is read.",
        ),
        (book.postmortem_template.present, "No post-mortem template was found."),
        (
            book.channel_pattern,
            "No name for the incident channel was found, such as `#incident-YYYY-MM-DD-brief-desc`.",
        ),
    )
    return [Warning_(1, message) for part, message in parts if not part]


def _is_for_incidents(book: Playbook) -> bool:
    """By its title or its scale; also when next to nothing was found, so that the author is told."""
    return bool(book.severities or _INCIDENTS.search(book.title) or not (book.checklists or book.branches))


def _of_contacts(book: Playbook) -> list[Warning_]:
    found: list[Warning_] = []
    for contact in book.contacts:
        if not contact.contact:
            message = f"“{contact.role}” has no phone number, address or handle: nobody can be reached."
            found.append(Warning_(contact.line, message))
        elif is_placeholder(contact.contact):
            message = f"The contact of “{contact.role}” is still “{contact.contact}”: nobody can be reached."
            found.append(Warning_(contact.line, message))
    return found


def _of_severities(book: Playbook) -> list[Warning_]:
    if not book.severities:
        return []
    found = [warning for severity in book.severities for warning in _of_severity(severity)]
    first: dict[str, int] = {}
    for severity in book.severities:
        earlier = first.setdefault(folded(severity.name), severity.line)
        if earlier != severity.line:
            found.append(
                Warning_(severity.line, f"The level “{severity.name}” is also defined in line {earlier}.")
            )
    untimed = [severity for severity in book.severities if not severity.response]
    if len(untimed) == len(book.severities):
        return [*found, Warning_(untimed[0].line, "The severity levels have no response times.")]
    return found + [Warning_(severity.line, f"{severity.name} has no response time.") for severity in untimed]


def _of_severity(severity: Severity) -> list[Warning_]:
    found: list[Warning_] = []
    if severity.response and not severity.response_rule and not _NO_PROMISE.match(severity.response):
        message = (
            f"The response time of {severity.name}, “{severity.response[:80]}”, is not a time to reckon with. "
            "Write “30 minutes”, “Immediate” or “Next business day”."
        )
        found.append(Warning_(severity.line, message))
    if not severity.meaning and not severity.examples:
        message = (
            f"{severity.name} is named but not described: say what it means, so that people choose alike."
        )
        found.append(Warning_(severity.line, message))
    return found


def _of_commands(book: Playbook) -> list[Warning_]:
    """Queries taken out of comments, and steps that lead to a file which may not be at hand."""
    found: list[Warning_] = []
    items = [item for part in book.checklists for item in part.items]
    items += [item for part in book.branches for item in part.items]
    for item in items:
        if item.kind == "command" and item.text.endswith(":") and _QUERY.match(item.command):
            message = "A command stands inside a comment. It is shown as a command to copy."
            found.append(Warning_(item.line, message))
        pointer = _POINTER.search(item.text[:1000])
        if pointer:
            message = (
                f"This step leads to `{pointer[1]}`. Load that runbook too, so that the step can be opened."
            )
            found.append(Warning_(item.line, message))
    return found


def _of_templates(book: Playbook) -> list[Warning_]:
    found: list[Warning_] = []
    seen: dict[str, int] = {}
    for template in book.templates:
        key = folded(template.title)
        if key in seen and template.title:
            message = f"Two templates are called “{template.title}”, the first in line {seen[key]}."
            found.append(Warning_(template.line, message))
        seen.setdefault(key, template.line)
    return found


def _of_links(book: Playbook) -> list[Warning_]:
    return [
        Warning_(entry.line, f"The related runbook “{entry.title}” has no link.")
        for entry in book.related
        if not entry.target
    ]
