"""The paper of a chart: lines, areas and words in px from the top left corner, written as SVG."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import matplotlib as mpl
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.transforms import Affine2D

from equity_lib.report import fonts
from equity_lib.report.svg import INK, MUTED, PAPER, RULE

SPACE = 10.0  # px: what parts a mark from its words
SLOT = 36.0  # px: one length for everything without a value, so that it can't be read as one
DASHED = (0, (6, 4))
DOTTED = (0, (1.5, 3))
HIDDEN: dict[str, Any] = {"edgecolor": MUTED, "hatch": "xxx", "hatch_linewidth": 0.75}
ABSENT: dict[str, Any] = {
    "edgecolor": MUTED,
    "hatch": "//",
    "hatch_linewidth": 0.75,
    "linestyle": (0, (4, 3)),
}


@dataclass(frozen=True)
class Layout:
    """Widths and type sizes of one of the two drawings, in px."""

    width: float
    size: float
    small: float
    bar: float
    gap: float
    stacked: bool

    @property
    def line(self) -> float:
        """Distance of two lines of text; less than 1.4 and Thai tone marks collide."""
        return round(1.4 * self.size)

    @property
    def small_line(self) -> float:
        """Distance of two lines of small text."""
        return round(1.4 * self.small)


WIDE = Layout(width=720, size=16, small=14, bar=28, gap=18, stacked=False)
NARROW = Layout(width=328, size=15, small=13, bar=20, gap=20, stacked=True)


class _Word(Text):
    """A line of text by its baseline: the browser aligns it, so nothing has to be measured."""

    def draw(self, renderer: Any) -> None:
        """Write it as text, level and unclipped."""
        x, y = self.get_transform().transform(self.get_unitless_position())
        drawing = renderer.new_gc()
        drawing.set_foreground(self.get_color())
        drawing.set_alpha(self.get_alpha())
        face = self.get_fontproperties()
        renderer.draw_text(drawing, x, renderer.height - y, self.get_text(), face, 0, mtext=self)
        drawing.restore()
        self.stale = False


class Canvas:
    """A drawing under way; what is drawn later lies above what was drawn before.

    Parameters
    ----------
    layout
        Width and type sizes.
    height
        In px.
    """

    def __init__(self, layout: Layout, height: float) -> None:
        self.layout, self.height = layout, height
        self.figure = Figure(figsize=(layout.width / 72, height / 72), dpi=72, frameon=False)
        self._down = Affine2D().scale(1, -1).translate(0, height)
        self._order = count(1)

    def write(self, x: float, y: float, text: str, small: bool = False, **style: Any) -> None:
        """Text with its baseline at y; text that Sarabun can't draw is refused."""
        if not text:
            return
        fonts.check(text)
        size = self.layout.small if small else self.layout.size
        style = {"color": MUTED if small else INK, "weight": 400, "size": size, **style}
        face = fonts.face(style.pop("size"), style.pop("weight"))
        style |= {"transform": self._down, "zorder": 1000 + next(self._order)}
        word = _Word(x, y, fonts.plain(text), fontproperties=face, parse_math=False, va="baseline", **style)
        self.figure.add_artist(word, clip=False)

    def lines(self, x: float, y: float, texts: Sequence[str], small: bool = False, **style: Any) -> None:
        """Lines of text, the first with its baseline at y."""
        pitch = self.layout.small_line if small else self.layout.line
        for index, text in enumerate(texts):
            self.write(x, y + index * pitch, text, small, **style)

    def rule(self, x: Sequence[float], y: Sequence[float], **style: Any) -> None:
        """A line through points."""
        bare: dict[str, Any] = {
            "color": RULE,
            "linewidth": 1,
            "solid_capstyle": "butt",
            "dash_capstyle": "butt",
        }
        self._add(Line2D(list(x), list(y), **bare | style))

    def whisker(
        self, ends: tuple[float, float], at: float, *, upright: bool = False, over: bool = False
    ) -> None:
        """An interval, a line between its ends; over a bar, with a halo that keeps the two apart."""
        low, high = ends
        points = [(low, at), (high, at), *((end, at + side) for end in ends for side in (-4, 4))]
        if upright:
            points = [(x, y) for y, x in points]
        path = Path(points, [Path.MOVETO, Path.LINETO] * 3)
        if over:
            self._path(path, {"edgecolor": PAPER, "linewidth": 5.5, "capstyle": "projecting"})
        self._path(path, {"edgecolor": INK, "linewidth": 2})

    def area(self, points: Sequence[tuple[float, float]], **style: Any) -> None:
        """A closed area; bare unless a colour, hatch or edge is given."""
        self._path(Path([*points, points[0]], closed=True), style)

    def box(self, x: float, y: float, width: float, height: float, **style: Any) -> None:
        """A rectangle by its top left corner."""
        self.area(((x, y), (x + width, y), (x + width, y + height), (x, y + height)), **style)

    def dot(self, x: float, y: float, radius: float, **style: Any) -> None:
        """A circle."""
        turn = Affine2D().scale(radius).translate(x, y)
        self._path(Path.unit_circle().transformed(turn), style)

    def ribbon(self, x: tuple[float, float], top: tuple[float, float], width: float, **style: Any) -> None:
        """A band from one column to another, by the tops of its two ends."""
        (left, right), (start, end) = x, top
        middle = (left + right) / 2
        points = [(left, start), (middle, start), (middle, end), (right, end), (right, end + width)]
        points += [(middle, end + width), (middle, start + width), (left, start + width), (left, start)]
        codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
        self._path(Path(points, codes), style)

    def curve(self, x: tuple[float, float], y: tuple[float, float], **style: Any) -> None:
        """A line from one column to another that leaves and arrives level."""
        middle = sum(x) / 2
        points = [(x[0], y[0]), (middle, y[0]), (middle, y[1]), (x[1], y[1])]
        outline = Path(points, [Path.MOVETO, *[Path.CURVE4] * 3])
        self._path(outline, {"edgecolor": RULE, "linewidth": 1, "capstyle": "butt"} | style)

    def svg(self) -> str:
        """The drawing as matplotlib's SVG, not yet cleaned."""
        target = io.StringIO()
        with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "equity", "path.simplify": False}):
            self.figure.savefig(target, format="svg", metadata={"Date": None})
        return target.getvalue()

    def _path(self, path: Path, style: dict[str, Any]) -> None:
        bare = {"facecolor": "none", "edgecolor": "none", "linewidth": 1}
        self._add(PathPatch(path, **bare | style))

    def _add(self, artist: Artist) -> None:
        artist.set(transform=self._down, zorder=next(self._order), clip_on=False)
        self.figure.add_artist(artist, clip=False)
