"""Network: who works with whom, as lines between two columns, in classes of width."""

from dataclasses import dataclass

from equity_lib.report import fonts
from equity_lib.report.charts.canvas import DASHED, SPACE, Canvas, Layout
from equity_lib.report.charts.pairs import Pairs, pairs
from equity_lib.report.charts.plane import beneath, note, room
from equity_lib.report.charts.reading import Reader, tick, ticks
from equity_lib.report.svg import COUNTED, INK, MUTED

WIDTHS = (1.25, 3.0, 5.5, 9.0)  # px: of the classes of counts
NAMES = 0.38  # share of the width that each column of names may take


@dataclass(frozen=True)
class Network:
    """Agencies in two columns, joined by what goes from one to the other."""

    reader: Reader
    pairs: Pairs

    def said(self) -> list[str]:
        """Each line: from where, to where and how many."""
        words, made = self.reader.words, []
        for pair in self.pairs.pairs:
            name = words.text("drawn.from_to", start=pair.start, end=pair.end)
            made.append(words.text("chart.described", label=name, value=pair.point.label))
        return made + self._notes()

    def svg(self, layout: Layout) -> str:
        """Lines of four widths; a key of the widths beneath."""
        room_ = NAMES * layout.width - SPACE
        columns = [
            [fonts.wrap(name, room_, layout.small) for name in names]
            for names in (self.pairs.starts, self.pairs.ends)
        ]
        heights = [sum(len(lines) * layout.small_line + 20 for lines in names) for names in columns]
        height = max(heights) + 4
        lines = beneath(layout, self._notes())
        breaks = self._breaks()
        canvas = Canvas(layout, height + 8 + layout.small_line + 8 + room(layout, lines))
        ends = NAMES * layout.width + 4, (1 - NAMES) * layout.width - 4
        places = [self._places(names, layout, height) for names in columns]
        starts = dict(zip(self.pairs.starts, places[0], strict=True))
        finishes = dict(zip(self.pairs.ends, places[1], strict=True))
        for pair in sorted(self.pairs.pairs, key=lambda each: -(each.point.value or 0)):
            y = starts[pair.start], finishes[pair.end]
            if pair.point.value is None:
                canvas.curve(ends, y, edgecolor=MUTED, linewidth=1.5, linestyle=DASHED)
            else:
                width = WIDTHS[sum(pair.point.value > edge for edge in breaks)]
                canvas.curve(ends, y, edgecolor=COUNTED, linewidth=width, alpha=0.55)
        for names, tops, x, side, post in (
            (columns[0], places[0], ends[0] - SPACE - 3, "right", ends[0]),
            (columns[1], places[1], ends[1] + SPACE + 3, "left", ends[1]),
        ):
            for each, y in zip(names, tops, strict=True):
                canvas.dot(post, y, 5, facecolor=INK)
                base = y + 0.34 * layout.small - (len(each) - 1) / 2 * layout.small_line
                canvas.lines(x, base, each, small=True, color=INK, ha=side)
        self._key(canvas, breaks, height + 8)
        note(canvas, lines)
        return canvas.svg()

    def _places(self, names: list[tuple[str, ...]], layout: Layout, height: float) -> list[float]:
        """Middles of the names of one column, spread over its height."""
        tall = [len(lines) * layout.small_line + 20 for lines in names]
        spare = (height - sum(tall)) / len(tall)
        made, y = [], 0.0
        for each in tall:
            made.append(y + (each + spare) / 2)
            y += each + spare
        return made

    def _breaks(self) -> list[float]:
        """Upper ends of all classes but the last: round numbers."""
        largest = self.pairs.largest()
        marks = [mark for mark in ticks(0, largest, len(WIDTHS)) if 0 < mark < largest]
        return marks[: len(WIDTHS) - 1]

    def _key(self, canvas: Canvas, breaks: list[float], top: float) -> None:
        layout, words = canvas.layout, self.reader.words
        texts = [f"≤ {tick(edge, words)}" for edge in breaks]
        texts.append(f"> {tick(breaks[-1], words)}" if breaks else tick(self.pairs.largest(), words))
        x, y = 0.0, top + layout.small
        for text, width in zip(texts, WIDTHS, strict=False):
            canvas.rule((x, x + 22), (y - layout.small * 0.34,) * 2, color=COUNTED, linewidth=width, alpha=0.55)
            canvas.write(x + 28, y, text, small=True)
            x += 28 + fonts.width(text, layout.small) + 14

    def _notes(self) -> list[str]:
        text = self.reader.words.text
        made = [text("drawn.widths", measure=text(f"measure.{self.reader.given('x')}"))]
        hidden = {pair.point.label for pair in self.pairs.pairs if not pair.point.known}
        return made + ([text("drawn.dashed", marks=", ".join(sorted(hidden)))] if hidden else [])


def network(reader: Reader) -> Network:
    """A count by the dimensions `from` and `to`."""
    return Network(reader, pairs(reader))
