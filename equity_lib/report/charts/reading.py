"""What a drawing reads: the encodings of a chart, and the cells of its table as they may be shown."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from equity_lib.errors import WrongParameters
from equity_lib.programme.grid import Tile
from equity_lib.report.charts.canvas import Layout
from equity_lib.report.records import placed, records
from equity_lib.results import Chart, Dimension, Table

#: Statuses whose value may be drawn; any other is a mark, whatever the cell holds.
DRAWN = frozenset({"stated", "computed", "verified", "estimated", "rounded", "exact"})


class Words(Protocol):
    """What a chart needs of a language (`equity_lib.report.languages`)."""

    @property
    def language(self) -> str:
        """Code of the language: `th` or `en`."""

    def text(self, key: str, **values: str) -> str:
        """Sentence of the catalogue."""

    def heading(self, measure: str, unit: str) -> str:
        """Name of a measure with its unit."""

    def level(self, dim: Dimension, level: str) -> str:
        """Name of a level."""

    def figure(self, value: float, unit: str, status: str = ...) -> str:
        """A number without its unit, as precisely as its status allows."""

    def number(self, value: float, unit: str, status: str = ...) -> str:
        """A number with its unit, as precisely as its status allows."""

    def digits(self, text: str) -> str:
        """Text in the digits of the language."""

    def mark(self, status: str) -> str:
        """Mark of a status without a value, and of `zero`."""


class Drawing(Protocol):
    """A chart that has been read: it can be said and painted, and needs no table any more."""

    def said(self) -> list[str]:
        """What is drawn, in words, one entry a mark."""

    def svg(self, layout: Layout) -> str:
        """One of its two drawings, as matplotlib's SVG."""


