"""Primary rules on tables with known answers."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equity_lib.disclosure.gate import gate
from equity_lib.disclosure.primary import Given, protect
from equity_lib.disclosure.rules import NO_LEDGER, REASONS, Rules
from equity_lib.errors import DisclosureRefused
from equity_lib.indicators.intervals import interval, wilson
from equity_lib.relations import Relation
from equity_lib.results import Chart, Dimension, Statement, Table, cells

RULES = Rules("synthetic", {}, threshold=10, base=5)


def table(*rows, relations=(), **changes) -> Table:
    frame = cells("t", ["k"], [{"measure": "m", "unit": "person", **row} for row in rows])
    dims = (Dimension("k", tuple(dict.fromkeys(row["k"] for row in rows))),)
    made = {"source": "synthetic", "sensitivity": "personal", "relations": tuple(relations)}
    return Table(**{"id": "t", "dims": dims, "cells": frame, **made, **changes})


def safe(*tables):
    return gate(tables, RULES, NO_LEDGER)


def shares(of: int, among: int, **changes) -> Table:
    """Two counts and the share between them: cells t.a, t.b and t.p."""
    rows = ({"k": "a", "value": of}, {"k": "b", "value": among}, {"k": "p", "unit": "percent", "value": 1})
    rows[2].update(measure="share", method="wilson")
    return table(*rows, relations=[Relation("ratio", "t.p.share", ("t.a", "t.b"), scale=100)], **changes)


def clustered(of: int, among: int, deff: float):
    """The share as the gate lets it through, with a design effect."""
    rows = ({"k": "a", "value": of}, {"k": "b", "value": among}, {"k": "p", "unit": "percent", "value": 1})
    rows[2].update(measure="share", method="wilson", deff=deff)
    return safe(table(*rows, relations=[Relation("ratio", "t.p.share", ("t.a", "t.b"), scale=100)]))


# counts


def test_gate_of_counts_withholds_small_ones_and_rounds_the_others():
    counts = {"a": 9, "b": 10, "c": 12, "d": 13, "e": 0, "f": 178}
    found = safe(table(*({"k": k, "value": v} for k, v in counts.items()))).cells
    assert math.isnan(found["t.a"].value)
    assert [found[f"t.{k}"].value for k in "bcdef"] == [10, 10, 15, 0, 180]
    assert [found[f"t.{k}"].status for k in "abe"] == ["suppressed", "rounded", "computed"]
    assert [found[f"t.{k}"].decision for k in "abe"] == ["suppressed", "rounded", "pass"]
    assert [found[f"t.{k}"].rule for k in "abe"] == ["small", "rounded", "zero"]


def test_gate_of_counts_uses_the_threshold_and_base_of_the_year():
    found = gate(
        [table({"k": "a", "value": 14}, {"k": "b", "value": 27})], Rules("synthetic", {}, 15, 10), ""
    )
    assert math.isnan(found.cells["t.a"].value)
    assert found.cells["t.b"].value == 30


def test_gate_never_adds_rounded_parts_up_to_a_second_value_of_the_total():
    rows = ({"k": "a", "value": 12}, {"k": "b", "value": 12}, {"k": "t", "value": 24})
    found = safe(table(*rows, relations=[Relation("sum", "t.t", ("t.a", "t.b"))])).cells
    assert found["t.t"].value == 25


def test_gate_of_a_count_less_a_public_claim_narrows_the_count_no_further():
    """163 rounds to 165; 163 - 178 = -15 rounded by itself would say 161 to 165, and so 163 to 165."""
    claim = table({"k": "a", "measure": "claimed", "value": 178}, sensitivity="public")
    rows = ({"k": "a", "measure": "paid", "value": 163}, {"k": "a", "measure": "gap", "value": -15})
    frame = cells("u", ["k"], [{"unit": "person", **row} for row in rows])
    gap = Relation("sum", "u.a.gap", ("u.a", "t.a"), signs=(1, -1))
    own = Table(**{**vars(table({"k": "a", "value": 1})), "id": "u", "cells": frame, "relations": (gap,)})
    assert safe(claim, own).cells["u.a.gap"].value == 165 - 178


def test_gate_of_a_public_table_protects_what_follows_from_a_register():
    """1,000,000 baht ÷ 177 children in a table that calls itself public would give the 177 away."""
    register = table({"k": "a", "value": 177})
    frame = cells("u", ["k"], [{"k": "a", "measure": "cost", "unit": "baht", "value": 1_000_000 / 177}])
    cost = Relation("ratio", "u.a", ("money", "t.a"))
    money = cells("money", [], [{"measure": "money", "unit": "baht", "value": 1_000_000}])
    money["id"] = "money"
    public = {**vars(register), "sensitivity": "public", "relations": ()}
    tables = [
        register,
        Table(**{**public, "id": "money", "dims": (), "cells": money}),
        Table(**{**public, "id": "u", "cells": frame, "relations": (cost,)}),
    ]
    assert safe(*tables).cells["u.a"].value == round(1_000_000 / 175, 2)


# what follows from counts


def test_gate_computes_percentages_and_their_intervals_again_from_rounded_counts():
    found = safe(shares(53, 118))
    cell = found.cells["t.p.share"]
    again = interval("wilson", Relation("ratio", "p", ("a", "b"), scale=100), {"a": 55, "b": 120})
    assert cell.value == round(100 * 55 / 120, 2)
    assert (cell.low, cell.high) == tuple(round(bound, 2) for bound in again)
    row = found.tables["t"].cells.set_index("id").loc["t.p.share"]
    assert (row["low"], row["high"]) == (cell.low, cell.high)
    assert (cell.decision, cell.rule) == ("rounded", "follows")


def test_gate_withholds_a_percentage_of_a_withheld_count_and_its_interval():
    cell = safe(shares(4, 118)).cells["t.p.share"]
    assert (cell.status, cell.rule) == ("suppressed", "term withheld")
    assert math.isnan(cell.value)
    assert math.isnan(cell.low)


def test_gate_multiplies_the_rate_by_the_rounded_count():
    """178 × 4,000 = 712,000 would give the 178 away."""
    rate = [{"k": "a", "measure": "rate", "unit": "baht", "value": 4000}]
    public = Table("r", (Dimension("k", ("a",)),), cells("r", ["k"], rate), source="synthetic")
    rows = ({"k": "a", "value": 178}, {"k": "a", "measure": "baht", "unit": "baht", "value": 712_000})
    found = safe(public, table(*rows, relations=[Relation("product", "t.a.baht", ("r.a", "t.a"))])).cells
    assert found["t.a.baht"].value == 720_000


def test_gate_withholds_numbers_that_only_prove_each_other():
    ring = [Relation("ratio", "t.a", ("t.b", "t.b")), Relation("ratio", "t.b", ("t.a", "t.a"))]
    rows = ({"k": "a", "unit": "percent", "value": 7}, {"k": "b", "unit": "percent", "value": 7})
    found = safe(table(*rows, relations=ring)).cells
    assert all(math.isnan(found[each].value) for each in ("t.a", "t.b"))


def test_gate_withholds_an_amount_that_no_rule_makes_safe():
    found = safe(table({"k": "a", "unit": "baht", "value": 712_000})).cells
    assert math.isnan(found["t.a"].value)
    assert found["t.a"].rule == "contributors"


# survival


def curve(*steps: tuple[int, int]) -> Table:
    """A Kaplan-Meier table from (at risk, events) a step: cells t.<step>, .events and .alive."""
    rows, relations, terms = [], [], []
    for at, (n, d) in enumerate(steps):
        rows.append({"k": str(at), "measure": "at_risk", "value": n})
        rows.append({"k": str(at), "measure": "events", "value": d})
        terms += [f"t.{at}", f"t.{at}.events"]
        rows.append({"k": str(at), "measure": "alive", "unit": "percent", "value": 1, "method": "greenwood"})
        relations.append(Relation("survival", f"t.{at}.alive", tuple(terms), scale=100))
    return table(*rows, relations=relations)


def test_gate_withholds_a_survival_step_with_few_at_risk_and_all_later_ones():
    found = safe(curve((120, 20), (60, 15), (9, 0), (40, 10))).cells
    assert [found[f"t.{at}.alive"].rule for at in range(4)] == ["follows"] * 2 + ["risk set"] * 2
    assert found["t.1.alive"].value == round(100 * (1 - 20 / 120) * (1 - 15 / 60), 2)
    assert found["t.1.alive"].low < found["t.1.alive"].value < found["t.1.alive"].high


def test_gate_steps_a_curve_only_when_ten_withheld_events_have_gathered():
    found = safe(curve((200, 6), (190, 6), (180, 0), (180, 9))).cells
    alive = [found[f"t.{at}.alive"].value for at in range(4)]
    step = 1 - 10 / 190
    assert alive == [100, round(100 * step, 2), round(100 * step, 2), round(100 * step * (1 - 10 / 180), 2)]
    assert [found[f"t.{at}.events"].status for at in range(4)] == ["suppressed"] * 2 + [
        "computed",
        "suppressed",
    ]


# sensitive attributes


@pytest.mark.parametrize(("of", "among"), [(0, 40), (40, 40), (39, 40)])
def test_gate_of_a_sensitive_attribute_withholds_nobody_and_everybody(of, among):
    """39 of 40 too: both are printed as 40."""
    found = safe(shares(of, among, sensitive=("share",))).cells
    assert found["t.a"].rule == "sensitive"
    assert math.isnan(found["t.p.share"].value)
    assert found["t.b"].value == 40


def test_gate_of_a_sensitive_attribute_passes_a_share_between():
    assert safe(shares(20, 40, sensitive=("share",))).cells["t.p.share"].value == 50


def test_gate_of_an_attribute_that_is_not_sensitive_shows_zero():
    assert safe(shares(0, 40)).cells["t.p.share"].value == 0


def test_gate_of_a_sensitive_breakdown_withholds_empty_levels_and_one_that_holds_all():
    rows = ({"k": "a", "value": 0}, {"k": "b", "value": 30}, {"k": "t", "value": 30})
    whole = Relation("sum", "t.t", ("t.a", "t.b"))
    found = safe(table(*rows, relations=[whole], sensitive=("k",))).cells
    assert [found[f"t.{k}"].rule for k in "abt"] == ["sensitive", "sensitive", "rounded"]


def test_gate_of_a_count_beside_itself_is_no_sensitive_attribute():
    """The last point of a cumulative curve is its own whole."""
    rows = ({"k": "a", "value": 500}, {"k": "a", "measure": "share", "unit": "percent", "value": 100})
    found = safe(table(*rows, relations=[Relation("ratio", "t.a.share", ("t.a", "t.a"), scale=100)])).cells
    assert (found["t.a"].value, found["t.a.share"].value) == (500, 100)


def test_gate_of_everybody_in_an_attribute_that_is_not_sensitive_shows_it():
    found = safe(shares(40, 40)).cells
    assert (found["t.a"].value, found["t.p.share"].value) == (40, 100)


def test_gate_of_a_sensitive_attribute_that_nobody_asked_for_says_so():
    rows = ({"k": "a", "value": None, "status": "missing"}, {"k": "b", "value": 40})
    share = {"k": "a", "measure": "share", "unit": "percent", "value": None, "status": "missing"}
    ratio = Relation("ratio", "t.a.share", ("t.a", "t.b"), scale=100)
    found = safe(table(*rows, share, relations=[ratio], sensitive=("share",))).cells
    assert [found[each].status for each in ("t.a", "t.a.share", "t.b")] == ["missing", "missing", "rounded"]


# amounts


@pytest.mark.parametrize(
    ("top1", "top2", "rule"),
    [
        (450_000, 450_000, "dominance"),  # 90 per cent
        (800_000, 99_000, "coarse"),  # 89.9 per cent; the rest, 101,000, is 12.6 per cent of the largest
        (860_000, 55_000, "dominance"),  # 91.5 per cent
        (None, None, "dominance"),
        (4_000, 4_000, "coarse"),
    ],
)
def test_gate_of_amounts_withholds_those_of_one_or_two(top1, top2, rule):
    row = {"k": "a", "unit": "baht", "value": 1_000_000, "n": 250, "top1": top1, "top2": top2}
    assert safe(table(row)).cells["t.a"].rule == rule


def test_gate_of_amounts_applies_the_p_percent_rule():
    """Top two hold 89 per cent, but the rest is less than 15 per cent of the largest."""
    row = {"k": "a", "unit": "baht", "value": 1_000_000, "n": 250, "top1": 800_000, "top2": 90_000}
    rules = Rules("synthetic", {}, p_percent=15)
    assert gate([table(row)], rules, "").cells["t.a"].rule == "dominance"


def test_gate_rounds_an_amount_to_what_five_of_its_contributors_get():
    row = {"k": "a", "unit": "baht", "value": 712_000, "n": 178, "top1": 4_000, "top2": 4_000}
    assert safe(table(row)).cells["t.a"].value == 720_000


# statistics that no counts give


@pytest.mark.parametrize("method", ["min", "max", "median", "percentile", "outlier"])
def test_gate_withholds_the_value_of_one_person(method):
    row = {"k": "a", "unit": "score", "value": 7, "n": 500, "method": method}
    assert safe(table(row)).cells["t.a"].rule == "forbidden"


def test_gate_refuses_a_chart_with_a_mark_a_person():
    chart = Chart("t.c", "scatter", "t", {"x": "m", "y": "k"}, Statement("c"))
    with pytest.raises(DisclosureRefused, match=r"t\.c"):
        safe(table({"k": "a", "value": 178}), chart)


@pytest.mark.parametrize(
    ("more", "rule"),
    [
        ({"n": 9}, "contributors"),
        ({}, "contributors"),
        ({"n": 10}, "coarse"),
        ({"n": 500, "dof": 9}, "degrees of freedom"),
        ({"n": 500, "dof": 10}, "coarse"),
        ({"n": 99, "status": "estimated"}, "degrees of freedom"),
        ({"n": 100, "status": "estimated"}, "coarse"),
    ],
)
def test_gate_of_a_statistic_asks_for_contributors_and_degrees_of_freedom(more, rule):
    row = {"k": "a", "unit": "index", "value": -0.0614, "low": -0.081, "high": -0.042, **more}
    assert safe(table(row)).cells["t.a"].rule == rule


def test_gate_of_a_statistic_rounds_its_interval_outwards():
    row = {"k": "a", "unit": "index", "value": -0.0614, "low": -0.0811, "high": -0.0489, "n": 5_000}
    cell = safe(table(row)).cells["t.a"]
    assert (cell.low, cell.value, cell.high) == (-0.082, -0.061, -0.048)


def test_gate_of_a_statistic_is_coarser_the_fewer_stand_behind_it():
    """Five of 40 persons move a share by 12.5 points: printed in steps of 20."""
    row = {"k": "a", "unit": "percent", "value": 33.3, "low": 21.2, "high": 47.9, "n": 40}
    cell = safe(table(row)).cells["t.a"]
    assert (cell.low, cell.value, cell.high) == (20, 40, 60)


def test_gate_counts_bodies_exactly_if_enough_people_stand_behind_them():
    rows = (
        {"k": "a", "unit": "agency", "value": 7, "n": 60},
        {"k": "b", "unit": "agency", "value": 7, "n": 7},
    )
    found = safe(table(*rows)).cells
    assert found["t.a"].value == 7
    assert found["t.b"].rule == "contributors"


# the whole table


def test_gate_leaves_nothing_unrounded_in_the_tables_that_charts_are_drawn_from():
    one = table({"k": "a", "value": 4, "n": 4, "low": 4}, {"k": "b", "value": 13, "n": 13, "missing": 13})
    frame = safe(one).tables["t"].cells
    numbers = frame.select_dtypes("number").stack()
    assert not set(numbers) & {4.0, 13.0}


def test_gate_of_public_cells_in_a_synthetic_area_leaves_them_exact():
    assert safe(table({"k": "a", "value": 178}, sensitivity="public")).cells["t.a"].value == 178


# algebra

COUNTS = st.integers(0, 10**6)


@given(st.lists(COUNTS, min_size=1, max_size=20))
def test_protect_gives_one_rounded_value_within_half_a_base_or_none(counts):
    given_cells = {f"c{i}": Given(float(n), "person") for i, n in enumerate(counts)}
    found = protect(given_cells, {}, RULES)
    for cell, count in zip(found.values(), counts, strict=True):
        if 0 < count < 10:
            assert math.isnan(cell.value)
            assert cell.rule == "small"
        else:
            assert cell.value % 5 == 0
            assert abs(cell.value - count) <= 2.5
        assert cell.rule in REASONS


@given(st.integers(10, 500), st.integers(10, 500), st.integers(-2, 2), st.integers(-2, 2))
def test_protect_shows_the_same_for_all_counts_that_round_alike(of, among, by, more):
    """Nothing that follows from a count, interval included, tells it from its neighbours."""
    ratio = Relation("ratio", "p", ("a", "b"), scale=100)
    of, among = 5 * round(of / 5), 5 * round(among / 5)
    shown = []
    for a, b in ((of, of + among), (of + by, of + among + more)):
        if min(a, b) < 10 or a > b:
            return
        given_cells = {
            "a": Given(float(a), "person"),
            "b": Given(float(b), "person"),
            "p": Given(100 * a / b, "percent", method="wilson"),
        }
        shown.append(protect(given_cells, {"p": ratio}, RULES))
    assert shown[0] == shown[1]


@given(st.lists(st.tuples(st.integers(10, 300), st.integers(0, 9)), min_size=1, max_size=12))
def test_protect_of_a_curve_never_tells_which_withheld_events_were_how_many(steps):
    """The gathered steps are multiples of the threshold, and lag by fewer than it."""
    from equity_lib.disclosure.curves import gathered

    exact = [float(d) for _, d in steps]
    shown = [0.0 if d == 0 else math.nan for d in exact]
    made = gathered(exact, shown, RULES)
    assert all(each % 10 == 0 for each in made)
    for upto in range(1, len(made) + 1):
        assert 0 <= sum(exact[:upto]) - sum(made[:upto]) < 10


@given(
    st.lists(
        st.tuples(st.integers(10, 300), st.integers(0, 60), st.integers(0, 60)).map(
            lambda step: (step[0], min(step[:2]), min(step))
        ),
        min_size=1,
        max_size=8,
    )
)
def test_curve_terms_never_have_more_of_a_cause_than_events_nor_more_events_than_at_risk(steps):
    """Each is gathered and rounded by itself: a step below nothing, or a curve above all, would follow."""
    from equity_lib.disclosure.curves import curve_terms
    from equity_lib.relations import incidence, survival

    exact = [float(each) for step in steps for each in step]
    shown = [math.nan if 0 < each < 10 else 5 * math.floor(each / 5 + 0.5) for each in exact]
    made = curve_terms("incidence", exact, shown, RULES)
    assert made is not None
    n, d, c = made[0::3], made[1::3], made[2::3]
    assert all(0 <= own <= every <= risk for risk, every, own in zip(n, d, c, strict=True))
    alive, of_cause = survival(n, d), incidence(n, d, c)
    assert 0 <= alive <= 1
    assert 0 <= of_cause <= 1 - alive + 1e-12


@pytest.mark.parametrize("reached", [0, 40])
def test_gate_of_one_sensitive_level_withholds_nobody_and_everybody_of_it_alone(reached):
    """Of 40 disabled and of 40 poor children none, or all, were reached: only the latter is shown."""
    rows = [
        {"k": k, "measure": m, "value": v}
        for m, v in (("m", reached), ("all", 40))
        for k in ("disability", "band")
    ]
    rows += [{"k": k, "measure": "share", "unit": "percent", "value": 1} for k in ("disability", "band")]
    ratios = [
        Relation("ratio", f"t.{k}.share", (f"t.{k}", f"t.{k}.all"), scale=100) for k in ("disability", "band")
    ]
    found = safe(table(*rows, relations=ratios, sensitive=("k.disability",))).cells
    assert [found[f"t.{k}"].decision for k in ("disability", "disability.share")] == ["suppressed"] * 2
    assert found["t.band.share"].value == 100 * reached / 40


# design effects


def test_gate_computes_a_clustered_interval_from_rounded_counts_and_a_coarse_design_effect():
    cell = clustered(61, 203, 2.31).cells["t.p.share"]
    low, high = wilson((60, 205), 2.4)
    assert (cell.low, cell.high) == (round(100 * low, 2), round(100 * high, 2))
    assert cell.deff == 2.4


def test_gate_never_lets_a_design_effect_narrow_an_interval():
    plain, narrow = (clustered(61, 203, deff).cells["t.p.share"] for deff in (math.nan, 0.2))
    assert (plain.low, plain.high) == (narrow.low, narrow.high)
    assert math.isnan(plain.deff)
    assert narrow.deff == 1


def test_gate_withholds_the_design_effect_of_a_share_that_it_withholds():
    found = clustered(4, 203, 2.31)
    assert math.isnan(found.cells["t.p.share"].deff)
    assert found.tables["t"].cells["deff"].isna().all()


def test_gate_keeps_the_design_effect_beside_the_interval():
    """So that a reader of the safe table can compute the interval again."""
    frame = clustered(61, 203, 2.31).tables["t"].cells.set_index("id")
    assert frame.loc["t.p.share", "deff"] == 2.4


def test_gate_refuses_a_design_effect_in_a_published_table():
    row = {"k": "a", "value": 12, "deff": 2.0}
    with pytest.raises(DisclosureRefused):
        gate([table(row, source="published", sensitivity="public")], Rules("published", {}), NO_LEDGER)
