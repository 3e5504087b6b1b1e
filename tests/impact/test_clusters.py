"""CR2, Satterthwaite and the wild bootstrap against their definitions and other implementations."""

import itertools

import numpy as np
import pandas as pd
import pyfixest
import pytest
from scipy import stats

from equity_lib.impact.clusters import cluster_gates, regress, wild_bootstrap
from equity_lib.impact.estimates import Estimate, NotEstimable
from equity_lib.impact.samples import Sample, complete_rows


def sample_of(groups: int = 8, seed: int = 1, effect: float = 0.5, weights: bool = False) -> Sample:
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(groups), rng.integers(2, 9, groups))
    treated = (np.arange(groups) % 2)[cluster]
    x = rng.normal(size=len(cluster))
    y = effect * treated + x + rng.normal(size=groups)[cluster] + rng.normal(size=len(cluster))
    found = complete_rows(
        y, treated, clusters=cluster, covariates=pd.DataFrame({"x": x}),
        weights=rng.uniform(1, 3, len(cluster)) if weights else None,
    )  # fmt: skip
    assert isinstance(found, Sample)
    return found


def definition(sample: Sample) -> tuple[float, float]:
    """CR2 error and Satterthwaite degrees of freedom, dense, as Pustejovsky & Tipton write them."""
    assert sample.clusters is not None
    root = np.sqrt(sample.weights)
    x = np.column_stack([np.ones(sample.n), sample.treated, sample.covariates]) * root[:, None]
    y = sample.outcome * root
    bread = np.linalg.inv(x.T @ x)
    residual_maker = np.eye(len(y)) - x @ bread @ x.T
    left = residual_maker @ y
    pieces, total = [], 0.0
    for cluster in range(sample.n_clusters):
        rows = sample.clusters == cluster
        values, vectors = np.linalg.eigh(residual_maker[np.ix_(rows, rows)])
        inverse_root = (vectors / np.sqrt(values)) @ vectors.T
        row = (bread @ x[rows].T @ inverse_root)[1]
        total += float(row @ left[rows]) ** 2
        pieces.append(row @ residual_maker[rows])
    gram = np.array(pieces) @ np.array(pieces).T
    return np.sqrt(total), np.trace(gram) ** 2 / (gram**2).sum()


@pytest.mark.parametrize("weights", [False, True])
def test_regress_cr2_against_its_definition(weights: bool):
    sample = sample_of(weights=weights)
    found = regress(sample, "ols", "itt")
    se, degrees = definition(sample)
    assert isinstance(found, Estimate)
    assert found.se == pytest.approx(se, rel=1e-9)
    assert found.details["degrees_of_freedom"] == pytest.approx(degrees, rel=1e-9)
    assert found.high - found.value == pytest.approx(stats.t.ppf(0.975, degrees) * se, rel=1e-9)


def test_regress_cr1_against_pyfixest():
    sample = sample_of()
    assert sample.clusters is not None
    frame = pd.DataFrame(
        {"y": sample.outcome, "d": sample.treated, "x": sample.covariates[:, 0], "g": sample.clusters}
    )
    other = pyfixest.feols("y ~ d + x", frame, vcov={"CRV1": "g"})
    found = regress(sample, "ols", "itt", convention="cr1")
    assert isinstance(found, Estimate)
    assert (found.value, found.se) == pytest.approx((other.coef()["d"], other.se()["d"]), rel=1e-9)
    assert found.p == pytest.approx(other.pvalue()["d"], rel=1e-9)


def test_regress_two_arms_without_clusters_has_welchs_error():
    rng = np.random.default_rng(3)
    arms = rng.normal(size=9), 0.4 + 3 * rng.normal(size=31)
    sample = complete_rows(np.concatenate(arms), np.repeat([0, 1], [9, 31]))
    assert isinstance(sample, Sample)
    found = regress(sample, "difference_in_means", "itt")
    other = stats.ttest_ind(arms[1], arms[0], equal_var=False)
    assert isinstance(found, Estimate)
    assert found.value / found.se == pytest.approx(other.statistic, rel=1e-9)
    equal = (1 / 9 + 1 / 31) ** 2 / (1 / 9**2 / 8 + 1 / 31**2 / 30)  # Welch's formula at equal variances
    assert found.details["degrees_of_freedom"] == pytest.approx(equal, rel=1e-9)


