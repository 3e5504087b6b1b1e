"""Funnel plot: shares against their denominators, inside what chance alone would give."""

from dataclasses import dataclass

import numpy as np

from equity_lib.report import fonts
from equity_lib.report.charts.canvas import DASHED, Layout
from equity_lib.report.charts.plane import Plane, axis, beneath, note, plane, room
from equity_lib.report.charts.reading import Point, Reader, ticks
from equity_lib.report.svg import COUNTED, INK, MUTED, PAPER

#: Two-sided shares of chance of the limits, inner and outer.
LIMITS = (0.95, 0.998)
HUNDRED = 100.0


@dataclass(frozen=True)
class Funnel:
    """A denominator and a share a level, and the share of the total as the centre."""

    reader: Reader
    points: list[tuple[str, Point, Point]]
    centre: Point

    def said(self) -> list[str]:
        """The centre, each shown level with share and denominator, who is outside, who isn't drawn."""
        text, made = self.reader.words.text, [self._centre()]
        for name, size, share in self._shown:
            made.append(f"{self.reader.say(name, share)} ({size.label})")
        outside = [name for name, size, share in self._shown if self._outside(size, share)]
        names = ", ".join(outside)
        made.append(text("drawn.outside", names=names) if outside else text("drawn.none_outside"))
        return made + self._notes()[1:]

    def svg(self, layout: Layout) -> str:
        """Limits as lines, points hollow inside the inner limits, full and named outside."""
        words, reader = self.reader.words, self.reader
        sizes = [size.value or 0.0 for _, size, _ in self._shown]
        shares = [share.value or 0.0 for *_, share in self._shown]
        along = ticks(0, max(sizes, default=1), 5 if layout.stacked else 8)
        across = axis(reader.headed("x"), along, words)
        centre = self.centre.value
        top = max([*shares, 0 if centre is None else centre])
        bottom = min([*shares, HUNDRED if centre is None else centre])
        if centre is not None and sizes:
            low, high = limits(centre, np.array([max(min(sizes), 1.0)]), LIMITS[0])
            bottom, top = min(bottom, float(low[0])), max(top, float(high[0]))
        edge = 0.06 * (top - bottom)  # no point on the frame, where its name has no room
        marks = [v for v in ticks(bottom - edge, top + edge, 5) if 0 <= v <= HUNDRED]
        if len(marks) < 2:  # all at one end of the scale, or nothing is shown
            marks = ticks(0, HUNDRED, 5)
        up = axis(reader.headed("y"), marks, words)
        lines = beneath(layout, self._notes())
        made = plane(layout, 300 if layout.stacked else 340, across, up, foot=room(layout, lines))
        if centre is not None:
            self._limits(made, centre)
        for _, size, share in self._shown:
            far = self._outside(size, share)
            look = {"facecolor": COUNTED} if far else {"edgecolor": COUNTED, "linewidth": 1.5}
            made.canvas.dot(made.x(size.value or 0), made.y(share.value or 0), 5.5 if far else 4.5, **look)
        self._names(made)
        note(made.canvas, lines)
        return made.canvas.svg()

    @property
    def _shown(self) -> list[tuple[str, Point, Point]]:
        return [each for each in self.points if each[1].value and each[2].value is not None]

    def _outside(self, size: Point, share: Point) -> bool:
        if self.centre.value is None or not size.value or share.value is None:
            return False
        low, high = limits(self.centre.value, np.array([size.value]), LIMITS[0])
        return not low[0] <= share.value <= high[0]

    def _limits(self, made: Plane, centre: float) -> None:
        canvas, (left, top, right, bottom) = made.canvas, made.box
        sizes = np.geomspace(max(made.across.high / 400, 1.0), made.across.high, 120)
        canvas.rule((left, right), (made.y(centre),) * 2, color=INK, linewidth=1.5)
        looks = ({"linestyle": DASHED, "linewidth": 1.25}, {"linestyle": "-", "linewidth": 1})
        for chance, look in zip(LIMITS, looks, strict=True):
            for ends in limits(centre, sizes, chance):
                ys = np.array([made.y(float(end)) for end in ends])
                inside = (ys >= top) & (ys <= bottom)
                if inside.sum() > 1:
                    xs = [made.x(float(size)) for size in sizes[inside]]
                    canvas.rule(xs, list(ys[inside]), color=MUTED, **look)

    def _names(self, made: Plane) -> None:
        """Names of those outside, each on the first side of its point where nothing else stands."""
        canvas, size = made.canvas, made.canvas.layout.small
        dots = [(made.x(s.value or 0), made.y(p.value or 0)) for _, s, p in self._shown]
        taken = [(x - 6, y - 6, x + 6, y + 6) for x, y in dots]
        outside = [(n, d) for (n, s, p), d in zip(self._shown, dots, strict=True) if self._outside(s, p)]
        for name, (x, y) in sorted(outside, key=lambda each: (each[1][1], each[1][0])):
            wide = fonts.width(name, size, 600)
            spots = [(x + 9, y), (x - 9 - wide, y)]
            spots += [(x - wide / 2, y + lift) for lift in (-size - 4, size + 4)]
            spots += [(x + side, y + lift) for lift in (-26, 26, -44, 44) for side in (9, -9 - wide)]
            boxes = [(left, middle - size * 0.7, left + wide, middle + size * 0.5) for left, middle in spots]
            free = [box for box in boxes if _inside(box, made.box) and not any(_meet(box, o) for o in taken)]
            box = (free or [box for box in boxes if _inside(box, made.box)] or boxes)[0]
            taken.append(box)
            canvas.box(
                box[0] - 2, box[1] + 1, wide + 4, size * 1.25, facecolor=PAPER, alpha=0.85, linewidth=0
            )
            canvas.write(box[0], box[1] + size, name, small=True, color=INK, weight=600)

    def _centre(self) -> str:
        return self.reader.words.text("drawn.centre", value=self.centre.label)

    def _notes(self) -> list[str]:
        text = self.reader.words.text
        made = (
            [f"{self._centre()} {text('drawn.limits')}"] if self.centre.known else [text("drawn.no_centre")]
        )
        absent: dict[str, list[str]] = {}
        for each in self.points:
            if each not in self._shown:
                mark = each[1].label if not each[1].known else each[2].label
                absent.setdefault(mark, []).append(each[0])
        for mark, names in absent.items():
            made.append(text("drawn.not_drawn", mark=mark, names=", ".join(names)))
        return made


