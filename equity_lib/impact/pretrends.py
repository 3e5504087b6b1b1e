"""Was the roll-out's comparison already drifting apart: tests before the start, and bounds if it was."""

import importlib
import math
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.multitest import multipletests

from equity_lib.impact.estimates import Gate, NotEstimable
from equity_lib.impact.samples import Floats
from equity_lib.impact.staged import Staged
from equity_lib.impact.thresholds import judged


def pretrend(fit: Staged) -> Gate:
    """Joint test that all effects before the start are nought.

    The test of `Staged.joint_test` on the k effects by event time before the base period.

    Source
    ------
    Callaway & Sant'Anna 2021, §4; its χ² rejects too often when districts are few.
    """
    before = fit.event_weights[np.asarray(fit.events) < -1]
    if not len(before):
        return judged("pretrend", math.nan, note="no_earlier_period")
    statistic, rank, degrees = fit.joint_test(before)
    if math.isnan(statistic):
        return judged("pretrend", math.nan, fit.units, "few_clusters")
    return judged("pretrend", float(stats.f.sf(statistic, rank, degrees)), fit.units)


def group_slopes(fit: Staged) -> pd.DataFrame:
    """How fast each group drifted from its comparison before its start.

    Slope a period of a line through the group's effects before the start and the base period at 0.

    Returns
    -------
    DataFrame
        A row a group with at least one effect before: `group` (label of its start), `slope`, `se`,
        `degrees_of_freedom`, `p`, and `p_holm` over all groups.
    """
    records = []
    for group, start in fit.starts.items():
        mine = (fit.cells["group"] == group).to_numpy() & (fit.cells["event"] < -1).to_numpy()
        if not mine.any():
            continue
        events = fit.cells["event"].to_numpy()
        place = np.append(events[mine], -1).astype(float)
        centred = place - place.mean()
        weights = np.zeros(len(events))
        weights[mine] = centred[:-1] / (centred**2).sum()
        value = float(fit.value(weights)[0])
        covariance, degrees = fit.covariance(weights)
        se = float(np.sqrt(covariance[0, 0]))
        p = float(2 * stats.t.sf(abs(value) / se, degrees[0])) if se > 0 else math.nan
        records.append(
            {"group": start, "slope": value, "se": se, "degrees_of_freedom": float(degrees[0]), "p": p}
        )
    table = pd.DataFrame(records, columns=["group", "slope", "se", "degrees_of_freedom", "p"])
    return table.assign(p_holm=holm(table["p"]))


def holm(p: pd.Series) -> Floats:
    """p-values adjusted by Holm's method; missing ones stay missing."""
    adjusted = np.full(len(p), math.nan)
    known = p.notna().to_numpy()
    if known.any():
        adjusted[known] = multipletests(p[known], method="holm")[1]
    return adjusted


def group_pretrend(fit: Staged) -> Gate:
    """Does any one group drift apart before its start: the smallest p-value after Holm."""
    slopes = group_slopes(fit)["p_holm"]
    if slopes.isna().all():
        return judged("pretrend_group", math.nan, note="no_earlier_period")
    return judged("pretrend_group", float(slopes.min()), fit.units)


def unit_slopes(panel: pd.DataFrame, *, outcome: str, unit: str, period: str, first: str) -> pd.DataFrame:
    """How each unit (district) drifted before anyone started, beside all the others.

    Slope a period over the periods before the earliest start, of outcomes less the period's mean.
    A unit's slope is compared with the mean of the others by the externally studentised residual,
    t on n − 2 degrees of freedom, Holm over units.

    Returns
    -------
    DataFrame
        A row a unit seen in at least three such periods: `unit`, `slope`, `t`, `p`, `p_holm`.

    Source
    ------
    Cook & Weisberg 1982, Residuals and Influence in Regression, §2.2 (outlier test).
    """
    columns = ["unit", "slope", "t", "p", "p_holm"]
    used = panel[panel[outcome].notna()]
    labels = np.sort(used[period].unique())
    starts = pd.to_numeric(used[first], errors="coerce")
    used = used[used[period] < starts.min()] if starts.notna().any() else used
    if used.empty:
        return pd.DataFrame(columns=columns)
    place = pd.Series(np.searchsorted(labels, used[period]).astype(float), index=used.index)
    away = used[outcome].astype(float) - used[outcome].astype(float).groupby(used[period]).transform("mean")
    key = used[unit]
    centred = place - place.groupby(key).transform("mean")
    slopes = (centred * away).groupby(key).sum() / (centred**2).groupby(key).sum()
    slopes = slopes[(key.value_counts().reindex(slopes.index) >= 3)].sort_index()
    n = len(slopes)
    if n < 4 or np.ptp(slopes.to_numpy()) == 0:
        return pd.DataFrame(columns=columns)
    others = (slopes.sum() - slopes) / (n - 1)
    squares = (slopes**2).sum() - slopes**2 - (n - 1) * others**2
    t = (slopes - others) / np.sqrt(squares.clip(lower=0) / (n - 2) * (1 + 1 / (n - 1)))
    table = pd.DataFrame({"unit": slopes.index, "slope": slopes.to_numpy(), "t": t.to_numpy()})
    table["p"] = 2 * stats.t.sf(table["t"].abs(), n - 2)
    return table.assign(p_holm=holm(table["p"]))[columns]


def unit_pretrend(panel: pd.DataFrame, *, outcome: str, unit: str, period: str, first: str) -> Gate:
    """Does any one unit (district) drift apart before the roll-out: the smallest p-value after Holm."""
    table = unit_slopes(panel, outcome=outcome, unit=unit, period=period, first=first)
    if table.empty:
        return judged("pretrend_unit", math.nan, note="no_earlier_period")
    return judged("pretrend_unit", float(table["p_holm"].min()), len(table))


