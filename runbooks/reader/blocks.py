"""The document's blocks, each with its line, hung on the tree of its headings.

Only Markdown's block structure is parsed (inline text keeps its marks): it is quick whatever the text holds,
and a Playbook wants the words as written.
"""

import re
from collections.abc import Iterator, Set
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.token import Token

from runbooks.reader import html, vocabulary
from runbooks.reader.plain import plain

LABEL_LEVEL = 9
_BOX = re.compile(r"^(?:\[([ xX✓✔]?)\]|([☐☑☒□▢◻⬜]))(?!\()\s*(?=\S)")
_BOLD_LABEL = re.compile(r"^(?:\*\*|__)([^*\n]{1,100}?)(?:\*\*|__)\s*(\([^()\n]{1,60}\))?\s*[::]?$")


@dataclass(slots=True, eq=False)
class Block:
    """``line`` and ``end`` are 1-based, both inside the block. ``lead`` is the paragraph right before it."""

    line: int
    end: int
    lead: str = ""


@dataclass(slots=True, eq=False)
class Paragraph(Block):
    text: str = ""


@dataclass(slots=True, eq=False)
class Fence(Block):
    """``text`` is the code; its first line is ``line + 1``."""

    text: str = ""
    info: str = ""


@dataclass(slots=True, eq=False)
class Row:
    cells: list[str]
    line: int


@dataclass(slots=True, eq=False)
class Table(Block):
    header: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class ListItem:
    """``box`` says that the author drew a check box; ``blocks`` is what stands below the item's own text."""

    text: str
    line: int
    box: bool = False
    blocks: list[Block] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class ListBlock(Block):
    ordered: bool = False
    items: list[ListItem] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Quote(Block):
    text: str = ""
    blocks: list[Block] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Section:
    """A heading, or a bold line that does a heading's work (``level`` is then LABEL_LEVEL), and what it heads."""

    title: str
    level: int
    line: int
    parent: "Section | None" = None
    blocks: list[Block] = field(default_factory=list)
    children: list["Section"] = field(default_factory=list)

    @property
    def is_label(self) -> bool:
        return self.level >= LABEL_LEVEL

    def ancestors(self) -> Iterator["Section"]:
        """This section, then its parents, without the root."""
        section: Section | None = self
        while section is not None and section.parent is not None:
            yield section
            section = section.parent

    def walk(self) -> Iterator["Section"]:
        """This section and all below it, in the order of the document."""
        waiting = [self]
        while waiting:
            section = waiting.pop()
            yield section
            waiting.extend(reversed(section.children))

    def path(self) -> str:
        """The titles from the top down to here, for finding words in."""
        return " › ".join(reversed([section.title for section in self.ancestors()]))

    def inside(self, others: Set[int]) -> bool:
        """Whether this section or one above is among ``others``, given by id()."""
        return any(id(section) in others for section in self.ancestors())


def box(text: str) -> tuple[bool, str]:
    """Whether the text begins with a check box, and the text without it."""
    found = _BOX.match(text)
    return (True, text[found.end() :]) if found else (False, text)


def parse(text: str) -> Section:
    """The root section. Line numbers are those of ``text``."""
    blocks = _Builder(_parser().parse(text)).build()
    return _hang(blocks)


def _parser() -> MarkdownIt:
    parser = MarkdownIt("gfm-like2", {"tasklists": False, "alerts": False})
    parser.core.ruler.disable(["inline", "linkify", "text_join"])
    parser.block.ruler.disable(["reference"])
    return parser


@dataclass(slots=True, eq=False)
class Heading(Block):
    text: str = ""
    level: int = 1


