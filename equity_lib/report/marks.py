"""One geometry for all bar charts: a row a level, its name, its mark and its label."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import matplotlib as mpl
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from equity_lib.report import fonts
from equity_lib.report.svg import COUNTED, INK, MISSING, MUTED, RULE

Look = Literal["counted", "missing", "total", "slot", "hidden", "bare", "break"]

#: Solid is counted, hatched is missing, hollow is a total; greys stand for what has no value.
LOOKS: dict[str, dict[str, Any]] = {
    "counted": {"facecolor": COUNTED, "linewidth": 0},
    "missing": {"edgecolor": MISSING, "hatch": "///", "hatch_linewidth": 2.5, "linewidth": 2},
    "total": {"edgecolor": INK, "linewidth": 2},
    "slot": {"edgecolor": MUTED, "hatch": "//", "hatch_linewidth": 0.75, "linestyle": (0, (4, 3))},
    "hidden": {"edgecolor": MUTED, "hatch": "xxx", "hatch_linewidth": 0.75},
}
_BASE: dict[str, Any] = {"facecolor": "none", "edgecolor": "none", "clip_on": False}
SLOT = 36.0  # px: one length for every row without a value, so that it can't be read as one


@dataclass(frozen=True)
class Row:
    """What one row shows; lengths in the unit of the measure, texts ready to print.

    Parameters
    ----------
    look
        A key of `LOOKS`, `bare` (no mark: zero, not applicable) or `break` (a gap with a note).
    start, length
        Where the bar starts and how long it is; 0 unless the row has a value.
    low, high
        The interval, drawn under the bar.
    """

    name: str
    look: Look
    label: str = ""
    share: str = ""
    start: float = 0.0
    length: float = 0.0
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Layout:
    """Widths and type sizes of one of the two drawings, in px."""

    width: float
    size: float
    small: float
    bar: float
    gap: float
    stacked: bool

    @property
    def line(self) -> float:
        """Distance of two lines of text; less than 1.4 and Thai tone marks collide."""
        return round(1.4 * self.size)


WIDE = Layout(width=720, size=16, small=14, bar=28, gap=18, stacked=False)
NARROW = Layout(width=328, size=15, small=13, bar=20, gap=20, stacked=True)
NAMES, LABELS, SPACE = 236.0, 132.0, 10.0  # px: columns of the wide drawing, and what parts them


@dataclass(frozen=True)
class _Place:
    """Where things stand: bars from `left` over `length`, a row every `pitch`, bar at `centre` in it."""

    names: tuple[tuple[str, ...], ...]
    left: float
    length: float
    pitch: float
    centre: float
    inline: bool = False


def picture(rows: Sequence[Row], layout: Layout) -> str:
    """The rows as matplotlib's SVG, not yet cleaned."""
    place = _stacked(rows, layout) if layout.stacked else _beside(rows, layout)
    height = place.pitch * len(rows) - layout.gap + 4
    figure = Figure(figsize=(layout.width / 72, height / 72), dpi=72, frameon=False)
    axes = figure.add_axes((place.left / layout.width, 0, place.length / layout.width, 1))
    scale = max((max(row.start + row.length, row.high or 0) for row in rows), default=0) or 1
    _bars(axes, rows, layout.bar / place.pitch, SLOT / place.length * scale)
    axes.set(xlim=(0, scale), ylim=((height - place.centre) / place.pitch, -place.centre / place.pitch))
    axes.set_axis_off()
    pen = _Pen(figure, layout, height)
    for index, row in enumerate(rows):
        bar = index * place.pitch + place.centre
        if row.look == "break":
            _break(pen, place, place.names[index], index)
            continue
        slot = SLOT if row.look in ("slot", "hidden") else 0
        end = place.left + slot + place.length * (row.start + row.length) / scale
        _texts(pen, place, row, place.names[index], (bar, end))
        if row.low is not None and row.high is not None:
            _interval(pen, bar, *(place.left + place.length * x / scale for x in (row.low, row.high)))
    _guides(pen, place, rows, scale)
    target = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "equity", "path.simplify": False}):
        figure.savefig(target, format="svg", metadata={"Date": None})
    return target.getvalue()


