"""Design effects: regression oracles, closed forms, and what an interval must never do because of one."""

import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t

from equity_lib.indicators.clustering import (
    ASSUMED,
    Clusters,
    correlation,
    curve_effects,
    enough,
    homes,
    inflation,
    share_effect,
)
from equity_lib.indicators.intervals import METHODS, Z, clopper_pearson, coarse_effect, wilson
from tests.literal_register import LiteralRegister

#: Children and hits of eight sub-districts, unequal in both.
SIZES = np.array([12, 20, 25, 8, 30, 15, 22, 18])
HITS = np.array([3, 12, 20, 1, 9, 11, 18, 6])


def rows(hits=HITS, sizes=SIZES):
    """One row a child: hit or not, and sub-district."""
    hit = np.concatenate([np.arange(m) < y for y, m in zip(hits, sizes, strict=True)])
    return hit, np.repeat(np.arange(len(sizes)), sizes)


def test_share_effect_has_the_variance_of_a_clustered_regression_on_a_constant():
    """statsmodels' cluster-robust variance of the mean, with G ÷ (G − 1), is the oracle."""
    hit, where = rows()
    fit = sm.OLS(hit.astype(float), np.ones(len(hit))).fit(cov_type="cluster", cov_kwds={"groups": where})
    p, n = hit.mean(), len(hit)
    alike = SIZES.sum() ** 2 / (SIZES**2).sum()
    expected = fit.bse[0] ** 2 / (p * (1 - p) / n) * (t.ppf(0.975, alike - 1) / Z) ** 2
    assert share_effect(HITS, SIZES) == coarse_effect(expected) > 2


def test_contrast_has_the_variance_of_a_clustered_regression_on_the_group():
    """The gap is the slope on group membership: a sandwich by sub-district, covariances included."""
    hit, where = rows()
    first = np.arange(len(hit)) % 3 == 0
    design = sm.add_constant(first.astype(float))
    groups = {"groups": where, "use_correction": False}
    fit = sm.OLS(hit.astype(float), design).fit(cov_type="cluster", cov_kwds=groups)
    p, m = [hit[g].mean() for g in (first, ~first)], [g.sum() for g in (first, ~first)]
    plain = sum(q * (1 - q) / n for q, n in zip(p, m, strict=True))
    few = len(SIZES) / (len(SIZES) - 1)
    alike = SIZES.sum() ** 2 / (SIZES**2).sum()
    expected = few * fit.bse[1] ** 2 / plain * (t.ppf(0.975, alike - 1) / Z) ** 2
    assert Clusters.of(where).contrast(hit, first, ~first)[0] == coarse_effect(expected)


def test_share_effect_of_whole_sub_districts_is_their_size():
    """Where a sub-district is reached whole or not at all, it counts as one child."""
    hits, sizes = np.tile([0, 8], 200), np.full(400, 8)
    assert share_effect(hits, sizes) == pytest.approx(8, abs=0.2)


def test_share_effect_of_few_clusters_is_of_the_assumed_correlation():
    assert share_effect([3, 8], [10, 30]) == coarse_effect(1 + ASSUMED * (1000 / 40 - 1))
    assert share_effect([3, 8], [10, 30], assumed=0.01) == coarse_effect(1 + 0.01 * 24)


@pytest.mark.parametrize("hits", [np.zeros(8), SIZES])
def test_share_effect_where_nobody_or_everybody_is_hit_is_of_the_assumed_correlation(hits):
    typical = (SIZES**2).sum() / SIZES.sum()
    assert share_effect(hits, SIZES) == coarse_effect(1 + ASSUMED * (typical - 1))


def test_share_effect_without_children_is_unknown():
    assert math.isnan(share_effect([], []))
    assert math.isnan(share_effect([0, 0], [0, 0]))


def test_correlation_turns_an_effect_back():
    assert correlation(1 + 0.02 * 29, np.full(10, 30)) == pytest.approx(0.02)


def test_inflation_is_never_below_one():
    """Sub-districts more alike than chance makes them: no interval narrows for it."""
    assert share_effect(np.full(20, 5), np.full(20, 10)) == 1


def test_clusters_of_several_groupings_take_the_wider():
    hit, where = rows()
    spread = pd.Series(np.arange(len(hit)) % 40)
    both = Clusters(pd.Series(where), spread)
    assert both.share(hit) == max(Clusters.of(where).share(hit), Clusters(spread).share(hit))


def test_clusters_without_any_label_know_no_effect():
    assert math.isnan(Clusters(pd.Series([None, None], dtype="str")).share([True, False]))


def test_clusters_let_a_child_without_a_label_stand_for_itself():
    labels = pd.Series(["a"] * 10 + [None] * 90, dtype="str")
    hit = np.arange(100) % 2 == 0
    assert Clusters(labels).share(hit) < 1.5


