"""The action items of a post-mortem, as its document shows them."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Q
from django.urls import reverse

from postmortems.models import ActionItem, Postmortem


@dataclass(frozen=True, slots=True)
class Row:
    """``owner`` is a name, "" for nobody; ``status`` is in words; ``path`` leads to the item's page."""

    reference: str
    title: str
    owner: str
    due_on: date | None
    status: str
    path: str


def rows_of(postmortem: Postmortem) -> list[Row]:
    """Everything that was promised in ``postmortem`` or for its incident, in the order in which it was. One query."""
    about = Q(postmortem=postmortem) | Q(incident=postmortem.incident_id)
    found = ActionItem.objects.filter(about).select_related("owner").defer("search").order_by("pk")
    return [
        Row(
            item.reference,
            item.title,
            item.owner.name if item.owner else "",
            item.due_on,
            item.get_status_display(),
            reverse("postmortems:action_item", args=[item.pk]),
        )
        for item in found
    ]
