"""Inequality of an amount: Gini's index, Theil's T and L, and their parts within and between groups."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equity_lib.indicators.concentration import concentration, error, rank, untied

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Gini:
    """Gini's index between 0 and 1, its standard error, the mean and the number of rows."""

    index: float
    se: float
    mean: float
    n: int


@dataclass(frozen=True)
class Theil:
    """Theil's T and L; each is the sum of its part within groups and its part between them."""

    theil_t: float
    theil_l: float
    within_t: float
    between_t: float
    within_l: float
    between_l: float
    se_t: float
    se_l: float
    n: int


def gini(amount: ArrayLike, weights: ArrayLike | None = None, *, clusters: ArrayLike | None = None) -> Gini:
    """Gini's index G = 2 cov(y, R) ÷ μ, R the weighted fractional rank.

    Equal amounts may stand in any order: index and influence function are the same. The standard error
    comes from the influence function, by cluster if `clusters` are given. There is no small-sample
    correction: one row has an index of 0.

    Parameters
    ----------
    amount
        One value a row, none negative.
    weights
        One a row, none negative.
    clusters
        Codes 0, 1, …: rows of one cluster aren't independent.

    Raises
    ------
    ValueError
        On no rows, and on a missing or negative amount: the index could leave 0 to 1.

    Source: Lerman and Yitzhaki (1989), Journal of Econometrics 42: 43-47 (weights); Davidson (2009),
    Journal of Econometrics 150: 30-40 (standard error).

    Examples
    --------
    >>> gini([0.0, 0.0, 0.0, 10.0]).index
    0.75
    """
    y = np.asarray(amount, float)
    if len(y) == 0 or not y.min() >= 0:
        raise ValueError("amounts must be there, not missing and not negative")
    if clusters is not None:
        found = concentration(y, rank(y, weights), high=np.inf, clusters=clusters)
        return Gini(found.index, found.se_index, found.mean, found.n)
    if weights is None:
        mean, covariance, moments = untied(np.sort(y), None, None, float(len(y)))
    else:
        own, order = np.asarray(weights, float), np.argsort(y)
        mean, covariance, moments = untied(y, order, own[order], float(own.sum()))
    if mean == 0:
        return Gini(np.nan, np.nan, 0.0, len(y))
    index = covariance / mean
    return Gini(index, error(np.array([1 / mean, -index / mean]), moments), mean, len(y))


def _spread(
    influence: Floats, weights: Floats | None, total: float, clusters: ArrayLike | None = None
) -> float:
    if weights is not None:
        influence = influence * weights
    if clusters is not None:
        influence = np.bincount(np.asarray(clusters), influence).astype(float)
    count = len(influence)
    if count < 2:
        return float("nan")
    return float(np.sqrt(influence @ influence * count / (count - 1))) / total


def limits(index: float, se: float, clusters: int | None = None) -> tuple[float, float]:
    """95 % interval of Gini's or Theil's index on the logarithmic scale: index × exp(± t × se ÷ index).

    These indices are skewed to the right, so that index ± 1.96 se holds the truth too seldom
    (`bench/coverage.py`).

    Parameters
    ----------
    clusters
        Number of clusters that the standard error rests on; t has one degree of freedom fewer. None: 1.96.

    Source: Biewen and Jenkins (2006), Oxford Bulletin of Economics and Statistics 68: 371-383 (standard
    errors of such indices in complex surveys).
    """
    from scipy.stats import norm, t

    if not index > 0 or not se >= 0:
        return float("nan"), float("nan")
    width = float(norm.ppf(0.975) if clusters is None else t.ppf(0.975, clusters - 1)) * se / index
    return index * float(np.exp(-width)), index * float(np.exp(width))


def theil(
    amount: ArrayLike,
    groups: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    *,
    clusters: ArrayLike | None = None,
) -> Theil:
    """Theil's T = mean(y/μ · ln(y/μ)) and L = mean(ln(μ/y)), and their exact parts.

    With groups of population share p, income share s and mean m: T = Σ s T_g + Σ s ln(m/μ) and
    L = Σ p L_g + Σ p ln(μ/m). Without groups all of it lies within.

    Parameters
    ----------
    amount
        One value a row, all above 0.
    groups
        Codes 0, 1, …, one a row.
    weights
        One a row, none negative.
    clusters
        Codes 0, 1, … without gaps: rows of one cluster aren't independent.

    Raises
    ------
    ValueError
        On no rows, and on an amount that isn't above 0, where neither is defined; nothing is added to zeros.

    Source: Shorrocks (1980), Econometrica 48: 613-625.

    Examples
    --------
    >>> found = theil([1.0, 1.0, 3.0, 3.0], groups=[0, 0, 1, 1])
    >>> abs(found.within_t) < 1e-15, round(found.between_t, 4)
    (True, 0.1308)
    """
    y = np.asarray(amount, float)
    if len(y) == 0 or not y.min() > 0:
        raise ValueError("amounts must be there and above 0")
    w = np.ones(len(y)) if weights is None else np.asarray(weights, float)
    total = float(w.sum())
    mean = float(w @ y) / total
    log = np.log(y / mean)
    t_parts, l_parts = w * (y / mean) * log, -w * log
    theil_t, theil_l = float(t_parts.sum()) / total, float(l_parts.sum()) / total
    codes = np.zeros(len(y), np.intp) if groups is None else np.asarray(groups)
    people, held = np.bincount(codes, w), np.bincount(codes, w * y)
    some = (people > 0) & (held > 0)
    p, s = people[some] / total, held[some] / (total * mean)
    apart = np.log(s / p)
    between_t, between_l = float(s @ apart), float(-p @ apart)
    share, own = y / mean, None if weights is None else w
    se_t = _spread(share * log - theil_t - (theil_t + 1) * (share - 1), own, total, clusters)
    se_l = _spread(share - 1 - log - theil_l, own, total, clusters)
    within_t, within_l = theil_t - between_t, theil_l - between_l
    return Theil(theil_t, theil_l, within_t, between_t, within_l, between_l, se_t, se_l, len(y))
