"""Charts in templates: ``{% plot figure "what it shows" %}`` and ``{% bar part whole %}``."""

from typing import Any

from django import template

from incidents import spans
from postmortems import charts

register = template.Library()


@register.inclusion_tag("postmortems/charts/_plot.html")
def plot(drawn: charts.Plot, label: str) -> dict[str, Any]:
    """The chart as SVG; ``label`` says in words what it shows."""
    return {"plot": drawn, "label": label, "width": charts.WIDTH, "height": charts.HEIGHT}


@register.inclusion_tag("postmortems/charts/_bar.html")
def bar(part: float, whole: float, mark: float | None = None) -> dict[str, Any]:
    """A level bar as long as ``part`` is of ``whole``, and a mark at ``mark``; what they say stands beside them."""
    return {
        "length": charts.per_cent(part, whole),
        "mark": None if mark is None else charts.per_cent(mark, whole),
    }


@register.filter
def in_words(seconds: float) -> str:
    """A number of seconds as "1 h 26 min"."""
    return spans.in_words(seconds)
