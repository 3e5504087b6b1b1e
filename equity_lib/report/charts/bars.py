"""Flat bars: parts of a total, one measure by a breakdown, one measure by programme year."""

from dataclasses import dataclass, replace

from equity_lib.report.charts.canvas import Layout
from equity_lib.report.charts.reading import Point, Reader
from equity_lib.report.charts.rows import Look, Row, picture
from equity_lib.results import Dimension

#: Looks of the statuses that are not drawn; a status that isn't listed gets an empty slot.
_ABSENT: dict[str, Look] = {"suppressed": "hidden", "not_applicable": "bare"}


@dataclass(frozen=True)
class Bars:
    """Rows ready to be painted.

    Parameters
    ----------
    note
        What stands beneath: what the lines under the bars are.
    """

    reader: Reader
    rows: list[Row]
    entries: list[str]
    note: str = ""

    def said(self) -> list[str]:
        """Name, number and share of each row."""
        return self.entries

    def svg(self, layout: Layout) -> str:
        """The rows, one under the other."""
        return picture(self.rows, layout, self.note)


def parts(reader: Reader) -> Bars:
    """Parts, one after the other, over their total."""
    dim = _dimension(reader)
    listed, total = reader.levels(dim, "parts"), reader.given("total")
    values = [_cell(reader, level).value for level in listed]
    rows, running = [], 0.0
    for level, value in zip(listed, values, strict=True):
        # a part without a value leaves the others without a place: a gap would tell its size
        start = min(running, running + value) if value and None not in values else 0.0
        rows.append(_row(reader, level, start=start))
        running += value or 0
    return _bars(reader, [*rows, _row(reader, total)])


def bars(reader: Reader) -> Bars:
    """One measure by one breakdown, in the order of its levels."""
    return _bars(reader, [_row(reader, level) for level in reader.levels(_dimension(reader))])


def years(reader: Reader) -> Bars:
    """One measure by programme year, with a gap where the series breaks."""
    dim = _dimension(reader)
    levels = reader.levels(dim)
    rows = []
    for level, after in zip(levels, [*levels[1:], None], strict=True):
        rows.append(_row(reader, level))
        if after and level in reader.listed("break_after"):
            names = {"before": reader.name(dim, level), "after": reader.name(dim, after)}
            rows.append(Row(reader.words.text("chart.break", **names), "break"))
    return _bars(reader, rows)


def row_of(name: str, point: Point, reader: Reader, look: Look = "counted") -> Row:
    """One cell as a bar that starts at zero, or as the mark of what it is instead."""
    if point.value is None:
        return Row(name, _ABSENT.get(point.status, "slot"), point.label)
    if point.value == 0:
        return Row(name, "bare", reader.words.mark("zero"), low=point.low, high=point.high)
    if point.value < 0 and look != "missing":
        raise reader.fail(f"the value of '{name}' is negative, and bars start at zero.")
    return Row(name, look, point.label, length=abs(point.value), low=point.low, high=point.high)


def _bars(reader: Reader, rows: list[Row]) -> Bars:
    measured = any(row.low is not None and row.high is not None for row in rows)
    note = reader.words.text("drawn.intervals") if measured else ""
    said = [_said(row, reader) for row in rows]
    return Bars(reader, rows, said + [note] * measured, note)


def _row(reader: Reader, level: str, *, start: float = 0.0) -> Row:
    """One level as it is drawn, its share (if the chart names one) from a cell of its own."""
    missing = level in reader.listed("missing")
    look: Look = "missing" if missing else "total" if level == reader.given("total") else "counted"
    dim = _dimension(reader)
    made = row_of(reader.name(dim, level), _cell(reader, level), reader, look)
    share = reader.find(reader.given("share"), **{dim.key: level}) if reader.given("share") else None
    if not made.length:
        return made
    return replace(made, start=start, share=share.label if share and share.known else "")


def _cell(reader: Reader, level: str) -> Point:
    """The one cell of a level in the chart's measure."""
    dim = _dimension(reader)
    measure = reader.given("x" if dim.key == reader.given("y") else "y")
    return reader.cell(measure, **{dim.key: level})


def _dimension(reader: Reader) -> Dimension:
    """The breakdown, on whichever axis; the measure is on the other. Bars lie flat all the same."""
    axes = [reader.given("y"), reader.given("x")]
    for dim in reader.table.dims:
        if dim.key in axes:
            return dim
    allowed = ", ".join(dim.key for dim in reader.table.dims) or "none"
    raise reader.fail(f"drawn by {axes}, but the table has no such breakdown; allowed: {allowed}.")


def _said(row: Row, reader: Reader) -> str:
    """A row in words: name, value and share."""
    if row.look == "break":
        return row.name
    value = f"{row.label} ({row.share})" if row.share else row.label
    return reader.words.text("chart.described", label=row.name, value=value)
