"""Whatever an office writes is shown as text: it never runs, loads, styles, hides or breaks a page."""

import json
import re
import shutil

import pytest

from equity_lib.report.fonts import MissingGlyph
from tests.attack.hostile import CODE, LONG, MARKUP, Scratch, hostile
from tests.pages import Page, equity, once, pages, write_project

#: Sarabun has a glyph for it; `fonts` would have to leave control characters out.
ACTIVE = """() => {
  const found = [...document.querySelectorAll('script, img, iframe, object, embed, link, base, form, image')];
  for (const at of document.querySelectorAll('*'))
    for (const {name, value} of at.attributes)
      if (name.startsWith('on') || /^\\s*javascript:/i.test(value) || name == 'style') found.push(at);
  return found.map(at => at.outerHTML.slice(0, 100));
}"""


@pytest.fixture(scope="module")
def attacked(tmp_path_factory):
    """A published project of two hostile areas, one synthetic and one of published figures."""

    def make(root):
        years = {
            "made-up": hostile("made-up", "synthetic", MARKUP, CODE),
            "quoted": hostile("quoted", "published", CODE, MARKUP),
        }
        write_project(root, {area: {2562: data} for area, data in years.items()})
        done = equity(root, "run")
        assert done.returncode == 0, done.stdout + done.stderr

    return once(tmp_path_factory, "attacked", make)


@pytest.fixture
def scratch(published, tmp_path):
    return Scratch(published, tmp_path)


def tree(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*.html")
        if ".runs" not in path.parts
    }


@pytest.mark.parametrize("language", ["th", "en"])
def test_pages_show_every_attack_as_text(attacked, language):
    shown = ""
    for page in pages(attacked / "outputs"):
        if page.all("html")[0].attributes["lang"] == language:
            shown += re.sub(r"[\s\u00a0]+", " ", page.text)
    assert [attack for attack in (*MARKUP, *CODE) if attack not in shown] == []
    assert "49 " not in shown.replace("{{ 7*7 }}", "")


def test_pages_stay_valid_and_hold_one_heading_and_one_style_sheet(attacked):
    for page in pages(attacked / "outputs"):
        assert page.faults == [], page.path.name
        assert page.comments == [], page.path.name
        assert len(page.ids) == len(set(page.ids)), page.path.name
        named = [each.attributes["aria-labelledby"].split()[0] for each in page.all("svg")]
        own = set(named)
        assert own <= set(page.ids), page.path.name
        assert [len(page.all(tag)) for tag in ("h1", "style", "title", "main")] == [
            1,
            1,
            1 + len(own),  # a narrow drawing shares the title of its wide sister
            1,
        ]
        names = {name for each in page.elements for name in each.attributes}
        assert {name for name in names if name.startswith("data-")} <= {
            "data-result",
            "data-fact",
            "data-grade",
            "data-table",
        }
        hrefs = [each.attributes["href"] for each in page.all(href=None)]
        assert [href for href in hrefs if not re.fullmatch(r"(?:[\w./-]+\.html)?(?:#[\w-]+)?", href)] == []


