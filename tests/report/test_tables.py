"""Tables as readers see them: intervals, marks, roundings, and breakdowns of breakdowns."""

import re

import pytest

from equity_lib.disclosure.gate import gate
from equity_lib.disclosure.rules import NO_LEDGER, Rules
from equity_lib.relations import Relation
from equity_lib.report.edition import AreaYear, Edition
from equity_lib.report.languages import Words
from equity_lib.report.rendering import key_figures, result_html
from equity_lib.results import Dimension, Name, Table, cell_id, cells
from tests.years import parameters

PLACES = {each: Name(each, each) for each in ("4001", "4002", "4003", "total")}


def table(*rows, dims=None, relations=(), table_id="register.districts") -> Table:
    dims = dims or (Dimension("place", ("4001", "4002", "4003", "total"), PLACES, total="total"),)
    frame = cells(table_id, [dim.key for dim in dims], rows)
    return Table(table_id, dims, frame, tuple(relations), "register", "not_stated", "synthetic", "personal")


def shares(*counts: tuple[str, int, int], method: str = "wilson", deff: float | None = None) -> Table:
    """Filled rows of rows, by place, with the share between them."""
    rows, relations = [], []
    for place, filled, whole in counts:
        at = {"place": place}
        rows.append({**at, "measure": "filled", "unit": "row", "value": filled})
        rows.append({**at, "measure": "rows", "unit": "row", "value": whole})
        value = 100 * filled / whole if whole else None
        status = {} if whole else {"status": "not_estimable"}
        rows.append(
            {
                **at,
                "measure": "share_filled",
                "unit": "percent",
                "value": value,
                "method": method,
                "deff": deff,
                **status,
            }
        )
        ids = [
            cell_id("register.districts", each, "filled", place)
            for each in ("share_filled", "filled", "rows")
        ]
        relations.append(Relation("ratio", ids[0], (ids[1], ids[2]), scale=100))
    return table(*rows, relations=relations)


def edition(*tables: Table, language: str = "en") -> Edition:
    given = parameters(kind="synthetic")
    safe = gate(tables, Rules("synthetic", {}), NO_LEDGER)
    return Edition(AreaYear(given, (given,), safe, {}), Words(language))


def html(*tables: Table, language: str = "en") -> str:
    return str(result_html(tables[0], edition(*tables, language=language)))


def rows_of(shown: str) -> list[list[str]]:
    """Rows of a table, each a list of the texts of its cells."""
    found = re.findall(r"<tr[^>]*>(.*?)</tr>", shown, re.S)
    return [
        [
            re.sub(r"<[^>]+>", " ", cell).split()
            for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)
        ]
        for row in found
    ]


def test_table_shows_an_interval_under_its_value_and_names_the_method():
    shown = html(shares(("4001", 53, 118)))
    assert ["45.8", "(37.2–54.7)"] in rows_of(shown)[1]
    assert "95% interval (Wilson)" in shown


@pytest.mark.parametrize(
    ("language", "words"), [("en", "variance up to 2.4 times"), ("th", "ความแปรปรวนจึงสูงสุด 2.4 เท่า")]
)
def test_table_says_that_its_intervals_allow_for_children_who_are_alike(language, words):
    shown = html(shares(("4001", 53, 118), deff=2.31), language=language)
    assert words in shown
    assert "45.8" in shown
    assert "(37.2–54.7)" not in shown


def test_table_says_nothing_of_a_design_effect_of_one():
    assert "variance" not in html(shares(("4001", 53, 118), deff=0.7))


def test_note_of_a_count_of_nobody_shows_the_mark_of_the_table():
    made = edition(table({"place": "4001", "measure": "filled", "unit": "person", "value": 0}))
    cell = made.cell("register.districts.4001")
    assert made.noted(cell) == made.in_table(cell) == "–"