def smoothness_interval(
    values: Floats,
    covariance: Floats,
    before: int,
    bend: float,
    weights: Floats,
    *,
    degrees: float | None = None,
    level: float = 0.95,
) -> tuple[float, float]:
    """Interval for an effect if the difference in trends may bend by at most `bend` a period.

    Fixed-length interval under Δ^SD(M): |δ(t+1) − 2δ(t) + δ(t−1)| ≤ M. With M = 0 the trend before the
    start goes on in a straight line.

    Parameters
    ----------
    values, covariance
        Event study against one base period: `before` coefficients, then those after it.
    bend
        M, in units of the outcome.
    weights
        The effect as a combination of the coefficients after the start. Always said, since the
        library averages them all if it isn't.
    degrees
        Degrees of freedom of the quantile, or None for the normal.

    Source
    ------
    Rambachan & Roth 2023, Review of Economic Studies 90, §4.1.
    """
    from diff_diff import HonestDiD
    from diff_diff.results_base import EventStudyResults

    after = len(values) - before
    times = np.r_[np.arange(-before - 1, -1), -1, np.arange(after)].astype(float)
    blank = np.full(len(times), math.nan)
    index = np.r_[np.arange(-before - 1, -1), np.arange(after)].astype(float)
    surface = EventStudyResults(
        event_time=times,
        att=np.insert(values, before, 0.0),
        se=np.insert(np.sqrt(np.diag(covariance)), before, math.nan),
        t_stat=blank,
        p_value=blank,
        conf_int_lower=blank,
        conf_int_upper=blank,
        is_reference=times == -1,
        n=blank,
        vcov=covariance,
        vcov_index=index,
        source="CallawaySantAnnaResults",
        base_period="universal",
        df_survey=degrees,
        reference_event_times=(-1,),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = HonestDiD(method="smoothness", M=bend, alpha=1 - level, l_vec=weights).fit(surface)
    return float(found.ci_lb), float(found.ci_ub)


def relative_interval(
    values: Floats,
    covariance: Floats,
    before: int,
    multiple: float,
    weights: Floats,
    *,
    level: float = 0.95,
) -> tuple[float, float] | NotEstimable:
    """Interval if trends may part after the start by `multiple` times their largest step before it.

    Needs the extra `bounds` (moderndid with didhonest): diff-diff's own bounds of this kind aren't
    the published ones.

    Source
    ------
    Rambachan & Roth 2023, §2.4.1 (Δ^RM), conditional least-favourable hybrid.
    """
    try:
        didhonest = importlib.import_module("moderndid.didhonest")
    except ImportError:
        return NotEstimable("not_computed", {"extra": "bounds"})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = didhonest.create_sensitivity_results_rm(
            betahat=values,
            sigma=covariance,
            num_pre_periods=before,
            num_post_periods=len(values) - before,
            m_bar_vec=[multiple],
            l_vec=np.asarray(weights, dtype=float).reshape(-1, 1),
            alpha=1 - level,
        )
    return float(found["lb"][0]), float(found["ub"][0])


def consecutive(fit: Staged) -> tuple[Floats, Floats, int, float] | None:
    """Event study around its base without gaps: values, covariance, effects before, degrees of freedom."""
    events = np.asarray(fit.events, dtype=int)
    low, high = -2, 0
    while low - 1 in events:
        low -= 1
    while high + 1 in events:
        high += 1
    if -2 not in events or 0 not in events:
        return None
    kept = (events >= low) & (events <= high)
    weights = fit.event_weights[kept]
    covariance, degrees = fit.covariance(weights)
    return fit.value(weights), covariance, int((events[kept] < -1).sum()), float(np.nanmin(degrees))


#: Multiples of what was seen before the start that the bounds try, in turn.
MULTIPLES = (0.0, 0.25, 0.5, 1.0, 2.0)


def honest_bounds(fit: Staged) -> tuple[Gate, Gate]:
    """How far trends may part before the average effect (by event time) could be nought.

    `honest_bounds`: the largest of 0, ¼, ½, 1 and 2 times the largest bend seen before the start at which
    the interval under smoothness leaves 0 out; 0 if none does. It warns below ½ and never fails: with
    few periods before, the bend seen is mostly noise. `honest_relative`: the same in multiples of the
    largest step before the start; not computed without the extra `bounds`.
    """
    picture = consecutive(fit)
    if picture is None or picture[2] < 2:
        note = "no_earlier_period"
        return judged("honest_bounds", math.nan, note=note), judged("honest_relative", math.nan, note=note)
    values, covariance, before, degrees = picture
    weights = np.full(len(values) - before, 1 / (len(values) - before))
    bend = float(np.abs(np.diff(np.r_[values[:before], 0.0], 2)).max())

    def smooth(multiple: float) -> tuple[float, float]:
        return smoothness_interval(
            values, covariance, before, multiple * bend, weights, degrees=degrees, level=fit.level
        )

    def relative(multiple: float) -> tuple[float, float] | NotEstimable:
        return relative_interval(values, covariance, before, multiple, weights, level=fit.level)

    reach, against = furthest(smooth), furthest(relative)
    return (
        judged("honest_bounds", reach, fit.units),
        judged("honest_relative", against, fit.units, "needs_extra" if math.isnan(against) else ""),
    )


def furthest(interval: Callable[[float], tuple[float, float] | NotEstimable]) -> float:
    """Largest multiple tried whose interval leaves 0 out, 0 if none; NaN if it can't be computed."""
    reach = 0.0
    for multiple in MULTIPLES:
        found = interval(multiple)
        if isinstance(found, NotEstimable):
            return math.nan
        if found[0] <= 0 <= found[1]:
            break
        reach = multiple
    return reach
