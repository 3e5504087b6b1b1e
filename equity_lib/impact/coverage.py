"""How often the intervals of each estimator held the truth in simulation, by number of clusters."""

import json
import math
from functools import cache
from importlib.resources import files

from equity_lib.impact.estimates import Estimate, Gate
from equity_lib.impact.thresholds import judged

#: What 95 % intervals should do.
NOMINAL = 0.95


@cache
def simulated() -> dict[str, dict[str, float]]:
    """Estimator → number of clusters → share of intervals that held the truth, as the bench measured it."""
    found: dict[str, dict[str, float]] = json.loads(
        files("equity_lib.impact").joinpath("coverage.json").read_text("utf-8")
    )
    return found


def coverage_gate(estimate: Estimate) -> Gate:
    """Distance of the simulated coverage from 95 %, at the nearest smaller number of clusters simulated.

    An estimator without clusters is looked up under `0`. Not computed where nothing was simulated.
    """
    sizes = simulated().get(estimate.estimator, {})
    fitting = [size for size in map(int, sizes) if size <= estimate.n_clusters]
    if not fitting or (estimate.n_clusters and max(fitting) == 0):
        return judged("coverage", math.nan)
    share = sizes[str(max(fitting))]
    return judged("coverage", abs(share - NOMINAL), estimate.n)
