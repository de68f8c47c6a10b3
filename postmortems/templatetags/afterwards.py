"""What a room says of what comes after its incident: the post-mortem, and what was promised."""

from typing import Any

from django import template
from django.template import Context

from incidents.models import Incident
from postmortems.closing import loose_items
from postmortems.models import ActionItem, Postmortem

register = template.Library()

MOST = 50


@register.inclusion_tag("postmortems/_room_document.html", takes_context=True)
def afterwards_document(context: Context, incident: Incident) -> dict[str, Any]:
    """The incident's post-mortem, if there is one: the same words for everyone who may see the incident."""
    found = Postmortem.objects.filter(incident=incident).defer("text", "search").first()
    return {"incident": incident, "postmortem": found, "problem": context.get("problem")}


@register.inclusion_tag("postmortems/_room_items.html")
def afterwards_items(incident: Incident) -> dict[str, Any]:
    """Its action items, those that are open first."""
    items = ActionItem.objects.filter(incident=incident).select_related("owner").defer("search")
    found = list(items.order_by("closed_at", "due_on", "id")[: MOST + 1])
    return {"incident": incident, "items": found[:MOST], "has_more": len(found) > MOST}


@register.inclusion_tag("postmortems/_loose_items.html")
def afterwards_loose(incident: Incident) -> dict[str, Any]:
    """What keeps it from being closed, each with the way to mend it."""
    return {"loose": list(loose_items(incident).select_related("owner").defer("search")[:MOST])}
