"""Working the checklists and the containment branches."""

import json
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count, Max, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from incidents.models import Checklist, Incident, Step, TimelineEvent
from incidents.operations.locking import Refused, lock, not_in_future, said_before
from incidents.permissions import can_work_on
from incidents.states import Kind
from incidents.timeline import record
from outbox.kept import Question, Rows, update
from runbooks import playbook as books
from runbooks.fallback import EffectivePlaybook

COUNTERS = ("steps_done", "steps_total")
SETTLED = ("done_at", "done_by", "skipped_at", "skipped_by", "skip_reason")
LONGEST_SAID = 200

#: As bulk_create does of both, of which a declaration, with all other fields to prepare, would spend a third.
SAVE = """
WITH fresh AS (
    SELECT * FROM jsonb_to_recordset(%(lists)s::jsonb)
        AS fresh (title text, phase text, position integer, line integer, is_branch boolean, steps jsonb)
), list AS (
    INSERT INTO incidents_checklist (incident_id, title, phase, position, line, is_branch, abandon_reason)
    SELECT %(incident)s, title, phase, position, line, is_branch, '' FROM fresh
    RETURNING id, position
)
INSERT INTO incidents_step
    (incident_id, checklist_id, position, kind, text, command, line, skip_reason, answer)
SELECT %(incident)s, list.id, said.position, said.kind, said.text, said.command, said.line, '', ''
FROM list JOIN fresh ON fresh.position = list.position
CROSS JOIN LATERAL jsonb_to_recordset(fresh.steps)
    AS said (position integer, kind text, text text, command text, line integer)
"""

_step = Question(lambda pk, incident: Step.objects.filter(pk=pk, incident=incident), int, int)
_Part = books.Checklist | books.Branch


class _Name(NamedTuple):
    title: str
    phase: str
    is_branch: bool


class _Said(NamedTuple):
    line: int
    items: list[books.Item]


@transaction.atomic
def set_step_done(incident_id: int, step_id: int, done: bool, *, by: User, text: str = "") -> Step:
    """Tick or untick. It says what the step shall be, never "the other way round": a repeat changes nothing."""
    incident = lock(incident_id, by)
    step = _step.get(step_id, incident.pk)
    if step.kind not in (Step.StepKind.TASK, Step.StepKind.QUESTION):
        raise Refused("Only tasks can be ticked.")
    if done == (step.done_at is not None):
        return step
    _settle(step, by if done else None)
    recount(incident)
    kind = Kind.STEP_DONE if done else Kind.STEP_UNDONE
    record(incident, kind, by=by, text=text, data=_named(step), changed=COUNTERS)
    return step


@transaction.atomic
def skip_step(incident_id: int, step_id: int, *, by: User, reason: str) -> Step:
    """Leave a step out, with a reason; ticking it later takes the skip back."""
    incident = lock(incident_id, by)
    step = incident.steps.get(pk=step_id)
    if not reason:
        raise Refused("Say why the step is skipped.")
    if step.is_settled:
        raise Refused("The step is settled already.")
    step.skipped_at, step.skipped_by, step.skip_reason = timezone.now(), by, reason
    step.save(update_fields=["skipped_at", "skipped_by", "skip_reason"])
    recount(incident)
    record(incident, Kind.STEP_SKIPPED, by=by, text=reason, data=_named(step), changed=COUNTERS)
    return step


@transaction.atomic
def assign_step(incident_id: int, step_id: int, to: User | None, *, by: User) -> Step:
    """Give a step to someone who may work on the incident, or to nobody."""
    incident = lock(incident_id, by)
    step = incident.steps.get(pk=step_id)
    if to and not can_work_on(to, incident):
        raise Refused(f"{to.name} cannot work on this incident.")
    if step.assigned_to_id == (to.pk if to else None):
        return step
    step.assigned_to = to
    step.save(update_fields=["assigned_to"])
    data = _named(step) | {"to": to.pk if to else None, "to_name": to.name if to else ""}
    record(incident, Kind.STEP_ASSIGNED, by=by, data=data)
    return step


@transaction.atomic
def add_step(incident_id: int, checklist_id: int, text: str, *, by: User, key: UUID | None = None) -> Step:
    """Append a task of one's own to a checklist."""
    incident = lock(incident_id, by)
    checklist = incident.checklists.get(pk=checklist_id)
    if before := said_before(incident, key, Kind.STEP_ADDED, step_text=text[:LONGEST_SAID]):
        return incident.steps.get(pk=before.data["step"])
    last = checklist.steps.aggregate(last=Max("position"))["last"]
    step = Step.objects.create(
        incident=incident,
        checklist=checklist,
        position=0 if last is None else last + 1,
        kind=Step.StepKind.TASK,
        text=text,
        added_by=by,
    )
    recount(incident)
    record(incident, Kind.STEP_ADDED, by=by, data=_named(step), key=key, changed=COUNTERS)
    return step


