"""Pieces of a room that are kept: ``{% step row asked=True %}``, ``{% entry entry %}``."""

from typing import Any

from django import template
from django.template.context import Context
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from incidents.feed import Entry
from incidents.kept import Kept, says_entry, says_step
from incidents.room import Row

register = template.Library()
kept = Kept()


@register.simple_tag(takes_context=True)
def step(context: Context, row: Row, *, asked: bool) -> SafeString:
    """One step; where something could not be done, with what was said about it."""
    incident, problem = context["incident"], context.get("problem")
    shown = {"incident": incident, "row": row, "step": row.step, "asked": asked, "problem": problem}
    if problem:
        return _render("step", shown)
    return mark_safe(kept.get(says_step(incident, row, asked), lambda: _render("step", shown)))


@register.simple_tag(takes_context=True)
def entry(context: Context, entry: Entry) -> SafeString:
    """One entry of the timeline."""
    incident = context["incident"]
    shown = {"incident": incident, "entry": entry, "event": entry.event}
    return mark_safe(kept.get(says_entry(incident, entry), lambda: _render("entry", shown)))


def _render(name: str, shown: dict[str, Any]) -> SafeString:
    return mark_safe(render_to_string(f"incidents/room/_{name}.html", shown))
