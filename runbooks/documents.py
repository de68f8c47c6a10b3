"""Long Markdown documents as HTML: read by sections, each kept, so that an edit costs what it touches.

A section begins at a heading that stands in no list, quote or fence; a long one is parted again where a block of
its own begins. Nothing that is written in one section changes how another is read, but for the definitions of
reference links, which are handed to all.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.common.utils import normalizeReference
from markdown_it.rules_core import StateCore, block, normalize
from markdown_it.token import Token

from runbooks.keeping import Kept
from runbooks.markdown import MAX_BRACKETS, MAX_BYTES, Resolve, parser_for, plain, render_tokens

MOST = 2_500_000  # characters; beyond, a document is shown as it is written
SHORT = 12_000  # characters that are not worth parting
LONG_SECTION = 30_000
MOST_SCANS = (
    50_000_000  # unclosed brackets of a block times its length: what the parser reads again and again, 0.5 s
)
_HEADING = re.compile(r"(#{1,6})(?:[ \t]|$)")
_FENCE = re.compile(r"( {0,3})(`{3,}|~{3,})([^\n]*)$")
_NAMED = re.compile(r"\[((?:\\.|[^\[\]\\]){1,999})\]", re.DOTALL)
_BREAK = re.compile(r"\r\n?")

References = dict[str, dict[str, Any]]
_kept: Kept[SafeString] = Kept(32_000_000)
_parted: Kept[tuple[str, ...]] = Kept(16_000_000)


@dataclass(frozen=True)
class Setting:
    """What a document is shown with. ``pictures`` tells the address of an own picture and can be compared;
    links to ``home``, the address of this site, lead from its root, whatever name it is reached by."""

    pictures: Resolve | None = None
    home: str = ""


@dataclass(frozen=True)
class Outline:
    """Where sections may begin, as numbers of lines from 0, and the highest level among the headings."""

    starts: tuple[int, ...]
    top: int


def render_document(text: str, setting: Setting | None = None) -> SafeString:
    """Safe HTML of ``text``; its highest heading becomes an h2. One that is too long comes back in a ``<pre>``."""
    if len(text) > MOST:
        return plain(text)
    text = _BREAK.sub("\n", text).replace("\x00", "\ufffd")
    lines = text.split("\n")
    outline = outline_of(lines)
    sections = [text] if len(text) <= SHORT else list(_parts(lines, outline))
    shown = _Shown(3 - outline.top, _references(sections), setting or Setting())
    return mark_safe("".join(map(shown.html_of, sections)))


def sections_of(text: str) -> list[str]:
    """``text`` in parts that are read alone and together are the whole, each with its last line's end."""
    lines = text.split("\n")
    return list(_parts(lines, outline_of(lines)))


def code_lines(section: str) -> set[int]:
    """The numbers, from 0, of lines that are code."""
    tokens = blocks(parser_for(section), section, {})
    code = (token.map for token in tokens if token.type in ("fence", "code_block") and token.map)
    return {number for first, last in code for number in range(first, last)}


def outline_of(lines: list[str]) -> Outline:
    """By the lines alone where they leave no doubt; by the parser where a fence may be a list item's."""
    starts, levels, fence = [], [], ""
    for number, line in enumerate(lines):
        if not fence and (heading := _HEADING.match(line)):
            starts.append(number)
            levels.append(len(heading[1]))
        elif line.lstrip(" ")[:3] in ("```", "~~~") and (mark := _FENCE.match(line)):
            if mark[1] and not fence:
                return _outline_by_blocks("\n".join(lines))
            fence = _after(fence, mark)
        elif line[:1] == "=" and not line.strip("= \t"):
            levels.append(1)
    return Outline(tuple(starts), min(levels, default=2))


def _after(fence: str, mark: re.Match[str]) -> str:
    """The fence that is open after a line that looks like one; "" for none."""
    if not fence:
        return "" if mark[2][0] == "`" and "`" in mark[3] else mark[2]
    return "" if mark[2].startswith(fence) and not mark[3].strip() else fence


def _outline_by_blocks(text: str) -> Outline:
    tokens = [t for t in blocks(parser_for(text), text, {}) if t.type == "heading_open" and t.level == 0]
    levels = (int(token.tag[1]) for token in tokens)
    return Outline(tuple(token.map[0] for token in tokens if token.map), min(levels, default=2))


