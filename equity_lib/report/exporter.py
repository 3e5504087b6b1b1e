"""The nbconvert exporter: an executed notebook and safe results in, one page in one language out."""

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import mistune
from markupsafe import Markup
from nbconvert.exporters.html import HTMLExporter
from nbconvert.exporters.templateexporter import TemplateExporter
from nbconvert.preprocessors import TagRemovePreprocessor
from traitlets import Unicode, default

from equity_lib.errors import DisclosureRefused, EquityError, Fault, ReportFailed
from equity_lib.programme.root import find_root
from equity_lib.report.behind import linked, tables_of
from equity_lib.report.compact import compact
from equity_lib.report.edition import AreaYear, Edition, Paper, area_year
from equity_lib.report.executed import LAB_ONLY, parameters_of, results_of
from equity_lib.report.fonts import with_fonts
from equity_lib.report.languages import LANGUAGES, Words
from equity_lib.report.page import Section, page_context
from equity_lib.report.rendering import result_html
from equity_lib.report.wordbreaks import held
from equity_lib.results import Result, Statement

_HERE = Path(__file__).parent
PLAN = "plan.json"
_FINDING = re.compile(
    r'<span class="finding">((?:(?!</?figcaption).)*?)</span>(?=<span class="measure">)', re.S
)
_PROSE = mistune.create_markdown(escape=True)


