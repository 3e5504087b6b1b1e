"""Regression with honest errors when there are few clusters: CR2 with Satterthwaite, wild bootstrap.

Both are taken from diff-diff, whose CR2 follows R's clubSandwich and whose bootstrap follows R's
fwildclusterboot; here it is decided when they may be used at all.
"""

import math
import warnings
from typing import Literal

import numpy as np
from scipy import stats

from equity_lib.impact.estimates import Estimate, Gate, NotEstimable
from equity_lib.impact.samples import Floats, Sample
from equity_lib.impact.thresholds import judged

Convention = Literal["cr2_satterthwaite", "cr1", "classical"]

#: Draws of the wild bootstrap when there are too many sign vectors to try them all.
DRAWS = 9_999


def regress(
    sample: Sample,
    estimator: str,
    estimand: str,
    design: Floats | None = None,
    *,
    convention: Convention = "cr2_satterthwaite",
    level: float = 0.95,
) -> Estimate | NotEstimable:
    """Effect of treatment by least squares, with cluster-aware error.

    The coefficient of `treated` in a regression of the outcome on a constant, `treated` and
    `design`. `cr2_satterthwaite` is the bias-reduced sandwich with t quantiles at Satterthwaite
    degrees of freedom (without clusters: HC2 with Bell–McCaffrey degrees of freedom, which for two
    arms without covariates is Welch's error with his degrees of freedom at equal variances); `cr1`
    the usual sandwich (HC1 without clusters) with t(G − 1); `classical` equal variances.

    Parameters
    ----------
    sample
        Complete rows.
    estimator, estimand
        Keys to be printed.
    design
        Further columns, or None for the sample's covariates.
    convention, level
        Convention of the standard error; level of the interval.

    Returns
    -------
    Estimate or NotEstimable
        Reason `collinear` if treatment follows from the other columns, `no_residual` if nothing
        is left to estimate an error from. Weighted regressions take errors of variance
        inverse to the weight as working model.

    Source
    ------
    Bell & McCaffrey 2002; Pustejovsky & Tipton 2018, Journal of Business & Economic Statistics 36.
    """
    from diff_diff.linalg import LinearRegression

    columns = sample.covariates if design is None else design
    x = np.column_stack([np.ones(sample.n), sample.treated, columns])
    root = np.sqrt(sample.weights)
    if np.linalg.matrix_rank(x) < x.shape[1]:
        x = independent(x)
        if x.shape[1] < 2 or not np.array_equal(x[:, 1], sample.treated):
            return NotEstimable("collinear", {"columns": columns.shape[1] + 2})
    if sample.n <= x.shape[1]:
        return NotEstimable("no_residual", {"rows": sample.n, "columns": x.shape[1]})
    kind = {"cr2_satterthwaite": "hc2_bm", "cr1": "hc1", "classical": "classical"}[convention]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = LinearRegression(include_intercept=False, cluster_ids=sample.clusters, vcov_type=kind).fit(
            x * root[:, None], sample.outcome * root
        )
        found = fit.get_inference(1, alpha=1 - level)
    value, se = float(found.coefficient), float(found.se)
    if not (math.isfinite(se) and se > 1e-12 * max(1.0, abs(value))):
        return NotEstimable("no_residual", {"rows": sample.n})
    degrees = degrees_of_freedom(sample, convention, fit, x.shape[1])
    half = float(stats.t.ppf((1 + level) / 2, degrees)) * se
    return Estimate(
        estimator=estimator,
        estimand=estimand,
        value=value,
        se=se,
        low=value - half,
        high=value + half,
        level=level,
        n=sample.n,
        n_treated=sample.n_treated,
        n_clusters=sample.n_clusters,
        se_method=convention if sample.clusters is not None else UNCLUSTERED[convention],
        p=float(2 * stats.t.sf(abs(value / se), degrees)),
        details={
            "degrees_of_freedom": degrees,
            "missing": sample.dropped,
            "r_squared": share_explained(x, sample.outcome, sample.weights),
        },
    )


#: Names of the same conventions where rows are their own clusters.
UNCLUSTERED = {"cr2_satterthwaite": "hc2_satterthwaite", "cr1": "hc1", "classical": "classical"}


def degrees_of_freedom(sample: Sample, convention: Convention, fit: object, columns: int) -> float:
    """Degrees of freedom of the t quantile that goes with a convention."""
    if convention == "cr2_satterthwaite":
        return max(float(getattr(fit, "_bm_dof")[1]), 1.0)  # noqa: B009
    if convention == "cr1" and sample.clusters is not None:
        return sample.n_clusters - 1
    return sample.n - columns