def _parts(lines: list[str], outline: Outline) -> Iterator[str]:
    starts = [0, *(n for n in outline.starts if n), len(lines)]
    for first, last in pairwise(starts):
        section = "\n".join(lines[first:last]) + ("\n" if last < len(lines) else "")
        if len(section) <= LONG_SECTION:
            yield section
        else:
            yield from _parted.get(section, len(section), partial(_at_blocks, section))


def _at_blocks(section: str) -> tuple[str, ...]:
    """A long section in pieces that begin where a block does."""
    lines = section.split("\n")
    starts = [
        t.map[0]
        for t in blocks(parser_for(section), section, {})
        if t.level == 0 and t.nesting >= 0 and t.map
    ]
    pieces, first, size = [], 0, 0
    for start, following in zip(starts, [*starts[1:], len(lines)], strict=False):
        size += sum(len(line) + 1 for line in lines[start:following])
        if size > LONG_SECTION // 2 and following < len(lines):
            pieces.append("\n".join(lines[first:following]) + "\n")
            first, size = following, 0
    return (*pieces, "\n".join(lines[first:]))


def blocks(parser: MarkdownIt, text: str, env: dict[str, Any]) -> list[Token]:
    """The blocks of ``text``, whose words are not read yet; ``env`` takes up its definitions."""
    state = StateCore(text, parser, env)
    normalize(state)
    block(state)
    return state.tokens


def _references(sections: list[str]) -> References:
    """What ``[name]: address`` lines define; the first of a name counts."""
    found: References = {}
    for section in sections:
        if "]:" in section and len(section) <= MAX_BYTES:
            blocks(parser_for(section), section, {"references": found})
    return found


class _Shown:
    """Sections of one document, shown with all of its definitions."""

    def __init__(self, first_heading: int, references: References, setting: Setting) -> None:
        self.first_heading, self.references, self.setting = first_heading, references, setting

    def html_of(self, section: str) -> SafeString:
        used = self._used_by(section)
        defined = tuple((name, used[name]["href"], used[name].get("title", "")) for name in sorted(used))
        pictures = self.setting.pictures if "![" in section else None
        key = (section, self.first_heading, defined, pictures, self.setting.home)
        return _kept.get(key, 3 * len(section), lambda: self._render(section, used, pictures))

    def _used_by(self, section: str) -> References:
        """The definitions that ``section`` names: an edit of another leaves it as it is."""
        if not self.references or "]" not in section:
            return {}
        names = {normalizeReference(name) for name in _NAMED.findall(section)}
        return {name: self.references[name] for name in names & self.references.keys()}

    def _render(self, section: str, used: References, pictures: Resolve | None) -> SafeString:
        if len(section.encode("utf-8", "replace")) > MAX_BYTES:
            return plain(section)
        parser = parser_for(section)
        state = StateCore(section, parser, {"references": dict(used)})
        normalize(state)
        block(state)
        _leave_floods(state.tokens)
        for rule in parser.core.ruler.getRules("")[2:]:
            rule(state)
        _break_lines(state.tokens)
        _lead_home(state.tokens, self.setting.home)
        return render_tokens(state.tokens, first_heading=self.first_heading, pictures=pictures)


def _leave_floods(tokens: list[Token]) -> None:
    """Words with more brackets than anybody writes stay words: reading them would take seconds."""
    for token in tokens:
        if token.type != "inline":
            continue
        brackets = token.content.count("[")
        if brackets > MAX_BRACKETS or brackets * len(token.content) > MOST_SCANS:
            token.children = [Token("text", "", 0, content=token.content)]
            token.content = ""


def _break_lines(tokens: list[Token]) -> None:
    """A new line is a new line, as people mean who write "**Date:** …" above "**Author:** …"."""
    for child in (child for token in tokens for child in token.children or []):
        if child.type == "softbreak":
            child.type = "hardbreak"


def _lead_home(tokens: list[Token], home: str) -> None:
    for child in (child for token in tokens for child in token.children or [] if home):
        address = str(child.attrGet("href") or "") if child.type == "link_open" else ""
        if address.startswith(f"{home}/") and address[len(home) + 1 : len(home) + 2] not in ("/", "\\"):
            child.attrSet("href", address.removeprefix(home))
