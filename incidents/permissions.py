"""Who may do what to an incident. Seeing comes first: who may not see it is told that it does not exist."""

from accounts.models import User
from incidents.models import Access, Incident


def can_see(user: User, incident: Incident) -> bool:
    """Private incidents are for those added to them, whatever their role."""
    if not user.is_active:
        return False
    return not incident.is_private or Access.objects.filter(incident=incident, user=user).exists()


def can_declare(user: User) -> bool:
    return user.may_respond


def can_work_on(user: User, incident: Incident) -> bool:
    """Tick, write, change status and severity, take a role, give others access."""
    return user.may_respond and can_see(user, incident)


def can_manage_services(user: User) -> bool:
    return user.may_administer
