"""Tables as HTML: great_tables builds their frames, the page's own style sheet dresses them.

A frame has the markup of every table of its shape and no words: great_tables takes 20 ms a table,
and both languages, the fund report and tables of the same shape share one.
"""

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, pairwise

import great_tables as gt
import pandas as pd
from markupsafe import Markup, escape

from equity_lib.report.edition import Edition
from equity_lib.report.languages import Words
from equity_lib.report.records import records, units_of
from equity_lib.results import Dimension, Table

_OUTSIDE = re.compile(r"^.*?(<table.*</table>).*$", re.S)
_ATTRIBUTES = re.compile(r' (?:data-quarto-[a-z-]+="[^"]*"|rowspan="1"|colspan="1")')
_CLASSES = re.compile(r' class="([^"]*)"')
_KEPT_CLASSES = {"gt_right": "num", "mark": "mark", "interval": "interval", "gt_group_heading_row": "group"}
_SLOT = "@@"  # where a frame takes a word, a figure or the mark of a total
_ID = "table"  # what stands for the table's id in a frame
_EMPTY = re.compile(r"(?<=>)(?:None|group-\d+)(?=</t[hd]>)")  # cells of a frame, headings of its groups
_FIGURES = re.compile('(<td[^>]*) class="num"')  # every cell is a figure, and set as one
_IDS = re.compile(rf' (?:id|headers)="{_ID}-[^"]*"')


#: A table with at most as many levels and more measures is set upright: a row a measure, so that it fits.
FEW = 6
#: Units that a number is told with where its column has several; those of indices and items say nothing.
UNITS_SAID = frozenset(("baht", "case", "day", "percent", "person", "point", "row", "score"))


@dataclass(frozen=True)
class _Line:
    """A row or a column: its heading, the levels and the measure that it stands for, its group if any."""

    heading: str
    levels: tuple[str, ...] = ()
    measure: str = ""
    group: str = ""
    total: bool = False


@dataclass(frozen=True)
class _Grid:
    """Which cell stands where: `rows` × `columns` name the levels and the measure between them."""

    stub: str
    rows: Sequence[_Line]
    columns: Sequence[_Line]


def table_html(table: Table, edition: Edition) -> Markup:
    """A table with row and column headings that screen readers follow, its numbers traceable.

    Rows are the levels of the first dimension, columns the measures, or the other way round where there
    are few levels and many measures; a second dimension makes the columns if there is one measure only,
    else it makes the rows, under headings of the first. A cell that the table doesn't have is left empty;
    a value that isn't there shows its mark.
    """
    grid = _grid(table, edition)
    dims = [dim.key for dim in table.dims]
    by_place = {(*(row[dim] for dim in dims), row["measure"]): row["id"] for row in records(table)}
    edition.defined.setdefault(table.id)
    # column by column, then put in rows: notes on the numbers stand in this order
    columns = [
        [
            _cell(by_place.get((*row.levels, *column.levels, row.measure or column.measure)), table, edition)
            for row in grid.rows
        ]
        for column in grid.columns
    ]
    groups = _groups(grid.rows)
    frame = _frame(len(grid.rows), len(columns), groups, bool(grid.stub))
    return Markup(_filled(frame, slug(table.id), _texts(grid, columns, groups)))


def _groups(rows: Sequence[_Line]) -> tuple[int, ...]:
    """The number of each row's group, ascending from 0; empty if there are no groups."""
    if not any(row.group for row in rows):
        return ()
    return tuple(accumulate((int(above.group != row.group) for above, row in pairwise(rows)), initial=0))


def _texts(grid: _Grid, columns: Sequence[Sequence[str]], groups: tuple[int, ...]) -> Iterator[str]:
    """What goes into the slots of a frame, in the order of the page."""
    if grid.stub:
        yield html.escape(grid.stub)
    yield from (html.escape(column.heading) for column in grid.columns)
    for index, row in enumerate(grid.rows):
        if groups and (index == 0 or groups[index] != groups[index - 1]):
            yield html.escape(row.group)
        yield ' class="total"' if row.total else ""
        yield html.escape(row.heading)
        yield from (column[index] for column in columns)


def _filled(frame: str, name: str, texts: Iterator[str]) -> str:
    """A frame with its words and figures; what they hold is never searched for slots."""
    named = _IDS.sub(lambda found: found[0].replace(f"{_ID}-", f"{html.escape(name)}-"), frame)
    parts = named.split(_SLOT)
    return "".join(part + text for part, text in zip(parts, (*texts, ""), strict=True))


