"""The blanks of a template: how each form looks, and how it reads once it is filled."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from postmortems.prefill.labels import key_of

_TAGS = r"(?:br|b|i|em|strong|code|kbd|sub|sup|p|span|div|a|u|s|details|summary|small|img|hr|table|t[rdh])\b"
#: "[x]", "{x}", "{{x}}", "<x>": no box, no link, no tag, no address.
NAMED = re.compile(
    r"(?<![\]\\!])\[(?![ xX]?\])(?P<square>[^\[\]\n]{1,80})\](?![(\[]|:\s+\S{0,9}[/<])"
    r"|(?<![{$\\])\{\{?(?P<curly>[^{}\n]{1,80})\}\}?"
    rf"|(?<!\\)<(?!/?{_TAGS})(?P<angle>[^\W\d][^<>@\n/]{{0,80}})>"
)
_YEAR, _MONTH, _DAY = r"YYYY|JJJJ|AAAA|GGGG|20XX|20\d\d", r"MM|XX|0\d|1[0-2]", r"DD|TT|JJ|GG|XX|[0-3]\d"
_PART = r"\s?[-/.年月日년월일]\s?"
DATE = re.compile(
    rf"(?<![\w-])(?:(?P<y>{_YEAR})(?P<s>{_PART})(?:{_MONTH})(?P<t>{_PART})(?:{_DAY})(?P<end>[日일]?)"
    rf"|(?P<first>DD|TT|JJ|GG|XX|MM)(?P<u>[-/.])(?:MM|DD|XX)(?P<v>[-/.])(?:{_YEAR}))(?![\w-])"
)
_ZONE = r"(?:\s?(?:UTC|GMT|[A-Z]{2,4}T|Z)\b)?"
TIME = re.compile(
    rf"(?<![\w:])(?:HH|hh|XX|xx|__|--)[:h](?:MM|mm|XX|xx|__|--)(?::(?:SS|ss|XX))?{_ZONE}(?![\w:])"
)
_HOURS = r"hours?|hrs?|h|stunden?|std|heures?|horas?|ore|uur|uren|시간|時間|小时|часов|часа?"
_MINUTES = r"minutes?|mins?|m|minuten?|minutos?|minuti|minuut|분|分(?:間)?|分钟|минут(?:ы|а)?"
_COUNT = r"(?:[XYNZ]{1,3}|[xyn]{1,2}|_{1,4}|\#{1,3}|\[[^\[\]\n]{1,20}\])"
SPAN = re.compile(
    rf"(?<![\w]){_COUNT}(?P<gap>\s?)(?P<hours>{_HOURS})(?P<join>[\s,]{{0,2}}(?:and |und |et |y |e )?)"
    rf"(?:{_COUNT}(?P<gap2>\s?)(?P<minutes>{_MINUTES}))?(?![A-Za-z])"
    rf"|(?<![\w]){_COUNT}(?P<gap3>\s?)(?P<only>{_MINUTES})(?![A-Za-z])",
    re.IGNORECASE,
)
#: Single letters and signs that stand for something: "X users", "SEV-X", "N", "___", "TBD", "…".
LOOSE = re.compile(
    r"(?<![A-Za-z])(?:X{1,4}|N{1,3}|TB[DA]|TODO)(?![A-Za-z])|_{2,}|\#{2,}|\.{3,}|…|@[A-Za-z_-]{2,20}\b"
)
CHOICE = re.compile(r"[\w .+-]{1,24}(?:\s*[/|]\s*[\w .+-]{1,24})+")
_LEVEL = re.compile(
    r"(?:sev(?:erity)?|p|s|priority|level)?[ -]?\d(?:\s?[-–]\s?(?:sev|p|s)?\d)?", re.IGNORECASE
)
_SAMPLE_SPAN = re.compile(
    rf"\d{{1,3}} ?(?:{_HOURS}|{_MINUTES})(?:,? \d{{1,2}} ?(?:{_MINUTES}))?", re.IGNORECASE
)
_DUST = 14  # characters that may stand around blanks: "ca. … users", "약 X명"


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment in the organisation's zone: "2026-11-10", "13:22" and "CET"."""

    day: str
    time: str
    zone: str

    @classmethod
    def of(cls, words: str) -> "Moment":
        return cls(*words.split(" ", 2)) if words.count(" ") >= 2 else cls(words, "", "")


