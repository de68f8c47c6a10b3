"""Who may do what to an incident. Seeing comes first: who may not see it is told that it does not exist."""

from accounts.models import User
from incidents.models import Access, Incident


def can_see(user: User, incident: Incident) -> bool:
    """Private incidents are for those added to them, whatever their role."""
    if not user.is_active:
        return False
    return not incident.is_private or Access.objects.filter(incident=incident, user=user).exists()


def who_can_see(incident: Incident, user_ids: set[int]) -> set[int]:
    """Those of ``user_ids``, all of them active people, who may see ``incident``: ``can_see`` in one query."""
    if not incident.is_private:
        return user_ids
    return set(
        Access.objects.filter(incident=incident, user_id__in=user_ids).values_list("user_id", flat=True)
    )


def can_declare(user: User) -> bool:
    return user.may_respond


def can_work_on(user: User, incident: Incident) -> bool:
    """Tick, write, change status and severity, take a role, give others access."""
    return user.may_respond and can_see(user, incident)


def can_manage_services(user: User) -> bool:
    return user.may_administer
