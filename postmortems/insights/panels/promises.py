"""What was promised and kept: updates, post-mortems, action items."""

from postmortems import charts
from postmortems.insights.counting import AGE_NAMES
from postmortems.insights.figures import Figures, Kept
from postmortems.insights.links import Links
from postmortems.insights.panels.axes import level_name, month_names, months, week_names
from postmortems.insights.tables import ALL, Bar, Cell, Column, Key, Panel, Row, Table, count, share, span

UPDATES = (
    Column("Owed", "updates"),
    Column("On time", "updates"),
    Column("Share", "%"),
    Column("Late ones, median", "seconds"),
)
DUE = (
    Column("Due", "action items"),
    Column("Done by their day", "action items"),
    Column("Share", "%"),
)
DOCUMENT_STATES = {"on_time": "On time", "late": "Late", "missing": "Overdue", "waiting": "Not due yet"}
DOCUMENT_FILLS = {"on_time": "full", "late": "hatch", "missing": "empty"}


def updates(figures: Figures, links: Links) -> Panel:
    """Status updates that came by the time promised, by severity."""
    title, about = "Updates on time", "By severity"
    owed = sum(kept.owed for kept in figures.updates.values())
    kept = sum(kept.kept for kept in figures.updates.values())
    if not owed:
        return Panel("updates", title, about, Cell(None, "–"), "No update was owed.")
    return Panel(
        id="updates",
        title=title,
        about=about,
        reading=share(kept, owed, links.behind("updates", figures.period)),
        rest=f"on time: {kept:,} of {owed:,}.",
        bars=[_updates_bar(figures, links, level, each) for level, each in figures.updates.items()],
        tables=[_updates_table(figures, Kept(owed, kept))],
    )


def _updates_table(figures: Figures, overall: Kept) -> Table:
    rows = [_updates_row(figures, level, each) for level, each in figures.updates.items()]
    return Table("Severity", UPDATES, [*rows, Row(ALL, ALL, _updates_cells(overall))])


def _updates_bar(figures: Figures, links: Links, level: int, kept: Kept) -> Bar:
    said = share(kept.kept, kept.owed, links.behind("updates", figures.period, severity=level))
    name, rest = level_name(figures, level), f"· {kept.kept:,} of {kept.owed:,}"
    return Bar(name, kept.kept, kept.owed, said, rest, level=level)


def _updates_row(figures: Figures, level: int, kept: Kept) -> Row:
    return Row(figures.levels[level], level_name(figures, level), _updates_cells(kept), level)


def _updates_cells(kept: Kept) -> list[Cell]:
    return [count(kept.owed), count(kept.kept), share(kept.kept, kept.owed), span(kept.lateness)]


def documents(figures: Figures, links: Links) -> Panel:
    """Post-mortems by month of their incident, and how they stand by their deadline."""
    title, about = "Post-mortems on time", "Published by their deadline"
    found = [figures.documents.get(n, {}) for n in range(len(months(figures)))]
    totals = {state: sum(month.get(state, 0) for month in found) for state in DOCUMENT_STATES}
    if not sum(totals.values()):
        return Panel("documents", title, about, Cell(None, "–"), "No post-mortem had a deadline.")
    due = sum(totals[state] for state in DOCUMENT_FILLS)
    stacks = [
        charts.Series(DOCUMENT_STATES[state], [month.get(state) for month in found], fill)
        for state, fill in DOCUMENT_FILLS.items()
    ]
    return Panel(
        id="documents",
        title=title,
        about=about,
        reading=share(totals["on_time"], due, links.behind("documents", figures.period)),
        rest=f"on time: {totals['on_time']:,} of {due:,} that were due. {totals['missing']:,} overdue now.",
        label="Post-mortems by month of their incident: on time, late, overdue",
        plot=charts.columns(month_names(figures), stacks),
        legend=[Key(DOCUMENT_STATES[state], fill=fill) for state, fill in DOCUMENT_FILLS.items()],
        tables=[_documents_table(figures, links, found)],
    )


