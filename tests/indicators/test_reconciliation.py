"""Reconciliation on years whose answer is known by hand."""

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from equity_lib.indicators.reconciliation import reconciliation
from equity_lib.programme.parameters import StatedTotal, UseOfGrant
from tests.years import streams, year

amounts = st.integers(0, 10**9)


def total(amount: int) -> StatedTotal:
    return StatedTotal(amount=amount, fact="F19")


def test_reconciliation_where_parts_add_up_has_residual_zero():
    table = reconciliation(
        year(streams=streams(("a", 10, 3, None), ("b", 5, 4, None)), stated_total=total(50))
    )
    assert table.value("money.residual") == 0
    assert table.chart("parts").title.key == "chart.money.parts_agree"


def test_reconciliation_where_parts_exceed_the_total_has_negative_residual():
    table = reconciliation(year(streams=streams(("a", 10, 6, None)), stated_total=total(50)))
    assert table.value("money.residual") == -10
    assert table.chart("parts").title.key == "chart.money.parts_differ"


def test_reconciliation_with_a_stated_amount_keeps_it_beside_rate_times_cases():
    table = reconciliation(year(streams=streams(("a", 10, 3, 40)), stated_total=total(40)))
    assert (table.value("money.a"), table.value("money.a.rate_times_cases")) == (40, 30)
    assert table.value("money.residual") == 0


def test_reconciliation_with_an_unknown_rate_has_no_sum_and_no_residual():
    table = reconciliation(
        year(streams=streams(("a", None, 3, None), ("b", 5, 4, None)), stated_total=total(50))
    )
    assert math.isnan(table.value("money.itemised"))
    assert math.isnan(table.value("money.residual"))


def test_use_not_stated_with_spending_stated_leaves_what_is_neither_spent_nor_returned():
    use = UseOfGrant(spent=5_000_000, administration=300_000, returned=100_000)
    assert reconciliation(year(use_of_grant=use)).value("money.use_not_stated") == 400_000


def test_use_not_stated_without_spending_leaves_what_no_line_explains():
    use = UseOfGrant.model_construct(spent=None, administration=300_000, returned=None)
    assert reconciliation(year(use_of_grant=use)).value("money.use_not_stated") == 1_167_400


@settings(max_examples=40)
@given(st.lists(st.tuples(amounts, st.integers(0, 10**5)), min_size=1, max_size=6), amounts)
def test_reconciliation_adds_up_whatever_the_figures(figures, stated):
    """Oracle: itemised + residual = stated total, in whole baht; and every relation reproduces its cell."""
    parts = streams(*((f"s{i}", rate, cases, None) for i, (rate, cases) in enumerate(figures)))
    table = reconciliation(year(streams=parts, stated_total=total(stated)))
    assert table.value("money.itemised") == sum(rate * cases for rate, cases in figures)
    assert table.value("money.itemised") + table.value("money.residual") == stated
    values = table.cells.set_index("id")["value"].to_dict()
    for relation in table.relations:
        again, stored = relation.evaluate(values), values[relation.result]
        assert round(again, 2) == stored or math.isnan(stored)
