"""What a study could have seen: minimum detectable effects, standardised effects, intraclass correlation."""

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats
from statsmodels.stats.power import TTestIndPower

from equity_lib.impact.samples import Codes, Floats


def minimum_detectable(
    se: float, degrees: float = math.inf, *, alpha: float = 0.05, power: float = 0.8
) -> float:
    """Smallest true effect that a study with this standard error finds with the given power.

    MDE = (t(1 − α/2) + t(power)) · se, in the outcome's unit. Printed with every null: "no effect
    larger than this was detected". It takes the standard error that was met, so it speaks of the design,
    not of the estimate.

    Source
    ------
    Bloom 1995, Evaluation Review 19.
    """
    if not (se > 0 and degrees > 0):
        return math.nan
    if math.isinf(degrees):
        return float(stats.norm.ppf(1 - alpha / 2) + stats.norm.ppf(power)) * se
    return float(stats.t.ppf(1 - alpha / 2, degrees) + stats.t.ppf(power, degrees)) * se


def planned_detectable(
    clusters: int,
    cluster_size: float,
    icc: float,
    *,
    share: float = 0.5,
    sd: float = 1.0,
    explained_between: float = 0.0,
    explained_within: float = 0.0,
    alpha: float = 0.05,
    power: float = 0.8,
) -> float:
    """Minimum detectable effect of a design that assigns clusters, before there are data.

    se² = σ² [ρ(1 − R²_b)/(P(1 − P)J) + (1 − ρ)(1 − R²_w)/(P(1 − P)Jm)], multiplier with J − 2 degrees
    of freedom.

    Parameters
    ----------
    clusters, cluster_size
        Clusters J and (harmonic mean) rows a cluster m; size 1 is assignment of single rows.
    icc, share, sd
        Intraclass correlation ρ, share of clusters treated P, standard deviation σ.
    explained_between, explained_within
        Shares of variance that covariates explain between and within clusters.

    Source
    ------
    Bloom 1995; Dong & Maynard 2013, Journal of Research on Educational Effectiveness 6.
    """
    if clusters < 3 or not 0 < share < 1 or cluster_size < 1:
        return math.nan
    spread = share * (1 - share) * clusters
    between = icc * (1 - explained_between) / spread
    within = (1 - icc) * (1 - explained_within) / (spread * cluster_size)
    return minimum_detectable(sd * math.sqrt(between + within), clusters - 2, alpha=alpha, power=power)


def design_effect(cluster_size: float, icc: float) -> float:
    """Times by which clustering multiplies a variance: 1 + (m − 1)ρ (Kish 1965)."""
    return 1 + (cluster_size - 1) * icc


def rows_an_arm(effect: float, *, alpha: float = 0.05, power: float = 0.8) -> int:
    """Rows needed in each arm to find a standardised effect, two-sided t test of equal arms.

    Source
    ------
    Cohen 1988, table 2.4.1: d = .5 needs 64.

    Examples
    --------
    >>> rows_an_arm(0.5)
    64
    """
    needed: float = TTestIndPower().solve_power(abs(effect), alpha=alpha, power=power)
    return math.ceil(needed)


def intraclass(outcome: Floats, clusters: Codes) -> float:
    """Share of variance that lies between clusters: (MSB − MSW)/(MSB + (m₀ − 1)MSW), at least 0.

    Parameters
    ----------
    outcome, clusters
        Values without missing ones, and cluster codes 0 … G − 1. Remove treatment first (use
        residuals from the arms' means), or the effect counts as correlation.

    Source
    ------
    Donner & Koval 1980, Biometrics 36 (analysis of variance, unequal sizes).
    """
    sizes = np.bincount(clusters).astype(float)
    sizes_used = sizes[sizes > 0]
    groups, n = len(sizes_used), sizes_used.sum()
    if groups < 2 or n <= groups:
        return math.nan
    means = np.bincount(clusters, outcome)[sizes > 0] / sizes_used
    between = float((sizes_used * (means - outcome.mean()) ** 2).sum()) / (groups - 1)
    within = (float(((outcome - outcome.mean()) ** 2).sum()) - between * (groups - 1)) / (n - groups)
    typical = (n - (sizes_used**2).sum() / n) / (groups - 1)
    total = between + (typical - 1) * within
    return max((between - within) / total, 0.0) if total > 0 else math.nan


@dataclass(frozen=True)
class Standardised:
    """An effect in standard deviations, with what it was made from."""

    g: float
    se: float
    sd: float
    icc: float
    degrees: float


def hedges_g(
    effect: float, outcome: Floats, treated: Floats, clusters: Codes | None = None, *, se: float | None = None
) -> Standardised:
    """Effect over the pooled standard deviation, corrected for small samples and for clusters.

    Without clusters g = J(ν) d, J = 1 − 3/(4ν − 1), ν = n − 2. With whole clusters assigned
    d_T = (effect/S_T) √(1 − 2(m − 1)ρ/(n − 2)), ν by Hedges' equation (7).

    Parameters
    ----------
    effect
        Difference between the arms in the outcome's unit, adjusted or not.
    outcome, treated, clusters
        Rows behind it; clusters as codes, or None.
    se
        Cluster-aware standard error of `effect`: the error of g is then `se` scaled alike, which keeps
        it the same evidence; without it the large-sample error of d.

    Source
    ------
    Hedges 1981; Hedges 2007, Journal of Educational and Behavioral Statistics 32, eqs 4–7.
    """
    arms = [outcome[treated == arm] for arm in (1.0, 0.0)]
    n = float(len(outcome))
    if min(len(arm) for arm in arms) < 2:
        return Standardised(math.nan, math.nan, math.nan, math.nan, math.nan)
    left = np.where(treated == 1, outcome - arms[0].mean(), outcome - arms[1].mean())
    sd = math.sqrt(float((left**2).sum()) / (n - 2))
    if not sd > 0:
        return Standardised(math.nan, math.nan, sd, math.nan, math.nan)
    icc, degrees, shrink = math.nan, n - 2, 1.0
    if clusters is not None:
        icc = intraclass(left, clusters)
        rho = 0.0 if math.isnan(icc) else icc
        sizes = np.bincount(clusters).astype(float)
        m = float((sizes**2).sum() / n)
        shrink = math.sqrt(max(1 - 2 * (m - 1) * rho / (n - 2), 0.0))
        above = ((n - 2) - 2 * (m - 1) * rho) ** 2
        below = (n - 2) * (1 - rho) ** 2 + m * (n - 2 * m) * rho**2 + 2 * (n - 2 * m) * rho * (1 - rho)
        degrees = above / below if below > 0 else n - 2
    factor = (1 - 3 / (4 * degrees - 1)) * shrink / sd
    g = effect * factor
    if se is not None:
        return Standardised(g, se * factor, sd, icc, degrees)
    plain = math.sqrt(1 / len(arms[0]) + 1 / len(arms[1]) + g**2 / (2 * n))
    return Standardised(g, plain, sd, icc, degrees)
