"""Power and standardised effects against textbooks, statsmodels and simulated truth."""

import math

import numpy as np
import pytest
from statsmodels.stats.power import TTestIndPower

from equity_lib.impact.power import (
    design_effect,
    hedges_g,
    intraclass,
    minimum_detectable,
    planned_detectable,
    rows_an_arm,
)


def test_rows_an_arm_cohen_1988_table_2_4_1():
    assert [rows_an_arm(d) for d in (0.2, 0.5, 0.8)] == [394, 64, 26]


def test_minimum_detectable_blooms_multiplier():
    """Bloom 1995: 2.80 standard errors for power .8 at 5 per cent, two-sided."""
    assert minimum_detectable(1.0) == pytest.approx(2.80, abs=0.005)
    assert math.isnan(minimum_detectable(0.0))


def test_planned_detectable_single_rows_against_statsmodels():
    other = TTestIndPower().solve_power(nobs1=100, alpha=0.05, power=0.8)
    assert planned_detectable(200, 1, 0.0) == pytest.approx(other, rel=2e-3)


def test_planned_detectable_clusters_cost_the_design_effect():
    plain, clustered = planned_detectable(4000, 1, 0.0), planned_detectable(200, 20, 0.1)
    ratio = clustered / plain * (minimum_detectable(1, 3998) / minimum_detectable(1, 198))
    assert ratio == pytest.approx(math.sqrt(design_effect(20, 0.1)))


def test_planned_detectable_impossible_designs_are_nan():
    assert math.isnan(planned_detectable(2, 20, 0.1))
    assert math.isnan(planned_detectable(20, 20, 0.1, share=1.0))


def test_intraclass_against_truth_and_at_its_ends():
    rng = np.random.default_rng(1)
    clusters = np.repeat(np.arange(400), rng.integers(5, 30, 400))
    y = rng.normal(size=400)[clusters] * 0.5 + rng.normal(size=len(clusters)) * math.sqrt(0.75)
    assert intraclass(y, clusters) == pytest.approx(0.25, abs=0.03)
    assert intraclass(clusters.astype(float), clusters) == pytest.approx(1.0)
    assert intraclass(rng.normal(size=40), np.arange(40) % 20) < 0.5
    assert math.isnan(intraclass(np.ones(4), np.arange(4)))


def test_intraclass_balanced_is_the_anova_ratio():
    y, clusters = np.array([1.0, 2, 3, 7, 8, 9]), np.repeat([0, 1], 3)
    between, within = 54.0, 1.0  # mean squares
    assert intraclass(y, clusters) == pytest.approx((between - within) / (between + 2 * within))


def test_hedges_g_without_clusters_by_hand():
    outcome, treated = np.array([1.0, 2, 3, 3, 4, 5]), np.repeat([0.0, 1], 3)
    found = hedges_g(2.0, outcome, treated)
    assert found.g == pytest.approx(2.0 * (1 - 3 / (4 * 4 - 1)))
    assert found.se == pytest.approx(math.sqrt(2 / 3 + found.g**2 / 12))


def test_hedges_g_with_clusters_keeps_the_evidence():
    rng = np.random.default_rng(3)
    clusters = np.repeat(np.arange(40), 25)
    treated = (clusters % 2).astype(float)
    y = 0.4 * treated + rng.normal(size=40)[clusters] * 0.45 + rng.normal(size=1000) * 0.9
    found = hedges_g(0.4, y, treated, clusters, se=0.15)
    assert found.g / found.se == pytest.approx(0.4 / 0.15)
    assert found.g == pytest.approx(0.4, abs=0.05)
    assert found.icc == pytest.approx(0.2, abs=0.08)
    assert 38 < found.degrees < 998


def test_hedges_g_constant_outcome_is_nan():
    assert math.isnan(hedges_g(1.0, np.ones(6), np.repeat([0.0, 1], 3)).g)
