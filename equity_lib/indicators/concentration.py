"""Concentration of an outcome over a ranking: C, Wagstaff's and Erreygers's indices, and the curve.

One sort of the ranking variable serves every figure. Rows with equal rank variable share the mean rank
of their places, so that the order in which rows come can't change a result.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


#: Rows handled at a time: what is made on the way stays in the processor's cache, and products of so few
#: rows start no threads, whose waiting would cost more than the work.
BLOCK = 1 << 13


@dataclass(frozen=True, eq=False)
class Ranking:
    """Rows put in order once: where they stand, and where each group of ties starts.

    Attributes
    ----------
    order
        Rows from the lowest rank variable to the highest.
    starts
        Position in `order` at which each group of equal values starts; None where no two are equal.
    weights
        In that order; None where every row counts once.
    total
        Sum of weights.
    """

    order: NDArray[np.intp]
    starts: NDArray[np.intp] | None
    weights: Floats | None
    total: float

    @cached_property
    def mid(self) -> Floats:
        """Weighted fractional rank of each group, between 0 and 1: share below plus half its own share."""
        rows = len(self.order)
        if self.weights is None:
            starts = np.arange(rows) if self.starts is None else self.starts
            return np.asarray((starts + np.append(starts[1:], rows)) / (2 * rows), float)
        size = self.sums(np.ones(rows))
        return (np.cumsum(size) - size / 2) / self.total

    def sums(self, ordered: Floats) -> Floats:
        """Weighted sum of each group of ties, from values in the ranking's order."""
        weighted = ordered if self.weights is None else ordered * self.weights
        return weighted if self.starts is None else np.asarray(np.add.reduceat(weighted, self.starts))

    def spread(self, grouped: Floats) -> Floats:
        """A group's value for each of its rows, in the ranking's order."""
        if self.starts is None:
            return grouped
        return np.repeat(grouped, np.diff(self.starts, append=len(self.order)))

    def rows(self) -> Floats:
        """Fractional rank of each row, as the rows came."""
        made = np.empty(len(self.order))
        made[self.order] = self.spread(self.mid)
        return made


@dataclass(frozen=True)
class Concentration:
    """Three indices of one outcome with their standard errors; NaN where one isn't defined.

    Raw C isn't mirror-symmetric (a share and its complement can rank areas differently), so all three
    are given. Negative: the outcome is concentrated among the low-ranked.
    """

    index: float
    wagstaff: float
    erreygers: float
    se_index: float
    se_wagstaff: float
    se_erreygers: float
    mean: float
    n: int

    @property
    def indices(self) -> tuple[float, float, float]:
        """C, W and E."""
        return self.index, self.wagstaff, self.erreygers

    @property
    def errors(self) -> tuple[float, float, float]:
        """Their standard errors."""
        return self.se_index, self.se_wagstaff, self.se_erreygers


def rank(by: ArrayLike, weights: ArrayLike | None = None) -> Ranking:
    """Put rows in order of `by`, ties sharing the mean rank.

    Parameters
    ----------
    by
        Ranking variable, one value a row, lowest first.
    weights
        Non-negative, one a row.

    Raises
    ------
    ValueError
        On no rows, a missing value, a negative weight, or weights of another length.

    Examples
    --------
    >>> rank([3.0, 1.0, 3.0, 7.0]).rows().tolist()
    [0.5, 0.125, 0.5, 0.875]
    """
    values = np.asarray(by)
    own = None if weights is None else np.asarray(weights, float)
    if len(values) == 0:
        raise ValueError("there are no rows to rank")
    if own is not None and (len(own) != len(values) or not (own >= 0).all() or own.sum() == 0):
        raise ValueError("weights must be one a row, none negative or missing, and not all 0")
    order = np.argsort(values)
    if values[order[-1]] != values[order[-1]]:
        raise ValueError("the rank variable has missing values: leave those rows out, and count them")
    starts = _starts(values, order)
    if own is None:
        return Ranking(order, starts, None, float(len(order)))
    return Ranking(order, starts, own[order], float(own.sum()))


