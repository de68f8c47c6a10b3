"""Charts in templates: ``{% plot figure "what it shows" %}`` and ``{% bar part whole %}``."""

from typing import Any

from django import template

from postmortems import charts

register = template.Library()


@register.inclusion_tag("postmortems/charts/_plot.html")
def plot(drawn: charts.Plot, label: str) -> dict[str, Any]:
    """The chart as SVG; ``label`` says in words what it shows."""
    return {"plot": drawn, "label": label, "width": charts.WIDTH, "height": charts.HEIGHT}


@register.inclusion_tag("postmortems/charts/_bar.html")
def bar(part: float, whole: float) -> dict[str, Any]:
    """A level bar as long as ``part`` is of ``whole``; what it says stands beside it in words."""
    return {"length": charts.per_cent(part, whole)}