@transaction.atomic
def answer_question(incident_id: int, step_id: int, answer: str, *, by: User) -> Step:
    """Answer a scope question; an empty answer takes the answer back, and both stay on the timeline."""
    incident = lock(incident_id, by)
    step = incident.steps.get(pk=step_id)
    if step.kind != Step.StepKind.QUESTION:
        raise Refused("Only questions can be answered.")
    if answer == step.answer:
        return step
    was, step.answer = step.answer, answer
    step.save(update_fields=["answer"])
    _settle(step, by if answer else None)
    recount(incident)
    data = _named(step) | {"was": was}
    record(incident, Kind.QUESTION_ANSWERED, by=by, text=answer, data=data, changed=COUNTERS)
    return step


@transaction.atomic
def log_command(
    incident_id: int,
    step_id: int | None,
    *,
    by: User,
    command: str = "",
    text: str = "",
    occurred_at: datetime | None = None,
    key: UUID | None = None,
) -> TimelineEvent:
    """Keep that a command was run: one of the runbook's (``step_id``) or any other (``command``)."""
    incident = lock(incident_id, by)
    step = None if step_id is None else incident.steps.get(pk=step_id)
    command = step.command if step else command
    if not command:
        raise Refused("The step has no command." if step else "Say which command was run.")
    if before := said_before(incident, key, Kind.COMMAND_RUN, text, command=command):
        return before
    if step and step.kind == Step.StepKind.COMMAND:
        _settle(step, by)
    data = {"command": command} | (_named(step) if step else {})
    when = not_in_future(occurred_at)
    return record(incident, Kind.COMMAND_RUN, by=by, text=text, data=data, occurred_at=when, key=key)


@transaction.atomic
def choose_branch(incident_id: int, checklist_id: int, *, by: User, reason: str = "") -> Checklist:
    """Follow one suspected cause; its steps are asked from now on.

    Where another branch is being followed, ``reason`` says why that one is given up.
    """
    incident = lock(incident_id, by)
    branch = incident.checklists.get(pk=checklist_id, is_branch=True)
    if branch.is_chosen:
        return branch
    current = _chosen(incident)
    if current:
        _abandon(incident, current, by=by, reason=reason)
    branch.chosen_at, branch.chosen_by, branch.abandoned_at = timezone.now(), by, None
    branch.abandoned_by, branch.abandon_reason = None, ""
    branch.save(update_fields=["chosen_at", "chosen_by", "abandoned_at", "abandoned_by", "abandon_reason"])
    recount(incident)
    data = {"branch": branch.pk, "title": branch.title}
    record(incident, Kind.BRANCH_CHOSEN, by=by, text="" if current else reason, data=data, changed=COUNTERS)
    return branch


@transaction.atomic
def abandon_branch(incident_id: int, checklist_id: int, *, by: User, reason: str) -> Checklist:
    """Give a suspected cause up, with a reason. What was done there stays done and on record."""
    incident = lock(incident_id, by)
    branch = incident.checklists.get(pk=checklist_id, is_branch=True)
    if not branch.is_chosen:
        raise Refused("That cause is not being followed.")
    _abandon(incident, branch, by=by, reason=reason)
    return branch


@transaction.atomic
def adopt_revision(incident_id: int, *, by: User) -> Incident:
    """Pin the runbook's newest revision: what it adds is added, what was there stays as it is."""
    incident = lock(incident_id, by)
    newest = incident.revision.runbook.revisions.order_by("-number").first()
    if newest is None or newest == incident.revision:
        raise Refused("The incident follows the newest revision already.")
    was, incident.revision = incident.revision, newest
    added = add_checklists(incident, _asked_by(newest.effective, incident.severity))
    recount(incident)
    data = {"from": was.number, "to": newest.number, "checklists": added}
    record(incident, Kind.REVISION_ADOPTED, by=by, data=data, changed=("revision", *COUNTERS))
    return incident


def begin(incident: Incident) -> None:
    """Copy into an incident that has nothing yet what its revision asks for at its severity, and its branches; count
    the steps. The caller records, and so saves, the counters."""
    lists, asked = _beginning(incident.revision.effective, incident.severity)
    _insert(incident, lists)
    incident.steps_done, incident.steps_total = 0, asked


@lru_cache(maxsize=64)
def _beginning(playbook: EffectivePlaybook, level: int) -> tuple[str, int]:
    """What an incident begins with, as ``SAVE`` takes it, and how many of its steps count: as ``recount`` finds it
    while no cause is chosen."""
    lists = _written(_by_name(_asked_by(playbook, level)))
    steps = (step for row in lists if not row["is_branch"] for step in row["steps"])
    return json.dumps(lists), sum(step["kind"] in Step.COUNTED for step in steps)


