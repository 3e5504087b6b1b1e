"""What an estimator hands back: an estimate with its uncertainty, gates, or why there is no estimate."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Outcome = Literal["pass", "warn", "fail", "not_computed"]


@dataclass(frozen=True)
class Point:
    """One point of a series that a chart draws: an event-study coefficient, a bin mean.

    Attributes
    ----------
    x
        Place on the axis: period relative to the start, middle of a bin, bandwidth…
    value, low, high
        Estimate and interval; NaN bounds where there is none (a base period).
    n
        Contributors: what disclosure control looks at.
    """

    x: float
    value: float
    low: float
    high: float
    n: float


@dataclass(frozen=True)
class Estimate:
    """An effect in the outcome's own unit, with the interval and all that must be printed beside it.

    Attributes
    ----------
    estimator
        Key of the method as METHODS names it: `rdrobust`, `callaway_santanna`, `lin`, `aipw`…
    estimand
        Key of what is estimated: `at_cutoff`, `att_simple`, `itt`, `ate`…
    value, se, low, high, level
        Point estimate, standard error and interval of that level; the interval is the one that
        claims rest on (for a discontinuity the robust bias-corrected one).
    n, n_treated, n_clusters
        Units used, treated units among them, clusters (0 if the units aren't clustered).
    unit
        Unit of the effect: a key of `equity_lib.results.DECIMALS`, mostly `point`.
    se_method
        Key of the convention of the standard error: `nn_robust`, `cr2_satterthwaite`, `wild_bootstrap`…
    p
        p-value of no effect, if the method gives one.
    details
        Whatever else is printed: bandwidths, base period, control group, seed, draws.
    series
        Points of the design's picture.
    """

    estimator: str
    estimand: str
    value: float
    se: float
    low: float
    high: float
    level: float = 0.95
    n: int = 0
    n_treated: int = 0
    n_clusters: int = 0
    unit: str = "point"
    se_method: str = ""
    p: float = math.nan
    details: Mapping[str, float | str] = field(default_factory=dict)
    series: tuple[Point, ...] = ()

    @property
    def covers_zero(self) -> bool:
        """Whether no effect lies within the interval."""
        return not (self.low > 0 or self.high < 0)


@dataclass(frozen=True)
class Gate:
    """One diagnostic as a number beside its threshold.

    Attributes
    ----------
    key
        Name of the diagnostic: `density`, `pretrend`, `overlap`…
    value, threshold
        What was found and what it is compared with; NaN if not computed.
    outcome
        `fail` lowers the grade by itself, `warn` is printed and doesn't.
    source
        Who proposed the diagnostic or the threshold: author and year, or `declared`.
    note
        Key of a sentence that says more, or empty; never a number.
    n
        Contributors behind the value, if it comes from rows.
    """

    key: str
    value: float
    threshold: float
    outcome: Outcome
    source: str
    note: str = ""
    n: float = math.nan


@dataclass(frozen=True)
class NotEstimable:
    """Why the data allow no estimate: returned, never raised, since it is a finding about the data.

    Attributes
    ----------
    reason
        Key: `no_controls`, `constant_outcome`, `one_cluster`, `cutoff_outside`, `all_missing`…
    found
        What was met, as numbers or keys; no personal value.
    """

    reason: str
    found: Mapping[str, float | str] = field(default_factory=dict)
