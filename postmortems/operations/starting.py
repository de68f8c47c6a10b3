"""The beginning of a post-mortem: from the runbook's own template, with everything filled in that is known."""

from django.db import transaction

from accounts.models import User
from incidents.models import Incident
from incidents.operations import Refused, hold, note_afterwards
from incidents.states import Kind
from outbox.clock import now
from postmortems.deadline import due_at_of
from postmortems.fields import known_of
from postmortems.models import Postmortem, PostmortemRevision
from postmortems.operations.holding import tell
from postmortems.prefill import prefilled
from postmortems.states import RevisionKind


def start(incident_id: int, *, by: User | None) -> Postmortem:
    """The post-mortem of an incident that has ended: the one that it has, or a new draft.

    ``by`` is None when the portal starts it. Raises ``Incident.DoesNotExist``, or ``Refused`` while it is open.
    """
    # A long runbook takes a second to read: not while the incident's room waits for its lock.
    _ = Incident.objects.select_related("revision").get(pk=incident_id).revision.effective
    return _start(incident_id, by)


@transaction.atomic
def _start(incident_id: int, by: User | None) -> Postmortem:
    incident = hold(incident_id, by=by)
    if found := Postmortem.objects.select_for_update().filter(incident=incident).first():
        return _due_again(found, incident)
    if incident.is_open:
        raise Refused(f"{incident.reference} is still open. Its post-mortem is started once it is resolved.")
    made = _draft(incident)
    made.save(force_insert=True)
    PostmortemRevision.objects.create(
        postmortem=made,
        number=1,
        kind=RevisionKind.STARTED,
        text=made.text,
        saved_by=by,
        saved_at=made.created_at,
    )
    note_afterwards(incident, Kind.POSTMORTEM_STARTED, by=by)
    tell(made)
    return made


def _draft(incident: Incident) -> Postmortem:
    began = now()
    made = Postmortem(
        incident=incident,
        title=incident.title,
        author=incident.commander or incident.declared_by,
        created_at=began,
        changed_at=began,
        due_at=due_at_of(incident, incident.revision.text),
        number=1,
        last_number=1,
    )
    made.text = prefilled(incident.revision.effective.postmortem_template.text, known_of(made))
    return made


def _due_again(postmortem: Postmortem, incident: Incident) -> Postmortem:
    """An incident that was reopened and resolved again gives as long again; the text stays as people left it."""
    due_at = due_at_of(incident, incident.revision.text)
    if due_at and postmortem.due_at and due_at > postmortem.due_at and not postmortem.is_published:
        postmortem.due_at = due_at
        postmortem.save(update_fields=["due_at"])
        tell(postmortem)
    return postmortem
