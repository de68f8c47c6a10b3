"""How often whom is told: tables, lists, headings, sentences and, at last, the promises in templates."""

import re
from collections.abc import Set
from dataclasses import replace

from runbooks.playbook import Cadence, Severity, Template
from runbooks.reader import levels, times
from runbooks.reader import vocabulary as v
from runbooks.reader.blocks import Block, Fence, ListBlock, ListItem, Paragraph, Quote, Section, Table
from runbooks.reader.plain import folded, plain

_PHRASE = re.compile(
    r"(?:every|each|alle|toutes les|tous les|cada|a cada|ogni|elke)\s(?:\d|half|an?\b|hour|"
    r"day|stunde|heure|hora|two|three|four|few|thirty|fifteen|halbe|"
    r"demi)[^.,;:!?\n()]{0,40}?(?:minutes?|mins?|hours?|hrs?|days?|[mh]\b|minuten|stunden?|"
    r"heures?|minutos|horas?|minuti|ore|ora|jours?|d[ií]as?|uur|minuten)(?![a-z])"
    r"|\d+\s?(?:분|시간)\s?(?:마다|간격)|\d+\s?(?:分|時間)(?:ごと|おき|毎|間隔)|"
    r"每\s?(?:隔\s?)?\d+\s?(?:分钟|小时)|(?:hourly|half-hourly|stündlich)|"
    r"next update in \d+\s?\w+",
    re.I,
)
_VAGUE = re.compile(
    r"\b(?:status |regular |stakeholder |customer )?updates?\b.{0,40}\b(?:fixed|regular|"
    r"agreed|set) (?:cadence|interval)|\b(?:fixed|regular) (?:update )?cadence\b",
    re.I,
)


def find(
    root: Section,
    claimed: set[int],
    templates: tuple[Template, ...],
    scale: tuple[Severity, ...],
    taken: Set[int],
) -> tuple[Cadence, ...]:
    """Stated cadences; where there is none, those in running text; where there is none, those in the templates."""
    names = {level.key: severity.name for severity in scale if (level := levels.parse(severity.name))}
    stated = [
        cadence
        for section in root.walk()
        if not section.inside(taken)
        for block in section.blocks
        for cadence in _stated(section, block, names, scale)
    ]
    if stated:
        return _each_once(stated)
    said = [
        cadence
        for section in root.walk()
        if not section.inside(taken)
        for cadence in _said(section, claimed, names)
    ]
    told = _each_once([cadence for cadence in said if cadence.minutes is not None])
    promised = _each_once([cadence for template in templates for cadence in _promised(template, names)])
    return told or promised or _each_once(said)


def _each_once(found: list[Cadence]) -> tuple[Cadence, ...]:
    seen: dict[tuple[int | None, str, str], Cadence] = {}
    for cadence in found:
        seen.setdefault((cadence.minutes, cadence.severity, cadence.audience), cadence)
    return tuple(seen.values())


def _for_levels(text: str, names: dict[str, str]) -> list[str]:
    """The names of the levels that a cell or sentence speaks of; [""] for all of them."""
    found = levels.keys(text)
    if not found:
        level = levels.parse(text)
        return [names.get(level.key, level.name)] if level else [""]
    return [names.get(key, _display(key)) for key in found]


def _display(key: str) -> str:
    return key.upper()


_FIRST = v.words(r"first", r"initial", r"channel")
_OTHER_REVIEWS = v.words(r"review", r"drill", r"backup", r"check$")
_PLAINLY_HOW_OFTEN = v.words(r"frequency", r"cadence", r"interval")
_MACHINE = re.compile(
    r"\b(?:runs?|polls?|pings?|probes?|scrapes?|refresh(?:es)?|retr(?:y|ies)|checks?|executes?|fires?)\W+$",
    re.I,
)
_NEVER = re.compile(
    r"^\W*(?:none|no updates?|never|n/?a|not applicable|keine?|aucune?|ningun[oa]|nenhum[a]?|"
    r"없음|なし|无)?\W*$",
    re.I,
)


def _make(text: str, subject: str, audience: str, line: int, names: dict[str, str]) -> list[Cadence]:
    if _NEVER.match(plain(text)):
        return []
    return [
        Cadence(plain(text), times.interval(text), name, audience, line)
        for name in _for_levels(subject, names)
    ]


def _stated(
    section: Section, block: Block, names: dict[str, str], scale: tuple[Severity, ...]
) -> list[Cadence]:
    if isinstance(block, Table):
        return _from_table(section, block, names)
    if isinstance(block, ListBlock):
        return _from_list(section, block, names)
    if isinstance(block, Paragraph):
        return _from_lines(section, block, names)
    return []


