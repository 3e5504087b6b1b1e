"""Lee bounds against trimming by hand and against truth."""

import numpy as np
import pytest

from equity_lib.impact.attrition import differential_attrition, imbens_manski, lee_bounds
from equity_lib.impact.estimates import Estimate, NotEstimable


def test_lee_bounds_trim_by_hand():
    """Ten treated all seen (1…10), ten controls of whom eight are seen (1…8): a fifth is trimmed."""
    outcome = np.r_[np.arange(1.0, 11), np.arange(1.0, 9), np.nan, np.nan]
    observed, treated = np.r_[np.ones(18), 0, 0], np.repeat([1.0, 0], 10)
    found = lee_bounds(outcome, observed, treated)
    assert isinstance(found, Estimate)
    assert found.details["trimmed"] == pytest.approx(0.2)
    assert found.details["bound_low"] == pytest.approx(np.mean(range(1, 9)) - 4.5)
    assert found.details["bound_high"] == pytest.approx(np.mean(range(3, 11)) - 4.5)


def test_lee_bounds_trims_the_controls_when_they_are_seen_more():
    outcome = np.r_[np.arange(1.0, 9), np.nan, np.nan, np.arange(1.0, 11)]
    observed, treated = np.r_[np.ones(8), 0, 0, np.ones(10)], np.repeat([1.0, 0], 10)
    found = lee_bounds(outcome, observed, treated)
    assert isinstance(found, Estimate)
    assert (found.details["bound_low"], found.details["bound_high"]) == pytest.approx((-2.0, 0.0))


def test_lee_bounds_without_loss_is_the_difference_in_means():
    rng = np.random.default_rng(1)
    outcome, treated = rng.normal(size=200), np.arange(200.0) % 2
    found = lee_bounds(outcome, np.ones(200), treated)
    arms = [outcome[treated == arm] for arm in (1, 0)]
    assert isinstance(found, Estimate)
    assert found.value == pytest.approx(arms[0].mean() - arms[1].mean())
    assert found.se == pytest.approx(np.sqrt(arms[0].var() / 100 + arms[1].var(ddof=1) / 100), rel=0.01)
    assert (found.high - found.value) / found.se == pytest.approx(1.96, abs=0.01)


def test_lee_bounds_errors_against_the_bootstrap():
    rng = np.random.default_rng(2)
    n = 2000
    treated, ability = np.arange(n) % 2.0, rng.normal(size=n)
    observed = (ability + 0.5 * treated > -0.5).astype(float)
    outcome = ability + rng.normal(size=n)
    found = lee_bounds(outcome, observed, treated)
    assert isinstance(found, Estimate)
    draws = []
    for _ in range(400):
        rows = rng.integers(0, n, n)
        other = lee_bounds(outcome[rows], observed[rows], treated[rows])
        assert isinstance(other, Estimate)
        draws.append([other.details["bound_low"], other.details["bound_high"]])
    spread = np.array(draws, dtype=float).std(axis=0)
    assert found.details["bound_low_se"] == pytest.approx(spread[0], rel=0.12)
    assert found.details["bound_high_se"] == pytest.approx(spread[1], rel=0.12)


def test_imbens_manski_between_one_and_two_sided():
    assert imbens_manski(0.0, 0.95) == pytest.approx(1.95996, abs=1e-4)
    assert imbens_manski(50.0, 0.95) == pytest.approx(1.64485, abs=1e-4)


@pytest.mark.parametrize(
    ("reason", "outcome", "observed", "treated"),
    [
        ("no_controls", [1.0, 2, 3], [1, 1, 1], [1, 1, 1]),
        ("no_treated", [1.0, 2, 3], [1, 1, 1], [0, 0, 0]),
        ("all_missing", [1.0, 2, 3, 4], [0, 0, 0, 0], [0, 0, 1, 1]),
        ("few_rows", [1.0, 2, 3, 4], [1, 1, 1, 0], [0, 0, 1, 1]),
        ("constant_outcome", [1.0, 1, 1, 1], [1, 1, 1, 1], [0, 0, 1, 1]),
    ],
)
def test_lee_bounds_degenerate_rows_say_why(reason: str, outcome, observed, treated):
    found = lee_bounds(*(np.array(values, dtype=float) for values in (outcome, observed, treated)))
    assert isinstance(found, NotEstimable)
    assert found.reason == reason


@pytest.mark.parametrize(("lost", "outcome"), [(0, "pass"), (8, "warn"), (15, "fail")])
def test_differential_attrition_at_its_thresholds(lost: int, outcome: str):
    observed = np.r_[np.zeros(lost), np.ones(200 - lost)]
    gate = differential_attrition(observed, np.repeat([1.0, 0], 100))
    assert (gate.outcome, gate.value) == (outcome, pytest.approx(lost / 100))


def test_differential_attrition_one_arm_is_not_computed():
    assert differential_attrition(np.ones(5), np.ones(5)).outcome == "not_computed"
