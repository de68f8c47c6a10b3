"""The part of a post-mortem's page from which it is taken away."""

from typing import Any

from django import template

from postmortems.exporting.paper import INSTALL, why_not
from postmortems.models import Postmortem

register = template.Library()


@register.inclusion_tag("postmortems/_exports.html")
def exports(postmortem: Postmortem) -> dict[str, Any]:
    """What it can be exported as; for PDF, what this server lacks, and the command that installs it."""
    return {"postmortem": postmortem, "no_pdf": why_not(), "install": INSTALL}
