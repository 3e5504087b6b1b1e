"""What sums leave open of the counts in them, and whether an exact total narrows it.

The sums that a total stands in, and all that hang together with them, are a system of equations in whole
numbers. Each count has a lowest and a highest value that fits all of them; both are found by HiGHS.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from equity_lib.disclosure.rules import Rules
from equity_lib.relations import Relation

#: Lowest and highest value that a count may have, as far as its own cell tells.
Span = tuple[float, float]
#: Branches after which a system counts as one that can't be solved; two-way tables need none.
NODES = 1000
#: What `scipy.optimize.milp` says of a system without a solution.
_IMPOSSIBLE = 2
#: How far from a whole number a solution may be that counts as one; HiGHS itself allows that much.
_WHOLE = 1e-6
#: Sums that narrow one another without end are left to HiGHS.
_ROUNDS = 100


def apart(one: Span, other: Span) -> float:
    """By how much two counts certainly differ; negative if they may be one."""
    return max(one[0] - other[1], other[0] - one[1])


class Sums:
    """The sums between the counts of an area-year; see `equity_lib.disclosure.totals.exact_totals`."""

    def __init__(
        self,
        values: Mapping[str, float],
        spans: Mapping[str, Span],
        relations: Iterable[Relation],
        rules: Rules,
    ) -> None:
        self.values, self.spans, self.rules = values, spans, rules
        self.sums = [each for each in relations if each.kind == "sum" and each.result in spans]
        large = [each.result for each in self.sums if self._large(each.result)]
        self.same = {cell: f"= {values[cell]}" for cell in large}

    def _large(self, cell: str) -> bool:
        return cell in self.values and self.spans[cell][0] >= self.rules.exact_total

    def hide(self, total: float, own: Span, exact: Mapping[float, Span]) -> bool:
        """Whether a total may be exact, whatever its digits are: `own` is what its rounding tells.

        Without it, and without the others that are `exact`, the sums leave each count a lowest and a
        highest value. Withheld and unprinted counts must keep both, rounded ones below `exact_total` more
        than half of the values that a rounding leaves. Counts that are narrowed must not tell by how few
        two of them differ. A reader may know that large sums of one value are one statistic, or not.
        """
        readings = ({}, self.same) if len(set(self.same.values())) < len(self.same) else ({},)
        return all(self._hides(total, own, exact, same) for same in readings)

    def _around(self, cells: Iterable[str], same: Mapping[str, str]) -> list[dict[str, int]]:
        """The sums that hang together with one of some cells, in an order that isn't the results'."""
        left = [_row(each, same) for each in self.sums]
        reached, found = {same.get(cell, cell) for cell in cells}, list[dict[str, int]]()
        while more := [row for row in left if not reached.isdisjoint(row)]:
            left = [row for row in left if reached.isdisjoint(row)]
            reached = reached.union(*more)
            found += more
        return sorted(found, key=lambda row: sorted(row.items()))

    def _hides(self, total: float, own: Span, exact: Mapping[float, Span], same: Mapping[str, str]) -> bool:
        rows = self._around((cell for cell, value in self.values.items() if value == total), same)
        keys = sorted({key for row in rows for key in row})
        if not keys:
            return True
        matrix = np.array([[row.get(key, 0) for key in keys] for row in rows])
        cells = {same.get(cell, cell): cell for cell in self.spans}
        values = np.array([self.values.get(cells.get(key, ""), math.nan) for key in keys])
        told = np.array([self.spans.get(cells.get(key, ""), (-math.inf, math.inf)) for key in keys])
        most = 1 + 2 * np.abs(told[np.isfinite(told)]).sum()
        told = np.clip(told, -most, most)
        plain = _ends(matrix, told)
        if plain is None:
            return False
        fixed, given, fits = told.copy(), np.isin(values, [total, *exact]), False
        for value, span in exact.items():
            fixed[values == value] = span
        for digits in np.arange(own[0], own[1] + 1):
            fixed[values == total] = digits
            left = _ends(matrix, fixed)
            if left is None:
                return False
            if left.size:
                fits = True
                narrowed = (left != plain).any(axis=1) & ~given
                if not self._open(told[narrowed], left[narrowed]):
                    return False
        return fits

    def _open(self, told: Any, left: Any) -> bool:
        """Whether counts that a total narrows from what their cells told still tell little enough."""
        rules, width = self.rules, left[:, 1] - left[:, 0] + 1
        enough = (told[:, 0] >= rules.exact_total) | (2 * width > rules.base)
        if not (enough & (told[:, 0] >= rules.threshold)).all():
            return False
        pairs = ((one, other) for one in range(len(left)) for other in range(one))
        return all(
            apart(left[one], left[other]) >= rules.threshold or width[one] + width[other] > rules.base
            for one, other in pairs
        )


def _row(relation: Relation, same: Mapping[str, str]) -> dict[str, int]:
    """Cell → its coefficient in an equation whose right side is nought."""
    row = {same.get(relation.result, relation.result): -1}
    for term, sign in zip(relation.terms, relation.signs or (1,) * len(relation.terms), strict=True):
        row[same.get(term, term)] = row.get(same.get(term, term), 0) + sign
    return row


def _ends(matrix: Any, bounds: Any) -> Any:
    """Lowest and highest whole value of each variable; empty if there is none, None if that isn't found.

    The sums taken one by one say what each can be at the most, and one solution shows that many variables
    can be that, so that few of them need one of their own; these are sought together, a copy of the system
    each.
    """
    aims = _at_most(matrix, bounds)
    found = np.full(aims.shape, math.nan)
    if (aims[:, 0] > aims[:, 1]).any():
        return found[:0]
    signs = np.array([1.0, -1.0])
    before = found.size + 1
    while 0 < np.isnan(found).sum() < before:
        before = np.isnan(found).sum()
        made = _solved(matrix, aims, signs[:, None] * np.isnan(found).T)
        if isinstance(made, int):
            return found[:0] if made == _IMPOSSIBLE else None
        for values in made:
            found = np.where(aims == values[:, None], aims, found)
    left = np.argwhere(np.isnan(found))
    if len(left):
        made = _solved(matrix, aims, signs[left[:, 1], None] * np.eye(len(found))[left[:, 0]])
        if isinstance(made, int):
            return None
        found[left[:, 0], left[:, 1]] = made[np.arange(len(left)), left[:, 0]]
    return found


def _at_most(matrix: Any, bounds: Any) -> Any:
    """Bounds that no solution goes beyond: each sum narrows its variables, as often as that changes any."""
    low, high = bounds.T
    signs = np.where(matrix == 0, math.nan, matrix)
    for _ in range(_ROUNDS):
        ends = np.sort([signs * low, signs * high], axis=0)  # of each term
        rest = np.nansum(ends, axis=2)[::-1, :, None] - ends[::-1]  # of the other terms of its sum
        own = np.sort(-rest / signs, axis=0)
        lower = np.fmax(low, np.fmax.reduce(np.ceil(own[0])))
        upper = np.fmin(high, np.fmin.reduce(np.floor(own[1])))
        if (lower == low).all() and (upper == high).all():
            break
        low, high = lower, upper
    return np.c_[low, high]


def _solved(matrix: Any, bounds: Any, goals: Any) -> Any:
    """A solution in whole numbers for each goal, one a line, or the status that says why there is none.

    Most sums have whole corners, which need no branching.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array, eye_array, kron

    low, high = np.tile(bounds, (len(goals), 1)).T
    for whole in (0, 1):
        made = milp(
            goals.ravel(),
            integrality=whole,
            bounds=Bounds(low, high),
            constraints=LinearConstraint(kron(eye_array(len(goals)), csr_array(matrix), "csr"), 0, 0),
            options={"mip_rel_gap": 0, "node_limit": NODES},
        )
        if made.status != 0:
            return int(made.status)
        values = np.round(made.x)
        if np.abs(made.x - values).max() < _WHOLE:
            break
    return values.reshape(goals.shape)
