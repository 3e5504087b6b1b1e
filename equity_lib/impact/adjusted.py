"""A comparison adjusted for what was recorded: doubly robust, cross-fitted; associated at most."""

import math
import warnings
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy import stats

from equity_lib.impact.estimates import Estimate, Gate, NotEstimable
from equity_lib.impact.samples import Codes, Floats, Sample
from equity_lib.impact.sensitivity import standardised_e_value
from equity_lib.impact.thresholds import judged

Estimand = Literal["ate", "att"]

#: Scores are kept this far from 0 and 1, or single rows would weigh like a hundred.
CLIP = 0.01
#: Scores outside this band are where the arms hardly overlap (Crump et al. 2009).
BAND = (0.1, 0.9)


@dataclass(frozen=True)
class Scores:
    """Cross-fitted predictions: chance of treatment, and outcome in either arm, for each row."""

    propensity: Floats
    treated: Floats
    controls: Floats
    fold: Codes


def aipw(
    sample: Sample,
    *,
    seed: int,
    estimand: Estimand = "ate",
    folds: int = 5,
    repeats: int = 5,
    level: float = 0.95,
) -> Estimate | NotEstimable:
    """Doubly robust difference: right if either the chance of treatment or the outcome is modelled right.

    ψ_i = m₁ − m₀ + d(y − m₁)/e − (1 − d)(y − m₀)/(1 − e), averaged; e by logit, m₁ and m₀ by least
    squares in each arm, each fitted without the fold (of whole clusters) that it predicts. The median over
    `repeats` splits is printed, its error widened by their spread. Error from ψ summed by cluster, times
    G/(G − 1), t on G − 1 degrees of freedom (G rows without clusters).

    Parameters
    ----------
    sample
        Complete rows with covariates known before treatment.
    seed, folds, repeats
        Seed of the splits, folds a split, splits.
    estimand
        `ate`: mean over all; `att`: over the treated.

    Returns
    -------
    Estimate or NotEstimable
        Reasons: `no_covariates`, `few_clusters` (fewer than two a fold), `separation` (covariates tell
        who is treated), `few_rows` (a fold leaves too few rows of an arm).

    Source
    ------
    Robins, Rotnitzky & Zhao 1994; Chernozhukov et al. 2018, Econometrics Journal 21 (cross-fitting, median).
    """
    if not sample.covariates.shape[1]:
        return NotEstimable("no_covariates", {"rows": sample.n})
    found = []
    for repeat in range(repeats):
        scores = cross_fitted(sample, seed=seed + repeat, folds=folds)
        if isinstance(scores, NotEstimable):
            return scores
        found.append(scored(sample, scores, estimand))
    values, errors = np.array(found).T
    value = float(np.median(values))
    se = math.sqrt(float(np.median(errors**2 + (values - value) ** 2)))
    if not se > 1e-12 * max(1.0, abs(value)):
        return NotEstimable("no_residual", {"rows": sample.n})
    groups = sample.n if sample.clusters is None else sample.n_clusters
    half = float(stats.t.ppf((1 + level) / 2, groups - 1)) * se
    return Estimate(
        estimator="aipw",
        estimand=estimand,
        value=value,
        se=se,
        low=value - half,
        high=value + half,
        level=level,
        n=sample.n,
        n_treated=sample.n_treated,
        n_clusters=sample.n_clusters,
        se_method="influence_cr1" if sample.n_clusters else "influence",
        p=float(2 * stats.t.sf(abs(value / se), groups - 1)),
        details={
            "folds": folds,
            "repeats": repeats,
            "seed": float(seed),
            "covariates": sample.covariates.shape[1],
            "missing": sample.dropped,
            "degrees_of_freedom": groups - 1,
        },
    )


def scored(sample: Sample, scores: Scores, estimand: Estimand) -> tuple[float, float]:
    """Estimate and error of one split."""
    y, d, e, w = sample.outcome, sample.treated, scores.propensity, sample.weights
    if estimand == "ate":
        psi = scores.treated - scores.controls + d * (y - scores.treated) / e
        psi = psi - (1 - d) * (y - scores.controls) / (1 - e)
        base = w
    else:
        psi = (d - (1 - d) * e / (1 - e)) * (y - scores.controls)
        base = w * d
    value = float((w * psi).sum() / base.sum())
    parts = (w * psi - base * value) / base.sum()
    groups = np.arange(sample.n) if sample.clusters is None else sample.clusters
    sums = np.bincount(groups, parts)
    return value, math.sqrt(float((sums**2).sum()) * len(sums) / (len(sums) - 1))


