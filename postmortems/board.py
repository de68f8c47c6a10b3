"""What the board of action items shows: the state of things in a sentence, the lists with their counts, the rows of
one page, and who owns how many. Everything of it is of what the reader may see."""

from dataclasses import dataclass
from functools import cached_property

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q

from accounts.models import User
from postmortems.forms.asked import NOBODY, Asked
from postmortems.models import ActionItem
from postmortems.models.items import ActionItemQuerySet
from postmortems.states import ITEM_OPEN

PER_PAGE = 50
#: People named beside the list.
MOST_OWNERS = 12
TABS = (
    ("", "All"), ("mine", "Mine"), ("overdue", "Overdue"), ("week", "This week"), ("decide", "To decide"),
    ("closed", "Closed"),
)  # fmt: skip
CAPTIONS = {
    "": "Open actions, most overdue first",
    "mine": "Your open actions, most overdue first",
    "overdue": "Overdue actions, most overdue first",
    "week": "Actions due this week, soonest first",
    "decide": "Actions that somebody asks to drop",
    "closed": "Closed actions, the last one first",
}


@dataclass(frozen=True, slots=True)
class Tab:
    """A list with how many are in it; None where that is not counted."""

    show: str
    label: str
    count: int | None
    query: str
    is_shown: bool


@dataclass(frozen=True, slots=True)
class Owning:
    """How many open items somebody has, and how many of them are late; nobody's where ``person`` is None."""

    person: User | None
    count: int
    late: int

    @property
    def value(self) -> str:
        """How the filter names them."""
        return str(self.person.pk) if self.person else NOBODY


class Board:
    """The board as ``user`` may see it. Each part is read when it is first asked for."""

    def __init__(self, user: User, asked: Asked, page: str | None = None) -> None:
        self.user, self.asked, self._page = user, asked, page

    @property
    def _visible(self) -> ActionItemQuerySet:
        return ActionItem.objects.visible_to(self.user)

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many there are in each list that is counted, within the filters."""
        asked, is_open = self.asked, Q(status__in=ITEM_OPEN)
        counted: dict[str, int] = asked.narrow(self._visible).aggregate(
            all=Count("pk", filter=is_open),
            mine=Count("pk", filter=is_open & Q(owner=self.user)),
            overdue=Count("pk", filter=is_open & Q(due_on__lt=asked.today)),
            week=Count("pk", filter=is_open & Q(due_on__range=(asked.today, asked.week_ends))),
            decide=Count("pk", filter=is_open & Q(drop_proposed_by__isnull=False)),
            closed=Count("pk", filter=~is_open),
        )
        return counted

    @property
    def headline(self) -> str:
        return headline(self.counts["all"], self.counts["overdue"], narrowed=self.asked.has_filter)

    @property
    def caption(self) -> str:
        return CAPTIONS[self.asked.show]

    @property
    def tabs(self) -> list[Tab]:
        """The lists; one to decide only where there is something."""
        shown = []
        for show, label in TABS:
            count = self.counts[show or "all"] if show != "closed" else None
            if show != "decide" or count or self.asked.show == show:
                query = self.asked.query(show=show)
                shown.append(Tab(show, label, count, query, show == self.asked.show))
        return shown

    @cached_property
    def page(self) -> Page[ActionItem]:
        found = self.asked.listed(self.asked.narrow(self._visible), self.user)
        rows = found.with_owner_there().select_related("owner", "team", "incident", "drop_proposed_by")
        paginator = Paginator(rows.defer("search", "incident__search"), PER_PAGE)
        paginator.count = self.counts[self.asked.show or "all"]  # counted already
        return paginator.get_page(self._page)

    @cached_property
    def owners(self) -> list[Owning]:
        """Everyone with open items, those with the most first. Whom the reader may know of by them alone."""
        open_now = self._visible.open().values("owner", "owner__name")
        late = Count("pk", filter=Q(due_on__lt=self.asked.today))
        found = open_now.annotate(count=Count("pk"), late=late).order_by("-count", "owner__name", "owner")
        return [
            Owning(
                User(pk=row["owner"], name=row["owner__name"]) if row["owner"] else None,
                row["count"],
                row["late"],
            )
            for row in found
        ]

    @property
    def busiest(self) -> list[Owning]:
        return self.owners[:MOST_OWNERS]

    @property
    def others(self) -> int:
        return max(0, len(self.owners) - MOST_OWNERS)

    @property
    def choices(self) -> list[Owning]:
        """Owners to filter by, by name, nobody first."""
        return sorted(self.owners, key=lambda one: one.person.name.casefold() if one.person else "")


def headline(open_now: int, overdue: int, *, narrowed: bool = False) -> str:
    """The state of things in a sentence: "14 actions open. 3 are overdue."."""
    if not open_now:
        return f"No actions open{' that match' if narrowed else ''}."
    match = f" that match{'es' if open_now == 1 else ''}" if narrowed else ""
    count = f"{open_now:,} action{'' if open_now == 1 else 's'} open{match}."
    if not overdue:
        return f"{count} None is overdue."
    return f"{count} {overdue:,} {'is' if overdue == 1 else 'are'} overdue."
