"""Forest plot: a point and its interval a row, against a line of no difference."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from equity_lib.report import fonts
from equity_lib.report.charts.canvas import ABSENT, DASHED, HIDDEN, SLOT, SPACE, Canvas, Layout
from equity_lib.report.charts.plane import Axis, beneath, note, room
from equity_lib.report.charts.reading import Point, Reader, tick, ticks
from equity_lib.report.svg import COUNTED, INK, MUTED, RULE

NAMES = 236.0  # px: widest column of names in the wide drawing
RATIOS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)


@dataclass(frozen=True)
class _Rows:
    """Where things stand: names wrapped, plot from `left` to `right`, a row every `pitch`."""

    names: list[tuple[str, ...]]
    left: float
    right: float
    pitch: float
    middle: float


@dataclass(frozen=True)
class Forest:
    """A point and its interval a level; ratios (reference 1) on a scale of equal ratios."""

    reader: Reader
    rows: list[tuple[str, Point]]
    reference: float | None

    def said(self) -> list[str]:
        """Each row with its estimate and interval, then the reference."""
        made = [self.reader.say(name, point) for name, point in self.rows]
        return made + self._notes()

    def svg(self, layout: Layout) -> str:
        """A row a level; the number and its interval in words beside (wide) or above it (narrow)."""
        labels = [self.reader.between(point) for _, point in self.rows]
        axis = self._axis(layout)
        place = self._narrow(layout, axis) if layout.stacked else self._wide(layout, labels)
        lines = beneath(layout, [self.reader.headed("x"), *self._notes()])
        bottom = place.pitch * len(self.rows) + 4
        canvas = Canvas(layout, bottom + 8 + layout.small_line + room(layout, lines))
        x = self._scale(axis, place)
        for value, label in axis.ticks:
            self._upright(canvas, place, x(value), linewidth=0.5, alpha=0.6)
            canvas.write(x(value), bottom + 4 + layout.small, label, small=True, ha="center")
        if self.reference is not None:
            self._upright(canvas, place, x(self.reference), color=INK, linewidth=1.5, linestyle=DASHED)
        for index, ((_, point), label) in enumerate(zip(self.rows, labels, strict=True)):
            top = index * place.pitch
            y = top + place.middle
            self._words(canvas, place, index, label)
            if point.value is None:
                if point.status != "not_applicable":
                    look = HIDDEN if point.status == "suppressed" else ABSENT
                    canvas.box(place.left, y - 8, SLOT, 16, **look)
                continue
            if point.interval:
                low, high = map(x, point.interval)
                canvas.whisker((low, high), y)
            canvas.dot(x(point.value), y, 5.5, facecolor=COUNTED)
        canvas.rule((place.left, place.right), (bottom, bottom), color=MUTED)
        note(canvas, lines)
        return canvas.svg()

    def _upright(self, canvas: Canvas, place: _Rows, x: float, **style: Any) -> None:
        """A line over all rows; in the narrow drawing only beside the points, as words stand above them."""
        tops = [index * place.pitch + place.middle for index in range(len(self.rows))]
        if not canvas.layout.stacked:
            canvas.rule((x, x), (0, place.pitch * len(self.rows) + 4), **style)
            return
        for y in tops:
            canvas.rule((x, x), (y - 11, y + 11), **style)
        canvas.rule((x, x), (tops[-1] + 11, tops[-1] + place.pitch - place.middle + 4), **style)

    def _wide(self, layout: Layout, labels: list[str]) -> _Rows:
        names = [fonts.wrap(name, NAMES, layout.size) for name, _ in self.rows]
        widest = max(fonts.width(line, layout.size) for lines in names for line in lines)
        numbers = max(fonts.width(label, layout.small, 600) for label in labels)
        pitch = max(map(len, names)) * layout.line + 12
        return _Rows(names, widest + 2 * SPACE, layout.width - numbers - 2 * SPACE, pitch, pitch / 2)

    def _narrow(self, layout: Layout, axis: Axis) -> _Rows:
        names = [fonts.wrap(name, layout.width, layout.size) for name, _ in self.rows]
        pitch = (max(map(len, names)) + 1) * layout.line + 34
        # room for half a number at either end of the scale
        edge = max(16, *(fonts.width(label, layout.small) / 2 for _, label in axis.ticks))
        return _Rows(names, edge, layout.width - edge, pitch, pitch - 18)

    def _words(self, canvas: Canvas, place: _Rows, index: int, label: str) -> None:
        layout, names = canvas.layout, place.names[index]
        top, style = index * place.pitch, {"color": INK, "weight": 600}
        if layout.stacked:
            if index:
                canvas.rule((0, layout.width), (top, top), color=RULE, linewidth=0.5, alpha=0.6)
            base = top + place.middle - 14 - len(names) * layout.line
            canvas.lines(0, base, names)
            canvas.write(0, base + len(names) * layout.line, label, small=True, **style)
            return
        base = top + place.middle + 0.34 * layout.size
        canvas.lines(0, base - (len(names) - 1) / 2 * layout.line, names)
        canvas.write(layout.width, base, label, small=True, ha="right", **style)

    def _axis(self, layout: Layout) -> Axis:
        words = self.reader.words
        values = [v for _, p in self.rows if p.known for v in (p.value, p.low, p.high) if v is not None]
        values += [] if self.reference is None else [self.reference]
        low, high = min(values, default=0.0), max(values, default=1.0)
        if self._ratios():
            marks = [v for v in RATIOS if low <= v <= high]
            below, above = [v for v in RATIOS if v < low], [v for v in RATIOS if v > high]
            marks = [*below[-1:], *marks, *above[:1]]
            ends = min(low, marks[0]), max(high, marks[-1])
        else:
            marks = ticks(low, high, 4 if layout.stacked else 6)
            ends = marks[0], marks[-1]
        return Axis("", *ends, tuple((value, tick(value, words)) for value in marks))

    def _ratios(self) -> bool:
        values = [v for _, p in self.rows if p.known for v in (p.value, p.low, p.high) if v is not None]
        return self.reference == 1 and all(value > 0 for value in values)

    def _scale(self, axis: Axis, place: _Rows) -> Callable[[float], float]:
        turn: Callable[[float], float] = math.log if self._ratios() else float
        low, high = turn(axis.low), turn(axis.high)
        return lambda value: place.left + (place.right - place.left) * (turn(value) - low) / (high - low)

    def _notes(self) -> list[str]:
        text, words = self.reader.words.text, self.reader.words
        made = [text("drawn.intervals")] if any(point.interval for _, point in self.rows) else []
        if self.reference is not None:
            made.append(text("drawn.reference", value=tick(self.reference, words)))
        return made


def forest(reader: Reader) -> Forest:
    """A measure with intervals by one breakdown; `reference` is 0 for differences, 1 for ratios."""
    dim = reader.dim(reader.given("y"))
    reference = reader.given("reference")
    if reference not in ("", "0", "1"):
        raise reader.fail(f"found reference '{reference}'; allowed: 0, 1.")
    rows = [
        (reader.name(dim, level), reader.cell(reader.given("x"), **{dim.key: level}))
        for level in reader.levels(dim)
    ]
    return Forest(reader, rows, float(reference) if reference else None)
