"""Results as HTML: one function a kind of result."""

import math
from collections.abc import Callable, Hashable, Iterable
from dataclasses import replace
from weakref import WeakKeyDictionary

from markupsafe import Markup, escape

from equity_lib.disclosure.gate import Cell
from equity_lib.errors import Fault, ReportFailed
from equity_lib.programme.grid import grid
from equity_lib.programme.parameters import YearParameters
from equity_lib.report.behind import folded
from equity_lib.report.charts import Read, read
from equity_lib.report.edition import Edition
from equity_lib.report.records import records
from equity_lib.report.tables import heading, slug, table_html
from equity_lib.results import Chart, Result, Statement, Table

#: A chart compares; with fewer values there is nothing to draw that the table doesn't say.
FEWEST_VALUES = 2
#: Rows; a table with more is folded on the screen, so that what follows it is found.
LONG = 15
#: Values that are known, or could be, but that no main point can be made of.
WITHHELD = ("suppressed", "not_estimable")
#: Table → its drawings in each language.
_DRAWN: WeakKeyDictionary[Table, dict[Hashable, str]] = WeakKeyDictionary()


def result_html(result: Result, edition: Edition) -> Markup:
    """Any result, from safe cells only, in the language of the edition."""
    if isinstance(result, Table):
        return _table(edition.data.safe.tables[result.id], edition)
    if isinstance(result, Chart):
        return _chart(edition.data.safe.charts[result.id], edition)
    family = result.key.split(".")[0]
    return _STATEMENTS.get(family, _sentence)(result, edition)


def _table(table: Table, edition: Edition) -> Markup:
    """A table under its caption; a long one folded, and open in print."""
    name, html = slug(table.id), table_html(table, edition)
    rows = html.count("<tr") - 1
    box = Markup(
        '<div class="scroll" id="t-{name}" role="region" aria-labelledby="c-{name}" tabindex="0">{html}</div>'
    ).format(name=name, html=html)
    if rows > LONG:
        said = edition.words.text("page.whole_table", rows=edition.words.digits(str(rows)))
        box = Markup('<details class="data long"><summary>{}</summary>{}</details>').format(said, box)
    return Markup(
        '<div class="table" data-result="{id}"><p class="caption" id="c-{name}">{caption}</p>'
        "{box}{source}</div>"
    ).format(
        name=name,
        id=table.id,
        caption=_caption(table, edition),
        box=box,
        source=_source(table, [each["id"] for each in records(table)], edition),
    )


def _caption(table: Table, edition: Edition) -> Markup:
    """A table's name, and what its numbers are if no heading says it."""
    name = edition.words.about(f"table.{table.id}")
    measures = list(dict.fromkeys(each["measure"] for each in records(table)))
    if len(table.dims) != 2 or len(measures) > 1:
        return escape(name)
    said = heading(table, measures[0], edition.words)
    return Markup('{} <span class="measure">{}</span>').format(name, said)


def _source(table: Table, shown: Iterable[str], edition: Edition) -> Markup:
    """Population, as-of date and source beneath a table or chart; the marks it uses are explained here."""
    words = edition.words
    cells = [edition.cell(cell_id) for cell_id in shown]
    facts = edition.facts(cell.id for cell in cells)
    passages = {edition.passage(fact)[1:] for fact in facts}
    parts = [words.text(f"population.{table.population}")]
    if isinstance(edition.data.given, YearParameters) and edition.data.given.kind == "synthetic":
        parts.insert(0, words.text("badge.synthetic"))  # so that a copied table or chart says it, too
    for title, date in sorted(passages):
        parts.append(f"{words.text('page.source')}: {title} · {words.text('page.as_of')} {date}")
    parts += edition.notes_on(cells)
    return Markup('<p class="source">{}</p>').format(words.marked(" · ".join(parts)))


