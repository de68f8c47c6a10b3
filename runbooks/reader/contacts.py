"""Whom to escalate to: contact tables, lists, fences and escalation ladders."""

import re
from collections.abc import Set

from runbooks.playbook import Contact
from runbooks.reader import levels, steps, times
from runbooks.reader import vocabulary as v
from runbooks.reader.blocks import Block, Fence, ListBlock, ListItem, Section, Table
from runbooks.reader.plain import folded, plain

MAX_CONTACTS = 300
_CLOCK = v.words(r"time(?:line|frame)?$", r"elapsed", r"minutes?", r"after\b", r"t\+")
_NOT_A_LIST = v.words(r"when", r"template")
_TIER = re.compile(r"^(?:l|level|tier|stufe|niveau|nivel)?[\s-]?\d{1,2}(?:st|nd|rd|th)?\b", re.I)
_PLACEHOLDER = re.compile(
    r"^[\s*_`]*(?:\[[^\[\]]{0,80}\](?!\()|<[^<>@]{1,80}>|\{\{?[^{}]{0,80}\}?\}|[-–—?.…/]*|"
    r"tb[da]\.?|to be (?:defined|determined|added|filled|confirmed)|to ?do\b.*|n/?a|none|xxx+|"
    r"update(?: me)?|placeholder|fill in|your[ -].{1,40}|change ?me|"
    r"[+()\s-]*(?:\d{0,4}[+()\s-]*)?[xX]{2,}[xX\s()-]*|@?(?:name|handle|username|user|"
    r"placeholder|someone|person)|미정|未定|待定|offen|à définir|à compléter|por definir|"
    r"pendiente|a definir|da definire)[\s*_`]*$",
    re.I,
)
_VALUE = re.compile(
    r"^\s*(?:[-*•]\s*)?(?:\*\*|__)?([^:：*_\n]{2,60}?)(?:\*\*|__)?\s*(?:[:：]|"
    r"\s[-–—]\s)\s*(?:\*\*|__)?\s*(\S.*)$"
)
_REACHABLE = re.compile(
    r"@|\+?\d[\d\s().-]{5,}\d|#[a-z]|https?://|slack|pager|phone|telefon|tel[ée]fono|"
    r"\[[^\]]+\]|<[^>]+>|xxx|tbd|opsgenie|teams|e-?mail|channel|hotline",
    re.I,
)
_FOREIGN = v.words(
    r"""
    frequency | responsib | r/a\b | purpose | update | content | severity of | examples?\b
    description | definition | trigger condition | runbook | location | status\b | due\b | alert\b
    threshold | response time | metric | dashboard | frequenz | verantwortlichkeit | häufigkeit
    responsabilit | fr[ée]quence | frecuencia | frequ[êe]ncia | version | url$ | 용도 | 빈도
    """
)


def find(root: Section, claimed: set[int], branches: Set[int]) -> tuple[tuple[Contact, ...], list[Block]]:
    """The contacts in the order written, and the blocks they were read from."""
    found: list[Contact] = []
    claims: list[Block] = []
    ladders: list[tuple[list[Contact], Block]] = []
    for section in root.walk():
        for block in section.blocks:
            if id(block) in claimed:
                continue
            here = _from_table(section, block) if isinstance(block, Table) else []
            if not here and not section.inside(branches):
                here = (
                    _from_list(section, block)
                    if isinstance(block, ListBlock)
                    else _from_fence(section, block)
                    if isinstance(block, Fence)
                    else []
                )
                if not here and isinstance(block, ListBlock) and (ladder := _ladder(section, block)):
                    ladders.append((ladder, block))
            if here:
                found.extend(here)
                claims.append(block)
    if not found:
        for ladder, block in ladders:
            found.extend(ladder)
            claims.append(block)
    return tuple(_each_once(found))[:MAX_CONTACTS], claims


def _each_once(found: list[Contact]) -> list[Contact]:
    seen: dict[tuple[str, str], Contact] = {}
    for contact in found:
        seen.setdefault((folded(contact.role), folded(contact.contact)), contact)
    return list(seen.values())