def test_shares_by_level_are_those_of_the_level_alone():
    hit, where = rows()
    level = pd.Series(np.where(np.arange(len(hit)) % 2, "a", "b")).where(where < 7)
    found = Clusters.of(where).shares(level, hit)
    assert set(found) == {"a", "b"}
    assert found["a"] == Clusters.of(where).share(hit, level.eq("a"))


def test_shares_of_a_level_of_few_clusters_borrow_the_correlation_of_all():
    hit, where = rows()
    level = pd.Series(np.where(where < 2, "few", "many"))
    alike = correlation(share_effect(HITS, SIZES), SIZES)
    expected = share_effect(HITS[:2], SIZES[:2], alike)
    assert Clusters.of(where).shares(level, hit)["few"] == expected


def test_enough_needs_thirty_clusters():
    assert enough(pd.Series(list("abc"))) is None
    codes = enough(pd.Series([f"{k}" for k in range(30)] + [None]))
    assert codes is not None
    assert sorted(codes) == list(range(31))


def test_curve_effects_after_one_step_are_those_of_a_share():
    found = curve_effects(SIZES[None, :], HITS[None, :])
    assert found == [share_effect(HITS, SIZES)]


def test_curve_effects_of_an_incidence_beside_no_other_cause_are_those_of_the_curve():
    n = np.array([SIZES, SIZES - HITS])
    d = np.array([HITS, np.minimum(2, SIZES - HITS)])
    assert curve_effects(n, d, d) == curve_effects(n, d)


def test_curve_effects_follow_resampled_sub_districts():
    """Against drawing whole sub-districts anew 4,000 times: the spread of the second step's incidence."""
    rng = np.random.default_rng(6)
    n = rng.integers(15, 40, 60).astype(float)
    own = rng.binomial(n.astype(int), rng.beta(2, 8, 60)).astype(float)
    other = rng.binomial((n - own).astype(int), 0.1).astype(float)
    later = n - own - other
    second = rng.binomial(later.astype(int), rng.beta(2, 6, 60)).astype(float)
    steps = np.array([n, later]), np.array([own + other, second]), np.array([own, second])

    def incidence(pick):
        a, d, c, m, e = (each[pick].sum() for each in (n, own + other, own, later, second))
        return c / a + (1 - d / a) * e / m

    drawn = [incidence(rng.integers(0, 60, 60)) for _ in range(4_000)]
    whole = [each.sum(axis=1) for each in steps]
    from equity_lib.indicators.intervals import incidence_variance

    plain = incidence_variance(np.column_stack(whole).ravel().tolist())[1]
    alike = n.sum() ** 2 / (n**2).sum()
    expected = np.var(drawn) / plain * (t.ppf(0.975, alike - 1) / Z) ** 2
    assert curve_effects(*steps)[-1] == pytest.approx(expected, rel=0.1)


@pytest.mark.parametrize("method", [wilson, clopper_pearson])
def test_interval_with_a_design_effect_is_that_of_fewer_children(method):
    assert method((80, 400), 2) == pytest.approx(method((40, 200)))


COUNTS = st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(COUNTS, st.floats(1, 30))
def test_interval_with_a_design_effect_is_never_narrower(counts, deff):
    for name in ("wilson", "clopper_pearson", "rule_of_three"):
        low, high = METHODS[name](counts, deff)
        plain = METHODS[name](counts, 1.0)
        assert low <= plain[0] + 1e-9
        assert high >= plain[1] - 1e-9
        assert 0 <= low <= high <= 1


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 20)), min_size=6, max_size=30), st.randoms())
def test_share_effect_forgets_the_order_of_clusters(pairs, chance):
    pairs = [(min(y, m), m) for y, m in pairs]
    mixed = list(pairs)
    chance.shuffle(mixed)
    assert share_effect(*zip(*pairs, strict=True)) == share_effect(*zip(*mixed, strict=True))


@given(st.floats(0, 5e3))
def test_coarse_effect_is_rounded_up_to_two_figures_and_stays(deff):
    found = coarse_effect(deff)
    assert found >= max(1, deff - 1e-6)
    assert found == coarse_effect(found)
    assert found <= max(1, deff) * 1.1 + 1e-6


def test_inflation_of_clusters_without_children_is_that_of_the_others():
    assert inflation([0.1, 0.0], [5, 0], 0.01) == inflation([0.1], [5], 0.01)


def test_homes_are_in_the_order_of_the_children_and_blank_where_none_is_known():
    register = LiteralRegister(
        child=[
            {"child_id": "a", "subdistrict": "400101", "district": "4001"},
            {"child_id": "b", "subdistrict": None, "district": "4002"},
            {"child_id": "c", "subdistrict": None, "district": None},
        ]
    )
    found = homes(register, pd.Index(["c", "b", "x", "a"], dtype="str"))
    assert found.fillna("-").tolist() == ["-", "4002", "-", "400101"]
    assert homes(LiteralRegister(), found.index).isna().all()