def _about_updates(section: Section, lead: str = "") -> bool:
    titles = [ancestor.title for ancestor in list(section.ancestors())[:2]]
    return any(v.CADENCE.search(title) for title in titles) or v.CADENCE.search(lead[-120:]) is not None


def _from_table(section: Section, table: Table, names: dict[str, str]) -> list[Cadence]:
    headers = [folded(plain(cell)) for cell in table.header]
    if len(headers) < 2 or len(table.rows) > 60:
        return []
    first = [row.cells[0] for row in table.rows if row.cells]
    by_level = sum(1 for cell in first if levels.parse(cell)) * 2 > len(first)
    columns = [
        index
        for index, header in enumerate(headers)
        if index and v.FREQUENCY.search(header) and not _FIRST.search(header)
    ]
    columns = [
        index
        for index in columns
        if any(times.interval(row.cells[index]) for row in table.rows if index < len(row.cells))
    ]
    if not columns and by_level and _about_updates(section, table.lead):
        columns = [index for index in range(1, len(headers)) if _any_recurring(table, index)]
    if not columns or not (by_level or _about_updates(section, table.lead)):
        return []
    if any(_OTHER_REVIEWS.search(header) for header in headers):
        return []
    audience_at = next((index for index, header in enumerate(headers) if v.AUDIENCE.search(header)), None)
    found: list[Cadence] = []
    for row in table.rows:
        for index in columns:
            text = row.cells[index] if index < len(row.cells) else ""
            plainly = v.FREQUENCY.search(headers[index]) is not None
            if not text or (times.interval(text) is None and not (by_level and plainly)):
                continue
            audience = (
                plain(row.cells[audience_at])
                if audience_at is not None and audience_at != index
                else plain(table.header[index])
                if len(columns) > 1
                else ""
            )
            found.extend(_make(text, row.cells[0] if by_level else text, audience, row.line, names))
    return found


def _any_recurring(table: Table, index: int) -> bool:
    return any(times.is_recurring(row.cells[index]) for row in table.rows if index < len(row.cells))


_LEVEL_VALUE = re.compile(r"^(.{1,60}?)\s*(?:[:：]|→|\s[-–—]\s)\s*(\S.*)$")


def _from_list(section: Section, block: ListBlock, names: dict[str, str]) -> list[Cadence]:
    """ "- P1: Every 15 minutes", and levels with "Updates: every 30 minutes" below."""
    found: list[Cadence] = []
    plainly = 0
    about = _about_updates(section, block.lead)
    level_here = levels.parse(section.title)
    for item in block.items:
        words = plain(item.text)
        match = _LEVEL_VALUE.match(words.replace("**", ""))
        if match and (levels.keys(match[1]) or levels.parse(match[1])) and len(match[2]) < 120:
            if times.is_recurring(match[2]) and (about or v.UPDATE_VERB.search(match[2])):
                found.extend(_make(_clause(match[2]), match[1], _audience(section), item.line, names))
                plainly += 1
                continue
            if (
                about
                and plainly
                and re.match(r"^(?:as needed|optional|none|on request|ad hoc|nach bedarf)", match[2], re.I)
            ):
                found.extend(_make(match[2], match[1], _audience(section), item.line, names))
                continue
        elif (
            match
            and v.FREQUENCY.search(match[1])
            and times.interval(match[2]) is not None
            and (times.is_recurring(words) or _PLAINLY_HOW_OFTEN.search(match[1]))
        ):
            subject = section.title if level_here else match[2]
            found.extend(_make(match[2], subject, "", item.line, names))
            continue
        found.extend(_below_level(item, names))
    return found


def _clause(text: str) -> str:
    return text if len(text) <= 60 else (found[0] if (found := _PHRASE.search(text)) else text)


_GROUP = v.words(
    r"""
    internal | external | customers? | stakeholders? | executives? | leadership | public | intern | extern
    kunden | clients? | clientes? | 내부 | 외부 | 社内 | 社外 | 顧客
    """
)


def _audience(section: Section) -> str:
    found = _GROUP.search(section.title)
    return found[0] if found else ""


