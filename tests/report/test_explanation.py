"""`explain` computes every number again, from the passages alone, and prints what a page prints."""

import dataclasses
import math
import re

import pytest

from equity_lib.errors import WrongParameters
from equity_lib.programme.root import find_root
from equity_lib.report.edition import area_year
from equity_lib.report.explanation import explain, written
from equity_lib.report.languages import Words


@pytest.fixture(scope="module")
def years(published):
    """Program year → its area-year, read from the executed notebooks."""
    found = {}
    for program_year in (2562, 2563):
        folder = published / "outputs" / ".runs" / "khon-kaen" / str(program_year)
        executed = {path.stem: path for path in folder.glob("*.ipynb")}
        found[program_year] = area_year(published, "khon-kaen", program_year, executed)
    return found


def printed(outputs, program_year: int, language: str) -> dict[str, set[str]]:
    """Cell id → what all notes of that language print for it."""
    found: dict[str, set[str]] = {}
    for path in (outputs / "khon-kaen" / str(program_year)).glob(f"*.{language}.html"):
        for cell, text in re.findall(
            r'<tr id="n-.*?<td>?(?:<span)?[^>]* data-result="([^"]+)">([^<]*)</',
            path.read_text("utf-8"),
        ):
            found.setdefault(cell, set()).add(text)
    return found


@pytest.mark.parametrize("language", ["th", "en"])
@pytest.mark.parametrize("program_year", [2562, 2563])
def test_explain_of_every_number_agrees_with_what_the_pages_print(
    published, outputs, years, program_year, language
):
    shown = printed(outputs, program_year, language)
    data, words = years[program_year], Words(language)
    assert set(shown) == set(data.safe.cells), "every number has its note on some page"
    for cell_id, texts in shown.items():
        found = explain(data, published, cell_id)
        assert found.agrees, cell_id
        assert texts == {words.number(found.recomputed, found.unit)}, cell_id
        assert found.origins or math.isnan(found.value), cell_id


def test_explain_of_the_residual_names_its_lines_and_passages(published, years):
    found = explain(years[2562], published, "money.residual")
    assert found.recomputed == 875_000
    assert {origin.fact for origin in found.origins} == {"2562:F16", "2562:F17", "2562:F18", "2562:F19"}
    assert all(origin.where.startswith("params/khon-kaen/2562.yaml:") for origin in found.origins)
    text = written(found)
    assert "money.residual = money.stated_total (4,032,600) - money.itemised (3,157,600) = 875,000" in text
    assert "computed again: 875,000: agrees" in text


def test_explain_of_a_number_that_does_not_follow_says_differs(published, years):
    data = years[2562]
    wrong = dataclasses.replace(data.safe.cells["money.residual"], value=875_001.0)
    safe = dataclasses.replace(data.safe, cells={**data.safe.cells, "money.residual": wrong})
    found = explain(dataclasses.replace(data, safe=safe), published, "money.residual")
    assert not found.agrees
    assert "DIFFERS" in written(found)


def test_explain_of_what_the_source_does_not_say_computes_nothing(published, years):
    found = explain(years[2562], published, "money.spent")
    assert math.isnan(found.recomputed)
    assert found.agrees
    assert "not stated" in written(found)


def test_explain_of_an_unknown_id_says_how_to_list_them(published, years):
    with pytest.raises(WrongParameters, match="--list"):
        explain(years[2562], published, "money.typo")


def test_explain_links_into_methods():
    headings = re.findall(r"^### (.+)$", (find_root() / "METHODS.md").read_text("utf-8"), re.M)
    assert {"money", "assistance", "persons", "cost-per_case", "grant", "partners", "contributions"} <= set(
        headings
    )