def _documents_table(figures: Figures, links: Links, found: list[dict[str, int]]) -> Table:
    rows = [
        Row(
            month.first.isoformat()[:7],
            name,
            [
                count(by.get(state, 0), links.behind("documents", month, state=state))
                for state in DOCUMENT_STATES
            ],
        )
        for month, name, by in zip(months(figures), month_names(figures), found, strict=True)
    ]
    return Table("Month", [Column(name, "post-mortems") for name in DOCUMENT_STATES.values()], rows)


def items(figures: Figures, links: Links) -> Panel:
    """Action items opened, done and dropped by week; and those overdue as of today, whatever the period."""
    title, about = "Action items", "Opened and closed by week"
    found = figures.items
    counts = {"opened": found.opened, "done": found.done, "dropped": found.dropped}
    totals = {name: sum(by.values()) for name, by in counts.items()}
    if not (found.open or sum(totals.values())):
        return Panel(
            "items", title, about, count(0), "None is open, and none was opened or closed in these days."
        )
    return Panel(
        id="items",
        title=title,
        about=about,
        reading=count(totals["done"] + totals["dropped"], links.behind("closed", figures.period)),
        rest=f"closed, {totals['opened']:,} opened.{_in_time(figures)}",
        label="Action items opened and closed by week",
        plot=_items_plot(figures, counts),
        legend=[Key("Done", fill="full"), Key("Won’t do", fill="hatch"), Key("Opened", line="tick")],
        caption=f"Overdue today by age: {sum(found.overdue.values()):,} of {found.open:,} open",
        bars=_overdue_bars(figures, links),
        tables=[_items_table(figures, links, counts), _due_table(figures), _overdue_table(figures, links)],
    )


def _items_plot(figures: Figures, counts: dict[str, dict[int, int]]) -> charts.Plot:
    weeks, fills = range(len(figures.period.weeks)), {"done": "full", "dropped": "hatch"}
    opened, done, dropped = (
        charts.Series(name, [by.get(week, 0) for week in weeks], fills.get(name, ""))
        for name, by in counts.items()
    )
    return charts.columns(week_names(figures), [done, dropped], ticks=opened)


def _in_time(figures: Figures) -> str:
    found = figures.items
    done = f" {charts.per_cent(found.in_time, found.due)}% of the {found.due:,} that were due were done by their day."
    return done if found.due else ""


def _due_table(figures: Figures) -> Table:
    found = figures.items
    cells = [count(found.due), count(found.in_time), share(found.in_time, found.due)]
    return Table("Due in these days", DUE, [Row(ALL, ALL, cells)])


def _items_table(figures: Figures, links: Links, counts: dict[str, dict[int, int]]) -> Table:
    rows = [
        Row(
            week.first.isoformat(),
            week.short,
            [count(by.get(n, 0), links.behind(name, week)) for name, by in counts.items()],
        )
        for n, week in enumerate(figures.period.weeks)
    ]
    return Table("Week from", [Column(name, "action items") for name in ("Opened", "Done", "Won’t do")], rows)


def _overdue(figures: Figures, links: Links) -> list[tuple[str, Cell]]:
    return [
        (AGE_NAMES[age], count(number, links.behind("overdue", figures.period, age=age)))
        for age, number in figures.items.overdue.items()
    ]


def _overdue_bars(figures: Figures, links: Links) -> list[Bar]:
    most = max(figures.items.overdue.values(), default=0)
    return [Bar(name, cell.value or 0, most, cell) for name, cell in _overdue(figures, links)] if most else []


def _overdue_table(figures: Figures, links: Links) -> Table:
    rows = [Row(name, name, [cell]) for name, cell in _overdue(figures, links)]
    return Table("Overdue today for", [Column("Action items", "action items")], rows)
