"""Rows that allow no comparison give a reason, whatever estimator they are meant for."""

import numpy as np
import pandas as pd
import pytest

from equity_lib.impact.clusters import regress
from equity_lib.impact.estimates import Estimate, NotEstimable
from equity_lib.impact.multiplicity import adjusted
from equity_lib.impact.samples import Sample, complete_rows
from equity_lib.impact.twoway import two_way

Y, D, G = [1.0, 2.0, 3.0, 5.0, 4.0, 6.0, 8.0, 7.0], [0, 0, 0, 0, 1, 1, 1, 1], [1, 1, 2, 2, 3, 3, 4, 4]


@pytest.mark.parametrize(
    ("reason", "outcome", "treated", "clusters"),
    [
        ("all_missing", [np.nan] * 8, D, None),
        ("all_missing", [], [], None),
        ("no_controls", Y, [1] * 8, None),
        ("no_treated", Y, [0] * 8, None),
        ("few_rows", Y, [0] * 7 + [1], None),
        ("constant_outcome", [3.0] * 8, D, None),
        ("one_cluster", Y, D, [1] * 8),
        ("one_treated_cluster", Y, D, [1, 1, 2, 2, 3, 3, 3, 3]),
        ("one_control_cluster", Y, D, [1, 1, 1, 1, 2, 2, 3, 3]),
    ],
)
def test_complete_rows_degenerate_rows_say_why(reason: str, outcome, treated, clusters):
    found = complete_rows(outcome, treated, clusters=clusters)
    assert isinstance(found, NotEstimable)
    assert found.reason == reason


def test_complete_rows_leaves_out_and_counts_what_is_missing():
    x = pd.DataFrame({"a": [1.0, 2, 3, 4, np.nan, 6, 7, 8], "same": 1.0})
    weights = [1, 0, 1, 1, 1, 1, 1, 1]
    found = complete_rows(
        [*Y[:7], None], D, clusters=["b"] * 4 + ["a", "a", "c", "c"], covariates=x, weights=weights
    )
    assert isinstance(found, NotEstimable)  # treated clusters a and c, one control cluster
    found = complete_rows([*Y[:7], None], D, clusters=G, covariates=x, weights=weights)
    assert isinstance(found, Sample)
    assert (found.n, found.dropped, found.names) == (5, 3, ("a",))


def test_regress_collinear_and_saturated_designs_say_why():
    sample = complete_rows(Y, D)
    assert isinstance(sample, Sample)
    perfect = complete_rows(np.array(D) * 2.0, D)
    assert isinstance(perfect, Sample)
    assert regress(perfect, "ols", "itt") == NotEstimable("no_residual", {"rows": 8})
    crowded = regress(sample, "ols", "itt", np.eye(8)[:, :6])
    assert isinstance(crowded, NotEstimable)
    assert crowded.reason == "no_residual"


def test_regress_repeated_column_changes_nothing():
    sample = complete_rows(Y, D)
    assert isinstance(sample, Sample)
    x = np.arange(8.0).reshape(-1, 1) ** 2
    twice, once = (regress(sample, "ols", "itt", design) for design in (np.hstack([x, 2 * x]), x))
    assert isinstance(twice, Estimate)
    assert isinstance(once, Estimate)
    assert (twice.value, twice.se, twice.p) == pytest.approx((once.value, once.se, once.p))


def panel() -> pd.DataFrame:
    frame = pd.DataFrame([(unit, period) for unit in range(6) for period in range(4)], columns=["u", "t"])
    return frame.assign(
        y=np.random.default_rng(1).normal(size=24), d=((frame["u"] < 3) & (frame["t"] > 1)) * 1
    )


@pytest.mark.parametrize(
    ("reason", "change"),
    [
        ("all_missing", lambda rows: rows.assign(y=np.nan)),
        ("no_treated", lambda rows: rows.assign(d=0)),
        ("no_controls", lambda rows: rows.assign(d=1)),
        ("constant_outcome", lambda rows: rows.assign(y=2.0)),
        ("one_cluster", lambda rows: rows.assign(u=1, t=range(24))),
        ("one_treated_cluster", lambda rows: rows.assign(d=rows["d"] * (rows["u"] == 0))),
        ("collinear", lambda rows: rows.assign(d=(rows["t"] > 1) * 1)),
        ("collinear", lambda rows: rows.assign(d=(rows["u"] > 1) * 1)),
    ],
)
def test_two_way_degenerate_panels_say_why(reason: str, change):
    found = two_way(change(panel()), outcome="y", unit="u", period="t", treated="d")
    assert isinstance(found, NotEstimable)
    assert found.reason == reason


def test_adjusted_missing_p_values_are_no_tests():
    found = adjusted([0.01, float("nan"), 0.04], "holm")
    assert found[0] == pytest.approx(0.02)
    assert np.isnan(found[1])
    assert adjusted([], "holm") == []
