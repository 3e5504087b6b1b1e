"""The coverage that the grade reads: complete, sane, and what the bench still draws."""

import importlib.util
import math
from pathlib import Path

import numpy as np
import pytest

from equity_lib.impact.coverage import coverage_gate, simulated
from equity_lib.impact.estimates import Estimate


def bench():
    """bench/simulation.py as a module."""
    path = Path(__file__).parents[2] / "bench" / "simulation.py"
    spec = importlib.util.spec_from_file_location("bench_simulation", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_simulated_every_graded_estimator_at_26_and_100():
    for name in ("difference_in_means", "lin", "aipw", "callaway_santanna", "rdrobust", "wild_bootstrap"):
        sizes = simulated()[name]["clusters"]
        assert {"26", "100"} <= set(sizes), name
        assert all(0.93 <= share <= 0.97 for share in sizes.values()), name


@pytest.mark.parametrize("name", ["difference_in_means", "callaway_santanna", "aipw"])
def test_simulated_agrees_with_fresh_draws(name: str):
    """60 draws of the bench lie within four binomial errors of what was written."""
    rows = bench().chunk(name, 26, 0, 60)
    written = simulated()[name]["clusters"]["26"]
    assert np.isfinite(rows).all()
    assert abs(rows[:, 1].mean() - written) < 4 * math.sqrt(0.05 * 0.95 / 60)


def test_simulated_confounded_difference_is_shown_to_fail():
    assert bench().chunk("unadjusted", 26, 0, 20)[:, 1].mean() < 0.2


def estimate(**changes) -> Estimate:
    base = {"estimator": "lin", "estimand": "itt", "value": 1.0, "se": 1.0, "low": -1.0, "high": 3.0}
    return Estimate(**(base | changes))


def test_coverage_gate_smaller_size_speaks_for_those_above():
    share = simulated()["lin"]["clusters"]["26"]
    assert coverage_gate(estimate(n_clusters=40)).value == pytest.approx(abs(share - 0.95))
    assert coverage_gate(estimate(n_clusters=40)).outcome == "pass"


@pytest.mark.parametrize("changes", [{"n_clusters": 8}, {"n": 20}, {"estimator": "new", "n_clusters": 50}])
def test_coverage_gate_nothing_simulated_is_not_computed(changes):
    assert coverage_gate(estimate(**changes)).outcome == "not_computed"


def test_coverage_gate_out_of_band_fails():
    assert coverage_gate(estimate(estimator="lee_bounds", n=5000)).outcome == "fail"
