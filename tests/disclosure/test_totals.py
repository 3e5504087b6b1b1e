"""Totals of the whole programme that may be exact, on tables with known answers and against an attacker."""

import itertools
import math

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from equity_lib.disclosure import sums
from equity_lib.disclosure.gate import gate
from equity_lib.disclosure.rules import NO_LEDGER, Rules
from equity_lib.relations import Relation
from equity_lib.results import Dimension, Table, cells

RULES = Rules("synthetic", {}, threshold=10, base=5)
#: Twelve districts that are printed as 30 each; 361 children in all.
MANY = (*[29, 31] * 5, 29, 32)
PERSONAL = {"source": "synthetic", "sensitivity": "personal"}


def alone(name: str, value: float, sensitivity: str = "personal", **row) -> Table:
    """A table of one number without dimensions."""
    frame = cells(name, [], [{"measure": "children", "unit": "person", "value": value, **row}])
    return Table(name, (), frame, source="synthetic", sensitivity=sensitivity)


def parts(name: str, *counts: int, total: str | None = "total", **changes) -> Table:
    """A breakdown into levels 0, 1, 2 … with its total."""
    levels = [str(at) for at in range(len(counts))]
    rows = [{"k": k, "value": v} for k, v in zip([*levels, "total"], [*counts, sum(counts)], strict=True)]
    frame = cells(name, ["k"], [{"measure": "children", "unit": "person", **row} for row in rows])
    whole = Relation("sum", f"{name}.total", tuple(f"{name}.{level}" for level in levels))
    dims = (Dimension("k", (*levels, "total"), total=total),)
    return Table(name, dims, frame, **{"relations": (whole,), **PERSONAL, **changes})


def decided(*tables, rules: Rules = RULES):
    return gate(tables, rules, NO_LEDGER).cells


def shown(*tables, rules: Rules = RULES) -> dict[str, float]:
    return {cell: found.value for cell, found in decided(*tables, rules=rules).items()}


# which counts may be exact


def test_gate_of_a_total_without_dimensions_leaves_it_exact_and_says_by_which_rule():
    table = gate([alone("t", 4978)], RULES, NO_LEDGER).tables["t"].cells.iloc[0]
    found = decided(alone("t", 4978))["t"]
    assert (found.value, found.decision, found.rule, found.status) == (
        4978,
        "exact",
        "programme_total",
        "exact",
    )
    assert found.reason
    assert (table["value"], table["status"]) == (4978, "exact")


@pytest.mark.parametrize(("count", "print_as"), [(99, 100), (100, 100), (102, 100), (103, 103), (178, 178)])
def test_gate_of_a_total_asks_that_every_count_that_prints_alike_is_100_or_more(count, print_as):
    """That 100 is rounded tells of it no more than that: 98 is printed as 100 as well."""
    assert shown(alone("t", count))["t"] == print_as


def test_gate_of_a_total_uses_a_stricter_bound_of_the_year():
    assert shown(alone("t", 178), rules=Rules("synthetic", {}, exact_total=500))["t"] == 180


def test_gate_of_a_breakdown_leaves_its_total_exact_and_rounds_its_parts():
    found = decided(parts("t", *MANY))
    assert (found["t.total"].value, found["t.total"].rule) == (361, "programme_total")
    assert {found[f"t.{k}"].value for k in range(12)} == {30}


def test_gate_of_a_level_that_is_no_total_rounds_it():
    assert shown(parts("t", *MANY, total=None))["t.total"] == 360


def test_gate_of_a_measure_beside_the_one_that_a_table_counts_rounds_it():
    rows = [{"measure": "children", "value": 4978}, {"measure": "reached", "value": 1234}]
    frame = cells("t", [], [{"unit": "person", **row} for row in rows])
    found = shown(Table("t", (), frame, **PERSONAL))
    assert found == {"t": 4978, "t.reached": 1235}


