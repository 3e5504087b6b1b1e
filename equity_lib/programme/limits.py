"""How far an office may set disclosure control: what holds by default, and what no reason passes.

A value on the safe side of the default needs no reason. One between the default and the floor needs
a signed reason, which the report prints. Beyond the floor nothing is accepted.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limit:
    """One setting of the primary rules.

    Attributes
    ----------
    default, floor
        What holds if a year doesn't say, and the weakest value that a signed reason may set.
    less_is_weaker
        Whether a smaller value protects less.
    source
        Who uses the default.
    """

    default: int
    floor: int
    less_is_weaker: bool
    source: str

    def weaker(self, value: int, than: int) -> bool:
        """Whether `value` protects less than `than`."""
        return value < than if self.less_is_weaker else value > than

    def allowed(self, bound: int) -> str:
        """The values from `bound` to the safe side, in words."""
        return f"{bound} or {'more' if self.less_is_weaker else 'less'}"


#: Setting → limit. Thresholds of US states run from 5 to 30, mode 10; OpenSAFELY redacts 7 and fewer.
LIMITS: dict[str, Limit] = {
    "threshold": Limit(10, 5, True, "ACRO (2023); US state minimum n"),
    "base": Limit(5, 5, True, "OpenSAFELY: counts rounded to 5"),
    "risk_set": Limit(10, 5, True, "ACRO: survival tables"),
    "degrees_of_freedom": Limit(10, 5, True, "ACRO: regressions"),
    "top_two_percent": Limit(90, 95, False, "ACRO: dominance of the two largest"),
    "p_percent": Limit(10, 5, True, "ACRO: p per cent rule"),
    "exact_total": Limit(100, 100, True, "ours: METHODS, Disclosure"),
}