def _asked_by(playbook: EffectivePlaybook, level: int) -> list[_Part]:
    return [*playbook.checklists_for(level), *playbook.branches]


def add_checklists(incident: Incident, found: Iterable[_Part]) -> list[str]:
    """Copy checklists or branches of a playbook into the incident; where it has one of that name, what that lacks. The
    caller recounts.

    Returns the titles of those that are new or have grown.
    """
    lists = _by_name(found)
    have = {_Name(c.title, c.phase, c.is_branch): c for c in incident.checklists.prefetch_related("steps")}
    grown = [name for name, said in lists.items() if name in have and _add_steps(have[name], said.items)]
    fresh = {name: said for name, said in lists.items() if name not in have}
    if fresh:
        after = max((checklist.position for checklist in have.values()), default=-1) + 1
        _insert(incident, json.dumps(_written(fresh, after)))
    return [name.title for name in (*grown, *fresh)]


def _by_name(found: Iterable[_Part]) -> dict[_Name, _Said]:
    """Each checklist once, with the items of all of its name."""
    lists: dict[_Name, _Said] = {}
    for part in found:
        phase = "" if isinstance(part, books.Branch) else part.phase[:300]
        name = _Name(part.title[:300], phase, isinstance(part, books.Branch))
        items = lists.setdefault(name, _Said(part.line, [])).items
        items += _unsaid(part.items, items)
    return lists


def _written(lists: dict[_Name, _Said], start: int = 0) -> list[dict[str, Any]]:
    """Checklists with their steps as ``SAVE`` takes them; the first is to have position ``start``."""
    return [
        {**name._asdict(), "position": position, "line": said.line, "steps": _steps(said.items)}
        for position, (name, said) in enumerate(lists.items(), start)
    ]


def _insert(incident: Incident, lists: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(SAVE, {"incident": incident.pk, "lists": lists})


def _steps(items: Iterable[books.Item], start: int = 0) -> list[dict[str, Any]]:
    """What is to be saved of each item that says something."""
    return [
        {
            "position": position,
            "kind": item.kind,
            "text": item.text,
            "command": item.command,
            "line": item.line,
        }
        for position, item in enumerate(items, start)
        if _says_something(item)
    ]


def _says_something(item: books.Item) -> bool:
    return bool(item.text or item.command)


def _unsaid(items: Iterable[books.Item], there: Iterable[books.Item | Step]) -> list[books.Item]:
    """Those of ``items`` that say what none does that is there."""
    said = {(step.kind, step.text, step.command) for step in there}
    return [item for item in items if (item.kind, item.text, item.command) not in said]


def _add_steps(checklist: Checklist, items: Iterable[books.Item]) -> bool:
    """Put at the end of ``checklist`` the items it does not have yet; whether there were any."""
    steps = list(checklist.steps.all())
    after = max((step.position for step in steps), default=-1) + 1
    rows = _steps(_unsaid(items, steps), after)
    fresh = [Step(incident_id=checklist.incident_id, checklist=checklist, **row) for row in rows]
    return bool(Step.objects.bulk_create(fresh))


def recount(incident: Incident) -> None:
    """Set the counters from the steps that are asked; the caller records, and so saves, them."""
    incident.steps_total, incident.steps_done = _counted.first(incident.pk) or (0, 0)


def _counting(incident: int) -> QuerySet[Step, Any]:
    settled = Count("pk", filter=Q(done_at__isnull=False) | Q(skipped_at__isnull=False))
    # The incident twice: PostgreSQL looks through the checklists of all of them if only the steps' own is named.
    of_incident = Step.objects.filter(incident=incident, checklist__incident=incident)
    asked = of_incident.asked().order_by().values("incident")
    return asked.annotate(total=Count("pk"), done=settled).values_list("total", "done")


_counted = Rows(_counting, int)


def _settle(step: Step, by: User | None) -> None:
    step.done_by, step.done_at = by, timezone.now() if by else None
    step.skipped_at = step.skipped_by = None
    step.skip_reason = ""
    update(step, SETTLED)


def _chosen(incident: Incident) -> Checklist | None:
    return incident.checklists.filter(is_branch=True, chosen_at__isnull=False, abandoned_at=None).first()


def _abandon(incident: Incident, branch: Checklist, *, by: User, reason: str) -> None:
    if not reason:
        raise Refused(f"Say why “{branch.title}” is given up.")
    branch.abandoned_at, branch.abandoned_by, branch.abandon_reason = timezone.now(), by, reason
    branch.save(update_fields=["abandoned_at", "abandoned_by", "abandon_reason"])
    recount(incident)
    data = {"branch": branch.pk, "title": branch.title}
    record(incident, Kind.BRANCH_ABANDONED, by=by, text=reason, data=data, changed=COUNTERS)


def _named(step: Step) -> dict[str, object]:
    return {"step": step.pk, "step_text": str(step)[:LONGEST_SAID]}
