"""Regression discontinuity: published results, planted jumps, and what can't be estimated."""

import math

import numpy as np
import pytest

from equity_lib.impact.discontinuity import binned, gates, jump
from equity_lib.impact.estimates import Estimate, NotEstimable

RNG = np.random.default_rng(20)
SCORE = RNG.uniform(-100, 100, 4_000)
NOISE = RNG.normal(0, 5, 4_000)


def outcome(effect=4.0):
    return 60 + 0.05 * SCORE + effect * (SCORE < 0) + NOISE


def by_key(score=SCORE, y=None, **more):
    y = outcome() if y is None else y
    effect = jump(y, score)
    assert isinstance(effect, Estimate)
    return {gate.key: gate for gate in gates(y, score, effect, **more)}


def test_jump_reproduces_the_us_senate_of_rdrobust():
    """Calonico, Cattaneo and Titiunik, data RDsenate: 7.4141 (1.4587), robust [4.0937, 10.9193]."""
    from rdrobust.datasets import rdrobust_RDsenate

    data = rdrobust_RDsenate()
    found = jump(data["vote"], data["margin"])
    assert isinstance(found, Estimate)
    assert -found.value == pytest.approx(7.4141, abs=5e-5)
    assert found.details["se_conventional"] == pytest.approx(1.4587, abs=5e-5)
    assert (-found.high, -found.low) == pytest.approx((4.0937, 10.9193), abs=5e-5)
    assert found.details["bandwidth"] == pytest.approx(17.754, abs=5e-4)
    assert (found.details["n_below"], found.details["n_above"]) == (360, 323)


def test_jump_reads_manacorda_2011_as_treated_minus_control():
    """causaldata gov_transfers, below minus above: −.025, robust [−.188, .097], not 11 to 13 points."""
    from causaldata import gov_transfers

    data = gov_transfers.load_pandas().data
    found = jump(data["Support"], data["Income_Centered"])
    assert isinstance(found, Estimate)
    assert found.value == pytest.approx(-0.025, abs=5e-4)
    assert (found.low, found.high) == pytest.approx((-0.188, 0.097), abs=5e-4)
    assert found.covers_zero
    assert found.details["distinct_scores"] < found.details["rows"]


def test_jump_finds_a_planted_effect_and_no_other_diagnostic_fails():
    found = jump(outcome(), SCORE)
    assert isinstance(found, Estimate)
    assert found.low < 4.0 < found.high
    assert found.p < 0.001
    made = by_key(treated=SCORE < 0, covariates={"age": 10 + 0.01 * SCORE + RNG.normal(0, 1, 4_000)})
    assert {key for key, gate in made.items() if gate.outcome == "fail"} == set()
    assert made["sharpness"].value == 0


def test_jump_shifts_and_scales_with_the_outcome_and_flips_with_the_score():
    found, shifted = jump(outcome(), SCORE), jump(3 * outcome() + 7, SCORE)
    mirrored = jump(outcome(), -SCORE)
    assert isinstance(found, Estimate)
    assert isinstance(shifted, Estimate)
    assert isinstance(mirrored, Estimate)
    assert shifted.value == pytest.approx(3 * found.value)
    assert shifted.se == pytest.approx(3 * found.se)
    assert mirrored.value == pytest.approx(-found.value)


def test_jump_does_not_depend_on_the_order_of_rows():
    order = RNG.permutation(len(SCORE))
    first, second = jump(outcome(), SCORE), jump(outcome()[order], SCORE[order])
    assert isinstance(first, Estimate)
    assert isinstance(second, Estimate)
    assert second.value == pytest.approx(first.value, rel=1e-9)
    assert second.se == pytest.approx(first.se, rel=1e-9)


def test_gates_see_scores_that_were_moved_below_the_cutoff():
    moved = np.where(
        (SCORE >= 0) & (SCORE < 10) & (RNG.random(4_000) < 0.8), -RNG.uniform(0, 3, 4_000), SCORE
    )
    assert by_key(moved)["density"].outcome == "fail"
    assert by_key()["density"].outcome != "fail"


