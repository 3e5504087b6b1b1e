"""Everyone can read the pages: axe-core, the keyboard, landmarks, languages, and every width."""

import re
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import pytest

from tests.pages import Page, needed, pages

THAI = re.compile("[\u0e00-\u0e7f]")
#: One fund report and one technical page a language: what is true of their kind is true of the others.
SAMPLE = ("11_fund_report", "01_reconciliation", "10_year_on_year")

#: Every element that can hold the focus, in the order of the page; what is folded away can't.
FOCUSABLE = (
    "[...document.querySelectorAll('a[href], summary, [tabindex=\"0\"]')]"
    ".filter(at => at.checkVisibility({contentVisibilityAuto: true}))"
)
#: What has the focus now, and how it shows.
FOCUSED = f"""() => {{
  const at = document.activeElement, style = getComputedStyle(at), box = at.getBoundingClientRect();
  return {{
    index: {FOCUSABLE}.indexOf(at),
    name: at.getAttribute('href') || at.className,
    ring: style.outlineStyle != 'none' && parseFloat(style.outlineWidth) >= 2,
    seen: box.right > 0 && box.bottom > 0 && box.left < innerWidth && box.top < innerHeight,
  }};
}}"""
#: Text that sticks out of the window or is cut by a box that doesn't scroll.
CLIPPED = """() => {
  const found = [], wide = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > wide) found.push('the page scrolls sideways');
  for (const at of document.querySelectorAll('body *')) {
    if (!at.checkVisibility() || at.closest('.skip, title, desc')) continue;
    const own = [...at.childNodes].filter(node => node.nodeType == 3 && node.data.trim());
    for (const node of own) {
      const range = document.createRange();
      range.selectNodeContents(node);
      const scroller = at.closest('.scroll, pre');
      for (const box of range.getClientRects()) {
        const frame = scroller || at.closest('svg'), least = frame && frame.getBoundingClientRect();
        const right = scroller ? least.left + scroller.scrollWidth : least ? least.right : wide;
        if (box.left < (least ? least.left : 0) - 1 || box.right > right + 1)
          found.push(`${node.data.trim().slice(0, 30)}: ${box.left.toFixed()}–${box.right.toFixed()}`);
      }
    }
    const style = getComputedStyle(at);
    if (own.length && style.overflowX == 'hidden' && at.scrollWidth > at.clientWidth + 1)
      found.push(`${at.tagName} cuts ${at.textContent.slice(0, 30)}`);
  }
  return found;
}"""
#: Pairs of chart texts whose letters touch; a line of Sarabun is higher than its letters.
OVERLAPS = """() => {
  const found = [];
  for (const chart of document.querySelectorAll('svg.chart')) {
    if (!chart.checkVisibility()) continue;
    const texts = [...chart.querySelectorAll('text')];
    const boxes = texts.map(text => [text.textContent, text.getBoundingClientRect()]);
    for (const [i, [one, a]] of boxes.entries())
      for (const [other, b] of boxes.slice(i + 1)) {
        const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (across > 1 && down > 0.25 * Math.min(a.height, b.height)) found.push(`${one} × ${other}`);
      }
  }
  return found;
}"""


#: All rules in the light; the dark differs from it by colours only.
AXE = {
    "light": "axe.run(document, {resultTypes: ['violations']})",
    "dark": "axe.run(document, {runOnly: ['color-contrast', 'link-in-text-block']})",
}


@pytest.fixture(scope="module")
def axe() -> str:
    found = find_spec("axe_playwright_python")
    needed("axe-playwright-python (it brings axe-core)", found)
    return (Path(found.origin).parent / "axe.min.js").read_text("utf-8")


@pytest.fixture(scope="module")
def site(outputs) -> list[Page]:
    return pages(outputs)


def sample(outputs: Path) -> list[Path]:
    return [
        outputs / "khon-kaen" / year / f"{name}.{language}.html"
        for year in ("2562", "2563")
        for name in SAMPLE
        for language in ("th", "en")
    ] + [outputs / "index.html", outputs / "khon-kaen" / "2562" / "index.en.html"]


@pytest.mark.parametrize("language", ["th", "en"])
def test_pages_have_no_violation_by_axe_core_in_light_and_dark(browser, outputs, axe, language):
    tab = browser.new_page(viewport={"width": 1280, "height": 900})
    found, visited = [], 0
    for page in pages(outputs):
        if page.all("html")[0].attributes["lang"] != language:
            continue
        visited += 1
        tab.goto(page.path.as_uri())
        tab.evaluate(axe)
        for scheme, run in AXE.items():
            tab.emulate_media(color_scheme=scheme)
            for rule in tab.evaluate(run)["violations"]:
                nodes = [node["html"][:120] for node in rule["nodes"][:3]]
                found.append((page.path.name, scheme, rule["id"], nodes))
    tab.close()
    assert found == []
    assert visited >= 14


@pytest.mark.parametrize("width", [360, 1280])
def test_keyboard_reaches_every_link_and_scroll_box_and_shows_where_it_is(browser, outputs, width):
    tab = browser.new_page(viewport={"width": width, "height": 800})
    for path in sample(outputs):
        tab.goto(path.as_uri())
        count = tab.evaluate(f"{FOCUSABLE}.length")
        reached = []
        for _ in range(count):
            tab.keyboard.press("Tab")
            reached.append(tab.evaluate(FOCUSED))
        assert [each["index"] for each in reached] == list(range(count)), path.name
        assert [each["name"] for each in reached if not (each["ring"] and each["seen"])] == [], path.name
    tab.close()


