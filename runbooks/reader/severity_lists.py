"""Severities as a run of headings, each described below, or as a list."""

import re

from runbooks.playbook import Severity
from runbooks.reader import levels, times
from runbooks.reader import vocabulary as v
from runbooks.reader.blocks import Block, Fence, ListBlock, ListItem, Paragraph, Section, Table
from runbooks.reader.levels import Level
from runbooks.reader.plain import plain
from runbooks.reader.scale import BAD_HEADING, MAX_LEVELS, Found, heading_score, level_score, severity
from runbooks.reader.severity_tables import cell

_LABELLED = re.compile(
    r"^\s*(?:[-*]\s+)?(?:\*\*|__)?([^*_:：\n]{2,40}?)(?:\*\*|__)?\s*[:：]\s*(?:\*\*|__)?\s*(.*)$"
)
_ARROW = re.compile(r"\s*(?:→|->|=>|⇒|➜)\s*")
_PARENTHESES = re.compile(r"[(（]([^()（）]{2,60})[)）]")


def from_headings(section: Section) -> Found:
    """A run of sub-headings that are nothing but levels' names, each with what describes it below."""
    found: list[tuple[Level, Severity]] = []
    claims: list[Block] = []
    for child in section.children:
        level = levels.parse(child.title)
        if level is None or (level.rest and _is_title_of_an_incident(level, section)):
            continue
        facts = _Facts()
        facts.read_title(level)
        for part in child.walk():
            if part is not child and part.is_label:
                facts.label = part.title.rstrip(":： ")
            for block in part.blocks:
                facts.read(block)
                claims.append(block)
        found.append((level, facts.severity(level, child.line)))
    if len(found) < 2:
        return Found(0, section.line, [])
    described = sum(1 for _, read in found if read.meaning or read.examples)
    labelled = sum(1 for _, read in found if read.response)
    scale = bool(v.SEVERITY.search(section.title))
    score = (
        (3.0 if scale else -0.5)
        + level_score([level for level, _ in found])
        + (1.0 if described == len(found) else -2.0)
        + (1.5 if labelled else 0.0)
    )
    score -= 3.0 if BAD_HEADING.search(section.title) else 0.0
    if not scale and not labelled:
        score = 0.0
    return Found(score, found[0][1].line, found, claims)


def _is_title_of_an_incident(level: Level, section: Section) -> bool:
    return level.number is not None and not v.SEVERITY.search(section.title)


class _Facts:
    """What the blocks below one level say of it."""

    def __init__(self) -> None:
        self.meaning: list[str] = []
        self.examples: list[str] = []
        self.response = ""
        self.cadence = ""
        self.label = ""

    def read_title(self, level: Level) -> None:
        rest = level.rest
        inner = _PARENTHESES.search(rest)
        if inner and times.response(inner[1])[0]:
            self.response = inner[1]
            rest = _PARENTHESES.sub("", rest, count=1)
        rest = re.sub(r"^[(（]([^()（）]*)[)）]$", r"\1", rest.strip())
        if rest:
            self.meaning.append(rest)

    def read(self, block: Block) -> None:
        if isinstance(block, Paragraph):
            for line in block.text.split("\n"):
                self._line(line)
        elif isinstance(block, ListBlock):
            for item in block.items:
                self._item(item)
        elif isinstance(block, Fence) and block.info.casefold() in ("", "yaml", "yml", "text"):
            self._fence(block.text)
        elif isinstance(block, Table):
            for row in block.rows:
                self._line(f"{cell(row.cells, 0)}: {cell(row.cells, 1)}")
            if len(block.header) == 2:
                self._line(f"{block.header[0]}: {block.header[1]}")

    def _fence(self, text: str) -> None:
        """ "Response Time:" with "- Immediate" below, as written in YAML."""
        for line in text.split("\n")[:60]:
            words = line.strip().removeprefix("- ").strip()
            if words.endswith(":"):
                self.label = words[:-1]
            elif words:
                self._line(words)

    def _item(self, item: ListItem) -> None:
        below = [
            plain(inner.text)
            for block in item.blocks
            if isinstance(block, ListBlock)
            for inner in block.items
        ]
        self._line(item.text + (" " + "; ".join(below) if below else ""))

    def _line(self, text: str) -> None:
        match = _LABELLED.match(text[:600])
        if match and match[2].strip() and self._labelled(plain(match[1]), plain(text[match.start(2) :])):
            return
        words = plain(text)
        if not words:
            return
        if self.label and self._labelled(self.label, words):
            return
        if not self.label or v.MEANING.search(self.label):
            self.meaning.append(words)

    def _labelled(self, label: str, value: str) -> bool:
        value = value.lstrip("*_ ").strip()
        if not value:
            return False
        if v.RESOLUTION.match(label):
            return True
        if v.RESPONSE.search(label) and times.response(value)[0]:
            self.response = value
        elif v.EXAMPLES.match(label):
            self.examples.append(value)
        elif v.FREQUENCY.search(label) and times.is_recurring(value):
            self.cadence = value
        elif v.MEANING.match(label):
            self.meaning.append(value)
        elif v.RESPONSE_WEAK.match(label) and times.is_time(value) and not self.response:
            self.response = value
        else:
            return len(label.split()) <= 3 and not v.SEVERITY.search(label)
        return True

    def severity(self, level: Level, line: int) -> Severity:
        return severity(
            level, line, "; ".join(self.meaning), self.response, "; ".join(self.examples), self.cadence
        )


