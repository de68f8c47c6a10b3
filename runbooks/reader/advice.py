"""What is worth fixing in the document, in words for its author."""

import re

from runbooks.playbook import Playbook, Severity, Warning_
from runbooks.reader import times
from runbooks.reader.blocks import Section
from runbooks.reader.contacts import is_placeholder
from runbooks.reader.plain import folded

MAX_WARNINGS = 100
_NO_PROMISE = re.compile(
    r"^\W*(?:$|-|–|n/?a|none|best[- ]effort|as needed|when possible|optional|planned|backlog|next (?:sprint|release|week|maintenance)|scheduled|tb[da]|varies|no sla|nach bedarf|same day|business hours)",
    re.I,
)
_POINTER = re.compile(r"`([\w./-]{3,120}\.(?:md|markdown))`")


def warnings(book: Playbook, root: Section) -> tuple[Warning_, ...]:
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
    """Parts that were not found; the page beside adds what applies instead."""
    parts = (
        (
            book.severities,
            "No severity levels were found. A table headed Level, Description, Response time is the surest way to write them.",
        ),
        (
            book.checklists,
            "No checklist was found. Write steps as “- [ ] …” or as a numbered list under a heading.",
        ),
        (
            book.branches,
            "No containment branches were found. A heading such as “If caused by a recent deployment” begins one.",
        ),
        (
            book.templates,
            "No communication templates were found. Put each message in a code block under a heading “Communication templates”.",
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


def _of_contacts(book: Playbook) -> list[Warning_]:
    found: list[Warning_] = []
    for contact in book.contacts:
        if contact.contact and is_placeholder(contact.contact):
            found.append(
                Warning_(
                    contact.line,
                    f"The contact of “{contact.role}” is still “{contact.contact}”: nobody can be reached.",
                )
            )
        elif not contact.contact:
            found.append(
                Warning_(
                    contact.line,
                    f"“{contact.role}” has no phone number, address or handle: nobody can be reached.",
                )
            )
    return found


def _of_severities(book: Playbook) -> list[Warning_]:
    found: list[Warning_] = []
    names: dict[str, Severity] = {}
    for severity in book.severities:
        key = folded(severity.name)
        if key in names:
            found.append(
                Warning_(
                    severity.line,
                    f"The level “{severity.name}” is defined twice, first in line {names[key].line}.",
                )
            )
        names.setdefault(key, severity)
        if severity.response and not severity.response_rule and not _NO_PROMISE.match(severity.response):
            found.append(
                Warning_(
                    severity.line,
                    f"The response time of {severity.name}, “{severity.response[:80]}”, is not a time we can reckon with. Write “30 minutes”, “Immediate” or “Next business day”.",
                )
            )
        if not severity.meaning and not severity.examples:
            found.append(
                Warning_(
                    severity.line,
                    f"{severity.name} is named but not described: say what it means, so that people choose alike.",
                )
            )
    timed = [severity for severity in book.severities if severity.response]
    if book.severities and not timed:
        found.append(Warning_(book.severities[0].line, "The severity levels have no response times."))
    elif len(timed) < len(book.severities):
        found.extend(
            Warning_(severity.line, f"{severity.name} has no response time.")
            for severity in book.severities
            if not severity.response
        )
    return found


def _of_commands(book: Playbook) -> list[Warning_]:
    """Queries taken out of comments, and steps that lead to a file which may not be at hand."""
    found: list[Warning_] = []
    items = [item for part in (*book.checklists, *book.branches) for item in part.items]
    for item in items:
        if (
            item.kind == "command"
            and item.line
            and item.command
            and item.command in _commented(item.command, item.text, book)
        ):
            found.append(
                Warning_(item.line, "A command stands inside a comment. It is shown as a command to copy.")
            )
        pointer = _POINTER.search(item.text[:1000])
        if pointer:
            found.append(
                Warning_(
                    item.line,
                    f"This step leads to `{pointer[1]}`. Load that runbook too, so that the step can be opened.",
                )
            )
    return found


def _commented(command: str, text: str, book: Playbook) -> str:
    return (
        command
        if text.endswith(":")
        and re.match(r"(?i)^(?:select|show|explain|delete|update|alter|kill|insert)\b", command)
        else ""
    )


def _of_templates(book: Playbook) -> list[Warning_]:
    found: list[Warning_] = []
    seen: dict[str, int] = {}
    for template in book.templates:
        key = folded(template.title)
        if key in seen and template.title:
            found.append(
                Warning_(
                    template.line,
                    f"Two templates are called “{template.title}”, the first in line {seen[key]}.",
                )
            )
        seen.setdefault(key, template.line)
    for cadence in book.cadences:
        if cadence.minutes is None and times.is_recurring(cadence.text):
            found.append(
                Warning_(
                    cadence.line,
                    f"The update cadence “{cadence.text[:80]}” is not a time we can reckon with.",
                )
            )
    return found


def _of_links(book: Playbook) -> list[Warning_]:
    return [
        Warning_(entry.line, f"The related runbook “{entry.title}” has no link.")
        for entry in book.related
        if not entry.target
    ]