def independent(x: Floats) -> Floats:
    """Columns that don't follow from those to their left."""
    kept: list[int] = []
    for column in range(x.shape[1]):
        if np.linalg.matrix_rank(x[:, [*kept, column]]) > len(kept):
            kept.append(column)
    return np.asarray(x[:, kept], dtype=float)


def share_explained(x: Floats, outcome: Floats, weights: Floats) -> float:
    """Weighted R² of a regression."""
    root = np.sqrt(weights)
    coefficients = np.linalg.lstsq(x * root[:, None], outcome * root, rcond=None)[0]
    centre = np.average(outcome, weights=weights)
    left = (weights * (outcome - x @ coefficients) ** 2).sum()
    return float(1 - left / (weights * (outcome - centre) ** 2).sum())


def wild_bootstrap(
    sample: Sample,
    estimator: str,
    estimand: str,
    design: Floats | None = None,
    *,
    seed: int,
    weights: Literal["rademacher", "webb"] = "rademacher",
    draws: int = DRAWS,
    null: float = 0.0,
    level: float = 0.95,
) -> Estimate | NotEstimable:
    """Effect of treatment with a wild cluster bootstrap that imposes the null.

    Every vector of signs is tried while there are no more than `draws` of them (2^G for G ≤ 13
    clusters and 9,999 draws), else `draws` vectors are drawn from `seed`. The interval holds the
    nulls that the test doesn't reject. Webb's six-point weights are always drawn.

    Returns
    -------
    Estimate or NotEstimable
        `details`: draws, seed, kind of weights, `exhaustive`. Fewer than 6 clusters allow no
        two-sided test at 5 per cent (2 × 2⁻⁵ > .05): reason `few_sign_vectors`.

    Source
    ------
    Cameron, Gelbach & Miller 2008; Roodman, MacKinnon, Nielsen & Webb 2019, Stata Journal 19;
    Webb 2023, Canadian Journal of Economics 56.
    """
    from diff_diff.utils import wild_bootstrap_se

    if sample.clusters is None:
        return NotEstimable("no_clusters", {"rows": sample.n})
    if weights == "rademacher" and sample.n_clusters < 6:
        return NotEstimable("few_sign_vectors", {"clusters": sample.n_clusters})
    plain = regress(sample, estimator, estimand, design, convention="cr1", level=level)
    if isinstance(plain, NotEstimable):
        return plain
    columns = sample.covariates if design is None else design
    root = np.sqrt(sample.weights)
    x = independent(np.column_stack([np.ones(sample.n), sample.treated, columns])) * root[:, None]
    y = sample.outcome * root
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = wild_bootstrap_se(
            x, y, y, sample.clusters, 1, n_bootstrap=draws, weight_type=weights,
            null_hypothesis=null, alpha=1 - level, seed=seed,
        )  # fmt: skip
    if not (math.isfinite(found.p_value) and math.isfinite(found.ci_lower + found.ci_upper)):
        return NotEstimable("no_bootstrap", {"clusters": sample.n_clusters})
    exhaustive = weights == "rademacher" and 2**sample.n_clusters <= draws
    return Estimate(
        estimator=estimator,
        estimand=estimand,
        value=plain.value,
        se=plain.se,
        low=float(found.ci_lower),
        high=float(found.ci_upper),
        level=level,
        n=sample.n,
        n_treated=sample.n_treated,
        n_clusters=sample.n_clusters,
        se_method="wild_bootstrap",
        p=float(found.p_value),
        details={
            **plain.details,
            "draws": float(2**sample.n_clusters if exhaustive else draws),
            "exhaustive": "yes" if exhaustive else "no",
            "bootstrap_weights": weights,
            "seed": float(seed),
        },
    )


def cluster_gates(
    clusters: int, treated: int, degrees: float = math.nan, rows: float = math.nan
) -> tuple[Gate, ...]:
    """Are there clusters enough: in all, on the thinner side, and as degrees of freedom.

    Parameters
    ----------
    clusters, treated
        Clusters in all, and treated clusters among them.
    degrees
        Satterthwaite degrees of freedom of the effect, if the estimator has them.
    rows
        Rows behind them.
    """
    gates = [
        judged("clusters", clusters, rows),
        judged("treated_clusters", min(treated, clusters - treated), rows),
    ]
    if math.isfinite(degrees):
        gates.append(judged("degrees_of_freedom", degrees, rows))
    return tuple(gates)
