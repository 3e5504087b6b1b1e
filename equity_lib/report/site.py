"""From executed notebooks to the pages of a year, and the index pages above them."""

import hashlib
import io
import json
import os
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from matplotlib.figure import Figure

from equity_lib.programme.loading import known_years, load_year
from equity_lib.report.edition import AreaYear, area_year
from equity_lib.report.executed import read_notebook
from equity_lib.report.exporter import PLAN, EquityExporter
from equity_lib.report.fonts import font_css, with_fonts, wrap
from equity_lib.report.languages import LANGUAGES, Words, catalogue
from equity_lib.report.page import badge, style
from equity_lib.report.wordbreaks import held

LIST = "list.html.j2"
#: Folder of the report on the methods (`report.validation`), if it was made.
METHODS = "methods_validation"
#: Imported by what pages call, when it is first called.
_LATE = (
    "matplotlib.backends.backend_svg",
    "nbconvert.exporters.html",
    "fontTools.subset",
    "jsonschema",
)
_COMPOUND = "การศึกษานอกระบบและการศึกษาตามอัธยาศัย"
_TEMPLATES = Path(__file__).parent / "templates" / "equity"


def publish_year(
    root: Path,
    area: str,
    program_year: int,
    executed: Mapping[str, Path],
    failed: Sequence[str],
    into: Path,
    languages: Sequence[str],
) -> None:
    """Gate everything an area-year's notebooks displayed, and write its pages with their manifest.

    Parameters
    ----------
    root
        The folder that holds `params/` and `notebooks/`.
    executed
        Notebook name → executed notebook; its folder keeps the plan, for `jupyter nbconvert`.
    failed
        Names of notebooks whose report is withheld.
    into
        An empty folder; nothing outside it is written but the plan.
    languages
        `th`, `en` or both.

    Raises
    ------
    DisclosureRefused
        If anything can't be shown to be safe: then nothing is written.
    ReportFailed
        If a result can't be shown: a reference that leads nowhere, a glyph that the font hasn't.
    """
    data = area_year(root, area, program_year, executed, tuple(failed))
    notebooks = {name: read_notebook(path) for name, path in sorted(executed.items())}
    exporter = exporter_of_pages()
    exporter.edition_data = data
    for language in languages:
        exporter.language_code = language
        for name, nb in notebooks.items():
            page, _ = exporter.from_notebook_node(nb, {"metadata": {"name": name}})
            _write(into / f"{name}.{language}.html", page)
        _write(into / f"index.{language}.html", _year_index(data, notebooks, language))
    _plan(executed, notebooks, failed)
    manifest = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(into.glob("*.html"))
    }
    (into / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", "utf-8")


def publish_site(outputs: Path, root: Path, languages: Sequence[str]) -> None:
    """Write the pages above the years: the site's and each area's, from what is published below `outputs`."""
    areas = {
        area.name: [
            year for year in known_years(root, area.name) if (area / str(year) / "manifest.json").exists()
        ]
        for area in sorted(outputs.iterdir())
        if area.is_dir() and not area.name.startswith(".")
    }
    areas = {area: years for area, years in areas.items() if years}
    for language in languages:
        checked = (outputs / METHODS / f"{language}.html").exists()
        _write(outputs / _site_name(language), _site_index(root, areas, language, checked))
        for area, years in areas.items():
            _write(outputs / area / f"index.{language}.html", _area_index(root, area, years, language))


def _site_name(language: str) -> str:
    return "index.html" if language == "th" else f"index.{language}.html"


def _plan(executed: Mapping[str, Path], notebooks: Mapping[str, Any], failed: Sequence[str]) -> None:
    """What was exported, beside the executed notebooks, so that nbconvert can make a page again."""
    prints = {name: notebooks[name].metadata.get("equity", {}).get("fingerprint", "") for name in executed}
    for folder in {path.parent for path in executed.values()}:
        aside = folder / f"{PLAN}.{os.getpid()}"
        aside.write_text(json.dumps({"executed": prints, "withheld": list(failed)}, indent=1), "utf-8")
        aside.replace(folder / PLAN)


def _write(path: Path, page: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, "utf-8")


@cache
def exporter_of_pages() -> EquityExporter:
    """One exporter for all pages of a process: it compiles its template once."""
    return EquityExporter()


@cache
def environment_of_lists() -> Environment:
    """One environment for the index pages of a process: their template is compiled once."""
    return Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, keep_trailing_newline=True)


def _list_page(words: Words, **context: Any) -> str:
    title = context["title"]
    values = {
        "language": words.language,
        "words": words,
        "style": style(words, title),
        "kind": "",
        "badge": "",
        **context,
    }
    return held(with_fonts(environment_of_lists().get_template(LIST).render(values)))


