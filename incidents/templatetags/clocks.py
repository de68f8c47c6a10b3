"""Clocks and stretches of time for templates: ``{{ incident|elapsed_clock }}``, ``{{ due|countdown }}``."""

import re
from datetime import datetime

from django import template
from django.utils import timezone

from incidents import spans
from incidents.models import Incident, elapsed

register = template.Library()

LEVEL_ID = re.compile(r"(?<![A-Za-z0-9])(?:SEV|sev|Sev|Severity|Level|Tier|Priority|[PSL])[ -]?\d(?![0-9])")
LABEL_LENGTH = 9
LINE_LENGTH = 140
MARKS = re.compile(r"\*\*|__|`|^#+ |^> ?", re.M)


@register.filter
def elapsed_clock(incident: Incident) -> str:
    """How long the incident has lasted, on a clock: "01:21:04"."""
    return spans.elapsed_clock(elapsed(incident))


@register.filter
def lasted(incident: Incident) -> str:
    """How long the incident has lasted, in words: "1 h 26 min"."""
    return spans.in_words(elapsed(incident))


@register.filter
def lasted_iso(incident: Incident) -> str:
    """The same for machines: "PT5160S"."""
    return f"PT{round(elapsed(incident))}S"


@register.filter
def countdown(moment: datetime) -> str:
    """How long until, or since, ``moment``, on a clock: "17:40"."""
    return spans.on_clock(abs((moment - timezone.now()).total_seconds()))


@register.filter
def ago(moment: datetime) -> str:
    """How long since ``moment``, in words: "5 h 52 min"."""
    return spans.in_words((timezone.now() - moment).total_seconds())


@register.filter
def short_moment(moment: datetime) -> str:
    return spans.short_moment(moment)


@register.filter
def short_day(moment: datetime) -> str:
    return spans.short_day(moment)


@register.filter
def minutes_words(minutes: int) -> str:
    """A number of minutes in words: "30 minutes", "1 hour", "2 hours"."""
    if minutes % 60:
        return f"{minutes} minute{'' if minutes == 1 else 's'}"
    return f"{minutes // 60} hour{'' if minutes == 60 else 's'}"


@register.filter
def severity_label(name: str) -> str:
    """What fits beside a sign: "SEV1" of "SEV1 Critical", and a first word where there is no such id."""
    if match := LEVEL_ID.search(name):
        return match[0]
    word = first_word(name)
    return word if len(word) <= LABEL_LENGTH else f"{word[: LABEL_LENGTH - 1]}…"


@register.filter
def lowerfirst(text: str) -> str:
    return text[:1].lower() + text[1:]


@register.filter
def first_word(text: str) -> str:
    return text.split()[0] if text.split() else text


@register.filter
def plain_line(text: str) -> str:
    """The first words of something said, on one line, without the commonest Markdown signs."""
    line = " ".join(MARKS.sub("", text).split())
    return line if len(line) <= LINE_LENGTH else f"{line[:LINE_LENGTH].rsplit(' ', 1)[0]}…"
