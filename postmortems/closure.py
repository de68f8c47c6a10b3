"""What was opened and closed, week by week, and how much of it in time."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, Q
from django.db.models.functions import TruncDate, TruncWeek
from django.utils import timezone

from accounts.models import User
from postmortems import charts
from postmortems.charts import Plot, Series
from postmortems.models import ActionItem
from postmortems.models.items import ActionItemQuerySet
from postmortems.states import ItemStatus

WEEKS = 12


@dataclass(frozen=True, slots=True)
class Week:
    """``monday`` to Sunday."""

    monday: date
    opened: int
    closed: int

    @property
    def name(self) -> str:
        return f"{self.monday:%-d %b}"


@dataclass(frozen=True)
class Closure:
    """``due`` counts what was due in these weeks and not dropped, ``in_time`` what of it was done by its day."""

    weeks: list[Week]
    due: int
    in_time: int

    @property
    def share(self) -> int | None:
        """Percent done by their day; None where nothing was due."""
        return round(100 * self.in_time / self.due) if self.due else None

    @property
    def is_empty(self) -> bool:
        return not self.due and not any(week.opened or week.closed for week in self.weeks)

    @property
    def plot(self) -> Plot:
        """A column for what was closed, and a mark across it for what was opened."""
        closed = Series("Closed", [week.closed for week in self.weeks])
        opened = Series("Opened", [week.opened for week in self.weeks])
        return charts.columns([week.name for week in self.weeks], [closed], opened)


def read(user: User, today: date) -> Closure:
    """The last 12 weeks, the one of ``today`` included, of what ``user`` may see. Three queries."""
    visible = ActionItem.objects.visible_to(user)
    first = today - timedelta(days=today.weekday(), weeks=WEEKS - 1)
    opened, closed = (_by_week(visible, field, first) for field in ("added_at", "closed_at"))
    mondays = [first + timedelta(weeks=n) for n in range(WEEKS)]
    weeks = [Week(monday, opened.get(monday, 0), closed.get(monday, 0)) for monday in mondays]
    return Closure(weeks, *_in_time(visible, first, today))


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
