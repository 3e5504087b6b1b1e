"""Regression discontinuity at a score's cut-off: local linear, bias-corrected, bandwidth from the data.

The treated are below the cut-off, so an effect is below minus above; rdrobust prints the opposite sign.
What is estimated is an effect of what the cut-off assigns, on children at the cut-off, and no more.
"""

import contextlib
import io
import math
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from equity_lib.impact.estimates import Estimate, Gate, NotEstimable, Point
from equity_lib.impact.samples import Floats, impossible
from equity_lib.impact.thresholds import judged

#: Fewest observations, and distinct scores, on each side: below that no local line is fitted.
FEWEST, FEWEST_SCORES = 20, 10
#: Multiples of the bandwidth, and parts of it left out around the cut-off, of the sensitivity gates.
BANDWIDTHS = (0.5, 0.75, 1.25, 1.5)
DONUTS = (0.05, 0.10, 0.20)
#: Quantiles of the scores on one side at which a cut-off is pretended.
PLACEBOS = (1 / 3, 2 / 3)
#: Fewest children in a bin of the picture.
FEWEST_IN_BIN = 10


def jump(
    outcome: Any,
    score: Any,
    cutoff: float = 0.0,
    *,
    bandwidth: float | None = None,
    clusters: Any = None,
    level: float = 0.95,
) -> Estimate | NotEstimable:
    """Outcome just below minus just above the cut-off.

    Parameters
    ----------
    outcome, score
        One number a row; rows with a missing one are left out.
    cutoff
        Scores below it are treated.
    bandwidth
        Half width of the window, in units of the score; None chooses the one of least mean squared error.
    clusters
        Group of each row, or None for heteroskedasticity-robust nearest-neighbour errors.

    Returns
    -------
    Estimate or NotEstimable
        Conventional point estimate with the robust bias-corrected interval and standard error; `details`
        holds bandwidths, effective numbers each side and mass points. Reasons: `all_missing`,
        `infinite_values`, `cutoff_outside`, `one_side_empty`, `few_scores`, `constant_outcome`,
        `one_cluster`, `no_convergence`.

    Source
    ------
    Calonico, Cattaneo and Titiunik (2014), Econometrica 82: 2295-2326; PyPI `rdrobust`.
    """
    y, x = np.asarray(outcome, dtype=float), np.asarray(score, dtype=float)
    wrong = impossible(None, y, x)
    if wrong is not None:
        return wrong
    keep = np.isfinite(y) & np.isfinite(x)
    groups = None if clusters is None else pd.Series(np.asarray(clusters))
    if groups is not None:
        keep &= groups.notna().to_numpy()
        groups = pd.Series(pd.factorize(groups[keep], sort=True)[0])
    y, x = y[keep], x[keep]
    reason = _unfit(y, x, cutoff, int((~keep).sum()))
    if reason is not None:
        return reason
    if groups is not None and groups.nunique() < 2:
        return NotEstimable("one_cluster", {"rows": float(len(y))})
    fit = _fit(y, x, cutoff, bandwidth, groups, level)
    if fit is None:
        return NotEstimable("no_convergence", {"rows": float(len(y))})
    return _estimate(fit, x, level, groups)


def _unfit(y: Floats, x: Floats, cutoff: float, missing: int) -> NotEstimable | None:
    found = {"rows": float(len(y)), "missing": float(missing)}
    if not len(y):
        return NotEstimable("all_missing", found)
    if not x.min() < cutoff <= x.max():
        return NotEstimable("cutoff_outside", found)
    below = x < cutoff
    sides = (int(below.sum()), int((~below).sum()))
    if min(sides) < FEWEST:
        return NotEstimable("one_side_empty", found | {"below": float(sides[0]), "above": float(sides[1])})
    scores = min(len(np.unique(x[below])), len(np.unique(x[~below])))
    if scores < FEWEST_SCORES:
        return NotEstimable("few_scores", found | {"scores": float(scores)})
    return NotEstimable("constant_outcome", found) if np.ptp(y) == 0 else None


