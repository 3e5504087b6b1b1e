"""Pre-trends that are there are found, where they are; those that aren't mostly aren't."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from equity_lib.impact.pretrends import (
    furthest,
    group_pretrend,
    group_slopes,
    honest_bounds,
    pretrend,
    smoothness_interval,
    unit_pretrend,
    unit_slopes,
)
from tests.panels import COLUMNS, fitted, panel


def test_pretrend_two_arms_one_period_before_is_welchs_test():
    frame = panel({0: 9, 3: 5}, periods=4)
    wide = frame.pivot(index="unit", columns="period", values="y")
    treated = frame.groupby("unit")["first"].first().notna()
    change = wide[1.0] - wide[2.0]
    other = stats.ttest_ind(change[treated], change[~treated], equal_var=False)
    assert pretrend(fitted(frame)).value == pytest.approx(other.pvalue, rel=1e-8)


def test_pretrend_drifting_group_fails_and_is_named():
    fit = fitted(panel({0: 10, 5: 8, 6: 8}, periods=7, drift=2.0))
    assert pretrend(fit).outcome == "fail"
    assert group_pretrend(fit).outcome == "fail"
    slopes = group_slopes(fit).set_index("group")
    assert slopes.loc[5, "p_holm"] < 0.05 < slopes.loc[6, "p_holm"]


def test_pretrend_parallel_groups_pass():
    fit = fitted(panel({0: 10, 5: 8, 6: 8}, periods=7))
    assert (pretrend(fit).outcome, group_pretrend(fit).outcome) == ("pass", "pass")


def test_group_slopes_line_through_means():
    """Without noise the slope is the drift."""
    frame = panel({0: 4, 5: 3}, periods=7)
    frame["y"] = frame["unit"] + frame["period"] + 0.5 * frame["period"] * frame["first"].notna()
    assert group_slopes(fitted(frame))["slope"].tolist() == pytest.approx([0.5])


def test_pretrend_no_period_before_is_not_computed():
    fit = fitted(panel({0: 5, 2: 5}, periods=4))
    gates = [pretrend(fit), group_pretrend(fit), *honest_bounds(fit)]
    assert {gate.outcome for gate in gates} == {"not_computed"}


def test_unit_slopes_against_the_studentised_residual_of_statsmodels():
    import statsmodels.api as sm

    frame = panel({0: 8, 5: 6}, periods=6)
    found = unit_slopes(frame, **COLUMNS)
    slopes = found["slope"].to_numpy()
    outliers = sm.OLS(slopes, np.ones(len(slopes))).fit().get_influence().resid_studentized_external
    assert found["t"].to_numpy() == pytest.approx(outliers)
    wide = frame[frame["period"] < 5].pivot(index="unit", columns="period", values="y")
    wide -= wide.mean()
    assert slopes[3] == pytest.approx(np.polyfit(range(4), wide.loc[3], 1)[0])


def test_unit_pretrend_one_district_apart_is_found():
    frame = panel({0: 12, 5: 12}, periods=6)
    frame["y"] += 4 * frame["period"] * (frame["unit"] == 17)
    table = unit_slopes(frame, **COLUMNS).set_index("unit")
    assert unit_pretrend(frame, **COLUMNS).outcome == "fail"
    assert table["p_holm"].idxmin() == 17
    assert (table["p_holm"].drop(17) > 0.05).all()


def test_unit_pretrend_two_periods_are_too_few():
    assert unit_pretrend(panel({0: 12, 3: 12}), **COLUMNS).outcome == "not_computed"


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


def test_unit_slopes_all_missing_is_empty():
    frame = panel({0: 4, 5: 4}).assign(y=np.nan)
    assert unit_slopes(frame, **COLUMNS).empty
    assert isinstance(unit_slopes(frame, **COLUMNS), pd.DataFrame)