def is_placeholder(text: str) -> bool:
    """Whether a cell holds nothing that anyone could call: "[Update]", "TBD", "-", "+1-XXX-XXX"."""
    parts = re.split(r"\s[-–—|·/]\s|[,;]\s", plain(text)[:200])
    return all(_PLACEHOLDER.match(part) for part in parts)


# Tables


def _from_table(section: Section, table: Table) -> list[Contact]:
    headers = [folded(plain(cell)) for cell in table.header]
    if len(headers) < 2 or not table.rows:
        return []
    parent = section.parent.title if section.parent else ""
    if not _is_contacts(headers, f"{section.title} › {parent} › {table.lead[-120:]}", table):
        return []
    columns = _Columns(headers)
    return [
        contact for row in table.rows if (contact := columns.contact(table.header, row.cells, row.line)).role
    ]


def _is_contacts(headers: list[str], title: str, table: Table) -> bool:
    if _CLOCK.match(headers[0]):
        return False
    strong = v.CONTACTS_STRONG.search(title) is not None
    near = strong or v.CONTACTS.search(title) is not None
    reach = [index for index, header in enumerate(headers) if index and v.REACH_STRONG.search(header)]
    roles = bool(v.ROLE.search(headers[0]) or (len(headers) > 2 and v.ROLE_STRONG.search(headers[1])))
    if any(_FOREIGN.search(header) for header in headers) and not (strong and reach):
        return False
    if reach:
        return near or (
            roles and (v.ROLE_STRONG.search(headers[0]) is not None or _looks_reachable(table, reach))
        )
    loose = any(v.REACH.search(header) for header in headers[1:])
    if _LADDER.search(title) and all(levels.parse(row.cells[0]) for row in table.rows if row.cells):
        return True
    return roles and (strong or (near and loose))


def _looks_reachable(table: Table, reach: list[int]) -> bool:
    """Whether half the cells of those columns could be called, written to or filled in."""
    cells = [row.cells[index] for row in table.rows for index in reach if index < len(row.cells)]
    return bool(cells) and sum(
        1 for cell in cells if _REACHABLE.search(cell) or is_placeholder(cell)
    ) * 2 >= len(cells)


class _Columns:
    def __init__(self, headers: list[str]) -> None:
        self.role = 0
        self.second: int | None = None
        strong = next((index for index, header in enumerate(headers) if v.ROLE_STRONG.search(header)), None)
        if strong is not None and strong <= 1 and not v.ROLE_STRONG.search(headers[0]):
            self.second = strong
        used = {0, self.second}
        self.when = next(
            (
                i
                for i, h in enumerate(headers)
                if i not in used
                and v.WHEN.search(h)
                and not v.REACH_STRONG.search(h)
                and not times.durations(h)
            ),
            None,
        )
        used.add(self.when)
        self.reach = [i for i, h in enumerate(headers) if i not in used and v.REACH.search(h)]
        if not self.reach:
            self.reach = [i for i in range(len(headers)) if i not in used]

    def contact(self, header: list[str], cells: list[str], line: int) -> Contact:
        def cell(index: int | None) -> str:
            return cells[index].strip() if index is not None and index < len(cells) else ""

        role = plain(cell(0))
        second = plain(cell(self.second))
        if second and (_TIER.match(role) or levels.parse(role)):
            role = second if role.isdigit() else f"{role} {second}"
        reach = [plain(cell(index)) for index in self.reach]
        told = [text for text in reach if not is_placeholder(text)]
        columns = {plain(name) or f"Column {index + 1}": cell(index) for index, name in enumerate(header)}
        return Contact(
            role,
            " · ".join(told or [text for text in reach if text][:1]),
            plain(cell(self.when)),
            columns,
            line,
        )


# Lists and fences


def _from_list(section: Section, block: ListBlock) -> list[Contact]:
    """ "- **Security**: security@example.com" under a heading of contacts."""
    titles = [ancestor.title for ancestor in list(section.ancestors())[:2] if ancestor.level > 1]
    if (
        not any(v.CONTACTS_STRONG.search(title) for title in titles)
        or any(item.box for item in block.items)
        or _NOT_A_LIST.search(section.title)
    ):
        return []
    found = []
    for item in block.items:
        contact = _from_entry(item)
        if contact:
            found.append(contact)
    reachable = sum(
        1 for contact in found if _REACHABLE.search(contact.contact) or is_placeholder(contact.contact)
    )
    return found if found and len(found) * 3 >= len(block.items) * 2 and reachable * 2 >= len(found) else []


