"""Numbers to the geometry of small SVG charts. Pure: no queries, no HTML, no colours.

What a chart says is never in colour alone: a series is told apart by its pattern, its dashes or its marks, and each
chart has a table beside it. The templates in ``templates/postmortems/charts/`` draw what is returned here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import groupby

WIDTH, HEIGHT = 400, 180
TOP, BOTTOM, RIGHT = 12.0, 156.0, 392.0
LETTER = 6.4  # px that a letter of an axis takes at most
MOST_INTERVALS = 4
SHAPES = ("1", "2", "3", "4")  # the levels of severity that have a sign
FILL = 0.62  # of its slot that a column takes

#: How an axis says a value.
Words = Callable[[float], str]

MINUTE, HOUR, DAY = 60, 3600, 86400
#: Steps of an axis of seconds; beyond the last, multiples of it.
TIME_STEPS = (
    *(MINUTE * n for n in (1, 2, 5, 10, 15, 30)),
    *(HOUR * n for n in (1, 2, 4, 8, 12)),
    *(DAY * n for n in (1, 2, 5, 10, 20, 50)),
)


@dataclass(frozen=True, slots=True)
class Series:
    """Values of one name, one for each label of the axis; None where there is none. ``fill`` names its pattern."""

    name: str
    values: Sequence[float | None]
    fill: str = ""

    def at(self, index: int) -> float:
        return self.values[index] or 0.0


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across the plot, and the value that it stands for, in words that end at ``x``."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Label:
    x: float
    text: str


@dataclass(frozen=True, slots=True)
class Point:
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Line:
    """A series as a line: a stretch of "x y x y …" for each run of values without a gap, and a mark for each value."""

    fill: str
    stretches: list[str]
    marks: list[Point]


@dataclass(frozen=True, slots=True)
class Box:
    """A part of a column, or one sign of many: ``fill`` is that of its series."""

    x: float
    y: float
    width: float
    height: float
    fill: str


@dataclass(frozen=True, slots=True)
class Plot:
    """A chart in a box of WIDTH by HEIGHT. ``ticks`` are short level marks across a column's slot."""

    left: float
    rules: list[Rule]
    labels: list[Label]
    lines: list[Line] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    signs: list[Box] = field(default_factory=list)
    ticks: list[Box] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where things go: the axes of one plot."""

    left: float
    slots: int
    top: float

    @property
    def slot(self) -> float:
        return (RIGHT - self.left) / max(self.slots, 1)

    def x(self, index: int) -> float:
        """The middle of a slot."""
        return self.left + self.slot * (index + 0.5)

    def y(self, value: float) -> float:
        return BOTTOM - (BOTTOM - TOP) * value / self.top


def lines(labels: Sequence[str], series: Sequence[Series], words: Words) -> Plot:
    """Lines over seconds. ``words`` says a number of seconds on the axis."""
    step, top = time_scale(max((v for s in series for v in s.values if v is not None), default=0))
    frame, rules = _framed(len(labels), step, top, words)
    return Plot(frame.left, rules, _labels(frame, labels), lines=[_line(frame, each) for each in series])


def columns(labels: Sequence[str], stacks: Sequence[Series], ticks: Series | None = None) -> Plot:
    """Columns of counts, the first of ``stacks`` at the bottom; ``ticks`` marks another count across each."""
    heights = [sum(each.at(i) for each in stacks) for i in range(len(labels))]
    most = max([*heights, *(ticks.at(i) for i in range(len(labels)) if ticks)], default=0)
    frame, rules = _framed(len(labels), *count_scale(most), _count)
    return Plot(
        frame.left,
        rules,
        _labels(frame, labels),
        boxes=[box for i in range(len(labels)) for box in _column(frame, stacks, i)],
        ticks=_ticks(frame, ticks) if ticks else [],
    )


def signs(labels: Sequence[str], stacks: Sequence[Series], size: float = 16) -> Plot:
    """Like ``columns``, with one sign for each that is counted: for few of them, in few columns."""
    heights = [sum(each.at(i) for each in stacks) for i in range(len(labels))]
    frame, rules = _framed(len(labels), *count_scale(max(heights, default=0)), _count)
    placed = [sign for i in range(len(labels)) for sign in _pile(frame, stacks, i, size)]
    return Plot(frame.left, rules, _labels(frame, labels), signs=placed)


def fits_signs(labels: Sequence[str], stacks: Sequence[Series]) -> bool:
    """Whether there is room for a sign each, and a shape for each level."""
    if any(series.fill not in SHAPES for series in stacks):
        return False
    tallest = max((sum(each.at(i) for each in stacks) for i in range(len(labels))), default=0)
    return len(labels) <= 20 and tallest <= 8


def per_cent(part: float, whole: float) -> int:
    """``part`` of ``whole``, rounded, where only all is 100 and only nothing is 0; 0 of nothing."""
    if not whole or not part:
        return 0
    return 100 if part >= whole else min(max(round(100 * part / whole), 1), 99)


def time_scale(most: float) -> tuple[float, float]:
    """The step of an axis of seconds up to ``most``, and where it ends."""
    longest = TIME_STEPS[-1]
    wide = [step for step in TIME_STEPS if step * MOST_INTERVALS >= most]
    step = wide[0] if wide else longest * -(-most // (longest * MOST_INTERVALS))
    return step, step * max(1, -(-most // step))


def count_scale(most: float) -> tuple[float, float]:
    """The step of an axis of whole numbers up to ``most``, and where it ends."""
    size = 1
    while size * 5 * MOST_INTERVALS < most:
        size *= 10
    step = next(size * n for n in (1, 2, 5) if size * n * MOST_INTERVALS >= most)
    return step, step * max(1, -(-most // step))


def _count(value: float) -> str:
    return f"{value:,.0f}"


def _framed(slots: int, step: float, top: float, words: Words) -> tuple[_Frame, list[Rule]]:
    values = [step * n for n in range(round(top / step) + 1)]
    said = [words(value) for value in values]
    frame = _Frame(_r(12 + LETTER * max(map(len, said))), slots, top)
    return frame, [
        Rule(_r(frame.left - 6), _r(frame.y(value)), text) for value, text in zip(values, said, strict=True)
    ]


def _labels(frame: _Frame, labels: Sequence[str]) -> list[Label]:
    """As many as there is room for, at even distances, the last one always among them."""
    widest = LETTER * max(map(len, labels), default=0) + 10
    every = max(1, -(-widest // frame.slot)) if labels else 1
    last = len(labels) - 1
    return [Label(_r(frame.x(i)), text) for i, text in enumerate(labels) if (last - i) % every == 0]


def _line(frame: _Frame, series: Series) -> Line:
    points = [
        (Point(_r(frame.x(i)), _r(frame.y(v))) if v is not None else None)
        for i, v in enumerate(series.values)
    ]
    runs = [list(run) for there, run in groupby(points, key=lambda point: point is not None) if there]
    return Line(
        series.fill,
        [" ".join(f"{p.x} {p.y}" for p in run if p) for run in runs if len(run) > 1],
        [p for p in points if p],
    )


def _column(frame: _Frame, stacks: Sequence[Series], index: int) -> list[Box]:
    width, below, boxes = frame.slot * FILL, 0.0, []
    for series in stacks:
        if value := series.at(index):
            y = frame.y(below + value)
            x = frame.x(index) - width / 2
            boxes.append(Box(_r(x), _r(y), _r(width), _r(frame.y(below) - y), series.fill))
            below += value
    return boxes


def _pile(frame: _Frame, stacks: Sequence[Series], index: int, size: float) -> list[Box]:
    fills = [series.fill for series in stacks for _ in range(int(series.at(index)))]
    unit = BOTTOM - frame.y(1)
    size = min(size, unit, frame.slot)
    x = frame.x(index) - size / 2
    return [
        Box(_r(x), _r(frame.y(n + 0.5) - size / 2), _r(size), _r(size), fill) for n, fill in enumerate(fills)
    ]


def _ticks(frame: _Frame, series: Series) -> list[Box]:
    width = frame.slot * min(FILL + 0.2, 1)
    return [
        Box(_r(frame.x(i) - width / 2), _r(frame.y(value)), _r(width), 0, series.fill)
        for i, value in enumerate(series.values)
        if value is not None
    ]


def _r(number: float) -> float:
    return round(number, 1)
