"""Cost joined with effect: baht for a unit of outcome, refused where the effect may be nothing."""

import math
from dataclasses import dataclass

from scipy import stats

from equity_lib.impact.estimates import Estimate, NotEstimable

#: A year of progress in months.
MONTHS_A_YEAR = 12


@dataclass(frozen=True)
class Ratio:
    """Cost ÷ effect with Fieller's interval, in baht a unit of the outcome."""

    value: float
    low: float
    high: float
    level: float


def cost_per_effect(
    cost: float, cost_se: float, effect: Estimate, *, covariance: float = 0.0
) -> Ratio | NotEstimable:
    """Baht for one unit of outcome.

    R = C ÷ E. Fieller: all R with (C − R E)² ≤ t² (s²_C − 2 R s_CE + R² s²_E); it is finite only if
    E differs from 0 at the same level, so a ratio to an effect that may be nothing is refused.

    Parameters
    ----------
    cost, cost_se
        Baht a unit treated, with its standard error (0 for a fixed rate).
    effect
        With the standard error that its interval rests on.
    covariance
        Of cost and effect.

    Returns
    -------
    Ratio or NotEstimable
        Reasons: `effect_covers_zero`; `no_cost` if the cost isn't positive.

    Source
    ------
    Fieller (1954), Journal of the Royal Statistical Society B 16: 175-185; Briggs et al. (1999),
    Statistics in Medicine 18: 3245-3262.
    """
    if not cost > 0:
        return NotEstimable("no_cost")
    t = _quantile(effect)
    spread = effect.value**2 - t**2 * effect.se**2
    if effect.covers_zero or spread <= 0:
        return NotEstimable("effect_covers_zero")
    middle = cost * effect.value - t**2 * covariance
    ends = cost**2 - t**2 * cost_se**2
    root = math.sqrt(max(0.0, middle**2 - spread * ends))
    low, high = (middle - root) / spread, (middle + root) / spread
    return Ratio(cost / effect.value, low, high, effect.level)


def _quantile(effect: Estimate) -> float:
    degrees = effect.details.get("degrees_of_freedom", math.inf)
    at = (1 + effect.level) / 2
    known = isinstance(degrees, int | float) and math.isfinite(degrees)
    return float(stats.t.ppf(at, degrees)) if known else float(stats.norm.ppf(at))


def months_of_progress(effect_size: float, yearly_gain: float, *, learning: bool) -> float | NotEstimable:
    """Months of learning that an effect size stands for: 12 × g ÷ yearly gain in standard deviations.

    Refused for attendance, return, screening and anything else that doesn't measure learning: a month
    more in school is not a month of learning.

    Parameters
    ----------
    effect_size
        Hedges' g on a measure of learning.
    yearly_gain
        What children of that age gain in a year on that measure, in standard deviations.
    learning
        Whether the declared outcome measures learning.
    """
    if not learning:
        return NotEstimable("not_learning")
    if not yearly_gain > 0:
        return NotEstimable("no_yearly_gain")
    return MONTHS_A_YEAR * effect_size / yearly_gain


def learning_adjusted_years(years: float, quality: float, *, learning: bool) -> float | NotEstimable:
    """Learning-adjusted years of schooling: years × learning relative to a benchmark (0 to 1).

    Source
    ------
    Filmer, Rogers, Angrist and Sabarwal (2020), Economics of Education Review 77.
    """
    if not learning:
        return NotEstimable("not_learning")
    if not 0 <= quality <= 1:
        return NotEstimable("quality_outside")
    return years * quality
