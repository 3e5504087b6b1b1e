"""Small multiples: the same bars side by side, year after year, on one scale."""

from dataclasses import dataclass

from equity_lib.report import fonts
from equity_lib.report.charts.bars import row_of
from equity_lib.report.charts.canvas import ABSENT, HIDDEN, SPACE, Canvas, Layout
from equity_lib.report.charts.plane import beneath, note, room
from equity_lib.report.charts.reading import Point, Reader
from equity_lib.report.charts.rows import Row, picture
from equity_lib.report.svg import COUNTED, INK, MUTED

NAMES, GAP, LEAST = 190.0, 18.0, 36.0  # px: names, between panels, shortest room for the longest bar
SLIM = 22.0  # px: a slot without a value, in panels


@dataclass(frozen=True)
class Multiples:
    """One row a level and one panel a year; every panel on the scale of all."""

    reader: Reader
    names: list[str]
    panels: list[tuple[str, list[Point]]]

    def said(self) -> list[str]:
        """Panel by panel, each level with its number."""
        made = [
            self.reader.say(f"{panel}, {name}", point)
            for panel, points in self.panels
            for name, point in zip(self.names, points, strict=True)
        ]
        return made + self._notes()

    def svg(self, layout: Layout) -> str:
        """Panels side by side; where they have no room, one under the other."""
        left = 0.0 if layout.stacked else min(NAMES, self._widest(layout)) + SPACE
        each = (layout.width - left - GAP * (len(self.panels) - 1)) / len(self.panels)
        figures = [p.figure for _, points in self.panels for p in points]
        label = max(fonts.width(text, layout.small, 600) for text in figures) + 6
        if each - label < LEAST:
            return self._under(layout)
        return self._side(layout, left, each, each - label)

    def _side(self, layout: Layout, left: float, each: float, length: float) -> str:
        wrapped = [
            fonts.wrap(name, left - SPACE if left else layout.width, layout.size) for name in self.names
        ]
        bar = 14.0
        head = layout.small_line + 10
        pitch = [
            len(lines) * layout.line + bar + 14 if layout.stacked else max(len(lines) * layout.line, bar) + 8
            for lines in wrapped
        ]
        lines = beneath(layout, self._notes())
        canvas = Canvas(layout, head + sum(pitch) + room(layout, lines))
        for number, (panel, _) in enumerate(self.panels):
            x = left + number * (each + GAP)
            canvas.write(x, layout.small, panel, small=True, color=INK, weight=600)
            canvas.rule((x, x + each), (layout.small_line + 3,) * 2, color=MUTED)
        y = head
        for index, words in enumerate(wrapped):
            if layout.stacked:
                canvas.lines(0, y + layout.size, words)
                middle = y + len(words) * layout.line + 4 + bar / 2
            else:
                middle = y + pitch[index] / 2
                base = middle + 0.34 * layout.size - (len(words) - 1) / 2 * layout.line
                canvas.lines(0, base, words)
            for number, (_, points) in enumerate(self.panels):
                self._bar(canvas, points[index], left + number * (each + GAP), middle, length, bar)
            y += pitch[index]
        note(canvas, lines)
        return canvas.svg()

    def _bar(self, canvas: Canvas, point: Point, x: float, middle: float, length: float, bar: float) -> None:
        end, top = x, middle - bar / 2
        canvas.rule((x, x), (top - 2, top + bar + 2), color=MUTED)
        text = point.figure
        if point.value is None:
            if point.status != "not_applicable":
                look = HIDDEN if point.status == "suppressed" else ABSENT
                canvas.box(x, top, SLIM, bar, **look)
                end += SLIM
        elif point.value == 0:
            text = self.reader.words.mark("zero")
        else:
            end += length * point.value / self._largest
            canvas.box(x, top, end - x, bar, facecolor=COUNTED)
        if point.interval:
            low, high = (x + length * value / self._largest for value in point.interval)
            canvas.whisker((low, high), middle, over=True)
            end = max(end, high)
        canvas.write(end + 5, middle + 0.34 * canvas.layout.small, text, small=True, color=INK, weight=600)

    def _under(self, layout: Layout) -> str:
        rows = []
        for panel, points in self.panels:
            rows.append(Row(panel, "heading"))
            rows += [row_of(name, point, self.reader) for name, point in zip(self.names, points, strict=True)]
        return picture(rows, layout, " ".join(self._notes()))

    @property
    def _largest(self) -> float:
        """What the longest bar or interval of all panels stands for."""
        ends = [v for _, points in self.panels for p in points for v in (p.value, p.high) if v is not None]
        return max(ends, default=1.0) or 1.0

    def _widest(self, layout: Layout) -> float:
        return max(fonts.width(name, layout.size) for name in self.names)

    def _notes(self) -> list[str]:
        measured = any(point.interval for _, points in self.panels for point in points)
        return [self.reader.words.text("drawn.intervals")] if measured else []


def multiples(reader: Reader) -> Multiples:
    """A measure by one breakdown, a panel a level of another (years)."""
    dim, panel = reader.dim(reader.given("y")), reader.dim(reader.given("panel"))
    levels = reader.levels(dim)
    made = []
    for year in [level for level in panel.levels if level != panel.total]:
        cells = [reader.cell(reader.given("x"), **{dim.key: level, panel.key: year}) for level in levels]
        if any(point.value is not None and point.value < 0 for point in cells):
            raise reader.fail("found a negative value; allowed: values from 0, as bars start at zero.")
        made.append((reader.name(panel, year), cells))
    return Multiples(reader, [reader.name(dim, level) for level in levels], made)
