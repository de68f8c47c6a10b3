"""Status, severity, details: what each change asks for, and what it does."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from incidents import operations
from incidents.models import Incident, Service
from incidents.operations import Refused
from incidents.states import Kind, Status
from runbooks.operations import create_runbook

Declared = Callable[..., Incident]


def fresh(incident: Incident) -> Incident:
    return Incident.objects.get(pk=incident.pk)


def last(incident: Incident) -> Kind:
    return Kind(incident.events.order_by("-seq")[0].kind)


def test_first_acknowledgement_counts(incident: Incident, ada: User, grace: User) -> None:
    operations.acknowledge(incident.pk, by=grace)
    operations.acknowledge(incident.pk, by=ada)
    assert fresh(incident).acknowledged_by == grace
    assert incident.events.filter(kind=Kind.ACKNOWLEDGED).count() == 1


def test_viewer_changes_nothing(incident: Incident, eve: User) -> None:
    with pytest.raises(Refused, match="may not"):
        operations.change_status(incident.pk, "resolved", by=eve)
    assert fresh(incident).status == Status.INVESTIGATING


def test_deactivated_person_changes_nothing(incident: Incident, grace: User) -> None:
    grace.is_active = False
    with pytest.raises(Refused):
        operations.add_note(incident.pk, "x", by=grace)


def test_status_keeps_when_each_step_was_reached(incident: Incident, ada: User) -> None:
    for status in ("identified", "monitoring", "resolved"):
        operations.change_status(incident.pk, status, by=ada)
    ended = fresh(incident)
    assert ended.identified_at and ended.mitigated_at and ended.resolved_at
    assert ended.identified_at <= ended.mitigated_at <= ended.resolved_at == ended.ended_at
    assert ended.next_update_due_at is None


def test_status_may_go_back_while_it_is_open(incident: Incident, ada: User) -> None:
    operations.change_status(incident.pk, "monitoring", by=ada)
    operations.change_status(incident.pk, "investigating", by=ada)
    assert fresh(incident).status == Status.INVESTIGATING


@pytest.mark.parametrize("status", ["cancelled", "merged", "closed", "nonsense", ""])
def test_status_that_has_a_verb_of_its_own_is_refused(incident: Incident, ada: User, status: str) -> None:
    with pytest.raises(Refused):
        operations.change_status(incident.pk, status, by=ada)


def test_ended_incident_is_reopened_with_a_reason_and_owes_an_update_at_once(
    incident: Incident, ada: User
) -> None:
    operations.change_status(incident.pk, "resolved", by=ada)
    with pytest.raises(Refused, match="Say why"):
        operations.reopen(incident.pk, by=ada, reason="")
    operations.reopen(incident.pk, by=ada, reason="It is back")
    again = fresh(incident)
    assert (again.status, again.resolved_at, again.ended_at) == (Status.INVESTIGATING, None, None)
    assert again.due_state == "late"
    assert incident.events.filter(kind=Kind.STATUS_CHANGED).exists()


def test_raising_keeps_an_update_that_is_due_sooner_than_the_higher_level_asks(
    incident: Incident, ada: User
) -> None:
    soon = timezone.now() + timedelta(minutes=3)
    operations.post_update(incident.pk, "We are on it", by=ada, next_due_at=soon)
    operations.change_severity(incident.pk, 1, by=ada)
    assert fresh(incident).next_update_due_at == soon


def test_open_incident_cannot_be_reopened(incident: Incident, ada: User) -> None:
    with pytest.raises(Refused, match="open already"):
        operations.reopen(incident.pk, by=ada, reason="?")


def test_only_a_resolved_incident_is_closed(incident: Incident, ada: User) -> None:
    with pytest.raises(Refused):
        operations.close(incident.pk, by=ada)
    operations.change_status(incident.pk, "resolved", by=ada)
    operations.close(incident.pk, by=ada)
    assert fresh(incident).status == Status.CLOSED


def test_cancelling_needs_a_reason(incident: Incident, ada: User) -> None:
    with pytest.raises(Refused, match="Say why"):
        operations.cancel(incident.pk, by=ada, reason="")
    operations.cancel(incident.pk, by=ada, reason="A drill")
    assert fresh(incident).status == Status.CANCELLED
    assert fresh(incident).ended_at


def test_merging_tells_both_timelines(declared: Declared, ada: User) -> None:
    one, other = declared("One"), declared("Other")
    operations.merge(one.pk, other.pk, by=ada, reason="The same")
    assert (fresh(one).status, fresh(one).merged_into) == (Status.MERGED, other)
    assert last(other) == Kind.MERGE_RECEIVED
    assert fresh(other).is_open


def test_merging_needs_two_open_incidents_of_one_privacy(declared: Declared, ada: User) -> None:
    one, ended, private = declared("One"), declared("Ended"), declared("Private", is_private=True)
    operations.change_status(ended.pk, "resolved", by=ada)
    for into in (one, ended, private):
        with pytest.raises(Refused):
            operations.merge(one.pk, into.pk, by=ada)
    assert fresh(one).is_open


def test_reopening_a_merged_incident_parts_it_again(declared: Declared, ada: User) -> None:
    one, other = declared("One"), declared("Other")
    operations.merge(one.pk, other.pk, by=ada)
    operations.reopen(one.pk, by=ada, reason="They differ")
    assert fresh(one).merged_into is None


def test_raising_brings_the_update_forward_and_lowering_keeps_the_promise(
    declared: Declared, ada: User
) -> None:
    incident = declared(severity=4)
    assert fresh(incident).next_update_due_at is None
    operations.change_severity(incident.pk, 1, by=ada, reason="Everyone")
    due = fresh(incident).next_update_due_at
    assert due
    assert due - timezone.now() <= timedelta(minutes=30)
    operations.change_severity(incident.pk, 3, by=ada)
    assert fresh(incident).next_update_due_at == due


def test_raising_adds_what_the_higher_level_asks_for_and_lowering_takes_nothing_away(
    ada: User, db: None
) -> None:
    incident = _declared_by_levels(ada)
    titles = set(incident.checklists.values_list("title", flat=True))
    step = incident.steps.filter(kind="task")[0]
    operations.set_step_done(incident.pk, step.pk, True, by=ada)
    operations.change_severity(incident.pk, 1, by=ada)
    raised = set(incident.checklists.values_list("title", flat=True))
    assert len(raised - titles) == 1
    operations.change_severity(incident.pk, 3, by=ada)
    assert set(incident.checklists.values_list("title", flat=True)) == raised
    step.refresh_from_db()
    assert step.done_by == ada
    assert fresh(incident).steps_total == incident.steps.asked().count()


def _declared_by_levels(by: User) -> Incident:

    source = b"""# Response

