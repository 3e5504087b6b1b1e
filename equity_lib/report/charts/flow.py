"""Flow: bands from one state to the next, as wide as their counts."""

from dataclasses import dataclass

from equity_lib.report import fonts
from equity_lib.report.charts.bars import row_of
from equity_lib.report.charts.canvas import DASHED, SPACE, Canvas, Layout
from equity_lib.report.charts.pairs import Pair, Pairs, pairs
from equity_lib.report.charts.plane import beneath, note, room
from equity_lib.report.charts.reading import Reader
from equity_lib.report.charts.rows import Row, picture
from equity_lib.report.svg import COUNTED, INK, MUTED, PAPER

NAMES, POST, APART = 170.0, 8.0, 16.0  # px: columns of names, width of a post, room between two posts
BODY = 300.0  # px: what all shown counts together are high, less the room that small ones need


@dataclass(frozen=True)
class Flow:
    """Bands left to right; on a telephone one list of bars a state, from top to bottom."""

    reader: Reader
    pairs: Pairs

    def said(self) -> list[str]:
        """Each band: from where, to where and how many."""
        words, made = self.reader.words, []
        for pair in self.pairs.pairs:
            name = words.text("drawn.from_to", start=pair.start, end=pair.end)
            made.append(words.text("chart.described", label=name, value=pair.point.label))
        return made + self._notes()

    def svg(self, layout: Layout) -> str:
        """The wide drawing as bands, the narrow one as bars of one scale under each state."""
        if not layout.stacked:
            return self._bands(layout)
        rows = []
        for start in self.pairs.starts:
            rows.append(Row(start, "heading"))
            for pair in self.pairs.of(start):
                rows.append(row_of(f"→ {pair.end}", pair.point, self.reader))
        return picture(rows, layout, " ".join(self._notes("hatched")))

    def _bands(self, layout: Layout) -> str:
        scale = BODY / sum(pair.point.value or 0.0 for pair in self.pairs.pairs or []) if self._shown else 0.0
        least = layout.small_line + 1.0
        slots = {id(pair): max((pair.point.value or 0.0) * scale, least) for pair in self.pairs.pairs}
        names = {name: fonts.wrap(name, NAMES - SPACE, layout.size) for name in self.pairs.starts + self.pairs.ends}
        left, height_left = self._places(slots, names, layout, True)
        right, height_right = self._places(slots, names, layout, False)
        lines = beneath(layout, self._notes())
        height = max(height_left, height_right)
        canvas = Canvas(layout, height + room(layout, lines))
        shift = (height - height_left) / 2, (height - height_right) / 2
        ends = NAMES + POST, layout.width - NAMES - POST
        for pair in self.pairs.pairs:
            band = (pair.point.value or 0.0) * scale
            slot = slots[id(pair)]
            tops = left[id(pair)] + shift[0] + slot / 2, right[id(pair)] + shift[1] + slot / 2
            self._band(canvas, pair, ends, tops, band)
        for pair in self.pairs.pairs:
            middle = left[id(pair)] + shift[0] + slots[id(pair)] / 2
            base = middle + 0.34 * layout.small
            if not pair.point.known:
                wide = fonts.width(pair.point.figure, layout.small, 600)
                canvas.box(ends[0] + 5, middle - 7, wide + 6, 14, facecolor=PAPER)
            canvas.write(ends[0] + 8, base, pair.point.figure, small=True, color=INK, weight=600)
        self._posts(canvas, slots, left, names, shift[0], True)
        self._posts(canvas, slots, right, names, shift[1], False)
        note(canvas, lines)
        return canvas.svg()

    def _band(
        self, canvas: Canvas, pair: Pair, ends: tuple[float, float], middles: tuple[float, float], band: float
    ) -> None:
        """A band of its count; without a count, a dashed line that is always the same."""
        if pair.point.value is None:
            canvas.curve(ends, middles, edgecolor=MUTED, linewidth=1.5, linestyle=DASHED)
            return
        wide = max(band, 1.0)
        tops = middles[0] - wide / 2, middles[1] - wide / 2
        canvas.ribbon(ends, tops, wide, facecolor=COUNTED, alpha=0.28, linewidth=0)

    def _places(
        self, slots: dict[int, float], names: dict[str, tuple[str, ...]], layout: Layout, start: bool
    ) -> tuple[dict[int, float], float]:
        """Top of each band's slot on one side, and how high that side is."""
        made, y = {}, 2.0
        for name in self.pairs.starts if start else self.pairs.ends:
            held = self._held(name, start)
            body = sum(slots[id(pair)] for pair in held)
            tall = max(body, len(names[name]) * layout.line)
            at = y + (tall - body) / 2
            for pair in held:
                made[id(pair)] = at
                at += slots[id(pair)]
            y += tall + APART
        return made, y - APART + 2

    def _posts(
        self,
        canvas: Canvas,
        slots: dict[int, float],
        places: dict[int, float],
        names: dict[str, tuple[str, ...]],
        shift: float,
        start: bool,
    ) -> None:
        layout = canvas.layout
        for name in self.pairs.starts if start else self.pairs.ends:
            held = self._held(name, start)
            top = min(places[id(pair)] for pair in held) + shift
            body = sum(slots[id(pair)] for pair in held)
            canvas.box(NAMES if start else layout.width - NAMES - POST, top, POST, body, facecolor=COUNTED)
            base = top + body / 2 + 0.34 * layout.size - (len(names[name]) - 1) / 2 * layout.line
            x, side = (NAMES - SPACE, "right") if start else (layout.width - NAMES + SPACE, "left")
            canvas.lines(x, base, names[name], ha=side)

    def _held(self, name: str, start: bool) -> list[Pair]:
        return [pair for pair in self.pairs.pairs if (pair.start if start else pair.end) == name]

    @property
    def _shown(self) -> bool:
        return any(pair.point.known for pair in self.pairs.pairs)

    def _notes(self, look: str = "dashed") -> list[str]:
        hidden = {pair.point.label for pair in self.pairs.pairs if not pair.point.known}
        marks = ", ".join(sorted(hidden))
        return [self.reader.words.text(f"drawn.{look}", marks=marks)] if hidden else []


def flow(reader: Reader) -> Flow:
    """A count by the dimensions `from` and `to`."""
    return Flow(reader, pairs(reader))
