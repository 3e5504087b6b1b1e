"""Survival and cumulative incidence: steps with bands, and how many were at risk beneath them."""

from dataclasses import dataclass
from itertools import pairwise

from equity_lib.report import fonts
from equity_lib.report.charts.canvas import Layout
from equity_lib.report.charts.curves import Series, absent, beside, margin, series, wrapped
from equity_lib.report.charts.plane import (
    SAMPLE,
    STYLES,
    Axis,
    Plane,
    apart,
    axis,
    beneath,
    key,
    note,
    plane,
    room,
)
from equity_lib.report.charts.reading import Reader, finite, tick, ticks
from equity_lib.report.svg import INK

Steps = list[tuple[float, float, float, float]]  # place, value, low, high


@dataclass(frozen=True)
class Survival:
    """Curves that start at `start` per cent on day 0, and the numbers at risk."""

    reader: Reader
    curves: list[Series]
    at_risk: list[Series]
    start: float

    def said(self) -> list[str]:
        """Each curve's values in the order of days, then who was at risk."""
        reader, made = self.reader, []
        across = reader.words.text(f"dimension.{reader.given('x')}")
        for curve in self.curves + self.at_risk:
            for x, point in curve.points:
                if point is not None:
                    day = f"{across} {tick(x, reader.words)}"
                    made.append(reader.say(", ".join(filter(None, (curve.name, day))), point))
        return made + self._notes()

    def svg(self, layout: Layout) -> str:
        """Steps above, the table of those at risk beneath."""
        words = self.reader.words
        names = wrapped(self.curves, layout)
        named = any(names)
        head = (
            sum(len(lines) * layout.small_line + 2 for lines in names) + 6 if layout.stacked and named else 0
        )
        right = margin(self.curves, layout)
        lines = beneath(layout, self._notes())
        across = self._across(layout, right)
        table = self._table(layout) if self.at_risk else 0
        most = max(
            finite([v for c in self.curves for _, p, _ in c.known for v in (p.value, p.high)]), default=1
        )
        marks = ticks(0, max(most, self.start), 5)
        up = axis(self.reader.headed("y"), marks, words)
        height = 230 if layout.stacked else 280
        foot = table + room(layout, lines)
        made = plane(
            layout, height, across, up, head=head, right=right, foot=foot, absent=absent(self.curves)
        )
        for curve, style in reversed(list(zip(self.curves, STYLES, strict=False))):
            for run in self._runs(curve):
                _band(made, run, style["color"])
            for run in self._runs(curve):
                _steps(made, run, style)
        for curve in self.curves:
            for x, point in curve.points:
                if point is not None and not point.known:
                    made.absent(made.x(x), point)
        beside(made, self.curves, names)
        if head:
            key(made.canvas, names, 0)
        if self.at_risk:
            self._risk(made, made.canvas.height - room(layout, lines) - table)
        note(made.canvas, lines)
        return made.canvas.svg()

    def _across(self, layout: Layout, right: float) -> Axis:
        words = self.reader.words
        days = [x for x, _ in self.curves[0].points]
        first = self._first()
        marks = sorted({first, *days})
        length = layout.width - right - 40
        labels = [(x, tick(x, words)) for x in marks]
        counts = [p.figure for curve in self.at_risk for _, p in curve.points if p]
        widest = max([*counts, *(label for _, label in labels)], key=lambda t: fonts.width(t, layout.small))
        kept = {x for x, _ in apart([(x, widest) for x in marks], length, layout.small)}
        shown = tuple((x, label) for x, label in labels if x in kept)
        title = words.text(f"dimension.{self.reader.given('x')}")
        return Axis(title, first, max(marks[-1], first + 1.0), shown)

    def _first(self) -> float:
        """Where the axis begins: day 0, or the first level if all curves start there (an age, say)."""
        starts = [curve.points[0] for curve in self.curves if curve.points]
        whole = all(point is not None and point.value == self.start for _, point in starts)
        return min(x for x, _ in starts) if starts and whole else 0.0

    def _runs(self, curve: Series) -> list[Steps]:
        """Stretches of steps between gaps; a hidden day ends the stretch before it."""
        runs: list[Steps] = [[]]
        if curve.points and curve.points[0][0] > self._first():
            runs[-1].append((self._first(), self.start, self.start, self.start))
        for x, point in curve.points:
            last = runs[-1][-1] if runs[-1] else None
            if point is None or point.value is None:
                if last:
                    runs[-1].append((x, *last[1:]))
                    runs.append([])
                continue
            low, high = point.interval or (point.value, point.value)
            runs[-1].append((x, point.value, low, high))
        return [run for run in runs if run]

    def _table(self, layout: Layout) -> float:
        """Height of the table of those at risk."""
        names = sum(len(lines) for lines in self._risk_names(layout))
        return 14 + layout.small_line * (1 + len(self.at_risk) + names) + 4 * len(self.at_risk)

    def _risk_names(self, layout: Layout) -> list[tuple[str, ...]]:
        names = [curve.name for curve in self.at_risk]
        return [fonts.wrap(name, layout.width - SAMPLE, layout.small) if name else () for name in names]

    def _risk(self, made: Plane, top: float) -> None:
        layout, canvas = made.canvas.layout, made.canvas
        y = top + layout.small + 6
        canvas.write(
            0, y, self.reader.words.text(f"measure.{self.reader.given('at_risk')}"), small=True, color=INK
        )
        names = self._risk_names(layout)
        for curve, lines, style in zip(self.at_risk, names, STYLES, strict=False):
            if lines:
                y += layout.small_line + 4
                canvas.rule((0, SAMPLE - 6), (y - layout.small * 0.34,) * 2, **style)
                canvas.lines(SAMPLE, y, lines, small=True)
                y += (len(lines) - 1) * layout.small_line
            y += layout.small_line
            places = dict(curve.points)
            for x, _ in made.across.ticks:
                found = places.get(x)
                if found is not None:
                    canvas.write(made.x(x), y, found.figure, small=True, color=INK, ha="center")

    def _notes(self) -> list[str]:
        measured = any(point.interval for curve in self.curves for _, point, _ in curve.known)
        return [self.reader.words.text("drawn.bands")] if measured else []


