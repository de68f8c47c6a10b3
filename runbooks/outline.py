"""What was understood of a runbook, in words for its author: part by part, each find with its line."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from runbooks.fallback import DEFAULT_CADENCE, effective, is_unset, starter_playbook
from runbooks.playbook import Branch, Checklist, Item, Playbook, Warning_


@dataclass(frozen=True, slots=True)
class Find:
    """One thing found: its words, where it is (0: nowhere in particular), and what was made of it."""

    text: str
    line: int = 0
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of thing. ``value`` is the figure to show. Where nothing was found, ``fallback`` says what holds
    instead and ``advice`` how to write it so that it is read."""

    key: str
    label: str
    value: str = ""
    detail: str = ""
    finds: tuple[Find, ...] = ()
    fallback: str = ""
    advice: str = ""

    @property
    def line(self) -> int:
        return min((find.line for find in self.finds if find.line), default=0)


def found(playbook: Playbook, text: str) -> tuple[Part, ...]:
    """The parts that the document has, in the order people ask for them."""
    parts = (
        _severities(playbook),
        _checklists(playbook),
        _questions(playbook),
        _branches(playbook),
        _templates(playbook),
        _cadences(playbook),
        _contacts(playbook),
        _channel(playbook, text),
        _postmortem(playbook),
        _deadlines(playbook),
    )
    return tuple(part for part in parts if part.finds)


def missing(playbook: Playbook) -> tuple[Part, ...]:
    """The parts it has not, each with what an incident declared with it uses instead."""
    absent = effective(playbook).from_starter
    return tuple(
        Part(key, label, fallback=words, advice=_advice(playbook, key))
        for key, label, words in _instead()
        if key in absent
    )


#: How the reader's advice on a missing part begins: it is shown with that part.
_ABSENT = {
    "severities": "No severity",
    "checklists": "No checklist",
    "branches": "No containment",
    "templates": "No communication template",
    "cadences": "No update cadence",
    "contacts": "No escalation contact",
    "channel_pattern": "No name for the incident channel",
    "postmortem_template": "No post-mortem",
}


def _advice(playbook: Playbook, key: str) -> str:
    opening = _ABSENT.get(key)
    said = (w.message for w in playbook.warnings if opening and w.message.startswith(opening))
    return next(said, "").partition(". ")[2]


def worth_fixing(playbook: Playbook) -> tuple[Warning_, ...]:
    """The reader's warnings but for those that a part is missing: :func:`missing` has these."""
    absent = tuple(_ABSENT.values())
    return tuple(w for w in playbook.warnings if not w.message.startswith(absent))


def _instead() -> tuple[tuple[str, str, str], ...]:
    starter = starter_playbook()
    levels = ", ".join(f"{s.name} {_lower(s.response)}".strip() for s in starter.severities)
    updates = ", ".join(f"SEV{n} every {duration(m)}" for n, m in DEFAULT_CADENCE.items())
    return (
        ("severities", "Severity levels", f"The starter’s levels: {levels}."),
        ("responses", "Response times", f"The starter’s, level by level: {levels}."),
        ("checklists", "Checklists", f"The starter’s {_names(starter.checklists)}."),
        ("branches", "Containment branches", f"The starter’s {_names(starter.branches)}."),
        ("templates", "Message templates", f"The starter’s {_names(starter.templates)}."),
        ("cadences", "Update cadence", f"An update is due: {updates}."),
        ("contacts", "Escalation contacts", "The starter’s four roles, with nobody named yet."),
        ("channel_pattern", "Channel name", f"{starter.channel_pattern}"),
        ("postmortem_template", "Post-mortem template", "The starter’s template."),
        ("deadlines", "Deadlines", f"The starter’s: {_names(starter.deadlines)}."),
    )


def _names(things: Iterable[Any]) -> str:
    return ", ".join(f"“{getattr(thing, 'title', '') or getattr(thing, 'text', '')}”" for thing in things)


def _lower(words: str) -> str:
    return words[:1].lower() + words[1:]


def _severities(playbook: Playbook) -> Part:
    finds = tuple(
        Find(s.name, s.line, "; ".join(filter(None, (s.response, s.meaning)))) for s in playbook.severities
    )
    return Part("severities", "Severity levels", str(len(finds)), finds=finds)


def _checklists(playbook: Playbook) -> Part:
    lists = [c for c in playbook.checklists if steps(c) or not questions(c)]
    finds = tuple(Find(_checklist_name(c), c.line, plural(steps(c), "step")) for c in lists)
    total = plural(sum(steps(c) for c in lists), "step")
    return Part("checklists", "Checklists", str(len(finds)), total, finds)