def test_wild_bootstrap_exhaustive_against_every_sign_vector():
    """All 2^8 sign vectors of the restricted residuals, counted by hand."""
    sample = sample_of(effect=-0.5)
    assert sample.clusters is not None
    found = wild_bootstrap(sample, "ols", "itt", seed=1)
    x = np.column_stack([np.ones(sample.n), sample.treated, sample.covariates])
    bread = np.linalg.inv(x.T @ x)

    def t(y: np.ndarray) -> float:
        left = y - x @ bread @ x.T @ y
        scores = np.array([x[sample.clusters == g].T @ left[sample.clusters == g] for g in range(8)])
        return float((bread @ x.T @ y)[1] / np.sqrt((bread @ scores.T @ scores @ bread)[1, 1]))

    null = np.delete(x, 1, axis=1)
    fitted = null @ np.linalg.lstsq(null, sample.outcome, rcond=None)[0]
    left, seen = sample.outcome - fitted, abs(t(sample.outcome))
    draws = [
        abs(t(fitted + left * np.array(signs)[sample.clusters]))
        for signs in itertools.product([-1, 1], repeat=8)
    ]
    assert isinstance(found, Estimate)
    assert 0.05 < found.p < 1
    assert found.p == pytest.approx(np.mean(np.array(draws) > seen * (1 + 1e-9)))
    assert (found.details["exhaustive"], found.details["draws"]) == ("yes", 256)


def test_wild_bootstrap_interval_holds_what_is_not_rejected():
    sample = sample_of(groups=9, effect=1.5)
    found = wild_bootstrap(sample, "ols", "itt", seed=1)
    assert isinstance(found, Estimate)
    for null, inside in ((found.low - 0.05, False), (found.low + 0.05, True), (found.high + 0.05, False)):
        other = wild_bootstrap(sample, "ols", "itt", seed=1, null=null)
        assert isinstance(other, Estimate)
        assert (other.p >= 0.05) == inside


def test_wild_bootstrap_many_clusters_draws_the_same_again():
    sample = sample_of(groups=20)
    first, again = (wild_bootstrap(sample, "ols", "itt", seed=5, draws=999) for _ in range(2))
    other = wild_bootstrap(sample, "ols", "itt", seed=6, draws=999)
    webb = wild_bootstrap(sample, "ols", "itt", seed=5, draws=999, weights="webb")
    assert first == again
    assert first != other
    assert isinstance(first, Estimate)
    assert isinstance(webb, Estimate)
    assert (first.details["exhaustive"], webb.details["bootstrap_weights"]) == ("no", "webb")


def test_wild_bootstrap_five_clusters_allow_no_test():
    assert wild_bootstrap(sample_of(groups=5), "ols", "itt", seed=1) == NotEstimable(
        "few_sign_vectors", {"clusters": 5}
    )


def test_regress_row_order_does_not_matter():
    sample = sample_of()
    assert sample.clusters is not None
    order = np.random.default_rng(0).permutation(sample.n)
    shuffled = complete_rows(
        sample.outcome[order], sample.treated[order], clusters=sample.clusters[order],
        covariates=pd.DataFrame({"x": sample.covariates[order, 0]}),
    )  # fmt: skip
    assert isinstance(shuffled, Sample)
    first, second = (regress(each, "ols", "itt") for each in (sample, shuffled))
    assert isinstance(first, Estimate)
    assert isinstance(second, Estimate)
    assert (first.value, first.se, first.low) == pytest.approx(
        (second.value, second.se, second.low), rel=1e-9
    )


def test_cluster_gates_at_their_thresholds():
    by_key = {gate.key: gate.outcome for gate in cluster_gates(26, 10, 12.0)}
    assert by_key == {"clusters": "pass", "treated_clusters": "pass", "degrees_of_freedom": "pass"}
    by_key = {gate.key: gate.outcome for gate in cluster_gates(5, 2, 1.5)}
    assert by_key == {"clusters": "fail", "treated_clusters": "fail", "degrees_of_freedom": "fail"}