def survival(reader: Reader) -> Survival:
    """Steps by day; `start` (100 or 0) is told from the first and last value if it isn't given."""
    dim = reader.dim(reader.given("x"))
    if reader.given("start", "0") not in ("0", "100"):
        raise reader.fail(f"found start '{reader.given('start')}'; allowed: 0, 100.")
    places = reader.numbers(dim)
    if places[0][0] < 0:
        raise reader.fail(f"found {dim.key} '{places[0][1]}'; allowed: days from 0.")
    curves = series(reader, places, dim.key, reader.given("y"))
    risk = reader.given("at_risk")
    at_risk = series(reader, places, dim.key, risk) if risk else []
    values = [value for curve in curves[:1] for *_, value in curve.known]
    falls = bool(values) and (values[-1] < values[0] or (values[-1] == values[0] and values[0] > 50))
    start = float(reader.given("start") or (100 if falls else 0))
    return Survival(reader, curves, at_risk, start)


def _steps(made: Plane, run: Steps, style: dict[str, object]) -> None:
    xs, ys = _corners([(x, value) for x, value, *_ in run])
    made.canvas.rule([made.x(x) for x in xs], [made.y(y) for y in ys], **style)


def _band(made: Plane, run: Steps, colour: str) -> None:
    lows = list(zip(*_corners([(x, low) for x, _, low, _ in run]), strict=True))
    highs = list(zip(*_corners([(x, high) for x, *_, high in run]), strict=True))
    if lows == highs or len(lows) < 2:
        return
    outline = [(made.x(x), made.y(y)) for x, y in (*lows, *reversed(highs))]
    made.canvas.area(outline, facecolor=colour, alpha=0.18, linewidth=0)


def _corners(points: list[tuple[float, float]]) -> tuple[list[float], list[float]]:
    """The corners of steps: each value holds until the next place."""
    xs, ys = [points[0][0]], [points[0][1]]
    for (_, before), (x, after) in pairwise(points):
        xs += [x, x]
        ys += [before, after]
    return xs, ys
