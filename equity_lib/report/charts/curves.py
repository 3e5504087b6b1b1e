"""Several series on one plane: read from a table, named beside their ends or in a key."""

from collections.abc import Sequence
from dataclasses import dataclass

from equity_lib.report import fonts
from equity_lib.report.charts.canvas import SPACE, Layout
from equity_lib.report.charts.plane import SAMPLE, STYLES, Plane, spread
from equity_lib.report.charts.reading import Point, Reader

BESIDE = 150.0  # px: room for the names of curves in the wide drawing


@dataclass(frozen=True)
class Series:
    """One curve: its name, and a point or nothing at each place across."""

    name: str
    level: str
    points: tuple[tuple[float, Point | None], ...]

    @property
    def known(self) -> list[tuple[float, Point, float]]:
        """Place, point and value of what can be drawn."""
        return [(x, point, point.value) for x, point in self.points if point and point.value is not None]


def series(reader: Reader, places: Sequence[tuple[float, str]], across: str, measure: str) -> list[Series]:
    """A series a level of the dimension that `colour` names, else one without a name."""
    if not reader.given("colour"):
        points = tuple((x, reader.cell(measure, **{across: level})) for x, level in places)
        return [Series("", "", points)]
    dim = reader.dim(reader.given("colour"))
    levels = reader.levels(dim)
    if len(levels) > len(STYLES):
        raise reader.fail(f"found {len(levels)} curves; allowed: {len(STYLES)} at most. Name them in `levels`.")
    made = []
    for level in levels:
        found = [(x, reader.find(measure, **{across: place, dim.key: level})) for x, place in places]
        if all(point is None for _, point in found):
            raise reader.fail(f"there is no cell of {dim.key} '{level}' and measure '{measure}'.")
        made.append(Series(reader.name(dim, level), level, tuple(found)))
    return made


def absent(curves: Sequence[Series]) -> bool:
    """Whether a cell of some curve has no value."""
    return any(point is not None and not point.known for curve in curves for _, point in curve.points)


def wrapped(curves: Sequence[Series], layout: Layout) -> list[tuple[str, ...]]:
    """Names as they stand in the key (narrow) or beside the curves (wide)."""
    room = layout.width - SAMPLE if layout.stacked else BESIDE - SPACE
    return [fonts.wrap(curve.name, room, layout.small) if curve.name else () for curve in curves]


def beside(plane: Plane, curves: Sequence[Series], names: Sequence[tuple[str, ...]]) -> None:
    """What each curve ends with, and (wide) its name, at its end."""
    canvas, layout = plane.canvas, plane.canvas.layout
    ends = [(index, *curve.known[-1]) for index, curve in enumerate(curves) if curve.known]
    shown = [() if layout.stacked else names[index] for index, *_ in ends]
    gaps = [(1 + len(lines)) * layout.small_line + 4 for lines in shown]
    places = spread([plane.y(value) for *_, value in ends], gaps, plane.box[1] - 8, plane.box[3] + 8)
    for (index, _, point, _), lines, gap, middle in zip(ends, shown, gaps, places, strict=True):
        top = middle - gap / 2 + layout.small
        x = plane.box[2] + SPACE - 2
        canvas.write(x, top, point.figure, small=True, color=STYLES[index]["color"], weight=600)
        canvas.lines(x, top + layout.small_line, lines, small=True, color=STYLES[index]["color"])


def margin(curves: Sequence[Series], layout: Layout) -> float:
    """Room that the words beside the curves need."""
    figures = [curve.known[-1][1].figure for curve in curves if curve.known]
    least = max((fonts.width(text, layout.small, 600) for text in figures), default=0) + SPACE
    named = any(curve.name for curve in curves) and not layout.stacked
    return max(least, BESIDE if named else 0)
