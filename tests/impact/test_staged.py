"""Group-time effects against differences of means by hand, and their errors against two-sample theory."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from equity_lib.impact.estimates import Estimate, NotEstimable
from equity_lib.impact.panels import collapse
from equity_lib.impact.staged import effect, fit_staged
from tests.panels import COLUMNS, fitted, panel


def by_hand(
    frame: pd.DataFrame, group: float, period: float, controls: pd.Series, weight: str | None
) -> float:
    """Mean change from the period before the start, treated less controls, of units seen in both."""
    wide = frame.pivot(index="unit", columns="period", values="y")
    change = (wide[period] - wide[group - 1]).dropna()
    of_unit = frame.groupby("unit").first().loc[change.index]
    load = of_unit[weight] if weight else pd.Series(1.0, change.index)
    means = []
    for arm in (of_unit["first"] == group, controls.loc[change.index]):
        means.append(np.average(change[arm], weights=load[arm]))
    return float(means[0] - means[1])


@pytest.mark.parametrize("weight", [None, "weight"])
@pytest.mark.parametrize("unbalanced", [False, True])
@pytest.mark.parametrize("control", ["never", "not_yet"])
def test_fit_staged_cells_by_hand(weight: str | None, unbalanced: bool, control: str):
    frame = panel({0: 7, 3: 5, 5: 6})
    if unbalanced:
        frame = frame.drop(frame.index[[3, 20, 41, 62, 77, 90]])
    fit = fitted(frame, weights=weight, control=control)
    first = frame.groupby("unit")["first"].first()
    for cell in fit.cells.itertuples():
        later = first > max(cell.period, cell.group) if control == "not_yet" else first > np.inf
        controls = first.isna() | later
        assert cell.effect == pytest.approx(by_hand(frame, cell.group, cell.period, controls, weight)), cell


def test_effect_one_group_is_a_difference_of_two_means():
    """One start: θ is the difference in the mean change; error and degrees of freedom are Welch's."""
    frame = panel({0: 9, 4: 5})
    found = effect(fitted(frame), "group")
    wide = frame.pivot(index="unit", columns="period", values="y")
    change = wide[[4.0, 5.0, 6.0]].mean(axis=1) - wide[3.0]
    treated = frame.groupby("unit")["first"].first().notna()
    other = stats.ttest_ind(change[treated], change[~treated], equal_var=False)
    interval = other.confidence_interval()
    assert isinstance(found, Estimate)
    assert found.p == pytest.approx(other.pvalue, rel=1e-8)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high), rel=1e-8)
    assert found.details["degrees_of_freedom"] == pytest.approx(other.df, rel=1e-8)


def test_effect_errors_approach_the_librarys_in_large_samples():
    from diff_diff import CallawaySantAnna

    frame = panel({0: 300, 3: 200, 5: 200})
    other = CallawaySantAnna(estimation_method="reg", base_period="universal").fit(
        frame.fillna({"first": 0}), outcome="y", unit="unit", time="period", first_treat="first"
    )
    found = effect(fitted(frame), "simple")
    dynamic = other.aggregate("event_study").to_dataframe().set_index("event_time")
    assert isinstance(found, Estimate)
    assert found.value == pytest.approx(other.overall_att, rel=1e-9)
    assert found.se == pytest.approx(other.overall_se, rel=0.06)  # the library's adds the groups' shares
    for point in found.series:
        if point.x != -1:
            assert point.value == pytest.approx(dynamic.loc[point.x, "att"], abs=1e-9)


@pytest.mark.parametrize("aggregate", ["simple", "group", "dynamic"])
def test_weights_sum_to_one_and_leave_out_what_came_before(aggregate: str):
    fit = fitted(panel({0: 7, 3: 5, 5: 6}))
    weights = fit.weights(aggregate)  # type: ignore[arg-type]
    assert weights.sum() == pytest.approx(1)
    assert (weights[fit.cells["event"] < 0] == 0).all()


def test_aggregates_by_hand_when_effects_grow():
    """Effect = periods since start + 1, without noise: group 3 has 1…4, group 5 has 1, 2; sizes 2 and 4."""
    frame = panel({0: 4, 3: 2, 5: 4})
    start = frame["first"].fillna(np.inf)
    frame["y"] = frame["unit"] + frame["period"] + np.clip(frame["period"] - start + 1, 0, None).fillna(0)
    fit = fitted(frame)
    assert fit.value(fit.weights("simple"))[0] == pytest.approx((2 * 10 + 4 * 3) / (2 * 4 + 4 * 2))
    assert fit.value(fit.weights("group"))[0] == pytest.approx((2 * 2.5 + 4 * 1.5) / 6)
    assert fit.value(fit.weights("dynamic"))[0] == pytest.approx((1 + 2 + 3 + 4) / 4)


