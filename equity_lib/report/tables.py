"""Tables as HTML: great_tables builds them, the page's own style sheet dresses them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import great_tables as gt
import pandas as pd
from markupsafe import Markup, escape

from equity_lib.report.edition import Edition
from equity_lib.report.languages import Words
from equity_lib.results import Dimension, Table

_OUTSIDE = re.compile(r"^.*?(<table.*</table>).*$", re.S)
_ATTRIBUTES = re.compile(r' (?:data-quarto-[a-z-]+="[^"]*"|rowspan="1"|colspan="1")')
_CLASSES = re.compile(r' class="([^"]*)"')
_KEPT_CLASSES = {"gt_right": "num", "mark": "mark", "interval": "interval", "gt_group_heading_row": "group"}
_GROUP = re.compile(r"(<th [^>]*>)group-(\d+)</th>")


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
    by_place = {
        (*(row[dim] for dim in dims), row["measure"]): row["id"] for row in table.cells.to_dict("records")
    }
    shown = pd.DataFrame({"level": [row.heading for row in grid.rows]})
    groups = list(dict.fromkeys(row.group for row in grid.rows))
    names = [f"c{at}" for at in range(len(grid.columns))]
    for name, column in zip(names, grid.columns, strict=True):
        places = [(*row.levels, *column.levels, row.measure or column.measure) for row in grid.rows]
        shown[name] = [_cell(by_place.get(place), table, edition) for place in places]
    if any(groups):
        shown["group"] = [f"group-{groups.index(row.group)}" for row in grid.rows]
    edition.defined.setdefault(table.id)
    html = (
        gt.GT(
            shown,
            rowname_col="level",
            groupname_col="group" if any(groups) else None,
            id=slug(table.id),
        )
        .tab_stubhead(grid.stub)
        .cols_label(dict(zip(names, (column.heading for column in grid.columns), strict=True)))
        .cols_align("right", columns=names)
        .fmt(str, columns=names)
        .as_raw_html()
    )
    html = _GROUP.sub(lambda found: f"{found.group(1)}{escape(groups[int(found.group(2))])}</th>", html)
    return Markup(_dressed(html, grid.rows))


def _grid(table: Table, edition: Edition) -> _Grid:
    words = edition.words
    measures = [
        _Line(heading(table, measure, words), measure=measure)
        for measure in dict.fromkeys(table.cells["measure"])
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
    pairs = table.cells[[dim.key for dim in table.dims]].drop_duplicates()
    if len(measures) == 1 and len(table.dims) == 2:
        columns = [_Line(words.level(last, level), (level,)) for level in last.levels]
        first, measure = outer[0], measures[0].measure
        rows = [
            _Line(words.level(first, level), (level,), measure, total=level == first.total)
            for level in first.levels
        ]
        return _Grid(words.text(f"dimension.{first.key}"), rows, columns)
    found = sorted(
        pairs.itertuples(index=False, name=None),
        key=lambda levels: [dim.levels.index(level) for dim, level in zip(table.dims, levels, strict=True)],
    )
    rows = [_row(table, last, levels, edition, tuple(outer)) for levels in found]
    return _Grid(stub, rows, measures)


def heading(table: Table, measure: str, words: Words) -> str:
    """A measure's name with its unit; if it has several, they stand beside the numbers."""
    units = _units(table, measure)
    if len(units) == 1:
        return words.heading(measure, units.pop())
    return words.text(f"measure.{measure}").partition(" (")[0]


def _units(table: Table, measure: str) -> set[str]:
    return set(table.cells.loc[table.cells["measure"] == measure, "unit"])


def _row(
    table: Table, dim: Dimension, levels: tuple[str, ...], edition: Edition, outer: tuple[Dimension, ...] = ()
) -> _Line:
    """A row's name, with what its figures are if that is not plain: a gift's kind, a bound."""
    words = edition.words
    name = words.level(dim, levels[-1])
    methods = set(table.cells.loc[table.cells[dim.key] == levels[-1], "method"]) - {""}
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
    mixed = cell.unit in UNITS_SAID and len(_units(table, cell.measure)) > 1
    figure = edition.in_table(cell, with_unit=mixed)
    mark = "" if cell.value == cell.value else ' class="mark"'
    made = f'<span{mark} data-result="{escape(cell_id)}">{escape(figure)}</span>'
    interval = edition.interval(cell)
    return f'{made}<span class="interval">({escape(interval)})</span>' if interval else made


def _dressed(html: str, rows: Sequence[_Line]) -> str:
    """Only the table itself, without great_tables' styles, and with the total rows marked."""
    html = _ATTRIBUTES.sub("", _OUTSIDE.sub(r"\1", html))
    html = re.sub(r">\s+<", "><", _CLASSES.sub(_class, html))
    head, body = html.split("<tbody", 1)
    start, *parts = body.split("<tr>")
    made = [
        f'<tr class="total">{part}' if row.total else f"<tr>{part}"
        for part, row in zip(parts, rows, strict=True)
    ]
    return f"{head}<tbody{start}{''.join(made)}"


def _class(match: re.Match[str]) -> str:
    kept = [_KEPT_CLASSES[name] for name in match.group(1).split() if name in _KEPT_CLASSES]
    return f' class="{" ".join(kept)}"' if kept else ""


def slug(result_id: str) -> str:
    """An id that HTML and CSS take as it is."""
    return result_id.replace(".", "-")
