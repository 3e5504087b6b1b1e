"""The gate proves or refuses: public by passage, derived by relation, anything else not at all."""

import dataclasses

import pytest

from equity_lib.disclosure.gate import SafeResults, gate
from equity_lib.disclosure.rules import NO_LEDGER, Rules, numbers_in, rules_of
from equity_lib.errors import DisclosureRefused
from equity_lib.indicators.assistance import assistance
from equity_lib.indicators.persons import persons
from equity_lib.indicators.reconciliation import reconciliation
from equity_lib.relations import Relation
from equity_lib.results import Dimension, Table, cells
from tests.years import parameters, year

RULES = Rules("published", {"2562:F1": "จำนวน 1,872 ราย รายละ ๘๐๐ บาท"}, threshold=10, base=5)


def table(*rows, relations=(), **changes) -> Table:
    frame = cells("t", ["k"], [{"measure": "m", "unit": "case", **row} for row in rows])
    dims = (Dimension("k", tuple(row["k"] for row in rows)),)
    return Table(**{"id": "t", "dims": dims, "cells": frame, "relations": tuple(relations), **changes})


def refused(*tables, rules=RULES) -> list[str]:
    with pytest.raises(DisclosureRefused) as raised:
        gate(tables, rules, NO_LEDGER)
    assert raised.value.exit_code == 4
    return [fault.key for fault in raised.value.faults]


def test_gate_passes_a_number_that_its_passage_states():
    safe = gate(
        [table({"k": "a", "value": 1872, "fact": "2562:F1"}, {"k": "b", "value": 800, "fact": "2562:F1"})],
        RULES,
        NO_LEDGER,
    )
    assert {cell.rule for cell in safe.cells.values()} == {"public fact"}


def test_gate_refuses_a_number_that_its_passage_does_not_state():
    assert refused(table({"k": "a", "value": 1873, "fact": "2562:F1"})) == ["t.a"]


def test_gate_refuses_a_fact_that_nobody_published():
    assert refused(table({"k": "a", "value": 1872, "fact": "2562:F9"})) == ["t.a"]


def test_gate_refuses_a_number_without_fact_or_relation():
    assert refused(table({"k": "a", "value": 6})) == ["t.a"]


def test_gate_passes_what_follows_from_public_facts():
    rows = ({"k": "a", "value": 1872, "fact": "2562:F1"}, {"k": "b", "value": 800, "fact": "2562:F1"})
    product = Relation("product", "t.c", ("t.a", "t.b"))
    safe = gate([table(*rows, {"k": "c", "value": 1_497_600}, relations=[product])], RULES, NO_LEDGER)
    assert safe.cells["t.c"].rule == "follows from public facts"


def test_gate_refuses_a_relation_that_does_not_give_the_number():
    rows = ({"k": "a", "value": 1872, "fact": "2562:F1"}, {"k": "c", "value": 1871})
    assert refused(table(*rows, relations=[Relation("sum", "t.c", ("t.a",))])) == ["t.c"]


def test_gate_refuses_numbers_that_only_prove_each_other():
    ring = [Relation("sum", "t.a", ("t.b",)), Relation("sum", "t.b", ("t.a",))]
    assert refused(table({"k": "a", "value": 6}, {"k": "b", "value": 6}, relations=ring)) == ["t.a", "t.b"]


def test_gate_refuses_a_relation_to_a_cell_that_is_not_there():
    assert refused(table({"k": "a", "value": 6}, relations=[Relation("sum", "t.a", ("t.z",))])) == ["t.a"]


def test_gate_refuses_contributor_counts_in_a_published_table():
    assert refused(table({"k": "a", "value": 1872, "fact": "2562:F1", "n": 3})) == ["t.a"]


def test_gate_refuses_two_values_for_one_statistic():
    one = table({"k": "a", "value": 1872, "fact": "2562:F1"})
    other = table({"k": "a", "value": 800, "fact": "2562:F1"})
    assert refused(one, other) == ["t.a"]


def test_gate_refuses_everything_of_a_real_register():
    rules = dataclasses.replace(RULES, kind="register")
    assert "register" in refused(table({"k": "a", "value": 1872}, source="register"), rules=rules)


def test_gate_refuses_a_register_table_in_a_published_area():
    assert "t" in refused(table({"k": "a", "value": 1872, "fact": "2562:F1"}, source="register"))


def test_gate_refuses_a_published_table_in_a_synthetic_area():
    rules = dataclasses.replace(RULES, kind="synthetic")
    assert refused(table({"k": "a", "value": 1872, "fact": "2562:F1"}), rules=rules) == ["t"]


def test_gate_passes_a_synthetic_area_and_marks_it():
    rules = dataclasses.replace(RULES, kind="synthetic")
    safe = gate([table({"k": "a", "value": 6}, source="synthetic")], rules, NO_LEDGER)
    assert safe.synthetic
    assert safe.cells["t.a"].rule == "synthetic"


def test_gate_message_holds_no_value():
    with pytest.raises(DisclosureRefused) as raised:
        gate([table({"k": "a", "value": 424242})], RULES, NO_LEDGER)
    assert "424242" not in str(raised.value)


def test_safe_results_are_made_by_the_gate_alone():
    safe = gate([table({"k": "a", "value": 1872, "fact": "2562:F1"})], RULES, NO_LEDGER)
    values = {
        field.name: getattr(safe, field.name) for field in dataclasses.fields(safe) if field.name != "token"
    }
    with pytest.raises(TypeError, match="gate"):
        SafeResults(**values)


def test_gate_of_the_published_year_proves_every_number():
    rules = rules_of(parameters(2562))
    safe = gate([reconciliation(year()), assistance(year()), persons(year())], rules, NO_LEDGER)
    assert {cell.decision for cell in safe.cells.values()} == {"pass"}


def test_gate_of_a_table_apart_from_what_it_follows_from_is_refused():
    with pytest.raises(DisclosureRefused):
        gate([assistance(year())], rules_of(parameters(2562)), NO_LEDGER)


@pytest.mark.parametrize(
    ("passage", "numbers"),
    [
        ("อายุ 2-21 ปี", {2, 21}),
        ("๘๐๐ บาท", {800}),
        ("4,032,600 บาท", {4032600}),
        ("1,58 0", {1, 58, 0}),
        ("", set()),
    ],
)
def test_numbers_in_reads_thai_and_arabic_digits(passage, numbers):
    assert numbers_in(passage) == numbers
