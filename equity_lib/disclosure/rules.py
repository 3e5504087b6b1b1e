"""What the gate decides by: the kind of area, its public passages, and the primary rules as data."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from equity_lib.programme.limits import LIMITS
from equity_lib.programme.parameters import YearParameters

#: Until releases are recorded, every plan is made at this ledger head.
NO_LEDGER = "none"

#: Units that count people or records about them: withheld below the threshold, else rounded.
COUNTED = frozenset({"person", "case", "row"})
#: Units that count bodies, not people: not rounded, but only shown if enough people stand behind them.
BODIES = frozenset({"agency", "item"})
#: Methods that state one person's value, whatever the number of contributors.
FORBIDDEN_METHODS = frozenset(
    {"min", "max", "minimum", "maximum", "range", "median", "quartile", "percentile", "quantile", "outlier"}
)
#: Drawings that show one mark a person.
FORBIDDEN_CHARTS = frozenset({"scatter", "strip", "swarm", "rug", "box", "violin"})

#: Unit → (step, span) of statistics that no counts give. `step` is the finest precision; `span` ÷ n is
#: what one contributor moves the statistic by, so that five of them fit in one step (see METHODS).
#: Means of whole numbers have no span: with n ≥ 10 and a step of a tenth every n gives a whole sum.
PRECISION: dict[str, tuple[float, float]] = {
    "percent": (0.1, 100),
    "point": (0.1, 100),
    "index": (0.001, 1),
    "times": (0.001, 1),
    "score": (0.1, 0),
    "day": (1, 0),
}

#: Rule → what it says; every cell of a personal table is decided by one of them.
REASONS: dict[str, str] = {
    "public fact": "a published passage states it",
    "follows from public facts": "its terms are public",
    "synthetic": "a parameter of a made-up area",
    "research": "made from data that the authors of a paper published",
    "no value": "there is nothing to protect",
    "zero": "nobody is counted, and the attribute isn't sensitive",
    "rounded": "a count, rounded to the base",
    "programme_total": "a total of the whole programme that tells of no smaller group",
    "follows": "computed again from safe numbers",
    "coarse": "a statistic of enough contributors, at a precision that narrows no count",
    "bodies": "it counts bodies, not people",
    "small": "fewer than the threshold",
    "sensitive": "nobody or everybody of a group has a sensitive attribute",
    "term withheld": "it follows from a number that is withheld",
    "risk set": "a survival step with fewer at risk than allowed, or one after it",
    "contributors": "a statistic of fewer contributors than the threshold, or of an unknown number",
    "degrees of freedom": "an estimate with too few residual degrees of freedom",
    "dominance": "one or two contributors make up most of an amount, or nobody says that they don't",
    "forbidden": "a minimum, maximum, percentile or outlier is one person's value",
    "no rule": "no rule shows that it is safe",
}


@dataclass(frozen=True)
class Rules:
    """Rules of one area-year.

    Attributes
    ----------
    kind
        `published`, `register`, `synthetic`, or `research` (no area: papers made again): never mixed.
    passages
        Fact reference (`2562:F16`) → the public passage, word for word.
    threshold, base
        Smallest publishable count or number of contributors, and rounding base.
    risk_set
        Smallest risk set of a survival step.
    degrees_of_freedom
        Fewest residual degrees of freedom of an estimate.
    top_two_percent, p_percent
        An amount is withheld if its two largest contributors reach this share, or if the rest of it
        without them is less than this share of the largest.
    exact_total
        Smallest total of the whole programme that may be exact (see `totals`).
    weakened
        Settings below their default, for which the year's parameters give a signed reason.
    """

    kind: Literal["published", "register", "synthetic", "research"]
    passages: Mapping[str, str]
    threshold: int = LIMITS["threshold"].default
    base: int = LIMITS["base"].default
    risk_set: int = LIMITS["risk_set"].default
    degrees_of_freedom: int = LIMITS["degrees_of_freedom"].default
    top_two_percent: int = LIMITS["top_two_percent"].default
    p_percent: int = LIMITS["p_percent"].default
    exact_total: int = LIMITS["exact_total"].default
    weakened: Mapping[str, int] = field(default_factory=dict)


def rules_of(given: YearParameters, earlier: Iterable[YearParameters] = ()) -> Rules:
    """Rules of a programme year; facts of earlier years may be cited in it."""
    passages = {
        year.fact_ref(name): fact.passage for year in (*earlier, given) for name, fact in year.facts.items()
    }
    chosen = given.disclosure.settings
    return Rules(given.kind, passages, **chosen, weakened=given.disclosure.weakened)


_NUMBER = re.compile(r"[0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?")
_THAI_DIGITS = str.maketrans("๐๑๒๓๔๕๖๗๘๙", "0123456789")


def numbers_in(passage: str) -> set[float]:
    """Every number that a passage states, in Arabic or Thai digits."""
    text = passage.translate(_THAI_DIGITS)
    return {float(found.replace(",", "")) for found in _NUMBER.findall(text)}