class EquityExporter(HTMLExporter):
    """Exports what an executed notebook displayed as results; inputs, prints and frames are dropped.

    Works on a notebook that `equity run` executed, beside its plan; on any other it refuses. Whoever
    hands over what the pages are made from reads the page before it is published, as `batch` does; any
    other page has to pass `read`, which is the business of `release.exporter`.
    """

    export_from_notebook = "Equity report"
    #: What the pages are made from; read from the run's folder if nobody hands it over.
    edition_data: AreaYear | Paper | None = None

    language_code = Unicode("th", help="th or en").tag(config=True)
    optimistic_validation = True  # once after all preprocessors, not after each

    @default("template_name")
    def _template_name_default(self) -> str:
        return "equity"

    @default("extra_template_basedirs")
    def _extra_template_basedirs_default(self) -> list[str]:
        return [str(_HERE / "templates")]

    def _create_environment(self) -> Any:
        environment = super()._create_environment()
        environment.autoescape = True
        return environment

    def from_filename(  # type: ignore[override]
        self, filename: str, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        """Make the page; to the command `jupyter nbconvert` a refusal is said without a traceback."""
        try:
            return super().from_filename(filename, resources, **kw)
        except EquityError as error:
            command = sys.modules.get("nbconvert.nbconvertapp")
            if command is None or not command.NbConvertApp.initialized():
                raise
            print(error, file=sys.stderr)
            raise SystemExit(error.exit_code) from None

    def read(self, name: str, page: str) -> None:
        """Read a page before somebody gets it from a notebook alone; this class can't, so it refuses."""
        del page
        raise ReportFailed(f"Nobody has read {name}: use `equity run`, or `jupyter nbconvert --to equity`.")

    def from_notebook_node(  # type: ignore[override]
        self, nb: Any, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        """Make the page.

        Raises
        ------
        DisclosureRefused
            If the notebook has no plan, or isn't one that the plan was made for.
        ReportFailed
            If the page was made from the notebook alone and isn't fit to be published.
        """
        resources = self._init_resources(resources or {})
        name = str(resources["metadata"].get("name") or "")
        data = self.edition_data or planned(Path(resources["metadata"].get("path") or "."), name, nb)
        edition = Edition(data, Words(self.language_code, data.given.fund_report.digits))
        self._init_preprocessors()  # anew for each notebook: these know their edition
        self.register_preprocessor(self._cells_shown(), enabled=True)
        displayed = results_of(nb, name)
        self.register_preprocessor(_Sections(edition, name, data.titles[name], displayed), enabled=True)
        nb = _bare(nb)  # nbconvert copies it twice
        # HTMLExporter's own pass re-writes the page for images without alt text: there are none.
        page, resources = TemplateExporter.from_notebook_node(self, nb, resources, **kw)
        mailed = nb.metadata["equity"]["role"] == "fund_report"
        page = compact(held(with_fonts(page, own=mailed)))
        if self.edition_data is None:
            self.read(f"{name}.{self.language_code}.html", page)
        return page, resources

    def _cells_shown(self) -> TagRemovePreprocessor:
        """No page shows parameters, what is for the lab, or the other language's prose."""
        other = {language for language in LANGUAGES if language != self.language_code}
        tags = {"parameters", "injected-parameters", LAB_ONLY, *other}
        return TagRemovePreprocessor(parent=self, enabled=True, remove_cell_tags=tags)


class _Sections:
    """The preprocessor that turns cells into sections of rendered results and prose."""

    def __init__(
        self, edition: Edition, name: str, title: Mapping[str, str], displayed: list[tuple[str, Result]]
    ) -> None:
        self._edition, self._name, self._title, self._displayed = edition, name, title, displayed

    def __call__(self, nb: Any, resources: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        edition = self._edition
        wanted = set(edition.data.given.fund_report.sections)
        results: dict[str, list[Any]] = {}
        for cell_id, result in _each_need_once(self._displayed):
            results.setdefault(cell_id, []).append(result)
        sections = [Section("", [])]
        for cell in nb.cells:
            topics = {
                tag.removeprefix("section-")
                for tag in cell.metadata.get("tags", [])
                if tag.startswith("section-")
            }
            if topics and not topics & wanted:
                continue
            if cell.cell_type == "markdown":
                blocks = [Markup(_PROSE(cell.source))]
            else:
                blocks = [result_html(result, edition) for result in results.get(cell["id"], [])]
            for block in blocks:
                _place(block, sections)
        whole = tables_of([block for section in sections for block in section.blocks])
        for section in sections:
            blocks = [linked(block, whole) for block in section.blocks]
            section.blocks[:] = [_untitled(block, section.title) for block in blocks]
        nb.cells = []
        resources["equity"] = page_context(edition, self._name, nb, sections, self._title)
        return nb, resources


def _bare(nb: Any) -> Any:
    """A notebook without what its cells displayed; the one that was given stays as it is."""
    cells = [type(cell)({**cell, "outputs": []}) if "outputs" in cell else cell for cell in nb.cells]
    return type(nb)({**nb, "cells": cells})


def _each_need_once(found: list[tuple[str, Result]]) -> Iterator[tuple[str, Result]]:
    """What a register is needed for is one paragraph, however many results wait for it."""
    said = set()
    for cell_id, result in found:
        if isinstance(result, Statement) and result.key.startswith("needs."):
            if result.key in said:
                continue
            said.add(result.key)
        yield cell_id, result


def _untitled(block: Markup, heading: Markup | str) -> Markup:
    """A chart without its finding where the heading of its section says the same."""

    def shorter(found: re.Match[str]) -> str:
        said, above = (re.sub(r"\s", "", Markup(each).striptags()) for each in (found[1], heading))
        return "" if said == above else found[0]

    return Markup(_FINDING.sub(shorter, str(block)))


def _place(block: Markup, sections: list[Section]) -> None:
    """Start a section at each second-level heading; the first-level one is the page's own title."""
    for part in str(block).replace("<h2>", "\0<h2>").split("\0"):
        if part.startswith("<h1>"):
            part = part.split("</h1>", 1)[1]
        if part.startswith("<h2>"):
            title, part = part.removeprefix("<h2>").split("</h2>", 1)
            sections.append(Section(Markup(title), []))
        if part.strip():
            sections[-1].blocks.append(Markup(part))


def planned(folder: Path, name: str, nb: Any) -> AreaYear:
    """The area-year of an executed notebook in the folder of its run, gated again from that folder.

    Raises
    ------
    DisclosureRefused
        If the folder holds no plan, or the plan wasn't made with this notebook as it is.
    """
    refuse: Callable[[str], DisclosureRefused] = lambda found: DisclosureRefused(  # noqa: E731
        "This notebook can't be exported.",
        [
            Fault(
                f"{name}.ipynb",
                0,
                "",
                found,
                "a notebook executed by `equity run`",
                "Run `equity run` first.",
            )
        ],
    )
    try:
        plan = json.loads((folder / PLAN).read_text("utf-8"))
    except (OSError, ValueError):
        raise refuse("no plan beside it") from None
    run = parameters_of(nb)
    if (
        name not in plan.get("executed", {})
        or nb.metadata.get("equity", {}).get("fingerprint") != plan["executed"][name]
    ):
        raise refuse("a plan made for another run")
    executed = {each: folder / f"{each}.ipynb" for each in plan["executed"]}
    return area_year(find_root(), run["area"], run["program_year"], executed, tuple(plan["withheld"]))
