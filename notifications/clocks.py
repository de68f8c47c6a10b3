"""Setting clocks by what incidents owe, and snoozing them."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from incidents import operations as incidents
from incidents.models import Incident
from incidents.operations import Refused
from incidents.permissions import can_work_on
from incidents.states import IncidentRole
from notifications.ladders import LADDERS
from notifications.models import Clock, ClockKind
from notifications.owing import Owed, owed

SNOOZE_MINUTES = (5, 10, 15, 30)


@transaction.atomic
def set_clocks(incident_id: int) -> None:
    """Make the clocks of an incident tell what it owes now. Idempotent: it reads the incident, not the fact.

    The incident's row is locked first, as everywhere, so two callers cannot leave the older truth behind.
    """
    incident = Incident.objects.select_for_update(of=("self",)).select_related("revision").get(pk=incident_id)
    kept = {clock.kind: clock for clock in Clock.objects.select_for_update().filter(incident=incident)}
    for kind in ClockKind:
        _set(kept.get(kind), incident, kind, owed(incident, kind))


def _set(clock: Clock | None, incident: Incident, kind: ClockKind, owes: Owed | None) -> None:
    if owes is None:
        if clock and clock.is_armed:
            disarm(clock)
    elif clock is None:
        rearm(Clock(incident=incident, kind=kind), owes)
    elif not clock.is_armed or (clock.due_at, clock.interval) != (owes.due_at, owes.interval):
        rearm(clock, owes)


def rearm(clock: Clock, owes: Owed) -> None:
    """Start ``clock`` on a promise: the ladder from its foot, with no snooze left from the promise before."""
    clock.is_armed, clock.due_at, clock.interval = True, owes.due_at, owes.interval
    clock.fires_at = first_look(clock.kind, owes)
    clock.snoozed_until, clock.snoozed_for, clock.snoozes_in_row = None, timedelta(), 0
    clock.failures, clock.last_error = 0, ""
    clock.save()


def disarm(clock: Clock) -> None:
    clock.is_armed, clock.snoozed_until = False, None
    clock.save(update_fields=["is_armed", "snoozed_until"])


def first_look(kind: str, owes: Owed) -> datetime:
    return next(LADDERS[kind](owes.due_at, owes.interval)).at


@transaction.atomic
def snooze(incident_id: int, minutes: int, *, by: User, reason: str = "") -> Clock:
    """Hold the nudges of the next update back for a while. What others see of the clock does not change.

    For holders of a role; with a reason from the second in a row; at most one cadence in all for one
    promise. Raises ``Refused``.
    """
    incident = Incident.objects.select_for_update(of=("self",)).get(pk=incident_id)
    clock = Clock.objects.armed().select_for_update().filter(incident=incident, kind=ClockKind.UPDATE).first()
    if not can_work_on(by, incident) or by.pk not in role_holders(incident):
        raise Refused("Only those who hold a role in this incident may snooze its nudges.")
    if clock is None:
        raise Refused("No update is owed, so there is nothing to snooze.")
    if minutes not in SNOOZE_MINUTES:
        raise Refused("Snooze for 5, 10, 15 or 30 minutes.")
    if clock.snoozes_in_row and not reason:
        raise Refused("Say why it is snoozed again.")
    total = clock.snoozed_for + timedelta(minutes=minutes)
    if total > clock.interval:
        raise Refused(_longest(clock))
    clock.snoozed_until = timezone.now() + timedelta(minutes=minutes)
    clock.fires_at = max(clock.fires_at, clock.snoozed_until)
    clock.snoozed_for, clock.snoozes_in_row = total, clock.snoozes_in_row + 1
    clock.save(update_fields=["snoozed_until", "fires_at", "snoozed_for", "snoozes_in_row"])
    incidents.note_snoozed(incident, minutes, by=by, reason=reason)
    return clock


def role_holders(incident: Incident) -> set[int]:
    return {getattr(incident, f"{role.value}_id") for role in IncidentRole} - {None}


def _longest(clock: Clock) -> str:
    left = max(0, int((clock.interval - clock.snoozed_for).total_seconds() // 60))
    return f"Nudges can be held back for one cadence in all: {left} more minutes. Post an update instead."