def test_table_names_an_interval_of_an_unknown_method_as_such():
    row = {"place": "4001", "measure": "share_filled", "unit": "index", "value": -0.06, "low": -0.083}
    shown = html(table({**row, "high": -0.04, "n": 600, "method": "no_such_method"}))
    assert "(−0.09\u00a0to\u00a0−0.04)" in shown
    assert "In brackets: 95% interval" in shown


def test_table_explains_each_mark_that_it_uses_and_no_other():
    shown = html(shares(("4001", 4, 118), ("4002", 0, 40), ("4003", 0, 0)))
    assert rows_of(shown)[1:4] == [
        [["4001"], ["c"], ["120"], ["c"]],
        [["4002"], ["–"], ["40"], ["0.0", "(0.0–8.8)"]],
        [["4003"], ["–"], ["–"], ["not", "estimable"]],
    ]
    for said in ("c: withheld", "–: none", "multiple of 5", "“Not estimable”"):
        assert said in shown
    for unsaid in ("z: ", "..: ", "“Not stated”", "coarsely"):
        assert unsaid not in shown


def test_table_explains_the_marks_of_what_is_missing_and_does_not_apply():
    rows = [
        {"place": "4001", "measure": "rows", "unit": "row", "value": None, "status": "missing"},
        {"place": "4002", "measure": "rows", "unit": "row", "value": None, "status": "not_applicable"},
    ]
    shown = html(table(*rows), language="th")
    assert [row[1] for row in rows_of(shown)[1:3]] == [[".."], ["z"]]
    assert ".. หมายถึง ไม่มีข้อมูล" in shown
    assert "z หมายถึง ไม่เข้าข่าย" in shown


def test_table_of_two_breakdowns_and_one_measure_is_crossed():
    dims = (
        Dimension("place", ("4001", "4002", "total"), PLACES, total="total"),
        Dimension("year", ("2562", "2563")),
    )
    rows = [
        {"place": place, "year": year, "measure": "rows", "unit": "row", "value": value}
        for place, year, value in [
            ("4001", "2562", 20),
            ("4001", "2563", 30),
            ("4002", "2563", 45),
            ("total", "2563", 75),
        ]
    ]
    shown = html(table(*rows, dims=dims))
    assert rows_of(shown) == [
        [["Column", "or", "district"], ["B.E.", "2562"], ["B.E.", "2563"]],
        [["4001"], ["20"], ["30"]],
        [["4002"], [], ["45"]],
        [["total"], [], ["75"]],
    ]
    assert shown.count('<tr class="total">') == 1


def test_table_of_two_breakdowns_and_several_measures_is_grouped():
    dims = (Dimension("year", ("2562", "2563")), Dimension("place", ("4001", "total"), PLACES, total="total"))
    rows = [
        {"place": place, "year": year, "measure": measure, "unit": "row", "value": value}
        for year, place, measure, value in [
            ("2563", "4001", "rows", 30),
            ("2562", "4001", "rows", 20),
            ("2562", "4001", "filled", 15),
            ("2562", "total", "rows", 50),
        ]
    ]
    shown = html(table(*rows, dims=dims))
    assert rows_of(shown)[1:] == [
        [["B.E.", "2562"]],
        [["4001"], ["20"], ["15"]],
        [["total"], ["50"], []],
        [["B.E.", "2563"]],
        [["4001"], ["30"], []],
    ]
    assert shown.count('<tr class="group">') == 2
    assert shown.count('<tr class="total">') == 1


def test_table_without_a_breakdown_is_one_row():
    row = {"measure": "rows", "unit": "row", "value": 30}
    frame = cells("register.flow", [], [row])
    one = Table("register.flow", (), frame, (), "register", "not_stated", "synthetic", "personal")
    assert rows_of(html(one))[1][1:] == [["30"]]


@pytest.mark.parametrize("name", ["<b>x</b>", "a & b"])
def test_table_escapes_the_names_of_groups(name):
    dims = (Dimension("place", ("4001",), {"4001": Name(name, name)}), Dimension("year", ("2562",)))
    rows = [
        {"place": "4001", "year": "2562", "measure": measure, "unit": "row", "value": 20}
        for measure in ("rows", "filled")
    ]
    shown = html(table(*rows, dims=dims))
    assert "<b>" not in shown
    assert name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") in shown


