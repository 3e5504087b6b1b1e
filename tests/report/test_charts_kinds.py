"""Every kind of chart: said in words, well-formed, the same bytes, nothing betrayed, nothing from outside."""

import re
from dataclasses import replace

import pytest

from equity_lib.errors import WrongParameters
from equity_lib.report import charts, fonts
from equity_lib.report.charts.canvas import NARROW, WIDE
from equity_lib.report.languages import LANGUAGES, Words
from equity_lib.results import Chart, Name, Statement, Table
from tests.report import drawn
from tests.report.drawn import EXAMPLES, draw, roots, said, table, texts

#: Of each example a table whose hidden cells hold other values than the example's own.
SECRETS = {
    name: EXAMPLES[name][1]
    for name in ("bars", "tiles", "funnel", "flow", "survival", "incidence", "concentration", "forest")
} | {name: EXAMPLES[name][1] for name in ("ratios", "network", "multiples", "event_study", "binned")}


def with_secret(shown, value):
    """The table with another value and interval in every cell whose value must not be seen."""
    frame = shown.cells.copy()
    hidden = frame["status"] == "suppressed"
    assert hidden.any()
    frame.loc[hidden, ["value", "low", "high"]] = [value, value - 1, value + 1]
    return Table(shown.id, shown.dims, frame, sensitivity="personal")


def test_examples_cover_every_kind():
    kinds = {kind for kind, *_ in EXAMPLES.values()} | {"parts", "years"}  # those two: test_charts
    assert kinds == set(charts.KINDS)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", EXAMPLES)
def test_draw_two_well_formed_drawings_with_title_and_words(name, language):
    fragment = draw(name, language=language, title="1 & 2")
    wide, narrow = roots(fragment)
    for root, layout in ((wide, WIDE), (narrow, NARROW)):
        assert root.attrib["role"] == "img"
        assert float(root.attrib["viewBox"].split()[2]) == layout.width
        assert [child.tag for child in root[:2]] == ["title", "desc"]
        assert root[0].text == "1 & 2"
        assert len(root[1].text) > 60
        assert root.attrib["lang"] == language
        assert root.attrib["aria-labelledby"].split() == [child.attrib["id"] for child in root[:2]]
    assert wide[1].text == narrow[1].text
    assert not re.search(r"http|xlink|<script|<image|<style|font-family|@", fragment)
    ids = re.findall(r'\bid="([^"]+)"', fragment)
    assert len(ids) == len(set(ids))
    assert all(one.startswith("shown-") for one in ids)
    assert set(re.findall(r'url\(#([^)]+)\)|href="#([^"]+)"', fragment)) <= {(one, "") for one in ids} | {
        ("", one) for one in ids
    }


@pytest.mark.parametrize("name", EXAMPLES)
def test_draw_again_gives_the_same_bytes(name):
    assert draw(name) == draw(name)


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_draw_hidden_value_changes_nothing(name):
    shown = SECRETS[name]()
    made = {draw(name, with_secret(shown, value)) for value in (0.0, 3.0, 97.5, 8_000.0)}
    assert len(made) == 1


@pytest.mark.parametrize("name", EXAMPLES)
def test_draw_text_lies_level(name):
    assert "rotate" not in draw(name)


@pytest.mark.parametrize("name", EXAMPLES)
def test_draw_encoding_of_no_meaning_is_refused_with_what_is_allowed(name):
    with pytest.raises(WrongParameters, match=r"found the encoding 'size'.*needed .*; allowed besides: "):
        draw(name, size="rate")


@pytest.mark.parametrize("name", EXAMPLES)
def test_draw_without_a_needed_encoding_says_which_one(name):
    for channel in charts.KINDS[EXAMPLES[name][0]].needs:
        with pytest.raises(WrongParameters, match=f"the encoding '{channel}' is missing"):
            draw(name, **{channel: ""})


