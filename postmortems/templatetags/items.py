"""How action items are shown: when they are due, what their history says, and their table in a document's page."""

from datetime import date
from typing import Any

from django import template
from django.utils import timezone

from accounts.models import User
from postmortems import item_history
from postmortems.forms.items import AddItemForm
from postmortems.models import ActionItem, ItemEvent, Postmortem
from postmortems.permissions import can_add_item
from postmortems.states import ItemStatus

register = template.Library()


@register.filter
def due_state(item: ActionItem) -> str:
    """ "late", "soon" (today or tomorrow), or "" for the rest: later, without a date, closed. By the reader's day."""
    left = _days_left(item)
    return "" if left is None or left > 1 else "soon" if left >= 0 else "late"


@register.filter
def due_words(item: ActionItem) -> str:
    """The same in words: "3 days late", "Today", "Tomorrow"."""
    left = _days_left(item)
    if left is None or left > 1:
        return ""
    if left >= 0:
        return "Tomorrow" if left else "Today"
    return f"{-left} day{'' if left == -1 else 's'} late"


def _days_left(item: ActionItem) -> int | None:
    return (item.due_on - timezone.localdate()).days if item.is_open and item.due_on else None


@register.filter
def short_date(day: date) -> str:
    """As "Mon 9 Nov", with the year where it is another one."""
    return f"{day:%a %-d %b}" if day.year == timezone.localdate().year else f"{day:%a %-d %b %Y}"


@register.filter
def told(event: ItemEvent) -> str:
    return item_history.sentence(event)


@register.filter
def told_changes(event: ItemEvent) -> list[tuple[str, str, str]]:
    return item_history.changes(event)


@register.filter
def told_icon(event: ItemEvent) -> str:
    return item_history.ICONS.get(event.kind, "i-note")


@register.filter
def is_changed_by(item: ActionItem, user: User) -> bool:
    """Whether ``user``, who sees it, may change it."""
    return user.may_respond or item.owner_id == user.pk


@register.simple_tag
def item_statuses() -> list[tuple[str, str]]:
    return list(ItemStatus.choices)


@register.inclusion_tag("postmortems/_items.html", takes_context=True)
def document_items(context: dict[str, Any], postmortem: Postmortem) -> dict[str, Any]:
    """The action items of a post-mortem, in its page, with a line to add one."""
    return {**document_table(postmortem, context["user"]), "csrf_token": context.get("csrf_token")}


def document_table(postmortem: Postmortem, user: User, form: AddItemForm | None = None) -> dict[str, Any]:
    """What that table shows; ``form`` is the line that was refused."""
    incident = postmortem.incident
    items = (
        ActionItem.objects.filter(incident=incident).select_related("owner").defer("search").order_by("pk")
    )
    adding = can_add_item(user, incident)
    return {
        "items": list(items),
        "incident": incident,
        "user": user,
        "form": (form or AddItemForm(by=user, about=incident)) if adding else None,
    }
