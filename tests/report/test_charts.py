"""Charts: drawn from cells alone, the same bytes each time, nothing clipped, nothing given away."""

import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from equity_lib.errors import WrongParameters
from equity_lib.report import charts, fonts
from equity_lib.report.charts.canvas import NARROW, SLOT, WIDE
from equity_lib.results import Chart, Dimension, Name, Statement, Table, cells

STREAMS = "early_childhood,out_of_school,covid_aid"
LINES = (*STREAMS.split(","), "residual", "stated_total")
BAHT = (1_497_600, 712_000, 948_000, 875_000, 4_032_600)  # F16–F19 and their residual
NAMES = {
    "early_childhood": Name("เด็กปฐมวัย", "Early-childhood children"),
    "out_of_school": Name(
        "เด็กและเยาวชนนอกระบบการศึกษาอายุ 2–21 ปีที่ขาดโอกาสทางการศึกษา",
        "Out-of-school children and youth aged 2–21 who lack educational opportunity",
    ),
    "covid_aid": Name("ช่วยเหลือช่วงโควิด 19", "COVID aid"),
    "residual": Name("ยอดที่ไม่แจกแจงรายการ", "Not itemised"),
    "stated_total": Name("ยอดช่วยเหลือรวมที่ระบุ", "Stated total"),
}
CHROMIUM = Path("/usr/bin/chromium")


class Words:
    """A language of the tests' own."""

    def __init__(self, language: str) -> None:
        self.language = language

    def text(self, key: str, **values: str) -> str:
        if key == "chart.described":
            return f"{values['label']}: {values['value']}"
        if key == "drawn.intervals":
            return "เส้นบาง: ช่วงความเชื่อมั่นร้อยละ 95"
        assert key == "chart.break"
        return f"ข้อมูลไม่ต่อเนื่อง: เปลี่ยนสำนักงานเลขานุการระหว่างปี {values['before']} กับปี {values['after']}"

    def level(self, dim: Dimension, level: str) -> str:
        return getattr(dim.names[level], self.language) if level in dim.names else level

    def figure(self, value: float, unit: str, status: str = "") -> str:  # noqa: ARG002 - as the catalogue does
        return f"{value:,.{2 if unit == 'percent' else 0}f}"

    def digits(self, text: str) -> str:
        return text

    def number(self, value: float, unit: str, status: str = "") -> str:  # noqa: ARG002 - as the catalogue does
        return f"{value:.2f}%" if unit == "percent" else f"{value:,.0f} {unit}"

    def mark(self, status: str) -> str:
        return {"suppressed": "c", "missing": "..", "zero": "–", "not_stated": "ไม่ระบุ"}[status]


def money(names=NAMES, **changed):
    rows = [
        {"line": line, "measure": "baht", "unit": "baht", "value": value} | changed.get(line, {})
        for line, value in zip(LINES, BAHT, strict=True)
    ]
    rows.append({"line": "residual", "measure": "share_of_stated", "unit": "percent", "value": 21.70})
    return Table("money", (Dimension("line", LINES, names),), cells("money", ["line"], rows))


def grants(*rows):
    made = [{"measure": "grant", "unit": "baht"} | row for row in rows]
    levels = tuple(row["year"] for row in rows)
    return Table("grants", (Dimension("year", levels),), cells("grants", ["year"], made))


PARTS = {
    "x": "baht",
    "y": "line",
    "parts": f"{STREAMS},residual",
    "missing": "residual",
    "total": "stated_total",
    "share": "share_of_stated",
}
YEARS = {"x": "grant", "y": "year", "break_after": "2562"}
GRANTS = ({"year": "2562", "value": 5_500_000}, {"year": "2563", "value": 11_204_470})  # F15, F20


def draw(kind="parts", table=None, encodings=PARTS, language="th", title="หัวข้อ"):
    table = money() if table is None else table
    chart = Chart(f"{table.id}.{kind}", kind, table.id, encodings, Statement("title"))
    return charts.draw(chart, table, Words(language), title=title)


def roots(fragment):
    return [ElementTree.fromstring(svg) for svg in fragment.split("\n")]


def boxes(root):
    """x, y, width, height of every path with a fill or an outline."""
    made = []
    for path in root.findall("path"):
        points = [(float(x), float(y)) for x, y in re.findall(r"[ML]([-\d.]+) ([-\d.]+)", path.attrib["d"])]
        if path.attrib["d"].endswith("z"):
            xs, ys = zip(*points, strict=True)
            made.append((min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)))
    return made


