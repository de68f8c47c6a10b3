"""Finding incidents by words: in the history, and among the open ones while somebody declares."""

import re

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db.models import F, Q

from accounts.models import User
from incidents.models import Incident, IncidentQuerySet

MOST_WORDS = 12
LONGEST_WORD = 60  # characters; no indexed word that people type is longer
REFERENCE = re.compile(r"(?:inc[- ]?|#)(\d{1,15})", re.I)
NUMBER = re.compile(r"\d{1,15}")
_COMMON = """
about after again all and any are been but can cannot could does for from had has have how into its more most not
now our out over problem some that the their then there they this too under very was were what when where which
while who why will with you your
"""
#: Words that make no two incidents alike.
COMMON = frozenset(_COMMON.split())


def reference_in(text: str) -> int | None:
    """The number, where ``text`` is the name of an incident and nothing else: "INC-42", "inc 42", "#42"."""
    match = REFERENCE.fullmatch(text.strip())
    return int(match[1]) if match else None


def matching(incidents: IncidentQuerySet, text: str) -> IncidentQuerySet:
    """Those with every word of ``text``, of which the last may be unfinished; and the one of that number."""
    query = query_of(text)
    if query is None:
        return incidents.none() if text else incidents
    found = Q(search=query)
    if NUMBER.fullmatch(text.strip()):
        found |= Q(pk=int(text))
    return incidents.filter(found)


def query_of(text: str) -> SearchQuery | None:
    """What finds every word of ``text``, of which the last may be unfinished; None where it has no word."""
    words = _words(text)
    return SearchQuery(_all_of(words), search_type="raw", config="simple") if words else None


def similar_open(title: str, user: User, limit: int = 3) -> list[Incident]:
    """Open incidents that ``user`` may see and that share words with ``title``, the likest first."""
    words = [w for w in _words(title) if len(w) > 2 and w.lower() not in COMMON]
    if not words:
        return []
    query = SearchQuery(" | ".join(f"{_quoted(w)}:*" for w in words), search_type="raw", config="simple")
    found = Incident.objects.open().visible_to(user).filter(search=query)
    likest = found.annotate(likeness=SearchRank(F("search"), query)).order_by("-likeness", "severity", "-id")
    return list(likest.select_related("declared_by")[:limit])


def _words(text: str) -> list[str]:
    """Whole words as typed: PostgreSQL splits them as it split the ones it indexed."""
    return [w[:LONGEST_WORD] for w in text.split() if any(c.isalnum() for c in w)][:MOST_WORDS]


def _all_of(words: list[str]) -> str:
    return " & ".join([*map(_quoted, words[:-1]), f"{_quoted(words[-1])}:*"])


def _quoted(word: str) -> str:
    """As tsquery wants a word quoted, so that nothing in it is an operator."""
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"
