"""Figures as the panels of a page: each with a reading, a chart, and tables whose cells lead to what is behind them."""

from postmortems.insights.figures import Figures
from postmortems.insights.links import Links
from postmortems.insights.panels.counts import causes, incidents, services
from postmortems.insights.panels.promises import documents, items, updates
from postmortems.insights.panels.times import times
from postmortems.insights.tables import Panel


def panels(figures: Figures, links: Links) -> list[Panel]:
    """All panels, in the order of the page."""
    return [
        *times(figures, links),
        incidents(figures, links),
        services(figures, links),
        causes(figures, links),
        updates(figures, links),
        documents(figures, links),
        items(figures, links),
    ]
