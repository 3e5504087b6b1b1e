"""E-values and robustness values against the papers that propose them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equity_lib.impact.sensitivity import e_value, risk_e_value, robustness_value, standardised_e_value


def test_e_value_vanderweele_ding_2017_maternal_smoking():
    assert [round(value, 2) for value in e_value(3.9, 1.8, 8.7)] == [7.26, 3.0]


def test_e_value_protective_ratio_is_that_of_its_inverse():
    estimate, nearer = e_value(1 / 3.9, 1 / 8.7, 1 / 1.8)
    assert (round(estimate, 2), round(nearer, 2)) == (7.26, 3.0)


def test_e_value_interval_over_one_is_one():
    assert e_value(1.2, 0.9, 1.6)[1] == 1.0
    assert math.isnan(e_value(1.2)[1])
    assert math.isnan(e_value(0.0)[0])


def test_standardised_e_value_is_that_of_the_approximate_ratio():
    ratio = e_value(math.exp(0.455), math.exp(0.2275), math.exp(0.6825))
    assert standardised_e_value(1.0, 0.5, 1.5, 2.0) == pytest.approx(ratio)
    assert math.isnan(standardised_e_value(1.0, 0.5, 1.5, 0.0)[0])


def test_risk_e_value_ratio_of_risks():
    assert risk_e_value(0.4, 0.2, 0.1, 0.3) == pytest.approx(e_value(2.0, 1.5, 2.5))
    assert math.isnan(risk_e_value(0.4, 0.0, 0.1, 0.3)[0])


def test_robustness_value_darfur_cinelli_hazlett_2020():
    """Estimate .09732 (.02326) on 783 degrees of freedom: RV 13.878 %, 7.626 % at 5 %."""
    t = 4.18445
    assert t == pytest.approx(0.09732 / 0.02326, abs=2e-3)
    assert robustness_value(t, 783) == pytest.approx(0.13878, abs=5e-6)
    assert robustness_value(t, 783, alpha=0.05) == pytest.approx(0.07626, abs=5e-6)


def test_robustness_value_insignificant_is_nought():
    assert robustness_value(1.0, 100, alpha=0.05) == 0.0
    assert math.isnan(robustness_value(math.nan, 100))


@given(st.floats(0.01, 60), st.integers(5, 5000))
def test_robustness_value_removes_the_estimate_it_is_for(t: float, degrees: int):
    """A confounder of that strength with both brings the bias √(R²·R²/(1 − R²))·√ν·se to the estimate."""
    r = robustness_value(t, degrees)
    assert math.sqrt(r * r / (1 - r)) * math.sqrt(degrees) == pytest.approx(t, rel=1e-6)
