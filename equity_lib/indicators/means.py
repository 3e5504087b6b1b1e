"""Means of children who share a district: their standard error and interval allow for it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Mean:
    """A mean with its standard error, 95 % interval, contributors and degrees of freedom."""

    value: float
    error: float
    low: float
    high: float
    n: int
    dof: int


def clustered_mean(values: pd.Series, clusters: pd.Series) -> Mean:
    """Mean with a standard error clustered by `clusters`, and its t interval with G - 1 degrees of freedom.

    SE² = G ÷ (G - 1) × Σ_g (Σ_{i in g} (y_i - ȳ))² ÷ n². Children whose cluster isn't known are one
    more cluster. With fewer than two clusters there is a mean but no error.

    Parameters
    ----------
    values, clusters
        One row a child; missing values are left out.

    Source: Liang and Zeger (1986), Biometrika 73: 13-22, with the usual small-sample factor
    (Cameron and Miller 2015, Journal of Human Resources 50: 317-372, for a constant only).

    Examples
    --------
    >>> clustered_mean(pd.Series([1.0, 3.0, 5.0, 7.0]), pd.Series(list("aabb"))).value
    4.0
    """
    from scipy.stats import t

    known = values[values.notna()].astype(float)
    if known.empty:
        return Mean(np.nan, np.nan, np.nan, np.nan, 0, 0)
    mean = float(known.mean())
    sums = (known - mean).groupby(clusters.reindex(known.index).astype(object).fillna("")).sum()
    groups = len(sums)
    if groups < 2:
        return Mean(mean, np.nan, np.nan, np.nan, len(known), 0)
    error = float(np.sqrt(groups / (groups - 1) * (sums**2).sum()) / len(known))
    half = float(t.ppf(0.975, groups - 1)) * error
    return Mean(mean, error, mean - half, mean + half, len(known), groups - 1)
