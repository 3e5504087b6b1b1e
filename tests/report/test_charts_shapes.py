"""Maps, flows, networks and small multiples: widths, places and marks."""

import re

import pytest

from equity_lib.programme.grid import grid
from equity_lib.report import charts
from equity_lib.report.charts.tiles import DARK, SHADES
from equity_lib.report.svg import PALETTE
from equity_lib.results import Chart, Statement
from tests.report.drawn import (
    OwnWords,
    agencies,
    by_district,
    draw,
    flows,
    panels,
    paths,
    points,
    roots,
    said,
    texts,
)
from tests.report.test_svg import luminance


def boxes(root, **wanted):
    """Left, top, width, height of closed paths with some attributes."""
    made = []
    for path in paths(root):
        if path["d"].endswith("z") and all(path.get(key) == value for key, value in wanted.items()):
            xs, ys = zip(*points(path), strict=True)
            made.append((min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)))
    return made


def test_tiles_are_26_of_one_size_and_do_not_overlap():
    for root in roots(draw("tiles")):
        paper = boxes(root, fill="var(--paper)")
        every = [box for box in boxes(root) if box[3] > 30 and box not in paper]
        sizes = {(round(box[2]), round(box[3])) for box in every}
        assert len(every) == 26
        assert len(sizes) == 1
        corners = {(round(x), round(y)) for x, y, *_ in every}
        assert len(corners) == 26


def test_tiles_hold_names_and_numbers_and_marks():
    wide = texts(roots(draw("tiles", language="en"))[0])
    assert {"Phon", "75.00", "c", ".."} <= set(wide)
    assert "Khao Suan Kwang: 61.86%" in said(draw("tiles", language="en"))


def test_tiles_classes_are_five_at_most_and_numbered():
    for root in roots(draw("tiles")):
        shades = {
            path.get("opacity") or path.get("fill-opacity") or "1"
            for path in paths(root)
            if path.get("fill") == "var(--counted)"
        }
        assert 2 <= len(shades) <= 5
        assert {"60", "70", "80", "90"} <= set(texts(root))


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("shade", sorted({shade for shades in SHADES.values() for shade in shades}))
def test_tiles_words_have_contrast_on_every_shade(mode, shade):
    """WCAG 2.2, 1.4.3: 4.5 : 1."""
    colours = PALETTE[mode]
    parts = {name: [int(colours[name][at : at + 2], 16) for at in (1, 3, 5)] for name in ("counted", "paper")}
    mixed = [shade * a + (1 - shade) * b for a, b in zip(parts["counted"], parts["paper"], strict=True)]
    mixed = "#" + "".join(f"{round(part):02x}" for part in mixed)
    words = colours["paper"] if shade > DARK else colours["ink"]
    light, dark = sorted((luminance(mixed), luminance(words)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_tiles_without_a_map_are_bars():
    chart = Chart("shown.tiles", "tiles", "shown", {"x": "rate", "y": "district"}, Statement("title"))
    made = charts.draw(chart, by_district(), OwnWords("th"), title="x")
    assert made == draw("bars").replace("shown-bars", "shown-tiles").replace(">หัวข้อ<", ">x<")


def test_tiles_with_numbers_too_wide_for_a_telephone_are_bars_there():
    shown = by_district()
    shown.cells.loc[shown.cells["measure"] == "rate", ["unit", "value"]] = ["baht", 12_345_678.0]
    wide, narrow = roots(draw("tiles", shown, language="en"))
    assert "12,345,678" in texts(wide)
    assert "12,345,678\u00a0baht" in texts(narrow)


def test_flow_bands_are_as_wide_as_their_counts():
    wide = roots(draw("flow"))[0]
    bands = [path for path in paths(wide) if "C" in path["d"] and path.get("fill") == "var(--counted)"]
    heights = []
    for path in bands:
        ys = [float(y) for _, y in re.findall(r"([-\d.]+) ([-\d.]+)", path["d"])]
        heights.append(abs(ys[0] - ys[7]))
    assert len(bands) == 9
    assert heights[0] / heights[1] == pytest.approx(420 / 310, abs=0.01)


def test_flow_hidden_count_is_a_thin_dashed_line_and_zero_is_not_drawn():
    wide, narrow = roots(draw("flow", language="en"))
    dashed = [path for path in paths(wide) if "stroke-dasharray" in path]
    assert {path["stroke-width"] for path in dashed} == {"1.5"}
    assert len(dashed) == 2
    assert texts(narrow).count("c") == 2
    described = said(draw("flow", language="en"))
    assert "In school → Vocational" not in described
    assert "Out of school → Formal school: 420 persons" in described


def test_network_lines_have_few_widths_and_a_key():
    for root in roots(draw("network", agencies())):
        widths = {path["stroke-width"] for path in paths(root) if path.get("stroke") == "var(--counted)"}
        assert len(widths) == 3
        assert {"≤ 100", "≤ 200", "> 200"} <= set(texts(root))


def test_multiples_share_one_scale_over_all_panels():
    for root in roots(draw("multiples", panels(places=2, hide=()))):
        bars = sorted(boxes(root, fill="var(--counted)"), key=lambda box: (round(box[1]), box[0]))
        lengths = [box[2] for box in bars]
        for length, value in zip(lengths, (60, 63.5, 67, 62.25, 65.75, 69.25), strict=True):
            assert length / lengths[0] == pytest.approx(value / 60, abs=0.01)


def test_multiples_without_room_side_by_side_stand_one_under_the_other():
    wide, narrow = roots(draw("multiples", panels(measure="baht"), x="baht"))
    assert texts(wide).count("เมืองขอนแก่น") == 1
    assert texts(narrow).count("เมืองขอนแก่น") == 3
    lengths = [box[2] for box in boxes(narrow, fill="var(--counted)")]
    assert max(lengths) / min(lengths) == pytest.approx(1_956_250 / 1_500_000, abs=0.01)


def test_flow_longest_names_stay_on_the_paper():
    for root in roots(draw("flow", flows())):
        assert all(float(text.attrib["x"]) >= 0 for text in root.iter("text"))


def test_grid_is_drawn_as_committed():
    assert grid("40")["4001"].column == 4
