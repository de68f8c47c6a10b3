"""What was opened and closed, week by week, and how much of it in time: the numbers, and where they are drawn."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, Q
from django.db.models.functions import TruncDate, TruncWeek
from django.utils import timezone

from accounts.models import User
from postmortems.models import ActionItem
from postmortems.models.items import ActionItemQuerySet
from postmortems.states import ItemStatus

WEEKS = 12
#: The plot, in its own units: where the axes are, and how wide a bar is.
LEFT, RIGHT, TOP, BOTTOM, BAR, MARK = 30.0, 392.0, 12.0, 156.0, 18.0, 24.0
#: Weeks between two labels, so that they never touch.
LABELLED = 3


@dataclass(frozen=True, slots=True)
class Week:
    """``monday`` to Sunday. ``x`` is its middle in the plot; ``bar`` and ``mark`` are how high what was closed and
    opened stand, from the top."""

    monday: date
    opened: int
    closed: int
    x: float
    bar: float
    mark: float
    is_labelled: bool

    @property
    def bar_left(self) -> float:
        return round(self.x - BAR / 2, 1)

    @property
    def bar_height(self) -> float:
        return round(BOTTOM - self.bar, 1)

    @property
    def mark_left(self) -> float:
        return round(self.x - MARK / 2, 1)


@dataclass(frozen=True)
class Closure:
    """``due`` counts what was due in these weeks and not dropped, ``in_time`` what of it was done by its day.
    ``rules`` are the lines of the plot: how high, and what they stand for."""

    weeks: list[Week]
    rules: list[tuple[float, int]]
    due: int
    in_time: int

    @property
    def share(self) -> int | None:
        """Percent done by their day; None where nothing was due."""
        return round(100 * self.in_time / self.due) if self.due else None

    @property
    def is_empty(self) -> bool:
        return not self.due and not any(week.opened or week.closed for week in self.weeks)


def read(user: User, today: date) -> Closure:
    """The last 12 weeks, the one of ``today`` included, of what ``user`` may see. Three queries."""
    visible = ActionItem.objects.visible_to(user)
    first = today - timedelta(days=today.weekday(), weeks=WEEKS - 1)
    mondays = [first + timedelta(weeks=n) for n in range(WEEKS)]
    opened, closed = (_by_week(visible, field, first) for field in ("added_at", "closed_at"))
    most = _round_up(max([*opened.values(), *closed.values(), 1]))
    weeks = [
        _week(n, monday, opened.get(monday, 0), closed.get(monday, 0), most)
        for n, monday in enumerate(mondays)
    ]
    rules = [(_height(value, most), value) for value in (0, most // 2, most)]
    return Closure(weeks, rules, *_in_time(visible, first, today))


def _by_week(items: ActionItemQuerySet, field: str, first: date) -> dict[date, int]:
    since = datetime.combine(first, time(), timezone.get_current_timezone())
    recent = items.filter(**{f"{field}__gte": since}).annotate(week=TruncWeek(field))
    counted = recent.order_by().values_list("week").annotate(Count("pk"))
    return {timezone.localtime(week).date(): count for week, count in counted}


def _in_time(items: ActionItemQuerySet, first: date, today: date) -> tuple[int, int]:
    """Of what was due until now: an item that is due today counts once it is done."""
    done = Q(status=ItemStatus.DONE)
    due = items.filter(due_on__range=(first, today)).exclude(status=ItemStatus.DROPPED)
    counted: dict[str, Any] = due.exclude(~done, due_on=today).aggregate(
        due=Count("pk"), in_time=Count("pk", filter=done & Q(due_on__gte=TruncDate("closed_at")))
    )
    return counted["due"], counted["in_time"]


def _week(n: int, monday: date, opened: int, closed: int, most: int) -> Week:
    step = (RIGHT - LEFT) / WEEKS
    is_labelled = (WEEKS - 1 - n) % LABELLED == 0
    x = round(LEFT + step * (n + 0.5), 1)
    return Week(monday, opened, closed, x, _height(closed, most), _height(opened, most), is_labelled)


def _height(value: int, most: int) -> float:
    return round(BOTTOM - (BOTTOM - TOP) * value / most, 1)


def _round_up(value: int) -> int:
    """The next number that halves into a round one: 7 is 8, 23 is 24, 130 is 140."""
    unit = 2 * 10 ** max(0, len(str(value)) - 2)
    return -(-value // unit) * unit
