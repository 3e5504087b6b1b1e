"""Tables as HTML: great_tables builds them, the page's own style sheet dresses them."""

import re
from itertools import product

import great_tables as gt
import pandas as pd
from markupsafe import Markup, escape

from equity_lib.report.edition import Edition
from equity_lib.results import Table

_OUTSIDE = re.compile(r"^.*?(<table.*</table>).*$", re.S)
_ATTRIBUTES = re.compile(r' (?:data-quarto-[a-z-]+="[^"]*"|rowspan="1"|colspan="1")')
_CLASSES = re.compile(r' class="([^"]*)"')
_KEPT_CLASSES = {"gt_right": "num", "mark": "mark"}


def table_html(table: Table, edition: Edition) -> Markup:
    """A table with row and column headings that screen readers follow, its numbers traceable.

    Rows are the levels of the breakdowns, columns the measures. A cell that the table doesn't
    have is left empty; a value that isn't stated says so.
    """
    words = edition.words
    keys = [dim.key for dim in table.dims]
    measures = list(dict.fromkeys(table.cells["measure"]))
    found = table.cells.to_dict("records")
    by_place = {(tuple(row[key] for key in keys), row["measure"]): row["id"] for row in found}
    rows = _rows(table)
    shown = pd.DataFrame({"level": [_row_heading(table, row, edition) for row in rows]})
    for measure in measures:
        shown[measure] = [_cell(by_place.get((row, measure)), table, edition) for row in rows]
    edition.defined.setdefault(table.id)
    html = (
        gt.GT(shown, rowname_col="level", id=slug(table.id))
        .tab_stubhead(" · ".join(words.text(f"dimension.{key}") for key in keys))
        .cols_label({measure: words.text(f"measure.{measure}") for measure in measures})
        .cols_align("right", columns=measures)
        .fmt(str, columns=measures)
        .as_raw_html()
    )
    total = next((at for at, row in enumerate(rows) if row == tuple(dim.total for dim in table.dims)), None)
    return Markup(_dressed(html, total))


def _rows(table: Table) -> list[tuple[str, ...]]:
    """Combinations of levels that the table has, in the order of its breakdowns."""
    keys = [dim.key for dim in table.dims]
    there = set(table.cells[keys].itertuples(index=False, name=None))
    if len(keys) == 1:
        return [(level,) for level in table.dims[0].levels]
    return [row for row in product(*(dim.levels for dim in table.dims)) if row in there]


def _row_heading(table: Table, row: tuple[str, ...], edition: Edition) -> str:
    """The names of the levels, with what the figures are if that is not plain: a gift's kind, a bound."""
    name = " · ".join(edition.words.level(dim, level) for dim, level in zip(table.dims, row, strict=True))
    own = (table.cells[[dim.key for dim in table.dims]] == row).all(axis=1)
    methods = set(table.cells.loc[own, "method"]) - {""}
    # Only what changes the reading of a row stands there; how an interval is made stands in METHODS.
    said = [word for method in sorted(methods) if (word := edition.words.find(f"method.{method}"))]
    return f"{name} ({', '.join(said)})" if said else name


def _cell(cell_id: str | None, table: Table, edition: Edition) -> str:
    if cell_id is None:
        return ""
    cell = edition.cell(cell_id)
    if table.sensitivity == "public":  # counts of a register have one note a table: its definition
        edition.shown.setdefault(cell_id)
    figure = edition.words.figure(cell.value, cell.unit, cell.status)
    mark = "" if cell.value == cell.value else ' class="mark"'
    return f'<span{mark} data-result="{escape(cell_id)}">{escape(figure)}</span>'


def _dressed(html: str, total: int | None) -> str:
    """Only the table itself, without great_tables' styles, and with the total row marked."""
    html = _ATTRIBUTES.sub("", _OUTSIDE.sub(r"\1", html))
    html = _CLASSES.sub(_class, html)
    if total is not None:
        head, rows = html.split("<tbody", 1)
        parts = rows.split("<tr>")
        html = head + "<tbody" + "<tr>".join(parts[: total + 1])
        html += '<tr class="total">' + "<tr>".join(parts[total + 1 :])
    return html


def _class(match: re.Match[str]) -> str:
    kept = [_KEPT_CLASSES[name] for name in match.group(1).split() if name in _KEPT_CLASSES]
    return f' class="{" ".join(kept)}"' if kept else ""


def slug(result_id: str) -> str:
    """An id that HTML and CSS take as it is."""
    return result_id.replace(".", "-")
