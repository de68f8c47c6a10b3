"""A Playbook as an outline: JSON for programs, indented lines for people."""

from typing import Any

from runbooks.playbook import Item, Playbook, Severity

WIDTH = 110


def as_json(book: Playbook) -> dict[str, Any]:
    """The outline's contract: the Playbook's own keys; of the post-mortem template only whether and where."""
    outline = book.as_dict()
    outline["postmortem_template"].pop("text")
    return outline


def as_text(book: Playbook) -> str:
    lines = [book.title or "(no title)"]
    if book.owner:
        lines.append(f"Owner: {book.owner}")
    lines += _part("Severity levels", [_found(s.line, _severity(s)) for s in book.severities])
    lines += _steps(
        "Checklists",
        [(c.line, f"{c.phase} › {c.title}" if c.phase else c.title, c.items) for c in book.checklists],
    )
    lines += _steps("Containment branches", [(b.line, b.title, b.items) for b in book.branches])
    lines += _part(
        "Communication templates",
        [_found(t.line, f"{t.title}  {' '.join((*t.tags, *t.placeholders))}") for t in book.templates],
    )
    lines += _part(
        "Update cadence",
        [_found(c.line, " ".join(filter(None, (c.severity, c.audience, c.text)))) for c in book.cadences],
    )
    lines += _part(
        "Escalation contacts",
        [
            _found(c.line, f"{c.role}: {c.contact or '-'}" + (f" ({c.when})" if c.when else ""))
            for c in book.contacts
        ],
    )
    lines += _part("Incident channel", [f"         {book.channel_pattern}"] if book.channel_pattern else [])
    template = book.postmortem_template
    lines += _part("Post-mortem template", [_found(template.line, "found")] if template.present else [])
    lines += _part("Deadlines", [_found(d.line, f"{d.text} ({d.minutes} min)") for d in book.deadlines])
    lines += _part("Related runbooks", [_found(r.line, f"{r.title}  {r.target}") for r in book.related])
    lines += _part(
        "Worth fixing", [_found(w.line, w.message, width=1000) for w in book.warnings], none="nothing"
    )
    return "\n".join(lines)


def _part(title: str, found: list[str], none: str = "not found") -> list[str]:
    return ["", f"{title}: {len(found) or none}", *found]


def _found(line: int, text: str, width: int = WIDTH) -> str:
    text = " ".join(text.split())
    return f"{line:>6}   {text if len(text) <= width else text[: width - 1] + '…'}"


def _severity(severity: Severity) -> str:
    reckoned = f" = {severity.response_minutes} min" if severity.response_rule == "minutes" else ""
    response = f" [{severity.response}{reckoned}]" if severity.response else ""
    cadence = f" [updates every {severity.cadence_minutes} min]" if severity.cadence_minutes else ""
    return f"{severity.name}{response}{cadence} {severity.meaning}"


def _steps(title: str, groups: list[tuple[int, str, tuple[Item, ...]]]) -> list[str]:
    found = _part(title, [""] * len(groups))[:2]
    marks = {"task": "[ ]", "question": " ? ", "instruction": " – ", "command": " $ "}
    for line, name, items in groups:
        found.append(_found(line, name))
        for item in items:
            found.append(f"{item.line:>6}     {marks[item.kind]} {_found(item.line, item.text)[9:]}")
            if item.kind == "command":
                found += [f"{'':>15}{command}"[: WIDTH + 9] for command in item.command.split("\n")]
    return found
