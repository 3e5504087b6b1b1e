"""One geometry for all bar charts: a row a level, its name, its mark and its label."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import Any, Literal

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from equity_lib.report import fonts
from equity_lib.report.charts.canvas import ABSENT, DASHED, HIDDEN, SLOT, SPACE, Canvas, Layout
from equity_lib.report.svg import COUNTED, INK, MISSING, MUTED

Look = Literal["counted", "missing", "total", "slot", "hidden", "bare", "break", "heading"]

#: Solid is counted, hatched is missing, hollow is a total; greys stand for what has no value.
LOOKS: dict[str, dict[str, Any]] = {
    "counted": {"facecolor": COUNTED, "linewidth": 0},
    "missing": {"edgecolor": MISSING, "hatch": "///", "hatch_linewidth": 2.5, "linewidth": 2},
    "total": {"edgecolor": INK, "linewidth": 2},
    "slot": ABSENT,
    "hidden": HIDDEN,
}
#: Looks of a row that is words only.
_WORDS = ("break", "heading")
MANY = 12  # rows; more are drawn closer together
NAMES, LABELS = 236.0, 132.0  # px: columns of the wide drawing


@dataclass(frozen=True)
class Row:
    """What one row shows; lengths in the unit of the measure, texts ready to print.

    Parameters
    ----------
    look
        A key of `LOOKS`, `bare` (no mark: zero, not applicable), `break` (a gap with a note) or
        `heading` (the name of the rows beneath).
    start, length
        Where the bar starts and how long it is; 0 unless the row has a value.
    low, high
        The interval, drawn over the bar.
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
class _Place:
    """Where things stand: bars from `left` over `length`, the middle of each row's bar, tops of rows."""

    names: tuple[tuple[str, ...], ...]
    left: float
    length: float
    pitch: float
    tops: tuple[float, ...]
    middles: tuple[float, ...]
    inline: bool = False


def picture(rows: Sequence[Row], layout: Layout, note: str = "") -> str:
    """The rows as matplotlib's SVG, not yet cleaned, with a note beneath."""
    if len(rows) > MANY:
        layout = replace(layout, bar=layout.bar * 0.6, gap=14)
    place = _stacked(rows, layout) if layout.stacked else _beside(rows, layout)
    notes = fonts.wrap(note, layout.width, layout.small) if note else ()
    length = place.tops[-1] - layout.gap + (10 if notes else 4)
    height = length + (len(notes) * layout.small_line + 12 if notes else 0)
    canvas = Canvas(layout, height)
    scale = max((max(row.start + row.length, row.high or 0) for row in rows), default=0) or 1
    _bars(canvas, rows, place, scale)
    for index, row in enumerate(rows):
        bar = place.middles[index]
        if row.look == "break":
            _break(canvas, place, place.names[index], index)
            continue
        slot = SLOT if row.look in ("slot", "hidden") else 0
        end = place.left + slot + place.length * (row.start + row.length) / scale
        if row.low is not None and row.high is not None:
            low, high = (place.left + place.length * x / scale for x in (row.low, row.high))
            canvas.whisker((low, high), bar, over=True)
            end = max(end, high)
        _texts(canvas, place, row, place.names[index], (bar, end))
    _guides(canvas, place, rows, scale)
    canvas.lines(0, length + 4 + layout.small, notes, small=True)
    return canvas.svg()


def _beside(rows: Sequence[Row], layout: Layout) -> _Place:
    """Wide: names left of the bars, labels right of their ends."""
    size = layout.size
    widest = max(fonts.width(row.name, size) for row in rows if row.look not in _WORDS)
    left = min(widest, NAMES) + SPACE
    label = max(max(fonts.width(row.label, size, 600), fonts.width(row.share, layout.small)) for row in rows)
    length = layout.width - left - max(LABELS, label + SPACE)
    names = tuple(
        fonts.wrap(row.name, layout.width - left, layout.small)
        if row.look == "break"
        else fonts.wrap(row.name, layout.width if row.look == "heading" else NAMES, size)
        for row in rows
    )
    shown = [len(name) for name, row in zip(names, rows, strict=True) if row.look != "heading"]
    lines = max(*shown, 2 if any(row.share for row in rows) else 1)
    pitch = max(layout.bar, lines * layout.line) + layout.gap
    return _placed(rows, _Place(names, left, length, pitch, (), ()), layout, (pitch - layout.gap) / 2 + 2)


def _stacked(rows: Sequence[Row], layout: Layout) -> _Place:
    """Narrow: name and label above the bar, on one line if that does for every row."""
    shown = [row for row in rows if row.look not in _WORDS]
    room = layout.width - 2 * SPACE
    inline = all(fonts.width(row.name, layout.size) + _label_width(row, layout) <= room for row in shown)
    names = tuple(
        fonts.wrap(row.name, layout.width, layout.small if row.look == "break" else layout.size)
        for row in rows
    )
    lines = max(len(name) for name, row in zip(names, rows, strict=True) if row.look not in _WORDS)
    pitch = max((lines + (not inline)) * layout.line + layout.bar, max(map(len, names)) * layout.line)
    pitch += layout.gap
    place = _Place(names, 1, layout.width - 2, pitch, (), (), inline)
    return _placed(rows, place, layout, pitch - layout.gap - layout.bar / 2)


