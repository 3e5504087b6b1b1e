"""Pre-trends that are there are found, where they are; those that aren't mostly aren't."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from equity_lib.impact.honest import honest_bounds
from equity_lib.impact.pretrends import (
    group_pretrend,
    group_slopes,
    pretrend,
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


def test_unit_slopes_all_missing_is_empty():
    frame = panel({0: 4, 5: 4}).assign(y=np.nan)
    assert unit_slopes(frame, **COLUMNS).empty
    assert isinstance(unit_slopes(frame, **COLUMNS), pd.DataFrame)