def funnel(reader: Reader) -> Funnel:
    """Shares by district against the share of the level `total`."""
    dim = reader.dim(reader.given("by"))
    total = reader.given("total") or dim.total or ""
    if total not in dim.levels:
        raise reader.fail(f"found total '{total}'; allowed: one of {', '.join(dim.levels)}.")
    size, share = reader.given("x"), reader.given("y")
    points = [
        (
            reader.name(dim, level),
            reader.cell(size, **{dim.key: level}),
            reader.cell(share, **{dim.key: level}),
        )
        for level in reader.levels(dim)
        if level != total
    ]
    centre = reader.cell(share, **{dim.key: total})
    if centre.known and centre.unit != "percent":
        raise reader.fail(f"found a measure in {centre.unit}; allowed: a share in percent.")
    return Funnel(reader, points, centre)


def limits(centre: float, sizes: np.ndarray, chance: float) -> tuple[np.ndarray, np.ndarray]:
    """Exact binomial limits of a share in per cent, made smooth between whole numbers.

    Parameters
    ----------
    centre
        The share that all are compared with, in per cent.
    sizes
        Denominators.
    chance
        Two-sided: 0.95 or 0.998.

    Source
    ------
    Spiegelhalter (2005), Funnel plots for comparing institutional performance, Statistics in
    Medicine 24: 1185-1202, appendix A.1.1.
    """
    from scipy import stats  # takes longer to import than most charts to draw

    share = centre / HUNDRED
    if not 0 < share < 1:
        return np.full(len(sizes), centre), np.full(len(sizes), centre)
    made = []
    for tail in ((1 - chance) / 2, (1 + chance) / 2):
        whole = np.maximum(np.round(sizes), 1)
        count = stats.binom.ppf(tail, whole, share)
        step = stats.binom.pmf(count, whole, share)
        back = (stats.binom.cdf(count, whole, share) - tail) / step
        made.append(np.clip(HUNDRED * (count - back) / whole, 0, HUNDRED))
    return made[0], made[1]


def _inside(box: tuple[float, ...], around: tuple[float, ...]) -> bool:
    return box[0] >= around[0] and box[1] >= around[1] and box[2] <= around[2] and box[3] <= around[3]


def _meet(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