def test_style_sheet_differs_from_an_innocent_one_by_fonts_and_title_only(attacked, outputs):
    def rules(page):
        style = re.sub(r"@font-face\{[^}]*\}", "", page.all("style")[0].text)
        return re.sub(r'content: ?"[^"]*"', "", style)

    innocent = rules(Page(outputs / "khon-kaen" / "2562" / "11_fund_report.th.html"))
    assert "@page" in innocent
    for page in pages(attacked / "outputs"):
        assert rules(page) == innocent, page.path.name


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_runs_and_nothing_breaks_the_layout(browser, attacked, width):
    tab = browser.new_page(viewport={"width": width, "height": 900})
    happened: list[str] = []
    tab.on("dialog", lambda dialog: (happened.append(f"dialog {dialog.message}"), dialog.dismiss()))
    tab.on("console", lambda message: happened.append(message.text))
    tab.on("pageerror", lambda error: happened.append(str(error)))
    tab.on("request", lambda request: happened.append(request.url))
    for page in pages(attacked / "outputs"):
        happened.clear()
        tab.goto(page.path.as_uri())
        tab.mouse.move(width // 2, 300)
        assert [each for each in happened if not each.startswith("data:font")] == [page.path.as_uri()]
        assert tab.evaluate(ACTIVE) == [], page.path.name
        assert tab.evaluate("getComputedStyle(document.body).display") == "block"
        assert tab.evaluate("document.documentElement.scrollWidth") <= width, page.path.name
        assert tab.evaluate("document.fonts.size") == 2
    tab.close()


def test_synthetic_area_says_so_on_every_page(attacked):
    for page in pages(attacked / "outputs" / "made-up"):
        notice = [each for each in page.all("p") if each.attributes.get("class") == "notice"]
        assert len(notice) == 1, page.path.name
    for page in pages(attacked / "outputs" / "quoted"):
        assert "notice" not in {each.attributes.get("class") for each in page.all("p")}, page.path.name


def widest(browser, path):
    """How far the page goes beyond a telephone's and a desk's width."""
    over = []
    for width in (360, 1280):
        tab = browser.new_page(viewport={"width": width, "height": 900})
        tab.goto(path.as_uri())
        over.append(tab.evaluate("document.documentElement.scrollWidth") - width)
        tab.close()
    return max(over)


def test_names_of_ten_thousand_characters_are_shown_and_wrap(scratch, browser):
    given, name = scratch.parameters, {"th": LONG, "en": LONG}
    given["area_name"] = given["project"]["name"] = given["secretariat"]["name"] = name
    given["contact"] = {"office": name, "channel": LONG}
    given["sign_off"] = [name]
    given["sources"]["manager_2563"]["title"] = name
    scratch.keep("09_partners")
    page = Page(scratch.publish("th") / "09_partners.th.html")
    assert page.faults == []
    assert page.text.count(LONG) >= 6
    assert widest(browser, page.path) <= 0


def test_stream_with_a_name_of_ten_thousand_characters_is_shown_in_table_and_chart(scratch, browser):
    text = json.dumps(scratch.notebook("01_reconciliation"), ensure_ascii=False)
    assert '"เด็กปฐมวัย"' in text
    notebook = json.loads(text.replace('"เด็กปฐมวัย"', f'"{LONG}"'))
    notebook["cells"] = [cell for cell in notebook["cells"] if "findings" not in "".join(cell["source"])]
    scratch.keep("01_reconciliation")  # the findings cite what isn't kept
    scratch.store("01_reconciliation", notebook)
    page = Page(scratch.publish("th") / "01_reconciliation.th.html")
    assert page.faults == []
    within = {around.tag for each, run in page.runs if LONG in run for around in (*each.path, each)}
    assert within >= {"th", "td", "svg"}
    assert widest(browser, page.path) <= 0


@pytest.mark.parametrize(
    "character",
    [
        "\u202a",
        "\u202e",
        "\u2066",
        "\u2069",
        "\u200e",
        "\u200f",
        "\u061c",
        "\u200d",
        "\ufeff",
        "\U000e0041",
        "\u2028",
        "\x07",
        "\x1b",
        "\0",
        "😀",
        "漢",
    ],
    ids=lambda character: f"U+{ord(character):04X}",
)
def test_characters_that_mislead_or_cannot_be_drawn_are_refused_by_code_point(scratch, character):
    scratch.parameters["area_name"]["th"] = f"ขอนแก่น{character}abc"
    scratch.keep("09_partners")
    with pytest.raises(MissingGlyph, match=re.escape(f"U+{ord(character):04X}")):
        scratch.publish("th")
    assert list((scratch.root / "pages").glob("*.html")) == []


@pytest.mark.parametrize("character", ["\u200b", "\u2060"], ids=["U+200B", "U+2060"])
def test_zero_width_characters_that_break_lines_do_no_harm(scratch, character):
    scratch.parameters["area_name"]["th"] = f"ขอน{character}แก่น"
    scratch.keep("09_partners")
    page = Page(scratch.publish("th") / "09_partners.th.html")
    assert page.faults == []
    assert f"ขอน{character}แก่น" in page.text


def test_run_with_a_bidi_override_fails_and_leaves_earlier_pages_as_they_were(published, tmp_path):
    root = tmp_path / "project"
    shutil.copytree(published, root, ignore=shutil.ignore_patterns("*.log", "matplotlib", "*.ipynb"))
    shutil.copy(published / "notebooks/01_reconciliation.ipynb", root / "notebooks")  # one is enough to fail
    before = tree(root / "outputs")
    path = root / "params" / "khon-kaen" / "2563.yaml"
    text = path.read_text("utf-8")
    path.write_text(text.replace("th: จังหวัดขอนแก่น,", "th: จังหวัด\u202eขอนแก่น,"), "utf-8")
    assert path.read_text("utf-8") != text
    done = equity(root, "run", "khon-kaen/2563", "--language", "th")
    assert done.returncode == 1
    assert "U+202E" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert tree(root / "outputs") == before