@pytest.mark.parametrize("unit", ["row", "baht", "agency"])
def test_gate_of_a_total_that_counts_neither_persons_nor_cases_has_no_exception(unit):
    assert decided(alone("t", 4978, unit=unit))["t"].rule != "programme_total"


def test_gate_gives_a_statistic_one_value_wherever_it_stands():
    """The total of one table is a year's level, which is no total, in another."""
    series = parts("u", 3290, 4978, total=None, relations=())
    found = shown(alone("t", 4978), series)
    assert (found["t"], found["u.1"], found["u.0"]) == (4978, 4978, 3290)


def test_gate_computes_from_an_exact_total_what_a_reader_would():
    rows = [
        {"k": "total", "value": 4978},
        {"k": "girls", "value": 2432},
        {"k": "girls", "measure": "share", "unit": "percent", "value": 1},
        {"k": "total", "measure": "paid", "unit": "baht", "value": 1},
    ]
    frame = cells("t", ["k"], [{"measure": "children", "unit": "person", **row} for row in rows])
    relations = (
        Relation("ratio", "t.girls.share", ("t.girls", "t.total"), scale=100),
        Relation("product", "t.total.paid", ("rate", "t.total")),
    )
    dims = (Dimension("k", ("girls", "total"), total="total"),)
    rate = alone("rate", 800, sensitivity="public", unit="baht")
    found = shown(Table("t", dims, frame, relations, **PERSONAL), rate)
    assert found["t.girls.share"] == round(100 * 2430 / 4978, 2)
    assert found["t.total.paid"] == 800 * 4978


# differences


@pytest.mark.parametrize(("other", "print_as"), [(4967, 4978), (4968, 4980), (4992, 4980), (4993, 4978)])
def test_gate_rounds_a_total_that_another_count_may_be_within_nine_of(other, print_as):
    """4,978 is printed like 4,982, and 4,992 like 4,988: by what is printed they may be six apart."""
    assert shown(alone("t", 4978), alone("u", other, unit="row"))["t"] == print_as


def test_gate_rounds_both_of_two_totals_that_differ_by_a_small_group():
    assert shown(alone("t", 9569), alone("u", 9563)) == {"t": 9570, "u": 9565}


def test_gate_rounds_a_total_beside_a_claim_that_it_nearly_is():
    """178 claimed and 171 counted: that it is seven fewer tells of seven."""
    found = shown(alone("claim", 178, sensitivity="public"), alone("t", 171))
    assert found["t"] == 170


def test_gate_rounds_a_total_beside_a_claim_that_it_is():
    """Else a total that is rounded would say that it isn't what was claimed."""
    assert shown(alone("claim", 178, sensitivity="public"), alone("t", 178))["t"] == 180


def test_gate_leaves_a_total_exact_beside_a_claim_far_from_it():
    assert shown(alone("claim", 193, sensitivity="public"), alone("t", 178))["t"] == 178


def test_gate_rounds_the_second_of_two_totals_whose_difference_is_a_group_below_100():
    assert shown(alone("t", 1000), alone("u", 940)) == {"t": 1000, "u": 940}
    assert shown(alone("t", 1001), alone("u", 942)) == {"t": 1001, "u": 940}


def test_gate_rounds_the_second_of_two_totals_whose_difference_is_nearly_another_count():
    """1,001 less 798 are 203 not screened; 198 of them, in another table, would leave a group of five."""
    assert shown(alone("t", 1001), alone("u", 798))["u"] == 798
    assert shown(alone("t", 1001), alone("u", 798), alone("v", 198, unit="row"))["u"] == 800


def test_gate_rounds_a_third_total_that_leaves_nearly_another_count_with_the_first_two():
    """2,107 less 1,001 less 602 are 504, and another table prints 500."""
    three = (alone("t", 2107), alone("u", 1001), alone("v", 602))
    assert shown(*three)["v"] == 602
    assert shown(*three, alone("w", 498, unit="row"))["v"] == 600