def _beside(rows: Sequence[Row], layout: Layout) -> _Place:
    """Wide: names left of the bars, labels right of their ends."""
    size = layout.size
    widest = max(fonts.width(row.name, size) for row in rows if row.look != "break")
    left = min(widest, NAMES) + SPACE
    label = max(max(fonts.width(row.label, size, 600), fonts.width(row.share, layout.small)) for row in rows)
    length = layout.width - left - max(LABELS, label + SPACE)
    names = tuple(
        fonts.wrap(row.name, layout.width - left, layout.small)
        if row.look == "break"
        else fonts.wrap(row.name, NAMES, size)
        for row in rows
    )
    lines = max(*map(len, names), 2 if any(row.share for row in rows) else 1)
    pitch = max(layout.bar, lines * layout.line) + layout.gap
    return _Place(names, left, length, pitch, (pitch - layout.gap) / 2 + 2)


def _stacked(rows: Sequence[Row], layout: Layout) -> _Place:
    """Narrow: name and label above the bar, on one line if that does for every row."""
    shown = [row for row in rows if row.look != "break"]
    room = layout.width - 2 * SPACE
    inline = all(fonts.width(row.name, layout.size) + _label_width(row, layout) <= room for row in shown)
    names = tuple(
        fonts.wrap(row.name, layout.width, layout.small if row.look == "break" else layout.size)
        for row in rows
    )
    lines = max(len(name) for name, row in zip(names, rows, strict=True) if row.look != "break")
    pitch = max((lines + (not inline)) * layout.line + layout.bar, max(map(len, names)) * layout.line)
    pitch += layout.gap
    return _Place(names, 1, layout.width - 2, pitch, pitch - layout.gap - layout.bar / 2, inline)


def _label_width(row: Row, layout: Layout) -> float:
    share = fonts.width(row.share, layout.small) + SPACE if row.share else 0
    return fonts.width(row.label, layout.size, 600) + share


def _bars(axes: Axes, rows: Sequence[Row], thickness: float, slot: float) -> None:
    """Bars by seaborn, each then moved to its start and given its look; slots of one length."""
    valued = {index: row for index, row in enumerate(rows) if row.length}
    data = pd.DataFrame({"length": [row.length for row in valued.values()], "row": list(valued)})
    if valued:
        order = range(len(rows))
        sns.barplot(
            data, x="length", y="row", order=order, orient="h", width=thickness, errorbar=None, ax=axes
        )
    for patch in [patch for patch in axes.patches if isinstance(patch, Rectangle)]:
        row = rows[round(patch.get_y() + patch.get_height() / 2)]
        patch.set(x=row.start, **_BASE | LOOKS[row.look])
    for index, row in enumerate(rows):
        if row.look in ("slot", "hidden"):
            corner = (0, index - thickness / 2)
            axes.add_patch(Rectangle(corner, slot, thickness, **_BASE | LOOKS[row.look]))


@dataclass(frozen=True)
class _Pen:
    """Writes and rules in px from the top left corner."""

    figure: Figure
    layout: Layout
    height: float

    def write(self, x: float, y: float, text: str, small: bool = False, **style: Any) -> None:
        """Text with its baseline at y."""
        size = self.layout.small if small else self.layout.size
        style = {"color": MUTED if small else INK, "weight": 400, **style}
        face = fonts.face(size, style.pop("weight"))
        place = (x / self.layout.width, 1 - y / self.height)
        self.figure.text(
            *place, fonts.plain(text), fontproperties=face, parse_math=False, va="baseline", **style
        )

    def rule(self, x: tuple[float, float], y: tuple[float, float], **style: Any) -> None:
        """A straight line between two points."""
        across = [value / self.layout.width for value in x]
        down = [1 - value / self.height for value in y]
        self.figure.add_artist(Line2D(across, down, **{"color": RULE, "linewidth": 1, **style}))


