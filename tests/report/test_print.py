"""The printed report: A4, its title and page number on every page, whole rows, Thai that can be searched."""

import re
import shutil
import subprocess
from itertools import product

import pytest

from tests.pages import needed

YEARS, LANGUAGES = ("2562", "2563"), ("th", "en")
SECRETARIAT = {"2562": "ส่งเสริมการปกครองท้องถิ่นจังหวัดขอนแก่น", "2563": "ศึกษาธิการจังหวัดขอนแก่น"}
#: Words whose letters carry two marks, one above the other, and the vowel that some fonts take apart.
STACKED = ("ที่ระบุ", "ผู้ให้ทุน", "พื้นที่", "นี้", "เพื่อ", "จำนวน", "ไม่ได้")
RUNNING = {
    "th": "รายงานผลต่อกองทุน · จังหวัดขอนแก่น · พ.ศ. {}",
    "en": "Report to the fund · Khon Kaen province · B.E. {}",
}
NOTES_HEAD = {"th": ("ตัวเลข", "ที่มา"), "en": ("Number", "From")}


@pytest.fixture(scope="module")
def printed(browser, outputs, tmp_path_factory):
    """(year, language) → the PDF of its fund report."""
    needed("pdftotext (poppler-utils)", shutil.which("pdftotext") and shutil.which("pdfinfo"))
    tab, made = browser.new_page(), {}
    for year, language in product(YEARS, LANGUAGES):
        tab.goto((outputs / "khon-kaen" / year / f"11_fund_report.{language}.html").as_uri())
        made[year, language] = tmp_path_factory.mktemp("printed") / "report.pdf"
        tab.pdf(path=made[year, language], prefer_css_page_size=True)
    tab.close()
    return made


def sheets(pdf) -> list[str]:
    """The text of each printed page."""
    done = subprocess.run(["pdftotext", "-layout", pdf, "-"], capture_output=True, text=True, check=True)
    return done.stdout.removesuffix("\f").split("\f")


@pytest.mark.parametrize("year", YEARS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_print_is_a4_with_running_title_and_page_number(printed, year, language):
    info = subprocess.run(["pdfinfo", printed[year, language]], capture_output=True, text=True, check=True)
    assert "(A4)" in re.search("Page size:.*", info.stdout)[0]
    texts = sheets(printed[year, language])
    assert 4 <= len(texts) <= 12
    for number, text in enumerate(texts, 1):
        assert RUNNING[language].format(year) in text
        assert re.search(rf"\b{number} ?/ ?{len(texts)}\b", text)


@pytest.mark.parametrize("year", YEARS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_print_repeats_the_heads_of_tables_that_go_on(printed, year, language):
    ids = [
        re.findall(r"\b(?:money|assistance|persons|partners|grant|contributions)\.[a-z_.0-9]+", text)
        for text in sheets(printed[year, language])
    ]
    with_notes = [text for text, found in zip(sheets(printed[year, language]), ids, strict=True) if found]
    assert len(with_notes) >= (2 if year == "2562" else 1)
    for text in with_notes:
        assert any(all(word in line for word in NOTES_HEAD[language]) for line in text.splitlines())


def test_print_keeps_thai_as_text_that_can_be_searched(printed):
    for year in YEARS:
        text = re.sub(r"\s", "", "".join(sheets(printed[year, "th"])))
        assert SECRETARIAT[year] in text
        assert [word for word in STACKED if word not in text] == []


def test_print_holds_the_figures_of_its_year(printed):
    for language in LANGUAGES:
        first = sheets(printed["2562", language])[0]
        assert "875,000" in first
        assert "4,032,600" in first
        assert "11,204,470" in sheets(printed["2563", language])[0]


def test_print_leaves_out_what_only_a_screen_needs(printed):
    text = "".join(sheets(printed["2562", "en"]))
    assert "Skip to the content" not in text
    assert "Year after" not in text
    assert "Contents" not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_print_shows_charts_whole_and_tables_unscrolled(browser, outputs, language):
    tab = browser.new_page(viewport={"width": 658, "height": 900})  # A4 less its margins, in CSS px
    tab.emulate_media(media="print")
    tab.goto((outputs / "khon-kaen" / "2562" / f"11_fund_report.{language}.html").as_uri())
    cut = tab.evaluate(
        "[...document.querySelectorAll('.scroll, svg.chart, pre')].filter(e => e.checkVisibility() && "
        "e.getBoundingClientRect().left + e.scrollWidth > innerWidth + 1).map(e => e.outerHTML.slice(0, 80))"
    )
    tab.close()
    assert cut == []