def _year_index(data: AreaYear, notebooks: Mapping[str, Any], language: str) -> str:
    given = data.given
    words = Words(language, given.fund_report.digits)
    other = words.text("page.other_language_code")
    roles = {name: nb.metadata["equity"]["role"] for name, nb in notebooks.items()}
    entries = [
        {"title": titles[language], "href": f"{name}.{language}.html", "note": "", "role": roles[name]}
        for name, titles in sorted(data.titles.items())
    ]
    main = [entry for entry in entries if entry["role"] == "fund_report"]
    rest = [entry for entry in entries if entry["role"] != "fund_report"]
    rest += [
        {"title": name, "href": "", "note": words.text("page.withheld"), "role": ""} for name in data.withheld
    ]
    year = words.text(
        "page.year", ordinal=words.digits(str(given.ordinal)), year=words.digits(str(given.program_year))
    )
    years = [each.program_year for each in data.years]
    at = years.index(given.program_year)
    beside = [("previous_year", years[at - 1])] if at else []
    beside += [("next_year", years[at + 1])] if at + 1 < len(years) else []
    groups = [("page.fund_report", main), ("page.technical", rest)]
    return _list_page(
        words,
        title=f"{words.name(given.area_name)} {year}",
        lead=words.name(given.project.name),
        kind=given.kind,
        badge=words.text(badge(given)),
        breadcrumb=[
            (words.text("page.site"), f"../../{_site_name(language)}"),
            (words.name(given.area_name), f"../index.{language}.html"),
            (year, None),
        ],
        other_language_href=f"index.{other}.html",
        groups=[{"title": words.text(key), "entries": found} for key, found in groups if found],
        neighbours=[
            (
                f"{words.text(f'page.{key}')}: {words.text('page.year_short', year=words.digits(str(each)))}",
                f"../{each}/index.{language}.html",
            )
            for key, each in beside
        ],
    )


def _area_index(root: Path, area: str, years: Sequence[int], language: str) -> str:
    latest = load_year(root, area, years[-1])
    words = Words(language, latest.fund_report.digits)
    entries = []
    for each in reversed(years):
        given = load_year(root, area, each)
        entries.append(
            {
                "title": words.text(
                    "page.year", ordinal=words.digits(str(given.ordinal)), year=words.digits(str(each))
                ),
                "href": f"{each}/index.{language}.html",
                "note": words.name(given.secretariat.name),
            }
        )
    return _list_page(
        words,
        title=words.name(latest.area_name),
        lead=words.name(latest.project.name),
        kind=latest.kind,
        badge=words.text(badge(latest)),
        breadcrumb=[
            (words.text("page.site"), f"../{_site_name(language)}"),
            (words.name(latest.area_name), None),
        ],
        other_language_href=f"index.{words.text('page.other_language_code')}.html",
        groups=[{"title": words.text("page.years"), "entries": entries}],
        neighbours=[],
    )


def _site_index(root: Path, areas: Mapping[str, Sequence[int]], language: str, checked: bool) -> str:
    words = Words(language)
    entries = []
    latest = {area: load_year(root, area, years[-1]) for area, years in areas.items()}
    for area, given in sorted(latest.items(), key=lambda item: (item[1].kind == "synthetic", item[0])):
        years = areas[area]
        spans = " · ".join(words.text("page.year_short", year=str(year)) for year in years)
        entries.append(
            {
                "title": words.name(given.area_name),
                "href": f"{area}/index.{language}.html",
                "note": f"{spans} — {words.text(badge(given))}",
            }
        )
    groups = [{"title": words.text("page.areas"), "entries": entries}]
    if checked:
        title = words.text("page.methods_title")
        entry = {"title": title, "href": f"{METHODS}/{language}.html", "note": words.text("badge.research")}
        groups.append({"title": words.text("page.methods"), "entries": [entry]})
    return _list_page(
        words,
        title=words.text("page.site"),
        lead=words.text("page.site_lead"),
        breadcrumb=[(words.text("page.site"), None)],
        other_language_href=_site_name(words.text("page.other_language_code")),
        groups=groups,
        neighbours=[],
    )


def prepare() -> None:
    """Make once, in the warm parent, what every page takes and no result decides: forks find it done.

    Templates are compiled, fonts cut to what all pages embed, catalogues and word lists read. It starts
    no thread and leaves nothing open; nothing of an area, a register or a notebook is read.
    """
    for name in _LATE:
        import_module(name)
    for language in LANGUAGES:
        catalogue(language)
    font_css("")
    wrap(_COMPOUND, 1.0, 16.0)  # one px: each word is looked for in both of its lists
    _ = exporter_of_pages().template
    environment_of_lists().get_template(LIST)
    Figure().savefig(io.BytesIO(), format="svg")
