"""Which severities a few words name: "SEV1/SEV2 incidents", "P0–P1 only", "SEV-2 and above"."""

import re
from collections.abc import Sequence

from runbooks.playbook import Severity

_ID = r"(sev(?:erity)?|p(?:riority|rio)?|s|l(?:evel)?|tier)[\s_-]{0,2}(\d)"
_FIRST = re.compile(rf"(?<![a-z0-9]){_ID}(?![0-9a-z])", re.IGNORECASE)
_NEXT = re.compile(
    rf"\s{{0,2}}(/|,|&|\+|and|or|to|through|-|–|—)\s{{0,2}}(?:{_ID}|(\d))(?![0-9a-z])", re.IGNORECASE
)
_AND_UP = re.compile(r"\s{0,2}(\+|(and|or)\s(above|higher|up|worse))", re.IGNORECASE)
_AND_DOWN = re.compile(r"\s{0,2}(and|or)\s(below|lower|less)", re.IGNORECASE)
_RANGES = {"to", "through", "-", "–", "—"}


def levels_named(text: str, severities: Sequence[Severity]) -> frozenset[int]:
    """The levels (1 is the most severe) that ``text`` names; empty when it names none.

    A level goes by its id ("SEV1", "sev-1", "P0") or, where it has only a word, by the word beside
    "severity" or "incident": a checklist called "High CPU" is not about the level High.
    """
    by_id = _levels_by_id(severities)
    found = _by_id(text[:500], by_id) | _by_word(text[:500], severities)
    return frozenset(found)


def _levels_by_id(severities: Sequence[Severity]) -> dict[tuple[str, int], int]:
    named: dict[tuple[str, int], int] = {}
    for level, severity in enumerate(severities, 1):
        if match := _FIRST.search(severity.name):
            named.setdefault(_key(match[1], match[2]), level)
    return named


def _key(word: str, digit: str) -> tuple[str, int]:
    return word[0].lower(), int(digit)  # "SEV1", "Severity 1" and "S1" are the same level


def _by_id(text: str, by_id: dict[tuple[str, int], int]) -> set[int]:
    found: set[int] = set()
    for match in _FIRST.finditer(text):
        if level := by_id.get(_key(match[1], match[2])):
            found |= _with_company(text, match, level, by_id)
    return found


def _with_company(text: str, match: re.Match[str], level: int, by_id: dict[tuple[str, int], int]) -> set[int]:
    """``level`` and what is said along with it: "/2", "–SEV3", "and above"."""
    found, at, last = {level}, match.end(), level
    while following := _NEXT.match(text, at):
        letter, digit = following[2] or match[1], following[3] or following[4]
        other = by_id.get(_key(letter, digit))
        if other is None:
            break
        between = range(min(last, other), max(last, other) + 1)
        found |= set(between) if following[1].lower() in _RANGES else {other}
        at, last = following.end(), other
    if _AND_UP.match(text, at):
        found |= set(range(1, last + 1))
    elif _AND_DOWN.match(text, at):
        found |= set(range(last, len(by_id) + 1))
    return found


def _by_word(text: str, severities: Sequence[Severity]) -> set[int]:
    found: set[int] = set()
    for level, severity in enumerate(severities, 1):
        word = severity.name.strip().lower()
        if not word or _FIRST.search(word):
            continue
        word = re.escape(word)
        beside = rf"(?<!\w){word}[\s-](severity|incident|level)|severity[\s:-]{{1,3}}{word}(?!\w)"
        if re.fullmatch(word, text.strip().lower()) or re.search(beside, text.lower()):
            found.add(level)
    return found
