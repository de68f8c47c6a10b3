"""Who hears besides of what stays undone: somebody, always."""

from accounts.models import Role, User
from incidents.models import Incident
from incidents.permissions import can_see, who_can_see
from notifications.reminders.promises import Promise


def overseers(promise: Promise) -> list[User]:
    """The team's lead; where there is none, or it is the very person, the incident's commander; else the
    administrators. None of them who may not know of the incident."""
    incident, team = promise.incident, promise.team
    for person in (team.lead if team else None, incident.commander if incident else None):
        if person and person != promise.person and _may_hear(person, incident):
            return [person]
    return [person for person in _administrators(incident) if person != promise.person]


def _administrators(incident: Incident | None) -> list[User]:
    found = {user.pk: user for user in User.objects.filter(role=Role.ADMINISTRATOR, is_active=True)}
    seeing = who_can_see(incident, set(found)) if incident else set(found)
    return [found[pk] for pk in sorted(seeing)]


def _may_hear(person: User, incident: Incident | None) -> bool:
    return can_see(person, incident) if incident else person.is_active
