"""Kaplan-Meier risk sets with delayed entry and re-entry: what the curve is made of, never the curve.

The curve itself is a relation between published counts (`equity_lib.relations.survival`), so that it can
be computed again from rounded ones.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray


def steps(
    leave: ArrayLike,
    event: ArrayLike,
    entry: ArrayLike | None = None,
    grid: Sequence[float] | None = None,
) -> pd.DataFrame:
    """Number at risk and events at each step: n_t = #(entry < t ≤ leave), d_t = #(event, leave = t).

    One row of the input is a spell under observation, (entry, leave]. A child that enters late has a
    later `entry` (left truncation); one that comes back has a second spell, and is in the risk set only
    while it is under observation (counting-process form). A child censored at t is still at risk at t.

    Parameters
    ----------
    leave
        End of each spell.
    event
        Whether the spell ended with the event; else it was censored.
    entry
        Start of each spell; before all steps by default.
    grid
        Steps wanted; the distinct event times by default. An event between two of them is refused.

    Returns
    -------
    DataFrame
        Index: the steps in order. Columns: `at_risk`, `events`.

    Raises
    ------
    ValueError
        If a spell has no length, or an event lies on no step.

    Source: Andersen, Borgan, Gill and Keiding (1993), Statistical models based on counting processes,
    IV.1; Klein and Moeschberger (2003), Survival analysis, 2nd ed., 4.6 (left truncation).

    Examples
    --------
    >>> steps([1, 2, 2, 3], [True, True, False, False]).to_numpy().tolist()
    [[4, 1], [3, 1]]
    """
    ends, died = np.asarray(leave, float), np.asarray(event, bool)
    starts = np.full(len(ends), -np.inf) if entry is None else np.asarray(entry, float)
    if (starts >= ends).any():
        raise ValueError("found a spell that ends where it begins or before; allowed: entry < leave")
    at = np.unique(ends[died]) if grid is None else np.asarray(grid, float)
    if not np.isin(ends[died], at).all():
        raise ValueError("found an event between two steps; allowed: events on the steps of the grid")
    # Entered before t less ended before t; both sorted once.
    at_risk = _before(starts, at) - _before(ends, at)
    events = _before(ends[died], at, inclusive=True) - _before(ends[died], at)
    return pd.DataFrame({"at_risk": at_risk, "events": events}, index=pd.Index(at, name="time"))


def _before(
    times: NDArray[np.float64], at: NDArray[np.float64], inclusive: bool = False
) -> NDArray[np.int64]:
    """How many of `times` lie before each step."""
    return np.searchsorted(np.sort(times), at, side="right" if inclusive else "left").astype(np.int64)