def _chart(chart: Chart, edition: Edition) -> Markup:
    words, table = edition.words, edition.data.safe.tables[chart.table_id]
    if any(chart.encodings.get(channel) == "" for channel in ("parts", "levels")):
        return Markup("")  # the year states none of them
    maps = grid(edition.data.given.province, edition.data.outlines) if chart.kind == "tiles" else None
    found = read(chart, table, words, maps)
    cells = set(found.cells)
    drawn = [each for each in records(table) if each["id"] in cells]
    axes = [chart.encodings[axis] for axis in ("x", "y") if axis in chart.encodings]
    total = chart.encodings.get("total", "")
    main = [
        each
        for each in drawn
        if each["measure"] in axes and total not in (each[dim.key] for dim in table.dims)
    ]
    if sum(not math.isnan(each["value"]) for each in main) < FEWEST_VALUES:
        return Markup("")
    owner, name = chart.id.rsplit(".", 1)
    title = edition.plain(chart.title)
    return Markup(
        '<figure id="g-{slug}" data-result="{id}"><figcaption><span class="finding">{title}</span>'
        '<span class="measure">{subtitle}</span></figcaption>{drawing}{source}{data}</figure>'
    ).format(
        slug=slug(chart.id),
        id=chart.id,
        title=edition.sentence(chart.title, link=False),
        subtitle=words.about(f"chart.{owner}", f"_sub.{name}"),
        drawing=Markup(_drawing(found, table, title)),
        source=_source(table, [each["id"] for each in drawn], edition),
        data=folded(table, found.cells, edition),
    )


def _drawing(found: Read, table: Table, title: str) -> str:
    """A drawing, made once a language: the fund report shows again what other pages show."""
    made = _DRAWN.setdefault(table, {})
    key = (found.chart.id, *sorted(found.chart.encodings.items()), found.words.language, title)
    if key not in made:
        made[key] = found.html(title, short=True)
    return made[key]


def _sentence(statement: Statement, edition: Edition) -> Markup:
    body = Markup("<p>{}</p>").format(edition.sentence(statement))
    facts = [ref for ref in statement.refs.values() if ":" in ref]
    for fact in facts:
        edition.shown.setdefault(fact)
    return body


def _heading(statement: Statement, edition: Edition) -> Markup:
    """A heading; if it has another one in store, that one where a number isn't there to be said."""
    if statement.items and not edition.told(statement):
        return result_html(statement.items[0], edition)
    return Markup("<h2>{}</h2>").format(edition.sentence(statement, link=False))


def _items(statement: Statement, edition: Edition) -> Markup:
    items = Markup("").join(Markup("<li>{}</li>").format(edition.sentence(item)) for item in statement.items)
    return Markup('<ul class="{}" data-result="{}">{}</ul>').format(
        statement.key.replace("_", "-"), statement.key, items
    )


def _main_points(statement: Statement, edition: Edition) -> Markup:
    """The main points, without those whose numbers the area-year can't tell and said so."""
    said = tuple(item for item in statement.items if not _untold(item, edition))
    return _items(replace(statement, items=said), edition)


def _untold(item: Statement, edition: Edition) -> bool:
    cells = edition.data.safe.cells
    missing = [ref for ref in item.refs.values() if ref not in cells]
    withheld = any(cells[ref].status in WITHHELD for ref in item.refs.values() if ref in cells)
    return withheld or (bool(missing) and all(edition.need(ref) for ref in missing))


def _claim(statement: Statement, edition: Edition) -> Markup:
    """A claim under its grade, with the reasons for the grade; `data-grade` is what the claim guard reads."""
    reasons = Markup("").join(
        Markup("<li>{}</li>").format(edition.sentence(item)) for item in statement.items
    )
    return Markup(
        '<div class="claim {grade}" data-grade="{grade}" data-result="{id}"><p>'
        '<span class="grade">{name}</span> {text}</p>{reasons}</div>'
    ).format(
        grade=statement.grade,
        id=statement.id,
        name=edition.words.text(f"grade.{statement.grade}"),
        text=edition.sentence(statement),
        reasons=Markup('<ul class="reasons">{}</ul>').format(reasons) if reasons else "",
    )


def _findings(statement: Statement, edition: Edition) -> Markup:
    rows = Markup("").join(
        Markup(
            '<li class="{severity}" data-result="{key}"><span class="severity">{name}</span> {text}</li>'
        ).format(
            severity=item.severity,
            key=item.key,
            name=edition.words.text(f"severity.{item.severity}"),
            text=edition.sentence(item),
        )
        for item in statement.items
    )
    return Markup('<ul class="findings">{}</ul>').format(rows)


