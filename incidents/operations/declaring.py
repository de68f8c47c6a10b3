"""Declaring an incident: incident, checklists, first words and the clock, in one transaction."""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.models import Team, User
from incidents.models import Checklist, Incident, Service
from incidents.operations.checklist import COUNTERS, begin, choose_branch
from incidents.operations.lifecycle import acknowledgement_due, cadence_of
from incidents.operations.locking import Refused, not_in_future
from incidents.operations.people import keep_access
from incidents.permissions import can_declare
from incidents.states import Kind, Nature, Status
from incidents.timeline import record
from outbox.kept import Question, inserted, inserting
from runbooks.fallback import STARTER
from runbooks.models import Revision
from runbooks.operations import AlreadyThere, create_runbook

_declared = Question(lambda by, key: Incident.objects.filter(declared_by=by, submission_key=key), int, UUID)
#: An incident that is new, with its services.
SAVE = """
WITH made AS ({insert}), hit AS (
    INSERT INTO incidents_incident_services (incident_id, service_id) SELECT made.id, unnest(%s::bigint[]) FROM made
)
SELECT id FROM made
"""
STARTER_FILE = "incident-response.md"


@dataclass(frozen=True, slots=True)
class Declaration:
    """What the form says. ``severity`` is the level, 1 the most severe; ``cause`` the title of a branch.
    ``ended_at`` is for what is written up afterwards, and over."""

    title: str
    severity: int
    impact: str = ""
    symptom: str = ""
    cause: str = ""
    started_at: datetime | None = None
    team: Team | None = None
    services: list[Service] = field(default_factory=list)
    is_private: bool = False
    nature: str = Nature.LIVE
    ended_at: datetime | None = None

    def fingerprint(self) -> str:
        """Says whether two declarations are the same, word for word; hexadecimal."""
        started_at = self.started_at.isoformat() if self.started_at else ""
        services = sorted(service.pk for service in self.services)
        words = [self.title, self.severity, self.impact, self.symptom, self.cause, started_at]
        ended_at = self.ended_at.isoformat() if self.ended_at else ""
        which = [self.team and self.team.pk, services, self.is_private, str(self.nature), ended_at]
        said = json.dumps([*words, *which])
        return hashlib.sha256(said.encode()).hexdigest()


class AlreadyDeclared(Refused):
    """The same form declared ``incident`` before, and said something else then."""

    def __init__(self, incident: Incident) -> None:
        super().__init__(f"You already declared {incident.reference} with this form.")
        self.incident = incident


def declare(said: Declaration, *, revision: Revision, by: User, key: UUID | None = None) -> Incident:
    """Declare an incident and return it. The same person and ``key`` again return the one already declared,
    also when both arrive at once. Raises ``Refused``; ``AlreadyDeclared`` where ``key`` came with other words
    before, as it does from a page gone back to."""
    if not can_declare(by):
        raise Refused("You may not declare incidents.")
    try:
        incident = _declare(said, revision, by, key)
    except (Refused, IntegrityError):
        # It would not be declared now, or the other half of a double submit committed first: the answer is the
        # incident that there is.
        if key and (before := _declared.first(by.pk, key)):
            return _as_said(before, said)
        raise
    return incident or _as_said(_declared.get(by.pk, key), said)


def starter_revision(*, by: User) -> Revision:
    """The starter's incident response, for a portal without a runbook: published now, as the default."""
    try:
        source = (STARTER / STARTER_FILE).read_bytes()
        return create_runbook(source, by=by, filename=STARTER_FILE)
    except AlreadyThere as there:
        return there.runbook.revisions.latest("number")


def _as_said(before: Incident, said: Declaration) -> Incident:
    """``before``, which the form declared. Raises ``AlreadyDeclared`` where that said something else."""
    if before.events.get(kind=Kind.DECLARED).data["fingerprint"] != said.fingerprint():
        raise AlreadyDeclared(before)
    return before


