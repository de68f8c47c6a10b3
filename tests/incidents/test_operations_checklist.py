"""Working checklists and causes: what each change asks for, and what it does."""

from uuid import uuid4

import pytest

from accounts.models import User
from incidents import operations
from incidents.models import Checklist, Incident, Step
from incidents.operations import Declaration, Refused
from incidents.states import Kind
from runbooks.operations import create_runbook, publish


def task_of(incident: Incident, nth: int = 0) -> Step:
    return incident.steps.filter(kind="task", checklist__is_branch=False)[nth]


def branch_of(incident: Incident, nth: int = 0) -> Checklist:
    return incident.checklists.filter(is_branch=True)[nth]


def counters(incident: Incident) -> tuple[int, int]:
    now = Incident.objects.get(pk=incident.pk)
    return now.steps_done, now.steps_total


def test_runbook_gives_its_tasks_questions_and_causes(incident: Incident) -> None:
    assert counters(incident) == (0, 14)  # 3 + 4 tasks, 3 questions, and 4 tasks for afterwards
    assert incident.checklists.filter(is_branch=True).count() == 4


def test_two_checklists_of_one_name_are_one_and_counted_as_they_are_saved(ada: User) -> None:
    twice = "## Triage checklist\n\n- [ ] Look at the error rate\n- [ ] {}\n\n"
    source = f"# Outage\n\n{twice}{twice}".format("Tell support", "Call the lead")
    said = Declaration(title="Chat not working", severity=2)
    incident = operations.declare(said, revision=create_runbook(source.encode(), by=ada), by=ada)
    triage = incident.checklists.get(title="Triage checklist")
    texts = list(triage.steps.values_list("position", "text"))
    assert texts == [(0, "Look at the error rate"), (1, "Tell support"), (2, "Call the lead")]
    assert counters(incident) == (0, incident.steps.asked().count())


def test_what_two_checklists_of_one_name_gain_is_added_once(ada: User) -> None:
    triage = "## Triage checklist\n\n- [ ] Look at the error rate\n{}\n"
    first = create_runbook(f"# Outage\n\n{triage.format('')}".encode(), by=ada)
    incident = operations.declare(Declaration(title="Chat not working", severity=2), revision=first, by=ada)
    twice = triage.format("- [ ] Tell support\n") * 2
    publish(first.runbook, f"# Outage\n\n{twice}".encode(), by=ada)
    operations.adopt_revision(incident.pk, by=ada)
    steps = incident.checklists.get(title="Triage checklist").steps
    assert list(steps.values_list("text", flat=True)) == ["Look at the error rate", "Tell support"]


def test_tick_says_who_and_when_and_can_be_taken_back(incident: Incident, grace: User) -> None:
    step = operations.set_step_done(incident.pk, task_of(incident).pk, True, by=grace, text="It went well")
    assert (step.done_by, counters(incident)) == (grace, (1, 14))
    assert incident.events.get(kind=Kind.STEP_DONE).text == "It went well"
    operations.set_step_done(incident.pk, step.pk, False, by=grace)
    assert counters(incident) == (0, 14)
    assert task_of(incident).done_at is None


def test_ticking_twice_is_one_tick(incident: Incident, ada: User, grace: User) -> None:
    for who in (grace, ada):
        operations.set_step_done(incident.pk, task_of(incident).pk, True, by=who)
    assert task_of(incident).done_by == grace
    assert incident.events.filter(kind=Kind.STEP_DONE).count() == 1


def test_skipping_needs_a_reason_and_settles_the_step(incident: Incident, grace: User) -> None:
    with pytest.raises(Refused, match="Say why"):
        operations.skip_step(incident.pk, task_of(incident).pk, by=grace, reason="")
    operations.skip_step(incident.pk, task_of(incident).pk, by=grace, reason="No database here")
    assert counters(incident) == (1, 14)
    with pytest.raises(Refused, match="settled already"):
        operations.skip_step(incident.pk, task_of(incident).pk, by=grace, reason="Again")


def test_ticking_a_skipped_step_takes_the_skip_back(incident: Incident, grace: User) -> None:
    operations.skip_step(incident.pk, task_of(incident).pk, by=grace, reason="No need")
    step = operations.set_step_done(incident.pk, task_of(incident).pk, True, by=grace)
    assert (step.skipped_at, step.skip_reason, step.done_by) == (None, "", grace)


def test_step_is_given_to_those_who_may_work_on_it(
    incident: Incident, ada: User, grace: User, eve: User
) -> None:
    step = operations.assign_step(incident.pk, task_of(incident).pk, grace, by=ada)
    assert step.assigned_to == grace
    with pytest.raises(Refused, match="Eve Moneypenny cannot work"):
        operations.assign_step(incident.pk, step.pk, eve, by=ada)
    assert operations.assign_step(incident.pk, step.pk, None, by=ada).assigned_to is None


