"""Numbers become geometry: what is twice as much is twice as high, and nothing leaves the plot."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.spans import in_words
from postmortems.charts import (
    BOTTOM,
    DAY,
    HEIGHT,
    HOUR,
    MINUTE,
    RIGHT,
    TOP,
    WIDTH,
    Plot,
    Series,
    columns,
    count_scale,
    fits_signs,
    lines,
    per_cent,
    signs,
    time_scale,
)

WEEKS = ["24 Aug", "31 Aug", "7 Sep", "14 Sep"]
COUNTS = st.lists(st.one_of(st.none(), st.integers(0, 10**7)), max_size=60)


@pytest.mark.parametrize(
    ("most", "step", "top"),
    [(0, 1, 1), (1, 1, 1), (4, 1, 4), (5, 2, 6), (8, 2, 8), (17, 5, 20), (41, 20, 60), (1000, 500, 1000)],
)
def test_axis_of_counts_has_few_round_steps(most, step, top):
    assert count_scale(most) == (step, top)


@pytest.mark.parametrize(
    ("most", "step", "top"),
    [
        (0, MINUTE, MINUTE),
        (95, MINUTE, 2 * MINUTE),
        (7 * MINUTE, 2 * MINUTE, 8 * MINUTE),
        (96 * MINUTE, 30 * MINUTE, 2 * HOUR),
        (9 * HOUR, 4 * HOUR, 12 * HOUR),
        (100 * DAY, 50 * DAY, 100 * DAY),
        (999 * DAY, 250 * DAY, 1000 * DAY),
    ],
)
def test_axis_of_times_has_steps_as_clocks_have(most, step, top):
    assert time_scale(most) == (step, top)


def test_columns_stand_on_each_other_and_are_as_high_as_what_they_count():
    plot = columns(WEEKS, [Series("Done", [3, 0, 1, None], "full"), Series("Dropped", [1, 4, 0, 0], "hatch")])
    done, dropped = plot.boxes[0], plot.boxes[1]
    unit = (BOTTOM - TOP) / 4
    assert (done.height, dropped.height) == (3 * unit, unit)
    assert done.y + done.height == BOTTOM
    assert dropped.y + dropped.height == done.y
    assert [box.fill for box in plot.boxes] == ["full", "hatch", "hatch", "full"]
    assert [rule.text for rule in plot.rules] == ["0", "1", "2", "3", "4"]


def test_ticks_lie_level_with_their_value_and_raise_the_axis():
    plot = columns(WEEKS, [Series("Closed", [1, 1, 1, 1])], ticks=Series("Opened", [8, 4, 0, None]))
    assert [tick.y for tick in plot.ticks] == [TOP, (TOP + BOTTOM) / 2, BOTTOM]
    box = plot.boxes[0]
    assert plot.ticks[0].x < box.x
    assert plot.ticks[0].x + plot.ticks[0].width > box.x + box.width


def test_line_breaks_where_nothing_was_measured():
    plot = lines(WEEKS, [Series("Median", [60.0, 120.0, None, 240.0], "solid")], in_words)
    assert len(plot.lines[0].stretches) == 1
    assert len(plot.lines[0].marks) == 3
    assert plot.lines[0].marks[2].y == TOP
    assert [rule.text for rule in plot.rules] == ["0 s", "1 min", "2 min", "3 min", "4 min"]


def test_signs_are_one_each_of_the_right_kind():
    plot = signs(WEEKS, [Series("SEV4", [1, 0, 2, 0], "4"), Series("SEV1", [1, 0, 0, 0], "1")])
    assert [sign.fill for sign in plot.signs] == ["4", "1", "4", "4"]
    first, second = plot.signs[:2]
    assert second.y + second.height <= first.y + 0.1


def test_signs_are_for_few():
    assert fits_signs(WEEKS, [Series("SEV4", [8, 0, 0, 0], "4")])
    assert not fits_signs(WEEKS, [Series("SEV4", [8, 0, 0, 0], "4"), Series("SEV1", [1, 0, 0, 0], "1")])
    assert not fits_signs(WEEKS * 6, [Series("SEV4", [0] * 24, "4")])
    assert not fits_signs(WEEKS, [Series("SEV5", [1, 0, 0, 0], "5")])


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [(0, 0, 0), (0, 9, 0), (9, 9, 100), (1, 3, 33), (999, 1000, 99), (1, 1000, 1)],
)
def test_per_cent_says_all_only_of_all_and_none_only_of_none(part, whole, said):
    assert per_cent(part, whole) == said


@given(COUNTS, COUNTS)
def test_nothing_leaves_the_plot(stack: list[int | None], other: list[int | None]) -> None:
    size = min(len(stack), len(other))
    labels = [f"week {n}" for n in range(size)]
    series = [Series("a", stack[:size]), Series("b", other[:size])]
    for plot in (columns(labels, series, ticks=series[0]), lines(labels, series, in_words)):
        assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in _corners(plot))
        gaps = [b.x - a.x for a, b in pairwise(plot.labels)]
        assert not gaps or min(gaps) >= 40


def _corners(plot: Plot) -> list[tuple[float, float]]:
    boxes = [(b.x + w, b.y + h) for b in plot.boxes + plot.ticks for w in (0, b.width) for h in (0, b.height)]
    marks = [(mark.x, mark.y) for line in plot.lines for mark in line.marks]
    return boxes + marks + [(plot.left, rule.y) for rule in plot.rules] + [(RIGHT, 0)]
