"""The life of a post-mortem at Quayside: started by the portal, written, reviewed, published; and its promises."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache, cached_property, partial
from random import Random

from django.db import connection

from accounts.models import User
from incidents.demo.history import Ended
from incidents.demo.stories import hash_of, told
from incidents.permissions import can_work_on
from postmortems.demo import promised, words
from postmortems.demo.diary import Diary
from postmortems.demo.lessons import Lesson, Promise, lesson_of
from postmortems.models import ActionItem, Postmortem
from postmortems.operations import commenting, items, publishing, reviewing, starting, writing
from postmortems.readiness import findings_of
from postmortems.states import Priority, Verdict

MILDEST = 4  # severity from which Quayside writes none
LATE_SHARE, CHANGES_SHARE = 0.15, 0.3
#: Days that a promise is given, by its priority.
DAYS = {Priority.HIGH: 10, Priority.MEDIUM: 24, Priority.LOW: 50}


def live_on(ended: Ended) -> None:
    """The sequel of every incident: a post-mortem, its reviews and action items, and the closing in between."""
    document = Document(ended)
    document.plan()
    document.diary.live()


@cache
def _latest(nth: int) -> str:
    """The title of the nth last story, from 1, that has a post-mortem that everyone may read."""
    return [story.title for story in told() if story.severity < MILDEST and not story.private][-nth]


@dataclass
class Document:
    """One post-mortem. The newest waits for its reviewers, the one before was begun and never written; a third was
    published over a warning."""

    ended: Ended
    diary: Diary = field(init=False)
    random: Random = field(init=False)
    postmortem: Postmortem = field(init=False)

    def __post_init__(self) -> None:
        self.diary = Diary(self.ended.clock, self.ended.now)
        self.random = Random(hash_of(self.ended.story.title))  # noqa: S311  nothing secret

    @cached_property
    def people(self) -> list[User]:
        """Those who may write and review it, its author first."""
        incident = self.ended.incident
        author = incident.commander or incident.declared_by
        able = [person for person in self.ended.quayside.responders if can_work_on(person, incident)]
        return [author, *(person for person in able if person != author)]

    @property
    def author(self) -> User:
        return self.people[0]

    @cached_property
    def lesson(self) -> Lesson:
        found = lesson_of(self.ended.story)
        assert found is not None  # noqa: S101  every plot of the past has one; a test reads them all
        return found

    def plan(self) -> None:
        over = self.ended.clock.moment
        self.diary.note(over, self._start)
        if self.ended.close_at:
            self.diary.note(self.ended.close_at, self.ended.close)
        if self.ended.story.severity >= MILDEST:
            self.diary.note(over + self._hours(2, 20), self._discard)
        elif self.ended.story.title == _latest(2):
            self.diary.note(over + self._hours(2, 9), self._begin)
        else:
            self._plan_writing(over)

    def _plan_writing(self, over: datetime) -> None:
        written = over + self._hours(1.5, 9)
        asked = written + self._hours(0.3, 2)
        answered = asked + self._hours(0.5, 4)
        self.diary.note(written, self._write)
        self.diary.note(written + self._hours(0.2, 0.3), self._promise)
        self.diary.note(asked, self._ask)
        self.diary.note(asked + self._hours(0.2, 0.4), self._remark)
        if self.ended.story.title == _latest(1):
            return
        if self.random.random() < CHANGES_SHARE:
            self.diary.note(answered, self._want_changes)
            answered += self._hours(0.5, 3)
        late = self._hours(20, 60) if self.random.random() < LATE_SHARE else timedelta()
        self.diary.note(answered + late, self._approve)
        self.diary.note(answered + late + self._hours(0.1, 2), self._publish)

    def _hours(self, shortest: float, longest: float) -> timedelta:
        return timedelta(hours=self.random.uniform(shortest, longest))

    # -- the acts ----------------------------------------------------------------------------------

    def _start(self) -> None:
        with _database_at(self.ended.clock.moment):
            self.postmortem = starting.start(self.ended.incident.pk, by=None)

    def _discard(self) -> None:
        publishing.discard(self.postmortem.pk, by=self.author, reason=words.NO_NEED)

    def _begin(self) -> None:
        self._save(words.begun(self.postmortem.text, self.ended.incident, self.ended.story))

    def _write(self) -> None:
        text = words.written(self.postmortem.text, self.ended.incident, self.ended.story, self.lesson)
        if self.ended.story.title == _latest(3):
            text = text.replace("## Impact\n\n", f"## Impact\n\n{words.BLANK}")
        self._save(text)

    def _save(self, text: str) -> None:
        writing.save(self.postmortem.pk, text, base=self.postmortem.number, by=self.author)
        self.postmortem.refresh_from_db()

    def _promise(self) -> None:
        for promise in self.lesson.promises:
            item = self._add(promise)
            promised.live_on(item, promise.evidence, self.diary, self.random, self.people)

    def _add(self, promise: Promise) -> ActionItem:
        owner = self.random.choice(self.people)
        day = self.ended.clock.moment + timedelta(days=DAYS[promise.priority])
        return items.add_item(
            by=self.author,
            title=promise.title,
            kind=promise.kind,
            priority=promise.priority,
            owner=owner,
            due_on=day.date(),
            postmortem=self.postmortem,
        )

    def _ask(self) -> None:
        asked = self.people[1:3]
        if asked:
            reviewing.request_review(self.postmortem.pk, asked, by=self.author)

    def _remark(self) -> None:
        """Only on the newest: two remarks, and an answer to the first."""
        if self.ended.story.title != _latest(1):
            return
        pk, (author, first, second) = self.postmortem.pk, self.people[:3]
        about = commenting.comment(pk, words.REMARKS[0], by=first, quote=self.ended.story.fix)
        commenting.comment(pk, words.REMARKS[1], by=second, quote=self.lesson.lucky)
        commenting.reply(pk, about.pk, words.REPLY, by=author)

    def _want_changes(self) -> None:
        if len(self.people) < 2:
            return
        said = self.random.choice(words.CHANGES)
        number = self.postmortem.number
        reviewing.answer_review(
            self.postmortem.pk, Verdict.CHANGES, by=self.people[1], number=number, said=said
        )
        self._save(self.postmortem.text.replace("\n\n## Impact", f"{words.BETTER}\n\n## Impact"))

    def _approve(self) -> None:
        for person in self.people[1:3]:
            number = self.postmortem.number
            reviewing.answer_review(self.postmortem.pk, Verdict.APPROVED, by=person, number=number)

    def _publish(self) -> None:
        """Where the portal warns, over the warning and with a reason."""
        self.postmortem.refresh_from_db()
        publish = partial(
            publishing.publish, self.postmortem.pk, by=self.author, number=self.postmortem.number
        )
        try:
            publish()
        except publishing.Unseen:
            found = findings_of(self.postmortem, by=self.author)
            publish(reason=words.OVER, seen=[finding.key for finding in found])


@contextmanager
def _database_at(moment: datetime) -> Iterator[None]:
    """Let the database's clock, which operations on deadlines go by, stand at ``moment``."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('allclear.now', %s, true)", [moment.isoformat()])
        yield
        cursor.execute("SELECT set_config('allclear.now', '', true)")
