"""A post-mortem and the template that it began as, taken apart once for all rules."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from postmortems.gate import words
from postmortems.gate.outline import MOST_LINES, Line, Part, outline, plain
from postmortems.gate.record import Record
from runbooks.reader.vocabulary import POSTMORTEM_PART, STATUS_TAG

_CODE = re.compile(r"`[^`]*`")
_BRACKETED = re.compile(
    r"\[[^\[\]\n]{1,120}\]|\{\{[^{}\n]{1,80}\}\}|\{[^{}\n]{1,80}\}|<[^<>\n]{1,80}>|\[ ?\]"
)
_OPENS = re.compile(r"[\[{<]")
_DEFINITION = re.compile(r" {0,3}\[([^\[\]\n]{1,120})\]:[ \t]*(?:<|https?:|mailto:|[/.#])")
_FIELD = re.compile(
    r"(?:\*\*|__)?(?P<label>[^*_:：|\n]{1,60})(?:\*\*|__)?[ \t]*[:：][ \t]*(?:\*\*|__)?[ \t]*(?P<value>.*)"
)
_LINKED = re.compile(r"https?://|\]\([^)]|\w@\w")
_TAG = re.compile(
    r"</?(?:br|b|i|em|strong|p|hr|div|span|details|summary|sub|sup|u|kbd|a|img)\b.*>", re.IGNORECASE
)
_SPACES = re.compile(r"\s+")
_LETTER = re.compile(r"[^\W_]")


@dataclass(frozen=True, slots=True)
class Field:
    """ "**Duration:** 47 minutes", or a row of two cells that says so."""

    line: Line
    label: str
    value: str


def _is_cause(title: str) -> bool:
    return words.CAUSE.search(title) is not None or words.FACTORS.search(title) is not None


def field_of(line: Line) -> Field | None:
    if line.is_code:
        return None
    if line.is_row:
        cells = line.cells
        return Field(line, plain(cells[0]), plain(cells[1])) if len(cells) == 2 else None
    match = _FIELD.match(line.content[:600])
    if not match or match["value"].startswith("//") or not _LETTER.search(match["label"]):
        return None
    label = match["label"].strip()
    if label.isdigit() or len(label.split()) > 6:
        return None
    return Field(line, label, match["value"].strip())


def key_of(text: str) -> str:
    """Two lines with the same key say the same."""
    return _SPACES.sub(" ", text).strip()


class Template:
    """What the runbook asks for: its lines, and the blanks in them."""

    def __init__(self, text: str) -> None:
        parts = list(outline(text).walk())
        lines = [line for part in parts for line in part.lines if line.text.strip()]
        self.lines = {key_of(line.text) for line in lines if not words.LIVE.search(line.text)}
        self.titles = {part.title for part in parts if part.title}
        self.tokens = {found for line in text.split("\n") for found in _tokens(line)}
        self.labels = {field.label for field in map(field_of, lines) if field} | self.titles


def _tokens(line: str) -> Iterator[str]:
    for match in _BRACKETED.finditer(line):
        inner = match[0].strip("[]{}<>").strip()
        link = match[0][0] == "[" and line[match.end() : match.end() + 1] in ("(", "[")
        if not (link or _is_meant(match[0], inner)):
            yield match[0]


def _is_meant(token: str, inner: str) -> bool:
    """Whether it stands for itself: a box, a status as it is posted, a live part, a tag of HTML, an address."""
    if words.LIVE.fullmatch(token) or _TAG.fullmatch(token) or "://" in inner or "@" in inner[1:]:
        return True
    return token[0] == "[" and bool(words.LITERAL.fullmatch(inner) or STATUS_TAG.match(inner))


class Document:
    """``says`` is the question behind most rules: whether a line holds something that its author put there."""

    def __init__(self, text: str, known: Record) -> None:
        self.text, self.known = text, known
        self.root = outline(text)
        self.template = Template(known.template[:200_000])
        self._written: dict[Part, bool] = {}
        self._fields: dict[int, Field | None] = {}
        self._blank: dict[int, list[str]] = {}
        self.is_cut = text.count("\n") >= MOST_LINES

    @cached_property
    def parts(self) -> list[Part]:
        """All but the root, in the order of the document."""
        return list(self.root.walk())[1:]

    @cached_property
    def lines(self) -> list[tuple[Part, Line]]:
        return [(part, line) for part in self.root.walk() for line in part.lines]

    @cached_property
    def fields(self) -> list[Field]:
        return [field for _, line in self.lines if (field := self.field_of(line))]

    @cached_property
    def headers(self) -> set[int]:
        """The lines that name the columns of a table."""
        return {line.number - 1 for _, line in self.lines if line.is_delimiter}

    @cached_property
    def defined(self) -> set[str]:
        """Words in brackets that lead somewhere by a definition further down."""
        found = (_DEFINITION.match(line.text) for _, line in self.lines if line.text.lstrip()[:1] == "[")
        return {match[1].casefold() for match in found if match}

    @cached_property
    def has_cause(self) -> bool:
        """Whether a root cause or contributing factors are told: under a heading, after a label, in a sentence."""
        if any(self.is_written(part) for part in self._cause_parts):
            return True
        return any(self._tells_cause(line) and self.says(part, line) for part, line in self.lines)

    def _tells_cause(self, line: Line) -> bool:
        if not words.CAUSE_STEM.search(line.text):
            return False
        field = self.field_of(line)
        labelled = field is not None and bool(field.value) and _is_cause(field.label)
        return labelled or words.CAUSE_TOLD.search(line.text) is not None

    @cached_property
    def unwritten_causes(self) -> dict[Part, None]:
        """The parts for causes in their order, where none of them says anything."""
        return {} if self.has_cause else dict.fromkeys(self._cause_parts)

    @cached_property
    def _cause_parts(self) -> list[Part]:
        title = self.parts[0] if self.parts and len(self.parts[0].children) > 1 else None
        return [part for part in self.parts if _is_cause(part.title) and part is not title]

    def is_unchanged(self, line: Line) -> bool:
        return bool(line.text.strip()) and key_of(line.text) in self.template.lines

    def field_of(self, line: Line) -> Field | None:
        if line.number not in self._fields:
            self._fields[line.number] = field_of(line)
        return self._fields[line.number]

    def blanks(self, line: Line) -> list[str]:
        """What is still to be filled in, as written."""
        if line.number not in self._blank:
            found = () if line.is_code else self._blanks(line)
            self._blank[line.number] = list(dict.fromkeys(found))
        return self._blank[line.number]

    def blanks_in(self, text: str) -> Iterator[str]:
        """Blanks in brackets, wherever they stand."""
        if not _OPENS.search(text):
            return
        plainer = _CODE.sub("``", text) if "`" in text else text
        for match in _BRACKETED.finditer(plainer):
            token, inner = match[0], match[0].strip("[]{}<>").strip()
            before, after = plainer[: match.start()][-1:], plainer[match.end() :][:1]
            if _is_meant(token, inner) or self._leads(token, inner, before, after):
                continue
            is_ours = token in self.template.tokens
            if is_ours or (token[:2] != "{" and not before.isalnum() and words.BLANK.fullmatch(inner)):
                yield token

    def _blanks(self, line: Line) -> Iterator[str]:
        yield from self.blanks_in(line.text)
        for value in self._values(line):
            if match := words.FORM.match(value):
                yield match[0].strip()
            elif words.CHOICE.fullmatch(value):
                yield value

    def _values(self, line: Line) -> Iterator[str]:
        """Where a value may begin: the line without its bullet, what follows a label, each cell."""
        if line.is_row:
            yield from (plain(cell[:80]) for cell in line.cells)
            return
        yield plain(line.content[:80])
        if field := self.field_of(line):
            yield plain(field.value[:80])

    def _leads(self, token: str, inner: str, before: str, after: str) -> bool:
        """Whether it is a link's words."""
        if token[0] != "[":
            return False
        return after in ("(", "[") or before in ("]", "!", "\\") or inner.casefold() in self.defined

    def says(self, part: Part, line: Line) -> bool:
        """Whether ``line`` of ``part`` holds something of its author's own, or a live part."""
        if not line.text.strip() or line.is_delimiter or line.number in self.headers:
            return False
        if words.LIVE.search(line.text):
            return True
        if self.is_unchanged(line) and not self.is_fixed(part, line):
            return False
        return self._says_more(line)

    def _says_more(self, line: Line) -> bool:
        """Whether anything is left of it without its blanks, its label and its marks."""
        field = None if line.is_row else self.field_of(line)
        left = field.value if field else line.text if line.is_code else line.content
        for blank in self.blanks(line):
            left = left.replace(blank, "")
        return _LETTER.search(left) is not None

    def is_fixed(self, part: Part, line: Line) -> bool:
        """Whether the template means the line to stay: a whole sentence or a link, in a part of the team's own."""
        if self.blanks(line) or POSTMORTEM_PART.search(part.title):
            return False
        content = line.content
        return bool(_LINKED.search(content)) or (content[-1:] in ".。!" and len(content.split()) > 5)

    def is_written(self, part: Part) -> bool:
        """Whether anybody said anything in ``part`` or below it."""
        if part not in self._written:
            said = any(self.says(below, line) for below in part.walk() for line in below.lines)
            self._written[part] = said
        return self._written[part]