def _fit(
    y: Floats, x: Floats, cutoff: float, bandwidth: float | None, groups: Any = None, level: float = 0.95
) -> Any:
    """rdrobust's result, or None where it finds none (its errors quote data, so they stay here)."""
    from rdrobust import rdrobust

    more: dict[str, Any] = {} if groups is None else {"cluster": groups}
    if bandwidth is not None:
        more |= {"h": bandwidth, "b": bandwidth}
    try:
        with _quiet():
            fit = rdrobust(y, x, c=cutoff, level=100 * level, **more)
    except Exception:  # noqa: BLE001
        return None
    numbers = [*fit.coef.to_numpy().ravel(), *fit.se.to_numpy().ravel()]
    return fit if np.isfinite(numbers).all() and fit.se.to_numpy().min() > 0 else None


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Neither warnings nor prints: both libraries report mass points in words, and we as a number."""
    with warnings.catch_warnings(), np.errstate(all="ignore"), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield


def _estimate(fit: Any, x: Floats, level: float, groups: Any) -> Estimate:
    h, b = (fit.bws.to_numpy().astype(float)[row] for row in (0, 1))
    low, high = fit.ci.to_numpy().astype(float)[2]
    below, above = (float(n) for n in fit.N_h)
    return Estimate(
        estimator="rdrobust",
        estimand="at_cutoff",
        value=-float(fit.coef.to_numpy().ravel()[0]),
        se=float(fit.se.to_numpy().ravel()[2]),
        low=-float(high),
        high=-float(low),
        level=level,
        n=int(below + above),
        n_treated=int(below),
        n_clusters=0 if groups is None else int(groups.nunique()),
        se_method="rd_robust" if groups is None else "rd_robust_clustered",
        p=float(fit.pv.to_numpy().ravel()[2]),
        details={
            "se_conventional": float(fit.se.to_numpy().ravel()[0]),
            "bandwidth": float(h[0]),
            "bandwidth_bias": float(b[0]),
            "n_below": below,
            "n_above": above,
            "rows": float(len(x)),
            "distinct_scores": float(len(np.unique(x))),
        },
    )


def gates(
    outcome: Any,
    score: Any,
    effect: Estimate,
    cutoff: float = 0.0,
    *,
    treated: Any = None,
    covariates: Mapping[str, Any] | None = None,
) -> tuple[Gate, ...]:
    """The diagnostics of a discontinuity, each with its threshold.

    Parameters
    ----------
    outcome, score, effect, cutoff
        As given to `jump`, and what it returned.
    treated
        Whether each row was given the treatment according to the records; None if they don't say.
    covariates
        Key → what was known before: none of them may jump.
    """
    y, x = np.asarray(outcome, dtype=float), np.asarray(score, dtype=float)
    known = np.isfinite(y) & np.isfinite(x)
    y, x_all, x = y[known], x[np.isfinite(x)], x[known]
    near = np.abs(x - cutoff) <= float(effect.details["bandwidth"])
    return (
        judged("density", _density(x_all, cutoff), len(x_all)),
        judged("sharpness", _unsharp(treated, score, cutoff), len(x_all)),
        judged("covariate_jumps", _jumps(covariates or {}, score, cutoff), len(x)),
        judged("placebo_cutoffs", _placebos(y, x, cutoff), len(x)),
        judged("bandwidth", _outside(y, x, cutoff, effect, bandwidths=BANDWIDTHS), len(x)),
        judged("donut", _outside(y, x, cutoff, effect, donuts=DONUTS), len(x)),
        judged("heaping", _largest_heap(x[near]), int(near.sum())),
        judged(
            "effective_n", min(float(effect.details["n_below"]), float(effect.details["n_above"])), len(x)
        ),
    )


def _density(x: Floats, cutoff: float) -> float:
    """p of the same density on both sides; scores moved across the cut-off show here first."""
    from rddensity import rddensity

    try:
        with _quiet():
            return float(rddensity(x, c=cutoff).test["p_jk"])
    except Exception:  # noqa: BLE001
        return math.nan


def _unsharp(treated: Any, score: Any, cutoff: float) -> float:
    """Share of rows whose treatment isn't what the cut-off says."""
    if treated is None:
        return math.nan
    given, x = pd.to_numeric(pd.Series(np.asarray(treated)), errors="coerce"), np.asarray(score, dtype=float)
    known = given.notna().to_numpy() & np.isfinite(x)
    return float((given[known].astype(bool) != (x[known] < cutoff)).mean()) if known.any() else math.nan


