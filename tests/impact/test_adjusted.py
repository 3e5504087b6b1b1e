"""Doubly robust estimates against truth, statsmodels, and hand-made trouble."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from statsmodels.treatment.treatment_effects import TreatmentEffect

from equity_lib.impact.adjusted import (
    aipw,
    balance,
    cross_fitted,
    negative_control,
    overlap,
    propensity_weights,
    standardised_differences,
    unmeasured,
)
from equity_lib.impact.estimates import Estimate, NotEstimable
from equity_lib.impact.experiment import difference
from equity_lib.impact.samples import Sample, complete_rows


def sample_of(
    n: int = 2000, slope: float = 0.7, effect: float = 1.0, clusters: int = 0, seed: int = 0
) -> Sample:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 3))
    treated = (rng.random(n) < 1 / (1 + np.exp(-slope * x[:, 0]))).astype(float)
    y = effect * treated + x @ np.array([1.0, 0.5, 0.0]) + rng.normal(size=n)
    own = np.arange(n) % clusters if clusters else None
    found = complete_rows(y, treated, clusters=own, covariates=pd.DataFrame(x, columns=list("abc")))
    assert isinstance(found, Sample)
    return found


def test_aipw_recovers_what_the_difference_misses():
    sample = sample_of()
    found, plain = aipw(sample, seed=1), difference(sample)
    assert isinstance(found, Estimate)
    assert isinstance(plain, Estimate)
    assert abs(found.value - 1) < 3 * found.se
    assert plain.low > 1.3


def test_aipw_against_statsmodels_without_cross_fitting():
    sample = sample_of()
    x = sm.add_constant(sample.covariates)
    other = TreatmentEffect(
        sm.OLS(sample.outcome, x), sample.treated, results_select=sm.Logit(sample.treated, x).fit(disp=0)
    ).aipw(disp=0)
    found = aipw(sample, seed=1)
    assert isinstance(found, Estimate)
    assert found.value == pytest.approx(float(np.ravel(other.effect)[0]), abs=found.se / 4)
    assert found.se == pytest.approx(other.results_gmm.bse[0], rel=0.05)


def test_aipw_right_with_either_model_wrong():
    """The outcome bends, the logit is right: still 1. The chance bends, the outcome is straight: still 1."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=20_000)
    chances = (1 / (1 + np.exp(-x)), np.clip(0.2 + 0.15 * x**2, 0.05, 0.95))
    for chance, outcome in zip(chances, (np.exp(x / 2), x), strict=True):
        treated = (rng.random(len(x)) < chance).astype(float)
        sample = complete_rows(
            treated + outcome + rng.normal(size=len(x)), treated, covariates=pd.DataFrame({"x": x})
        )
        assert isinstance(sample, Sample)
        found = aipw(sample, seed=1, repeats=1)
        assert isinstance(found, Estimate)
        assert abs(found.value - 1) < 3.5 * found.se


def test_aipw_att_differs_where_effects_do():
    rng = np.random.default_rng(6)
    x = rng.normal(size=8000)
    treated = (rng.random(8000) < 1 / (1 + np.exp(-x))).astype(float)
    y = x + treated * (1 + x) + rng.normal(size=8000)
    sample = complete_rows(y, treated, covariates=pd.DataFrame({"x": x}))
    assert isinstance(sample, Sample)
    for estimand, truth in (("ate", 1.0), ("att", 1 + x[treated == 1].mean())):
        found = aipw(sample, seed=1, estimand=estimand, repeats=1)  # type: ignore[arg-type]
        assert isinstance(found, Estimate)
        assert abs(found.value - truth) < 3 * found.se


def test_aipw_same_seed_same_estimate_and_clusters_stay_together():
    sample = sample_of(n=600, clusters=20)
    assert aipw(sample, seed=1) == aipw(sample, seed=1)
    scores = cross_fitted(sample, seed=1)
    assert not isinstance(scores, NotEstimable)
    assert pd.Series(scores.fold).groupby(sample.clusters).nunique().max() == 1
    assert sorted(np.bincount(scores.fold[:20])) == [4] * 5


@pytest.mark.parametrize(
    ("reason", "sample"),
    [
        ("no_covariates", complete_rows(np.arange(20.0), np.arange(20) % 2)),
        ("separation", complete_rows(
            np.arange(200.0), np.arange(200) > 99, covariates=pd.DataFrame({"x": np.arange(200.0)}))),
        ("few_clusters", sample_of(n=100, clusters=4)),
        ("few_rows", complete_rows(
            np.arange(12.0), np.arange(12) % 4 == 0, covariates=pd.DataFrame({"x": np.arange(12.0) ** 2}))),
    ],
)  # fmt: skip
def test_aipw_degenerate_rows_say_why(reason: str, sample: Sample):
    found = aipw(sample, seed=1)
    assert isinstance(found, NotEstimable)
    assert found.reason == reason


def test_overlap_and_balance_follow_the_selection():
    fair, steep = sample_of(slope=0.3), sample_of(slope=3.0)
    fair_scores, steep_scores = cross_fitted(fair, seed=1), cross_fitted(steep, seed=1)
    assert not isinstance(fair_scores, NotEstimable)
    assert not isinstance(steep_scores, NotEstimable)
    assert overlap(fair, fair_scores).outcome == "pass"
    assert overlap(steep, steep_scores).outcome == "fail"
    assert balance(fair, fair_scores).outcome == "pass"
    before = standardised_differences(steep)
    after = standardised_differences(steep, propensity_weights(steep, steep_scores))
    assert abs(after["a"]) < abs(before["a"]) / 3


def test_standardised_differences_by_hand():
    sample = complete_rows([1.0, 2, 3, 4], [1, 1, 0, 0], covariates=pd.DataFrame({"x": [2.0, 4, 1, 1]}))
    assert isinstance(sample, Sample)
    assert standardised_differences(sample)["x"] == pytest.approx(2 / np.sqrt((1 + 0) / 2))


def test_negative_control_hidden_cause_fails():
    rng = np.random.default_rng(8)
    hidden, x = rng.normal(size=(2, 2000))
    treated = (rng.random(2000) < 1 / (1 + np.exp(-hidden))).astype(float)
    covariates = pd.DataFrame({"x": x})
    for share, outcome in ((1.0, "fail"), (0.0, "pass")):
        sample = complete_rows(share * hidden + x + rng.normal(size=2000), treated, covariates=covariates)
        assert isinstance(sample, Sample)
        assert negative_control(aipw(sample, seed=1, repeats=1)).outcome == outcome
    assert negative_control(NotEstimable("no_covariates")).outcome == "not_computed"


def test_unmeasured_is_one_for_an_interval_over_nought():
    sample = sample_of(effect=0.0)
    found = aipw(sample, seed=1)
    assert isinstance(found, Estimate)
    assert found.covers_zero
    assert unmeasured(sample, found).value == 1.0
