"""Concentration curve: what cumulative share goes to the poorest, against equal shares."""

from dataclasses import dataclass

from equity_lib.report import fonts
from equity_lib.report.charts.canvas import DASHED, Layout
from equity_lib.report.charts.curves import Series, absent, beside, series, wrapped
from equity_lib.report.charts.plane import STYLES, Plane, axis, beneath, key, note, plane, room
from equity_lib.report.charts.reading import Point, Reader
from equity_lib.report.svg import MUTED

WHOLE = 100.0
SIDE = 340.0  # px: the plot is a square, so that the diagonal lies at 45 degrees


@dataclass(frozen=True)
class Concentration:
    """Cumulative shares in per cent at cumulative shares of the population, (0, 0) first."""

    reader: Reader
    curves: list[Series]
    levels: list[str]

    def said(self) -> list[str]:
        """Each curve's share at each level, then what the diagonal is."""
        made = []
        for curve in self.curves:
            for name, (_, point) in zip(self.levels, curve.points, strict=True):
                if point is not None:
                    made.append(self.reader.say(", ".join(filter(None, (curve.name, name))), point))
        return [*made, self.reader.words.text("drawn.diagonal"), *self._notes()]

    def svg(self, layout: Layout) -> str:
        """The curve with a number at each point, and the diagonal."""
        words = self.reader.words
        names = wrapped(self.curves, layout)
        named = any(names)
        head = (
            sum(len(lines) * layout.small_line + 2 for lines in names) + 6 if layout.stacked and named else 0
        )
        marks = [0.0, 20, 40, 60, 80, 100]
        across = axis(
            words.text("drawn.cumulative", of=words.text(f"dimension.{self.reader.given('x')}")), marks, words
        )
        up = axis(self.reader.headed("y"), marks, words)
        lines = beneath(layout, [words.text("drawn.diagonal"), *self._notes()])
        side = min(SIDE, layout.width - 60)
        right = layout.width - side - 40 if not layout.stacked else 8
        made = plane(
            layout,
            side,
            across,
            up,
            head=head,
            right=right,
            foot=room(layout, lines),
            absent=absent(self.curves),
        )
        made.canvas.rule(
            (made.x(0), made.x(WHOLE)),
            (made.y(0), made.y(WHOLE)),
            color=MUTED,
            linewidth=1.5,
            linestyle=DASHED,
        )
        for index, curve in enumerate(self.curves):
            self._curve(made, curve, index)
        if head:
            key(made.canvas, names, 0)
        elif named:
            beside(made, self.curves, names)
        note(made.canvas, lines)
        return made.canvas.svg()

    def _curve(self, made: Plane, curve: Series, index: int) -> None:
        """Lines between neighbours that are both shown; a number beside each point of a single curve."""
        style, canvas, layout = STYLES[index], made.canvas, made.canvas.layout
        before: tuple[float, float] | None = (0.0, 0.0)
        for place, point in curve.points:
            if point is None or point.value is None:
                if point is not None:
                    made.absent(made.x(place), point)
                before = None
                continue
            here = (place, point.value)
            if before is not None:
                canvas.rule(
                    [made.x(x) for x, _ in (before, here)], [made.y(y) for _, y in (before, here)], **style
                )
            if point.interval:
                made.interval(made.x(place), point.interval)
            before = here
        for place, point, value in curve.known:
            canvas.dot(made.x(place), made.y(value), 4.5, facecolor=style["color"])
            if len(self.curves) == 1 and place < WHOLE:
                self._label(made, place, point, layout)

    def _label(self, made: Plane, place: float, point: Point, layout: Layout) -> None:
        """A number on the side of the point away from the diagonal."""
        value = point.value or 0.0
        x, y = made.x(place), made.y(value)
        if value >= place:
            made.canvas.write(
                x - 8, y - 6, point.figure, small=True, ha="right", color=STYLES[0]["color"], weight=600
            )
        else:
            room = made.box[2] - x - 8 >= fonts.width(point.figure, layout.small, 600)
            y += layout.small + 2
            made.canvas.write(
                x + 8 if room else made.box[2],
                y,
                point.figure,
                small=True,
                ha="left" if room else "right",
                color=STYLES[0]["color"],
                weight=600,
            )

    def _notes(self) -> list[str]:
        measured = any(point.interval for curve in self.curves for _, point, _ in curve.known)
        return [self.reader.words.text("drawn.intervals")] if measured else []


def concentration(reader: Reader) -> Concentration:
    """A cumulative share by groups of one size, poorest first; `p` may give the true cumulative sizes."""
    dim = reader.dim(reader.given("x"))
    levels = [level for level in dim.levels if level != dim.total]
    places = [(WHOLE * (index + 1) / len(levels), level) for index, level in enumerate(levels)]
    if sizes := reader.given("p"):
        found = [(reader.cell(sizes, **{dim.key: level}).value, level) for level in levels]
        if all(value is not None for value, _ in found):
            places = [(value or 0.0, level) for value, level in found]
    curves = series(reader, places, dim.key, reader.given("y"))
    return Concentration(reader, curves, [reader.name(dim, level) for level in levels])
