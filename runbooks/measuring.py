"""How well the reader reads: recall and invention per kind over a folder of annotated runbooks.

The folder holds Markdown files and ``annotations.json``: what a careful reader found in each file. Annotators
recorded check boxes and numbered steps; bullets and commands that the reader takes for steps have nothing to be
compared with and are counted apart.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runbooks.playbook import Branch, Checklist, Playbook
from runbooks.reader import levels, read, times
from runbooks.reader.plain import folded, plain, without_number
from runbooks.reader.vocabulary import SCENARIO_PREFIX

Annotation = dict[str, Any]


@dataclass(slots=True)
class Tally:
    """``expected`` of a kind, ``matched`` of them, and what was ``invented``: found, but in no annotation."""

    kind: str
    expected: int = 0
    matched: int = 0
    missed: list[str] = field(default_factory=list)
    invented: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float:
        return self.matched / self.expected if self.expected else 1.0

    @property
    def invention(self) -> float:
        """Of all that was found, the share that is in no annotation."""
        found = self.matched + len(self.invented)
        return len(self.invented) / found if found else 0.0

    def compare(self, where: str, expected: list[str], found: list[str]) -> None:
        left = list(found)
        for name in expected:
            self.expected += 1
            if name in left:
                left.remove(name)
                self.matched += 1
            else:
                self.missed.append(f"{where}: {name}")
        self.invented.extend(f"{where}: {name}" for name in left)


KINDS = (
    "severity levels",
    "response times",
    "checklists",
    "branches",
    "templates",
    "blanks in templates",
    "post-mortem templates",
    "contacts",
    "update cadences",
    "related runbooks",
)
BESIDE = "other steps (bullets, commands)"


def measure(folder: Path) -> list[Tally]:
    """Read every annotated file. Raises OSError or ValueError when the folder holds no annotations."""
    annotations: dict[str, Annotation] = json.loads((folder / "annotations.json").read_text())
    tallies = {kind: Tally(kind) for kind in (*KINDS, BESIDE)}
    for name, annotation in annotations.items():
        compare(read((folder / name).read_bytes()), annotation, name.split("__")[0][:20], tallies)
    return list(tallies.values())


def compare(book: Playbook, annotation: Annotation, where: str, tallies: dict[str, Tally]) -> None:
    _severities(book, annotation, where, tallies)
    _checklists(book, annotation, where, tallies)
    _templates(book, annotation, where, tallies)
    forms = annotation["containment"]["if_form"] + annotation["containment"]["scenario_form"]
    tallies["branches"].compare(
        where, [_title(title) for title in forms], [_title(branch.title) for branch in book.branches]
    )
    expected = ["present"] if annotation["postmortem_template"]["present"] else []
    tallies["post-mortem templates"].compare(
        where, expected, ["present"] if book.postmortem_template.present else []
    )
    _contacts(book, annotation, where, tallies)
    _cadences(book, annotation, where, tallies)
    related = [folded(entry["text"]) for entry in annotation["related_runbooks"]]
    tallies["related runbooks"].compare(where, related, [folded(entry.title) for entry in book.related])


def _title(text: str) -> str:
    return folded(SCENARIO_PREFIX.sub("", without_number(plain(text)))).rstrip(":： ")


def _key(name: str) -> str:
    level = levels.parse(name)
    return level.key if level else folded(name)


def _severities(book: Playbook, annotation: Annotation, where: str, tallies: dict[str, Tally]) -> None:
    expected = annotation["severity"]["levels"]
    tallies["severity levels"].compare(
        where,
        [_key(level["name"]) for level in expected],
        [_key(severity.name) for severity in book.severities],
    )
    written = [
        f"{_key(level['name'])} {times.response(level['response'])}"
        for level in expected
        if level["response"]
    ]
    read_as = [
        f"{_key(s.name)} {(s.response_rule, s.response_minutes)}" for s in book.severities if s.response
    ]
    tallies["response times"].compare(where, written, read_as)


# Checklists: a group may stand in a checklist of its own, in several of one phase, or in a branch


@dataclass(slots=True)
class _Group:
    titles: set[str]
    count: int
    parts: tuple[int, ...]


def _checklists(book: Playbook, annotation: Annotation, where: str, tallies: dict[str, Tally]) -> None:
    tally, beside = tallies["checklists"], tallies[BESIDE]
    groups = list(_groups(book))
    used: set[int] = set()
    for entry in annotation["checklists"]:
        tally.expected += 1
        names = {
            _title(name)
            for name in (entry["heading"], entry["heading"].split(">")[-1], entry["heading"].split(">")[0])
        }
        match = next(
            (
                g
                for g in groups
                if g.count == entry["items"] and _alike(g.titles, names) and not used.intersection(g.parts)
            ),
            None,
        )
        if match is None:
            tally.missed.append(f"{where}: {entry['heading']} ({entry['items']})")
        else:
            tally.matched += 1
            used.update(match.parts)
    for checklist in book.checklists:
        if id(checklist) not in used:
            boxes = checklist.style in ("task", "numbered", "paragraphs") or (
                any(item.kind == "task" for item in checklist.items) and checklist.style == "fence"
            )
            (tally if boxes else beside).invented.append(
                f"{where}: {checklist.title} ({len(checklist.items)}, {checklist.style})"
            )


def _alike(titles: set[str], names: set[str]) -> bool:
    """Annotators left a heading's "(0-15 minutes)" out at times."""
    return bool(titles & names) or any(title.startswith(f"{name} (") for title in titles for name in names)


