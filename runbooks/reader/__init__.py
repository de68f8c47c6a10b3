"""The reader: a team's Markdown runbook in, a Playbook out.

``read`` is a pure function: no database, no network, no clock. It reads what teams write rather than asking for
one house style; what it looks for is in ``vocabulary``, how it looks in one module a part.
"""

import re
from collections.abc import Iterable
from dataclasses import replace

from runbooks.playbook import Branch, Playbook, Warning_
from runbooks.reader import (
    advice,
    blocks,
    branch_lists,
    branches,
    cadences,
    checklists,
    contacts,
    links,
    postmortem,
    severities,
    templates,
)
from runbooks.reader.blocks import Block, ListBlock, Section
from runbooks.reader.source import MAX_BYTES, MAX_LINES, ReaderError, clean, front_matter

__all__ = ["MAX_BYTES", "MAX_LINES", "ReaderError", "read"]


def read(source: str | bytes) -> Playbook:
    """All that a careful reader finds in the document, each find with its 1-based line.

    Raises ReaderError, with words for the author, when the document is too large. Everything else is read:
    bytes that are not UTF-8 are replaced and told of in the warnings.
    """
    text, notes = clean(source)
    keys, body = front_matter(text)
    root = blocks.parse(body)
    book = _read_parts(root, body, keys)
    told = [Warning_(line, message) for line, message in notes]
    empty = not body.strip()
    advised = (Warning_(1, "The document is empty."),) if empty else advice.warnings(book)
    return replace(book, warnings=(*told, *advised))


def _read_parts(root: Section, body: str, keys: dict[str, str]) -> Playbook:
    """Each part in turn; what one has read, the next leaves alone."""
    claimed: set[int] = set()

    def claim(found: Iterable[Block]) -> None:
        claimed.update(id(block) for block in found)

    scale, used = severities.find(root)
    claim(used)
    report = postmortem.find(root, body.split("\n"))
    claim(report.claims)
    aside = {id(section) for section in report.sections}
    messages, used = templates.find(root, claimed)
    claim([block for block in used if not isinstance(block, ListBlock)])
    described = set(claimed)
    openings = branches.sections(root, aside)
    people, used = contacts.find(root, claimed, {id(section) for section in openings})
    claim(used)
    described.update(id(block) for block in used)
    paths, used = _branches(root, openings, claimed)
    claim(used)
    rhythm = cadences.find(root, claimed, messages, scale, aside)
    return Playbook(
        title=_title(root, keys),
        owner=links.owner(root, keys),
        severities=cadences.onto(scale, rhythm),
        checklists=checklists.find(root, claimed, aside),
        branches=paths,
        templates=messages,
        cadences=rhythm,
        contacts=people,
        channel_pattern=links.channel(body),
        postmortem_template=report.template,
        deadlines=links.deadlines(root, aside, described),
        related=links.related(root, body),
    )


def _branches(
    root: Section, openings: list[Section], claimed: set[int]
) -> tuple[tuple[Branch, ...], list[Block]]:
    found: list[Branch] = []
    used: list[Block] = []
    ids = {id(opening) for opening in openings}
    for section in root.walk():
        if id(section) in ids:
            branch, taken = branches.build(section, claimed)
            found.extend([branch] if branch.items else [])
            used.extend(taken if branch.items else [])
        elif not section.inside(ids):
            for block in section.blocks:
                listed = [] if id(block) in claimed else branch_lists.from_block(section, block)
                found.extend(listed)
                used.extend([block] if listed else [])
    return tuple(found), used


def _title(root: Section, keys: dict[str, str]) -> str:
    headings = [section for section in root.walk() if section.parent and not section.is_label]
    first = next(
        (section for section in headings if section.level == 1 and re.search(r"\w", section.title)), None
    )
    if first is not None:
        return first.title
    return keys.get("title", "") or (headings[0].title if headings else "")
