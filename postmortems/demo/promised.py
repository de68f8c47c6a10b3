"""The life of an action item at Quayside: most are done in time, some late, a few never."""

from datetime import UTC, date, datetime, time, timedelta
from random import Random

from accounts.models import User
from postmortems.demo import words
from postmortems.demo.diary import Diary
from postmortems.models import ActionItem
from postmortems.operations import items

#: How often each fate befalls one, in per cent; what is left is never done.
IN_TIME, LATE, MOVED, DROPPED = 50, 14, 12, 9


def live_on(item: ActionItem, done: str, diary: Diary, random: Random, people: list[User]) -> None:
    """Note in ``diary`` what becomes of ``item``, which has an owner and a date; ``done`` shows that it is done."""
    owner, due_on = item.owner, item.due_on
    if owner is None or due_on is None:
        return
    began, due = diary.clock.moment, _working_hour(due_on, random)
    span = due - began

    def finish() -> None:
        items.mark_done(item.pk, by=owner, evidence=done)

    diary.note(began + span * random.uniform(0.15, 0.4), lambda: items.start(item.pk, by=owner))
    fate = random.uniform(0, 100)
    if fate < IN_TIME:
        diary.note(began + span * random.uniform(0.45, 0.98), finish)
    elif fate < IN_TIME + LATE:
        diary.note(due + timedelta(days=random.uniform(1, 20)), finish)
    elif fate < IN_TIME + LATE + MOVED:
        later = due_on + timedelta(days=random.randint(7, 28))
        diary.note(due - timedelta(days=1), lambda: items.change_item(item.pk, by=owner, due_on=later))
        diary.note(_working_hour(later, random), finish)
    elif fate < IN_TIME + LATE + MOVED + DROPPED:
        second = random.choice([person for person in people if person != owner])
        asked = began + span * 0.6
        diary.note(asked, lambda: items.propose_drop(item.pk, by=owner, reason=words.DROP))
        decided = asked + timedelta(days=random.uniform(0.2, 3))
        diary.note(decided, lambda: items.decide_drop(item.pk, by=second, agree=True, said=words.AGREED))


def _working_hour(day: date, random: Random) -> datetime:
    return datetime.combine(day, time(random.randint(8, 16), random.randint(0, 59)), UTC)
