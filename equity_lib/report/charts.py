"""Charts drawn from the cells of a table, twice each: wide, and narrow for a telephone."""

import math
from collections.abc import Callable
from typing import Any, Protocol

from equity_lib.errors import WrongParameters
from equity_lib.report import fonts
from equity_lib.report.marks import NARROW, WIDE, Look, Row, picture
from equity_lib.report.svg import clean
from equity_lib.results import Chart, Dimension, Table

#: Statuses whose value may be drawn; any other is a mark, whatever the cell holds.
DRAWN = frozenset({"stated", "computed", "verified", "estimated", "rounded"})
#: Looks of the statuses that are not drawn; a status that isn't listed gets an empty slot.
_ABSENT: dict[str, Look] = {"suppressed": "hidden", "not_applicable": "bare"}


class Words(Protocol):
    """What a chart needs of a language (`equity_lib.report.languages`)."""

    @property
    def language(self) -> str:
        """Code of the language: `th` or `en`."""

    def text(self, key: str, **values: str) -> str:
        """Sentence of the catalogue."""

    def level(self, dim: Dimension, level: str) -> str:
        """Name of a level."""

    def number(self, value: float, unit: str) -> str:
        """A number with its unit."""

    def mark(self, status: str) -> str:
        """Mark of a status without a value, and of `zero`."""


def draw(chart: Chart, table: Table, words: Words, *, title: str, prefix: str = "") -> str:
    """The two drawings of a chart as inline SVG; caption, source and notes are the page's.

    Parameters
    ----------
    chart, table
        The description and the (safe) table it is drawn from.
    words
        The language of names and numbers.
    title
        The finding, for screen readers; the page prints it above the drawing.
    prefix
        Start of the ids, if a page shows the same chart twice; by default made from the chart's id.

    Raises
    ------
    WrongParameters
        If the chart asks for cells that the table hasn't, or for a kind of drawing unknown here.
    MissingGlyph
        If a name can't be set in Sarabun.
    """
    if chart.kind not in KINDS:
        raise WrongParameters(f"`{chart.id}` is of kind '{chart.kind}'; allowed: {', '.join(KINDS)}.")
    rows = KINDS[chart.kind](chart, table, words)
    if not rows:
        raise WrongParameters(f"`{chart.id}` has no level of `{table.id}` to draw.")
    description = _describe(rows, words)
    fonts.check(title + description)
    prefix = prefix or chart.id.replace(".", "-")
    drawings = []
    for name, layout in (("wide", WIDE), ("narrow", NARROW)):
        svg = picture(rows, layout)
        classes = f"chart chart-{name}"
        drawings.append(clean(svg, f"{prefix}-{name[0]}", title, description, words.language, classes))
    return "\n".join(drawings)


def _parts(chart: Chart, table: Table, words: Words) -> list[Row]:
    """Parts, one after the other, over their total."""
    parts, total = _list(chart, "parts"), chart.encodings["total"]
    values = [_value(_cell(chart, table, level)) for level in parts]
    rows, running = [], 0.0
    for level, value in zip(parts, values, strict=True):
        # a part without a value leaves the others without a place: a gap would tell its size
        start = min(running, running + value) if value and None not in values else 0.0
        rows.append(_row(chart, table, words, level, start=start))
        running += value or 0
    return [*rows, _row(chart, table, words, total)]


def _bars(chart: Chart, table: Table, words: Words) -> list[Row]:
    """One measure by one breakdown, in the order of its levels."""
    return [_row(chart, table, words, level) for level in _levels(chart, table)]


def _years(chart: Chart, table: Table, words: Words) -> list[Row]:
    """One measure by programme year, with a gap where the series breaks."""
    dim, levels = _dimension(chart, table), _levels(chart, table)
    rows = []
    for level, after in zip(levels, [*levels[1:], None], strict=True):
        rows.append(_row(chart, table, words, level))
        if after and level in _list(chart, "break_after"):
            names = {"before": words.level(dim, level), "after": words.level(dim, after)}
            rows.append(Row(words.text("chart.break", **names), "break"))
    return rows


KINDS: dict[str, Callable[[Chart, Table, Words], list[Row]]] = {
    "parts": _parts,
    "bars": _bars,
    "years": _years,
}


def _row(chart: Chart, table: Table, words: Words, level: str, *, start: float = 0.0) -> Row:
    """One level as it is drawn, its share (if the chart names one) from a cell of its own."""
    cell = _cell(chart, table, level)
    value = _value(cell)
    name = words.level(_dimension(chart, table), level)
    if value is None:
        status = str(cell["status"])
        return Row(name, _ABSENT.get(status, "slot"), words.mark(status))
    if value == 0:
        return Row(name, "bare", words.mark("zero"))
    missing = level in _list(chart, "missing")
    if value < 0 and not missing:
        raise WrongParameters(f"`{chart.id}`: the value of '{level}' is negative, and bars start at zero.")
    look: Look = "missing" if missing else "total" if level == chart.encodings.get("total") else "counted"
    share = _share(chart, table, words, level)
    low, high = (None if math.isnan(cell[end]) else float(cell[end]) for end in ("low", "high"))
    return Row(name, look, words.number(value, str(cell["unit"])), share, start, abs(value), low, high)


def _share(chart: Chart, table: Table, words: Words, level: str) -> str:
    measure = chart.encodings.get("share", "")
    found = _found(table, _dimension(chart, table).key, level, measure)
    value = _value(found[0]) if len(found) == 1 else None
    return "" if value is None else words.number(value, str(found[0]["unit"]))


def _value(cell: dict[str, Any]) -> float | None:
    """The value that may be drawn, or None."""
    return float(cell["value"]) if cell["status"] in DRAWN and not math.isnan(cell["value"]) else None


def _cell(chart: Chart, table: Table, level: str) -> dict[str, Any]:
    """The one cell of a level in the chart's measure."""
    dim = _dimension(chart, table)
    measure = chart.encodings["x" if dim.key == chart.encodings["y"] else "y"]
    found = _found(table, dim.key, level, measure)
    if len(found) != 1:
        raise WrongParameters(
            f"`{chart.id}` needs one cell of `{table.id}` for {dim.key} '{level}' and measure '{measure}'; "
            f"found {len(found)}."
        )
    return found[0]


def _found(table: Table, dim: str, level: str, measure: str) -> list[dict[str, Any]]:
    frame = table.cells
    rows = frame[(frame[dim] == level) & (frame["measure"] == measure)].to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in rows]


def _dimension(chart: Chart, table: Table) -> Dimension:
    """The breakdown, on whichever axis; the measure is on the other. Bars lie flat all the same."""
    axes = [chart.encodings["y"], chart.encodings["x"]]
    for dim in table.dims:
        if dim.key in axes:
            return dim
    raise WrongParameters(f"`{chart.id}` is drawn by {axes}, but `{table.id}` has no such breakdown.")


def _levels(chart: Chart, table: Table) -> list[str]:
    dim = _dimension(chart, table)
    return _list(chart, "levels") or [level for level in dim.levels if level != dim.total]


def _list(chart: Chart, channel: str) -> list[str]:
    return [level for level in chart.encodings.get(channel, "").split(",") if level]


def _describe(rows: list[Row], words: Words) -> str:
    """The drawing in words: name, value and share of each row."""
    said = []
    for row in rows:
        value = f"{row.label} ({row.share})" if row.share else row.label
        broken = row.look == "break"
        said.append(row.name if broken else words.text("chart.described", label=row.name, value=value))
    return "; ".join(said)
