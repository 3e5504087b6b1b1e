"""Intervals by the name of their method, so that the gate can compute one again from rounded counts."""

import math
from collections.abc import Callable, Mapping, Sequence

from equity_lib.relations import Relation, survival

Z = 1.959963984540054
Bounds = tuple[float, float]


def interval(method: str, relation: Relation, values: Mapping[str, float], deff: float = math.nan) -> Bounds:
    """The 95 % interval of a relation's result; NaN, NaN where the method gives none.

    Parameters
    ----------
    method
        A key of `METHODS`; `full_count` and the methods that need rows give NaN, NaN.
    relation, values
        The identity behind the cell, and the (rounded) values of its terms.
    deff
        Design effect of the cell: what its variance is multiplied by because children of one sub-district
        or school resemble each other (`equity_lib.indicators.clustering`); NaN where none is known.
    """
    terms = [values[term] for term in relation.terms]
    if method not in METHODS or any(math.isnan(term) for term in terms):
        return math.nan, math.nan
    low, high = METHODS[method](terms, coarse_effect(deff))
    return relation.scale * low, relation.scale * high


def coarse_effect(deff: float) -> float:
    """A design effect as it is stored: at least 1, two figures, rounded up; 1 where none is known.

    Examples
    --------
    >>> [coarse_effect(each) for each in (0.8, 1.32, 9.91, 23.4)]
    [1.0, 1.4, 10.0, 24.0]
    """
    if math.isnan(deff) or deff <= 1:
        return 1.0
    steps = 10 if deff <= 10 else 1
    return math.ceil(round(steps * deff, 6)) / steps


def wilson(terms: Sequence[float], deff: float = 1) -> Bounds:
    """Wilson's score interval of a proportion from (successes, trials), both divided by the design effect.

    Source: Brown, Cai and DasGupta (2001), Statistical Science 16: 101-133; with an effective sample
    size, Dean and Pagano (2015), Journal of Survey Statistics and Methodology 3: 484-503.
    """
    successes, trials = terms
    if not 0 <= successes <= trials or trials == 0:
        return math.nan, math.nan
    p, n = successes / trials, trials / deff
    middle, half = p + Z**2 / (2 * n), Z * math.sqrt(p * (1 - p) / n + Z**2 / (4 * n**2))
    low, high = ((middle + sign * half) / (1 + Z**2 / n) for sign in (-1, 1))
    # Nobody and everybody are limits of themselves, whatever floating point makes of it.
    return (0.0 if successes == 0 else low), (1.0 if successes == trials else high)


def clopper_pearson(terms: Sequence[float], deff: float = 1) -> Bounds:
    """Clopper and Pearson's exact (conservative) interval of a proportion from (successes, trials).

    Source: Clopper and Pearson (1934), Biometrika 26: 404-413; with an effective sample size, Korn and
    Graubard (1998), Survey Methodology 24: 193-201.
    """
    from scipy.stats import beta

    successes, trials = terms
    if not 0 <= successes <= trials or trials == 0:
        return math.nan, math.nan
    x, n = successes / deff, trials / deff
    low = 0.0 if successes == 0 else float(beta.ppf(0.025, x, n - x + 1))
    high = 1.0 if successes == trials else float(beta.ppf(0.975, x + 1, n - x))
    return low, high


def rule_of_three(terms: Sequence[float], deff: float = 1) -> Bounds:
    """(0, 3 ÷ n) for a proportion with no event: the exact one-sided 95 % bound, nearly.

    Source: Hanley and Lippman-Hand (1983), JAMA 249: 1743-1745.
    """
    events, trials = terms
    # With a few events Wilson's interval is too narrow (bench/coverage.py): Clopper and Pearson's isn't.
    if events == 0 and trials:
        return 0.0, min(1.0, 3 * deff / trials)
    return clopper_pearson(terms, deff)


def greenwood(terms: Sequence[float], deff: float = 1) -> Bounds:
    """Interval of a Kaplan-Meier estimate on the log-minus-log scale, from n₁ d₁ n₂ d₂ ….

    Source: Kalbfleisch and Prentice (1980), The statistical analysis of failure time data, ch. 1.
    """
    at_risk, events = terms[0::2], terms[1::2]
    alive = survival(at_risk, events)
    if not 0 < alive < 1:
        return alive, alive
    spread = sum(d / (n * (n - d)) for n, d in zip(at_risk, events, strict=True) if n > d)
    step = Z * math.sqrt(deff * spread) / math.log(alive)
    return alive ** math.exp(-step), alive ** math.exp(step)