# sums


def test_gate_rounds_a_total_that_narrows_a_withheld_part():
    """200, 145 and c of 348 would leave c at most 7; without the total it is anything from 1 to 9."""
    found = decided(parts("t", 200, 144, 4))
    assert found["t.2"].decision == "suppressed"
    assert found["t.total"].rule == "rounded"


def test_gate_leaves_a_total_exact_whose_many_parts_leave_a_withheld_one_open():
    assert shown(parts("t", *MANY, 4))["t.total"] == 365


def test_gate_rounds_a_total_that_gives_a_part_below_100_back():
    """300 and 50 of 354: the 50 is 52, the one count that the total leaves of 51 and 52."""
    assert shown(parts("t", 302, 52))["t.total"] == 355


def test_gate_leaves_a_total_exact_whose_two_parts_are_large():
    """It may give large parts back: a count of 100 or more tells of nobody."""
    assert shown(parts("t", 302, 152))["t.total"] == 454


def test_gate_rounds_a_total_that_narrows_two_large_parts_which_are_nearly_one():
    """302 of one breakdown and 303 to 306 of another: 1 to 4 are in one alone."""
    one, other = parts("t", 302, 152), parts("u", 306, 148)
    assert shown(one)["t.total"] == shown(other)["u.total"] == 454
    assert shown(one, other)["t.total"] == shown(one, other)["u.total"] == 455


def test_gate_rounds_a_total_with_a_part_withheld_because_everybody_is_in_it():
    """Of a sensitive breakdown the level that holds all is withheld; the others are nobody."""
    found = decided(parts("t", 0, 178, sensitive=("k",)))
    assert [found[f"t.{k}"].rule for k in (0, 1)] == ["sensitive", "sensitive"]
    assert found["t.total"].rule == "rounded"


def test_gate_follows_sums_from_table_to_table():
    """The second part of a total is the total of another table, whose one small part it narrows."""
    outer, inner = parts("t", 299, 150), parts("u", 144, 6, total=None)
    tie = Relation("sum", "t.1", ("u.total",))
    tied = parts("t", 299, 150, relations=(*outer.relations, tie))
    assert shown(outer, inner)["t.total"] == 449
    assert shown(tied, inner)["t.total"] == 450


def test_gate_rounds_a_total_of_parts_that_no_cell_prints():
    """What isn't printed is protected like what is withheld."""
    whole = Relation("sum", "t.total", ("t.0", "elsewhere"))
    assert shown(parts("t", 302, 152, relations=(whole,)))["t.total"] == 455


@pytest.mark.parametrize("status", [1, 4])
def test_gate_rounds_a_total_whose_sums_can_not_be_solved(monkeypatch, status):
    monkeypatch.setattr(sums, "_solved", lambda *_: status)
    found = shown(parts("t", *MANY), alone("u", 4978))
    assert (found["t.total"], found["u"]) == (360, 4978)


# algebra: an attacker who knows the rules

SMALL = st.integers(0, 140)
COUNTS = st.lists(SMALL, min_size=2, max_size=4).filter(lambda counts: sum(counts) >= 100)


def printed(count: int) -> float:
    """The cell of a count that isn't exact, by the rules; NaN is withheld."""
    return math.nan if 0 < count < 10 else 5.0 * math.floor(count / 5 + 0.5)


def fitting(cell: float) -> list[int]:
    """Every count that is printed like that: the attacker's first step."""
    if math.isnan(cell):
        return list(range(1, 10))
    return [count for count in range(int(cell) - 5, int(cell) + 6) if count >= 0 and printed(count) == cell]


def kept(now: dict[str, list[int]], before: dict[str, list[int]]) -> bool:
    """Whether a total leaves an attacker all of a withheld count, and three values of one below 100."""
    return all(
        now[name] == left or (len(now[name]) >= 3 and left[0] >= 10) or left[0] >= 98
        for name, left in before.items()
    )


