"""Several outcomes, one family: adjusted p-values."""

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from statsmodels.stats.multitest import multipletests


def adjusted(p: Sequence[float], method: Literal["holm", "benjamini_hochberg"]) -> list[float]:
    """p-values adjusted for being several.

    Holm for primary outcomes (no false claim in the family, whatever depends on what);
    Benjamini–Hochberg for the rest (few false ones among those claimed). Missing p-values (an outcome
    that could not be estimated) stay missing, and count as no test.

    Parameters
    ----------
    p
        p-values of all declared outcomes of the family, in order.
    method
        `holm` or `benjamini_hochberg`.

    Source
    ------
    Holm 1979; Benjamini & Hochberg 1995.

    Examples
    --------
    >>> [round(value, 3) for value in adjusted([0.01, 0.04, 0.03], "holm")]
    [0.03, 0.06, 0.06]
    """
    values = np.asarray(p, dtype=float)
    known = np.isfinite(values)
    result = np.full(len(values), math.nan)
    if known.any():
        name = {"holm": "holm", "benjamini_hochberg": "fdr_bh"}[method]
        result[known] = multipletests(values[known], method=name)[1]
    return [float(value) for value in result]
