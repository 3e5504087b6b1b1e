"""Cumulative incidence among competing events, at every event time and on a grid of days."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray


def aalen_johansen(
    time: ArrayLike, event: ArrayLike, causes: Sequence[int], entry: ArrayLike | None = None
) -> pd.DataFrame:
    """Exact Aalen-Johansen estimate, one row a time at which something happens.

    F_c(t) = Σ S(tₖ₋₁) c(tₖ) ÷ n(tₖ), with S the Kaplan-Meier estimate of being free of every event.
    Tied times are taken as they are: all events of a time share its risk set, and who is censored
    at a time is still at risk at it.

    Parameters
    ----------
    time
        Time of the event, or up to which nothing happened; a number in any unit.
    event
        0 where nothing happened, else the code of what did; every other code is competing.
    causes
        Codes whose incidence is wanted.
    entry
        Time from which each is seen (delayed entry): at risk at t if entry < t ≤ time. None if
        everybody is seen from the start.

    Returns
    -------
    DataFrame
        Indexed by `time`: at_risk, events (of all kinds), survival, and incidence by cause code.

    Source
    ------
    Aalen and Johansen (1978), Scandinavian Journal of Statistics 5: 141-150; Putter, Fiocco and
    Geskus (2007), Statistics in Medicine 26: 2389-2430, section 3.

    Examples
    --------
    >>> aalen_johansen([1, 2, 2, 3], [1, 1, 2, 0], [1])[1].tolist()
    [0.25, 0.5]
    """
    counts = _tally(time, event, causes)
    at_risk = counts["all"].to_numpy()[::-1].cumsum()[::-1]
    if entry is not None:
        entered = _tally(entry, np.zeros(np.size(entry)), [])["all"]
        before = np.searchsorted(entered.index.to_numpy(), counts.index.to_numpy(), side="left")
        at_risk = at_risk - entered.sum() + np.concatenate([[0], entered.to_numpy().cumsum()])[before]
    kept = counts["events"].to_numpy() > 0
    own, at_risk = counts[kept], at_risk[kept]
    made = pd.DataFrame({"at_risk": at_risk, "events": own["events"]})
    made["survival"] = (1 - made["events"] / at_risk).cumprod()
    free = np.concatenate([[1.0], made["survival"].to_numpy()[:-1]]) if len(made) else np.ones(0)
    for cause in causes:
        made[cause] = np.cumsum(free * own[cause].to_numpy() / at_risk)
    return made


def steps(time: ArrayLike, event: ArrayLike, causes: Sequence[int], days: Sequence[float]) -> pd.DataFrame:
    """What happens between the days of a grid: the counts from which a page can compute the incidence.

    Step k holds those with dayₖ₋₁ < time ≤ dayₖ, the first one everybody from the start. `exposed` is
    the number at risk that goes with the step's events as one: nₖ = dₖ ÷ (1 − S(dayₖ) ÷ S(dayₖ₋₁)), with S
    exact, so that whoever is censored within a step counts for as long as it is seen. Π (1 − dₖ ÷ nₖ) is
    then the exact S on every day of the grid, but for rounding nₖ to whole persons. A step without
    events takes those at risk less half of those censored, as a life table does.

    Returns
    -------
    DataFrame
        Indexed by `day`: at_risk (as the step begins), censored, exposed, events (of all kinds), and
        one column a cause.

    Source
    ------
    The life table's exposed to risk: Cutler and Ederer (1958), Journal of Chronic Diseases 8: 699-712,
    who take half of the censored instead.
    """
    counts, edges = _tally(time, event, causes), np.asarray(days, float)
    step = np.searchsorted(edges, counts.index.to_numpy(), side="left")  # len(days): after the grid

    def count(column: int | str) -> NDArray[np.int64]:
        found = np.bincount(step, weights=counts[column], minlength=len(edges) + 1)
        return found[:-1].astype(np.int64)

    every, events = count("all"), count("events")
    at_risk = int(counts["all"].sum()) - np.concatenate([[0], every.cumsum()[:-1]])
    censored = every - events
    exact = aalen_johansen(time, event, [])["survival"]
    reached = np.searchsorted(exact.index.to_numpy(), edges, side="right")
    alive = np.concatenate([[1.0], exact.to_numpy()])[reached]
    before = np.concatenate([[1.0], alive[:-1]])
    lost = np.where(before > 0, 1 - alive / np.where(before > 0, before, 1.0), 1.0)
    happened = events > 0
    exposed = np.where(happened, events / np.where(happened, lost, 1.0), at_risk - censored / 2)
    made = pd.DataFrame({"at_risk": at_risk, "censored": censored}, index=list(days))
    made["exposed"] = np.floor(exposed + 0.5).astype(np.int64)
    made["events"] = events
    for cause in causes:
        made[cause] = count(cause)
    return made.rename_axis("day")


def _tally(time: ArrayLike, event: ArrayLike, causes: Sequence[int]) -> pd.DataFrame:
    """All, events, and one column a cause, by distinct time in order; only the distinct times are sorted."""
    codes, found = pd.factorize(np.asarray(time, float))
    order = np.argsort(found)
    place = np.empty(len(found), np.int64)
    place[order] = np.arange(len(found))
    where, what = place[codes], np.asarray(event)
    made = pd.DataFrame(index=pd.Index(found[order], name="time"))
    made["all"] = np.bincount(where, minlength=len(found))
    made["events"] = np.bincount(where[what != 0], minlength=len(found))
    for cause in causes:
        made[cause] = np.bincount(where[what == cause], minlength=len(found))
    return made