def test_key_figure_says_its_interval():
    made = edition(shares(("4001", 53, 118)))
    shown = str(key_figures(["register.districts.4001.share_filled"], made))
    assert "95% interval 37.2–54.7" in shown


def test_table_of_many_measures_and_few_levels_is_set_upright():
    dims = (Dimension("place", ("4001", "4002"), PLACES),)
    keys = ("rows", "filled", "claimed", "paid", "payments", "in_question", "persons")
    units = dict(zip(keys, ("row", "row", "case", "baht", "row", "row", "person"), strict=True))
    rows = [
        {"place": place, "measure": key, "unit": units[key], "value": 100, "n": 100}
        for place in ("4001", "4002")
        for key in keys
    ]
    shown = [[" ".join(cell) for cell in row] for row in rows_of(html(table(*rows, dims=dims)))]
    assert shown[0] == ["Indicator", "4001", "4002"]
    assert [row[0] for row in shown[1:]] == [
        *("Rows", "Filled in (rows)", "Cases claimed", "Paid (baht)", "Payments (rows)"),
        *("Payments in question (rows)", "Persons"),
    ]


def test_table_of_more_than_15_rows_is_folded_with_its_anchor_inside():
    levels = tuple(str(number) for number in range(16))
    dims = (Dimension("place", levels, {each: Name(each, each) for each in levels}),)
    rows = [{"place": each, "measure": "rows", "unit": "row", "value": 100} for each in levels]
    folded, short = (
        html(table(*rows, dims=dims)),
        html(table(*rows[:15], dims=(Dimension("place", levels[:15], dims[0].names),))),
    )
    assert '<details class="data long"><summary>Show the whole table (16 rows)</summary><div' in folded
    assert folded.index("<details") < folded.index('id="t-register-districts"') < folded.index("</details>")
    assert "<details" not in short


def test_table_tells_the_unit_beside_each_number_where_a_column_has_several():
    dims = (Dimension("place", ("4001", "4002"), PLACES),)
    rows = (
        {"place": "4001", "measure": "rows", "unit": "person", "value": 100},
        {"place": "4002", "measure": "rows", "unit": "row", "value": 200},
    )
    assert rows_of(html(table(*rows, dims=dims)))[1:] == [
        [["4001"], ["100", "persons"]],
        [["4002"], ["200", "rows"]],
    ]


# exact totals


def children(*counts: int) -> Table:
    """Children by place and in all, who are counted without rounding if that is safe."""
    rows = [{"place": place, "value": n} for place, n in zip(("4001", "4002"), counts, strict=True)]
    rows.append({"place": "total", "value": sum(counts)})
    ids = [cell_id("register.districts", "children", "children", row["place"]) for row in rows]
    return table(
        *({"measure": "children", "unit": "person", **row} for row in rows),
        relations=[Relation("sum", ids[-1], tuple(ids[:-1]))],
    )


@pytest.mark.parametrize(
    ("language", "note"),
    [
        ("en", "Totals of the whole programme are exact (2,981); rounded parts may not add up to them"),
        ("th", "ยอดรวมทั้งโครงการ (2,981) เป็นจำนวนจริงที่ไม่ได้ปัด"),
    ],
)
def test_table_says_beneath_it_which_total_is_exact(language, note):
    shown = re.sub("<[^>]+>|\u2060|\u200b", "", html(children(1730, 1251), language=language))
    assert note in shown
    assert "1,250" in shown


def test_table_without_an_exact_total_says_nothing_of_one():
    """1,784 with 1,730 would give the 52 back, which is printed as 50."""
    shown = html(children(1732, 52))
    assert "1,785" in shown
    assert "exact" not in shown


def test_key_figure_of_an_exact_total_says_that_it_is_one():
    made = edition(children(1730, 1251))
    shown = str(key_figures(["register.districts.total"], made))
    assert "Exact total" in shown
    assert ">2,981<" in shown
