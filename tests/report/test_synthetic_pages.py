"""Pages with everything on them, those of the synthetic area: axe-core, widths, no request, no empty part."""

import pytest

from tests.pages import Page
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
    assert page.path.stat().st_size < 340_000, "a page that a telephone opens"


def test_note_of_a_register_count_says_counted_and_lists_no_parts(folder):
    """Each count is the rounding of its own count: the parts, rounded too, need not add up to it."""
    page = Page(folder / "11_fund_report.en.html")
    notes = {each.attributes["id"]: each.text for each in page.all("tr", id=None)}
    assert "counted in this year" in notes["n-coverage-district-total"]
    assert not [each for each in notes if each.startswith("n-coverage-district-40")]