def _checklist_name(checklist: Checklist) -> str:
    return checklist.title or checklist.phase or "Checklist"


def _questions(playbook: Playbook) -> Part:
    asked = [item for c in playbook.checklists for item in c.items if item.kind == "question"]
    finds = tuple(Find(item.text, item.line) for item in asked)
    return Part("questions", "Scope questions", str(len(finds)), finds=finds)


def _branches(playbook: Playbook) -> Part:
    finds = tuple(Find(b.title, b.line, branch_size(b)) for b in playbook.branches)
    commands = sum(bool(item.command) for b in playbook.branches for item in b.items)
    detail = plural(commands, "command") if commands else ""
    return Part("branches", "Containment branches", str(len(finds)), detail, finds)


def _templates(playbook: Playbook) -> Part:
    finds = tuple(Find(t.title or "Message", t.line, ", ".join(t.placeholders)) for t in playbook.templates)
    blanks = sum(len(t.placeholders) for t in playbook.templates)
    return Part("templates", "Message templates", str(len(finds)), plural(blanks, "field"), finds)


def _cadences(playbook: Playbook) -> Part:
    said = [(c.text, c.line, c.minutes, f"{c.severity} {c.audience}") for c in playbook.cadences]
    said += [
        (f"{s.name}: every {duration(s.cadence_minutes)}", s.line, s.cadence_minutes, "")
        for s in playbook.severities
        if s.cadence_minutes
    ]
    finds = tuple(Find(text, line, who.strip()) for text, line, _, who in said)
    minutes = {m for _, _, m, _ in said if m}
    return Part("cadences", "Update cadence", cadence_words(minutes) or str(len(finds)), finds=finds)


def cadence_words(minutes: set[int]) -> str:
    """ "30 min", or "15 min to 2 h" where there are several; "" for none."""
    ends = [duration(m) for m in sorted(minutes)]
    return "" if not ends else ends[0] if len(ends) == 1 else f"{ends[0]} to {ends[-1]}"


def _contacts(playbook: Playbook) -> Part:
    finds = tuple(
        Find(c.role, c.line, "not set" if is_unset(c.contact) else c.contact) for c in playbook.contacts
    )
    named = sum(not is_unset(c.contact) for c in playbook.contacts)
    return Part("contacts", "Escalation contacts", str(len(finds)), f"{named} set", finds)


def _channel(playbook: Playbook, text: str) -> Part:
    pattern = playbook.channel_pattern
    finds = (Find(pattern, channel_line(playbook, text)),) if pattern else ()
    return Part("channel_pattern", "Channel name", "1", finds=finds)


def channel_line(playbook: Playbook, text: str) -> int:
    """The line that the channel's pattern stands on; 0 when it is not there as written."""
    pattern = playbook.channel_pattern.lstrip("#")
    lines = enumerate(text.split("\n"), 1)
    return next((number for number, line in lines if pattern and pattern in line), 0)


def _postmortem(playbook: Playbook) -> Part:
    template = playbook.postmortem_template
    sections = sum(line.startswith("#") for line in template.text.splitlines())
    detail = plural(sections, "section") if sections else ""
    finds = (Find(detail or "Found", template.line),) if template.present else ()
    return Part("postmortem_template", "Post-mortem template", "1", finds=finds)


def _deadlines(playbook: Playbook) -> Part:
    finds = tuple(Find(d.text, d.line) for d in playbook.deadlines)
    return Part("deadlines", "Deadlines", str(len(finds)), finds=finds)


def steps(checklist: Checklist) -> int:
    return sum(item.kind in ("task", "command") for item in checklist.items)


def questions(checklist: Checklist) -> int:
    return sum(item.kind == "question" for item in checklist.items)


def branch_size(branch: Branch) -> str:
    """ "4 steps", "2 commands" or both."""
    tasks = sum(_is_step(item) for item in branch.items)
    commands = sum(item.kind == "command" for item in branch.items)
    words = [plural(tasks, "step")] * bool(tasks) + [plural(commands, "command")] * bool(commands)
    return ", ".join(words)


def _is_step(item: Item) -> bool:
    return item.kind in ("task", "question")


def plural(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def duration(minutes: int | None) -> str:
    """ "30 min", "2 h", "1 h 30 min", "2 d"."""
    if not minutes:
        return ""
    days, rest = divmod(minutes, 1440)
    hours, rest = divmod(rest, 60)
    pieces = ((days, "d"), (hours, "h"), (rest, "min"))
    return " ".join(f"{count} {unit}" for count, unit in pieces if count)
