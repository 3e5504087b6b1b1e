"""Who was lost: differential attrition as a gate, and bounds for what the lost would have changed."""

import math

import numpy as np
from scipy import optimize, stats

from equity_lib.impact.estimates import Estimate, Gate, NotEstimable
from equity_lib.impact.samples import Floats
from equity_lib.impact.thresholds import judged


def differential_attrition(observed: Floats, treated: Floats) -> Gate:
    """Difference between the arms in the share lost, from all who were assigned.

    Parameters
    ----------
    observed, treated
        1 or 0 for each that was assigned: whether its outcome is known, and its arm.
    """
    if not len(observed) or not 0 < treated.mean() < 1:
        return judged("attrition", math.nan, note="no_controls")
    gap = float(abs(observed[treated == 1].mean() - observed[treated == 0].mean()))
    return judged("attrition", gap, len(observed))


def lee_bounds(
    outcome: Floats, observed: Floats, treated: Floats, *, level: float = 0.95
) -> Estimate | NotEstimable:
    """Bounds of the effect on those whose outcome is known in either arm.

    If treatment only ever keeps people in (or only ever loses them), the arm with more outcomes is
    trimmed from above and from below by the share q = 1 − (lower share observed)/(higher share). The value
    is the middle of the bounds; the interval is Imbens and Manski's for the effect itself.

    Parameters
    ----------
    outcome, observed, treated
        One value for each that was assigned; `outcome` is read where `observed` is 1.

    Returns
    -------
    Estimate or NotEstimable
        `details`: `bound_low`, `bound_high`, their errors, `trimmed`.

    Source
    ------
    Lee 2009, Review of Economic Studies 76, proposition 3 (errors); Imbens & Manski 2004.
    """
    known = (observed == 1) & np.isfinite(outcome)
    arms = [(known & (treated == arm)) for arm in (1.0, 0.0)]
    counts = [int((treated == arm).sum()) for arm in (1.0, 0.0)]
    if min(counts) == 0:
        return NotEstimable("no_controls" if counts[0] else "no_treated", {"rows": len(outcome)})
    if min(int(arm.sum()) for arm in arms) < 2:
        return NotEstimable("all_missing" if not known.any() else "few_rows", {"rows": int(known.sum())})
    if np.ptp(outcome[known]) == 0:
        return NotEstimable("constant_outcome", {"rows": int(known.sum())})
    shares = [arm.sum() / count for arm, count in zip(arms, counts, strict=True)]
    more, less = (0, 1) if shares[0] >= shares[1] else (1, 0)
    trimmed = 1 - shares[less] / shares[more]
    sign = 1.0 if more == 0 else -1.0
    kept, other = np.sort(outcome[arms[more]]), outcome[arms[less]]
    bottom = trimmed_mean(kept, trimmed, shares, counts, (more, less), top=True)
    top = trimmed_mean(kept, trimmed, shares, counts, (more, less), top=False)
    base, base_variance = other.mean(), other.var(ddof=1) / len(other)
    ends = sorted((sign * (mean - base), variance + base_variance) for mean, variance in (bottom, top))
    (low, low_variance), (high, high_variance) = ends
    errors = math.sqrt(low_variance), math.sqrt(high_variance)
    c = imbens_manski((high - low) / max(errors), level)
    return Estimate(
        estimator="lee_bounds",
        estimand="always_observed",
        value=(low + high) / 2,
        se=max(errors),
        low=low - c * errors[0],
        high=high + c * errors[1],
        level=level,
        n=len(outcome),
        n_treated=counts[0],
        se_method="lee_imbens_manski",
        details={
            "bound_low": float(low),
            "bound_high": float(high),
            "bound_low_se": errors[0],
            "bound_high_se": errors[1],
            "trimmed": float(trimmed),
        },
    )


def trimmed_mean(
    kept: Floats, trimmed: float, shares: list[float], counts: list[int], sides: tuple[int, int], *, top: bool
) -> tuple[float, float]:
    """Mean of the sorted values without the trimmed share at one end, and its variance.

    Variance = [σ²_kept/(1 − q) + (cut − mean)² q/(1 − q)]/n + (cut − mean)² Var(q)/(1 − q)².
    """
    n = len(kept)
    weight = np.ones(n)
    drop = trimmed * n
    whole = min(int(drop), n - 1)
    order = np.arange(n)[::-1] if top else np.arange(n)
    weight[order[:whole]] = 0
    weight[order[whole]] -= drop - whole
    mean = float(np.average(kept, weights=weight))
    cut = float(kept[order[whole]])
    spread = float(np.average((kept - mean) ** 2, weights=weight))
    ratio = 1 - trimmed
    of_share = sum((1 - shares[side]) / (shares[side] * counts[side]) for side in sides)
    away = (cut - mean) ** 2
    return mean, (spread + away * trimmed) / ratio / n + away * of_share


def imbens_manski(width: float, level: float) -> float:
    """Quantile c with Φ(c + width) − Φ(−c) = level: between the one- and the two-sided one."""
    if not math.isfinite(width):
        return float(stats.norm.ppf(level))
    high = float(stats.norm.ppf((1 + level) / 2))
    found = optimize.brentq(
        lambda c: stats.norm.cdf(c + width) - stats.norm.cdf(-c) - level, 0.0, high + 1e-9, xtol=1e-10
    )
    return float(found)
