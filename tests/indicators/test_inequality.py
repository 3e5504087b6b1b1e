"""Gini and Theil against closed forms, and the laws that they obey."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equity_lib.indicators.concentration import concentration, rank
from equity_lib.indicators.inequality import gini, limits, theil

ROWS = st.lists(st.tuples(st.floats(0.1, 1e4), st.integers(0, 4), st.integers(1, 4)), min_size=2, max_size=40)


def columns(rows):
    y, group, w = zip(*rows, strict=True)
    return np.array(y), np.array(group), np.array(w, float)


@pytest.mark.parametrize(
    ("amounts", "index"),
    [
        ([5, 5, 5], 0),
        ([0, 0, 0, 10], 3 / 4),  # one holds all: (n - 1) / n
        (range(1, 101), 99 / 300),  # 1..n: (n - 1) / (3 n)
    ],
)
def test_gini_closed_forms(amounts, index):
    assert gini(amounts).index == pytest.approx(index, abs=1e-12)


def test_gini_as_r_records_it():
    """R's `ineq`: Gini() of the class means in its help (incomes of the USA, 1968) is .4620911."""
    means = [541, 1463, 2445, 3438, 4437, 5401, 6392, 8304, 11904, 22261]
    assert round(gini(means).index, 7) == 0.4620911


def test_gini_with_rs_correction_as_r_records_it():
    """R's `ineq`: Gini(y, corr = TRUE) of five 2s and five 18s is .444444; ours × n ÷ (n − 1)."""
    assert gini([2.0] * 5 + [18.0] * 5).index * 10 / 9 == pytest.approx(0.444444444444444)


def test_gini_of_two_weighted_amounts():
    """Shares p of people and s of the sum: G = p - s for the poorer group. p = .75, s = 3/6."""
    assert gini([1.0, 3.0], [3.0, 1.0]).index == pytest.approx(0.25)


def test_gini_of_the_exponential_tends_to_a_half():
    quantiles = -np.log1p(-(np.arange(200_000) + 0.5) / 200_000)
    assert gini(quantiles).index == pytest.approx(0.5, abs=1e-4)


@pytest.mark.parametrize("amounts", [[], [1.0, -1.0], [1.0, np.nan]])
def test_gini_refuses_what_can_leave_0_to_1(amounts):
    with pytest.raises(ValueError, match="amounts"):
        gini(amounts)


def test_gini_of_nothing_to_divide_is_undefined():
    assert np.isnan(gini([0.0, 0.0]).index)


def test_gini_is_the_concentration_of_an_amount_over_itself_with_its_standard_error():
    rng = np.random.default_rng(3)
    y, w, own = rng.integers(1, 40, 300).astype(float), rng.random(300), np.arange(300) // 6
    for weights in (None, w):
        for clusters in (None, own):
            one = gini(y, weights, clusters=clusters)
            other = concentration(y, rank(y, weights), high=np.inf, clusters=clusters)
            assert one.index == pytest.approx(other.index)
            assert one.se == pytest.approx(other.se_index)


def test_gini_standard_error_against_the_jackknife():
    y = np.random.default_rng(4).lognormal(size=800)
    left = np.array([gini(np.delete(y, i)).index for i in range(800)])
    assert gini(y).se == pytest.approx(np.sqrt(799 / 800 * ((left - left.mean()) ** 2).sum()), rel=0.02)


@pytest.mark.parametrize("of", ["t", "l"])
def test_theil_standard_error_against_the_jackknife(of):
    y = np.random.default_rng(5).gamma(2.0, size=800)
    left = np.array([getattr(theil(np.delete(y, i)), f"theil_{of}") for i in range(800)])
    expected = np.sqrt(799 / 800 * ((left - left.mean()) ** 2).sum())
    assert getattr(theil(y), f"se_{of}") == pytest.approx(expected, rel=0.02)


def test_theil_of_two_equal_groups_lies_wholly_between_them():
    """Means 1 and 3 about 2: T = (ln(1/2) + 3 ln(3/2)) / 4, L = -(ln(1/2) + ln(3/2)) / 2."""
    found = theil([1.0, 1.0, 3.0, 3.0], groups=[0, 0, 1, 1])
    assert found.theil_t == pytest.approx((np.log(0.5) + 3 * np.log(1.5)) / 4)
    assert found.theil_l == pytest.approx(-(np.log(0.5) + np.log(1.5)) / 2)
    assert (found.within_t, found.within_l) == pytest.approx((0, 0), abs=1e-15)


@pytest.mark.parametrize("amounts", [[], [1.0, 0.0], [1.0, np.nan]])
def test_theil_refuses_amounts_that_have_no_logarithm(amounts):
    with pytest.raises(ValueError, match="above 0"):
        theil(amounts)


@given(ROWS)
def test_theil_parts_are_those_of_the_groups_and_add_up(rows):
    y, group, w = columns(rows)
    found = theil(y, group, w)
    share = w * y / (w * y).sum()
    within_t = sum(
        share[group == g].sum() * theil(y[group == g], None, w[group == g]).theil_t for g in set(group)
    )
    people = w / w.sum()
    within_l = sum(
        people[group == g].sum() * theil(y[group == g], None, w[group == g]).theil_l for g in set(group)
    )
    assert found.within_t == pytest.approx(within_t, abs=1e-9)
    assert found.within_l == pytest.approx(within_l, abs=1e-9)
    assert found.within_t + found.between_t == pytest.approx(found.theil_t)
    assert found.within_l + found.between_l == pytest.approx(found.theil_l)


@given(ROWS, st.randoms(use_true_random=False), st.floats(0.5, 50))
def test_order_copies_and_scale_change_nothing(rows, random, scale):
    y, group, w = columns(rows)
    random.shuffle(rows)
    shuffled, _, weights = columns(rows)
    copies = np.repeat(y, w.astype(int))
    for other in (gini(scale * shuffled, weights).index, gini(copies).index):
        assert other == pytest.approx(gini(y, w).index, abs=1e-9)
    whole = theil(y, group, w)
    for other in (theil(scale * shuffled, None, weights), theil(copies)):
        assert (other.theil_t, other.theil_l) == pytest.approx((whole.theil_t, whole.theil_l), abs=1e-9)


def test_theil_of_clusters_of_one_row_has_the_plain_standard_error():
    y = np.random.default_rng(4).lognormal(size=200)
    one, other = theil(y), theil(y, clusters=np.arange(200))
    assert (other.se_t, other.se_l) == pytest.approx((one.se_t, one.se_l))


def test_theil_of_clusters_of_copies_has_the_standard_error_of_one_copy():
    y = np.random.default_rng(4).lognormal(size=200)
    one, other = theil(y), theil(np.repeat(y, 3), clusters=np.repeat(np.arange(200), 3))
    assert (other.se_t, other.se_l) == pytest.approx((one.se_t, one.se_l))


def test_limits_are_as_far_from_the_index_in_ratio():
    low, high = limits(0.3, 0.02)
    assert 0.3 / low == pytest.approx(high / 0.3) == pytest.approx(np.exp(1.959964 * 0.02 / 0.3))
    assert limits(0.3, 0.02, clusters=30)[1] > high


@pytest.mark.parametrize(("index", "se"), [(0.0, 0.1), (0.3, np.nan), (np.nan, 0.1)])
def test_limits_of_nothing_to_measure_are_unknown(index, se):
    assert np.isnan(limits(index, se)).all()