def _jumps(covariates: Mapping[str, Any], score: Any, cutoff: float) -> float:
    """Smallest p of no jump in a covariate, after Holm; NaN if none could be tested."""
    found = [jump(values, score, cutoff) for values in covariates.values()]
    return _smallest([each.p for each in found if isinstance(each, Estimate)])


def _placebos(y: Floats, x: Floats, cutoff: float) -> float:
    """Smallest p of no jump where there is no cut-off, after Holm; each side alone."""
    found = []
    for side in (x < cutoff, x >= cutoff):
        for quantile in PLACEBOS:
            found.append(jump(y[side], x[side], float(np.quantile(x[side], quantile))))
    return _smallest([each.p for each in found if isinstance(each, Estimate)])


def _smallest(p: list[float]) -> float:
    from statsmodels.stats.multitest import multipletests

    p = [each for each in p if not math.isnan(each)]
    return float(multipletests(p, method="holm")[1].min()) if p else math.nan


def _outside(
    y: Floats,
    x: Floats,
    cutoff: float,
    effect: Estimate,
    bandwidths: tuple[float, ...] = (1.0,),
    donuts: tuple[float, ...] = (0.0,),
) -> float:
    """Share of other choices whose estimate lies outside the interval of the declared one."""
    h = float(effect.details["bandwidth"])
    found = []
    for width in bandwidths:
        for hole in donuts:
            kept = np.abs(x - cutoff) >= hole * h
            fit = _fit(y[kept], x[kept], cutoff, width * h)
            if fit is not None:
                found.append(-float(fit.coef.to_numpy().ravel()[0]))
    return float(np.mean([not effect.low <= each <= effect.high for each in found])) if found else math.nan


def _largest_heap(x: Floats) -> float:
    """Share of the observations in the window that sit on its most frequent score."""
    return float(np.unique(x, return_counts=True)[1].max() / len(x)) if len(x) else math.nan


def binned(outcome: Any, score: Any, effect: Estimate, cutoff: float = 0.0) -> tuple[Point, ...]:
    """Bin means within twice the bandwidth, in equal bins that hold enough children each.

    Returns
    -------
    tuple of Point
        `x`: middle of the bin as a distance from the cut-off; `low`, `high`: the mean's 95 % interval.
    """
    y, x = np.asarray(outcome, dtype=float), np.asarray(score, dtype=float) - cutoff
    known = np.isfinite(y) & np.isfinite(x)
    y, x = y[known], x[known]
    reach = 2 * float(effect.details["bandwidth"])
    for count in range(10, 0, -1):
        width = _round_up(reach / count)
        at = np.floor(x / width).astype(int)
        inside = (at >= -count) & (at < count)
        groups = pd.Series(y[inside]).groupby(at[inside])
        sizes = groups.size()
        if len(sizes) == 2 * count and sizes.min() >= FEWEST_IN_BIN:
            break
    else:
        return ()
    means = groups.mean().to_numpy()
    half = 1.96 * groups.std().to_numpy() / np.sqrt(sizes.to_numpy())
    middles = (sizes.index.to_numpy() + 0.5) * width
    return tuple(
        Point(round(float(x), 3), float(mean), float(mean - h), float(mean + h), float(n))
        for x, mean, h, n in zip(middles, means, half, sizes, strict=True)
    )


def _round_up(width: float) -> float:
    """Up to two digits, so that bins have readable edges."""
    step = 10.0 ** (math.floor(math.log10(width)) - 1)
    return float(math.ceil(width / step) * step)
