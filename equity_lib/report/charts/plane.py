"""Two axes: round ticks, horizontal words, and what all charts on them share."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from equity_lib.report import fonts
from equity_lib.report.charts.canvas import ABSENT, HIDDEN, SPACE, Canvas, Layout
from equity_lib.report.charts.reading import Point, Words, tick
from equity_lib.report.svg import COUNTED, INK, MUTED, RULE, SECOND

#: How up to five series are told apart: by the line first, by colour only besides.
STYLES: tuple[dict[str, Any], ...] = (
    {"color": COUNTED, "linestyle": "-", "linewidth": 2.5},
    {"color": SECOND, "linestyle": (0, (6, 3)), "linewidth": 2.5},
    {"color": INK, "linestyle": (0, (1.5, 2.5)), "linewidth": 2.5},
    {"color": COUNTED, "linestyle": (0, (8, 3, 1.5, 3)), "linewidth": 2},
    {"color": SECOND, "linestyle": (0, (2.5, 2.5)), "linewidth": 1.5},
)
STRIP = 40.0  # px: for the marks of what has no value
SAMPLE = 34.0  # px: a line in a key


@dataclass(frozen=True)
class Axis:
    """One axis: its name, its range and its ticks with their labels."""

    title: str
    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]


def axis(title: str, values: Sequence[float], words: Words) -> Axis:
    """An axis from its first to its last tick."""
    return Axis(title, values[0], values[-1], tuple((value, tick(value, words)) for value in values))


@dataclass(frozen=True)
class Plane:
    """Where a value lies on the paper.

    Parameters
    ----------
    box
        Left, top, right and bottom in px.
    strip
        Height of the strip under the lowest value where marks of what has no value stand.
    """

    canvas: Canvas
    box: tuple[float, float, float, float]
    across: Axis
    up: Axis
    strip: float = 0.0

    def x(self, value: float) -> float:
        """Position across."""
        left, _, right, _ = self.box
        return left + (right - left) * (value - self.across.low) / (self.across.high - self.across.low)

    def y(self, value: float) -> float:
        """Position from the top."""
        _, top, _, bottom = self.box
        bottom -= self.strip
        return bottom - (bottom - top) * (value - self.up.low) / (self.up.high - self.up.low)

    def interval(self, x: float, ends: tuple[float, float]) -> None:
        """An upright interval at a place across (in px)."""
        low, high = map(self.y, ends)
        self.canvas.whisker((low, high), x, upright=True)

    def absent(self, x: float, point: Point) -> None:
        """The mark of a cell without a value, in the strip: all alike, whatever the cell holds."""
        bottom = self.box[3]
        look = {"suppressed": HIDDEN, "not_applicable": None}.get(point.status, ABSENT)
        if look is not None:
            self.canvas.box(x - 5, bottom - 14, 10, 14, **look)
        self.canvas.write(x, bottom - 18, point.label, small=True, ha="center")


def plane(
    layout: Layout,
    height: float,
    across: Axis,
    up: Axis,
    *,
    head: float = 0,
    lead: float = 0,
    right: float = 0,
    foot: float = 0,
    absent: bool = False,
) -> Plane:
    """A canvas with two axes drawn.

    Parameters
    ----------
    height
        Of the plot itself, in px.
    head, lead, right, foot
        Room above the axis' name, under it, beside and beneath for what the chart writes there.
    absent
        Whether some cells have no value: their marks get a strip of their own.
    """
    names = fonts.wrap(up.title, layout.width, layout.small)
    marks = max(fonts.width(label, layout.small) for _, label in up.ticks)
    top = head + len(names) * layout.small_line + 10 + lead
    ends = fonts.width(across.ticks[-1][1], layout.small) / 2
    strip = STRIP if absent else 0.0
    box = (marks + 8, top, layout.width - max(right, ends, 6), top + height + strip)
    title = fonts.wrap(across.title, box[2], layout.small)
    total = box[3] + 8 + (1 + len(title)) * layout.small_line + foot
    made = Plane(Canvas(layout, total), box, across, up, strip)
    canvas = made.canvas
    canvas.lines(0, head + layout.small, names, small=True)
    for value, label in up.ticks:
        y = made.y(value)
        canvas.rule((box[0], box[2]), (y, y), color=RULE, linewidth=0.5, alpha=0.6)
        canvas.write(box[0] - 8, y + 0.34 * layout.small, label, small=True, ha="right")
    canvas.rule((box[0], box[2]), (box[3], box[3]), color=MUTED)
    for value, label in across.ticks:
        x = made.x(value)
        canvas.rule((x, x), (box[3], box[3] + 5), color=MUTED)
        canvas.write(x, box[3] + 8 + layout.small, label, small=True, ha="center")
    base = box[3] + 8 + layout.small_line + layout.small
    canvas.lines(box[2], base, title, small=True, ha="right")
    return made


def beneath(layout: Layout, texts: Sequence[str]) -> list[str]:
    """Notes as lines of small text."""
    return [line for text in texts for line in fonts.wrap(text, layout.width, layout.small)]


def room(layout: Layout, lines: Sequence[str]) -> float:
    """What lines of small text need at the foot, in px."""
    return len(lines) * layout.small_line + 10 if lines else 0


def note(canvas: Canvas, lines: Sequence[str]) -> None:
    """Lines of small text at the foot."""
    start = canvas.height - len(lines) * canvas.layout.small_line
    canvas.lines(0, start + canvas.layout.small - 2, lines, small=True)


def thinned(marks: Sequence[tuple[float, str]], length: float, size: float) -> tuple[tuple[float, str], ...]:
    """Every n-th tick, so that labels along `length` px stay apart; the first one always."""
    if len(marks) < 2:
        return tuple(marks)
    span = marks[-1][0] - marks[0][0]
    for step in range(1, len(marks) + 1):
        kept = marks[::step]
        gaps = [
            (after[0] - before[0]) / span * length
            - (fonts.width(before[1], size) + fonts.width(after[1], size)) / 2
            for before, after in pairwise(kept)
        ]
        if all(gap >= SPACE for gap in gaps):
            return tuple(kept)
    return tuple(marks[:1])


def apart(marks: Sequence[tuple[float, str]], length: float, size: float) -> tuple[tuple[float, str], ...]:
    """The first and the last tick, and of those between as many as stand apart along `length` px."""
    if len(marks) < 3:
        return tuple(marks)
    scale = length / (marks[-1][0] - marks[0][0])

    def clear(before: tuple[float, str], after: tuple[float, str]) -> bool:
        words = (fonts.width(before[1], size) + fonts.width(after[1], size)) / 2
        return (after[0] - before[0]) * scale - words >= SPACE

    kept = [marks[0]]
    for mark in marks[1:-1]:
        if clear(kept[-1], mark) and clear(mark, marks[-1]):
            kept.append(mark)
    return (*kept, marks[-1])


def spread(places: Sequence[float], gaps: Sequence[float], low: float, high: float) -> list[float]:
    """Heights of labels, moved as little as needed so that none lies on another.

    Parameters
    ----------
    places
        Where each would stand, in px from the top.
    gaps
        Height of each label.
    low, high
        Between what they stand.
    """
    order = sorted(range(len(places)), key=lambda index: (places[index], index))
    made, edge = list(places), low
    for index in order:
        made[index] = max(places[index], edge + gaps[index] / 2)
        edge = made[index] + gaps[index] / 2
    edge = high
    for index in reversed(order):
        made[index] = min(made[index], edge - gaps[index] / 2)
        edge = made[index] - gaps[index] / 2
    return made


def key(canvas: Canvas, names: Sequence[tuple[str, ...]], top: float) -> None:
    """A key of line samples, a name a line: where the curves have no room for names beside them."""
    layout, y = canvas.layout, top
    for lines, style in zip(names, STYLES, strict=False):
        canvas.rule((0, SAMPLE - 6), (y + layout.small * 0.66,) * 2, **style)
        canvas.lines(SAMPLE, y + layout.small, lines, small=True, color=INK)
        y += len(lines) * layout.small_line + 2