def _goals(statement: Statement, edition: Edition) -> Markup:
    quotes = Markup("").join(
        Markup('<li data-fact="{}">{}</li>').format(
            item.refs.get("fact", ""), edition.words.marked(edition.words.name(item.names["text"]))
        )
        for item in statement.items
    )
    for item in statement.items:
        edition.shown.update(dict.fromkeys(ref for ref in item.refs.values() if ":" in ref))
    return Markup('<ol class="goals">{}</ol>').format(quotes)


def _cite(statement: Statement, edition: Edition) -> Markup:
    """What is cited: key figures for cells, else the tables, charts or sentences themselves.

    If none of them is published, because their notebooks said what they need, the first one's need. A
    chart with too little to draw gives way to its table.
    """
    ids = [statement.refs[key] for key in sorted(statement.refs, key=int)]
    known = [each for each in ids if edition.published(each)]
    for each in ids:
        if each not in known and edition.need(each) is None:
            fault = Fault(
                statement.provenance.notebook, 0, each, "no such result", "ids that this area-year publishes"
            )
            raise ReportFailed("The fund report cites what nobody publishes.", [fault])
    if not known and ids:
        return _need_once(edition.need(ids[0]), edition)
    safe = edition.data.safe
    if any(each in safe.cells for each in known):
        return key_figures(known, edition)
    found = [safe.tables.get(each) or safe.charts.get(each) or safe.statements[each] for each in known]
    return Markup("").join(_cited(each, edition) for each in found)


def _cited(result: Result, edition: Edition) -> Markup:
    """A result; of a chart that draws nothing, its table, which stands once on the page."""
    drawn = result_html(result, edition) if isinstance(result, Chart) else Markup("")
    if drawn or isinstance(result, Statement):
        return drawn or result_html(result, edition)
    table = result.table_id if isinstance(result, Chart) else result.id
    if table in edition.cited:
        return Markup("")
    edition.cited[table] = None
    return _table(edition.data.safe.tables[table], edition)


def _need_once(need: Statement | None, edition: Edition) -> Markup:
    if need is None or need.key in edition.cited:
        return Markup("")
    edition.cited[need.key] = None
    return result_html(need, edition)


def key_figures(ids: list[str], edition: Edition) -> Markup:
    """Numbers set large: unit small, what each counts, and whether it is stated, computed or unknown."""
    made = []
    for each in ids:
        cell = edition.cell(each)
        edition.shown.setdefault(each)
        known = not math.isnan(cell.value)
        unit = edition.words.text(f"unit_name.{cell.unit}") if known else ""
        made.append(
            Markup(
                '<div class="figure {status}" data-result="{id}"><dt>{label}</dt>'
                '<dd><a class="big" href="#{anchor}"><span data-result="{id}">{figure}</span></a> '
                '<span class="unit">{unit}</span><span class="status">{said}</span></dd></div>'
            ).format(
                status=cell.status.replace("_", "-"),
                id=each,
                label=edition.words.find(f"figure.{cell.table}.{cell.measure}") or edition.label(each),
                anchor=f"n-{each.replace('.', '-')}",
                figure=edition.written(cell, with_unit=False),
                unit=unit,
                said=_said(cell, edition),
            )
        )
    return Markup('<dl class="figures">{}</dl>').format(Markup("").join(made))


def _said(cell: Cell, edition: Edition) -> str:
    """What a key figure is: stated, computed, rounded …, with its interval if it has one."""
    words = edition.words
    status = cell.rule if cell.status == "rounded" and cell.rule in ("coarse", "follows") else cell.status
    base = words.digits(str(edition.data.given.disclosure.base))
    said = words.text(f"status.{status}", base=base)
    interval = edition.interval(cell)
    return words.text("status.with_interval", status=said, interval=interval) if interval else said


_STATEMENTS: dict[str, Callable[[Statement, Edition], Markup]] = {
    "cite": _cite,
    "claim": _claim,
    "declaration": _items,
    "doubts": _items,
    "findings": _findings,
    "goals": _goals,
    "heading": _heading,
    "left_out": _items,
    "main_points": _main_points,
    "narrative": _items,
    "card": lambda _statement, _edition: Markup(""),
    "silent": lambda _statement, _edition: Markup(""),
}
