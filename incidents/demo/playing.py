"""Living through a story: one operation after another, each at its time, as the people of Quayside would."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from accounts.models import User
from incidents import operations
from incidents.demo.clock import Clock
from incidents.demo.organisation import Organisation
from incidents.demo.stories import Story
from incidents.models import Incident, Step
from incidents.states import Kind

Act = Callable[[], object]
#: Minutes from declaring to the end, at the shortest and the longest, by severity.
LENGTHS = {1: (35, 150), 2: (30, 220), 3: (50, 400), 4: (120, 1500)}
LATE_SHARE = 0.08  # of status updates
WRONG_GUESS = "The rollback changed nothing, and the graphs do not fit."


@dataclass(slots=True)
class Player:
    """Plays one story. ``until`` stops it part-way: at a share of its length between 0 and 1."""

    story: Story
    quayside: Organisation
    clock: Clock
    random: Random
    length: float = 0.0
    incident: Incident = field(init=False)
    commander: User = field(init=False)
    team: list[User] = field(init=False)
    acts: list[tuple[float, Act]] = field(init=False, default_factory=list)

    def play(self, began: datetime, *, until: float = 1.0) -> Incident:
        """Live through it from ``began`` on; return the incident as it stands then."""
        self._cast()
        self.length = self.length or self.random.uniform(*LENGTHS[self.story.severity])
        self.clock.reach(began + timedelta(minutes=self.random.uniform(2, 12)))
        self._declare(began)
        start = self.clock.moment
        self._plan()
        for share, act in sorted(self.acts, key=lambda planned: planned[0]):
            if share > until:
                break
            self._reach(start + timedelta(minutes=share * self.length))
            act()
        self.incident.refresh_from_db()
        return self.incident

    def _cast(self) -> None:
        people = self.quayside.responders
        self.team = self.random.sample(people, k=3 if self.story.severity < 3 else 2)
        self.commander = self.team[0]

    def _declare(self, began: datetime) -> None:
        revision = self.quayside.revision
        assert revision is not None  # noqa: S101  the organisation is founded before its stories
        said = operations.Declaration(
            title=self.story.title,
            severity=min(self.story.severity, len(revision.effective.severities)),
            impact=self.story.impact,
            symptom=self.story.symptom,
            started_at=began,
            team=self.quayside.teams[self.story.team],
            services=[self.quayside.services[name] for name in self.story.services],
            is_private=self.story.private,
        )
        self.incident = operations.declare(said, revision=revision, by=self.team[-1])
        for person in self.team if self.story.private else ():
            operations.grant_access(self.incident.pk, person, by=self.team[-1])

    # -- the plan: what is done at which share of the length ----------------------------------------

    def _plan(self) -> None:
        self._at(0.02, lambda: operations.acknowledge(self.number, by=self.commander))
        self._at(0.03, lambda: self._take("commander", self.commander))
        if self.story.severity < 3:
            self._at(0.06, lambda: self._take("communications_lead", self.team[1]))
        self._plan_steps()
        self._plan_words()
        self._plan_cause()
        self._plan_end()

    def _plan_steps(self) -> None:
        steps = list(self.incident.steps.asked().exclude(checklist__title__icontains="hours"))
        for index, step in enumerate(steps):
            share = 0.04 + 0.5 * index / len(steps)
            self._at(share, lambda step=step: self._settle(step))  # type: ignore[misc]

    def _plan_words(self) -> None:
        for index, words in enumerate(self.story.notes):
            share = 0.12 + 0.6 * index / len(self.story.notes)
            self._at(share, lambda words=words: self._note(words))  # type: ignore[misc]
        self._at(0.55, lambda: self._note(self.story.decision, Kind.DECISION_MADE))
        if self.story.command:
            self._at(0.6, self._run)

    def _plan_cause(self) -> None:
        if self.story.wrong:
            self._at(0.18, lambda: self._choose(self.story.wrong))
        self._at(0.36, lambda: self._choose(self.story.cause))
        self._at(0.4, lambda: self._move("identified"))

    def _plan_end(self) -> None:
        self._at(0.66, lambda: self._move("monitoring"))
        self._at(0.98, self._say_the_end)
        self._at(1.0, lambda: self._move("resolved"))

    def _at(self, share: float, act: Act) -> None:
        self.acts.append((share, act))

    # -- the acts ----------------------------------------------------------------------------------

    @property
    def number(self) -> int:
        return self.incident.pk

    def _someone(self) -> User:
        return self.random.choice(self.team)

    def _take(self, role: str, person: User) -> None:
        operations.assign_role(self.number, role, person, by=person)

    def _note(self, words: str, kind: Kind = Kind.NOTE_ADDED) -> None:
        operations.add_note(self.number, words, by=self._someone(), kind=kind)

    def _run(self) -> None:
        operations.log_command(self.number, None, by=self._someone(), command=self.story.command)

    def _settle(self, step: Step) -> None:
        if step.kind == Step.StepKind.QUESTION:
            answers = {
                "many": "About one in three",
                "how": "About one in three",
                "data": "No",
                "worse": "Not any more",
            }
            answer = next((a for word, a in answers.items() if word in step.text.lower()), self.story.impact)
            operations.answer_question(self.number, step.pk, answer.capitalize(), by=self._someone())
        elif self.random.random() < 0.07:
            operations.skip_step(self.number, step.pk, by=self._someone(), reason="Does not apply here")
        elif self.random.random() < 0.93:
            operations.set_step_done(self.number, step.pk, True, by=self._someone())

    def _choose(self, cause: str) -> None:
        branch = (
            self.incident.checklists.filter(is_branch=True, title__icontains=cause).first() if cause else None
        )
        if branch is None:
            return
        operations.choose_branch(self.number, branch.pk, by=self.commander, reason=WRONG_GUESS)
        for index, step in enumerate(branch.steps.filter(kind=Step.StepKind.TASK)):
            share = 0.42 + 0.05 * index
            if cause == self.story.cause and self.random.random() < 0.8:
                self._reach(self.clock.moment + timedelta(minutes=share))
                operations.set_step_done(self.number, step.pk, True, by=self._someone())

    def _move(self, status: str) -> None:
        operations.change_status(self.number, status, by=self.commander)

    def _say_the_end(self) -> None:
        minutes = round((self.clock.moment - self.incident.started_at).total_seconds() / 60)
        words = f"[RESOLVED] {self.story.title}: this is over.\nCause: {self.story.fix}\nIt lasted {minutes} minutes."
        operations.post_update(self.number, words, by=self._speaker())

    # -- status updates come when they are due, whatever else is going on ---------------------------

    def _reach(self, moment: datetime) -> None:
        """Let time pass until ``moment``, posting the updates that become due on the way."""
        while due := self._next_due(before=moment):
            late = self.random.random() < LATE_SHARE
            self.clock.reach(
                due + timedelta(minutes=self.random.uniform(1, 9) if late else -self.random.uniform(1, 5))
            )
            operations.post_update(self.number, self._progress(), by=self._speaker())
        self.clock.reach(moment)

    def _next_due(self, before: datetime) -> datetime | None:
        due = Incident.objects.values_list("next_update_due_at", flat=True).get(pk=self.number)
        return due if due and due < before else None

    def _progress(self) -> str:
        status = Incident.objects.get(pk=self.number).get_status_display()
        service = self.story.services[0]
        words = {
            "Investigating": f"We are still looking into the problem with {service}: {self.story.impact}.",
            "Identified": f"We have found the cause of the problem with {service} and are repairing it.",
        }.get(status, f"{service} works again. We keep watching it before we call this over.")
        return f"[{status.upper()}] {words}"

    def _speaker(self) -> User:
        return self.team[1] if self.story.severity < 3 else self.commander
