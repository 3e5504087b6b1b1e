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
def simulated() -> dict[str, dict[str, dict[str, float]]]:
    """Estimator → `clusters` or `rows` → how many → share of intervals that held the truth.

    Written by `bench/simulation.py --write`.
    """
    found: dict[str, dict[str, dict[str, float]]] = json.loads(
        files("equity_lib.impact").joinpath("coverage.json").read_text("utf-8")
    )
    return found


def coverage_gate(estimate: Estimate) -> Gate:
    """Distance of the simulated coverage from 95 %, at the nearest smaller number simulated.

    By clusters, or by rows where there are none. Not computed where nothing as small was simulated.
    """
    kind = "clusters" if estimate.n_clusters else "rows"
    here = estimate.n_clusters or int(estimate.details.get("rows", estimate.n))
    sizes = simulated().get(estimate.estimator, {}).get(kind, {})
    fitting = [size for size in map(int, sizes) if size <= here]
    if not fitting:
        return judged("coverage", math.nan)
    return judged("coverage", abs(sizes[str(max(fitting))] - NOMINAL), estimate.n)
