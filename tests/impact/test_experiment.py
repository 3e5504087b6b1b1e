"""Experiments against scipy, hand-counted assignments and published formulas."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from equity_lib.impact.estimates import Estimate, NotEstimable
from equity_lib.impact.experiment import (
    assignments,
    difference,
    joint_balance,
    lin,
    randomisation,
    sample_ratio,
    studentised,
)
from equity_lib.impact.samples import Sample, complete_rows


def sample_of(
    n: int = 60, seed: int = 2, effect: float = 1.0, clusters: int = 0, covariates: int = 1
) -> Sample:
    rng = np.random.default_rng(seed)
    cluster = np.arange(n) % clusters if clusters else None
    treated = (cluster if cluster is not None else rng.permutation(n)) % 2
    x = rng.normal(size=(n, covariates))
    y = effect * treated + 2 * x.sum(axis=1) + rng.normal(size=n)
    found = complete_rows(y, treated, clusters=cluster, covariates=pd.DataFrame(x).rename(columns=str))
    assert isinstance(found, Sample)
    return found


def test_difference_is_the_difference_in_means():
    sample = sample_of()
    found = difference(sample)
    assert isinstance(found, Estimate)
    means = [sample.outcome[sample.treated == arm].mean() for arm in (1, 0)]
    assert found.value == pytest.approx(means[0] - means[1])
    assert (found.n, found.n_treated, found.se_method) == (60, 30, "hc2_satterthwaite")


def test_lin_against_the_two_regressions_it_is():
    """Lin's estimate = difference of each arm's own regression line at the overall mean."""
    sample = sample_of()
    found = lin(sample)
    x = sample.covariates[:, 0]
    at = []
    for arm in (1, 0):
        slope, centre = np.polyfit(x[sample.treated == arm], sample.outcome[sample.treated == arm], 1)
        at.append(centre + slope * x.mean())
    assert isinstance(found, Estimate)
    assert found.value == pytest.approx(at[0] - at[1])


def test_lin_is_more_precise_where_the_covariate_matters():
    sample = sample_of()
    plain, adjusted = difference(sample), lin(sample)
    assert isinstance(plain, Estimate)
    assert isinstance(adjusted, Estimate)
    assert adjusted.se < plain.se / 1.5


def test_lin_too_many_covariates_for_the_clusters_is_refused():
    found = lin(sample_of(clusters=12, covariates=3))
    assert found == NotEstimable("many_covariates", {"covariates": 3, "thinner_arm": 6})


def test_randomisation_exhaustive_counts_every_assignment():
    """Six rows, three treated: 20 assignments, counted by hand."""
    y = np.array([1.0, 2, 3, 10, 12, 14])
    sample = complete_rows(y, [0, 0, 0, 1, 1, 1])
    assert isinstance(sample, Sample)
    found = randomisation(sample, seed=1)

    def t(chosen: tuple[int, ...]) -> float:
        other = [place for place in range(6) if place not in chosen]
        gap = y[list(chosen)].mean() - y[other].mean()
        return float(abs(gap) / math.sqrt(y[list(chosen)].var(ddof=1) / 3 + y[other].var(ddof=1) / 3))

    draws = [t(chosen) for chosen in itertools.combinations(range(6), 3)]
    assert isinstance(found, Estimate)
    assert found.p == pytest.approx(np.mean(np.array(draws) >= t((3, 4, 5)) - 1e-9)) == pytest.approx(0.1)
    assert (found.details["draws"], found.details["exhaustive"]) == (20, "yes")


def test_randomisation_of_clusters_permutes_clusters():
    sample = sample_of(clusters=10)
    found = randomisation(sample, seed=1)
    assert isinstance(found, Estimate)
    assert found.details["draws"] == math.comb(10, 5)


def test_randomisation_within_strata_keeps_their_numbers():
    treated, strata = np.array([1.0, 0, 0, 1, 1, 0]), np.array([0, 0, 0, 1, 1, 1])
    possible, exhaustive = assignments(treated, strata, 100, 1)
    assert exhaustive
    assert len(np.unique(possible, axis=0)) == len(possible) == 9
    assert (possible[:, :3].sum(axis=1) == 1).all()
    assert (possible[:, 3:].sum(axis=1) == 2).all()


def test_randomisation_seeded_draws_repeat_and_hold_the_observed():
    sample = sample_of()
    first, again = randomisation(sample, seed=3), randomisation(sample, seed=3)
    assert first == again
    assert isinstance(first, Estimate)
    assert first.p >= 1 / 10_000
    possible, exhaustive = assignments(sample.treated, np.zeros(60, dtype=np.int64), 99, 3)
    assert not exhaustive
    assert (possible[0] == sample.treated).all()


def test_randomisation_arms_within_clusters_are_refused():
    sample = complete_rows([1.0, 2, 3, 4], [0, 1, 0, 1], clusters=[1, 1, 2, 2])
    assert isinstance(sample, Sample)
    assert randomisation(sample, seed=1) == NotEstimable("assigned_within_clusters", {"clusters": 2})


@given(st.integers(2, 12), st.integers(2, 12), st.integers(0, 10**6))
def test_studentised_is_welchs_statistic(treated: int, controls: int, seed: int):
    y = np.random.default_rng(seed).normal(size=treated + controls)
    arm = np.r_[np.ones(treated), np.zeros(controls)]
    other = stats.ttest_ind(y[:treated], y[treated:], equal_var=False).statistic
    assert studentised(arm[None, :], y, np.ones(len(y)))[0] == pytest.approx(other)


@pytest.mark.parametrize(
    ("treated", "controls", "planned", "outcome"),
    [(500, 500, 0.5, "pass"), (400, 600, 0.5, "fail"), (400, 600, 0.4, "pass"), (0, 0, 0.5, "not_computed")],
)
def test_sample_ratio_against_the_plan(treated: int, controls: int, planned: float, outcome: str):
    assert sample_ratio(treated, controls, planned).outcome == outcome


def test_joint_balance_moved_covariate_fails_and_clusters_count_as_one():
    sample = sample_of(n=400, covariates=2)
    x = pd.DataFrame(sample.covariates)
    assert joint_balance(x, sample, seed=1, draws=499).outcome == "pass"
    moved = x.assign(moved=x[0] + 1.0 * sample.treated)
    assert joint_balance(moved, sample, seed=1, draws=499).outcome == "fail"
    six = sample_of(n=60, clusters=6)
    assert joint_balance(pd.DataFrame({"x": six.treated}), six, seed=1).value == pytest.approx(2 / 20)


def test_joint_balance_nothing_to_compare_is_not_computed():
    sample = sample_of()
    assert joint_balance(pd.DataFrame({"x": np.ones(60)}), sample, seed=1).outcome == "not_computed"
    assert joint_balance(pd.DataFrame(index=range(60)), sample, seed=1).outcome == "not_computed"