def test_draw_parts_add_up_to_the_total_in_both_drawings():
    for root in roots(draw()):
        *parts, total = boxes(root)
        assert len(parts) == 4
        for (start, _, length, _), value in zip(parts, BAHT, strict=False):
            assert length == pytest.approx(total[2] * value / BAHT[-1], abs=0.02)
            assert start >= total[0] - 0.02
        assert parts[-1][0] + parts[-1][2] == pytest.approx(total[0] + total[2], abs=0.02)


def test_draw_residual_is_hatched_and_no_other_part():
    for root in roots(draw()):
        hatched = [path.get("stroke") for path in root.findall("path") if "url" in path.get("fill", "")]
        assert hatched == ["var(--missing)"]
        assert [path.get("fill") for path in root.findall("path")].count("var(--counted)") == 3


def test_draw_describes_each_row_in_words():
    wide, narrow = roots(draw(title="875,000 บาท"))
    assert wide.find("title").text == narrow.find("title").text == "875,000 บาท"
    assert "ยอดที่ไม่แจกแจงรายการ: 875,000 baht (21.70%)" in wide.find("desc").text
    assert wide.find("desc").text.endswith("ยอดช่วยเหลือรวมที่ระบุ: 4,032,600 baht")


def test_draw_two_charts_have_unique_ids_and_no_address():
    page = draw() + draw("years", grants(*GRANTS), YEARS)
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids)) >= 10
    assert set(re.findall(r"url\(#([^)]+)\)", page)) <= set(ids)
    assert "http" not in page
    assert "font-family" not in page


def test_draw_stays_small():
    assert all(len(svg.encode()) < 12_000 for svg in draw().split("\n"))


def test_draw_sisters_share_their_geometry():
    cases = money(**{line: {"value": value} for line, value in zip(LINES, (1872, 178, 1580), strict=False)})
    encodings = {"x": "baht", "y": "line", "levels": STREAMS}
    for one, other in zip(
        roots(draw("bars", cases, encodings)), roots(draw("bars", None, encodings)), strict=True
    ):
        assert one.attrib["viewBox"] == other.attrib["viewBox"]
        assert [box[:2] for box in boxes(one)] == [box[:2] for box in boxes(other)]
        assert boxes(one)[0] == boxes(other)[0]


@pytest.mark.parametrize("value", [30.0, 4_000_000.0])
def test_draw_suppressed_value_never_sets_a_length(value):
    hidden = {"covid_aid": {"value": value, "status": "suppressed"}}
    fragment = draw(table=money(**hidden))
    assert fragment == draw(table=money(covid_aid={"value": 1.0, "status": "suppressed"}))
    for root in roots(fragment):
        slots = [box for box in boxes(root) if box[2] == pytest.approx(SLOT, abs=0.02)]
        assert len(slots) == 1
        starts = {box[0] for box in boxes(root)}
        assert len(starts) == 1  # no part is offset: the gap would be the hidden value


def test_draw_zero_missing_suppressed_and_not_stated_look_different():
    rows = (
        {"year": "2560", "value": 0},
        {"year": "2561", "value": None},
        {"year": "2562", "value": 7, "status": "suppressed"},
        {"year": "2563", "value": 10},
    )
    for root in roots(draw("years", grants(*rows), {"x": "grant", "y": "year"})):
        texts = [text.text for text in root.findall("text")]
        assert {"–", "ไม่ระบุ", "c", "10 baht"} <= set(texts)
        fills = [path.get("fill") for path in root.findall("path") if path.get("fill", "none") != "none"]
        assert len(set(fills)) == len(fills) == 3  # a bar and two hatches; zero has no bar


def test_draw_negative_residual_runs_back_to_the_total():
    over = money(residual={"value": -300_000}, stated_total={"value": 2_857_600})
    for root in roots(draw(table=over)):
        *parts, total = boxes(root)
        assert parts[3][0] == pytest.approx(total[0] + total[2], abs=0.02)
        assert parts[3][0] + parts[3][2] == pytest.approx(parts[2][0] + parts[2][2], abs=0.02)


def test_draw_break_in_series_is_a_dashed_line_with_a_note():
    for root in roots(draw("years", grants(*GRANTS), YEARS)):
        dashed = [path for path in root.findall("path") if "stroke-dasharray" in path.attrib]
        assert len(dashed) == 1
        line = float(dashed[0].attrib["d"].split()[1].split("L")[0])
        above, below = (box[1] for box in boxes(root))
        assert above < line < below


