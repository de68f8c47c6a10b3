"""Which field a label, a blank or a question of a template asks for, in the languages that runbooks are written in."""

import re

from runbooks.reader.plain import folded, plain
from runbooks.reader.vocabulary import documents as d

#: Looked for in this order: "Incident date" is a date before "Incident" is a title.
KEYS: dict[str, re.Pattern[str]] = {
    "reference": d.REFERENCE,
    "date": d.DATE,
    "duration": d.DURATION,
    "severity": d.LEVEL,
    "commander": d.COMMANDER,
    "author": d.AUTHOR,
    "users_affected": d.USERS,
    "features_impacted": d.FEATURES,
    "timeline": d.TIMELINE,
    "action_items": d.ACTION_ITEMS,
    "updates_on_time": d.ON_TIME,
    "longest_silence": d.SILENCE,
    "paths_tried": d.PATHS,
    "started_at": d.STARTED,
    "declared_at": d.RAISED,
    "acknowledged_at": d.SEEN,
    "mitigated_at": d.MITIGATED,
    "ended_at": d.ENDED,
    "impact": d.HARM,
    "services": d.WHAT_BREAKS,
    "title": d.TITLE,
}
#: Headings under which promises stand, the most certain first.
PROMISES = (d.ACTION_ITEMS, d.FOLLOW_UPS, d.REMEDIES)

_ASIDE = re.compile(r"\s*\([^()]{0,60}\)\s*$")
_NUMBER = re.compile(r"^\(?\d{1,2}(?:\.\d{1,2})*[.):]?\s+")
_ASKS_USERS = re.compile(r"\b(users?|customers?|clients?|tenants?)\b", re.IGNORECASE)
_ASKS_FEATURES = re.compile(r"\b(features?|services?|systems?|functionality|components?)\b", re.IGNORECASE)
_ASKS_HARM = re.compile(r"\b(affected|impacted|broken|down)\b", re.IGNORECASE)


def key_of(label: str) -> str:
    """The field that ``label`` asks for; "" for one that is not ours to fill."""
    name = name_of(label)
    return next((key for key, pattern in KEYS.items() if pattern.fullmatch(name)), "")


def name_of(label: str) -> str:
    """``label`` without emphasis, number, colon and an aside: "**1. Time (UTC):**" is "time"."""
    words = _NUMBER.sub("", folded(plain(label[:120]))).strip(" *_`:：-–—")
    return _ASIDE.sub("", words).strip(" *_`:：")


def key_of_question(question: str) -> str:
    """The field that the answer to a question of the checklist fills: "Which features are impacted?"."""
    words = plain(question)
    if not _ASKS_HARM.search(words):
        return ""
    if _ASKS_FEATURES.search(words):
        return "features_impacted"
    return "users_affected" if _ASKS_USERS.search(words) else ""
