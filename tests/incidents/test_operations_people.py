"""Roles, access and words: what each change asks for, and what it does."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from incidents import operations
from incidents.models import Access, Incident, TimelineEvent
from incidents.operations import Refused
from incidents.states import Kind

Declared = Callable[..., Incident]


def fresh(incident: Incident) -> Incident:
    return Incident.objects.get(pk=incident.pk)


def test_role_is_taken_handed_over_and_left_on_the_timeline(
    incident: Incident, ada: User, grace: User
) -> None:
    operations.assign_role(incident.pk, "scribe", ada, by=ada)
    operations.assign_role(incident.pk, "scribe", grace, by=ada)
    operations.assign_role(incident.pk, "scribe", grace, by=ada)
    operations.assign_role(incident.pk, "scribe", None, by=grace)
    said = [e.data for e in incident.events.filter(kind=Kind.ROLE_TAKEN).order_by("seq")]
    assert [(d["from_name"], d["to_name"]) for d in said] == [
        ("", "Ada Lovelace"),
        ("Ada Lovelace", "Grace Hopper"),
        ("Grace Hopper", ""),
    ]


def test_role_is_for_those_who_may_work(incident: Incident, ada: User, eve: User) -> None:
    with pytest.raises(Refused, match="cannot work"):
        operations.assign_role(incident.pk, "commander", eve, by=ada)


def test_roles_of_an_ended_incident_stand(incident: Incident, ada: User) -> None:
    operations.change_status(incident.pk, "resolved", by=ada)
    with pytest.raises(Refused, match="Reopen it first"):
        operations.assign_role(incident.pk, "commander", ada, by=ada)


def test_making_it_private_keeps_those_who_work_on_it(
    incident: Incident, ada: User, grace: User, eve: User
) -> None:
    operations.assign_role(incident.pk, "commander", grace, by=ada)
    operations.change_privacy(incident.pk, True, by=grace)
    assert set(Access.objects.values_list("user__name", flat=True)) == {ada.name, grace.name}
    assert not Incident.objects.visible_to(eve).exists()


def test_access_is_given_and_taken_back_with_the_roles_held(
    declared: Declared, ada: User, grace: User
) -> None:
    private = declared(is_private=True)
    operations.grant_access(private.pk, grace, by=ada)
    operations.assign_role(private.pk, "scribe", grace, by=ada)
    operations.revoke_access(private.pk, grace, by=ada)
    assert fresh(private).scribe is None
    assert not Incident.objects.visible_to(grace).exists()


def test_somebody_who_can_work_on_it_is_left(declared: Declared, ada: User, eve: User) -> None:
    private = declared(is_private=True)
    operations.grant_access(private.pk, eve, by=ada)
    with pytest.raises(Refused, match="Nobody would be left"):
        operations.revoke_access(private.pk, ada, by=ada)


def test_access_to_what_everyone_sees_is_refused(incident: Incident, ada: User, grace: User) -> None:
    with pytest.raises(Refused, match="Everyone can see"):
        operations.grant_access(incident.pk, grace, by=ada)


def test_note_of_the_past_stands_where_it_happened(incident: Incident, ada: User) -> None:
    then = timezone.now() - timedelta(hours=1)
    note = operations.add_note(incident.pk, "Alerts began", by=ada, occurred_at=then)
    assert (note.occurred_at, note.recorded_at > then) == (then, True)


@pytest.mark.parametrize("minutes", [5, 60 * 24 * 365 * 100])
def test_note_of_the_future_is_refused(incident: Incident, ada: User, minutes: int) -> None:
    later = timezone.now() + timedelta(minutes=minutes)
    with pytest.raises(Refused, match="future"):
        operations.add_note(incident.pk, "x", by=ada, occurred_at=later)
    with pytest.raises(Refused, match="future"):
        operations.log_command(incident.pk, None, by=ada, command="x", occurred_at=later)
    with pytest.raises(Refused, match="future"):
        operations.add_link(incident.pk, "https://example.com", by=ada, occurred_at=later)


def test_correction_supersedes_and_says_what_it_is(incident: Incident, ada: User, grace: User) -> None:
    note = operations.add_note(incident.pk, "38%", by=ada)
    fixed = operations.correct_event(incident.pk, note.pk, "83%", by=grace)
    assert (fixed.supersedes, fixed.data["kind"], fixed.occurred_at) == (
        note,
        Kind.NOTE_ADDED,
        note.occurred_at,
    )
    assert TimelineEvent.objects.get(pk=note.pk).text == "38%"
    with pytest.raises(Refused, match="corrected this entry already"):
        operations.correct_event(incident.pk, note.pk, "84%", by=ada)


def test_correction_that_changes_nothing_is_none(incident: Incident, ada: User) -> None:
    note = operations.add_note(incident.pk, "38%", by=ada)
    assert operations.correct_event(incident.pk, note.pk, "38%", by=ada) == note


def test_what_the_portal_did_cannot_be_corrected(incident: Incident, ada: User) -> None:
    with pytest.raises(Refused, match="add a note beside it"):
        operations.correct_event(incident.pk, incident.events.get(seq=1).pk, "x", by=ada)


def test_update_is_the_last_word_on_the_board(incident: Incident, grace: User) -> None:
    operations.post_update(incident.pk, "We are on it", by=grace)
    now = fresh(incident)
    assert (now.last_word, now.last_word_by) == ("We are on it", "Grace Hopper")


def test_correction_of_the_last_word_is_the_last_word(incident: Incident, ada: User, grace: User) -> None:
    earlier = operations.add_note(incident.pk, "38%", by=ada)
    note = operations.add_note(incident.pk, "We see 40%", by=grace)
    operations.correct_event(incident.pk, earlier.pk, "83%", by=ada)
    assert fresh(incident).last_word == "We see 40%"
    operations.correct_event(incident.pk, note.pk, "We see 90%", by=grace)
    assert fresh(incident).last_word == "We see 90%"
