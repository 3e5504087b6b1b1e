"""Cost ÷ effect: Fieller against its definition and the bootstrap's limit, and what is refused."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from equity_lib.impact.cost_effectiveness import (
    Ratio,
    cost_per_effect,
    learning_adjusted_years,
    months_of_progress,
)
from equity_lib.impact.estimates import Estimate, NotEstimable

Z = stats.norm.ppf(0.975)


def effect(value, se, **more):
    return Estimate("x", "y", value, se, value - Z * se, value + Z * se, **more)


def test_cost_per_effect_of_a_fixed_rate_is_the_interval_turned_over():
    """With no error of the cost Fieller's bounds are cost ÷ high and cost ÷ low."""
    found = cost_per_effect(4_500, 0, effect(20.0, 5.0))
    assert isinstance(found, Ratio)
    assert found.value == pytest.approx(225)
    assert (found.low, found.high) == pytest.approx((4_500 / (20 + Z * 5), 4_500 / (20 - Z * 5)))


@given(st.floats(100, 10_000), st.floats(0, 30), st.floats(5, 50), st.floats(0.1, 1), st.floats(-0.5, 0.5))
def test_cost_per_effect_bounds_solve_fiellers_equation(cost, cost_se, value, se, correlation):
    """(C − R E)² = z² (s²_C − 2 R s_CE + R² s²_E) at both bounds (Fieller 1954)."""
    shared = correlation * cost_se * se
    found = cost_per_effect(cost, cost_se, effect(value, se), covariance=shared)
    assert isinstance(found, Ratio)
    assert found.low <= found.value <= found.high
    for bound in (found.low, found.high):
        spread = cost_se**2 - 2 * bound * shared + (bound * se) ** 2
        assert (cost - bound * value) ** 2 == pytest.approx(Z**2 * spread, rel=1e-6, abs=1e-6 * cost**2)


def test_cost_per_effect_takes_the_degrees_of_freedom_of_the_effect():
    found = cost_per_effect(4_500, 0, effect(20.0, 5.0, details={"degrees_of_freedom": 9.0}))
    assert isinstance(found, Ratio)
    assert found.high == pytest.approx(4_500 / (20 - stats.t.ppf(0.975, 9) * 5))


@pytest.mark.parametrize("value", [0.0, 1.0, -1.0, 1.9])
def test_cost_per_effect_is_refused_where_the_interval_covers_zero(value):
    found = cost_per_effect(4_500, 0, effect(value, 1.0))
    assert isinstance(found, NotEstimable)
    assert found.reason == "effect_covers_zero"


def test_cost_per_effect_needs_a_cost():
    found = cost_per_effect(0, 0, effect(20.0, 5.0))
    assert isinstance(found, NotEstimable)
    assert found.reason == "no_cost"


@pytest.mark.parametrize("function", [months_of_progress, learning_adjusted_years])
def test_learning_units_are_refused_for_anything_but_learning(function):
    found = function(0.2, 0.4, learning=False)
    assert isinstance(found, NotEstimable)
    assert found.reason == "not_learning"
    assert not isinstance(function(0.2, 0.4, learning=True), NotEstimable)


def test_months_of_progress_by_hand():
    """g = .2 where children gain .4 a year is half a year."""
    assert months_of_progress(0.2, 0.4, learning=True) == pytest.approx(6)
    assert isinstance(months_of_progress(0.2, 0.0, learning=True), NotEstimable)
    assert learning_adjusted_years(10, 0.6, learning=True) == pytest.approx(6)
    assert isinstance(learning_adjusted_years(10, math.nan, learning=True), NotEstimable)
