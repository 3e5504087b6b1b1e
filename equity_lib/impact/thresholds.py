"""Every gate with its threshold, its source and the grade that a failure leaves: the one place for them."""

import math
from dataclasses import dataclass
from typing import Literal

from equity_lib.impact.estimates import Gate, Outcome

Ceiling = Literal["described", "associated", "quasi-experimental", "experimental"]


@dataclass(frozen=True)
class Threshold:
    """When a diagnostic warns or fails, and how strong a claim may still be after that.

    Attributes
    ----------
    fail, warn
        A value beyond `fail` fails, one beyond `warn` warns; equal numbers leave no room for a warning.
    side
        `below`: small values are bad (a p-value); `above`: large values are bad (a share).
    leaves
        The highest grade after a failure: `described` where the design's own assumption is refuted,
        `associated` where the estimate hangs on a choice of ours.
    source
        Who proposed the diagnostic or the threshold.
    """

    fail: float
    warn: float
    side: Literal["below", "above"]
    leaves: Ceiling
    source: str


#: Key → threshold. p-values are of tests whose null is that the assumption holds.
THRESHOLDS: dict[str, Threshold] = {
    # regression discontinuity
    "density": Threshold(0.05, 0.10, "below", "described", "Cattaneo, Jansson and Ma (2020)"),
    "sharpness": Threshold(0.01, 0.0, "above", "described", "Lee and Lemieux (2010)"),
    "covariate_jumps": Threshold(0.05, 0.10, "below", "described", "Lee and Lemieux (2010), Holm (1979)"),
    "placebo_cutoffs": Threshold(0.05, 0.10, "below", "associated", "Imbens and Lemieux (2008), Holm (1979)"),
    "bandwidth": Threshold(0.25, 0.0, "above", "associated", "Cattaneo, Idrobo and Titiunik (2020)"),
    "donut": Threshold(0.34, 0.0, "above", "associated", "Barreca, Lindo and Waddell (2016)"),
    "heaping": Threshold(0.20, 0.10, "above", "associated", "Barreca, Lindo and Waddell (2016)"),
    "effective_n": Threshold(50, 100, "below", "associated", "Cattaneo, Idrobo and Titiunik (2020)"),
    # all designs
    "coverage": Threshold(0.02, 0.02, "above", "associated", "declared: 93 to 97 of 100 intervals"),
}

#: Key of any gate → the highest grade that its failure leaves: those above, and those of the other designs,
#: whose thresholds stand beside the statistic that they judge.
LEAVES: dict[str, Ceiling] = {key: threshold.leaves for key, threshold in THRESHOLDS.items()} | {
    "pretrend": "described",
    "pretrend_group": "described",
    "pretrend_unit": "described",
    "honest_smoothness": "associated",
    "honest_relative": "associated",
    "clusters": "associated",
    "clusters_thinner_side": "associated",
    "degrees_of_freedom": "associated",
    "sample_ratio": "described",
    "balance": "described",
    "differential_attrition": "associated",
    "overlap": "described",
    "smd": "described",
    "e_value": "described",
    "placebo_outcome": "described",
}

#: Gates without which an assumption stands untested: not computed is then no pass, and lowers the grade.
NEEDED: dict[str, tuple[str, ...]] = {
    "discontinuity": ("density", "sharpness", "covariate_jumps"),
    "staged": ("pretrend", "clusters"),
    "random": ("sample_ratio",),
    "observational": ("overlap", "smd"),
}


def judged(key: str, value: float, n: float = math.nan, note: str = "") -> Gate:
    """The gate of that key at this value; NaN is `not_computed`, which never passes for a pass."""
    threshold = THRESHOLDS[key]
    sign = 1 if threshold.side == "below" else -1
    outcome: Outcome = "pass"
    if math.isnan(value):
        outcome = "not_computed"
    elif sign * value < sign * threshold.fail:
        outcome = "fail"
    elif sign * value < sign * threshold.warn:
        outcome = "warn"
    return Gate(key, value, threshold.fail, outcome, threshold.source, note, n)