## Severity Levels

| Level | Description | Response Time |
|---|---|---|
| SEV1 | Down | Immediate |
| SEV2 | Broken | 1 hour |
| SEV3 | Slow | 4 hours |

## Checklists

### First steps
- [ ] Look at the logs
- [ ] Tell the team

### SEV1 only: call everyone
- [ ] Ring the bell
- [ ] Wake the lead
"""
    revision = create_runbook(source, by=by)
    return operations.declare(operations.Declaration("Slow", 3), revision=revision, by=by)


def test_severity_that_the_runbook_does_not_have_is_refused(incident: Incident, ada: User) -> None:
    for severity in (0, 5, -1):
        with pytest.raises(Refused, match="no such severity"):
            operations.change_severity(incident.pk, severity, by=ada)


def test_severity_of_an_ended_incident_stands(incident: Incident, ada: User) -> None:
    operations.change_status(incident.pk, "resolved", by=ada)
    with pytest.raises(Refused, match="Reopen it first"):
        operations.change_severity(incident.pk, 1, by=ada)


def test_same_severity_is_no_event(incident: Incident, ada: User) -> None:
    before = fresh(incident).event_seq
    operations.change_severity(incident.pk, 2, by=ada)
    assert fresh(incident).event_seq == before


def test_details_keep_what_they_were(incident: Incident, ada: User) -> None:
    chat = Service.objects.create(name="Chat", slug="chat")
    operations.change_details(
        incident.pk,
        by=ada,
        title="Chat is slow",
        impact=incident.impact,
        symptom=incident.symptom,
        started_at=incident.started_at,
        team=None,
        services=[chat],
    )
    event = incident.events.order_by("-seq")[0]
    assert event.data == {"title": ["Chat not working", "Chat is slow"], "services": [[], ["Chat"]]}


def test_start_in_the_future_is_refused(incident: Incident, ada: User) -> None:
    later = timezone.now() + timedelta(hours=1)
    with pytest.raises(Refused, match="future"):
        operations.change_details(
            incident.pk, by=ada, title="x", impact="", symptom="", started_at=later, team=None, services=[]
        )
