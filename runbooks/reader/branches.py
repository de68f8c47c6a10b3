"""Containment branches: what to do for one suspected cause, symptom or scenario."""

import re
from collections.abc import Set
from dataclasses import dataclass

from runbooks.playbook import Branch, Item
from runbooks.reader import commands, steps, times
from runbooks.reader import vocabulary as v
from runbooks.reader.blocks import Block, Fence, ListBlock, Paragraph, Section, Table
from runbooks.reader.plain import plain, without_number

_NOT_A_BRANCH = v.words(
    r"""
    overview | introduction | general\b | how to use | summary$ | references?\b | related
    contacts?\b | escalat | communicat | post[- ](?:incident|mortem) | severity | template | appendix
    table of contents | checklist | tools?\b | training | after the incident | notes?$ | principles?
    prerequisites | when to | quick fix
    """
)
_PHASE = v.words(
    r"""
    detect | triage | assess | contain | mitigat | eradicat | resol | recover | communicat | post[- ]
    acknowledge | investigat | review | identif | phase \d | step \d
    """
)
_WORDS_ONLY = v.words(
    r"""
    escalat | eskalation | escalade | escalad | contacts?\b | kontakte?\b | 연락처 | 連絡先
    """
)
_CRITERIA = re.compile(
    r"\b(?:if|when|where)(?: any(?: of the following)?| all| one| the following)?.{0,30}[:：]$", re.I
)


def sections(root: Section, taken: Set[int]) -> list[Section]:
    """The headings that each open a branch; none lies inside another, nor inside ``taken`` (by id())."""
    found: dict[int, Section] = {}
    siblings: dict[tuple[int, int], list[Section]] = {}
    containers: dict[int, bool] = {}
    for section in root.walk():
        if section.parent is None or section.inside(found.keys()) or section.inside(taken):
            continue
        beside = siblings.setdefault((id(section.parent), section.level), [])
        parent = id(section.parent)
        if parent not in containers:
            containers[parent] = _is_container(section.parent)
        if _is_branch(section, containers[parent], beside):
            found[id(section)] = section
            beside.append(section)
    return list(found.values())


def _is_branch(section: Section, contained: bool, beside: list[Section]) -> bool:
    """``contained``: right under a heading of scenarios; ``beside``: the branches found so far next to it."""
    title = without_number(section.title).strip("*: ")
    if (
        len(title) > 120
        or not _has_steps(section)
        or _NOT_A_BRANCH.match(title)
        or v.NOT_A_CAUSE.match(title)
    ):
        return False
    if v.IF_BRANCH.search(title) and not times.durations(title):
        return not_about_the_process(section)
    if section.is_label and not contained:
        return False
    if section.level <= 1:
        return False
    if v.SCENARIO_PREFIX.match(title) and len(title.split()) > 1 and not v.POSTMORTEM.search(title):
        return True
    if contained:
        return not _is_part(section)
    if (
        (_holds_scenario(section) and not v.BRANCH_CONTAINER.match(title))
        or _described_by_symptoms(section)
        or v.HAZARD_PROCEDURE.match(title)
    ):
        return True
    return _like_its_siblings(section, beside)


def _has_steps(section: Section) -> bool:
    return any(
        isinstance(block, ListBlock | Fence | Table) for below in section.walk() for block in below.blocks
    )


_PROCESS = v.words(
    r"""
    escalat | communicat | severity | contacts?\b | post[- ]?mortem | template
    """
)


def not_about_the_process(section: Section) -> bool:
    return not any(_PROCESS.search(ancestor.title) for ancestor in list(section.ancestors())[:2])


_STEP_TITLE = v.words(r"phase", r"step")
_STAGE_TITLE = v.words(
    r"""
    phase | step \d | immediate | short[- ]term | long[- ]term
    """
)
COMMON = v.words(
    r"(?:common|known|typical|specific|frequent)\b.{0,30}(?:issue|incident|problem|scenario|"
    r"failure|alert|type)"
)


def _is_container(section: Section) -> bool:
    """Titled "Common issues", "Scenarios", "Containment actions" and the like."""
    if section.parent is None:
        return False
    title = without_number(section.title)
    if v.POSTMORTEM.search(title) or _STEP_TITLE.match(title) or len(title.split()) > 7:
        return False
    if not v.BRANCH_CONTAINER.match(title) and not COMMON.search(title):
        return False
    if section.level == 1 and any(v.SEVERITY.search(child.title) for child in section.children):
        return False
    stages = [child for child in section.children if _STAGE_TITLE.match(without_number(child.title))]
    return len(stages) * 2 < len(section.children)


def _is_part(section: Section) -> bool:
    """ "Symptoms", "Resolution", "Actions": a part of a branch, not one."""
    title = without_number(section.title).rstrip(":： ")
    return len(title.split()) <= 3 and (
        v.SYMPTOM.match(title) is not None
        or v.REMEDY.fullmatch(title) is not None
        or v.NOT_STEPS.match(title) is not None
    )


