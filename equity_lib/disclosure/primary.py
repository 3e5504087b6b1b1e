"""Primary rules: each cell of a personal table is passed, rounded or withheld, with the rule that says so.

Counts below the threshold are withheld, all others rounded, the same wherever they stand; a total of the
whole programme is exact where that is shown to be safe (`equity_lib.disclosure.totals`). What follows
from counts (percentages, rate × count, curves, and their intervals) is computed again from the safe
ones, so that no unrounded figure can give a count away; sums of counts are not, so one count has one
value everywhere, and tables say that they may not add up. Statistics that no counts give must have
enough contributors and are printed coarsely. Whatever no rule makes safe is withheld.

Source: OpenSAFELY's output rules; Green, Ritchie and Smith (2021), ACRO; threshold and base are ours.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from equity_lib.disclosure.curves import curve_terms
from equity_lib.disclosure.precision import amount_step, outward, rounded, step_of
from equity_lib.disclosure.rules import BODIES, COUNTED, FORBIDDEN_METHODS, PRECISION, Rules
from equity_lib.disclosure.totals import exact_totals, span_of
from equity_lib.indicators.intervals import METHODS, coarse_effect, interval
from equity_lib.relations import Relation
from equity_lib.results import DECIMALS

NONE = math.nan
#: A model that doesn't say its residual degrees of freedom is taken to spend nine tenths of its n.
UNTOLD_FREEDOM = 0.1
#: Units of statistics whose value at nobody or everybody depends on the formula.
_ENDLESS = frozenset({"index", "times", "point"})


@dataclass(frozen=True)
class Given:
    """A cell as a result states it; see `equity_lib.results.Table`.

    `total` says that it counts persons or cases of the whole programme, without a breakdown.
    """

    value: float
    unit: str
    personal: bool = True
    sensitive: bool = False
    method: str = ""
    status: str = "computed"
    n: float = NONE
    dof: float = NONE
    top1: float = NONE
    top2: float = NONE
    low: float = NONE
    high: float = NONE
    deff: float = NONE
    total: bool = False


@dataclass(frozen=True)
class Decision:
    """What may be shown of a cell, and by which of `REASONS`."""

    value: float
    decision: Literal["pass", "exact", "rounded", "suppressed"]
    rule: str
    low: float = NONE
    high: float = NONE
    deff: float = NONE


def protect(
    cells: Mapping[str, Given], relations: Mapping[str, Relation], rules: Rules
) -> dict[str, Decision]:
    """Decide on every cell that is personal, or that follows from one that is.

    Parameters
    ----------
    cells
        All cells of the area-year by id; public ones are terms of relations.
    relations
        Cell id → the identity that gives its value.
    """
    return _Primary(cells, relations, rules).all()


class _Primary:
    """One pass over an area-year: cells are decided after the cells that they follow from."""

    def __init__(self, cells: Mapping[str, Given], relations: Mapping[str, Relation], rules: Rules) -> None:
        self.cells = cells
        self.relations = relations
        self.rules = rules
        self.decided: dict[str, Decision] = {}
        self.personal: dict[str, bool] = {}
        self.telling = _telling(cells, relations)
        self.whole = _whole_groups(cells, relations, self.telling, rules)
        self.exact: frozenset[float] = frozenset()
        self.exact = self._exact()

    def all(self) -> dict[str, Decision]:
        return {each: self.decide(each, ()) for each in self.cells if self.is_personal(each, ())}

    def _exact(self) -> frozenset[float]:
        """Values of totals that may be exact, by what all counts tell while none is."""
        cells = self.cells
        rule = {each: self._count(each, cells[each]).rule for each in cells if self._is_own_count(each)}
        public = [
            given.value
            for each, given in cells.items()
            if given.unit in COUNTED and not math.isnan(given.value) and not self.is_personal(each, ())
        ]
        return exact_totals(
            values={each: cells[each].value for each in rule if rule[each] != "sensitive"},
            spans={each: span_of(cells[each].value, rule[each], self.rules) for each in rule},
            totals=[each for each in rule if rule[each] == "rounded" and cells[each].total],
            public=public,
            relations=self.relations.values(),
            rules=self.rules,
        )

    def is_personal(self, cell: str, path: tuple[str, ...]) -> bool:
        """A cell is personal if its table is, or if it follows from a personal cell wherever it stands."""
        if cell not in self.cells or self.cells[cell].personal:
            return True
        if cell not in self.personal:
            relation = self.relations.get(cell)
            terms = relation.terms if relation and cell not in path else ()
            self.personal[cell] = any(self.is_personal(term, (*path, cell)) for term in terms)
        return self.personal[cell]

    def decide(self, cell: str, path: tuple[str, ...]) -> Decision:
        if cell not in self.decided:
            self.decided[cell] = self._decide(cell, path)
        return self.decided[cell]

    def _decide(self, cell: str, path: tuple[str, ...]) -> Decision:
        given = self.cells[cell]
        if math.isnan(given.value):
            return Decision(NONE, "pass", "no value")
        if given.method in FORBIDDEN_METHODS:
            return _withheld("forbidden")
        relation = self.relations.get(cell)
        if self._is_own_count(cell):
            return self._count(cell, given)
        return (
            self._statistic(cell, given) if relation is None else self._follows(cell, given, relation, path)
        )

    def _is_own_count(self, cell: str) -> bool:
        """A count is the rounding of its own value, unless it compares with a public number.

        A register's count less a claim, rounded by itself, would narrow the count a second time.
        """
        given, relation = self.cells[cell], self.relations.get(cell)
        if given.unit not in COUNTED or given.method in FORBIDDEN_METHODS or math.isnan(given.value):
            return False
        terms = relation.terms if relation else ()
        return self.is_personal(cell, ()) and all(self.is_personal(term, ()) for term in terms)

    def _count(self, cell: str, given: Given) -> Decision:
        value, rules = given.value, self.rules
        if cell in self.whole or (cell in self.telling and value == 0):
            return _withheld("sensitive")
        if value == 0:
            return Decision(0.0, "pass", "zero")
        if value in self.exact:
            return Decision(value, "exact", "programme_total")
        if abs(value) < rules.threshold:
            return _withheld("small")
        return Decision(rounded(value, rules.base), "rounded", "rounded")

    def _follows(self, cell: str, given: Given, relation: Relation, path: tuple[str, ...]) -> Decision:
        """From the terms as they are published; its interval too."""
        if cell in path or any(term not in self.cells for term in relation.terms):
            return _withheld("no rule")
        exact = [self.cells[term].value for term in relation.terms]
        safe: Sequence[float] | None = [self._safe(term, (*path, cell)) for term in relation.terms]
        if relation.kind in ("survival", "incidence"):
            safe = curve_terms(relation.kind, exact, safe or (), self.rules)
            if safe is None:
                return _withheld("risk set")
        steps = replace(relation, terms=tuple(map(str, range(len(relation.terms)))))
        terms = {str(at): value for at, value in enumerate(safe or ())}
        value = steps.evaluate(terms)
        if math.isnan(value):
            return _withheld("term withheld")
        if cell in self.telling and relation.kind == "ratio" and not 0 < value < relation.scale:
            return _withheld("sensitive")
        places = DECIMALS[given.unit]
        low, high = (round(bound, places) for bound in self._bounds(given, steps, terms))
        low, high = min(low, value), max(high, value)
        known = all(not self.is_personal(term, ()) for term in relation.terms)
        # Two figures of a sum over many clusters, rounded up: it tells less than the interval it widens.
        deff = NONE if math.isnan(low) or math.isnan(given.deff) else coarse_effect(given.deff)
        return Decision(round(value, places), "pass" if known else "rounded", "follows", low, high, deff)

    def _safe(self, cell: str, path: tuple[str, ...]) -> float:
        return self.decide(cell, path).value if self.is_personal(cell, ()) else self.cells[cell].value

    def _bounds(self, given: Given, relation: Relation, terms: Mapping[str, float]) -> tuple[float, float]:
        if given.method in METHODS:
            return interval(given.method, relation, terms, given.deff)
        told = not math.isnan(given.low) and not math.isnan(given.high)
        if not told or given.unit not in PRECISION or self._too_few(given):
            return NONE, NONE
        return outward(given.low, given.high, step_of(given.unit, given.n, self.rules))

    def _statistic(self, cell: str, given: Given) -> Decision:
        """A number that no counts give: enough contributors, no dominance, coarse precision."""
        rules = self.rules
        if given.unit not in PRECISION and given.unit not in BODIES and given.unit != "baht":
            return _withheld("no rule")
        if fault := self._too_few(given):
            return _withheld(fault)
        if given.unit in BODIES:
            return Decision(given.value, "pass", "bodies")
        if given.unit == "baht":
            if _dominated(given, rules):
                return _withheld("dominance")
            step = amount_step(given.top1, rules)
        else:
            step = step_of(given.unit, given.n, rules)
        value = rounded(given.value, step)
        # An index of a sensitive group comes with no count: that it is at its end would tell of them all.
        if cell in self.telling and (
            given.unit in _ENDLESS or (given.unit == "percent" and not 0 < value < 100)
        ):
            return _withheld("sensitive")
        low, high = NONE, NONE
        if not math.isnan(given.low) and not math.isnan(given.high):
            low, high = outward(given.low, given.high, step)
        return Decision(value, "rounded", "coarse", low, high)

    def _too_few(self, given: Given) -> str:
        """The rule that a statistic breaks by its contributors or degrees of freedom, or none."""
        if math.isnan(given.n) or given.n < self.rules.threshold:
            return "contributors"
        free = given.dof
        if math.isnan(free):
            free = UNTOLD_FREEDOM * given.n if given.status == "estimated" else math.inf
        return "degrees of freedom" if free < self.rules.degrees_of_freedom else ""


def _telling(cells: Mapping[str, Given], relations: Mapping[str, Relation]) -> set[str]:
    """Cells of sensitive measures, with the shares made from them and the counts behind their shares."""
    found = {each for each, cell in cells.items() if cell.sensitive}
    shares = [relation for relation in relations.values() if relation.kind == "ratio"]
    for relation in shares:
        pair = {relation.result, relation.terms[0]}
        found |= pair & set(cells) if pair & found else set()
    return found


def _whole_groups(
    cells: Mapping[str, Given], relations: Mapping[str, Relation], telling: set[str], rules: Rules
) -> set[str]:
    """Counts that, once rounded, say that everybody of a group has a sensitive attribute."""

    def same(part: str, whole: str) -> bool:
        if part not in telling or whole not in cells or part == whole:
            return False
        some, every = cells[part].value, cells[whole].value
        return some > 0 and every > 0 and rounded(some, rules.base) == rounded(every, rules.base)

    found: set[str] = set()
    for relation in relations.values():
        if relation.kind == "ratio" and same(relation.terms[0], relation.terms[1]):
            found.add(relation.terms[0])
        if relation.kind == "sum" and len(relation.terms) > 1 and set(relation.signs) <= {1}:
            found |= {term for term in relation.terms if same(term, relation.result)}
    return found


def _dominated(given: Given, rules: Rules) -> bool:
    """Whether an amount gives its largest contributors away, or doesn't say who they are.

    Two rules: top₁ + top₂ < k per cent of the whole, and whole − top₁ − top₂ ≥ p per cent of top₁ (the
    second largest can't estimate the largest more closely than that).
    """
    if math.isnan(given.top1) or math.isnan(given.top2) or given.top1 <= 0:
        return True
    top = given.top1 + given.top2
    rest = given.value - top
    return 100 * top >= rules.top_two_percent * given.value or 100 * rest < rules.p_percent * given.top1


def _withheld(rule: str) -> Decision:
    return Decision(NONE, "suppressed", rule)
