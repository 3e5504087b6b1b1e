"""Charts drawn from the cells of a table, twice each: wide, and narrow for a telephone.

One module a kind of drawing; `reading` reads cells, `canvas` and `plane` are the shared vocabulary.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from equity_lib.errors import WrongParameters
from equity_lib.programme.grid import Tile
from equity_lib.report import fonts
from equity_lib.report.charts import bars
from equity_lib.report.charts.binned import binned
from equity_lib.report.charts.canvas import NARROW, WIDE
from equity_lib.report.charts.concentration import concentration
from equity_lib.report.charts.event_study import event_study
from equity_lib.report.charts.flow import flow
from equity_lib.report.charts.forest import forest
from equity_lib.report.charts.funnel import funnel
from equity_lib.report.charts.multiples import multiples
from equity_lib.report.charts.network import network
from equity_lib.report.charts.reading import Drawing, Reader, Words
from equity_lib.report.charts.survival import survival
from equity_lib.report.charts.tiles import tiles
from equity_lib.report.svg import clean
from equity_lib.results import Chart, Table

#: Figures that a description tells one by one; nobody listens to more.
MOST = 12


@dataclass(frozen=True)
class Kind:
    """A kind of drawing: how it is read, and which encodings it needs and allows."""

    read: Callable[[Reader], Drawing]
    needs: tuple[str, ...]
    allows: tuple[str, ...] = ()


KINDS: Mapping[str, Kind] = {
    "parts": Kind(bars.parts, ("x", "y", "parts", "total"), ("missing", "share", "levels")),
    "bars": Kind(bars.bars, ("x", "y"), ("levels", "missing", "share", "total", "parts")),
    "years": Kind(
        bars.years, ("x", "y"), ("levels", "missing", "share", "total", "break_after", "break_words")
    ),
    "tiles": Kind(tiles, ("x", "y"), ("levels",)),
    "funnel": Kind(funnel, ("x", "y", "by"), ("total", "levels")),
    "flow": Kind(flow, ("x",), ("from_levels", "to_levels")),
    "survival": Kind(survival, ("x", "y"), ("at_risk", "colour", "levels", "start")),
    "concentration": Kind(concentration, ("x", "y"), ("colour", "levels", "p")),
    "forest": Kind(forest, ("x", "y"), ("reference", "levels")),
    "network": Kind(network, ("x",), ("from_levels", "to_levels")),
    "multiples": Kind(multiples, ("x", "y", "panel"), ("levels",)),
    "event_study": Kind(event_study, ("x", "y"), ("levels",)),
    "binned": Kind(binned, ("x", "y", "cut"), ("n", "fit", "zero", "levels")),
}


def read(chart: Chart, table: Table, words: Words, tiles: Mapping[str, Tile] | None = None) -> "Read":
    """A chart with everything that it draws, taken from the (safe) cells of its table.

    Parameters
    ----------
    chart, table
        The description and the table.
    words
        The language of names and numbers.
    tiles
        The map of the province (`equity_lib.programme.grid`), for kind `tiles`.

    Raises
    ------
    WrongParameters
        If the chart is of a kind unknown here, has an encoding that its kind doesn't know or lacks one
        that it needs, or asks for cells that the table hasn't.
    """
    if chart.kind not in KINDS:
        raise WrongParameters(f"`{chart.id}` is of kind '{chart.kind}'; allowed: {', '.join(KINDS)}.")
    kind = KINDS[chart.kind]
    known = [*kind.needs, *kind.allows, *(dim.key for dim in table.dims)]
    problems = [f"found the encoding '{each}'" for each in sorted(chart.encodings) if each not in known]
    problems += [f"the encoding '{each}' is missing" for each in kind.needs if not chart.encodings.get(each)]
    if problems:
        allowed = f"needed {', '.join(kind.needs)}; allowed besides: {', '.join(known[len(kind.needs) :])}"
        raise WrongParameters(f"`{chart.id}` of kind '{chart.kind}': {'; '.join(problems)}; {allowed}.")
    reader = Reader(chart, table, words, tiles)
    return Read(chart, words, kind.read(reader), tuple(reader.cells))


@dataclass(frozen=True)
class Read:
    """A chart that has been read.

    Parameters
    ----------
    cells
        Ids of the cells that it draws, in the order in which they were read.
    """

    chart: Chart
    words: Words
    drawing: Drawing
    cells: tuple[str, ...]

    def html(self, title: str, prefix: str = "", *, short: bool = False) -> str:
        """The two drawings as inline SVG; caption, source and notes are the page's.

        Parameters
        ----------
        title
            The finding, for screen readers; the page prints it above the drawing.
        prefix
            Start of the ids, if a page shows the same chart twice; by default made from the chart's id.
        short
            Whether a long description stops where the table beneath the chart goes on.

        Raises
        ------
        MissingGlyph
            If a name can't be set in Sarabun.
        """
        said = self.drawing.said()
        fonts.check("".join([title, *said]))
        description = "; ".join(_short(said, self.words) if short else said)
        prefix = prefix or self.chart.id.replace(".", "-")
        drawings = []
        for name, layout in (("wide", WIDE), ("narrow", NARROW)):
            svg = self.drawing.svg(layout)
            classes = f"chart chart-{name}"
            drawings.append(
                clean(svg, f"{prefix}-{name[0]}", title, description, self.words.language, classes)
            )
        return "\n".join(drawings)


def _short(said: Sequence[str], words: Words) -> Sequence[str]:
    """What can be listened to: of a long list the start, how much more the table has, the last remarks."""
    if len(said) <= MOST:
        return said
    more = words.text("chart.more", count=words.digits(str(len(said) - MOST + 1)))
    return [*said[: MOST - 3], more, *said[-2:]]


def draw(
    chart: Chart,
    table: Table,
    words: Words,
    *,
    title: str,
    prefix: str = "",
    tiles: Mapping[str, Tile] | None = None,
) -> str:
    """The two drawings of a chart at once: `read(…).html(title)`."""
    return read(chart, table, words, tiles).html(title, prefix)
