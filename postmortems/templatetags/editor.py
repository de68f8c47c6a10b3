"""What the page of a post-mortem says of its versions."""

from typing import Any

from django import template

from postmortems import history
from postmortems.models import Postmortem

register = template.Library()


@register.simple_tag
def recent_versions(postmortem: Postmortem) -> list[history.Entry]:
    """The last entries of its history."""
    return history.recent(postmortem)


@register.simple_tag
def waiting_conflicts(postmortem: Postmortem) -> list[Any]:
    """What waits to be settled; of more than twenty, the oldest."""
    return list(history.conflicts(postmortem)[:20])