def _parts(section: Section) -> list[str]:
    titles = [without_number(child.title).rstrip(":： ") for child in section.children]
    for block in section.blocks:
        if isinstance(block, Paragraph):
            found = re.match(r"^\*\*([^*\n]{3,40}?):?\*\*:?\s", block.text)
            if found:
                titles.append(found[1])
    return titles


def _described_by_symptoms(section: Section) -> bool:
    """Symptoms and a remedy side by side, as headings or bold labels."""
    titles = _parts(section)
    short = [title for title in titles if len(title.split()) <= 4]
    symptoms = sum(1 for title in short if v.SYMPTOM.match(title))
    remedies = sum(1 for title in short if v.REMEDY.match(title) and not v.SYMPTOM.match(title))
    return bool(symptoms and remedies) and not _about_everything(section)


_EVERYTHING = v.words(
    r"""
    incident (?:response|management|process|lifecycle|handling|procedures?)
    response (?:process|procedures?|phases?|workflow|playbook) | phases?\b | overview | process$
    workflow | procedures?$ | runbook | monitoring
    """
)


def _about_everything(section: Section) -> bool:
    title = without_number(section.title)
    if sum(1 for child in section.children if _PHASE.match(without_number(child.title))) >= 3:
        return True
    return _EVERYTHING.match(title) is not None


def _holds_scenario(section: Section) -> bool:
    """One "Scenario: …" heading below a numbered incident is that incident, not a branch of its own."""
    named = [
        child
        for child in section.children
        if not child.is_label and v.SCENARIO_PREFIX.match(without_number(child.title))
    ]
    return len(named) == 1 and len([child for child in section.children if not child.is_label]) == 1


def _like_its_siblings(section: Section, beside: list[Section]) -> bool:
    """Written like the branches beside it: same level, and a "Steps" or "Resolution" of its own."""
    if not beside or section.is_label or v.STEPS.match(without_number(section.title)):
        return False
    titles = [title for title in _parts(section) if len(title.split()) <= 4]
    if any(v.REMEDY.match(title) for title in titles):
        return True
    by_symptoms = any(v.SYMPTOM.match(title) for title in _parts(beside[-1]))
    return by_symptoms and any(v.SYMPTOM.match(title) for title in titles)


@dataclass(slots=True)
class _Group:
    title: str
    line: int
    items: list[Item]


def build(section: Section, claimed: set[int]) -> tuple[Branch, list[Block]]:
    """The branch that a section opens, and the blocks it takes."""
    groups: list[_Group] = []
    claims: list[Block] = []
    for part in section.walk():
        skipped = part is not section and _skipped(part, section)
        words = part is not section and _WORDS_ONLY.search(without_number(part.title))
        items: list[Item] = []
        for block in part.blocks:
            if id(block) in claimed:
                continue
            if not isinstance(block, Paragraph):
                claims.append(block)
            if not skipped and not (isinstance(block, ListBlock) and _is_symptoms(block, part)):
                items.extend(_words_only(steps_of(block)) if words else steps_of(block))
        if items:
            groups.append(_Group(part.title.rstrip(":： ") if part is not section else "", part.line, items))
    return Branch(section.title.rstrip(":： "), section.line, _flat(groups)), claims


def _skipped(part: Section, branch: Section) -> bool:
    for above in part.ancestors():
        if above is branch:
            return False
        title = without_number(above.title)
        if v.NOT_STEPS.match(title) and not _WORDS_ONLY.search(title):
            return True
    return False


def _is_symptoms(block: ListBlock, part: Section) -> bool:
    """A list that describes rather than tells: led in by "Symptoms:" or "Report to the authorities when:"."""
    lead = plain(block.lead)[-80:]
    if any(item.box for item in block.items) or not lead.endswith((":", "：")):
        return False
    return bool(v.NOT_STEPS.match(lead.lstrip("*")) or (part.title and _CRITERIA.search(lead)))


def _words_only(items: list[Item]) -> list[Item]:
    return [
        item if item.kind == "command" else Item(item.text, "instruction", item.command, item.line)
        for item in items
    ]


def _flat(groups: list[_Group]) -> tuple[Item, ...]:
    """Groups one after the other; where there are several, each is announced by its title."""
    if len([group for group in groups if group.title]) < 2:
        return tuple(item for group in groups for item in group.items)
    flat: list[Item] = []
    for group in groups:
        if group.title:
            flat.append(Item(group.title, "instruction", "", group.line))
        flat.extend(group.items)
    return tuple(flat)


def steps_of(block: Block) -> list[Item]:
    """Whatever can be done in one block."""
    if isinstance(block, ListBlock):
        return steps.from_list(block)
    if isinstance(block, Fence):
        return (
            steps.boxes_in_fence(block)
            or steps.numbers_in_fence(block)
            or (commands.items(block) if commands.is_commands(block) or commands.is_code(block) else [])
        )
    if isinstance(block, Table):
        return steps.from_table(block)
    if isinstance(block, Paragraph):
        return steps.from_paragraphs([block])
    return []