def test_gates_see_records_that_contradict_the_cutoff():
    given = (SCORE < 0) ^ (RNG.random(4_000) < 0.05)
    assert by_key(treated=given)["sharpness"].outcome == "fail"
    assert by_key(treated=None)["sharpness"].outcome == "not_computed"


def test_gates_see_a_covariate_that_jumps_and_a_cutoff_elsewhere():
    differ = RNG.normal(0, 1, 4_000) + 2 * (SCORE < 0)
    assert by_key(covariates={"age": differ})["covariate_jumps"].outcome == "fail"
    elsewhere = outcome() + 8 * (np.quantile(SCORE[SCORE >= 0], 1 / 3) < SCORE)
    assert by_key(y=elsewhere)["placebo_cutoffs"].outcome == "fail"


def test_gates_see_a_heap_and_few_children_on_a_side():
    heaped = np.where(RNG.random(4_000) < 0.4, np.round(SCORE / 25) * 25 - 5, SCORE)
    assert by_key(heaped)["heaping"].value > by_key()["heaping"].value * 10
    few = SCORE[(SCORE > 0) | (SCORE > -3)]
    y = outcome()[(SCORE > 0) | (SCORE > -3)]
    assert by_key(few, y)["effective_n"].outcome in ("warn", "fail")


@pytest.mark.parametrize(
    ("y", "x", "reason"),
    [
        (outcome(), SCORE + 500, "cutoff_outside"),
        (outcome(), SCORE - 500, "cutoff_outside"),
        (np.full(4_000, 7.0), SCORE, "constant_outcome"),
        (np.full(4_000, math.nan), SCORE, "all_missing"),
        (outcome(), np.full(4_000, math.nan), "all_missing"),
        ([], [], "all_missing"),
        (outcome(), np.where(SCORE < -99.9, SCORE, np.abs(SCORE)), "one_side_empty"),
        (outcome(), np.sign(SCORE), "few_scores"),
        (outcome(), np.round(SCORE / 50) * 50, "few_scores"),
    ],
)
def test_jump_gives_a_reason_where_nothing_can_be_estimated(y, x, reason):
    found = jump(y, x)
    assert isinstance(found, NotEstimable)
    assert found.reason == reason


def test_jump_takes_heavy_ties_and_counts_them():
    found = jump(outcome(), np.round(SCORE / 4) * 4 + 1)
    assert isinstance(found, Estimate)
    assert found.details["distinct_scores"] < 60


def test_jump_with_clusters_counts_them_and_leaves_rows_without_one_out():
    groups = np.where(np.arange(4_000) < 3_900, np.arange(4_000) % 50, np.nan)
    found = jump(outcome(), SCORE, clusters=groups)
    assert isinstance(found, Estimate)
    assert found.n_clusters == 50
    assert found.details["rows"] == 3_900
    assert found.se_method == "rd_robust_clustered"


def test_binned_holds_enough_children_in_equal_bins_on_both_sides():
    effect = jump(outcome(), SCORE)
    assert isinstance(effect, Estimate)
    points = binned(outcome(), SCORE, effect)
    middles = [point.x for point in points]
    assert min(point.n for point in points) >= 10
    assert np.diff(middles) == pytest.approx(middles[1] - middles[0])
    assert sum(x < 0 for x in middles) == sum(x > 0 for x in middles)
    below, above = (
        next(p for p in points if p.x == x)
        for x in (max(x for x in middles if x < 0), min(x for x in middles if x > 0))
    )
    assert below.value > above.value


def test_binned_gives_nothing_where_every_bin_is_too_small():
    x = np.concatenate([np.linspace(-100, -90, 30), np.linspace(0, 100, 400)])
    effect = Estimate("rdrobust", "at_cutoff", 1, 1, 0, 2, details={"bandwidth": 5.0})
    assert binned(np.arange(430.0), x, effect) == ()


def test_nothing_is_printed_about_mass_points(capsys):
    jump(outcome(), np.round(SCORE))
    assert capsys.readouterr().out == ""
