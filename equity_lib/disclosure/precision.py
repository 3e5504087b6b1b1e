"""Coarse precision: statistics that no counts give, rounded until they can't narrow the counts behind."""

import math

from equity_lib.disclosure.rules import PRECISION, Rules

_NICE = (1, 2, 5, 10)


def step_of(unit: str, contributors: float, rules: Rules) -> float:
    """The precision at which a statistic of so many contributors may be printed.

    step = max(finest, base × span ÷ n), the latter up to 1, 2 or 5 × 10ᵏ, with n rounded to the base.
    An interval of a share has a width of about 196 ÷ √n points; two roundings to 500 ÷ n points leave
    n open by 2n × (500 ÷ n) ÷ (196 ÷ √n) = 5 √n, more than the base, whatever n is.

    Parameters
    ----------
    unit
        A key of `PRECISION`.
    contributors
        Persons behind the statistic.
    """
    finest, span = PRECISION[unit]
    n = max(rules.threshold, rounded(contributors, rules.base))
    return max(finest, nice(rules.base * span / n))


def amount_step(largest: float, rules: Rules) -> float:
    """The precision of an amount in baht: what `base` of its largest contributors get, or more."""
    return nice(rules.base * largest)


def rounded(value: float, step: float) -> float:
    """To the nearest multiple of a step, half upwards."""
    return _times(math.floor(value / step + 0.5), step)


def outward(low: float, high: float, step: float) -> tuple[float, float]:
    """Bounds moved away from each other to multiples of a step."""
    return _times(math.floor(low / step + 1e-9), step), _times(math.ceil(high / step - 1e-9), step)


def nice(value: float) -> float:
    """The next 1, 2 or 5 times a power of ten; 0 for 0."""
    if value <= 0:
        return 0.0
    power = math.floor(math.log10(value))
    scaled = value / 10**power
    return _times(next(each for each in _NICE if each >= scaled - 1e-9), 10.0**power)


def _times(count: float, step: float) -> float:
    return round(count * step, 9)