def test_draw_interval_is_drawn_over_its_bar_with_a_halo_and_before_its_label():
    row = {"year": "2562", "value": 5, "low": 4, "high": 8}
    plain, drawn = (draw("years", grants(r), {"x": "grant", "y": "year"}) for r in (row | {"low": None}, row))
    assert drawn.count("<path") == plain.count("<path") + 4
    root = roots(drawn)[0]
    lines = [path for path in root.findall("path") if path.get("d").count("M") == 3]
    assert [path.get("stroke") for path in lines] == ["var(--paper)", "currentColor"]
    left, top, length, height = boxes(root)[0]
    low, y, high = (float(each) for each in re.match(r"M(\S+) (\S+)L(\S+) ", lines[0].get("d")).groups())
    assert (low - left) / (high - left) == pytest.approx(4 / 8, abs=0.01)
    assert low < left + length < high
    assert y == pytest.approx(top + height / 2)
    label = [text for text in root.iter("text") if text.get("font-weight") == "600"]
    assert float(label[0].get("x")) > high


def test_draw_names_with_markup_stay_text():
    names = NAMES | {"covid_aid": Name("<script>$x_1$</script> {{ 7*7 }}", "&amp;")}
    fragment = draw(table=money(names))
    assert "<script" not in fragment
    assert "&lt;script&gt;$x_1$&lt;/script&gt; {{ 7*7 }}" in fragment


@pytest.mark.parametrize("name", ["\u202e19 divoc", "漢", "\x0b"])
def test_draw_name_without_glyph_or_with_bidi_override_is_refused(name):
    with pytest.raises(fonts.MissingGlyph, match=f"U\\+{ord(name[0]):04X}"):
        draw(table=money(NAMES | {"covid_aid": Name(name, name)}))


@pytest.mark.parametrize(
    ("kind", "changed", "message"),
    [
        ("pie", {}, "kind 'pie'; allowed: parts, bars, years, tiles"),
        (
            "parts",
            {"x": "cases"},
            "needs one cell for line 'early_childhood' and measure 'cases'; it has: baht",
        ),
        (
            "bars",
            {"y": "district"},
            "drawn by ['district', 'baht'], but the table has no such breakdown; allowed: line",
        ),
    ],
)
def test_draw_what_the_table_has_not_is_named(kind, changed, message):
    with pytest.raises(WrongParameters, match=re.escape(message)):
        draw(kind, encodings=PARTS | changed)


def test_draw_two_processes_with_other_hash_seeds_give_the_same_bytes():
    code = (
        "import test_charts as t, sys; sys.stdout.buffer.write((t.draw() + t.draw(language='en')).encode())"
    )
    made = {
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ
            | {"PYTHONHASHSEED": seed, "TZ": zone, "PYTHONPATH": f"{root}:{Path(__file__).parent}"},
            capture_output=True,
            check=True,
        ).stdout
        for root in [Path(__file__).parents[2]]
        for seed, zone in (("1", "UTC"), ("2", "Asia/Bangkok"))
    }
    assert made == {(draw() + draw(language="en")).encode()}


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM.exists(), reason="no Chromium")
@pytest.mark.parametrize("language", ["th", "en"])
def test_draw_text_stays_inside_and_apart_in_chromium(language):
    from playwright.sync_api import sync_playwright

    charts_ = draw(language=language) + draw("years", grants(*GRANTS), YEARS, language)
    css = (
        fonts.font_css(charts_)
        + "svg{width:720px;display:block;font-family:Sarabun}.chart-narrow{width:328px}"
    )
    measure = """svgs => svgs.map(svg => [svg.getBoundingClientRect(),
        ...[...svg.querySelectorAll('text')].map(text => text.getBoundingClientRect())]
        .map(box => [box.left, box.top, box.right, box.bottom]))"""
    flags = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
    ]
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(CHROMIUM), args=flags)
        page = browser.new_page(viewport={"width": 800, "height": 600})
        page.set_content(f"<!doctype html><style>{css}</style>{charts_}")
        page.evaluate("document.fonts.ready")
        assert page.evaluate("document.fonts.check('600 16px Sarabun')")
        found = page.eval_on_selector_all("svg", measure)
        sizes = page.eval_on_selector_all(
            "text", "all => all.map(e => parseFloat(getComputedStyle(e).fontSize))"
        )
        browser.close()
    assert min(sizes) >= 12
    assert [round(svg[0][2] - svg[0][0]) for svg in found] == [WIDE.width, NARROW.width] * 2
    for (left, top, right, bottom), *texts in found:
        for index, box in enumerate(texts):
            assert left - 1.5 <= box[0] and box[2] <= right + 1.5  # noqa: PT018
            assert top - 3 <= box[1] and box[3] <= bottom + 3  # noqa: PT018
            for other in texts[index + 1 :]:
                apart = (
                    box[2] <= other[0]
                    or other[2] <= box[0]
                    or box[3] <= other[1] + 5
                    or other[3] <= box[1] + 5
                )
                assert apart, (box, other)
