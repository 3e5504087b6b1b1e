"""Honest bounds of a staged roll-out: how far trends may part before nothing can be said of its effect."""

import importlib
import math
import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from scipy import stats

from equity_lib.impact.estimates import Gate, NotEstimable
from equity_lib.impact.group_time import Staged
from equity_lib.impact.samples import Floats
from equity_lib.impact.thresholds import judged


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

    Returns
    -------
    tuple of float
        NaN where the library finds none.

    Notes
    -----
    The library's quantile is that of a noncentral t, which scipy can't compute where the bias allowed is
    many standard errors, or degrees of freedom are many. There the interval of the normal is widened
    about its middle by the ratio of the quantiles of t and normal: bias and error alike, so never too narrow.

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
    method = HonestDiD(method="smoothness", M=bend, alpha=1 - level, l_vec=weights)
    low, high = bounds_of(method, surface)
    if degrees is None or math.isfinite(low + high):
        return low, high
    low, high = bounds_of(method, replace(surface, df_survey=None))
    upper = (1 + level) / 2
    wider = (high - low) / 2 * float(stats.t.ppf(upper, degrees) / stats.norm.ppf(upper) - 1)
    return low - wider, high + wider


def bounds_of(method: Any, surface: Any) -> tuple[float, float]:
    """What the library finds, or NaN; its errors are those of its root finding."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = method.fit(surface)
        except (ValueError, ArithmeticError, np.linalg.LinAlgError):
            return math.nan, math.nan
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
        if isinstance(found, NotEstimable) or not np.isfinite(found).all():
            return math.nan
        if found[0] <= 0 <= found[1]:
            break
        reach = multiple
    return reach