def _placed(rows: Sequence[Row], place: _Place, layout: Layout, middle: float) -> _Place:
    """Rows of one height, headings as high as their words; the last top is where all ends."""
    tops, middles = [0.0], []
    for row, name in zip(rows, place.names, strict=True):
        heading = len(name) * layout.line + 6 + layout.gap
        middles.append(tops[-1] + (heading - layout.gap if row.look == "heading" else middle))
        tops.append(tops[-1] + (heading if row.look == "heading" else place.pitch))
    return replace(place, tops=tuple(tops), middles=tuple(middles))


def _label_width(row: Row, layout: Layout) -> float:
    share = fonts.width(row.share, layout.small) + SPACE if row.share else 0
    return fonts.width(row.label, layout.size, 600) + share


def _bars(canvas: Canvas, rows: Sequence[Row], place: _Place, scale: float) -> None:
    """Bars as long as seaborn has them, each at its place and with its look; slots of one length."""
    bar, px = canvas.layout.bar, place.length / scale
    for index, length in _laid(tuple(row.length for row in rows)):
        row, top = rows[index], place.middles[index] - bar / 2
        canvas.box(place.left + px * row.start, top, px * length, bar, **LOOKS[row.look])
    for middle, row in zip(place.middles, rows, strict=True):
        if row.look in ("slot", "hidden"):
            canvas.box(place.left, middle - bar / 2, SLOT, bar, **LOOKS[row.look])


@lru_cache(256)
def _laid(lengths: tuple[float, ...]) -> tuple[tuple[int, float], ...]:
    """Row and length of each bar that seaborn draws: both languages and both widths have the same."""
    valued = {index: length for index, length in enumerate(lengths) if length}
    if not valued:
        return ()
    import seaborn as sns  # it brings scipy.stats, a second that tables and other charts needn't wait for

    axes = Figure().add_axes((0, 0, 1, 1))
    axes.set(xlabel="-", ylabel="-")  # else seaborn has all ticks made to see whether to name the axes
    sns.barplot(
        x=list(valued.values()),
        y=list(valued),
        order=range(len(lengths)),
        orient="h",
        errorbar=None,
        ax=axes,
    )
    bars = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    return tuple((round(each.get_y() + each.get_height() / 2), float(each.get_width())) for each in bars)


def _texts(canvas: Canvas, place: _Place, row: Row, name: tuple[str, ...], at: tuple[float, float]) -> None:
    """Name and label of a row whose bar has its centre and its end `at`."""
    layout, (bar, end) = canvas.layout, at
    if row.look == "heading":
        base = bar - 6
        canvas.lines(0, base - (len(name) - 1) * layout.line, name, weight=600)
        canvas.rule((0, layout.width), (bar + 2, bar + 2))
        return
    if layout.stacked:
        top = bar - layout.bar / 2 - 7
        lines = len(name) - 1 + (not place.inline)
        for index, text in enumerate(name):
            canvas.write(0, top - (lines - index) * layout.line, text)
        if place.inline:
            share = fonts.width(row.share, layout.small) + SPACE if row.share else 0
            canvas.write(layout.width - share, top, row.label, weight=600, ha="right")
            canvas.write(layout.width, top, row.share, small=True, ha="right")
        else:
            canvas.write(0, top, row.label, weight=600)
            canvas.write(fonts.width(row.label, layout.size, 600) + SPACE, top, row.share, small=True)
        return
    base = bar + 0.34 * layout.size
    for index, text in enumerate(name):
        canvas.write(0, base + (index - (len(name) - 1) / 2) * layout.line, text)
    half = layout.line / 2 if row.share else 0
    canvas.write(end + SPACE, base - half, row.label, weight=600)
    canvas.write(end + SPACE, base + half, row.share, small=True)


def _break(canvas: Canvas, place: _Place, note: tuple[str, ...], index: int) -> None:
    """A break in series: a dashed line and its note, where a bar would stand."""
    layout = canvas.layout
    free = place.pitch - layout.gap / 2 - len(note) * layout.line
    line = place.tops[index] + free / 2 - layout.gap / 4
    canvas.rule((0, layout.width), (line, line), linestyle=DASHED, color=MUTED)
    for number, text in enumerate(note, start=1):
        canvas.write(0 if layout.stacked else place.left, line + number * layout.line, text, small=True)


def _guides(canvas: Canvas, place: _Place, rows: Sequence[Row], scale: float) -> None:
    """The zero line, and what carries one part on to the next; narrow rows have text in the way."""
    half, bars = canvas.layout.bar / 2, place.middles
    if canvas.layout.stacked:
        for bar, row in zip(bars, rows, strict=True):
            if row.look == "bare":
                canvas.rule((place.left, place.left), (bar - half, bar + half), color=MUTED)
            elif row.start:
                canvas.rule((place.left, place.left + place.length * row.start / scale), (bar, bar))
        return
    for first, last in _runs(rows):
        canvas.rule((place.left, place.left), (bars[first] - half - 4, bars[last] + half + 4), color=MUTED)
    for index, (above, below) in enumerate(pairwise(rows)):
        if above.start or below.start:
            for edge in _edges(above, scale) & _edges(below, scale) - {0}:
                x = place.left + place.length * edge
                canvas.rule((x, x), (bars[index] + half, bars[index + 1] - half))


def _edges(row: Row, scale: float) -> set[float]:
    """Both ends of a bar as shares of the scale, so rounded that equal ends are found equal."""
    return {round(row.start / scale, 6), round((row.start + row.length) / scale, 6)}


def _runs(rows: Sequence[Row]) -> Iterator[tuple[int, int]]:
    """First and last index of each run of rows without a break."""
    first = 0
    for index, row in enumerate([*rows, Row("", "break")]):
        if row.look in _WORDS:
            yield first, index - 1
            first = index + 1
