"""Who may do what to a post-mortem or an action item. Seeing comes first, and follows the incident."""

from accounts.models import User
from incidents.models import Incident
from incidents.permissions import can_see, can_work_on
from postmortems.models import ActionItem, Postmortem


def can_read(user: User, postmortem: Postmortem) -> bool:
    return can_see(user, postmortem.incident)


def can_write(user: User, postmortem: Postmortem) -> bool:
    """Edit it, ask for reviews, publish it, take it back, discard it."""
    return can_work_on(user, postmortem.incident)


def can_see_item(user: User, item: ActionItem) -> bool:
    return user.is_active and (item.incident is None or can_see(user, item.incident))


def can_change_item(user: User, item: ActionItem) -> bool:
    """Responders may; so may whoever owns it, to report on what they promised."""
    return can_see_item(user, item) and (user.may_respond or item.owner_id == user.pk)


def can_add_item(user: User, incident: Incident | None = None) -> bool:
    return can_work_on(user, incident) if incident else user.may_respond
