"""What the panels call their months, weeks and levels."""

from incidents.templatetags.clocks import severity_label
from postmortems.insights.figures import Figures
from postmortems.insights.period import Stretch

SIGNS = 4  # levels that have a sign and a colour
FILLS = 5  # patterns of levels; lower ones share the last


def months(figures: Figures) -> list[Stretch]:
    return figures.period.months


def month_names(figures: Figures) -> list[str]:
    """As "Sep"; with the year where the period knows two."""
    found = months(figures)
    several = found[0].first.year != found[-1].first.year
    return [f"{month.first:%b %y}" if several else f"{month.first:%b}" for month in found]


def week_names(figures: Figures) -> list[str]:
    return [week.short for week in figures.period.weeks]


def level_name(figures: Figures, level: int) -> str:
    """As short as it stands beside a sign: "SEV2", "Critical"."""
    return severity_label(figures.levels.get(level, f"Level {level}"))


def fill_of(level: int) -> str:
    return str(min(level, FILLS))


def incidents_in_words(number: int) -> str:
    return f"{number:,} incident{'' if number == 1 else 's'}"