def _from_entry(item: ListItem) -> Contact | None:
    match = _VALUE.match(item.text.split("\n")[0][:600])
    below = [
        plain(inner.text) for nested in item.blocks if isinstance(nested, ListBlock) for inner in nested.items
    ]
    if match:
        role, contact = plain(match[1]), plain(item.text[match.start(2) :])
        contact = contact.lstrip("* ")
    elif below:
        role, contact = plain(item.text).rstrip(":： "), ""
    else:
        return None
    contact = " · ".join([part for part in (contact, *below) if part])
    return Contact(role, contact, "", {}, item.line)


def _from_fence(section: Section, fence: Fence) -> list[Contact]:
    if not v.CONTACTS_STRONG.search(section.title) or fence.info not in ("", "text", "txt", "plaintext"):
        return []
    found = []
    for line, text in enumerate(fence.text.split("\n"), fence.line + 1):
        match = _VALUE.match(text[:600])
        if match and (_REACHABLE.search(match[2]) or is_placeholder(match[2])):
            found.append(Contact(plain(match[1]), plain(match[2]), "", {}, line))
    return found if len(found) >= 2 else []


# Escalation ladders


_LADDER = v.words(
    r"""
    escalation (?:path|matrix|policy|ladder|chain|levels?|procedure|process|contacts?) | escalation$
    eskalation | escalade | escalamiento | escalonamento | escalación | 에스컬레이션
    エスカレーション | 升级
    """
)
_WHO = v.words(
    r"""
    engineer | manager | lead\b | on-?call | director | head of | owner | c[etio]o\b | ciso | vp\b
    commander | sre\b | team\b | support | officer | president | dba\b | admin | leitung | leiter
    responsable | ingenier | ing[ée]nieur | directeur | gerente | engenheir | 팀장 | 담당 | 리드
    担当 | 責任者 | リード | マネージャ | 负责人 | 经理
    """
)


def _ladder(section: Section, block: ListBlock) -> list[Contact]:
    """Who is asked next, "Within 30 minutes: CTO" or "2. **Senior SRE** (no progress in 30 min)"."""
    titles = [ancestor.title for ancestor in list(section.ancestors())[:2]]
    if not any(_LADDER.search(title) for title in titles) or any(item.box for item in block.items):
        return []
    under = section.title if not _LADDER.search(section.title) else ""
    found: list[Contact] = []
    for item in block.items:
        match = _VALUE.match(item.text.split("\n")[0][:400])
        if match and times.response(plain(match[1]))[0]:
            when = ": ".join(part for part in (under, plain(match[1])) if part)
            found.extend(
                Contact(role.strip(), "", when, {}, item.line)
                for role in re.split(r",\s*(?![^()]*\))|\s+(?:and|&|\+)\s+", plain(match[2]))
                if role.strip()
            )
        else:
            found.append(_rung(item, under))
    return (
        found
        if len(found) > 1
        and all(len(contact.role) <= 60 and _WHO.search(contact.role) for contact in found)
        and not steps.imperative(steps.from_list(block))
        else []
    )


def _rung(item: ListItem, under: str) -> Contact:
    words = plain(item.text.split("\n")[0])
    match = re.match(
        r"^([^(:：–—]{2,60}?)\s*(?:[(]([^()]{2,80})[)])?(?:(?:\s*[:：]\s*|\s+[–—-]\s+)(.*))?$", words
    )
    if not match:
        return Contact(words[:80], "", under, {}, item.line)
    role, when, rest = match[1].strip(), match[2] or under, (match[3] or "").strip()
    if _TIER.fullmatch(role) and rest:
        inner = re.match(r"^([^()]{2,60}?)\s*(?:[(]([^()]{2,80})[)])?$", rest)
        return Contact(
            f"{role} {inner[1] if inner else rest}", "", (inner[2] if inner else "") or when, {}, item.line
        )
    return Contact(role, rest, when, {}, item.line)