def _groups(book: Playbook) -> Iterator[_Group]:
    for checklist in book.checklists:
        yield _Group(
            {_title(checklist.title), _title(checklist.title.split("—")[0])},
            _tasks(checklist),
            (id(checklist),),
        )
    for phase in {checklist.phase for checklist in book.checklists if checklist.phase}:
        parts = [checklist for checklist in book.checklists if checklist.phase == phase]
        yield _Group({_title(phase)}, sum(_tasks(part) for part in parts), tuple(id(part) for part in parts))
    for branch in book.branches:
        yield from _groups_in(branch)


def _tasks(part: Checklist | Branch) -> int:
    return sum(1 for item in part.items if item.kind in ("task", "question"))


def _groups_in(branch: Branch) -> Iterator[_Group]:
    title, count, at = "", 0, branch.line
    for item in (*branch.items, None):
        if item is None or (item.kind == "instruction" and not item.command):
            yield _Group({_title(title)} if title else {_title(branch.title)}, count, (at,))
            title, count, at = (item.text, 0, item.line) if item else ("", 0, 0)
        elif item.kind in ("task", "question"):
            count += 1
    yield _Group({_title(branch.title)}, _tasks(branch), (branch.line,))


def _templates(book: Playbook, annotation: Annotation, where: str, tallies: dict[str, Tally]) -> None:
    expected = [entry for entry in annotation["templates"] if "filled example" not in entry["title"]]
    by_line = {template.line: template for template in book.templates}
    tallies["templates"].compare(
        where, [f"line {entry['line']}" for entry in expected], [f"line {line}" for line in by_line]
    )
    for entry in expected:
        template = by_line.get(entry["line"])
        if template:
            marks = [
                *entry["placeholders"],
                *entry["status_tags"],
                *(f"choice {choice}" for choice in entry["choice_placeholders"]),
            ]
            found = [
                *template.placeholders,
                *template.tags,
                *(f"choice {choice}" for choice in template.choices),
            ]
            tallies["blanks in templates"].compare(f"{where}:{entry['line']}", marks, found)


def _contacts(book: Playbook, annotation: Annotation, where: str, tallies: dict[str, Tally]) -> None:
    contacts = annotation["contacts"]
    if contacts["style"] == "pointer":
        return
    roles = [role for table in contacts["tables"] for role in table["roles"]] + [
        entry.split(":")[0] for entry in contacts["entries"]
    ]
    found = [folded(contact.role) for contact in book.contacts]
    expected = []
    for role in map(folded, roles):
        match = next((name for name in found if name == role or name.startswith(role + " ")), role)
        expected.append(match)
    tallies["contacts"].compare(where, expected, found)


def _cadences(book: Playbook, annotation: Annotation, where: str, tallies: dict[str, Tally]) -> None:
    expected = []
    for entry in annotation["update_cadence"]:
        minutes = times.interval(entry["text"])
        told = minutes if minutes is not None else folded(entry["text"])
        expected += [f"{key} {told}" for key in levels.keys(entry["severity"] or "") or [""]]
    found = [
        f"{_key(c.severity) if c.severity else ''} {c.minutes if c.minutes is not None else folded(c.text)}"
        for c in book.cadences
    ]
    tallies["update cadences"].compare(where, expected, found)


def table(tallies: list[Tally]) -> str:
    """The figures as a table of text."""
    lines = [f"{'kind':<34}{'expected':>9}{'matched':>9}{'recall':>9}{'invented':>10}{'invention':>11}"]
    for tally in tallies:
        recall = f"{tally.recall:.1%}" if tally.expected else "-"
        lines.append(
            f"{tally.kind:<34}{tally.expected:>9}{tally.matched:>9}{recall:>9}{len(tally.invented):>10}{tally.invention:>11.1%}"
        )
    return "\n".join(lines)
