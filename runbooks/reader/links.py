"""Owner, related runbooks, channel pattern and deadlines: the small finds."""

import re
from collections import Counter
from collections.abc import Iterator, Set

from runbooks.playbook import Deadline, Related
from runbooks.reader import times
from runbooks.reader import vocabulary as v
from runbooks.reader.blocks import Block, Fence, ListBlock, Paragraph, Quote, Section, Table
from runbooks.reader.plain import folded, links, plain

_KEY_VALUE = re.compile(
    r"^\s*(?:[-*+>]\s+)*(?:\*\*|__)?([^:：*_|\n]{2,40}?)(?:\*\*|__)?\s*[:：]\s*(?:\*\*|__)?\s*(\S.{0,200})$"
)
_DEFINITION = re.compile(r"^ {0,3}\[([^\[\]\n]{1,100})\]:\s*<?(\S{3,600}?)>?\s*$")
_LABEL = re.compile(r"\[([^\[\]\n]{1,100})\]")
_RUNBOOK = re.compile(r"run-?books?|play-?books?", re.I)
_DOCUMENT = re.compile(r"\.(?:md|markdown|mdx|rst|adoc|html?|txt|docx?|pdf)(?:[#?].*)?$", re.I)
_VARIABLE = (
    r"(?:YYYY|yyyy|YY|MM|mm|DD|dd|NNN+|nnn|XXX+|xxx+|\d{8}|20\d\d-\d\d-\d\d|[{<\[]\w[\w .$|"
    r"/-]{0,40}[}>\]]|\$\{?\w+\}?|brief|desc|short|slug|date|name|title|id)"
)
_CHANNEL = re.compile(
    rf"(?<![\w&/])#([a-z][a-z0-9]{{1,30}}(?:[-_](?:[a-z0-9]+|{_VARIABLE}))*[-_]?{_VARIABLE}(?:[-_]?(?:[A-Za-z0-9]+|{_VARIABLE}))*)"
)
_CHANNEL_BARE = re.compile(
    r"^(?:inc|incident|sev|outage|war-?room)[a-z0-9]*[-_](?:[a-z0-9]+[-_])*(?:YYYY|yyyy|"
    r"[{<\[]|NNN|XXX)[\w{}<>\[\] .|/-]*$"
)
_SURE = re.compile(r"YYYY|yyyy|YY-?MM|NNN|XXX|xxx|[{<\[]\w|brief|short|desc\b|slug|\$|\d{8}|20\d\d-\d\d")
_DATE = re.compile(r"20\d\d-\d\d-\d\d|20\d{6}")
_WITHIN = re.compile(
    r"\b(?:within|no later than|not later than|in less than|in under|under|inside|"
    r"innerhalb(?: von)?|binnen|spätestens(?: nach)?|sous|dans les|d['’]ici|en menos de|"
    r"dentro de(?: las)?|antes de|en las|em at[ée]|at[ée]|dentro de|no prazo de|entro|"
    r"binnen)\s(?:the (?:first|next) |de |las |os |um |eine[rsm]? |the )?"
    r"[^.;,()\n]{0,12}?(?:\d|one|two|three|five|a |an |ein|un|zwei|drei)[^.;,()\n]{0,30}|"
    r"\d+\s?(?:시간|일|주|영업일)\s?(?:이내|내|안에)|\d+\s?(?:時間|日|営業日|週間)(?:以内|"
    r"まで)|\d+\s?(?:小时|天|个?工作日|周)(?:内|以内|之内)",
    re.I,
)
_CONTEXT = v.words(
    r"""
    post[- ]?(?:mortem|incident) | review | retro | report | rca\b | root cause | notif | publish
    gdpr | regulat | customer | affected | follow[- ]?up | document | summary | debrief
    action items? | nach | bericht | apr[èe]s | bilan | informe | despu[ée]s | relat[óo]rio | ap[óo]s
    rapport | 사후 | 회고 | 보고 | 통보 | 신고 | 事後 | 報告 | 振り返り | 复盘 | 报告
    """
)
_ACTION_ITEMS = v.words(r"action item", r"post-?mortem", r"template")
_NOT_DUTY = v.words(
    r"""
    escalat | severity | acknowledge | respon[sd] | initial status | first update | if unresolved
    stable
    """
)


def owner(root: Section, keys: dict[str, str]) -> str:
    """Who keeps the document, as written; from its head, a "Owner:" line anywhere, or a table's row."""
    for name in (
        "owner",
        "owners",
        "maintainer",
        "maintainers",
        "team",
        "owner_team",
        "owner_slack",
        "owning_team",
    ):
        if keys.get(name):
            return plain(keys[name])
    for section in root.walk():
        for block in section.blocks:
            for text in _lines_of(block):
                match = _KEY_VALUE.match(text[:400])
                if match and v.OWNER.match(plain(match[1])) and not _is_action_item(section):
                    return plain(text[match.start(2) :]).lstrip("* ")
            if isinstance(block, Table) and len(block.header) == 2:
                for cells in [block.header, *(row.cells for row in block.rows[:20])]:
                    if (
                        len(cells) == 2
                        and v.OWNER.match(plain(cells[0]))
                        and plain(cells[1])
                        and not v.OWNER.match(plain(cells[1]))
                    ):
                        return plain(cells[1])
    return ""


def _is_action_item(section: Section) -> bool:
    return _ACTION_ITEMS.search(section.path()) is not None


def _lines_of(block: Block) -> list[str]:
    if isinstance(block, Paragraph):
        return block.text.split("\n")[:50]
    if isinstance(block, Quote):
        return [line for inner in block.blocks for line in _lines_of(inner)]
    if isinstance(block, ListBlock):
        return [item.text for item in block.items[:50]]
    return []


