"""Primary rules: small counts are withheld, every other count is rounded, the same wherever it stands.

What follows from counts (percentages, rate × count) is computed again from the rounded ones, so that
no unrounded figure can give a count away; sums are not, so one count has one value everywhere, and
tables say that they may not add up. Source: OpenSAFELY's output rules (threshold and base are ours).
"""

import math
from collections.abc import Mapping

from equity_lib.disclosure.rules import Rules
from equity_lib.relations import Relation
from equity_lib.results import DECIMALS

#: Units that count people or records about them.
COUNTED = ("person", "case", "row")


def protect(
    values: Mapping[str, float],
    units: Mapping[str, str],
    personal: set[str],
    relations: Mapping[str, Relation],
    rules: Rules,
) -> dict[str, tuple[float, str]]:
    """Cell id → safe value and rule, for every cell of personal tables.

    Parameters
    ----------
    values, units
        Of all cells of the area-year by id; public cells are terms of relations.
    personal
        Ids of the cells to protect.
    relations
        Cell id → the identity that gives its value.

    Returns
    -------
    dict
        `rounded` to the base, `zero` as it is, `small` withheld (NaN), `follows` from safe values,
        or `no rule` (NaN): what no rule makes safe is withheld.
    """
    safe: dict[str, tuple[float, str]] = {}
    for cell in personal:
        if units[cell] in COUNTED:
            safe[cell] = _count(values[cell], rules)
    for cell in personal - set(safe):
        relation = relations.get(cell)
        if relation is None or relation.kind == "sum":
            safe[cell] = (math.nan, "no rule")
            continue
        terms = {
            term: safe[term][0] if term in safe else values[term] for term in relation.terms if term in values
        }
        known = len(terms) == len(set(relation.terms)) and all(
            term not in personal or term in safe for term in relation.terms
        )
        value = relation.evaluate(terms) if known else math.nan
        safe[cell] = (round(value, DECIMALS[units[cell]]) if not math.isnan(value) else math.nan, "follows")
    return safe


def _count(value: float, rules: Rules) -> tuple[float, str]:
    if math.isnan(value) or value == 0:
        return value, "zero" if value == 0 else "no value"
    if abs(value) < rules.threshold:
        return math.nan, "small"
    return rules.base * math.floor(value / rules.base + 0.5), "rounded"