def _texts(pen: _Pen, place: _Place, row: Row, name: tuple[str, ...], at: tuple[float, float]) -> None:
    """Name and label of a row whose bar has its centre and its end `at`."""
    layout, (bar, end) = pen.layout, at
    if layout.stacked:
        top = bar - layout.bar / 2 - 7
        lines = len(name) - 1 + (not place.inline)
        for index, text in enumerate(name):
            pen.write(0, top - (lines - index) * layout.line, text)
        if place.inline:
            share = fonts.width(row.share, layout.small) + SPACE if row.share else 0
            pen.write(layout.width - share, top, row.label, weight=600, ha="right")
            pen.write(layout.width, top, row.share, small=True, ha="right")
        else:
            pen.write(0, top, row.label, weight=600)
            pen.write(fonts.width(row.label, layout.size, 600) + SPACE, top, row.share, small=True)
        return
    base = bar + 0.34 * layout.size
    for index, text in enumerate(name):
        pen.write(0, base + (index - (len(name) - 1) / 2) * layout.line, text)
    half = layout.line / 2 if row.share else 0
    pen.write(end + SPACE, base - half, row.label, weight=600)
    pen.write(end + SPACE, base + half, row.share, small=True)


def _break(pen: _Pen, place: _Place, note: tuple[str, ...], index: int) -> None:
    """A break in series: a dashed line and its note, where a bar would stand."""
    layout = pen.layout
    free = place.pitch - layout.gap / 2 - len(note) * layout.line
    line = index * place.pitch + free / 2 - layout.gap / 4
    pen.rule((0, layout.width), (line, line), linestyle=(0, (6, 4)), color=MUTED)
    for number, text in enumerate(note, start=1):
        pen.write(0 if layout.stacked else place.left, line + number * layout.line, text, small=True)


def _interval(pen: _Pen, bar: float, low: float, high: float) -> None:
    y = bar + pen.layout.bar / 2 + 6
    pen.rule((low, high), (y, y), color=INK, linewidth=1.5)
    for x in (low, high):
        pen.rule((x, x), (y - 3, y + 3), color=INK, linewidth=1.5)


def _guides(pen: _Pen, place: _Place, rows: Sequence[Row], scale: float) -> None:
    """The zero line, and what carries one part on to the next; narrow rows have text in the way."""
    half, bars = pen.layout.bar / 2, [index * place.pitch + place.centre for index in range(len(rows))]
    if pen.layout.stacked:
        for bar, row in zip(bars, rows, strict=True):
            if row.look == "bare":
                pen.rule((place.left, place.left), (bar - half, bar + half), color=MUTED)
            elif row.start:
                pen.rule((place.left, place.left + place.length * row.start / scale), (bar, bar))
        return
    for first, last in _runs(rows):
        pen.rule((place.left, place.left), (bars[first] - half - 4, bars[last] + half + 4), color=MUTED)
    for index, (above, below) in enumerate(pairwise(rows)):
        if above.start or below.start:
            for edge in _edges(above, scale) & _edges(below, scale) - {0}:
                x = place.left + place.length * edge
                pen.rule((x, x), (bars[index] + half, bars[index + 1] - half))


def _edges(row: Row, scale: float) -> set[float]:
    """Both ends of a bar as shares of the scale, so rounded that equal ends are found equal."""
    return {round(row.start / scale, 6), round((row.start + row.length) / scale, 6)}


def _runs(rows: Sequence[Row]) -> Iterator[tuple[int, int]]:
    """First and last index of each run of rows without a break."""
    first = 0
    for index, row in enumerate([*rows, Row("", "break")]):
        if row.look == "break":
            yield first, index - 1
            first = index + 1