@transaction.atomic
def _declare(said: Declaration, revision: Revision, by: User, key: UUID | None) -> Incident | None:
    """The new incident; None where the form has declared one."""
    incident = _incident(said, revision, by, key)
    if not _save(incident, said.services):
        return None
    if said.is_private:
        keep_access(incident, by=by)
    begin(incident)
    data = {
        "severity": incident.severity,
        "severity_name": incident.severity_name,
        "fingerprint": said.fingerprint(),
    }
    record(incident, Kind.DECLARED, by=by, text=said.impact, data=data, changed=COUNTERS)
    if said.nature != Nature.RETROSPECTIVE:
        _first_update(incident, by)
    elif said.ended_at:
        _ended(incident, said.ended_at, by)
    if branch := _branch(incident, said.cause):
        choose_branch(incident.pk, branch.pk, by=by)
        incident.refresh_from_db()
    return incident


def _incident(said: Declaration, revision: Revision, by: User, key: UUID | None) -> Incident:
    playbook = revision.effective
    if not 1 <= said.severity <= len(playbook.severities):
        raise Refused("The runbook has no such severity.")
    now = timezone.now()
    incident = Incident(
        title=said.title,
        impact=said.impact,
        symptom=said.symptom,
        severity=said.severity,
        severity_name=playbook.severities[said.severity - 1].name[:80],
        is_private=said.is_private,
        team=said.team,
        revision=revision,
        channel_name=playbook.channel_name(said.title, timezone.localdate(now, timezone=UTC)),
        declared_by=by,
        declared_at=now,
        started_at=not_in_future(said.started_at) or now,
        nature=said.nature,
        submission_key=key,
    )
    _check_end(said, incident.started_at)
    incident.cadence = cadence_of(incident)
    incident.acknowledge_due_at = acknowledgement_due(incident, now)
    return incident


def _save(incident: Incident, services: list[Service]) -> bool:
    """Whether it is new: not where this person's form has declared one."""
    there = _declared.asked(incident.declared_by_id, incident.submission_key)
    insert, values = inserting(incident, unless=there)
    with connection.cursor() as cursor:
        cursor.execute(SAVE.format(insert=insert), [*values, list({service.pk for service in services})])
        found = cursor.fetchone()
    if found:
        inserted(incident, found[0])
    return found is not None


def _check_end(said: Declaration, started_at: datetime) -> None:
    if said.ended_at is None:
        return
    if said.nature != Nature.RETROSPECTIVE:
        raise Refused("Only an incident written up afterwards can be over when it is declared.")
    if not_in_future(said.ended_at) and said.ended_at < started_at:
        raise Refused("It cannot have ended before it started.")


def _ended(incident: Incident, ended_at: datetime, by: User) -> None:
    """It was over before it was written up; what happened in between is added to its timeline afterwards."""
    was, incident.status = incident.status, Status.RESOLVED
    incident.resolved_at = incident.mitigated_at = incident.ended_at = ended_at
    data = {"from": was, "to": incident.status.value}
    changed = ("status", "resolved_at", "mitigated_at", "ended_at")
    record(incident, Kind.STATUS_CHANGED, by=by, data=data, occurred_at=ended_at, changed=changed)


def _first_update(incident: Incident, by: User) -> None:
    """The first status message goes out with the declaration, and starts the update clock."""
    playbook = incident.revision.effective
    incident.last_update_at = timezone.now()
    incident.next_update_due_at = incident.last_update_at + incident.cadence if incident.cadence else None
    due = incident.next_update_due_at.isoformat() if incident.next_update_due_at else None
    data = {
        "status": incident.status,
        "template": "",
        "was_due_at": None,
        "next_due_at": due,
        "promised": False,
    }
    text = playbook.first_message(incident.symptom or incident.title, incident.impact)
    changed = ("last_update_at", "next_update_due_at")
    record(incident, Kind.STATUS_UPDATE_POSTED, by=by, text=text, data=data, changed=changed)


def _branch(incident: Incident, title: str) -> Checklist | None:
    return incident.checklists.filter(is_branch=True, title=title).first() if title else None
