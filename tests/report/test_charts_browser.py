"""In Chromium: words stay on the paper and off each other, and the folded tables come out in print."""

import re
import subprocess
from pathlib import Path

import pytest

import equity_lib
from equity_lib.report import fonts
from equity_lib.report.charts.canvas import NARROW, WIDE
from equity_lib.report.languages import LANGUAGES
from tests.report.drawn import EXAMPLES, draw, panels

CSS = Path(equity_lib.__file__).with_name("report").joinpath("page.css").read_text("utf-8")
MEASURE = """svgs => svgs.map(svg => [svg.getBoundingClientRect(),
    ...[...svg.querySelectorAll('text')].map(text => text.getBoundingClientRect())]
    .map(box => [box.left, box.top, box.right, box.bottom]))"""


@pytest.fixture(scope="module")
def tab(browser):
    page = browser.new_page(viewport={"width": 800, "height": 600})
    yield page
    page.close()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", [*EXAMPLES, "many"])
def test_draw_words_stay_inside_and_apart(tab, name, language):
    made = (
        draw("multiples", panels(places=26), language=language)
        if name == "many"
        else draw(name, language=language)
    )
    css = "svg{width:720px;display:block;font-family:Sarabun}.chart-narrow{width:328px}"
    tab.set_content(f"<!doctype html><style>{fonts.font_css(made)}{css}</style>{made}")
    tab.evaluate("document.fonts.ready")
    found = tab.eval_on_selector_all("svg", MEASURE)
    assert [round(svg[0][2] - svg[0][0]) for svg in found] == [WIDE.width, NARROW.width]
    sizes = tab.eval_on_selector_all("text", "all => all.map(e => parseFloat(getComputedStyle(e).fontSize))")
    assert min(sizes) >= 12
    said = [text.text_content() for text in tab.locator("text").all()]
    at = 0
    for (left, top, right, bottom), *boxes in found:
        words, at = said[at : at + len(boxes)], at + len(boxes)
        for index, box in enumerate(boxes):
            inside = left - 2.5 <= box[0] and box[2] <= right + 2.5
            assert inside and top - 4 <= box[1] and box[3] <= bottom + 4, (words[index], box)  # noqa: PT018
            for number, other in enumerate(boxes[index + 1 :], start=index + 1):
                beside = box[2] <= other[0] + 1 or other[2] <= box[0] + 1
                apart = beside or box[3] <= other[1] + 7 or other[3] <= box[1] + 7
                assert apart, (words[index], words[number], box, other)


def test_print_opens_the_folded_tables(tab, tmp_path):
    """A closed `<details>` prints without its content, unless the style sheet says otherwise."""
    css = re.sub("@RUNNING_TITLE@", '""', CSS)
    folded = '<details class="data"><summary>x</summary><div class="scroll">folded number 42</div></details>'
    long = folded.replace('"data"', '"data long"').replace("folded number", "long table number")
    folded += long
    for name, style in (("with", css), ("without", "")):
        tab.set_content(f"<!doctype html><style>{style}</style><figure>{folded}</figure>")
        tab.pdf(path=tmp_path / f"{name}.pdf")
    texts = {
        name: subprocess.run(
            ["pdftotext", tmp_path / f"{name}.pdf", "-"], capture_output=True, text=True, check=True
        ).stdout
        for name in ("with", "without")
    }
    assert "folded number 42" in texts["with"]
    assert "long table number 42" in texts["with"]
    assert "folded number 42" not in texts["without"]


def test_page_folds_the_table_of_a_chart_or_links_to_it(outputs):
    reach = (outputs / "khon-kaen" / "2562" / "02_reach.en.html").read_text("utf-8")
    assert '<details class="data" data-table="money"><summary>The numbers in this chart</summary>' in reach
    assert '<a href="#t-assistance">The numbers in this chart</a>' in reach
    assert 'id="t-assistance"' in reach
    ids = re.findall(r'\bid="([^"]+)"', reach)
    assert len(ids) == len(set(ids))
