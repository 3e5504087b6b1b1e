"""The exception `programme_total`: totals of the whole programme that may be exact beside rounded counts.

A total is exact only if that tells nothing of any group that rounding and withholding protect. The tests
read what the page says of a count, its span, and not the count itself: so a refusal tells no more than the
page does. One that can't be answered is failed. METHODS has the argument.
"""

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from equity_lib.disclosure.precision import rounded
from equity_lib.disclosure.rules import Rules
from equity_lib.disclosure.sums import Span, Sums, apart
from equity_lib.relations import Relation


def span_of(value: float, rule: str, rules: Rules) -> Span:
    """What a reader who knows the rules is told of a count by the cell that rounds or withholds it."""
    least = rules.threshold
    if rule == "sensitive":
        return 0, math.inf
    if rule == "zero":
        return 0, 0
    if rule == "small":
        return (1, least - 1) if value > 0 else (1 - least, -1)
    low = rounded(value, rules.base) - rules.base // 2
    high = low + rules.base - 1
    return (max(low, least), high) if value > 0 else (low, min(high, -least))


def exact_totals(
    values: Mapping[str, float],
    spans: Mapping[str, Span],
    totals: Collection[str],
    public: Iterable[float],
    relations: Iterable[Relation],
    rules: Rules,
) -> frozenset[float]:
    """Values that may be printed exactly, wherever they stand: one statistic has one value.

    Parameters
    ----------
    values
        The counts of the register by cell, without those withheld for a sensitive attribute.
    spans
        What the cell of each count, withheld or not, would tell of it if no total were exact.
    totals
        The cells of `values` that count the whole programme, without a breakdown.
    public
        Published counts: a total that is nearly one of them would tell by how few they differ.
    relations
        Identities between cells, of which the sums of counts are used.
    """
    sums = Sums(values, spans, relations, rules)
    claims = [(claim, claim) for claim in public]
    known, exact = [0.0], dict[float, Span]()
    standing = Counter(values[cell] for cell in totals)
    for total in sorted(standing, key=lambda each: (-standing[each], -each)):
        own = next(spans[cell] for cell in totals if values[cell] == total)
        others = [exact.get(value, spans[cell]) for cell, value in values.items() if value != total]
        # What adding and subtracting exact totals gives is exact as well, whether a cell holds it or not.
        follow = [side for other in known[1:] for side in _sides(own, other)]
        if (
            _clear(own, [*others, *claims], rules)
            and all(_clear(each, [*others, own], rules) for each in follow)
            and sums.hide(total, own, exact)
        ):
            exact[total] = (total, total)
            known += [made for other in known for made in sorted({other + total, abs(other - total)})]
    return frozenset(exact)


def _sides(one: Span, other: float) -> tuple[Span, Span]:
    """The sum of a count and an exact number, and the difference, which isn't negative."""
    low, high = one[0] - other, one[1] - other
    return (one[0] + other, one[1] + other), (low, high) if high > 0 else (-high, -low)


def _clear(count: Span, others: Iterable[Span], rules: Rules) -> bool:
    """Whether a count is large, and certainly differs from all others by the threshold or more."""
    return count[0] >= rules.exact_total and all(apart(count, each) >= rules.threshold for each in others)
