"""Branches that one list or table holds: "If X: do Y", "Symptom | Action"."""

import re

from runbooks.playbook import Branch, Item
from runbooks.reader import steps
from runbooks.reader import vocabulary as v
from runbooks.reader.blocks import Block, ListBlock, ListItem, Section, Table
from runbooks.reader.branches import COMMON, not_about_the_process, steps_of
from runbooks.reader.plain import plain, without_number


def from_list(section: Section, block: ListBlock) -> list[Branch]:
    """A list whose items are each "If X: do Y", as branches; [] when it is something else."""
    if len(block.items) < 2 or any(item.box for item in block.items) or not not_about_the_process(section):
        return []
    if found := _titled(section, block):
        return found
    decision = v.BRANCH_CONTAINER.match(without_number(section.title)) is not None
    split = [_condition(item, decision) for item in block.items]
    found = [branch for branch in split if branch]
    return found if len(found) >= 2 and len(found) * 3 >= len(block.items) * 2 else []


def from_block(section: Section, block: Block) -> list[Branch]:
    """Branches that one list or table holds."""
    if isinstance(block, ListBlock):
        return from_list(section, block)
    return from_table(section, block) if isinstance(block, Table) else []


def from_table(section: Section, table: Table) -> list[Branch]:
    """ "Issue | Action" under a heading of containment: a branch a row; [] when it is something else."""
    headers = [plain(cell) for cell in table.header]
    contained = v.BRANCH_CONTAINER.match(without_number(section.title)) is not None
    if not 1 < len(table.rows) <= 60 or not headers or not not_about_the_process(section):
        return []
    if not contained and (not _SITUATION.match(headers[0]) or _ELSEWHERE.search(section.path())):
        return []
    action = next((index for index, header in enumerate(headers) if index and _ACTION.match(header)), None)
    if action is None or not _CAUSE.match(headers[0]):
        return []
    found = []
    for row in table.rows:
        text = row.cells[action] if action < len(row.cells) else ""
        if text and plain(row.cells[0]):
            item = Item(text, steps.kind_of(text), steps.command_in(text), row.line)
            found.append(Branch(plain(row.cells[0]), row.line, (item,)))
    return found


_SITUATION = v.words(
    r"situation | scenario | symptom | problem | issue | if$ | situación | situação | symptôme | fehlerbild"
)
_ELSEWHERE = v.words(
    r"quick reference | post[- ] | review | metrics | training | appendix | known limitations"
)
_CAUSE = v.words(
    r"""
    issues? | problems? | symptoms? | causes? | scenarios? | incident(?: type)?$ | if\b | failure
    alert | situation | type | ursache | problem | symptom | cause | problema | s[íi]ntoma | causa
    문제 | 증상 | 원인 | 症状 | 原因 | 問題 | 问题
    """
)
_ACTION = v.words(
    r"""
    (?:first |immediate |recommended )?actions? | mitigation | resolution | fix | response | remed
    solution | what to do | steps | containment | then\b | ma(?:ß|ss)nahme | l[öo]sung | acci[óo]n
    soluci[óo]n | a[çc][ãa]o | solu[çc] | rem[èe]de | 조치 | 해결 | 対応 | 対処 | 处理 | 解决
    """
)


def _titled(section: Section, block: ListBlock) -> list[Branch]:
    """ "- **Site down**: roll back" under a heading of common incidents."""
    title = without_number(section.title)
    if block.ordered or not (COMMON.search(title) or _SCENARIOS.match(title)):
        return []
    found = []
    for item in block.items:
        head = re.match(
            r"^(?:\*\*|__)([^*_\n]{3,80}?)(?:\*\*|__)\s*[:：–—-]\s*(\S.*)$", " ".join(item.text.split())
        )
        if head is None or v.IMPERATIVE.match(head[1]) or v.NOT_STEPS.match(head[1]):
            return []
        words = head[2]
        steps_here = [Item(words, steps.kind_of(words), steps.command_in(words), item.line)]
        found.append(Branch(plain(head[1]).rstrip(":： "), item.line, (*steps_here, *_below(item))))
    return found


def _below(item: ListItem) -> list[Item]:
    return [step for block in item.blocks for step in steps_of(block)]


_SCENARIOS = v.words(
    r"scenarios? | troubleshooting | known (?:issues|problems) | szenarien | scénarios | escenarios | cenários"
)


def _condition(item: ListItem, decision: bool = False) -> Branch | None:
    words = " ".join(item.text.split())
    asked = re.match(r"^(.{4,90}?[?？])\s*(?:→|->|=>|[:：]|[–—])\s*(.+)$", words) if decision else None
    if asked:
        return Branch(
            plain(asked[1]).rstrip("?？"),
            item.line,
            (Item(asked[2], "task", steps.command_in(asked[2]), item.line),),
        )
    head = re.match(
        r"^(?:\*\*|__)?([^:：→\n]{4,90}?)(?:\*\*|__)?\s*(?:[:：]|→|->|=>|\s[–—-]\s)\s*(?:\*\*|__)?\s*(.*)$",
        words,
    )
    if head is None:
        head = re.match(
            r"^(?:\*\*|__)?((?:if|when|falls|wenn|si|se)\b[^,，\n]{3,80}?)(?:\*\*|__)?\s*[,，]\s*(.*)$",
            words,
            re.I,
        )
    title = plain(head[1] if head else words).strip("* ")
    if not v.IF_BRANCH.search(title) or v.NOT_A_CAUSE.match(title):
        return None
    items: list[Item] = []
    rest = head[2].strip() if head else ""
    if rest:
        items.append(Item(rest, steps.kind_of(rest), steps.command_in(rest), item.line))
    items.extend(_below(item))
    return Branch(title, item.line, tuple(items)) if items else None