def test_fit_staged_labels_and_order_do_not_matter():
    """Years of the Buddhist Era with a gap, shuffled rows, text units: the same as counted periods."""
    frame = panel({0: 7, 3: 5, 5: 6})
    labels = dict(zip(range(1, 7), [2560, 2561, 2562, 2564, 2565, 2566], strict=True))
    other = frame.assign(period=frame["period"].map(labels), first=frame["first"].map(labels))
    other["unit"] = "d" + other["unit"].astype(str).str.zfill(3)
    first, second = effect(fitted(frame)), effect(fitted(other.sample(frac=1, random_state=4)))
    assert isinstance(first, Estimate)
    assert isinstance(second, Estimate)
    assert (first.value, first.se, first.n) == pytest.approx((second.value, second.se, second.n))


def test_fit_staged_clusters_coarser_than_units():
    """Doubling each unit within a cluster changes neither the estimate nor its error."""
    frame = panel({0: 7, 3: 5, 5: 6}).assign(cluster=lambda rows: rows["unit"])
    twin = pd.concat([frame, frame.assign(unit=frame["unit"] + 100)])
    first, second = effect(fitted(frame)), effect(fitted(twin, clusters="cluster"))
    assert isinstance(first, Estimate)
    assert isinstance(second, Estimate)
    assert (first.value, first.se) == pytest.approx((second.value, second.se))
    assert (second.n, second.n_clusters) == (36, 18)


def test_fit_staged_starts_after_the_window_are_controls():
    frame = panel({0: 7, 3: 5, 5: 6})
    late = frame.assign(first=frame["first"].fillna(99))
    first, second = effect(fitted(frame)), effect(fitted(late))
    assert first == second


def test_fit_staged_always_treated_are_left_out_and_counted():
    frame = panel({0: 7, 3: 5, 5: 6})
    early = frame[frame["first"] == 3].assign(first=1, unit=lambda rows: rows["unit"] + 100)
    found = effect(fitted(pd.concat([frame, early])))
    alone = effect(fitted(frame))
    assert isinstance(found, Estimate)
    assert isinstance(alone, Estimate)
    assert found.details["always_treated"] == 5
    assert found.value == pytest.approx(alone.value)


def test_collapse_means_and_cases():
    rows = pd.DataFrame(
        {
            "d": ["a", "a", "a", "b", "b"],
            "t": [1, 1, 2, 1, 1],
            "y": [0.0, 100, 100, 100, np.nan],
            "f": [2, 2, 2, 9, 9],
        }
    )
    found = collapse(rows, outcome="y", unit="d", period="t", first="f")
    assert found.to_dict("list") == {
        "d": ["a", "a", "b"], "t": [1, 2, 1], "y": [50.0, 100.0, 100.0], "cases": [2, 1, 1], "f": [2, 2, 9],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("reason", "change"),
    [
        ("no_controls", lambda rows: rows.dropna()),
        ("no_treated", lambda rows: rows.assign(first=np.nan)),
        ("all_missing", lambda rows: rows.assign(y=np.nan)),
        ("constant_outcome", lambda rows: rows.assign(y=1.0)),
        ("no_pre_period", lambda rows: rows.assign(first=rows["first"].where(rows["first"].isna(), 1))),
        ("one_treated_cluster", lambda rows: rows[rows["first"].isna() | (rows["unit"] == 7)]),
        ("one_control_cluster", lambda rows: rows[rows["first"].notna() | (rows["unit"] == 0)]),
        ("lone_cohort", lambda rows: rows[(rows["first"] != 3) | (rows["unit"] == 7)]),
        ("repeated_rows", lambda rows: pd.concat([rows, rows.iloc[:1]])),
        ("changing_start", lambda rows: rows.assign(first=rows["first"].where(rows.index != 60, 4))),
    ],
)  # fmt: skip
def test_fit_staged_degenerate_panels_say_why(reason: str, change):
    found = fit_staged(change(panel({0: 7, 3: 5, 5: 6})), **COLUMNS)
    assert isinstance(found, NotEstimable)
    assert found.reason == reason


def test_effect_without_noise_gives_no_error():
    frame = panel({0: 4, 3: 3}).assign(y=lambda rows: rows["unit"] + rows["period"])
    assert effect(fitted(frame)) == NotEstimable("no_residual", {"rows": 42})
