"""The post-mortem template: a fence, a section with its headings, or a list of section names."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from runbooks.playbook import PostmortemTemplate
from runbooks.reader import vocabulary as v
from runbooks.reader.blocks import Block, Fence, ListBlock, Quote, Section
from runbooks.reader.commands import is_code, is_commands
from runbooks.reader.plain import folded, plain

_LEAD = v.words(
    r"""
    template | include | sections?\b | format | structure | should (?:cover|contain|have)
    must (?:cover|contain|have) | contents?\b | outline | vorlage | enth[äa]lt | gliederung
    mod[èe]le | contient | plantilla | incluir | modelo | contener | conter | 템플릿 | 포함
    テンプレート | 含め | 模板 | 包括
    """
)
_PART_LINE = re.compile(
    r"^\s*(?:#{1,6}\s+|\*\*|__|[-*+]\s+(?:\*\*)?|\d{1,2}[.)]\s+(?:\*\*)?)?([^\n:*#]{2,60})"
)


NONE = PostmortemTemplate()


@dataclass(frozen=True, slots=True)
class Found:
    """The template, the blocks it was read from, and the sections that are part of it."""

    template: PostmortemTemplate = NONE
    claims: tuple[Block, ...] = ()
    sections: tuple[Section, ...] = ()


def find(root: Section, lines: list[str]) -> Found:
    """The first template in the document: whole texts first, then headings and lists of parts."""
    sections = [section for section in root.walk() if section.parent and v.POSTMORTEM.search(section.path())]
    for section in sections:
        for block in _with_nested(section.blocks):
            if isinstance(block, Fence | Quote) and _is_template_text(section, block):
                return Found(PostmortemTemplate(True, block.line, block.text.strip("\n")), (block,))
    for section in sections:
        found = _in_section(section, lines)
        if found.template.present:
            return found
    return Found()


def _in_section(section: Section, lines: list[str]) -> Found:
    named = _is_named(section)
    if named and _headed_parts(section) >= (2 if v.TEMPLATE.search(section.title) else 3):
        blocks = tuple(block for below in section.walk() for block in below.blocks)
        return Found(PostmortemTemplate(True, section.line, _source(section, lines)), blocks, (section,))
    for block in section.blocks:
        if isinstance(block, ListBlock) and _is_list_of_parts(section, block, named):
            line = section.line if named and v.TEMPLATE.search(section.title) else block.line
            return Found(PostmortemTemplate(True, line, _list_text(block)), (block,))
    return Found()


def _with_nested(blocks: list[Block]) -> Iterator[Block]:
    """The blocks, and those right below the items of lists."""
    for block in blocks:
        yield block
        for item in block.items if isinstance(block, ListBlock) else []:
            yield from item.blocks


def _is_template_text(section: Section, block: Fence | Quote) -> bool:
    if isinstance(block, Fence) and (
        is_code(block) or is_commands(block) or folded(block.info) in ("yaml", "json", "mermaid")
    ):
        return False
    parts = _parts_in(block.text)
    named = v.TEMPLATE.search(section.title) or v.TEMPLATE.search(block.lead[-120:])
    near = any(v.POSTMORTEM.search(ancestor.title) for ancestor in list(section.ancestors())[:2])
    if named and near:
        return parts >= 2 or (block.text.count("\n") >= 5 and not _is_message(section))
    return (
        near
        and parts >= 3
        and len(re.findall(r"^#{1,6}\s|^\*\*|^[A-Z][\w ]+:", block.text[:20_000], re.M)) >= 3
        and not _is_message(section)
    )


def _is_message(section: Section) -> bool:
    return v.COMMUNICATION.search(section.title) is not None and not v.POSTMORTEM.search(section.title)


def _parts_in(text: str) -> int:
    found = set()
    for line in text[:20_000].split("\n"):
        match = _PART_LINE.match(line[:200])
        part = v.POSTMORTEM_PART.match(plain(match[1])) if match else None
        if part:
            found.add(part[0].casefold())
    return len(found)


def _is_named(section: Section) -> bool:
    """Titled as a post-mortem's template, or "Template" right under a post-mortem heading."""
    own, above = section.title, section.parent.title if section.parent else ""
    if v.TEMPLATE.search(own):
        return bool(v.POSTMORTEM.search(own) or v.POSTMORTEM.search(above)) and not _is_message(section)
    return v.POSTMORTEM.search(own) is not None


def _headed_parts(section: Section) -> int:
    below = [
        child for child in section.children if v.POSTMORTEM_PART.match(re.sub(r"^[\d.\s]+", "", child.title))
    ]
    return len(below) if len(below) * 2 >= len(section.children) else 0


def _is_list_of_parts(section: Section, block: ListBlock, named: bool) -> bool:
    if len(block.items) < 3 or any(item.box for item in block.items):
        return False
    titled = named and v.TEMPLATE.search(section.title) is not None
    near = (
        v.POSTMORTEM.search(section.title)
        or v.POSTMORTEM.search(block.lead)
        or (section.parent and v.POSTMORTEM.search(section.parent.title))
    )
    if not titled and not (
        near and _LEAD.search(block.lead[-160:] or (section.title if section.is_label else ""))
    ):
        return False
    parts = sum(1 for item in block.items if v.POSTMORTEM_PART.search(plain(item.text)[:60]))
    return parts * 2 >= len(block.items) and parts >= 2


def _list_text(block: ListBlock) -> str:
    """A list of section names as a document with those headings."""
    parts = []
    for item in block.items:
        title, _, hint = plain(item.text).partition(":")
        parts.append(f"## {title.strip().rstrip('.')}\n\n{hint.strip()}".rstrip())
    return "\n\n".join(parts)


def _source(section: Section, lines: list[str]) -> str:
    last = section
    for below in section.walk():
        last = below
    end = max([block.end for block in last.blocks], default=last.line)
    return "\n".join(lines[section.line : end]).strip("\n")