def related(root: Section, text: str) -> tuple[Related, ...]:
    """Links to other runbooks: all that stand under such a heading, elsewhere those that say so."""
    found: dict[tuple[str, str], Related] = {}
    for section in root.walk():
        listed = bool(section.parent) and v.RELATED.search(section.title) is not None
        for block in section.blocks:
            for words, line in _texts(block):
                for title, target in links(words):
                    if _is_related(title, target, listed):
                        found.setdefault((title, target), Related(title, target, line))
            if isinstance(block, Table) and not any(links(cell) for row in block.rows for cell in row.cells):
                for entry in _unlinked(block):
                    found.setdefault((entry.title, ""), entry)
    for label, target, line in _definitions(text):
        if _is_related(label, target, False):
            found.setdefault((label, target), Related(label, target, line))
    return tuple(sorted(found.values(), key=lambda entry: entry.line))


def _definitions(text: str) -> Iterator[tuple[str, str, int]]:
    """Reference links ("[label]: target") that the text uses, with the line of the definition."""
    if "]:" not in text:
        return
    used = Counter(_LABEL.findall(text))
    for line, words in enumerate(text.split("\n"), 1):
        match = _DEFINITION.match(words[:800])
        if match and used[match[1]] > 1:
            yield match[1], match[2], line


def _is_related(title: str, target: str, listed: bool) -> bool:
    if not target or target.startswith(("#", "mailto:", "tel:", "slack:")):
        return False
    local = "://" not in target
    if listed:
        return (
            local or _RUNBOOK.search(title + " " + target) is not None or _DOCUMENT.search(target) is not None
        )
    return _RUNBOOK.search(title) is not None or (
        _RUNBOOK.search(target) is not None
        and (local or _DOCUMENT.search(target) is not None)
        and not target.endswith((".png", ".svg", ".jpg"))
    )


def _unlinked(table: Table) -> Iterator[Related]:
    """ "Runbook | Trigger | Location": names in a table, with nothing to open."""
    if not table.header or not re.match(
        r"^\W*(?:related )?(?:run-?book|play-?book)s?(?: name)?\W*$", plain(table.header[0]), re.I
    ):
        return
    for row in table.rows[:100]:
        if row.cells and plain(row.cells[0]):
            target = next((plain(cell) for cell in row.cells[1:] if _DOCUMENT.search(plain(cell))), "")
            yield Related(plain(row.cells[0]), target, row.line)


def _texts(block: Block, depth: int = 0) -> Iterator[tuple[str, int]]:
    """Each piece of running text in a block with its line."""
    if isinstance(block, Paragraph):
        yield from ((line, block.line + offset) for offset, line in enumerate(block.text.split("\n")))
    elif isinstance(block, ListBlock) and depth < 6:
        for item in block.items:
            yield item.text, item.line
            for inner in item.blocks:
                yield from _texts(inner, depth + 1)
    elif isinstance(block, Quote) and depth < 6:
        for inner in block.blocks:
            yield from _texts(inner, depth + 1)
    elif isinstance(block, Table):
        for row in block.rows:
            yield from ((cell, row.line) for cell in row.cells)


def channel(text: str) -> str:
    """The pattern for an incident's channel, "#incident-YYYY-MM-DD-brief-desc"; an example's date becomes a pattern."""
    for line in text.split("\n"):
        if "#" not in line and "`" not in line:
            continue
        for match in _CHANNEL.finditer(line[:2000]):
            if _SURE.search(match[1]):
                return "#" + _pattern(match[1].rstrip("-_"))
        if re.search(r"channel|slack|kanal|canal|채널|チャンネル|频道", line[:2000], re.I):
            for span in re.findall(r"`([^`\n]{6,80})`", line[:2000]):
                if _CHANNEL_BARE.match(span):
                    return f"#{span}"
    return ""


def _pattern(name: str) -> str:
    date = _DATE.search(name)
    if date is None:
        return name
    blank = "YYYY-MM-DD" if "-" in date[0] else "YYYYMMDD"
    rest = name[date.end() :]
    return name[: date.start()] + blank + ("-brief-desc" if rest.strip("-_") else "")


def deadlines(root: Section, taken: Set[int], described: set[int]) -> tuple[Deadline, ...]:
    """What must be done by when after an incident: "Within 24 hours", "post-mortem within 5 business days".

    ``described`` are blocks with times of another kind: levels, contacts.
    """
    found: dict[tuple[str, int | None], Deadline] = {}
    for section in root.walk():
        if not section.parent or section.inside(taken):
            continue
        title = section.title.rstrip(":： ")
        below = _CONTEXT.search(section.path()) is not None and _NOT_DUTY.search(section.parent.title) is None
        if below and _WITHIN.search(title) and not _NOT_DUTY.search(title):
            _add(found, title, title, section.line)
        for block in section.blocks:
            if isinstance(block, Fence) or id(block) in described:
                continue
            for text, line in _texts(block):
                words = plain(text)
                for sentence in re.split(r"(?<=[.;。])\s+", words):
                    within = _WITHIN.search(sentence)
                    about = _CONTEXT.search(sentence) or (below and v.AFTER.search(section.path()))
                    if (
                        within
                        and about
                        and not _NOT_DUTY.search(sentence)
                        and not _NOT_DUTY.search(section.title)
                        and not times.is_recurring(sentence)
                    ):
                        _add(found, sentence.rstrip(":： "), within[0], line)
    return tuple(found.values())


def _add(found: dict[tuple[str, int | None], Deadline], text: str, within: str, line: int) -> None:
    spans = times.durations(within)
    if spans:
        minutes = round(spans[0].high)
        found.setdefault((folded(text), minutes), Deadline(text[:300], minutes, line))
