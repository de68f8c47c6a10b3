"""Status, severity and details: from acknowledged to closed."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.calendars import calendar_of
from accounts.models import Team, User
from incidents.models import Incident, Service
from incidents.operations.checklist import add_checklists, recount
from incidents.operations.closing import why_not_closed
from incidents.operations.locking import Refused, lock, lock_open, not_in_future
from incidents.states import Kind, Nature, Status, is_open, may_move, may_reopen
from incidents.timeline import record

FIRST_HOUR = timedelta(hours=1)
LONGEST_CADENCE_MINUTES = 24 * 60
STATUS_FIELDS = ("status", "identified_at", "mitigated_at", "resolved_at", "ended_at", "next_update_due_at")


@transaction.atomic
def acknowledge(incident_id: int, *, by: User) -> Incident:
    """Somebody has seen it. The first one counts; a second acknowledgement changes nothing."""
    incident = lock_open(incident_id, by)
    if incident.acknowledged_at is None:
        incident.acknowledged_at, incident.acknowledged_by = timezone.now(), by
        record(incident, Kind.ACKNOWLEDGED, by=by, changed=["acknowledged_at", "acknowledged_by"])
    return incident


@transaction.atomic
def change_status(incident_id: int, status: str, *, by: User, text: str = "") -> Incident:
    """Move along the steps; the status it has already is no change and no error."""
    incident = lock(incident_id, by)
    if status == incident.status:
        return incident
    if status in (Status.MERGED, Status.CANCELLED) or not may_move(incident.status, status):
        raise Refused(_cannot_move(incident, status))
    if not is_open(incident.status) and is_open(status):
        raise Refused(f"{incident.reference} has ended. Reopen it first.")
    if status == Status.CLOSED and (reason := why_not_closed(incident)):
        raise Refused(reason)
    was = incident.status
    _enter(incident, status)
    data = {"from": was, "to": status}
    record(incident, Kind.STATUS_CHANGED, by=by, text=text, data=data, changed=STATUS_FIELDS)
    return incident


def close(incident_id: int, *, by: User, text: str = "") -> Incident:
    """Put a resolved incident away."""
    return change_status(incident_id, Status.CLOSED, by=by, text=text)


@transaction.atomic
def reopen(incident_id: int, *, by: User, reason: str) -> Incident:
    """Take an ended incident up again; an update is due at once. It stays on record that it had ended."""
    incident = lock(incident_id, by)
    if not may_reopen(incident.status):
        raise Refused(f"{incident.reference} is open already.")
    if not reason:
        raise Refused("Say why it is reopened.")
    was = incident.status
    _enter(incident, Status.INVESTIGATING)
    incident.merged_into = None
    incident.next_update_due_at = timezone.now() if incident.cadence else None
    changed = (*STATUS_FIELDS, "merged_into")
    record(incident, Kind.REOPENED, by=by, text=reason, data={"from": was}, changed=changed)
    return incident


@transaction.atomic
def cancel(incident_id: int, *, by: User, reason: str) -> Incident:
    """It was no incident after all."""
    incident = lock_open(incident_id, by)
    if not reason:
        raise Refused("Say why it is cancelled.")
    was = incident.status
    _enter(incident, Status.CANCELLED)
    record(incident, Kind.CANCELLED, by=by, text=reason, data={"from": was}, changed=STATUS_FIELDS)
    return incident


@transaction.atomic
def merge(incident_id: int, into_id: int, *, by: User, reason: str = "") -> Incident:
    """End this incident because it is another one; both timelines say so."""
    if incident_id == into_id:
        raise Refused("An incident cannot be merged into itself.")
    # Locked in the order of their numbers, so that two merges towards each other cannot deadlock.
    locked = {pk: lock(pk, by) for pk in sorted((incident_id, into_id))}
    incident, target = locked[incident_id], locked[into_id]
    if not incident.is_open or not target.is_open:
        raise Refused("Both incidents must be open to be merged.")
    if incident.is_private != target.is_private:
        raise Refused("A private incident can be merged only with a private one.")
    was = incident.status
    incident.merged_into = target
    _enter(incident, Status.MERGED)
    data = {"from": was, "into": target.pk}
    record(incident, Kind.MERGED, by=by, text=reason, data=data, changed=(*STATUS_FIELDS, "merged_into"))
    record(target, Kind.MERGE_RECEIVED, by=by, text=reason, data={"incident": incident.pk})
    return incident


@transaction.atomic
def change_severity(incident_id: int, severity: int, *, by: User, reason: str = "") -> Incident:
    """Raise or lower it. Raising adds the checklists that the higher level asks for and brings the next
    update forward; lowering takes nothing away, and the promise already made stands."""
    incident = lock_open(incident_id, by)
    playbook = incident.revision.effective
    if not 1 <= severity <= len(playbook.severities):
        raise Refused("The runbook has no such severity.")
    if severity == incident.severity:
        return incident
    was, was_name = incident.severity, incident.severity_name
    incident.severity, incident.severity_name = severity, playbook.severities[severity - 1].name[:80]
    incident.cadence = cadence_of(incident)
    _bring_acknowledgement_forward(incident)
    added = add_checklists(incident, playbook.checklists_added(was, severity))
    _bring_update_forward(incident, raised=severity < was)
    recount(incident)
    data = {"from": was, "from_name": was_name, "to": severity, "to_name": incident.severity_name}
    changed = (
        "severity",
        "severity_name",
        "cadence",
        "acknowledge_due_at",
        "next_update_due_at",
        "steps_done",
        "steps_total",
    )
    record(incident, Kind.SEVERITY_CHANGED, by=by, text=reason, data=data, changed=changed)
    if added:
        record(incident, Kind.STEPS_ADDED, by=by, data={"checklists": added})
    return incident


@transaction.atomic
def change_details(
    incident_id: int,
    *,
    by: User,
    title: str,
    impact: str,
    symptom: str,
    started_at: datetime,
    team: Team | None,
    services: list[Service],
) -> Incident:
    """Correct what was declared; the timeline keeps what it said before."""
    incident = lock(incident_id, by)
    not_in_future(started_at)
    data = _differences(incident, title, impact, symptom, started_at, team, services)
    if not data:
        return incident
    incident.title, incident.impact, incident.symptom = title, impact, symptom
    incident.started_at, incident.team = started_at, team
    incident.services.set(services)
    changed = ("title", "impact", "symptom", "started_at", "team")
    record(incident, Kind.DETAILS_CHANGED, by=by, data=data, changed=changed)
    return incident


def cadence_of(incident: Incident) -> timedelta | None:
    """How often stakeholders hear of an incident of this severity; None where the runbook asks for no updates,
    and for what is written up afterwards."""
    if incident.nature == Nature.RETROSPECTIVE:
        return None
    minutes = incident.revision.effective.cadence_minutes(incident.severity)
    return timedelta(minutes=minutes) if minutes else None


@transaction.atomic
def change_cadence(incident_id: int, minutes: int, *, by: User, reason: str) -> Incident:
    """Send updates less often, or more. In public, with a reason; less often only by the commander, and not in
    the first hour. The promise already made stands unless the new cadence would keep it sooner."""
    incident = lock_open(incident_id, by)
    if incident.cadence is None:
        raise Refused("No updates are owed at this severity.")
    if not 5 <= minutes <= LONGEST_CADENCE_MINUTES:
        raise Refused("The cadence must be from 5 minutes to a day.")
    if not reason:
        raise Refused("Say why the cadence changes.")
    was, cadence = incident.cadence, timedelta(minutes=minutes)
    if cadence == was:
        return incident
    if cadence > was:
        _may_lengthen(incident, by)
    incident.cadence = cadence
    _bring_update_forward(incident, raised=cadence < was)
    data = {"from_minutes": int(was.total_seconds() // 60), "to_minutes": minutes}
    changed = ("cadence", "next_update_due_at")
    record(incident, Kind.CADENCE_CHANGED, by=by, text=reason, data=data, changed=changed)
    return incident


def _may_lengthen(incident: Incident, by: User) -> None:
    if incident.commander_id != by.pk:
        raise Refused("Only the commander may have updates sent less often.")
    if timezone.now() < incident.declared_at + FIRST_HOUR:
        raise Refused("In the first hour the cadence stays as the runbook has it.")


def _enter(incident: Incident, status: str) -> None:
    now = timezone.now()
    incident.status = status
    if is_open(status):
        incident.resolved_at = incident.ended_at = None
        if incident.next_update_due_at is None and incident.update_interval:
            incident.next_update_due_at = now + incident.update_interval
    else:
        incident.ended_at = incident.ended_at or now
        incident.next_update_due_at = None
    if status == Status.IDENTIFIED:
        incident.identified_at = incident.identified_at or now
    if status in (Status.MONITORING, Status.RESOLVED):
        incident.mitigated_at = incident.mitigated_at or now
    if status == Status.RESOLVED:
        incident.resolved_at = now


def _cannot_move(incident: Incident, status: str) -> str:
    names = dict(Status.choices)
    now, then = incident.get_status_display().lower(), names.get(status, status).lower()
    return f"An incident that is {now} cannot become {then}."


def _bring_acknowledgement_forward(incident: Incident) -> None:
    """A higher severity is answered sooner; a lower one does not take back what was owed."""
    due_at = acknowledgement_due(incident, timezone.now())
    if due_at and incident.acknowledged_at is None:
        incident.acknowledge_due_at = min(incident.acknowledge_due_at or due_at, due_at)


def acknowledgement_due(incident: Incident, since: datetime) -> datetime | None:
    """When somebody must have acknowledged, counted from ``since`` by the runbook's response time; None where
    it gives none. The next business day is over when the working day of the incident's team is."""
    if incident.nature == Nature.RETROSPECTIVE:
        return None
    response = incident.revision.effective.response_for(incident.severity)
    if response.rule == "next_business_day":
        return calendar_of(incident.team).end_of_next_business_day(since)
    return since + timedelta(minutes=response.minutes) if response.minutes is not None else None


def _bring_update_forward(incident: Incident, *, raised: bool) -> None:
    if raised and incident.update_interval:
        soonest = timezone.now() + incident.update_interval
        incident.next_update_due_at = min(incident.next_update_due_at or soonest, soonest)


def _differences(
    incident: Incident,
    title: str,
    impact: str,
    symptom: str,
    started_at: datetime,
    team: Team | None,
    services: list[Service],
) -> dict[str, Any]:
    before = {
        "title": incident.title,
        "impact": incident.impact,
        "symptom": incident.symptom,
        "started_at": incident.started_at.isoformat(),
        "team": incident.team.name if incident.team else "",
        "services": sorted(service.name for service in incident.services.all()),
    }
    after = {
        "title": title,
        "impact": impact,
        "symptom": symptom,
        "started_at": started_at.isoformat(),
        "team": team.name if team else "",
        "services": sorted(service.name for service in services),
    }
    return {name: [before[name], after[name]] for name in before if before[name] != after[name]}