def cross_fitted(sample: Sample, *, seed: int, folds: int = 5) -> Scores | NotEstimable:
    """Predictions for each row from models that have not seen its fold (or its cluster)."""
    groups = np.arange(sample.n) if sample.clusters is None else sample.clusters
    count = int(groups.max()) + 1
    if count < 2 * folds:
        return NotEstimable("few_clusters" if sample.n_clusters else "few_rows", {"clusters": count})
    fold = np.random.default_rng(seed).permutation(np.arange(count) % folds)[groups]
    scale = sample.covariates.std(axis=0)
    x = np.column_stack([np.ones(sample.n), (sample.covariates - sample.covariates.mean(axis=0)) / scale])
    scores = Scores(np.empty(sample.n), np.empty(sample.n), np.empty(sample.n), fold)
    for part in range(folds):
        inside, out = fold != part, fold == part
        arms = [inside & (sample.treated == arm) for arm in (1.0, 0.0)]
        if min(int(arm.sum()) for arm in arms) <= x.shape[1]:
            return NotEstimable("few_rows", {"rows": sample.n, "covariates": x.shape[1] - 1})
        chance = logit(x[inside], sample.treated[inside], x[out], sample.weights[inside])
        if chance is None:
            return NotEstimable("separation", {"rows": sample.n})
        scores.propensity[out] = np.clip(chance, CLIP, 1 - CLIP)
        for arm, target in zip(arms, (scores.treated, scores.controls), strict=True):
            root = np.sqrt(sample.weights[arm])
            slopes = np.linalg.lstsq(x[arm] * root[:, None], sample.outcome[arm] * root, rcond=None)[0]
            target[out] = x[out] @ slopes
    return scores


def logit(x: Floats, treated: Floats, at: Floats, weights: Floats) -> Floats | None:
    """Chances at `at` from a logit on `x`; None if the covariates separate the arms."""
    import statsmodels.api as sm

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            model = sm.GLM(treated, x, family=sm.families.Binomial(), freq_weights=weights / weights.mean())
            fit: Any = model.fit(maxiter=50)
            chance = np.asarray(fit.predict(x), dtype=float)
            found = np.asarray(fit.predict(at), dtype=float)
        except (ValueError, np.linalg.LinAlgError, FloatingPointError):
            return None
    extreme = np.minimum(chance, 1 - chance) < 1e-6
    if not fit.converged or not np.isfinite(found).all() or extreme.mean() > 0.5:
        return None
    return found


def overlap(sample: Sample, scores: Scores) -> Gate:
    """Share of rows whose chance of treatment lies outside .1 to .9: hardly anyone like them opposite.

    Source
    ------
    Crump, Hotz, Imbens & Mitnik 2009, Biometrika 96 (the band).
    """
    share = float(
        np.average((scores.propensity < BAND[0]) | (scores.propensity > BAND[1]), weights=sample.weights)
    )
    return judged("overlap", share, sample.n)


def standardised_differences(sample: Sample, weights: Floats | None = None) -> dict[str, float]:
    """Difference of means over the pooled standard deviation of the unweighted arms, by covariate.

    Parameters
    ----------
    weights
        Weights that should make the arms alike, or None for the arms as they are.
    """
    w = sample.weights if weights is None else sample.weights * weights
    differences = {}
    for name, column in zip(sample.names, sample.covariates.T, strict=True):
        arms = [sample.treated == arm for arm in (1.0, 0.0)]
        means = [float(np.average(column[arm], weights=w[arm])) for arm in arms]
        spread = math.sqrt(sum(float(column[arm].var()) for arm in arms) / 2)
        differences[name] = (means[0] - means[1]) / spread if spread > 0 else math.nan
    return differences


def propensity_weights(sample: Sample, scores: Scores, estimand: Estimand = "ate") -> Floats:
    """Inverse chances of the arm that came about; for `att` the odds of the controls."""
    d, e = sample.treated, scores.propensity
    return d / e + (1 - d) / (1 - e) if estimand == "ate" else d + (1 - d) * e / (1 - e)


def balance(sample: Sample, scores: Scores, estimand: Estimand = "ate") -> Gate:
    """Largest standardised mean difference that weighting leaves.

    Source
    ------
    Stuart 2010, Statistical Science 25.
    """
    left = standardised_differences(sample, propensity_weights(sample, scores, estimand))
    known = [abs(value) for value in left.values() if math.isfinite(value)]
    if not known:
        return judged("balance", math.nan, note="no_covariates")
    return judged("balance", max(known), sample.n)


def unmeasured(sample: Sample, estimate: Estimate) -> Gate:
    """E-value of the limit nearer to nought: how strong an unmeasured cause would have to be.

    Source
    ------
    VanderWeele & Ding 2017.
    """
    left = sample.outcome - np.where(
        sample.treated == 1,
        sample.outcome[sample.treated == 1].mean(),
        sample.outcome[sample.treated == 0].mean(),
    )
    sd = float(left.std(ddof=2))
    _, nearer = standardised_e_value(estimate.value, estimate.low, estimate.high, sd)
    return judged("e_value", nearer, sample.n)


def negative_control(found: Estimate | NotEstimable) -> Gate:
    """Is there an "effect" on something that treatment can't have changed: an outcome from before it.

    Parameters
    ----------
    found
        The same estimator on the negative-control outcome.

    Source
    ------
    Lipsitch, Tchetgen Tchetgen & Cohen 2010, Epidemiology 21.
    """
    if isinstance(found, NotEstimable):
        return judged("negative_control", math.nan, note="no_placebo")
    return judged("negative_control", found.p, found.n)
