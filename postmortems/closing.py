"""An incident is not put away while something promised for it has nobody to do it, or no day to do it by."""

from incidents.models import Incident
from incidents.operations import closing_condition
from postmortems.models import ActionItem
from postmortems.models.items import ActionItemQuerySet


def loose_items(incident: Incident) -> ActionItemQuerySet:
    """Open items of ``incident`` without a date, or without an owner who is there to be reminded."""
    return ActionItem.objects.filter(incident=incident).loose().order_by("pk")


@closing_condition
def every_item_has_an_owner_and_a_date(incident: Incident) -> str:
    """Every change to an item of the incident waits for the same lock, so that none gets in between."""
    count = loose_items(incident).count()
    if not count:
        return ""
    what = "An action item has" if count == 1 else f"{count} action items have"
    return f"{what} no owner who is there, or no date. Say who does it and by when, or drop it, then close."
