"""The report on the methods: the same notebook, gate, exporter and page as a year's, but of no office.

What a year's pages take from its parameters, `Research` stands for: there is no area, year or secretariat.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from equity_lib.disclosure.gate import gate
from equity_lib.disclosure.rules import NO_LEDGER, Rules
from equity_lib.report.edition import Paper, Research
from equity_lib.report.executed import read_notebook, results_of
from equity_lib.report.exporter import EquityExporter
from equity_lib.results import Table

NAME = "methods_validation"


def publish_validation(
    executed: Path, into: Path, languages: Sequence[str], read: Callable[[Mapping[str, str]], None]
) -> dict[str, Table]:
    """Gate what the executed notebook displayed and write one page a language.

    Parameters
    ----------
    executed
        `methods_validation.ipynb` after papermill.
    into
        Folder of `th.html` and `en.html`; made if it isn't there.
    read
        Reads the pages, file name → HTML, before they are written, and raises if they can't be published.

    Returns
    -------
    dict
        The tables shown, by id.

    Raises
    ------
    DisclosureRefused
        If a result comes from an office or a register.
    """
    nb = read_notebook(executed)
    safe = gate([result for _, result in results_of(nb, NAME)], Rules("research", {}), NO_LEDGER)
    data = Paper(Research(), safe, {NAME: dict(nb.metadata["equity"]["title"])})
    pages: dict[str, str] = {}
    for language in languages:
        exporter = EquityExporter(language_code=language)  # type: ignore[no-untyped-call]
        exporter.edition_data = data
        again = read_notebook(executed)  # the exporter empties what it is given
        pages[language], _ = exporter.from_notebook_node(again, {"metadata": {"name": NAME}})
    read({f"outputs/{NAME}/{language}.html": page for language, page in pages.items()})
    into.mkdir(parents=True, exist_ok=True)
    for language, page in pages.items():
        aside = into / f".{language}.aside"
        aside.write_text(page, "utf-8")
        aside.replace(into / f"{language}.html")
    return dict(safe.tables)
