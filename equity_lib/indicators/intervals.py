"""Intervals by the name of their method, so that the gate can compute one again from rounded counts."""

import math
from collections.abc import Callable, Mapping, Sequence

from equity_lib.relations import Relation, survival

Z = 1.959963984540054
Bounds = tuple[float, float]


def interval(method: str, relation: Relation, values: Mapping[str, float]) -> Bounds:
    """The 95 % interval of a relation's result; NaN, NaN where the method gives none.

    Parameters
    ----------
    method
        A key of `METHODS`; `full_count` and the methods that need rows give NaN, NaN.
    relation, values
        The identity behind the cell, and the (rounded) values of its terms.
    """
    terms = [values[term] for term in relation.terms]
    if method not in METHODS or any(math.isnan(term) for term in terms):
        return math.nan, math.nan
    low, high = METHODS[method](terms)
    return relation.scale * low, relation.scale * high


def wilson(terms: Sequence[float]) -> Bounds:
    """Wilson's score interval of a proportion from (successes, trials).

    Source: Brown, Cai and DasGupta (2001), Statistical Science 16: 101-133.
    """
    return _binomial(terms, "wilson")


def clopper_pearson(terms: Sequence[float]) -> Bounds:
    """Clopper and Pearson's exact (conservative) interval of a proportion from (successes, trials).

    Source: Clopper and Pearson (1934), Biometrika 26: 404-413.
    """
    return _binomial(terms, "exact")


def _binomial(terms: Sequence[float], method: str) -> Bounds:
    from scipy.stats import binomtest

    successes, trials = (round(term) for term in terms)
    if not 0 <= successes <= trials or trials == 0:
        return math.nan, math.nan
    found = binomtest(successes, trials).proportion_ci(method=method)
    return float(found.low), float(found.high)


def rule_of_three(terms: Sequence[float]) -> Bounds:
    """(0, 3 ÷ n) for a proportion with no event: the exact one-sided 95 % bound, nearly.

    Source: Hanley and Lippman-Hand (1983), JAMA 249: 1743-1745.
    """
    events, trials = terms
    return (0.0, min(1.0, 3 / trials)) if events == 0 and trials else wilson(terms)


def greenwood(terms: Sequence[float]) -> Bounds:
    """Interval of a Kaplan-Meier estimate on the log-minus-log scale, from n₁ d₁ n₂ d₂ ….

    Source: Kalbfleisch and Prentice (1980), The statistical analysis of failure time data, ch. 1.
    """
    at_risk, events = terms[0::2], terms[1::2]
    alive = survival(at_risk, events)
    if not 0 < alive < 1:
        return alive, alive
    spread = sum(d / (n * (n - d)) for n, d in zip(at_risk, events, strict=True) if n > d)
    step = Z * math.sqrt(spread) / math.log(alive)
    return alive ** math.exp(-step), alive ** math.exp(step)


def aalen_johansen(terms: Sequence[float]) -> Bounds:
    """Interval of a cumulative incidence on the log-minus-log scale, from n₁ d₁ c₁ n₂ d₂ c₂ ….

    Var F = Σ (F − Fₖ)² dₖ ÷ (nₖ(nₖ − dₖ)) + Σ S²ₖ₋₁ (nₖ − cₖ) cₖ ÷ n³ₖ − 2 Σ (F − Fₖ) Sₖ₋₁ cₖ ÷ n²ₖ.

    Source: Marubini and Valsecchi (1995), Analysing survival data, ch. 10 (delta method).
    """
    steps = [step for step in zip(terms[0::3], terms[1::3], terms[2::3], strict=True) if step[0] > 0]
    reached, alive, made = [], 1.0, 0.0
    for n, d, c in steps:
        made += alive * c / n
        reached.append((alive, made))
        alive *= max(0.0, 1 - d / n)
    if not 0 < made < 1:
        return made, made
    variance = 0.0
    for (n, d, c), (before, so_far) in zip(steps, reached, strict=True):
        rest = made - so_far
        variance += rest**2 * d / (n * (n - d)) if n > d else 0.0
        variance += before**2 * (n - c) * c / n**3 - 2 * rest * before * c / n**2
    step = Z * math.sqrt(max(0.0, variance)) / (made * math.log(made))
    low, high = made ** math.exp(-step), made ** math.exp(step)
    return min(low, high), max(low, high)


def per_poisson_count(terms: Sequence[float]) -> Bounds:
    """Interval of an amount ÷ a count of events, from (amount, count): only the count is left to chance.

    The amount divided by Garwood's exact limits of a Poisson count; no upper limit where nothing happened.

    Source: Garwood (1936), Biometrika 28: 437-442.
    """
    from scipy.stats import chi2

    amount, count = terms
    if count <= 0:
        return math.nan, math.nan
    fewest, most = chi2.ppf(0.025, 2 * count) / 2, chi2.ppf(0.975, 2 * count + 2) / 2
    return float(amount / most), float(amount / fewest)


#: Methods that need no more than the terms of the cell's relation.
METHODS: dict[str, Callable[[Sequence[float]], Bounds]] = {
    "wilson": wilson,
    "clopper_pearson": clopper_pearson,
    "rule_of_three": rule_of_three,
    "greenwood": greenwood,
    "aalen_johansen": aalen_johansen,
    "per_poisson_count": per_poisson_count,
}