class _Builder:
    """Tokens to blocks. Nesting is bounded by the parser, so recursion is too."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.at = 0

    def build(self, until: str = "") -> list[Block]:
        blocks: list[Block] = []
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            self.at += 1
            if token.type == until:
                break
            block = self._block(token)
            if block is not None:
                if blocks and isinstance(blocks[-1], Paragraph):
                    block.lead = blocks[-1].text[-400:]
                blocks.append(block)
        return blocks

    def _block(self, token: Token) -> Block | None:
        start, end = token.map or (0, 1)
        line = start + 1
        match token.type:
            case "heading_open":
                return Heading(line, end, text=self._inline("heading_close"), level=int(token.tag[1]))
            case "paragraph_open":
                return Paragraph(line, end, text=self._inline("paragraph_close"))
            case "fence" | "code_block":
                return Fence(line, end, text=token.content, info=token.info.strip())
            case "bullet_list_open" | "ordered_list_open":
                return self._list(line, end, token.type.replace("open", "close"))
            case "table_open":
                return self._table(line, end)
            case "blockquote_open":
                blocks = self.build("blockquote_close")
                return Quote(line, end, text="\n\n".join(_text(block) for block in blocks), blocks=blocks)
            case "html_block":
                return _html_table(token.content, line, end)
            case "hr":
                return Block(line, end)
        return None

    def _inline(self, until: str) -> str:
        text = ""
        while self.at < len(self.tokens) and (token := self.tokens[self.at]).type != until:
            text = token.content
            self.at += 1
        self.at += 1
        return text

    def _list(self, line: int, end: int, until: str) -> ListBlock:
        items: list[ListItem] = []
        while self.at < len(self.tokens) and (token := self.tokens[self.at]).type != until:
            self.at += 1
            blocks = self.build("list_item_close")
            text = ""
            if blocks and isinstance(blocks[0], Paragraph):
                text = blocks.pop(0).text  # type: ignore[attr-defined]
            has_box, text = box(text)
            items.append(ListItem(text, (token.map or [line - 1])[0] + 1, has_box, blocks))
        self.at += 1
        return ListBlock(line, end, ordered=until.startswith("ordered"), items=items)

    def _table(self, line: int, end: int) -> Table:
        rows: list[Row] = []
        while self.at < len(self.tokens) and (token := self.tokens[self.at]).type != "table_close":
            if token.type == "tr_open":
                rows.append(Row([], (token.map or [line - 1])[0] + 1))
            elif token.type == "inline" and rows:
                rows[-1].cells.append(token.content.strip())
            self.at += 1
        self.at += 1
        header = rows.pop(0).cells if rows else []
        return Table(line, end, header=header, rows=[row for row in rows if any(row.cells)])


def _html_table(text: str, line: int, end: int) -> Block:
    rows = html.rows(text)
    if len(rows) < 2:
        return Block(line, end)
    body = [Row(cells, min(end, line + at - 1)) for at, cells in rows[1:]]
    return Table(line, end, header=rows[0][1], rows=body)


def _text(block: Block) -> str:
    if isinstance(block, Paragraph | Fence | Quote | Heading):
        return block.text
    if isinstance(block, ListBlock):
        return "\n".join(f"- {item.text}" for item in block.items)
    return ""


def _hang(blocks: list[Block]) -> Section:
    root = current = Section("", 0, 1)
    for index, block in enumerate(blocks):
        following = blocks[index + 1] if index + 1 < len(blocks) else None
        if isinstance(block, Heading):
            current = _under(current, Section(plain(block.text), block.level, block.line))
        elif isinstance(block, Paragraph) and (label := _label(block, following)):
            current = _under(current, Section(label, LABEL_LEVEL, block.line))
        else:
            current.blocks.append(block)
    return root


def _under(current: Section, section: Section) -> Section:
    parent = current
    while parent.level >= section.level and parent.parent is not None:
        parent = parent.parent
    section.parent = parent
    parent.children.append(section)
    return section


def _label(paragraph: Paragraph, following: Block | None) -> str:
    """The title that a paragraph gives to what follows it, "" when it is just a paragraph."""
    text = paragraph.text.strip()
    if "\n" in text or len(text) > 160 or following is None or type(following) is Block:
        return ""
    found = _BOLD_LABEL.match(text)
    if found and not isinstance(following, Heading):
        return plain(text)
    if isinstance(following, ListBlock | Fence) and vocabulary.LEAD_LABEL.match(plain(text)):
        return plain(text)
    return ""
