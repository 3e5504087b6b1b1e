"""Event study: a point and its interval each period, against zero, with the start marked."""

from dataclasses import dataclass

from equity_lib.report import fonts
from equity_lib.report.charts.canvas import DASHED, Layout
from equity_lib.report.charts.plane import Axis, axis, beneath, note, plane, room, thinned
from equity_lib.report.charts.reading import Point, Reader, tick, ticks
from equity_lib.report.svg import COUNTED, INK, MUTED


@dataclass(frozen=True)
class EventStudy:
    """A point a period; period 0 is the first one after the start."""

    reader: Reader
    points: list[tuple[float, Point]]

    def said(self) -> list[str]:
        """Each period with its estimate and interval."""
        words = self.reader.words
        across = words.text(f"dimension.{self.reader.given('x')}")
        return [
            self.reader.say(f"{across} {tick(x, words)}", point) for x, point in self.points
        ] + self._notes()

    def svg(self, layout: Layout) -> str:
        """Points and intervals with a zero line and a break before period 0."""
        words, reader = self.reader.words, self.reader
        places = [x for x, _ in self.points]
        values = [v for _, p in self.points if p.known for v in (p.value, p.low, p.high) if v is not None]
        up = axis(
            reader.headed("y"),
            ticks(min(0, *values, 0), max(0, *values, 0), 6),
            words,
        )
        marks = thinned([(x, tick(x, words)) for x in places], layout.width - 50, layout.small)
        across = Axis(words.text(f"dimension.{reader.given('x')}"), places[0] - 0.5, places[-1] + 0.5, marks)
        lines = beneath(layout, self._notes())
        height = 240 if layout.stacked else 280
        hidden = any(not point.known for _, point in self.points)
        made = plane(
            layout, height, across, up, lead=layout.small_line, foot=room(layout, lines), absent=hidden
        )
        canvas, (left, top, right, bottom) = made.canvas, made.box
        canvas.rule((left, right), (made.y(0),) * 2, color=INK, linewidth=1.5)
        if places[0] < 0 <= places[-1]:
            start = made.x(-0.5)
            canvas.rule(
                (start, start),
                (top - layout.small_line, bottom),
                color=MUTED,
                linewidth=1.5,
                linestyle=DASHED,
            )
            base = top - 8
            before, after = words.text("drawn.before"), words.text("drawn.after")
            if fonts.width(before, layout.small) < start - left - 8:
                canvas.write(start - 8, base, before, small=True, ha="right")
            if fonts.width(after, layout.small) < right - start - 8:
                canvas.write(start + 8, base, after, small=True)
        for place, point in self.points:
            x = made.x(place)
            if point.value is None:
                made.absent(x, point)
                continue
            if point.interval:
                made.interval(x, point.interval)
            look = {"facecolor": COUNTED} if point.interval else {"edgecolor": COUNTED, "linewidth": 2}
            canvas.dot(x, made.y(point.value), 5.5 if point.interval else 4.5, **look)
        note(canvas, lines)
        return canvas.svg()

    def _notes(self) -> list[str]:
        text = self.reader.words.text
        known = [point for _, point in self.points if point.known]
        made = [text("drawn.intervals")] if any(point.interval for point in known) else []
        return made + ([text("drawn.base")] if any(not p.interval and p.value == 0 for p in known) else [])


def event_study(reader: Reader) -> EventStudy:
    """A measure by period relative to the start."""
    dim = reader.dim(reader.given("x"))
    return EventStudy(
        reader,
        [(x, reader.cell(reader.given("y"), **{dim.key: level})) for x, level in reader.numbers(dim)],
    )
