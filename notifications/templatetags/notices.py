"""How notices and destinations are shown."""

from django import template
from django.utils.safestring import SafeString

from notifications.masking import shown
from notifications.models import DeliveryAttempt, Destination
from runbooks.markdown import render

register = template.Library()


@register.filter
def as_markdown(text: str) -> SafeString:
    return render(text)


@register.filter
def masked(destination: Destination) -> str:
    return shown(destination)


@register.filter
def is_used_for(destination: Destination, urgency: str) -> bool:
    return any(use.urgency == urgency for use in destination.uses.all())


@register.filter
def outcome(value: str) -> str:
    """In words; of a test or of any other try."""
    return DeliveryAttempt.Outcome(value).label.lower()