def _starts(values: NDArray[np.generic], order: NDArray[np.intp]) -> NDArray[np.intp] | None:
    """Where each group of equal values starts; None where no two are equal."""
    new = np.ones(len(order), bool)
    for at in range(0, len(order), BLOCK):
        part = values[order[max(at - 1, 0) : at + BLOCK]]
        np.not_equal(part[1:], part[:-1], out=new[max(at, 1) : at + BLOCK])
    return None if new.all() else np.flatnonzero(new)


def concentration(
    outcome: ArrayLike,
    ranking: Ranking,
    *,
    low: float = 0.0,
    high: float = 1.0,
    clusters: ArrayLike | None = None,
) -> Concentration:
    r"""Concentration index C, Wagstaff's W and Erreygers's E of an outcome.

    With the fractional rank R (ties share the mean), mean μ and bounds a, b of the outcome:
    C = 2 cov(h, R) ÷ μ, W = C μ (b − a) ÷ ((b − μ)(μ − a)), E = 4 μ C ÷ (b − a).

    Standard errors come from the influence function of (2 cov(h, R), μ) and the delta method; with
    `clusters`, from its sums by cluster (with replacement, G ÷ (G − 1)).

    Parameters
    ----------
    outcome
        One value a row, in the order in which the ranking's variable was given.
    ranking
        Of `rank`; several outcomes of the same rows share one.
    low, high
        Smallest and largest value that the outcome can take; an infinite bound leaves W and E undefined.
    clusters
        Codes 0, 1, …: rows of one cluster aren't independent.

    Source: Wagstaff (2005), Health Economics 14: 429-432; Erreygers (2009), Journal of Health Economics
    28: 504-515; O'Donnell et al. (2008), Analyzing health equity using household survey data, ch. 8.

    Examples
    --------
    >>> found = concentration([0.0, 0.0, 1.0, 1.0], rank([1, 2, 3, 4]))
    >>> found.index, found.erreygers
    (0.5, 1.0)
    """
    h = np.asarray(outcome, float)
    if len(h) != len(ranking.order):
        raise ValueError("the outcome must have one value a row of the ranking")
    if ranking.starts is None and clusters is None:
        mean, covariance, moments = untied(h, ranking.order, ranking.weights, ranking.total)
        return _indices(covariance, mean, moments, low, high, len(h))
    h = h[ranking.order]
    sums = ranking.sums(h)
    lean = 2 * ranking.mid - 1
    mean = float(sums.sum()) / ranking.total
    covariance = float(sums @ lean) / ranking.total
    # Influence of a row: h (2R - 1) + base, where base = 2 (share of the outcome above it) less a constant.
    base = (sums - 2 * np.cumsum(sums)) / ranking.total + (mean - 2 * covariance)
    if clusters is None:
        moments = _moments(h, mean, lean, base, ranking)
    else:
        moments = _clustered(h, mean, lean, base, ranking, np.asarray(clusters)[ranking.order])
    return _indices(covariance, mean, moments, low, high, len(h))


def untied(
    h: Floats, order: NDArray[np.intp] | None, weights: Floats | None, total: float
) -> tuple[float, float, Floats]:
    """Mean, 2 cov(h, R) and the covariance matrix of both, block by block, each row with a rank of its own.

    Parameters
    ----------
    h
        Outcome of each row.
    order
        Rows from the lowest rank to the highest; None if `h` is in that order.
    weights
        In that order; None where every row counts once.
    total
        Sum of weights.
    """
    ramp = np.arange(1.0, 2 * BLOCK, 2)
    covariance = held = people = 0.0
    crossed = np.zeros((3, 3))
    for at in range(0, len(h), BLOCK):
        part = h[at : at + BLOCK] if order is None else h[order[at : at + BLOCK]]
        if weights is None:
            own, lean = np.ones(len(part)), (ramp[: len(part)] + (2 * at - total)) / total
            weighted = part
        else:
            own = weights[at : at + BLOCK]
            size = np.cumsum(own)
            lean = (2 * (size + people) - own - total) / total
            people += float(size[-1])
            weighted = part * own
        covariance += float(weighted @ lean)
        upto = np.cumsum(weighted)
        influence = part * lean + (weighted - 2 * (upto + held)) / total
        held += float(upto[-1])
        # All but a constant of the influence, outcome and 1, weighted: their products give the matrix.
        rows = np.array([influence * own, weighted, own])
        crossed += rows @ rows.T
    mean, covariance = held / total, covariance / total
    turn = np.array([[1.0, 0.0, mean - 2 * covariance], [0.0, 1.0, -mean]])
    count = len(h)
    if count < 2:
        return mean, covariance, np.full((2, 2), np.nan)
    return mean, covariance, turn @ crossed @ turn.T * (count / (count - 1) / total**2)


