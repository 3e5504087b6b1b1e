"""Map of tiles: every district equally large, about where it lies, with its number in it."""

from dataclasses import dataclass
from typing import Any

from equity_lib.report import fonts
from equity_lib.report.charts.bars import Bars, bars
from equity_lib.report.charts.canvas import ABSENT, HIDDEN, Canvas, Layout
from equity_lib.report.charts.plane import beneath, note, room
from equity_lib.report.charts.reading import Point, Reader, tick, ticks
from equity_lib.report.svg import COUNTED, INK, MUTED, PAPER, RULE

#: Strength of the colour by number of classes; on more than `DARK`, words have the paper's colour.
SHADES = {
    1: (0.5,),
    2: (0.28, 0.82),
    3: (0.1, 0.5, 1.0),
    4: (0.1, 0.28, 0.5, 1.0),
    5: (0.1, 0.28, 0.5, 0.82, 1.0),
}
DARK = 0.6
GAP = 3.0  # px between tiles


@dataclass(frozen=True)
class Square:
    """One district: place on the map, short name, and its cell."""

    column: int
    row: int
    name: str
    short: str
    point: Point


@dataclass(frozen=True)
class Tiles:
    """The tiles, and the bars that stand in for them where the numbers don't fit in."""

    reader: Reader
    squares: list[Square]
    instead: Bars

    def said(self) -> list[str]:
        """Each district with its number, from the north-west on."""
        made = sorted(self.squares, key=lambda square: (square.row, square.column))
        return [self.reader.say(square.name, square.point) for square in made]

    def svg(self, layout: Layout) -> str:
        """Tiles over a key of their classes; bars if a number or name has no room in a tile."""
        columns = 1 + max(square.column for square in self.squares)
        rows = 1 + max(square.row for square in self.squares)
        size, line = (layout.small, layout.small_line) if not layout.stacked else (12.0, 16.0)
        side = min((layout.width + GAP) / columns, 124.0) - GAP
        names = {square: fonts.wrap(square.short, side - 1, size) for square in self.squares}
        if max(fonts.width(square.point.figure, layout.small, 600) for square in self.squares) > side - 4:
            return self.instead.svg(layout)
        tall = max(map(len, names.values())) * line + layout.small_line + 8
        breaks = self._breaks()
        lines = beneath(layout, self._notes())
        bottom = rows * (tall + GAP)
        canvas = Canvas(layout, bottom + 12 + 16 + layout.small_line + room(layout, lines))
        start = 0.0 if layout.stacked else (layout.width - columns * (side + GAP) + GAP) / 2
        # one shade after another: drawings of a page share what neighbours have in common
        for square, words in sorted(names.items(), key=lambda item: self._shade(item[0], breaks)):
            x, y = start + square.column * (side + GAP), square.row * (tall + GAP)
            self._tile(canvas, (x, y, side, tall), square, words, (size, line, breaks))
        self._key(canvas, breaks, start, bottom + 12)
        note(canvas, lines)
        return canvas.svg()

    @staticmethod
    def _shade(square: Square, breaks: list[float]) -> int:
        value = square.point.value
        return _class(value, breaks) if value else -1

    def _tile(
        self,
        canvas: Canvas,
        box: tuple[float, float, float, float],
        square: Square,
        words: tuple[str, ...],
        how: tuple[float, float, list[float]],
    ) -> None:
        x, y, wide, tall = box
        size, line, breaks = how
        point, colour = square.point, INK
        look: dict[str, Any] = {"edgecolor": RULE}
        text = point.figure
        if point.value is None:
            look = {"suppressed": HIDDEN, "not_applicable": look}.get(point.status, ABSENT)
        elif point.value == 0:
            text = self.reader.words.mark("zero")
        else:
            shade = SHADES[len(breaks) + 1][_class(point.value, breaks)]
            look = {"facecolor": COUNTED, "alpha": shade, "linewidth": 0}
            colour = PAPER if shade > DARK else INK
        canvas.box(x + 0.5, y + 0.5, wide - 1, tall - 1, **look)
        middle = x + wide / 2
        base = y + 3 + size + (tall - 8 - canvas.layout.small_line - len(words) * line) / 2
        if point.value is None and point.status != "not_applicable":
            # words stand on plain paper, the hatching shows beside the mark
            lower = base + (len(words) - 1) * line + 0.45 * size
            canvas.box(x + 2, y + 2, wide - 4, lower - y - 2, facecolor=PAPER)
            canvas.box(middle - 12, lower - 1, 24, y + tall - lower - 1, facecolor=PAPER)
        for index, each in enumerate(words):
            canvas.write(middle, base + index * line, each, ha="center", size=size, color=colour)
        canvas.write(
            middle,
            base + (len(words) - 1) * line + canvas.layout.small_line + 1,
            text,
            small=True,
            ha="center",
            weight=600,
            color=colour,
        )

    def _key(self, canvas: Canvas, breaks: list[float], x: float, y: float) -> None:
        """The classes as one bar of shades, its edges numbered."""
        layout, words = canvas.layout, self.reader.words
        shown = [square.point.value for square in self.squares if square.point.value]
        if not shown:
            return
        step = 52.0 if layout.stacked else 76.0
        low, high = self._ends()
        edges = [tick(edge, words) for edge in (low, *breaks, high)]
        x += fonts.width(edges[0], layout.small) / 2
        step = max(step, max(fonts.width(edge, layout.small) for edge in edges) + 8)
        for index, shade in enumerate(SHADES[len(breaks) + 1]):
            canvas.box(x + index * step, y, step, 14, facecolor=COUNTED, alpha=shade, linewidth=0)
        for index, edge in enumerate(edges):
            canvas.write(x + index * step, y + 14 + layout.small, edge, small=True, ha="center")
        canvas.rule((x, x + step * (len(edges) - 1)), (y + 14, y + 14), color=MUTED)

    def _breaks(self) -> list[float]:
        """Lower ends of all classes but the first: round numbers, at most five classes."""
        return self._marks()[1:-1]

    def _ends(self) -> tuple[float, float]:
        """The round numbers around all shown values."""
        marks = self._marks()
        return marks[0], marks[-1]

    def _marks(self) -> list[float]:
        """Round numbers from under the least to over the largest shown value, five steps at most."""
        shown = [square.point.value for square in self.squares if square.point.value]
        if not shown:
            return [0.0, 1.0]
        # round numbers around both ends can take one step more than was asked for
        made = [ticks(min(shown), max(shown), count) for count in range(max(SHADES), 0, -1)]
        return next((marks for marks in made if len(marks) - 1 in SHADES), made[-1])

    def _notes(self) -> list[str]:
        return [self.reader.words.text("drawn.tiles")]


def tiles(reader: Reader) -> Tiles | Bars:
    """A measure by district on the map of the province; as bars where no map of it is known."""
    dim = reader.dim(reader.given("y"))
    levels = reader.levels(dim)
    flat = bars(reader)
    places = reader.tiles or {}
    if not set(levels) <= places.keys():
        return flat
    squares = []
    for level in levels:
        tile, name = places[level], reader.name(dim, level)
        short = (tile.short_th if reader.words.language == "th" else tile.short_en) or name
        point = reader.cell(reader.given("x"), **{dim.key: level})
        if point.value is not None and point.value < 0:
            raise reader.fail(f"the value of '{name}' is negative; allowed: values from 0.")
        squares.append(Square(tile.column, tile.row, name, short.replace("|", "\u200b"), point))
    return Tiles(reader, squares, flat)


def _class(value: float, breaks: list[float]) -> int:
    return sum(value >= edge for edge in breaks)
