"""Results as HTML for the eye: the page's rendering over what the session holds, marked as ungated."""

import math
import os
import re
import secrets
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from equity_lib.disclosure.gate import Cell
from equity_lib.errors import EquityError
from equity_lib.registry.year import Year
from equity_lib.report.edition import Edition
from equity_lib.report.lab.session import Ungated, ungated
from equity_lib.report.lab.style import style
from equity_lib.report.languages import Words
from equity_lib.report.rendering import result_html
from equity_lib.results import Chart, Result, Statement, Table

_ANCHOR = re.compile(r' href="#[^"]*"')
_ID = re.compile(r' id="([^"]+)"')


def lab_html(result: Result | Year, namespace: Mapping[str, Any]) -> str:
    """A result as JupyterLab shows it, in Thai, or in English if EQUITY_LANGUAGE is `en`.

    Parameters
    ----------
    result
        A result or an opened year.
    namespace
        Of the shell: its years and tables are what references lead to.
    """
    language = "en" if os.environ.get("EQUITY_LANGUAGE") == "en" else "th"
    data = ungated(result, namespace)
    edition = LabEdition(data, LabWords(language))
    try:
        body = _body(result, edition)
    except EquityError as error:
        body = Markup('<p class="trouble" lang="en">{}</p>').format(error)
    kind = _kind(result, data)
    banner = Markup('<p class="banner">{}</p>').format(edition.said("not_for_release"))
    html = Markup(
        '<div class="equity {kind}" lang="{language}">\n<style>{style}</style>\n{banner}{body}{foot}</div>'
    ).format(
        kind=kind,
        language=language,
        style=Markup(style()),
        banner=banner if kind == "register" else "",
        body=body,
        foot=_foot(result, kind, edition),
    )
    return _alone(html)


def lab_text(result: Result | Year) -> str:
    """A result in a terminal: what it is and, of a table, its numbers."""
    if isinstance(result, Year):
        given = result.parameters
        return f"Year {given.area}/{given.program_year} ({given.kind})"
    if isinstance(result, Table):
        return f"Table {result.id} ({result.source})\n{result.frame}"
    return f"{type(result).__name__} {result.id}"


class LabWords(Words):
    """Words of a page; what the catalogue doesn't know yet shows its key, as a draft may."""

    def text(self, key: str, **values: object) -> str:
        """The words under `key`, or the key."""
        return super().text(key, **values) if self.find(key) is not None else key


class LabEdition(Edition):
    """Ungated results in one language; a number that the session doesn't hold shows its id."""

    data: Ungated

    def said(self, said: str, **values: object) -> str:
        """Words that only the lab needs."""
        return _said()[self.words.language][said].format(**values)

    def cell(self, cell_id: str) -> Cell:
        """A cell of the session; one that it doesn't hold has no value."""
        unknown = Cell(cell_id, math.nan, "", "unknown", "", "", "", "", "not gated", "")
        return self.data.cells.get(cell_id, unknown)

    def number(self, cell_id: str, spec: str = "", link: bool = True) -> Markup:
        """A number in running text, its id under the pointer; there are no notes to lead to."""
        del link
        if ":" in cell_id:
            return Markup("")
        if cell_id not in self.data.cells:
            return self.later(cell_id)
        return Markup('<b class="number" title="{}">{}</b>').format(cell_id, self._text(cell_id, spec))

    def _text(self, cell_id: str, spec: str) -> Markup:
        return super()._text(cell_id, spec) if cell_id in self.data.cells else escape(cell_id)

    def facts(self, cell_ids: Iterable[str] | None = None) -> list[str]:
        """Facts behind cells, of years that the session knows."""
        years = {str(each.program_year) for each in self.data.years}
        return [fact for fact in super().facts(cell_ids) if fact.split(":")[0] in years]

    def later(self, result_id: str) -> Markup:
        """The id of what only the export fills in."""
        return Markup('<code class="later" title="{}">{}</code>').format(self.said(self.why), result_id)

    @property
    def why(self) -> str:
        """Why the session doesn't hold a result: its year is left open, or it is made elsewhere."""
        return "which_year" if self.data.year is None and self.data.open_years > 1 else "later"


