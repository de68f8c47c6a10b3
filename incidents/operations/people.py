"""Who does what, who may see, and who is here."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from incidents.models import Access, Incident, Presence
from incidents.operations.locking import Refused, lock, lock_open
from incidents.permissions import can_work_on
from incidents.states import IncidentRole, Kind
from incidents.timeline import record
from outbox.facts import notify


@transaction.atomic
def assign_role(incident_id: int, role: str, to: User | None, *, by: User) -> Incident:
    """Take, hand over or leave a role. Whoever held it is named on the timeline."""
    incident = lock_open(incident_id, by)
    name = IncidentRole(role).value
    if to and not can_work_on(to, incident):
        raise Refused(f"{to.name} cannot work on this incident.")
    was: User | None = getattr(incident, name)
    if (was and was.pk) == (to and to.pk):
        return incident
    setattr(incident, name, to)
    data = {
        "role": name,
        "to": to.pk if to else None,
        "to_name": to.name if to else "",
        "from_name": was.name if was else "",
    }
    record(incident, Kind.ROLE_TAKEN, by=by, data=data, changed=[name])
    return incident


@transaction.atomic
def grant_access(incident_id: int, to: User, *, by: User) -> Incident:
    """Let someone know of a private incident."""
    incident = lock(incident_id, by)
    if not incident.is_private:
        raise Refused("Everyone can see this incident already.")
    _, added = Access.objects.get_or_create(incident=incident, user=to, defaults={"granted_by": by})
    if added:
        record(incident, Kind.ACCESS_GRANTED, by=by, data={"to": to.pk, "to_name": to.name})
    return incident


@transaction.atomic
def grant_access_from_server(incident_id: int, to: User) -> Incident:
    """The way back in for an operator at the server, who is nobody in the portal; on the timeline as such."""
    incident = Incident.objects.select_for_update().get(pk=incident_id)
    if Access.objects.get_or_create(incident=incident, user=to, defaults={"granted_by": to})[1]:
        data = {"to": to.pk, "to_name": to.name, "from_server": True}
        record(incident, Kind.ACCESS_GRANTED, by=None, data=data)
    return incident


@transaction.atomic
def revoke_access(incident_id: int, user: User, *, by: User) -> Incident:
    """Take it back; roles held go with it. Somebody must be left who can see the incident."""
    incident = lock(incident_id, by)
    access = Access.objects.filter(incident=incident, user=user).first()
    if not incident.is_private or access is None:
        return incident
    others = Access.objects.filter(incident=incident, user__is_active=True).exclude(user=user)
    if not others.exclude(user__role="viewer").exists():
        raise Refused("Nobody would be left who can work on this incident.")
    access.delete()
    held = [role.value for role in IncidentRole if getattr(incident, f"{role.value}_id") == user.pk]
    for role in held:
        setattr(incident, role, None)
    Presence.objects.filter(incident=incident, user=user).delete()
    record(incident, Kind.ACCESS_REVOKED, by=by, data={"to": user.pk, "to_name": user.name}, changed=held)
    return incident


@transaction.atomic
def change_privacy(incident_id: int, private: bool, *, by: User) -> Incident:
    """Make an incident private, for those who work on it now, or open it to everyone."""
    incident = lock(incident_id, by)
    if incident.is_private == private:
        return incident
    incident.is_private = private
    if private:
        keep_access(incident, by=by)
    record(incident, Kind.PRIVACY_CHANGED, by=by, data={"private": private}, changed=["is_private"])
    return incident


def keep_access(incident: Incident, *, by: User) -> None:
    """Give the declarer, the role holders and ``by`` access to ``incident``."""
    people = {incident.declared_by_id, by.pk}
    people |= {getattr(incident, f"{role.value}_id") for role in IncidentRole} - {None}
    Access.objects.bulk_create(
        [Access(incident=incident, user_id=pk, granted_by=by) for pk in sorted(people)], ignore_conflicts=True
    )


@transaction.atomic
def see(incident_id: int, user_id: int) -> None:
    """Keep that someone is in the room. Not an event: presence is forgotten when it ends."""
    now = timezone.now()
    fresh = Presence.objects.fresh().filter(incident_id=incident_id, user_id=user_id)
    if fresh.update(seen_at=now):
        return
    Presence.objects.update_or_create(incident_id=incident_id, user_id=user_id, defaults={"seen_at": now})
    notify("presence_changed", incident_id=incident_id)


def stay(incident_id: int, user_ids: set[int]) -> None:
    """Keep that those who are in the room still are."""
    here = Presence.objects.fresh().filter(incident_id=incident_id, user_id__in=user_ids)
    here.update(seen_at=timezone.now())


@transaction.atomic
def leave(incident_id: int, user_id: int, since: datetime | None = None) -> None:
    """Forget that someone is in the room, unless they were seen there again after ``since``."""
    left = Presence.objects.filter(incident_id=incident_id, user_id=user_id)
    if since:
        left = left.filter(seen_at__lte=since)
    if left.delete()[0]:
        notify("presence_changed", incident_id=incident_id)


@transaction.atomic
def prune_presence() -> None:
    """Forget those whose browser vanished without a word, and tell the rooms they were in."""
    stale = list(Presence.objects.stale().select_for_update(skip_locked=True))
    Presence.objects.filter(pk__in=[presence.pk for presence in stale]).delete()
    for incident_id in {presence.incident_id for presence in stale}:
        notify("presence_changed", incident_id=incident_id)