def _moments(h: Floats, mean: float, lean: Floats, base: Floats, ranking: Ranking) -> Floats:
    """Covariance matrix of the estimated (2 cov(h, R), μ), from sums by group of ties alone."""
    if len(h) < 2:
        return np.full((2, 2), np.nan)
    weights = ranking.weights
    ones, first = (None, h) if weights is None else (ranking.sums(weights), h * weights)
    squares, linear = ranking.sums(h * first), ranking.sums(first)
    if ones is None:
        ones = ranking.sums(np.ones(len(h)))
    low = squares - mean * linear
    high = linear - mean * ones
    uv, vv = lean @ low + base @ high, low.sum() - mean * high.sum()
    squares *= lean
    uu = squares @ lean
    linear *= 2 * lean
    ones *= base
    linear += ones
    uu += linear @ base
    return np.array([[uu, uv], [uv, vv]]) * (len(h) / (len(h) - 1) / ranking.total**2)


def _clustered(
    h: Floats, mean: float, lean: Floats, base: Floats, ranking: Ranking, codes: NDArray[np.intp]
) -> Floats:
    """The same from sums by cluster, whose rows may move together."""
    weights = 1.0 if ranking.weights is None else ranking.weights
    u = np.bincount(codes, (h * ranking.spread(lean) + ranking.spread(base)) * weights)
    v = np.bincount(codes, (h - mean) * weights)
    count = len(u)
    if count < 2:
        return np.full((2, 2), np.nan)
    crossed = np.array([[u @ u, u @ v], [u @ v, v @ v]])
    return crossed * (count / (count - 1) / ranking.total**2)


def _indices(
    covariance: float, mean: float, moments: Floats, low: float, high: float, n: int
) -> Concentration:
    width, room = high - low, (high - mean) * (mean - low)
    index = wagstaff = erreygers = se_index = se_wagstaff = se_erreygers = np.nan
    if mean != 0:
        index = covariance / mean
        se_index = error(np.array([1 / mean, -covariance / mean / mean]), moments)
    if np.isfinite(width) and width > 0:
        erreygers = 4 * covariance / width
        se_erreygers = error(np.array([4 / width, 0.0]), moments)
        if room > 1e-12 * width**2:
            wagstaff = covariance * width / room
            slope = -width * (high + low - 2 * mean) / room**2
            se_wagstaff = error(np.array([width / room, slope * covariance]), moments)
    return Concentration(
        index=float(index), wagstaff=float(wagstaff), erreygers=float(erreygers),
        se_index=se_index, se_wagstaff=se_wagstaff, se_erreygers=se_erreygers, mean=mean, n=n,
    )  # fmt: skip


def error(gradient: Floats, moments: Floats) -> float:
    """Standard error of a function of two estimates from its gradient and their covariance matrix."""
    return float(np.sqrt(np.maximum(gradient @ moments @ gradient, 0)))


def curve(outcome: ArrayLike, ranking: Ranking, at: ArrayLike = (0.2, 0.4, 0.6, 0.8, 1.0)) -> Floats:
    """Concentration curve: cumulative share of the outcome held by the lowest-ranked share `at`.

    Within a group of ties the curve is a straight line. With the outcome as its own ranking variable it
    is the Lorenz curve. NaN where the outcome adds up to nothing.

    Examples
    --------
    >>> curve([1.0, 1.0, 3.0, 5.0], rank([1, 2, 3, 4]), at=[0.5, 1.0]).tolist()
    [0.2, 1.0]
    """
    sums = ranking.sums(np.asarray(outcome, float)[ranking.order])
    held = np.concatenate([[0.0], np.cumsum(sums)])
    size = ranking.sums(np.ones(len(ranking.order)))
    people = np.concatenate([[0.0], np.cumsum(size)])
    if held[-1] == 0:
        return np.full(len(np.atleast_1d(np.asarray(at))), np.nan)
    return np.asarray(np.interp(np.atleast_1d(at), people / people[-1], held / held[-1]))
