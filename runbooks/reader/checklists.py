"""Checklists: boxes, numbered steps, and the phases written beside them."""

import re
from collections.abc import Set
from dataclasses import dataclass

from runbooks.playbook import Checklist, ChecklistStyle, Item
from runbooks.reader import commands, steps
from runbooks.reader import vocabulary as v
from runbooks.reader.blocks import Block, Fence, ListBlock, Paragraph, Section, Table
from runbooks.reader.plain import links, numbered, plain, without_number

_ANCHOR = re.compile(r"\]\(#")


@dataclass(slots=True)
class _Group:
    style: ChecklistStyle
    line: int
    items: list[Item]
    title: str = ""


def find(root: Section, claimed: set[int], taken: Set[int]) -> tuple[Checklist, ...]:
    found: list[Checklist] = []
    waiting: list[tuple[Section, _Group]] = []
    for section in root.walk():
        if section.inside(taken):
            continue
        blocks = [block for block in section.blocks if id(block) not in claimed]
        groups = _groups(section, blocks)
        if groups:
            found.extend(_checklist(section, group) for group in groups)
        elif group := _loose(section, blocks):
            waiting.append((section, group))
    found.extend(_checklist(section, group) for section, group in waiting if _belongs(section, group))
    return tuple(sorted(found, key=lambda checklist: checklist.line))


def _checklist(section: Section, group: _Group) -> Checklist:
    title = group.title or section.title.rstrip(":： ")
    above = section if group.title else section.parent
    phase = above.title if above is not None and above.parent is not None and above.level > 1 else ""
    return Checklist(title, phase.rstrip(":： "), group.style, group.line, tuple(group.items))


def _groups(section: Section, blocks: list[Block]) -> list[_Group]:
    """What is a checklist by its own looks."""
    groups: list[_Group] = []
    for block in blocks:
        group = _group(section, block)
        if group is None:
            continue
        last = groups[-1] if groups else None
        if last and last.style == group.style and not group.title and last.style in ("task", "paragraphs"):
            last.items.extend(group.items)
        else:
            groups.append(group)
    boxed = [block for block in blocks if isinstance(block, Paragraph) and steps.paragraph_boxes(block)]
    if boxed:
        at = blocks.index(boxed[0])
        groups.append(_Group("paragraphs", boxed[0].line, steps.from_paragraphs(blocks[at:])))
    return groups


def _group(section: Section, block: Block) -> _Group | None:
    if isinstance(block, Fence):
        items = steps.boxes_in_fence(block) or (
            steps.numbers_in_fence(block) if not v.TEMPLATE.search(section.title) else []
        )
        return _Group("fence", items[0].line, items) if items else None
    if isinstance(block, Table):
        items = steps.from_table(block) if v.STEPS.search(section.title) and _numbered_table(block) else []
        return _Group("numbered", items[0].line, items) if len(items) >= 2 else None
    if not isinstance(block, ListBlock):
        return None
    if any(item.box for item in block.items):
        return _Group("task", block.line, steps.from_list(block), _own_title(section, block))
    if block.ordered and _is_procedure(section, block):
        return _Group("numbered", block.line, steps.from_list(block))
    nested = [item for entry in block.items for item in steps.nested_steps(entry)]
    return _Group("task", nested[0].line, nested) if nested else None


def _own_title(section: Section, block: ListBlock) -> str:
    """A plain "First hour:" before one of several lists under a heading names that list."""
    lead = plain(block.lead)
    if not lead.endswith((":", "：")) or len(lead) > 60:
        return ""
    lists = [other for other in section.blocks if isinstance(other, ListBlock) and other.lead]
    return lead.rstrip(":： ") if len(lists) > 1 else ""


def _numbered_table(table: Table) -> bool:
    return (
        bool(table.header)
        and re.match(
            r"^\W*(?:step|#|no\.?|order|schritt|étape|paso|passo|단계|手順|步骤)",
            plain(table.header[0]),
            re.I,
        )
        is not None
    )


def _is_procedure(section: Section, block: ListBlock) -> bool:
    """Numbered steps, as against a table of contents, definitions or a list of links."""
    if len(block.items) < 2 or any(
        v.NOT_CHECKLIST.search(above.title) for above in list(section.ancestors())[:2]
    ):
        return False
    anchors = sum(1 for item in block.items if _ANCHOR.search(item.text))
    if anchors * 2 > len(block.items):
        return False
    only_links = sum(
        1 for item in block.items if (found := links(item.text)) and plain(item.text) == found[0][0]
    )
    if only_links * 2 > len(block.items):
        return False
    lead = plain(block.lead)
    if re.search(r"\b(?:is|are|means?|defined as|considered)\b.{0,40}(?:if|when)\s*:$", lead, re.I):
        return False
    return not v.EXAMPLE.match(section.title)


def _loose(section: Section, blocks: list[Block]) -> _Group | None:
    """Bullets and commands that are steps if what stands around them says so."""
    group: _Group | None = None
    for block in blocks:
        items, style = _loose_items(section, block)
        if items and group is None:
            group = _Group(style, min(item.line for item in items), [])
        if items and group is not None:
            group.items.extend(items)
    return group


def _loose_items(section: Section, block: Block) -> tuple[list[Item], ChecklistStyle]:
    if isinstance(block, ListBlock) and not block.ordered:
        items = steps.from_list(block)
        told = steps.only_questions(items) or (steps.imperative(items) and not _is_reference(section))
        return (items if told else []), "bullets"
    if isinstance(block, Fence) and commands.is_commands(block):
        items = commands.items(block)
        return (items if any(item.command for item in items) else []), "fence"
    return [], "bullets"


_REFERENCE = v.words(
    r"""
    responsib | roles?\b | principles? | training | drills? | best practices | tips | prevent | tools?\b
    do(?:s|n['’]ts?)?\b(?: and|$) | improvements? | maintenance | review schedule | preparation | prerequisites
    templates?
    """
)
_META = v.words(
    r"""
    training | metrics | tools? and | tools$ | useful commands | quick reference | command reference | appendix
    on-?call (?:rotation|schedule|expectations) | version | related | references?\b | glossary | monitoring
    """
)
_STAGE = v.words(
    r"phase | step\b | schritt | [ée]tape | paso | etapa | fase | 단계 | フェーズ | 手順 | 步骤 | 阶段"
)


def _is_reference(section: Section) -> bool:
    """Under a heading of roles, principles or tools: read, not done."""
    return any(_REFERENCE.search(above.title) for above in section.ancestors() if above.level > 1)


def _is_meta(section: Section) -> bool:
    return any(_META.search(above.title) for above in section.ancestors())


def _belongs(section: Section, group: _Group) -> bool:
    """Questions always; bullets and commands when their heading is one of a row of steps."""
    title = without_number(section.title)
    if v.NOT_CHECKLIST.search(title) or _is_meta(section):
        return False
    if group.style == "bullets" and steps.only_questions(group.items):
        return not _is_reference(section) and v.POSTMORTEM.search(section.path()) is None
    around = section.parent.children if section.parent else []
    siblings = [other for other in around if other is not section and other.level == section.level]
    in_row = numbered(section.title) or _STAGE.match(title)
    if in_row and any(numbered(other.title) or v.STEPS.search(other.title) for other in siblings):
        return group.style == "bullets" or v.NOT_STEPS.match(title) is None
    return group.style == "bullets" and v.STEPS.search(title) is not None and v.NOT_STEPS.match(title) is None
