"""How many there were: incidents by week and severity, by service, by cause."""

from postmortems import charts
from postmortems.insights.figures import Figures, Group
from postmortems.insights.links import Links
from postmortems.insights.panels.axes import SIGNS, fill_of, incidents_in_words, level_name, week_names
from postmortems.insights.tables import Bar, Cell, Column, Key, Panel, Row, Table, count, span

MOST_BARS = 8
GROUP_COLUMNS = (Column("Incidents", "incidents"), Column("Median to resolve", "seconds"))


def incidents(figures: Figures, links: Links) -> Panel:
    """By week and severity, the most severe on top."""
    total, weeks = figures.total, len(figures.period.weeks)
    if not total:
        return Panel(
            "incidents", "Incidents by week", "By severity", count(0), "None was declared in these days."
        )
    a_week = total * 7 / figures.period.days
    stacks = [
        charts.Series(name, [figures.weeks.get((week, level)) for week in range(weeks)], fill_of(level))
        for level, name in sorted(_names(figures).items(), reverse=True)
    ]
    signs = charts.fits_signs(week_names(figures), stacks)
    draw = charts.signs if signs else charts.columns
    return Panel(
        id="incidents",
        title="Incidents by week",
        about="One sign each" if signs else "By severity",
        reading=count(total, links.behind("incidents", figures.period)),
        rest=f"incident{'' if total == 1 else 's'}, {a_week:.1f} a week.",
        label="Incidents by week and severity",
        plot=draw(week_names(figures), stacks),
        legend=[_key(level, name, signs) for level, name in _names(figures).items()],
        tables=[_weeks_table(figures, links)],
    )


def _names(figures: Figures) -> dict[int, str]:
    return {level: level_name(figures, level) for level in figures.levels}


def _key(level: int, name: str, signs: bool) -> Key:
    return Key(name, level=level) if signs and level <= SIGNS else Key(name, fill=fill_of(level))


def _weeks_table(figures: Figures, links: Links) -> Table:
    names = _names(figures)
    columns = [*(Column(name, "incidents") for name in names.values()), Column("All", "incidents")]
    rows = []
    for n, week in enumerate(figures.period.weeks):
        found = {level: figures.weeks.get((n, level), 0) for level in names}
        cells = [
            count(number, links.behind("incidents", week, severity=level)) for level, number in found.items()
        ]
        total = count(sum(found.values()), links.behind("incidents", week))
        rows.append(Row(week.first.isoformat(), week.short, [*cells, total]))
    return Table("Week from", columns, rows)


def services(figures: Figures, links: Links) -> Panel:
    """An incident of two services counts for both."""
    return _groups(figures, links, "service", "Services", "What broke most often", "No service was named")


def causes(figures: Figures, links: Links) -> Panel:
    """By the containment branch that was chosen and stands."""
    return _groups(figures, links, "cause", "Causes", "By containment branch", "No cause was chosen")


def _groups(figures: Figures, links: Links, by: str, title: str, about: str, none: str) -> Panel:
    groups = figures.services if by == "service" else figures.causes
    named = [group for group in groups if group.key]
    if not named:
        return Panel(f"{by}s", title, about, Cell(None, "–"), f"{none} in these days.")
    first = named[0]
    return Panel(
        id=f"{by}s",
        title=title,
        about=about,
        reading=Cell(None, first.name, links.of_group("incidents", by, first, figures.period)),
        rest=f"{incidents_in_words(first.count)} of {figures.total:,}.",
        caption="Incidents, and the median time to resolve them",
        bars=_bars(figures, links, by, groups, none),
        tables=[
            Table(title[:-1], GROUP_COLUMNS, [_row(figures, links, by, group, none) for group in groups])
        ],
    )


def _bars(figures: Figures, links: Links, by: str, groups: list[Group], none: str) -> list[Bar]:
    shown = [group for group in groups if group.key][:MOST_BARS] + [
        group for group in groups if not group.key
    ]
    most = max(group.count for group in shown)
    return [
        Bar(
            group.name or none,
            group.count,
            most,
            count(group.count, links.of_group("incidents", by, group, figures.period)),
            f"· {span(group.resolve.median).text}" if group.resolve.count else "",
        )
        for group in shown
    ]


def _row(figures: Figures, links: Links, by: str, group: Group, none: str) -> Row:
    cells = [
        count(group.count, links.of_group("incidents", by, group, figures.period)),
        span(group.resolve.median, links.of_group("resolve", by, group, figures.period)),
    ]
    return Row(group.name or none, group.name or none, cells)
