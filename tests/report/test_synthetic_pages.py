"""Pages with everything on them, those of the synthetic area: axe-core, widths, no request, no empty part."""

import re
import shutil
import subprocess

import pytest

from equity_lib.report.languages import catalogue
from tests.pages import Page, needed
from tests.report.test_accessibility import AXE, CLIPPED, OVERLAPS, axe  # noqa: F401 - a fixture

#: The fund report, and one page of each shape: maps and long tables, networks and steps.
SAMPLE = ("11_fund_report", "02_reach", "05_return_to_learning", "06_staying_in_school")
#: Sections whose heading is followed by nothing.
EMPTY = """() => [...document.querySelectorAll('main section')]
  .filter(at => at.querySelector('h2') && at.children.length < 2).map(at => at.textContent.trim())"""


@pytest.fixture(scope="module")
def folder(synthetic):
    return synthetic / "outputs" / "demo" / "2563"


@pytest.mark.parametrize("language", ["th", "en"])
@pytest.mark.parametrize("name", SAMPLE)
def test_page_of_the_synthetic_area_is_for_everyone_at_any_width(browser, folder, axe, name, language):  # noqa: F811
    tab, asked = browser.new_page(viewport={"width": 1280, "height": 900}), []
    tab.on("request", lambda request: asked.append(request.url))
    address = (folder / f"{name}.{language}.html").as_uri()
    tab.goto(address)
    tab.evaluate("document.fonts.ready")
    assert [each for each in asked if each != address and not each.startswith("data:")] == []
    assert tab.evaluate(EMPTY) == []
    for width in (1280, 360):
        tab.set_viewport_size({"width": width, "height": 900})
        assert tab.evaluate(CLIPPED) == [], width
        assert tab.evaluate(OVERLAPS) == [], width
    tab.evaluate(axe)
    found = tab.evaluate(AXE["light"])["violations"]
    tab.close()
    assert [(rule["id"], [node["html"][:120] for node in rule["nodes"][:3]]) for rule in found] == []


@pytest.mark.parametrize("language", ["th", "en"])
def test_fund_report_of_a_register_has_a_point_and_a_section_for_each_goal(folder, language):
    page = Page(folder / f"11_fund_report.{language}.html")
    points = [each for each in page.all("ul") if each.attributes.get("class") == "main-points"]
    shown = {each.attributes["data-result"] for each in page.all(data_result=None)}
    assert len([each for each in page.all("li") if points[0] in each.path]) <= 6
    assert {"coverage.district.total.coverage", "retention.transition.total.share_stayed"} <= shown
    assert {"pathways.time.curve", "readiness.domains.passed", "retention.transition.by_stage"} <= shown
    assert page.path.stat().st_size < {"th": 250_000, "en": 210_000}[language], (
        "a page that a telephone opens"
    )


def test_note_of_a_register_count_says_counted_and_lists_no_parts(folder):
    """Each count is the rounding of its own count: the parts, rounded too, need not add up to it."""
    page = Page(folder / "11_fund_report.en.html")
    notes = {each.attributes["id"]: each.text for each in page.all("tr", id=None)}
    assert "counted in this year" in notes["n-coverage-district-total"]
    assert not [each for each in notes if each.startswith("n-coverage-district-40")]


@pytest.mark.parametrize("language", ["th", "en"])
def test_every_table_and_chart_of_the_synthetic_area_says_so_itself(folder, language):
    """Somebody may copy one of them; the notice on top of the page stays behind."""
    said = catalogue(language)["badge.synthetic"]
    for path in sorted(folder.glob(f"*.{language}.html")):
        page = Page(path)
        assert said in page.text
        shown = page.all("figure") + [
            each for each in page.all("div") if each.attributes.get("class") == "table"
        ]
        assert [each.attributes["data-result"] for each in shown if said not in each.text] == [], path.name


@pytest.mark.parametrize("language", ["th", "en"])
def test_fund_report_of_a_register_prints_on_twelve_sheets(browser, folder, tmp_path, language):
    needed("pdfinfo (poppler-utils)", shutil.which("pdfinfo"))
    tab = browser.new_page()
    tab.goto((folder / f"11_fund_report.{language}.html").as_uri())
    tab.pdf(path=tmp_path / "report.pdf", prefer_css_page_size=True)
    tab.close()
    info = subprocess.run(["pdfinfo", tmp_path / "report.pdf"], capture_output=True, text=True, check=True)
    assert int(re.search(r"Pages:\s+(\d+)", info.stdout)[1]) <= 12
