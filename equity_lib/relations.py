"""Identities between cells: what `explain` computes again, and what disclosure control has to hold."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["sum", "ratio", "product", "survival", "incidence"]
KINDS: tuple[Kind, ...] = ("sum", "ratio", "product", "survival", "incidence")


@dataclass(frozen=True)
class Relation:
    """An identity between cell ids, known to disclosure control and `explain`.

    `sum`: result = Σ sign × term · `ratio`: result = scale × term₀ ÷ term₁ ·
    `product`: result = term₀ × term₁ (rate × count) ·
    `survival`: result = scale × Π (1 − dₖ ÷ nₖ), terms n₁ d₁ n₂ d₂ … (Kaplan–Meier) ·
    `incidence`: result = scale × Σ S₍ₖ₋₁₎ cₖ ÷ nₖ, terms n₁ d₁ c₁ n₂ d₂ c₂ …, where d counts all
    events and c those of the cause (Aalen–Johansen).

    Terms of a ratio after the second, and terms of a sum with sign 0, serve the interval alone.
    """

    kind: Kind
    result: str
    terms: tuple[str, ...]
    signs: tuple[int, ...] = ()
    scale: float = 1.0

    def evaluate(self, values: Mapping[str, float]) -> float:
        """The result from its terms' values; NaN where a term is missing or a ratio is undefined."""
        found = [values[term] for term in self.terms]
        if self.kind == "sum":
            signs = self.signs or (1,) * len(found)
            return float(sum(sign * value for sign, value in zip(signs, found, strict=True)))
        if self.kind == "product":
            return float(found[0] * found[1])
        if self.kind == "ratio":
            return math.nan if found[1] == 0 else self.scale * found[0] / found[1]
        if any(math.isnan(value) for value in found):
            return math.nan
        if self.kind == "survival":
            return self.scale * survival(found[0::2], found[1::2])
        return self.scale * incidence(found[0::3], found[1::3], found[2::3])


def survival(at_risk: Sequence[float], events: Sequence[float]) -> float:
    """Kaplan–Meier product Π (1 − dₖ ÷ nₖ); an empty risk set without events is a factor of 1."""
    made = 1.0
    for n, d in zip(at_risk, events, strict=True):
        if n == 0 and d > 0:
            return math.nan
        made *= 1.0 if n == 0 else max(0.0, 1 - d / n)
    return made


def incidence(at_risk: Sequence[float], events: Sequence[float], of_cause: Sequence[float]) -> float:
    """Aalen–Johansen cumulative incidence Σ S₍ₖ₋₁₎ cₖ ÷ nₖ of one cause among competing ones."""
    made, alive = 0.0, 1.0
    for n, d, c in zip(at_risk, events, of_cause, strict=True):
        if n == 0 and d > 0:
            return math.nan
        if n:
            made += alive * c / n
            alive *= max(0.0, 1 - d / n)
    return made
