"""The part of a post-mortem's page from which it is taken away."""

from django import template

from postmortems.exporting.paper import INSTALL, why_not

register = template.Library()


@register.simple_tag
def lacks_for_pdf() -> str:
    """What this server lacks to make PDFs; "" where it lacks nothing."""
    return why_not()


@register.simple_tag
def pdf_command() -> str:
    """The command that installs it."""
    return INSTALL