def _below_level(item: ListItem, names: dict[str, str]) -> list[Cadence]:
    level = levels.parse(item.text)
    if level is None:
        return []
    found: list[Cadence] = []
    for block in item.blocks:
        for inner in block.items if isinstance(block, ListBlock) else []:
            words = plain(inner.text)
            if times.is_recurring(words) and v.UPDATE_VERB.search(words):
                found.extend(_make(words.split(":", 1)[-1].strip(), level.name, "", inner.line, names))
    return found


def _from_lines(section: Section, block: Paragraph, names: dict[str, str]) -> list[Cadence]:
    """ "**Update frequency**: every 30 minutes", also below a level's heading."""
    found: list[Cadence] = []
    for offset, line in enumerate(block.text.split("\n")):
        match = re.match(r"^(.{3,40}?)\s*[:：]\s*(\S.*)$", plain(line))
        if not match or not v.FREQUENCY.search(match[1]) or times.interval(match[2]) is None:
            continue
        if times.is_recurring(match[2]) or _PLAINLY_HOW_OFTEN.search(match[1]):
            subject = next(
                (above.title for above in section.ancestors() if levels.parse(above.title)), match[2]
            )
            found.extend(_make(match[2], subject, "", block.line + offset, names))
    return found


# Running text


def _said(section: Section, claimed: set[int], names: dict[str, str]) -> list[Cadence]:
    found: list[Cadence] = []
    if times.is_recurring(section.title) and v.CADENCE.search(section.path()):
        found.extend(_make(section.title, section.title, "", section.line, names))
    for block in section.blocks:
        if (
            isinstance(block, Fence)
            and id(block) not in claimed
            and not block.info.startswith(("y", "b", "s", "p", "j"))
        ):
            lines = [(text, line) for line, text in enumerate(block.text.split("\n")[:400], block.line + 1)]
        else:
            lines = list(_sentences(block)) if not isinstance(block, Fence) else []
        for text, line in lines:
            found.extend(_from_sentence(text, line, names))
    return found


def _sentences(block: Block, depth: int = 0) -> list[tuple[str, int]]:
    if isinstance(block, Paragraph):
        return [
            (sentence, block.line + offset)
            for offset, line in enumerate(block.text.split("\n"))
            for sentence in re.split(r"(?<=[.!?。])\s+", plain(line))
        ]
    if isinstance(block, ListBlock) and depth < 4:
        return [
            entry
            for item in block.items
            for entry in [
                (plain(item.text), item.line),
                *(inner for below in item.blocks for inner in _sentences(below, depth + 1)),
            ]
        ]
    if isinstance(block, Quote):
        return [entry for inner in block.blocks for entry in _sentences(inner, depth + 1)]
    if isinstance(block, Table):
        return [(plain(cell), row.line) for row in block.rows[:200] for cell in row.cells]
    return []


def _from_sentence(text: str, line: int, names: dict[str, str]) -> list[Cadence]:
    text = re.sub(r"^\s*(?:[-*+]|\d+[.)])?\s*(?:\[[ xX]?\])?\s*", "", text[:600])
    phrase = _PHRASE.search(text)
    told = phrase is not None and not _MACHINE.search(text[: phrase.start()])
    if phrase and told and v.UPDATE_VERB.search(text) and times.is_recurring(text):
        subject = text if levels.keys(text) else ""
        return [
            replace(cadence, text=plain(text), minutes=times.interval(phrase[0]))
            for cadence in _make(text, subject, "", line, names)
        ]
    if _VAGUE.search(text):
        return [Cadence(plain(text), None, "", "", line)]
    return []


def _promised(template: Template, names: dict[str, str]) -> list[Cadence]:
    found: list[Cadence] = []
    first = template.line + (1 if "\n" in template.text else 0)
    for offset, line in enumerate(template.text.split("\n")):
        phrase = _PHRASE.search(line[:1000])
        if phrase and (minutes := times.interval(phrase[0])) is not None:
            subject = template.title if levels.keys(template.title) else ""
            found.extend(
                Cadence(phrase[0], minutes, name, "", first + offset)
                for name in (_for_levels(subject, names) if subject else [""])
            )
    return found


def onto(scale: tuple[Severity, ...], cadences: tuple[Cadence, ...]) -> tuple[Severity, ...]:
    """The levels, each with the cadence that the document gives for it."""
    by_name: dict[str, int] = {}
    for cadence in cadences:
        if cadence.severity and cadence.minutes is not None:
            by_name[cadence.severity] = min(cadence.minutes, by_name.get(cadence.severity, cadence.minutes))
    return tuple(
        severity
        if severity.cadence_minutes is not None
        else replace(severity, cadence_minutes=by_name.get(severity.name))
        for severity in scale
    )
