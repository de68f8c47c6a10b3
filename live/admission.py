"""Whether those who look may still do so. Asked when a stream opens, with every push, and from time to time."""

from collections.abc import Collection

from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.models import User
from incidents.models import Incident
from incidents.permissions import who_can_see
from live.streams import Viewer

SIGNED_OUT, ROLE_CHANGED, NO_ACCESS = "signed-out", "role-changed", "no-access"


def viewer_of(user: User, session_key: str | None) -> Viewer:
    zone = timezone.get_current_timezone_name()
    return Viewer(user.pk, session_key or "", _fingerprint(user), zone)


def farewells(viewers: Collection[Viewer], incident_id: int | None = None) -> dict[Viewer, str]:
    """Those of ``viewers`` who may look no longer, and why. Asked after rendering: who stays may see what it shows."""
    reasons = _whose_sign_in_ended(viewers)
    if incident_id is None:
        return reasons
    incident = Incident.objects.filter(pk=incident_id).first()
    allowed = who_can_see(incident, {v.user_id for v in viewers}) if incident else set()
    return {v: NO_ACCESS for v in viewers if v.user_id not in allowed} | reasons


def _whose_sign_in_ended(viewers: Collection[Viewer]) -> dict[Viewer, str]:
    users = User.objects.filter(is_active=True).in_bulk({v.user_id for v in viewers})
    now = timezone.now()
    sessions = set(
        Session.objects.filter(
            session_key__in={v.session_key for v in viewers}, expire_date__gt=now
        ).values_list("session_key", flat=True)
    )
    prints = {pk: _fingerprint(user) for pk, user in users.items()}
    reasons = {}
    for viewer in viewers:
        now_is, was = prints.get(viewer.user_id, ""), viewer.fingerprint
        if viewer.session_key not in sessions or now_is.partition(" ")[2] != was.partition(" ")[2]:
            reasons[viewer] = SIGNED_OUT
        elif now_is != was:
            reasons[viewer] = ROLE_CHANGED
    return reasons


def _fingerprint(user: User) -> str:
    # The hash ties a session to the password and to "sign out everywhere".
    return f"{user.role} {user.get_session_auth_hash()}"
