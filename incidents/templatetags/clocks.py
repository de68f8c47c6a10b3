"""Clocks and stretches of time for templates: ``{{ incident|elapsed_clock }}``, ``{{ due|countdown }}``."""

from datetime import datetime

from django import template
from django.utils import timezone

from incidents import spans
from incidents.models import Incident, elapsed

register = template.Library()


@register.filter
def elapsed_clock(incident: Incident) -> str:
    """How long the incident has lasted, on a clock: "01:21:04"."""
    return spans.elapsed_clock(elapsed(incident))


@register.filter
def lasted(incident: Incident) -> str:
    """How long the incident has lasted, in words: "1 h 26 min"."""
    return spans.in_words(elapsed(incident))


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
