"""How long it took: medians and 90th percentiles by month and severity."""

from dataclasses import dataclass

from incidents.spans import in_words
from postmortems import charts
from postmortems.insights.figures import Figures, Spread
from postmortems.insights.links import Links
from postmortems.insights.panels.axes import incidents_in_words, level_name, month_names, months
from postmortems.insights.tables import ALL, Bar, Cell, Column, Key, Panel, Row, Table, count, span

COLUMNS = (Column("Incidents", "incidents"), Column("Median", "seconds"), Column("90%", "seconds"))
LEGEND = (Key("Median", line="solid"), Key("90% took at most this long", line="dashed"))
TITLES = {
    "acknowledge": ("Time to acknowledge", "From declaring"),
    "mitigate": ("Time to mitigate", "From when it began"),
    "resolve": ("Time to resolve", "From when it began"),
}


def times(figures: Figures, links: Links) -> list[Panel]:
    """One panel for each time."""
    return [_Time(figures, links, name).panel() for name in TITLES]


@dataclass(frozen=True, slots=True)
class _Time:
    figures: Figures
    links: Links
    name: str

    def panel(self) -> Panel:
        title, about = TITLES[self.name]
        all_of_them = self._of()
        if not all_of_them.count:
            return Panel(self.name, title, about, Cell(None, "–"), "No incident of these days has got there.")
        return Panel(
            id=self.name,
            title=title,
            about=about,
            reading=span(all_of_them.median, self._link()),
            rest=self._rest(all_of_them),
            label=f"{title} by month: median and 90th percentile",
            plot=self._plot(),
            caption="By severity: the median; the mark is where 90% are",
            bars=self._bars(),
            legend=LEGEND,
            tables=[self._by_month(), self._by_level(), self._by_both()],
        )

    def _of(self, month: int | None = None, level: int | None = None) -> Spread:
        return self.figures.times.spread(self.name, month, level)

    def _link(self, month: int | None = None, level: int | None = None) -> str:
        stretch = self.figures.period if month is None else months(self.figures)[month]
        return self.links.behind(self.name, stretch, severity=level)

    def _rest(self, spread: Spread) -> str:
        """What stands behind the median."""
        said = f"in the median of {incidents_in_words(spread.count)}; 90% took at most {in_words(spread.ninth or 0)}."
        before = self.figures.before.spread(self.name)
        days = self.figures.period.days
        then = f"{in_words(before.median)} in" if before.median is not None else "Nothing to compare with in"
        return f"{said} {then[:1].upper()}{then[1:]} the {days} days before."

    def _plot(self) -> charts.Plot:
        spreads = [self._of(month) for month in range(len(months(self.figures)))]
        both = [
            charts.Series("90%", [spread.ninth for spread in spreads], "dashed"),
            charts.Series("Median", [spread.median for spread in spreads], "solid"),
        ]
        return charts.lines(month_names(self.figures), both, in_words)

    def _bars(self) -> list[Bar]:
        found = {level: self._of(level=level) for level in self.figures.levels}
        most = max((spread.ninth or 0 for spread in found.values()), default=0)
        return [
            Bar(
                level_name(self.figures, level),
                spread.median or 0,
                most,
                span(spread.median, self._link(level=level)),
                f"· 90% {in_words(spread.ninth or 0)}",
                level=level,
                mark=spread.ninth,
            )
            for level, spread in found.items()
            if spread.count
        ]

    def _by_month(self) -> Table:
        named = enumerate(zip(months(self.figures), month_names(self.figures), strict=True))
        rows = [Row(month.first.isoformat()[:7], name, self._cells(n)) for n, (month, name) in named]
        return Table("Month", COLUMNS, rows)

    def _by_level(self) -> Table:
        levels = self.figures.levels
        rows = [
            Row(levels[level], level_name(self.figures, level), self._cells(level=level), level)
            for level in levels
        ]
        return Table("Severity", COLUMNS, [*rows, Row(ALL, ALL, self._cells())])

    def _by_both(self) -> Table:
        names = month_names(self.figures)
        rows = [
            Row(
                f"{stretch.first.isoformat()[:7]} {self.figures.levels[level]}",
                f"{names[month]}, {level_name(self.figures, level)}",
                self._cells(month, level),
                level,
            )
            for month, stretch in enumerate(months(self.figures))
            for level in self.figures.levels
            if self._of(month, level).count
        ]
        return Table("Month and severity", COLUMNS, rows)

    def _cells(self, month: int | None = None, level: int | None = None) -> list[Cell]:
        spread = self._of(month, level)
        return [count(spread.count, self._link(month, level)), span(spread.median), span(spread.ninth)]