def from_list(section: Section, block: ListBlock) -> Found:
    nothing = Found(0, block.line, [])
    if not 2 <= len(block.items) <= MAX_LEVELS or any(item.box for item in block.items):
        return nothing
    found = []
    for item in block.items:
        level = levels.parse(item.text.split("\n")[0])
        if level is None:
            return nothing
        found.append((level, _from_item(level, item)))
    told = [read for _, read in found if read.meaning or read.examples]
    heading = max(heading_score(section), 3.0 if v.SEVERITY.search(block.lead[-120:]) else 0.0)
    if heading < 2 and not (
        all(level.number is not None and not level.weak for level, _ in found)
        and len(found) >= 3
        and len(told) == len(found)
    ):
        return nothing
    if len(told) < len(found) and not any(read.response for _, read in found):
        return nothing
    if v.CADENCE.search(section.title) and heading < 2:
        return nothing
    if all(times.is_recurring(level.rest) and len(level.rest) < 40 for level, _ in found):
        return nothing
    score = heading + level_score([level for level, _ in found]) + (1.0 if len(told) == len(found) else 0.0)
    return Found(score, block.line, found, [block])


def _unlabelled(text: str) -> str:
    label, colon, value = text.partition(":")
    return value.strip() if colon and v.RESPONSE.search(label) and value.strip() else text


def _from_item(level: Level, item: ListItem) -> Severity:
    facts = _Facts()
    rest = level.rest
    parts = _ARROW.split(rest)
    if len(parts) > 1 and times.response(parts[-1])[0]:
        facts.response, rest = parts[-1], " → ".join(parts[:-1])
    else:
        for inner in _PARENTHESES.finditer(rest):
            if times.response(inner[1])[0] and not times.is_recurring(inner[1]):
                facts.response = _unlabelled(inner[1])
                rest = rest.replace(inner[0], "", 1)
                break
    if not facts.response:
        facts.response, rest = _response_in(rest)
    if rest.strip(" .-–—"):
        facts.meaning.append(rest.strip())
    for block in item.blocks:
        facts.read(block)
    return facts.severity(level, item.line)


_RESPOND = re.compile(
    r"(?:^|[.;,–—-]\s+)((?:respond|response|ack\w*|antwort|reaktion|réponse|respuesta|"
    r"resposta|対応|대응)[^.;]{0,60}|[^.;,]{0,30}\b(?:response|respond)\b[^.;,]{0,30})",
    re.I,
)


def _response_in(text: str) -> tuple[str, str]:
    """A clause such as "Response within 15 minutes" taken out of a sentence."""
    if times.is_time(text) and len(text) < 30:
        return text, ""
    found = _RESPOND.search(text[:400])
    if found and times.response(found[1])[0]:
        return found[1].strip(" .,;"), (text[: found.start()] + text[found.end() :]).strip()
    return "", text
