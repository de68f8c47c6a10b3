"""Action items as a Markdown table."""

from django.conf import settings
from django.db.models import F, Q
from django.urls import reverse

from postmortems.live_parts.placing import Part
from postmortems.models import ActionItem, Postmortem
from runbooks.escaping import escaped

MOST = 1000
_HEAD = "| Action | Owner | Due | Priority | Status |\n|--------|-------|-----|----------|--------|"


def items_of(postmortem: Postmortem) -> list[ActionItem]:
    """Everything that was promised in the document or in its incident, the soonest first."""
    found = ActionItem.objects.filter(Q(postmortem=postmortem.pk) | Q(incident=postmortem.incident_id))
    soonest = F("due_on").asc(nulls_last=True)
    return list(found.select_related("owner").order_by(soonest, "priority", "pk")[:MOST])


def promises_part(postmortem: Postmortem) -> Part:
    items = items_of(postmortem)
    if not items:
        return Part("*No action items yet.*", "No action items yet.")
    return Part("\n".join([_HEAD, *map(_row, items)]), "; ".join(map(_within, items)))


def _row(item: ActionItem) -> str:
    address = f"{settings.SITE_URL}{reverse('postmortems:action_item', args=[item.pk])}"
    action = f"[{item.reference}]({address}) {escaped(item.title)}"
    return f"| {action} | {_owner(item)} | {_due(item)} | {item.get_priority_display()} | {item.get_status_display()} |"


def _within(item: ActionItem) -> str:
    return f"{escaped(item.title)} ({_owner(item)}, {_due(item)}, {item.get_status_display().lower()})"


def _owner(item: ActionItem) -> str:
    return escaped(item.owner.name) if item.owner else "nobody"


def _due(item: ActionItem) -> str:
    return f"{item.due_on:%Y-%m-%d}" if item.due_on else "no date"
