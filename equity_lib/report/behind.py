"""The table behind a chart: folded under the drawing, open in print, a link where the page has it anyway."""

import re
from collections.abc import Collection
from dataclasses import replace

from markupsafe import Markup

from equity_lib.report.edition import Edition
from equity_lib.report.records import records
from equity_lib.report.tables import slug, table_html
from equity_lib.results import Table

_FOLDED = re.compile(r'<details class="data[^"]*" data-table="([^"]+)">.*?</details>', re.S)
#: Rows and columns of a list that is set in several columns beside each other.
MANY, NARROW = 12, 3
_SAID = re.compile(r"<summary>(.*?)</summary>", re.S)
_IDS = re.compile(r' (?:id|headers)="[^"]*"')


def folded(table: Table, cells: Collection[str], edition: Edition) -> Markup:
    """The cells that a chart draws, as a table in `<details>`.

    Parameters
    ----------
    table
        What the chart is drawn from.
    cells
        Ids of the drawn cells.
    """
    shown = table.cells[table.cells["id"].isin(cells)]
    drawn = [each for each in records(table) if each["id"] in cells]
    met = {dim.key: {each[dim.key] for each in drawn} for dim in table.dims}
    dims = [
        replace(dim, levels=tuple(level for level in dim.levels if level in met[dim.key]))
        for dim in table.dims
    ]
    part = replace(table, cells=shown, dims=tuple(dims), relations=(), charts=())
    # the page may hold the whole table too, and an id stands once on a page
    html = _IDS.sub("", str(table_html(part, edition)))
    rows, columns = html.count("<tr") - 1, html.count('scope="col"')
    many = " many" if rows > MANY and columns <= NARROW else ""
    summary = edition.words.text("drawn.data")
    return Markup(
        '<details class="data{many}" data-table="{name}"><summary>{summary}</summary>'
        '<div class="scroll" role="region" aria-label="{summary}" tabindex="0">{table}</div></details>'
    ).format(many=many, name=slug(table.id), summary=summary, table=Markup(html))


def linked(block: Markup, whole: Collection[str]) -> Markup:
    """A block in which a folded table is a link, if the page shows the whole table.

    Parameters
    ----------
    whole
        Slugs of the tables that the page shows.
    """

    def shorter(found: re.Match[str]) -> str:
        if found[1] not in whole:
            return found[0]
        said = _SAID.search(found[0])
        return f'<p class="data"><a href="#t-{found[1]}">{said[1] if said else ""}</a></p>'

    return Markup(_FOLDED.sub(shorter, str(block)))


def tables_of(blocks: Collection[Markup]) -> set[str]:
    """Slugs of the tables that blocks of a page show whole."""
    return {
        name for block in blocks for name in re.findall(r'<div class="scroll" id="t-([^"]+)"', str(block))
    }