def words_of(blank: re.Match[str]) -> str:
    return blank["square"] or blank["curly"] or blank["angle"] or ""


def is_blank(text: str) -> bool:
    """Whether ``text`` is nothing but blanks, choices, and a few words around them."""
    bare = text.strip().strip("*_`\"“”'").strip()
    if not bare or _is_choice(bare):
        return True
    rest = bare
    for form in (NAMED, DATE, TIME, SPAN, LOOSE):
        rest = form.sub("", rest)
    return rest != bare and len(re.sub(r"[\s\W_]+", "", rest)) <= _DUST


def _is_choice(text: str) -> bool:
    return CHOICE.fullmatch(text) is not None and len(text) <= 80


def fill(text: str, key: str, known: Mapping[str, str]) -> str:
    """``text``, which stands after the label of field ``key``, filled; as it was where that cannot be told."""
    value = known.get(key, "")
    if not value:
        return text
    if key == "duration":
        return _filled_span(text, known)
    if key == "date" or key.endswith("_at"):
        return _filled_moment(text, key, known)
    if key == "severity" and _LEVEL.fullmatch(text.strip(" *_`[]")):
        return _around(text, value)
    named = fill_named(text, known, ("title", "reference", "severity", "author", "commander", "services"))
    if named != text and not is_blank(named):
        return named
    return _around(text, value) if is_blank(text) else text


def fill_named(text: str, known: Mapping[str, str], keys: tuple[str, ...]) -> str:
    """``text`` with those blanks filled that name one of ``keys`` themselves: "[Title]", "{{ severity }}"."""

    def filled(blank: re.Match[str]) -> str:
        key = key_of(words_of(blank))
        return known.get(key, "") if key in keys and known.get(key) else blank[0]

    return NAMED.sub(filled, text)


def fill_dates(text: str, day: str) -> str:
    """``text`` with each "YYYY-MM-DD" as ``day`` in its own order and with its own signs; as it is for no day."""
    return text if not day else DATE.sub(lambda form: _in_form(form, day), text)


def _in_form(form: re.Match[str], day: str) -> str:
    year, month, date = day.split("-")
    if form["y"]:
        return f"{year}{form['s']}{month}{form['t']}{date}{form['end']}"
    first, second = (month, date) if form["first"] == "MM" else (date, month)
    return f"{first}{form['u']}{second}{form['v']}{year}"


def _filled_moment(text: str, key: str, known: Mapping[str, str]) -> str:
    moment = Moment.of(known.get("started_at", "") if key == "date" else known[key])
    if not is_blank(text) and not DATE.fullmatch(text.strip()):
        return text
    dated = fill_dates(text, known["date"] if key == "date" else moment.day)
    timed = TIME.sub(f"{moment.time} {moment.zone}", dated) if moment.time else dated
    return timed if timed != text else _around(text, known[key])


def _filled_span(text: str, known: Mapping[str, str]) -> str:
    spanned = SPAN.sub(lambda form: _in_units(form, known["duration"]), text)
    if spanned != text:
        return spanned
    named = fill_named(text, known, ("started_at", "ended_at", "duration"))
    if named != text:
        return named
    return (
        _around(text, known["duration"]) if is_blank(text) or _SAMPLE_SPAN.fullmatch(text.strip()) else text
    )


def _in_units(form: re.Match[str], duration: str) -> str:
    """The duration in the units, and the language, that the template asks for."""
    hours, minutes = (int(number) for number in re.findall(r"\d+", duration))
    if form["only"]:
        return f"{60 * hours + minutes}{form['gap3']}{form['only']}"
    if form["minutes"]:
        return f"{hours}{form['gap']}{form['hours']}{form['join']}{minutes}{form['gap2']}{form['minutes']}"
    return f"{round(hours + minutes / 60, 1):g}{form['gap']}{form['hours']}{form['join']}"


def _around(text: str, value: str) -> str:
    """``value`` in the place of ``text``, with the spaces that stood around it."""
    before = text[: len(text) - len(text.lstrip())]
    after = text[len(text.rstrip()) :] if text.strip() else ""
    return f"{before or ('' if text.strip() else ' ')}{value}{after}"
