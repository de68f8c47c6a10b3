"""Names of severity levels: "SEV1", "P0 - Critical", "🔴 High", "Critical (S1)", "P3/P4"."""

import re
from dataclasses import dataclass

from runbooks.reader.plain import folded, plain, without_emoji

_STRONG = (
    r"sev(?:erity)?|[ps](?=[-_]?[0-5])|prio(?:rity)?|incident level|priorität|prio|gravité|"
    r"sévérité|severidad|gravedad|prioridad|severidade|gravidade|prioridade|gravità|priorità|"
    r"심각도|重大度|深刻度|優先度|p级"
)
_WEAK = (
    r"level|lvl|l(?=[-_]?[0-5])|stufe|niveau|nivel|nível|livello|class|category|cat|"
    r"kategorie|レベル|레벨|등급|级别|等级"
)
_CODE = re.compile(
    rf"(?P<family>{_STRONG}|{_WEAK})[\s_#-]{{0,2}}(?P<number>[0-5])(?!\d|[.:]\d|\s?%|[a-z])", re.I
)
_NUMBER = re.compile(r"^(?P<number>[0-5])(?=$|\s*[-–—:(])")
_RANKS: tuple[tuple[int, str], ...] = (
    (
        1,
        r"critical|catastrophic|emergency|severe|blocker|urgent|kritisch|katastrophal|notfall|"
        r"dringend|critique|urgente?|cr[íi]tic[oa]|critico|kritiek|критический|심각|치명(?:적)?|"
        r"긴급|매우 높음|致命的|緊急|重大|严重|紧急|致命|crítica",
    ),
    (
        2,
        r"высокий|high|major|significant|important|hoch|schwer(?:wiegend)?|erheblich|élevée?|haute?|"
        r"majeure?|grave|alt[oa]|mayor|importante|maior|hoog|높음|중대|고|높은|主要|高|重要",
    ),
    (
        3,
        r"medium|moderate|normal|average|partial|warning|mittel|mäßig|moyen(?:ne)?|modérée?|"
        r"medi[oa]|moderad[oa]|médi[oa]|middel|gemiddeld|средний|중간|보통|중|中|一般|中程度",
    ),
    (
        4,
        r"low|minor|minimal|cosmetic|trivial|negligible|niedrig|gering|leicht|faible|basse?|"
        r"mineure?|baj[oa]|leve|menor|baix[oa]|bass[oa]|laag|низкий|낮음|경미|저|낮은|軽微|低|"
        r"轻微|軽度",
    ),
    (
        5,
        r"informational|information|info|none|planned|question|enhancement|kosmetisch|"
        r"informativ[oa]|정보|情報|信息",
    ),
)
_WORD = re.compile("|".join(f"(?P<r{rank}>{names})" for rank, names in _RANKS), re.I)
_SEPARATOR = re.compile(r"^\s*(?:[-–—:|/,=]|→|->|=>|\(|\[|[::]|\s)\s*")
_STOP = re.compile(r"^(?:\s*(?:$|[–—:|/(\[→=,)\]：]|->)|\s+-)")


@dataclass(frozen=True, slots=True)
class Level:
    """``key`` compares levels across tables ("sev1", "p1", "critical"); ``rank`` orders words without a number."""

    key: str
    name: str
    rest: str
    number: int | None
    rank: int
    weak: bool = False


def parse(text: str, bare: bool = False) -> Level | None:
    """The level that the text begins with, and what stands after its name. None when it begins otherwise.

    ``bare``: a number alone is a level too, as in a table's first column.
    """
    words = without_emoji(plain(text)).lstrip("[(#* ").strip()
    code = _CODE.match(words) or (_NUMBER.match(words) if bare else None)
    if code is not None:
        return _from_code(words, code)
    word = _WORD.match(words)
    if word is None or not _STOP.match(words[word.end() :]):
        return None
    return _from_word(words, word)


def _from_code(words: str, code: re.Match[str]) -> Level | None:
    end = code.end()
    # "P1 - Critical", "SEV1 (Critical)", "P0 Critical": the word belongs to the name.
    separator = _SEPARATOR.match(words[end:])
    after = end + (separator.end() if separator else 0)
    word = _WORD.match(words[after:]) if separator else None
    tail = words[after + word.end() :] if word else ""
    if word and _STOP.match(tail.lstrip(")]") if tail[:1] in ")]" else tail):
        end = after + word.end()
        if words[end : end + 1] in (")", "]"):
            end += 1
    name, rest = words[:end].strip(), _without_separator(words[end:])
    family = (code.groupdict().get("family") or "").casefold()
    number = int(code["number"])
    return Level(_family(family) + str(number), name, rest, number, number, weak=_is_weak(family))


def _from_word(words: str, word: re.Match[str]) -> Level:
    rank = next(rank for rank, _ in _RANKS if word.group(f"r{rank}"))
    rest = words[word.end() :]
    inner = re.match(r"^\s*[-–—:/(\[]\s*", rest)
    code = _CODE.match(rest[inner.end() :]) if inner else None
    if inner and code:
        end = word.end() + inner.end() + code.end()
        if words[end : end + 1] in (")", "]"):
            end += 1
        number = int(code["number"])
        return Level(
            _family(code["family"].casefold()) + str(number),
            words[:end],
            _without_separator(words[end:]),
            number,
            number,
        )
    return Level(word.group(0).casefold(), words[: word.end()], _without_separator(rest), None, rank)


def _without_separator(rest: str) -> str:
    rest = rest.strip()
    found = re.match(r"^(?:[-–—:|=]|→|->|=>|[::])+\s*", rest)
    return rest[found.end() :] if found else rest


def _family(name: str) -> str:
    if name.startswith(("sev", "gra", "sév", "심각", "重大", "深刻")):
        return "sev"
    if name.startswith(("p", "優先")):
        return "p"
    return "s" if name == "s" else "l" if name else ""


def _is_weak(family: str) -> bool:
    return family in ("", "l") or re.fullmatch(_WEAK, family, re.I) is not None


def keys(text: str) -> list[str]:
    """Every level named anywhere in the text by its code, "P1/P2", "SEV1-3" and "SEV-1 to SEV-3" written out."""
    words = folded(plain(text))
    found: list[tuple[int, int, str, int]] = []
    for match in _CODE.finditer(words):
        before = words[match.start() - 1 : match.start()]
        family = match["family"].casefold()
        if before.isalnum() or _is_weak(family):
            continue
        found.append((match.start(), match.end(), _family(family), int(match["number"])))
    result: list[str] = []
    for index, (_, end, family, number) in enumerate(found):
        result.append(f"{family}{number}")
        following = found[index + 1] if index + 1 < len(found) else None
        bare = re.match(r"\s?(-|–|/|to|bis|,|&)\s?([0-5])(?!\d|\s?(?:min|h|day|std))", words[end : end + 12])
        if bare:
            last = int(bare[2])
            span = range(number + 1, last + 1) if bare[1] in ("-", "–", "to", "bis") else (last,)
            result.extend(f"{family}{level}" for level in span)
        elif (
            following
            and following[2] == family
            and re.fullmatch(r"\s?(?:-|–|to|bis|through|~)\s?", words[end : following[0]])
        ):
            result.extend(f"{family}{level}" for level in range(number + 1, following[3]))
    return list(dict.fromkeys(result))


def rank_word(text: str) -> bool:
    """Whether the text is nothing but a word for a rank ("Critical", "hoch")."""
    return _WORD.fullmatch(folded(plain(text))) is not None
