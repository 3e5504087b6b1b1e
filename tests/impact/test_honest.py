"""Honest bounds against lines drawn by hand, and where the library's own quantile fails."""

import math

import numpy as np
import pytest

from equity_lib.impact.honest import furthest, honest_bounds, smoothness_interval
from tests.panels import fitted, panel


def test_smoothness_interval_straight_line_by_hand():
    """One coefficient before, one after, M = 0: the line goes on, θ + β₋₂ (steps of one period)."""
    values, covariance = np.array([0.2, 1.0]), np.diag([0.04, 0.09])
    low, high = smoothness_interval(values, covariance, 1, 0.0, np.array([1.0]))
    assert (low + high) / 2 == pytest.approx(1.2, abs=1e-3)
    assert (high - low) / 2 == pytest.approx(1.96 * math.sqrt(0.13), rel=1e-3)


def test_smoothness_interval_widens_with_the_bend():
    values, covariance = np.array([0.1, -0.1, 0.5, 0.7]), np.eye(4) * 0.01
    widths = []
    for bend in (0.0, 0.1, 0.3):
        low, high = smoothness_interval(values, covariance, 2, bend, np.array([0.5, 0.5]))
        widths.append(high - low)
    assert widths == sorted(widths)


def test_honest_bounds_large_effect_without_drift_passes():
    frame = panel({0: 60, 5: 60}, periods=7)
    frame["y"] += 20 * (frame["period"] >= frame["first"].fillna(99))
    smooth, relative = honest_bounds(fitted(frame))
    assert smooth.outcome == "pass"
    assert relative.key == "honest_relative"


@pytest.mark.parametrize(("limit", "reach"), [(0.1, 0.0), (0.3, 0.25), (9, 2.0)])
def test_furthest_stops_where_nought_comes_in(limit: float, reach: float):
    assert furthest(lambda multiple: (limit - multiple, 99.0)) == reach


def test_honest_bounds_many_units_are_computed():
    """More than some 340 degrees of freedom overflow in scipy's noncentral t."""
    frame = panel({0: 400, 5: 400}, periods=7)
    frame["y"] += 20 * (frame["period"] >= frame["first"].fillna(99))
    fit = fitted(frame)
    assert fit.covariance(fit.event_weights)[1].min() > 400
    assert honest_bounds(fit)[0].outcome == "pass"


@pytest.mark.parametrize("degrees", [10.0, 40.0, 1000.0])
def test_smoothness_interval_much_bias_is_wider_than_the_normals(degrees: float):
    """Where the noncentral t fails: no narrower than bias + t standard errors, the bound's own theory."""
    values, covariance = np.array([0.1, -0.1, 0.5, 0.7]), np.eye(4) * 0.01
    options = (values, covariance, 2, 3.0, np.array([0.5, 0.5]))
    low, high = smoothness_interval(*options)
    wide = smoothness_interval(*options, degrees=degrees)
    assert wide[0] < low < high < wide[1]
    assert sum(wide) == pytest.approx(low + high, abs=1e-2)


def test_furthest_no_interval_is_not_computed():
    assert math.isnan(furthest(lambda _: (math.nan, math.nan)))
