"""How strong something unmeasured would have to be to explain an association away."""

import math

from scipy import stats


def e_value(ratio: float, low: float = math.nan, high: float = math.nan) -> tuple[float, float]:
    """E-values of a risk ratio and of the limit of its interval that lies nearer to 1.

    E = RR + √(RR (RR − 1)), with 1/RR for RR < 1: the risk ratio that an unmeasured confounder must
    have with both treatment and outcome to explain the association away. 1 if the interval covers 1.

    Parameters
    ----------
    ratio, low, high
        Risk ratio and its interval; for a rare outcome also an odds or hazard ratio.

    Returns
    -------
    tuple of float
        E-value of the estimate, and of the nearer limit (NaN without an interval).

    Source
    ------
    VanderWeele & Ding 2017, Annals of Internal Medicine 167: RR 3.9 (1.8, 8.7) gives 7.26 and 3.0.

    Examples
    --------
    >>> [round(value, 2) for value in e_value(3.9, 1.8, 8.7)]
    [7.26, 3.0]
    """

    def one(value: float) -> float:
        if not value > 0 or math.isinf(value):
            return math.nan
        value = max(value, 1 / value)
        return value + math.sqrt(value * (value - 1))

    if math.isnan(low) or math.isnan(high):
        return one(ratio), math.nan
    if low <= 1 <= high:
        return one(ratio), 1.0
    return one(ratio), one(low if ratio > 1 else high)


def standardised_e_value(effect: float, low: float, high: float, sd: float) -> tuple[float, float]:
    """E-values of a difference in means: RR ≈ exp(.91 d), d in standard deviations of the outcome.

    Source
    ------
    VanderWeele & Ding 2017, table 2; Chinn 2000.
    """
    if not sd > 0:
        return math.nan, math.nan
    ratio, lower, upper = (math.exp(0.91 * value / sd) for value in (effect, low, high))
    return e_value(ratio, lower, upper)


def risk_e_value(treated: float, controls: float, low: float, high: float) -> tuple[float, float]:
    """E-values of a difference between two risks, from the ratios that the interval's limits make.

    Parameters
    ----------
    treated, controls
        Risks (0 to 1) in either arm, adjusted if the estimate is.
    low, high
        Interval of the difference of risks; the risk of the controls is held at its estimate.
    """
    if not 0 < controls < 1:
        return math.nan, math.nan
    least, most = (max(controls + limit, 1e-12) / controls for limit in (low, high))
    return e_value(max(treated, 1e-12) / controls, least, most)


def robustness_value(t: float, degrees: float, *, share: float = 1.0, alpha: float | None = None) -> float:
    """Partial R² that a confounder needs with treatment and outcome to remove a share of an estimate.

    f = q |t| / √ν (less the critical t over √(ν − 1) if `alpha` is given), RV = (√(f⁴ + 4f²) − f²)/2.

    Parameters
    ----------
    t, degrees
        t statistic of treatment and residual degrees of freedom of the regression.
    share
        Share q of the estimate to be removed.
    alpha
        None to bring the estimate to nought; a level to bring it to insignificance at that level.

    Returns
    -------
    float
        Between 0 and 1.

    Source
    ------
    Cinelli & Hazlett 2020, Journal of the Royal Statistical Society B 82: Darfur, t = 4.18445 on 783
    degrees of freedom, RV 13.878 per cent and 7.626 per cent at 5 per cent.
    """
    if not (degrees > 1 and math.isfinite(t)):
        return math.nan
    f = share * abs(t) / math.sqrt(degrees)
    critical = 0.0
    if alpha is not None:
        critical = float(stats.t.ppf(1 - alpha / 2, degrees - 1)) / math.sqrt(degrees - 1)
    left = f - critical
    if left <= 0:
        return 0.0
    if critical and f > 1 / critical:
        return (f**2 - critical**2) / (1 + f**2)
    return (math.sqrt(left**4 + 4 * left**2) - left**2) / 2