def test_added_step_counts_and_is_added_once(incident: Incident, grace: User) -> None:
    key, checklist = uuid4(), task_of(incident).checklist
    steps = [operations.add_step(incident.pk, checklist.pk, "Ring", by=grace, key=key) for _ in range(2)]
    assert steps[0] == steps[1]
    assert counters(incident) == (0, 15)
    assert list(checklist.steps.all())[-1].added_by == grace


def test_answer_settles_a_question_and_an_empty_one_takes_it_back(incident: Incident, grace: User) -> None:
    question = incident.steps.filter(kind="question")[0]
    operations.answer_question(incident.pk, question.pk, "About 38%", by=grace)
    assert counters(incident) == (1, 14)
    operations.answer_question(incident.pk, question.pk, "", by=grace)
    assert counters(incident) == (0, 14)
    event = incident.events.filter(kind=Kind.QUESTION_ANSWERED).order_by("-seq")[0]
    assert event.data["was"] == "About 38%"


def test_only_questions_are_answered(incident: Incident, grace: User) -> None:
    with pytest.raises(Refused, match="Only questions"):
        operations.answer_question(incident.pk, task_of(incident).pk, "x", by=grace)


def test_run_of_a_command_is_logged_each_time(incident: Incident, ada: User, grace: User) -> None:
    step = incident.steps.filter(kind="command")[0]
    for who in (ada, grace):
        operations.log_command(incident.pk, step.pk, by=who, text="ok")
    assert [e.recorded_by for e in incident.events.filter(kind=Kind.COMMAND_RUN).order_by("seq")] == [
        ada,
        grace,
    ]
    with pytest.raises(Refused, match="no command"):
        operations.log_command(incident.pk, task_of(incident).pk, by=ada)
    with pytest.raises(Refused, match="which command"):
        operations.log_command(incident.pk, None, by=ada)


def test_only_the_steps_of_the_chosen_cause_are_asked(incident: Incident, grace: User) -> None:
    security = incident.checklists.get(is_branch=True, title__icontains="security")
    operations.choose_branch(incident.pk, security.pk, by=grace)
    assert counters(incident) == (0, 18)
    step = security.steps.filter(kind="task")[0]
    operations.set_step_done(incident.pk, step.pk, True, by=grace)
    operations.abandon_branch(incident.pk, security.pk, by=grace, reason="Nobody got in")
    assert counters(incident) == (0, 14)
    step.refresh_from_db()
    assert step.done_by == grace  # what was done there stays on record
    operations.choose_branch(incident.pk, security.pk, by=grace)
    assert counters(incident) == (1, 18)


def test_another_cause_needs_a_reason_and_both_are_on_the_timeline(incident: Incident, grace: User) -> None:
    first, second = branch_of(incident), branch_of(incident, 1)
    operations.choose_branch(incident.pk, first.pk, by=grace)
    with pytest.raises(Refused, match="Say why"):
        operations.choose_branch(incident.pk, second.pk, by=grace)
    assert branch_of(incident).is_chosen
    operations.choose_branch(incident.pk, second.pk, by=grace, reason="Rolled back, no better")
    kinds = list(incident.events.order_by("seq").values_list("kind", flat=True))
    assert kinds[-3:] == [Kind.BRANCH_CHOSEN, Kind.BRANCH_ABANDONED, Kind.BRANCH_CHOSEN]
    assert branch_of(incident).abandon_reason == "Rolled back, no better"


def test_cause_that_is_not_followed_cannot_be_given_up(incident: Incident, grace: User) -> None:
    with pytest.raises(Refused, match="not being followed"):
        operations.abandon_branch(incident.pk, branch_of(incident).pk, by=grace, reason="x")


def test_adopting_a_newer_runbook_adds_and_keeps(incident: Incident, grace: User) -> None:

    with pytest.raises(Refused, match="newest revision already"):
        operations.adopt_revision(incident.pk, by=grace)
    operations.set_step_done(incident.pk, task_of(incident).pk, True, by=grace)
    more = b"\n### 4. Call someone\n- [ ] Ring the bell\n"
    publish(incident.revision.runbook, bytes(incident.revision.source) + more, by=grace)
    operations.adopt_revision(incident.pk, by=grace)
    assert counters(incident) == (1, 15)
    assert Incident.objects.get(pk=incident.pk).revision.number == 2
    positions, titles = zip(*incident.checklists.values_list("position", "title"), strict=True)
    assert positions == tuple(range(len(positions))) and "Call someone" in titles[-1]


def test_adopting_a_newer_runbook_adds_a_new_step_to_the_checklist_it_stands_in(
    incident: Incident, grace: User
) -> None:
    ticked = task_of(incident)
    operations.set_step_done(incident.pk, ticked.pk, True, by=grace)
    source = bytes(incident.revision.source)
    first = b"- [ ] Acknowledge the alert"
    assert first in source
    publish(incident.revision.runbook, source.replace(first, first + b"\n- [ ] Ring the bell"), by=grace)
    operations.adopt_revision(incident.pk, by=grace)
    texts = list(ticked.checklist.steps.values_list("text", flat=True))
    assert texts.count("Ring the bell") == texts.count("Acknowledge the alert") == 1
    assert counters(incident) == (1, 15)