def test_skip_link_is_first_and_leads_past_the_navigation(browser, outputs):
    tab = browser.new_page(viewport={"width": 360, "height": 800})
    for path in sample(outputs):
        tab.goto(path.as_uri())
        tab.keyboard.press("Tab")
        assert tab.evaluate("document.activeElement.className") == "skip"
        tab.keyboard.press("Enter")
        tab.keyboard.press("Tab")
        assert tab.evaluate("document.querySelector('main').contains(document.activeElement)"), path.name
    tab.close()


def test_pages_never_scroll_sideways_nor_cut_text_at_any_width(browser, outputs):
    tab = browser.new_page()
    for page in pages(outputs):
        tab.goto(page.path.as_uri())
        tab.evaluate("document.fonts.ready")
        for width in (360, 768, 1280):
            tab.set_viewport_size({"width": width, "height": 900})
            assert tab.evaluate(CLIPPED) == [], (page.path.name, width)
            assert tab.evaluate(OVERLAPS) == [], (page.path.name, width)
    tab.close()


def test_charts_are_drawn_once_for_each_width_and_never_both(browser, outputs):
    for width, shown in ((360, "chart-narrow"), (1280, "chart-wide")):
        tab = browser.new_page(viewport={"width": width, "height": 900})
        tab.goto((outputs / "khon-kaen" / "2562" / "11_fund_report.th.html").as_uri())
        charts = tab.evaluate(
            "[...document.querySelectorAll('svg.chart')]"
            ".filter(e => e.checkVisibility()).map(e => e.classList[1])"
        )
        assert set(charts) == {shown}
        size = tab.evaluate(
            "Math.min(...[...document.querySelectorAll('svg.chart text')].filter(e => e.checkVisibility())"
            ".map(e => parseFloat(getComputedStyle(e).fontSize) * e.getScreenCTM().a))"
        )
        assert size >= 12, f"chart text of {size} px at {width} px"
        tab.close()


def test_pages_have_one_main_one_heading_and_named_landmarks(site):
    for page in site:
        assert len(page.all("main", id="main")) == 1, page.path.name
        assert len(page.all("h1")) == 1, page.path.name
        assert page.all("title")[0].text.strip(), page.path.name
        named = [
            each.attributes.get("aria-label") or each.attributes.get("aria-labelledby")
            for each in page.all("nav")
        ]
        assert all(named), page.path.name
        assert all(each.text.strip() for each in page.all("nav")), page.path.name
        assert len(set(named)) == len(named), page.path.name
        for reference in [each.attributes["aria-labelledby"] for each in page.all(aria_labelledby=None)]:
            assert set(reference.split()) <= set(page.ids), page.path.name


def test_headings_leave_no_level_out_and_none_is_empty(site):
    for page in site:
        headings = [each for each in page.elements if re.fullmatch("h[1-6]", each.tag)]
        levels = [int(each.tag[1]) for each in headings]
        assert levels[0] == 1, page.path.name
        assert all(below <= above + 1 for above, below in pairwise(levels)), page.path.name
        assert all(each.text.strip() for each in headings), page.path.name


def test_fragments_in_the_other_language_say_so(site):
    for page in site:
        thai = page.all("html")[0].attributes["lang"] == "th"
        for element, run in page.runs:
            if element.tag == "style" or "svg" in {each.tag for each in element.path}:
                continue
            if THAI.search(run):
                assert element.language == "th", f"{page.path.name}: {run[:40]}"
        switch = [each for each in page.all("a") if each.attributes.get("class") == "language"]
        assert [each.language for each in switch] == ["en" if thai else "th"], page.path.name


def test_charts_say_their_language_title_and_content(site):
    charts = [(page, each) for page in site for each in page.all("svg")]
    assert len(charts) > 20
    for page, chart in charts:
        named = chart.attributes["aria-labelledby"].split()  # a narrow one is called what the wide one is
        texts = {each.tag: each.text for name in named for each in page.all(id=name)}
        assert chart.attributes["role"] == "img"
        assert chart.attributes["lang"] == page.all("html")[0].attributes["lang"]
        assert texts["title"].strip(), page.path.name
        assert re.search("[0-9]", texts["desc"]), page.path.name


def test_tables_have_a_scope_on_every_heading(site):
    for page in site:
        for heading in page.all("th"):
            assert heading.attributes.get("scope") in ("col", "row"), f"{page.path.name}: {heading.text}"
        for table in page.all("table"):
            rows = [each for each in page.all("tr") if table in each.path]
            first = [next(each for each in page.elements if each.path[-1:] == (row,)) for row in rows]
            assert {each.tag for each in first} == {"th"}, page.path.name


def test_values_that_are_not_stated_look_different_from_numbers(site):
    marked = 0
    for page in site:
        for each in page.all("span", data_result=None):
            if "td" in {around.tag for around in each.path} and each.text in ("ไม่ระบุ", "not stated"):
                assert "mark" in each.attributes.get("class", ""), page.path.name
                marked += 1
    assert marked > 20
