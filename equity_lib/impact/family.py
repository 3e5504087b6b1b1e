"""Several declared outcomes: p-values adjusted for the others of the same role."""

import math

from equity_lib.impact.analyses import effect_alone
from equity_lib.impact.estimates import Estimate
from equity_lib.impact.multiplicity import adjusted
from equity_lib.impact.rows import Rows, rows_of
from equity_lib.programme.designs import Design
from equity_lib.registry.year import Year


def adjusted_p(year: Year, design: Design, p: float) -> float:
    """The p-value of one design, adjusted for the declared outcomes of its role in this year.

    Primary outcomes by Holm, secondary ones by Benjamini and Hochberg. An outcome that can't be
    estimated this year is no test and counts for nothing.
    """
    family = [each for each in year.designs.designs if each.role == design.role]
    found = [p if each.key == design.key else plain_p(year, each) for each in family]
    own = [each.key for each in family].index(design.key)
    return adjusted(found, "holm" if design.role == "primary" else "benjamini_hochberg")[own]


def plain_p(year: Year, design: Design) -> float:
    """The unadjusted p-value of a design; NaN if it can't be estimated."""
    rows = rows_of(year, design)
    if not isinstance(rows, Rows):
        return math.nan
    found = effect_alone(design, rows.frame, seed=0)
    return found.p if isinstance(found, Estimate) else math.nan