def difference_of_shares(terms: Sequence[float], deff: float = 1) -> Bounds:
    """Difference of two independent shares in points, from (share, share, x₁, n₁, x₂, n₂): Newcombe's hybrid.

    Source: Newcombe (1998), Statistics in Medicine 17: 873-890, method 10.
    """
    (one, low_1, high_1), (other, low_2, high_2) = _two_shares(terms, deff)
    gap = one - other
    low = gap - math.hypot(one - low_1, high_2 - other)
    high = gap + math.hypot(high_1 - one, other - low_2)
    return 100 * low, 100 * high


def ratio_of_shares(terms: Sequence[float], deff: float = 1) -> Bounds:
    """Ratio of two independent shares, from (share, share, x₁, n₁, x₂, n₂), by MOVER on Wilson's limits.

    Source: Donner and Zou (2012), Statistical Methods in Medical Research 21: 347-359.
    """
    (one, low_1, high_1), (other, low_2, high_2) = _two_shares(terms, deff)
    product = one * other
    under = product**2 - low_1 * high_2 * (2 * one - low_1) * (2 * other - high_2)
    over = product**2 - high_1 * low_2 * (2 * one - high_1) * (2 * other - low_2)
    if other == 0 or under < 0 or over < 0:
        return math.nan, math.nan
    low = (product - math.sqrt(under)) / (high_2 * (2 * other - high_2))
    high = (product + math.sqrt(over)) / (low_2 * (2 * other - low_2))
    return (low, high) if low <= one / other <= high else (math.nan, math.nan)


def _two_shares(terms: Sequence[float], deff: float) -> tuple[tuple[float, float, float], ...]:
    """Share with Wilson's limits, for each of two groups."""
    counts = terms[2:4], terms[4:6]
    return tuple((x / n if n else math.nan, *wilson((x, n), deff)) for x, n in counts)


def aalen_johansen(terms: Sequence[float], deff: float = 1) -> Bounds:
    """Interval of a cumulative incidence on the log-minus-log scale, from n₁ d₁ c₁ n₂ d₂ c₂ ….

    Source: Marubini and Valsecchi (1995), Analysing survival data, ch. 10 (delta method).
    """
    made, variance = incidence_variance(terms)
    if not 0 < made < 1:
        return made, made
    step = Z * math.sqrt(max(0.0, deff * variance)) / (made * math.log(made))
    low, high = made ** math.exp(-step), made ** math.exp(step)
    return min(low, high), max(low, high)


def incidence_variance(terms: Sequence[float]) -> tuple[float, float]:
    """A cumulative incidence and its variance by the delta method, from n₁ d₁ c₁ n₂ d₂ c₂ ….

    Var F = Σ (F − Fₖ)² dₖ ÷ (nₖ(nₖ − dₖ)) + Σ S²ₖ₋₁ (nₖ − cₖ) cₖ ÷ n³ₖ − 2 Σ (F − Fₖ) Sₖ₋₁ cₖ ÷ n²ₖ.
    """
    steps = [step for step in zip(terms[0::3], terms[1::3], terms[2::3], strict=True) if step[0] > 0]
    reached, alive, made = [], 1.0, 0.0
    for n, d, c in steps:
        made += alive * c / n
        reached.append((alive, made))
        alive *= max(0.0, 1 - d / n)
    variance = 0.0
    for (n, d, c), (before, so_far) in zip(steps, reached, strict=True):
        rest = made - so_far
        variance += rest**2 * d / (n * (n - d)) if n > d else 0.0
        variance += before**2 * (n - c) * c / n**3 - 2 * rest * before * c / n**2
    return made, variance


def per_poisson_count(terms: Sequence[float], deff: float = 1) -> Bounds:
    """Interval of an amount ÷ a count of events, from (amount, count): only the count is left to chance.

    The amount divided by Garwood's exact limits of a Poisson count; no upper limit where nothing happened.

    Source: Garwood (1936), Biometrika 28: 437-442.
    """
    from scipy.stats import chi2

    amount, count = (term / deff for term in terms)
    if count <= 0:
        return math.nan, math.nan
    fewest, most = chi2.ppf(0.025, 2 * count) / 2, chi2.ppf(0.975, 2 * count + 2) / 2
    return float(amount / most), float(amount / fewest)


#: Methods that need no more than the terms of the cell's relation, and its design effect.
METHODS: dict[str, Callable[[Sequence[float], float], Bounds]] = {
    "wilson": wilson,
    "clopper_pearson": clopper_pearson,
    "rule_of_three": rule_of_three,
    "greenwood": greenwood,
    "difference_of_shares": difference_of_shares,
    "ratio_of_shares": ratio_of_shares,
    "aalen_johansen": aalen_johansen,
    "per_poisson_count": per_poisson_count,
}
