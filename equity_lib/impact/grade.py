"""How strong a claim may be: by the way of assignment, lowered by every gate that fails."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from equity_lib.impact.estimates import Gate
from equity_lib.impact.thresholds import NEEDED, THRESHOLDS, Ceiling

#: Weakest first.
GRADES: tuple[Ceiling, ...] = ("described", "associated", "quasi-experimental", "experimental")
#: Kind of assignment → the strongest claim it can carry.
CEILINGS: dict[str, Ceiling] = {
    "random": "experimental",
    "discontinuity": "quasi-experimental",
    "staged": "quasi-experimental",
    "observational": "associated",
}


@dataclass(frozen=True)
class Graded:
    """A grade with the gates that lowered it.

    Attributes
    ----------
    grade
        `described`: two numbers, side by side. `associated`: a difference that what was recorded doesn't
        explain. `quasi-experimental`, `experimental`: what the treatment did, by a design whose
        assumptions were tested or by lot.
    failed, untested
        Keys of gates that failed, and of those that the design needs and that couldn't be computed.
    """

    grade: Ceiling
    failed: tuple[str, ...] = ()
    untested: tuple[str, ...] = ()

    @property
    def causal(self) -> bool:
        """Whether the sentence may say what the treatment did."""
        return self.grade in GRADES[2:]


def graded(kind: str, gates: Sequence[Gate]) -> Graded:
    """The grade of an estimate after its gates.

    The lowest of: what the assignment allows, what each failed gate leaves (`thresholds.THRESHOLDS`), and
    `associated` if a gate that tests the design's own assumption couldn't be computed. A warning is
    printed and lowers nothing. No gate can raise a grade.

    Parameters
    ----------
    kind
        Of the assignment: a key of `CEILINGS`.
    gates
        All that were computed, the one on simulated coverage among them.
    """
    failed = tuple(gate.key for gate in gates if gate.outcome == "fail")
    computed = {gate.key for gate in gates if gate.outcome != "not_computed" and not math.isnan(gate.value)}
    untested = tuple(key for key in NEEDED[kind] if key not in computed)
    limits = [CEILINGS[kind], *(THRESHOLDS[key].leaves for key in failed)]
    if untested:
        limits.append("associated")
    return Graded(min(limits, key=GRADES.index), failed, untested)