@pytest.mark.parametrize("name", EXAMPLES)
def test_draw_measure_that_the_table_has_not_is_named(name):
    channel = (
        "y" if EXAMPLES[name][0] in ("survival", "concentration", "event_study", "binned", "funnel") else "x"
    )
    with pytest.raises(WrongParameters, match="measure 'nothing'"):
        draw(name, **{channel: "nothing"})


@pytest.mark.parametrize("name", [name for name in EXAMPLES if EXAMPLES[name][0] not in ("flow", "network")])
def test_draw_dimension_that_the_table_has_not_is_named(name):
    channel = {"funnel": "by"}.get(name, "y" if EXAMPLES[name][2]["y"] in ("district", "group") else "x")
    with pytest.raises(WrongParameters, match=r"allowed: |needs one level"):
        draw(name, **{channel: "planet"})


@pytest.mark.parametrize("name", ["tiles", "flow", "network", "forest", "multiples", "funnel"])
def test_draw_name_without_a_glyph_is_refused(name):
    shown = EXAMPLES[name][1]()
    dims = [
        replace(dim, names=dim.names | {dim.levels[0]: Name("漢", "漢")}) if dim.names else dim
        for dim in shown.dims
    ]
    shown = replace(shown, dims=tuple(dims))
    with pytest.raises(fonts.MissingGlyph, match=r"U\+6F22"):
        draw(name, shown)


def test_read_remembers_the_cells_it_draws():
    shown = drawn.by_district()
    chart = Chart("shown.tiles", "tiles", "shown", {"x": "rate", "y": "district"}, Statement("title"))
    found = charts.read(chart, shown, drawn.OwnWords("en"), drawn.grid("40"))
    rates = shown.cells[(shown.cells["measure"] == "rate") & (shown.cells["district"] != "total")]
    assert sorted(found.cells) == sorted(rates["id"])


def test_read_takes_a_further_dimension_from_an_encoding_or_its_total():
    shown = drawn.panels()
    one_year = draw("bars", shown, year="2562")
    assert "60.00" in one_year
    assert "63.50" not in one_year
    with pytest.raises(WrongParameters, match="needs one level of year; allowed: 2562, 2563, 2564"):
        draw("bars", shown)


@pytest.mark.parametrize("name", ["bars", "tiles", "forest", "multiples"])
def test_draw_one_level_looks_right(name):
    shown = EXAMPLES[name][1]()
    dim = next(dim for dim in shown.dims if dim.key in ("district", "group"))
    for root in roots(draw(name, shown, levels=dim.levels[0])):
        assert all(float(part) > 0 for part in root.attrib["viewBox"].split()[2:])
        assert texts(root)


@pytest.mark.parametrize("language", LANGUAGES)
def test_draw_all_hidden_draws_no_value(language):
    for name in SECRETS:
        shown = SECRETS[name]()
        frame = shown.cells.assign(status="suppressed")
        described = said(draw(name, Table(shown.id, shown.dims, frame), language))
        assert "c" in described
        assert not re.search(r"\d\.\d\d", described)


def test_draw_unknown_level_lists_the_allowed_ones():
    with pytest.raises(WrongParameters, match="found district '9999'; allowed: 4001, 4002"):
        draw("tiles", levels="4001,9999")


def test_table_of_examples_is_refused_a_negative_bar():
    rows = [{"district": "4001", "measure": "rate", "unit": "percent", "value": -1}]
    dim = drawn.dimension("district", {"4001": drawn.PLACES["4001"]})
    for name in ("bars", "tiles"):
        with pytest.raises(WrongParameters, match="is negative"):
            draw(name, table([dim], rows))


def test_html_of_a_page_tells_the_start_how_many_more_and_the_remarks():
    kind, make, encodings = EXAMPLES["funnel"]
    read = charts.read(
        Chart("shown.funnel", kind, "shown", encodings, Statement("title")), make(), Words("en")
    )
    whole, short = (said(read.html("x", short=each)).split("; ") for each in (False, True))
    assert len(short) == charts.MOST < len(whole)
    assert [*short[:9], *short[10:]] == [*whole[:9], *whole[-2:]]
    assert short[9] == f"and {len(whole) - 11} more, see the table"
