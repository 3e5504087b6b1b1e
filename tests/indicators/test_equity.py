"""Parity, concentration and inequality of registers whose every child is known."""

import math

import pytest

from equity_lib.disclosure.gate import gate
from equity_lib.disclosure.rules import NO_LEDGER, Rules
from equity_lib.errors import WrongParameters
from equity_lib.indicators.equity import VIEWS, equity
from equity_lib.indicators.intervals import difference_of_shares, ratio_of_shares
from equity_lib.results import Statement
from tests.literal_register import LiteralRegister, literal_year, paid


def register(reached, count=20, amounts=None):
    """Children 0, 1, … from the poorest up; even ones are girls, the poorest half extremely poor."""
    children = [
        {
            "child_id": str(i),
            "sex": "male" if i % 2 else "female",
            "district": "4001" if i % 4 == 0 else "4002",
            "disability": "none",
            "subdistrict": "400101",
        }
        for i in range(count)
    ]
    screening = [
        {
            "child_id": str(i),
            "date": "2019-06-01",
            "pmt_score": float(i),
            "income": 100.0 + i,
            "band": "extremely_poor" if i < count / 2 else "not_poor",
        }
        for i in range(count)
    ]
    rows = [row for i in reached for row in paid(str(i), amount=amounts[i] if amounts else 800)]
    return LiteralRegister(child=children, screening=screening, support_payment=rows)


def test_parity_by_hand():
    """Girls 6 of 10, boys 8 of 10: 0.75, 20 points; the extremely poor 10 of 10, the others 4 of 10."""
    found = equity(literal_year(register([*range(10), 11, 13, 15, 10])), "parity")
    value = lambda cell: found.value(f"equity.parity.{cell}")  # noqa: E731
    assert (value("sex"), value("sex.adjusted_parity"), value("sex.gap")) == (0.75, 0.75, -20)
    assert (value("band"), value("band.adjusted_parity"), value("band.gap")) == (2.5, 1.6, 60)
    # Nobody has a disability in these rows: there is nothing to compare.
    assert "disability" not in found.dims[0].levels


def test_parity_interval_contains_the_ratio_and_mirrors_when_groups_are_swapped():
    terms, swapped = [0.4, 0.8, 40, 100, 80, 100], [0.8, 0.4, 80, 100, 40, 100]
    low, high = ratio_of_shares(terms)
    back_low, back_high = ratio_of_shares(swapped)
    assert low < 0.5 < high
    assert (1 / back_high, 1 / back_low) == pytest.approx((low, high))


def test_gap_interval_against_newcombes_published_example():
    """Newcombe (1998), table II, contrast (a): 56/70 less 48/80, method 10: 0.0524 to 0.3339."""
    low, high = difference_of_shares([0.8, 0.6, 56, 70, 48, 80])
    assert (low / 100, high / 100) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_parity_interval_where_a_group_has_no_children_is_undefined():
    assert all(math.isnan(bound) for bound in ratio_of_shares([math.nan, 0.5, 0, 0, 5, 10]))


def test_concentration_of_support_that_the_poorest_half_gets():
    found = equity(literal_year(register(range(10))), "concentration")
    assert found.value("equity.concentration.early") == -1
    assert found.value("equity.concentration.early.index") == -0.5
    assert found.value("equity.concentration.early.wagstaff") == -1
    late = found.cells.set_index("id").loc["equity.concentration.late"]
    assert math.isnan(late["value"])
    assert late["status"] == "not_estimable"


def test_curve_of_support_that_the_poorest_half_gets():
    found = equity(literal_year(register(range(10))), "curve")
    held = [found.value(f"equity.curve.{fifth}.cumulative") for fifth in "12345"]
    assert held == [40, 80, 100, 100, 100]


def test_inequality_on_flat_rates_is_refused_with_the_reason():
    found = equity(literal_year(register(range(10))), "inequality")
    assert isinstance(found, Statement)
    assert found.key == "refused.equity.flat_rates"


def test_inequality_of_amounts_that_differ():
    found = equity(literal_year(register(range(2), amounts=[800, 2_400])), "inequality")
    assert found.value("equity.inequality.early") == 0.25
    parts = [found.value(f"equity.inequality.early.{part}") for part in ("within_t", "between_t", "theil_t")]
    assert parts[0] + parts[1] == pytest.approx(parts[2], abs=1e-4)


def test_income_counts_those_without_one_apart():
    rows = register(range(10))
    rows.put("screening", 0, income=0.0)
    rows.put("screening", 1, income=None)
    found = equity(literal_year(rows), "income")
    assert found.value("equity.income.income.children") == 18
    assert found.value("equity.income.income.without_amount") == 2


@pytest.mark.parametrize("of", VIEWS)
def test_equity_of_an_empty_register_says_what_it_needs(of):
    key = "concentration" if of == "curve" else of
    assert equity(literal_year(LiteralRegister()), of).key == f"needs.equity.{key}"


def test_equity_of_nothing_known_names_what_there_is():
    with pytest.raises(WrongParameters, match="parity"):
        equity(literal_year(LiteralRegister()), "colour")


@pytest.mark.parametrize("reached", [range(60, 90), range(90)])
def test_parity_by_disability_never_tells_that_nobody_or_everybody_was_reached(reached):
    """Children 0 to 59 have a disability: 0 of 60, or 60 of 60, were reached; by band it is shown."""
    made = register(reached, count=120)
    for row in range(60):
        made.put("child", row, disability="disabled")
    table = equity(literal_year(made), "parity")
    found = gate([table], Rules("synthetic", {}), NO_LEDGER).cells
    cell = "equity.parity.disability"
    hidden = ("reached_disadvantaged", "coverage_disadvantaged", "adjusted_parity", "gap")
    assert {found[f"{cell}.{name}"].decision for name in hidden} | {found[cell].decision} == {"suppressed"}
    assert found["equity.parity.band.reached_disadvantaged"].decision != "suppressed"
