"""Primary rules on tables with known answers."""

import math

from hypothesis import given
from hypothesis import strategies as st

from equity_lib.disclosure.gate import gate
from equity_lib.disclosure.primary import protect
from equity_lib.disclosure.rules import NO_LEDGER, Rules
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


def test_gate_of_counts_withholds_small_ones_and_rounds_the_others():
    counts = {"a": 9, "b": 10, "c": 12, "d": 13, "e": 0, "f": 178}
    found = safe(table(*({"k": k, "value": v} for k, v in counts.items()))).cells
    assert math.isnan(found["t.a"].value)
    assert [found[f"t.{k}"].value for k in "bcdef"] == [10, 10, 15, 0, 180]
    assert [found[f"t.{k}"].status for k in "abe"] == ["suppressed", "rounded", "computed"]
    assert [found[f"t.{k}"].rule for k in "abe"] == ["small", "rounded", "zero"]


def test_gate_computes_percentages_again_from_rounded_counts():
    rows = (
        {"k": "a", "value": 53},
        {"k": "b", "value": 118},
        {"k": "p", "unit": "percent", "value": 100 * 53 / 118},
    )
    found = safe(table(*rows, relations=[Relation("ratio", "t.p", ("t.a", "t.b"), scale=100)])).cells
    assert found["t.p"].value == round(100 * 55 / 120, 2)


def test_gate_withholds_a_percentage_of_a_withheld_count():
    rows = ({"k": "a", "value": 4}, {"k": "b", "value": 118}, {"k": "p", "unit": "percent", "value": 3.4})
    found = safe(table(*rows, relations=[Relation("ratio", "t.p", ("t.a", "t.b"), scale=100)])).cells
    assert math.isnan(found["t.p"].value)
    assert found["t.p"].status == "suppressed"


def test_gate_multiplies_the_rate_by_the_rounded_count():
    """178 × 4,000 = 712,000 would give the 178 away."""
    public = Table(
        "r",
        (Dimension("k", ("a",)),),
        cells("r", ["k"], [{"k": "a", "measure": "rate", "unit": "baht", "value": 4000}]),
        source="synthetic",
    )
    rows = ({"k": "a", "value": 178}, {"k": "a", "measure": "baht", "unit": "baht", "value": 712_000})
    found = safe(public, table(*rows, relations=[Relation("product", "t.a.baht", ("r.a", "t.a"))])).cells
    assert found["t.a.baht"].value == 720_000


def test_gate_withholds_an_amount_that_no_rule_makes_safe():
    found = safe(table({"k": "a", "unit": "baht", "value": 712_000})).cells
    assert math.isnan(found["t.a"].value)
    assert found["t.a"].rule == "no rule"


def test_gate_never_adds_rounded_parts_up_to_a_second_value_of_the_total():
    rows = ({"k": "a", "value": 12}, {"k": "b", "value": 12}, {"k": "t", "value": 24})
    found = safe(table(*rows, relations=[Relation("sum", "t.t", ("t.a", "t.b"))])).cells
    assert found["t.t"].value == 25


def test_gate_leaves_nothing_unrounded_in_the_tables_that_charts_are_drawn_from():
    one = table({"k": "a", "value": 4, "n": 4}, {"k": "b", "value": 13, "n": 13})
    chart = Chart("t.c", "bars", "t", {"x": "m", "y": "k", "levels": "a,b"}, Statement("c"))
    frame = safe(Table(**{**vars(one), "charts": (chart,)})).tables["t"].cells
    assert not set(frame[["value", "n", "low", "high"]].stack()) & {4.0, 13.0}


def test_gate_of_public_cells_in_a_synthetic_area_leaves_them_exact():
    assert safe(table({"k": "a", "value": 178}, sensitivity="public")).cells["t.a"].value == 178


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=20))
def test_protect_gives_one_rounded_value_within_half_a_base_or_none(counts):
    ids = {f"c{i}": float(n) for i, n in enumerate(counts)}
    found = protect(ids, dict.fromkeys(ids, "person"), set(ids), {}, RULES)
    for cell, count in ids.items():
        value, rule = found[cell]
        if 0 < count < 10:
            assert math.isnan(value)
            assert rule == "small"
        else:
            assert value % 5 == 0
            assert abs(value - count) <= 2.5