@dataclass(frozen=True)
class Point:
    """A cell as it may be shown: without a value, neither value nor interval is known here.

    Parameters
    ----------
    label, figure
        The number with and without its unit, else the mark of the status.
    """

    value: float | None
    status: str
    unit: str
    label: str
    figure: str
    low: float | None = None
    high: float | None = None

    @property
    def known(self) -> bool:
        """Whether there is a value to draw."""
        return self.value is not None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Both ends, if there are any."""
        return None if self.low is None or self.high is None else (self.low, self.high)


@dataclass(frozen=True)
class Reader:
    """A chart, its table and a language; remembers which cells were read.

    Parameters
    ----------
    tiles
        District code → column, row of its tile, if the map of a province is known.
    """

    chart: Chart
    table: Table
    words: Words
    tiles: Mapping[str, Tile] | None = None
    cells: dict[str, None] = field(default_factory=dict)

    def fail(self, what: str) -> WrongParameters:
        """An error that says which chart and table it is about."""
        return WrongParameters(f"`{self.chart.id}`, drawn from `{self.table.id}`: {what}")

    def given(self, channel: str, default: str = "") -> str:
        """What an encoding names."""
        return self.chart.encodings.get(channel, default)

    def listed(self, channel: str) -> list[str]:
        """Comma-separated levels that an encoding names."""
        return [level for level in self.given(channel).split(",") if level]

    def dim(self, key: str) -> Dimension:
        """A breakdown of the table by its key."""
        for dim in self.table.dims:
            if dim.key == key:
                return dim
        allowed = ", ".join(dim.key for dim in self.table.dims) or "none"
        raise self.fail(f"found the breakdown '{key}'; allowed: {allowed}.")

    def levels(self, dim: Dimension, channel: str = "levels") -> list[str]:
        """The levels to draw: those that an encoding lists, else all but the total."""
        asked = self.listed(channel)
        if unknown := [level for level in asked if level not in dim.levels]:
            raise self.fail(
                f"found {dim.key} {', '.join(map(repr, unknown))}; allowed: {', '.join(dim.levels)}."
            )
        made = asked or [level for level in dim.levels if level != dim.total]
        if not made:
            raise self.fail(f"there is no level of {dim.key} to draw.")
        return made

    def numbers(self, dim: Dimension) -> list[tuple[float, str]]:
        """Levels that are numbers written as text, in the order of the numbers."""
        made = []
        for level in self.levels(dim):
            try:
                made.append((float(level), level))
            except ValueError:
                raise self.fail(f"found {dim.key} '{level}'; allowed: a number, such as -2 or 0.5.") from None
        return sorted(made)

    def name(self, dim: Dimension, level: str) -> str:
        """What a level is called."""
        return self.words.level(dim, level)

    def headed(self, channel: str) -> str:
        """What an axis is called: the measure that an encoding names, with its unit."""
        measure = self.given(channel)
        units = self.table.cells.loc[self.table.cells["measure"] == measure, "unit"]
        return self.words.heading(measure, str(units.iloc[0]))

    def find(self, measure: str, **levels: str) -> Point | None:
        """The cell of a measure at some levels, or None if the table has no such cell."""
        place = [measure]
        for dim in self.table.dims:
            level = levels.get(dim.key) or self.given(dim.key) or dim.total
            if level is None:
                raise self.fail(f"needs one level of {dim.key}; allowed: {', '.join(dim.levels)}.")
            place.append(level)
        found = placed(self.table).get(tuple(place), [])
        if len(found) != 1:
            return None
        self.cells.setdefault(found[0]["id"])
        return self._point(found[0])

    def cell(self, measure: str, **levels: str) -> Point:
        """The one cell of a measure at some levels."""
        found = self.find(measure, **levels)
        if found is None:
            where = ", ".join(f"{key} '{level}'" for key, level in levels.items())
            measures = ", ".join(dict.fromkeys(row["measure"] for row in records(self.table)))
            raise self.fail(f"needs one cell for {where} and measure '{measure}'; it has: {measures}.")
        return found

    def _point(self, row: Mapping[str, Any]) -> Point:
        status, unit, words = str(row["status"]), str(row["unit"]), self.words
        if status not in DRAWN or math.isnan(row["value"]):
            mark = words.mark(status)
            return Point(None, status, unit, mark, mark)
        value = float(row["value"])
        ends = (float(row[end]) if math.isfinite(row[end]) else None for end in ("low", "high"))
        written = (words.number(value, unit, status), words.figure(value, unit, status))
        return Point(value, status, unit, *written, *ends)

    def between(self, point: Point) -> str:
        """A number and its interval, all with the same decimals: the number's own; none if all are whole."""
        if point.value is None or point.interval is None:
            return point.figure
        values = (point.value, *point.interval)
        own = len(point.figure.partition(".")[2])
        as_written = own or point.status == "rounded"
        digits = 0 if all(value == round(value) for value in values) else own if as_written else 2
        value, low, high = (self.words.digits(f"{each:,.{digits}f}".replace("-", "−")) for each in values)
        return self.words.text("drawn.between", value=value, low=low, high=high)

    def say(self, name: str, point: Point) -> str:
        """A cell in words: its name, its number and its interval."""
        words = self.words
        value = self.between(point) if point.interval else point.label
        return words.text("chart.described", label=name, value=value)


def tick(value: float, words: Words) -> str:
    """A number on an axis: no more decimals than it needs."""
    text = f"{value:,.6f}".rstrip("0").rstrip(".")
    return words.digits(text.replace("-", "−"))


def ticks(low: float, high: float, most: int) -> list[float]:
    """Round numbers that cover a range, `most` + 1 at the most."""
    from matplotlib.ticker import MaxNLocator

    if high <= low:
        high = low + 1
    for steps in range(most, 0, -1):
        made = MaxNLocator(nbins=steps, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
        if len(made) <= most + 1:
            break
    return [float(round(value, 9)) + 0.0 for value in made]


def finite(values: Sequence[float | None]) -> list[float]:
    """The values that there are."""
    return [value for value in values if value is not None]