def possible(cell: dict[str, float], sums_of: dict[str, str], total: int | None) -> dict[str, list[int]]:
    """What each count may be, by trying every combination of those that are printed alike.

    `sums_of` names the parts of each sum by their letters, and "total" those of the total.
    """
    fits = {name: fitting(shown_as) for name, shown_as in cell.items()}
    made: dict[str, set[int]] = {name: set() for name in fits if name != "total"}
    for counts in itertools.product(*(fits[name] for name in sums_of["total"])):
        value = dict(zip(sums_of["total"], counts, strict=True))
        value |= {name: sum(value[part] for part in of) for name, of in sums_of.items()}
        if all(value[name] in fits[name] for name in fits) and total in (None, value["total"]):
            for name, found in made.items():
                found.add(value[name])
    return {name: sorted(each) for name, each in made.items()}


@given(COUNTS)
@settings(max_examples=40, deadline=None)
def test_gate_leaves_an_attacker_of_one_breakdown_what_rounding_leaves(counts):
    found = decided(parts("t", *counts))["t.total"]
    names = "abcd"[: len(counts)]
    cell = {name: printed(count) for name, count in zip(names, counts, strict=True)}
    cell["total"] = printed(sum(counts))
    if found.rule != "programme_total":
        assert found.value == cell["total"]
    elif sum(counts) not in counts:
        assert kept(*(possible(cell, {"total": names}, total) for total in (sum(counts), None)))


@given(st.tuples(SMALL, SMALL, SMALL, SMALL).filter(lambda counts: sum(counts) >= 103))
@example((20, 87, 20, 87))
@settings(max_examples=25, deadline=None)
def test_gate_leaves_an_attacker_of_a_two_way_table_what_rounding_leaves(counts):
    """Children reached (a, c) and not reached (b, d) in two levels, with the sums of both ways."""
    value = dict(zip("abcd", counts, strict=True))
    ways = {"total": "abcd", "ab": "ab", "cd": "cd", "ac": "ac", "bd": "bd"}
    value = {name: sum(value[part] for part in of) for name, of in ways.items()} | value
    rows = [{"measure": "children", "unit": "person", "k": k, "value": n} for k, n in value.items()]
    whole = Table(
        "t",
        (Dimension("k", tuple(value), total="total"),),
        cells("t", ["k"], rows),
        tuple(Relation("sum", f"t.{way}", tuple(f"t.{x}" for x in of)) for way, of in ways.items()),
        **PERSONAL,
    )
    cell = {name: printed(count) for name, count in value.items()}
    if (
        decided(whole)["t.total"].rule == "programme_total"
        and list(value.values()).count(value["total"]) == 1
    ):
        assert kept(*(possible(cell, ways, total) for total in (value["total"], None)))


@given(COUNTS, st.randoms(use_true_random=False))
@settings(max_examples=20, deadline=None)
def test_gate_decides_on_a_total_by_what_is_printed_alone(counts, chance):
    """Other counts that are printed alike, none of them equal to another unless it was, decide alike."""

    def rule(found):
        return decided(parts("t", *found))["t.total"].rule

    alike = itertools.product(*(fitting(printed(count)) for count in counts))
    alike = [each for each in alike if printed(sum(each)) == printed(sum(counts)) and sum(each) not in each]
    assume(alike and sum(counts) not in counts)
    assert {rule(each) for each in chance.sample(alike, min(3, len(alike)))} == {rule(counts)}


@given(st.permutations([0, 1, 2, 3, 4]))
@settings(max_examples=20, deadline=None)
def test_gate_decides_on_totals_whatever_the_order_of_results(order):
    tables = [
        parts("t", *MANY),
        parts("u", 302, 152),
        alone("v", 4978),
        alone("w", 9563),
        alone("x", 9569),
    ]
    assert decided(*(tables[at] for at in order)) == decided(*tables)
