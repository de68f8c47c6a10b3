"""What a runbook says, once read: the Playbook and its parts.

Every part is frozen and carries ``line``, the 1-based line of the source where it was found, so that a
page can lead from what was understood to the words it was understood from. Tuples, never lists: a
Playbook is a value, safe to share between threads and to cache.
"""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

ResponseRule = Literal["immediate", "minutes", "next_business_day", ""]
ItemKind = Literal["task", "question", "instruction", "command"]
ChecklistStyle = Literal["task", "numbered", "bullets", "paragraphs", "fence"]


@dataclass(frozen=True, slots=True)
class Severity:
    """One level of the runbook's scale, most severe first in ``Playbook.severities``.

    ``name`` is what people say ("SEV1", "P0 Critical"). ``response`` is the response time as written;
    ``response_rule`` says how to reckon with it, ``response_minutes`` is set when the rule is "minutes"
    (and 0 when "immediate"). ``cadence_minutes`` is this level's update cadence where the runbook gives one.
    """

    name: str
    meaning: str = ""
    response: str = ""
    response_minutes: int | None = None
    response_rule: ResponseRule = ""
    examples: str = ""
    cadence_minutes: int | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class Item:
    """One step. ``text`` is inline Markdown as written, without its bullet or box.

    ``kind``: "task" is something to do and tick, "question" something to answer, "instruction" words
    that lead to the next step, "command" a command to copy (then ``command`` holds it whole).
    A task that mentions a command in backticks keeps its kind and has ``command`` too.
    """

    text: str
    kind: ItemKind = "task"
    command: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Checklist:
    """Items under one heading. ``phase`` is the heading above it, "" at the top."""

    title: str
    phase: str = ""
    style: ChecklistStyle = "task"
    line: int = 0
    items: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class Branch:
    """What to do for one suspected cause ("If caused by recent deployment")."""

    title: str
    line: int = 0
    items: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class Template:
    """A message to send. ``placeholders`` are the blanks as written ("[feature]", "{{name}}"), in order,
    each once; ``tags`` are bracketed literals to keep ("[RESOLVED]"); ``choices`` are the placeholders
    that offer alternatives ("[major/minor]")."""

    title: str
    text: str
    placeholders: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    line: int = 0


@dataclass(frozen=True, slots=True)
class Cadence:
    """How often an audience hears news. ``minutes`` is the shorter end of a range, None where the text
    gives no number; ``severity`` is the name of a level, or "" for all."""

    text: str
    minutes: int | None = None
    severity: str = ""
    audience: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Contact:
    """Someone to escalate to. ``columns`` keeps the row as written, header to cell, in order."""

    role: str
    contact: str = ""
    when: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    line: int = 0


@dataclass(frozen=True, slots=True)
class PostmortemTemplate:
    """``text`` is the Markdown of the template, "" where the document has none."""

    present: bool = False
    line: int = 0
    text: str = ""


@dataclass(frozen=True, slots=True)
class Deadline:
    text: str
    minutes: int | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class Related:
    """A link to another runbook, ``target`` as written ("./rollback.md")."""

    title: str
    target: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Warning_:
    """Something worth fixing in the document, in words for its author."""

    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Playbook:
    """All that a careful reader finds in one runbook. An empty tuple means: not found."""

    title: str = ""
    owner: str = ""
    severities: tuple[Severity, ...] = ()
    checklists: tuple[Checklist, ...] = ()
    branches: tuple[Branch, ...] = ()
    templates: tuple[Template, ...] = ()
    cadences: tuple[Cadence, ...] = ()
    contacts: tuple[Contact, ...] = ()
    channel_pattern: str = ""
    postmortem_template: PostmortemTemplate = PostmortemTemplate()
    deadlines: tuple[Deadline, ...] = ()
    related: tuple[Related, ...] = ()
    warnings: tuple[Warning_, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The outline as plain lists and dicts, ready for JSON."""
        return asdict(self)
