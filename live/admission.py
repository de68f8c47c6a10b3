"""Whether those who look may still do so. Asked when a stream opens, with every push, and from time to time."""

from collections.abc import Collection

from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.models import User
from incidents.models import Incident
from incidents.permissions import who_can_see
from live.streams import Viewer

SIGNED_OUT, ROLE_CHANGED, NO_ACCESS = "signed-out", "role-changed", "no-access"
#: The columns that change when every session of a person ends.
SIGN_IN = ("password", "session_epoch")


def viewer_of(user: User, session_key: str | None) -> Viewer:
    zone = timezone.get_current_timezone_name()
    return Viewer(user.pk, session_key or "", user.role, _sign_in(user.password, user.session_epoch), zone)


def farewells(viewers: Collection[Viewer], incident_id: int | None = None) -> dict[Viewer, str]:
    """Those of ``viewers`` who may look no longer, and why. Asked after rendering: who stays may see what it shows."""
    reasons = _whose_sign_in_ended(viewers)
    if incident_id is None:
        return reasons
    incident = Incident.objects.filter(pk=incident_id).first()
    allowed = who_can_see(incident, {v.user_id for v in viewers}) if incident else set()
    return {v: NO_ACCESS for v in viewers if v.user_id not in allowed} | reasons


def _whose_sign_in_ended(viewers: Collection[Viewer]) -> dict[Viewer, str]:
    people = User.objects.filter(is_active=True, pk__in={v.user_id for v in viewers})
    known = {pk: (role, _sign_in(*rest)) for pk, role, *rest in people.values_list("pk", "role", *SIGN_IN)}
    now = timezone.now()
    sessions = set(
        Session.objects.filter(
            session_key__in={v.session_key for v in viewers}, expire_date__gt=now
        ).values_list("session_key", flat=True)
    )
    reasons = {}
    for viewer in viewers:
        role, sign_in = known.get(viewer.user_id, ("", 0))
        if viewer.session_key not in sessions or sign_in != viewer.sign_in:
            reasons[viewer] = SIGNED_OUT
        elif role != viewer.role:
            reasons[viewer] = ROLE_CHANGED
    return reasons


def _sign_in(password: str, epoch: int) -> int:
    # What Django ties a session to by an HMAC, which for a thousand people at every change takes longer than the rest.
    # This is compared within one process alone, and told to nobody.
    return hash((password, epoch))