@cache
def _frame(rows: int, columns: int, groups: tuple[int, ...], stub: bool) -> str:
    """The markup of tables of one shape, by great_tables, without its styles.

    Parameters
    ----------
    groups
        As `_groups` numbers them.
    stub
        Whether the column of row headings has a heading of its own.
    """
    names = [f"c{at}" for at in range(columns)]
    # great_tables sets values one by one; what has none it prints as it is
    empty = pd.DataFrame(None, index=range(rows), columns=["level", *names], dtype=object)
    if groups:
        empty["group"] = [f"group-{number}" for number in groups]
    made = (
        gt.GT(empty, rowname_col="level", groupname_col="group" if groups else None, id=_ID)
        .tab_stubhead(_SLOT if stub else "")
        .cols_label(dict.fromkeys(names, _SLOT))
        .cols_align("right", columns=names)
        .as_raw_html()
    )
    made = re.sub(r">\s+<", "><", _EMPTY.sub(_SLOT, made))
    made = _CLASSES.sub(_class, _ATTRIBUTES.sub("", _OUTSIDE.sub(r"\1", made)))
    made = _FIGURES.sub(r"\1", made)
    if not groups:  # `scope` says it all, but for headings of groups
        made = _IDS.sub("", made)
    head, body = made.split("<tbody", 1)
    return f"{head}<tbody{body.replace('<tr>', f'<tr{_SLOT}>')}"


def _grid(table: Table, edition: Edition) -> _Grid:
    words = edition.words
    measures = [
        _Line(heading(table, measure, words), measure=measure)
        for measure in dict.fromkeys(each["measure"] for each in records(table))
    ]
    if not table.dims:
        return _Grid("", [_Line(words.text(f"population.{table.population}"))], measures)
    *outer, last = table.dims
    stub = words.text(f"dimension.{last.key}")
    if not outer and len(last.levels) <= FEW < len(measures):
        columns = [_row(table, last, (level,), edition) for level in last.levels]
        return _Grid(words.text("dimension.indicator"), measures, columns)
    if not outer:
        return _Grid(stub, [_row(table, last, (level,), edition) for level in last.levels], measures)
    if len(measures) == 1 and len(table.dims) == 2:
        columns = [_Line(words.level(last, level), (level,)) for level in last.levels]
        first, measure = outer[0], measures[0].measure
        rows = [
            _Line(words.level(first, level), (level,), measure, total=level == first.total)
            for level in first.levels
        ]
        return _Grid(words.text(f"dimension.{first.key}"), rows, columns)
    found = sorted(
        {tuple(each[dim.key] for dim in table.dims) for each in records(table)},
        key=lambda levels: [dim.levels.index(level) for dim, level in zip(table.dims, levels, strict=True)],
    )
    rows = [_row(table, last, levels, edition, tuple(outer)) for levels in found]
    return _Grid(stub, rows, measures)


def heading(table: Table, measure: str, words: Words) -> str:
    """A measure's name with its unit; if it has several, they stand beside the numbers."""
    units = units_of(table)[measure]
    if len(units) == 1:
        return words.heading(measure, *units)
    return words.text(f"measure.{measure}").partition(" (")[0]


def _row(
    table: Table, dim: Dimension, levels: tuple[str, ...], edition: Edition, outer: tuple[Dimension, ...] = ()
) -> _Line:
    """A row's name, with what its figures are if that is not plain: a gift's kind, a bound."""
    words = edition.words
    name = words.level(dim, levels[-1])
    methods = {each["method"] for each in records(table) if each[dim.key] == levels[-1]} - {""}
    said = [found for each in sorted(methods) if (found := words.find(f"method.{each}"))]
    group = " · ".join(words.level(each, level) for each, level in zip(outer, levels, strict=False))
    heading = f"{name} ({', '.join(said)})" if said else name
    return _Line(heading, levels, group=group, total=levels[-1] == dim.total)


def _cell(cell_id: str | None, table: Table, edition: Edition) -> str:
    if cell_id is None:
        return ""
    cell = edition.cell(cell_id)
    # counts of a register have one note a table, its definition; a paper is named by its row
    if table.sensitivity == "public" and table.source != "research":
        edition.shown.setdefault(cell_id)
    mixed = cell.unit in UNITS_SAID and len(units_of(table)[cell.measure]) > 1
    figure = edition.in_table(cell, with_unit=mixed)
    mark = "" if cell.value == cell.value else ' class="mark"'
    made = f'<span{mark} data-result="{escape(cell_id)}">{escape(figure)}</span>'
    interval = edition.interval(cell)
    return f'{made}<span class="interval">({escape(interval)})</span>' if interval else made


def _class(match: re.Match[str]) -> str:
    kept = [_KEPT_CLASSES[name] for name in match.group(1).split() if name in _KEPT_CLASSES]
    return f' class="{" ".join(kept)}"' if kept else ""


def slug(result_id: str) -> str:
    """An id that HTML and CSS take as it is."""
    return result_id.replace(".", "-")
