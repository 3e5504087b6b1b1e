"""An error finding stands in the fund report's headline box, whatever is switched off or taken away."""

import pytest

from tests.attack.hostile import Scratch
from tests.pages import Page

LANGUAGES = ("th", "en")


@pytest.fixture
def scratch(published, tmp_path):
    return Scratch(published, tmp_path)


def headline(scratch: Scratch, language: str) -> str:
    page = Page(scratch.publish(language) / f"11_fund_report.{language}.html")
    boxes = [each for each in page.all("section") if each.attributes.get("class") == "headline"]
    assert len(boxes) == 1
    assert page.elements.index(boxes[0]) < page.elements.index(page.all("nav", aria_labelledby="contents")[0])
    return boxes[0].text


def without(notebook: dict, unwanted) -> dict:
    kept = [cell for cell in notebook["cells"] if not unwanted(cell)]
    assert len(kept) < len(notebook["cells"])
    return notebook | {"cells": kept}


def displayed(cell: dict) -> bool:
    return bool(cell.get("outputs"))


def is_findings(cell: dict) -> bool:
    return "findings" in "".join(cell["source"]) and cell["cell_type"] == "code"


@pytest.mark.parametrize("language", LANGUAGES)
def test_headline_stands_with_no_section_wanted(scratch, language):
    scratch.parameters["fund_report"]["sections"] = []
    text = headline(scratch, language)
    assert "875,000" in text
    assert "1,467,400" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_headline_stands_when_the_fund_report_has_lost_all_its_cells(scratch, language):
    scratch.store("11_fund_report", without(scratch.notebook("11_fund_report"), displayed))
    assert "875,000" in headline(scratch, language)


def test_headline_stands_when_its_cells_are_for_the_lab_only(scratch):
    for name, unwanted in (("01_reconciliation", is_findings), ("11_fund_report", displayed)):
        notebook = scratch.notebook(name)
        for cell in filter(unwanted, notebook["cells"]):
            cell["metadata"]["tags"] = ["lab-only"]
        scratch.store(name, notebook)
    assert "875,000" in headline(scratch, "en")


def test_headline_stands_when_nobody_displays_the_findings(scratch):
    scratch.parameters["fund_report"]["sections"] = ["goals"]
    for name in ("01_reconciliation", "11_fund_report"):
        scratch.store(name, without(scratch.notebook(name), is_findings))
    assert "875,000" in headline(scratch, "en")


def test_headline_stands_in_thai_digits(scratch):
    scratch.parameters["fund_report"]["digits"] = "thai"
    assert "๘๗๕,๐๐๐" in headline(scratch, "th")
