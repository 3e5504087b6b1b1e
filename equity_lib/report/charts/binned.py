"""Means of bins on either side of a cut: the drawing of a regression discontinuity."""

from dataclasses import dataclass

import numpy as np

from equity_lib.report import fonts
from equity_lib.report.charts.canvas import DASHED, Layout
from equity_lib.report.charts.plane import Axis, Plane, axis, beneath, note, plane, room
from equity_lib.report.charts.reading import Point, Reader, finite, tick, ticks
from equity_lib.report.svg import COUNTED, INK, MUTED

FEWEST = 2  # shown bins on a side that a straight line needs


@dataclass(frozen=True)
class Binned:
    """A mean and a count a bin, and the cut between the two sides."""

    reader: Reader
    bins: list[tuple[float, Point, Point | None]]
    cut: float

    def said(self) -> list[str]:
        """Each bin with its mean and count, then where the cut lies."""
        words, made = self.reader.words, []
        across = words.text(f"dimension.{self.reader.given('x')}")
        for x, mean, count in self.bins:
            said = self.reader.say(f"{across} {tick(x, words)}", mean)
            made.append(said if count is None else f"{said} ({count.label})")
        return [*made, words.text("drawn.cut", cut=tick(self.cut, words)), *self._notes()]

    def svg(self, layout: Layout) -> str:
        """Dots of one size, the cut, and (if asked) a straight line on each side."""
        words, reader = self.reader.words, self.reader
        values = finite([v for _, p, _ in self.bins if p.known for v in (p.value, p.low, p.high)])
        low, high = min(values, default=0), max(values, default=1)
        if reader.given("zero") == "yes" or low > 0 > low - (high - low):
            low = min(low, 0)
        up = axis(reader.headed("y"), ticks(low, high, 5), words)
        places = [x for x, *_ in self.bins]
        half = min(np.diff(places), default=2.0) / 2
        ends = (min(places[0] - half, self.cut - half), max(places[-1] + half, self.cut + half))
        marks = [x for x in ticks(*ends, 6 if layout.stacked else 10) if ends[0] <= x <= ends[1]]
        across = Axis(
            words.text(f"dimension.{reader.given('x')}"), *ends, tuple((x, tick(x, words)) for x in marks)
        )
        lines = beneath(layout, self._notes())
        height, foot = 240 if layout.stacked else 300, room(layout, lines)
        hidden = any(not point.known for _, point, _ in self.bins)
        made = plane(layout, height, across, up, lead=layout.small_line, foot=foot, absent=hidden)
        self._cut(made)
        if reader.given("fit") == "line":
            self._fits(made)
        for place, point, _ in self.bins:
            if point.value is None:
                made.absent(made.x(place), point)
                continue
            if point.interval:
                made.interval(made.x(place), point.interval)
            side = {"facecolor": COUNTED} if place >= self.cut else {"facecolor": "none"}
            made.canvas.dot(made.x(place), made.y(point.value), 4.5, edgecolor=COUNTED, linewidth=2, **side)
        note(made.canvas, lines)
        return made.canvas.svg()

    def _cut(self, made: Plane) -> None:
        """The cut as a dashed line with its name at the top, on the side that has room."""
        x, canvas, layout = made.x(self.cut), made.canvas, made.canvas.layout
        canvas.rule(
            (x, x),
            (made.box[1] - layout.small_line, made.box[3]),
            color=MUTED,
            linewidth=1.5,
            linestyle=DASHED,
        )
        name = self.reader.words.text("drawn.cut", cut=tick(self.cut, self.reader.words))
        left = fonts.width(name, layout.small) > made.box[2] - x - 6
        canvas.write(
            x - 6 if left else x + 6,
            made.box[1] - 8,
            name,
            small=True,
            ha="right" if left else "left",
            color=INK,
        )

    def _fits(self, made: Plane) -> None:
        """A least-squares line on each side through the shown means, weighted by the shown counts."""
        for right in (False, True):
            side = [
                (x, p.value, n.value if n and n.value else 1.0)
                for x, p, n in self.bins
                if p.value is not None and (x >= self.cut) == right
            ]
            if len(side) < FEWEST:
                continue
            xs, ys, weights = np.array(side).T
            slope, start = np.polyfit(xs, ys, 1, w=np.sqrt(weights))
            ends = [self.cut, float(xs.max() if right else xs.min())]
            heights = [float(np.clip(start + slope * end, made.up.low, made.up.high)) for end in ends]
            made.canvas.rule(
                [made.x(end) for end in ends], [made.y(y) for y in heights], color=INK, linewidth=1.5
            )

    def _notes(self) -> list[str]:
        text = self.reader.words.text
        made = [text("drawn.intervals")] if any(p.interval for _, p, _ in self.bins) else []
        return made + ([text("drawn.fit")] if self.reader.given("fit") == "line" else [])


def binned(reader: Reader) -> Binned:
    """A measure by bins of what decides, with the cut; `fit: line` adds straight lines."""
    dim = reader.dim(reader.given("x"))
    count = reader.given("n")
    if reader.given("fit", "none") not in ("none", "line"):
        raise reader.fail(f"found fit '{reader.given('fit')}'; allowed: none, line.")
    try:
        cut = float(reader.given("cut"))
    except ValueError:
        raise reader.fail(f"found cut '{reader.given('cut')}'; allowed: a number.") from None
    bins = [
        (
            x,
            reader.cell(reader.given("y"), **{dim.key: level}),
            reader.cell(count, **{dim.key: level}) if count else None,
        )
        for x, level in reader.numbers(dim)
    ]
    return Binned(reader, bins, cut)
