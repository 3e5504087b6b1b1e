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

    With Fₖ the incidence of the cause up to step k and S the survival before it, the variance of F is
    Σ (F − Fₖ)² dₖ ÷ (nₖ (nₖ − dₖ)) + Σ S² cₖ (nₖ − cₖ) ÷ nₖ³ − 2 Σ (F − Fₖ) S cₖ ÷ nₖ²; with one cause
    it is Greenwood's.

    Source: Marubini and Valsecchi (1995), Analysing survival data, ch. 10 (delta method); interval as in
    Choudhury (2002), Statistics in Medicine 21: 1129-1144.
    """
    steps = [step for step in zip(terms[0::3], terms[1::3], terms[2::3], strict=True) if step[0] > 0]
    alive, reached, before, so_far = 1.0, 0.0, [], []
    for n, d, c in steps:
        before.append(alive)
        reached += alive * c / n
        so_far.append(reached)
        alive *= max(0.0, 1 - d / n)
    if not 0 < reached < 1:
        return reached, reached
    variance = 0.0
    for (n, d, c), survived, up_to in zip(steps, before, so_far, strict=True):
        later = reached - up_to
        variance += later**2 * d / (n * (n - d)) if n > d else 0.0
        variance += survived**2 * c * (n - c) / n**3 - 2 * later * survived * c / n**2
    step = Z * math.sqrt(max(0.0, variance)) / (reached * math.log(reached))
    return reached ** math.exp(-step), reached ** math.exp(step)


def poisson_denominator(terms: Sequence[float]) -> Bounds:
    """Interval of an amount per event, from (amount, events), with the events Poisson and the amount known.

    Source: Garwood (1936), Biometrika 28: 437-442, for the events.
    """
    from scipy.stats import chi2

    amount, events = terms
    if events <= 0:
        return math.nan, math.nan
    fewest, most = chi2.ppf(0.025, 2 * events) / 2, chi2.ppf(0.975, 2 * events + 2) / 2
    return float(amount / most), float(amount / fewest)


#: Methods that need no more than the terms of the cell's relation.
METHODS: dict[str, Callable[[Sequence[float]], Bounds]] = {
    "wilson": wilson,
    "clopper_pearson": clopper_pearson,
    "rule_of_three": rule_of_three,
    "greenwood": greenwood,
    "aalen_johansen": aalen_johansen,
    "poisson_denominator": poisson_denominator,
}