def _body(result: Result | Year, edition: LabEdition) -> Markup:
    if isinstance(result, Year):
        return _card(result, edition)
    if isinstance(result, Chart):
        if result.table_id not in edition.data.tables:
            return _quiet(edition.said("no_table"), edition.later(result.id))
        return result_html(result, edition) or _quiet(edition.said("nothing_to_draw"))
    if isinstance(result, Table):
        return result_html(result, edition)
    if edition.words.find(result.key) is None and not result.items and result.key != "cite":
        return _quiet(edition.said("no_words", key=result.key))
    if result.key == "cite":
        return _cited(result, edition)
    return result_html(result, edition) or Markup("<p>{}</p>").format(edition.sentence(result))


def _cited(statement: Statement, edition: LabEdition) -> Markup:
    """What is cited as far as the session holds it, and the ids of the rest."""
    data = edition.data
    ids = [statement.refs[key] for key in sorted(statement.refs, key=int)]
    known = {*data.cells, *data.tables, *data.charts, *data.statements}
    held = [each for each in ids if each in known]
    rest = Markup(" ").join(edition.later(each) for each in ids if each not in known)
    shown = result_html(Statement("cite", {str(at): each for at, each in enumerate(held)}), edition)
    return shown + (_quiet(rest, edition.said(edition.why)) if rest else "")


def _quiet(*parts: object) -> Markup:
    return Markup('<p class="quiet">{}</p>').format(Markup(" ").join(escape(part) for part in parts))


def _card(year: Year, edition: LabEdition) -> Markup:
    """Who and what, and what data the year has."""
    words, given = edition.words, year.parameters
    data = [edition.said("facts", n=words.digits(str(len(given.facts))))]
    data.append(edition.said("no_register" if given.kind == "published" else given.kind))
    if year.earlier:
        before = ", ".join(words.digits(str(each.program_year)) for each in year.earlier)
        data.append(f"{edition.said('earlier')}: {before}")
    who = Markup("").join(
        Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(words.text(f"page.{key}"), words.name(name))
        for key, name in (("secretariat", given.secretariat.name), ("funder", given.funder.name))
    )
    return Markup(
        '<div class="card"><p class="which">{area} <span class="sep">·</span> {year}</p>'
        '<p class="project">{project}</p><dl class="who">{who}</dl><p class="data">{data}</p></div>'
    ).format(
        area=words.name(given.area_name),
        year=words.text(
            "page.year", ordinal=words.digits(str(given.ordinal)), year=words.digits(str(given.program_year))
        ),
        project=words.name(given.project.name),
        who=who,
        data=f"{edition.said('data')}: {' · '.join(data)}",
    )


def _kind(result: Result | Year, data: Ungated) -> str:
    """Published, synthetic or register; a register anywhere in sight decides."""
    kinds = set(data.kinds)
    if isinstance(result, Year):
        kinds = {result.parameters.kind}
    elif isinstance(result, Table):
        kinds = {result.source} | kinds & {"register"}
    elif isinstance(result, Chart) and result.table_id in data.tables:
        kinds.add(data.tables[result.table_id].source)
    return next((kind for kind in ("register", "synthetic", "published") if kind in kinds), "")


def _foot(result: Result | Year, kind: str, edition: LabEdition) -> Markup:
    """Status, that nothing was gated, and the id to cite the result by."""
    parts = [Markup("<span>{}</span>").format(edition.said("before_gate"))]
    if kind:
        badge = Markup('<span class="badge {}">{}</span>')
        parts.insert(0, badge.format(kind, edition.words.text(f"badge.{kind}")))
    if not isinstance(result, Year) and result.id != "cite":
        parts.append(Markup("<code>{}</code>").format(result.id))
    return Markup('<p class="foot">{}</p>').format(Markup("").join(parts))


def _alone(html: str) -> str:
    """Without links into a page, and with ids of its own: one notebook may show a chart twice."""
    html = _ANCHOR.sub("", html)
    ids = set(_ID.findall(html))
    if not ids:
        return html
    token = secrets.token_hex(4)
    names = "|".join(sorted(map(re.escape, ids), key=len, reverse=True))
    html = re.sub(rf'( id="|url\(#)({names})(?=["\)])', rf"\1\2-{token}", html)
    return re.sub(
        r'(?<= aria-labelledby=")[^"]+',
        lambda found: " ".join(f"{each}-{token}" for each in found[0].split()),
        html,
    )


@cache
def _said() -> dict[str, dict[str, str]]:
    return tomllib.loads((Path(__file__).parent / "words.toml").read_text("utf-8"))
