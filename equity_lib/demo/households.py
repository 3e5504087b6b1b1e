"""Households: income, eight items seen at a home visit, and the poverty score they add up to."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equity_lib.demo.scenario import HEAP_FROM, HEAP_SHARE, HEAP_TO, HEAPED, Scenario

#: The eight items: share of middling households that have it, and points it adds; lower is poorer.
ITEMS: dict[str, tuple[float, float]] = {
    "ไม่มีผู้พึ่งพิง": (0.45, 14.0),
    "บ้านสภาพดี": (0.70, 18.0),
    "บ้านเป็นของตนเอง": (0.75, 8.0),
    "มีที่ดินเกิน 1 ไร่": (0.50, 10.0),
    "มีน้ำประปา": (0.85, 9.0),
    "มีไฟฟ้า": (0.95, 12.0),
    "มียานพาหนะ": (0.60, 16.0),
    "มีเครื่องใช้ไฟฟ้า": (0.65, 13.0),
}
MIDDLE, INCOME_POINTS = 500.0, 75.0
#: How far above the cut-off the next bands reach.
POOR, NEAR_POOR = 60.0, 120.0
MEDIAN_INCOME, INCOME_SPREAD = 2_600.0, 0.6


def households(scenario: Scenario, count: int) -> pd.DataFrame:
    """What stays of a household: wealth and keenness (standard deviations), size; one row a child."""
    rng = scenario.rng("households")
    return pd.DataFrame(
        {
            "wealth": rng.standard_normal(count),
            "keen": rng.standard_normal(count),
            "household_size": 2 + rng.binomial(7, 0.35, count),
        }
    )


def screen(scenario: Scenario, year: int, homes: pd.DataFrame) -> pd.DataFrame:
    """A year's screening of households, one row each in their order.

    Returns
    -------
    DataFrame
        `income`, the eight items (0/1), `pmt_score`, `band`, and `moved`: whether the score was pushed
        below the cut-off (the trap of the heaped year; never written to a file).
    """
    rng = scenario.rng("screening", year)
    wealth = homes["wealth"].to_numpy() * 0.95 + rng.standard_normal(len(homes)) * 0.31
    made: dict[str, NDArray[np.generic]] = {
        "income": np.maximum(np.round(MEDIAN_INCOME * np.exp(INCOME_SPREAD * wealth)), 150),
    }
    score = MIDDLE + INCOME_POINTS * wealth
    for item, (share, points) in ITEMS.items():
        chance = 1 / (1 + np.exp(-(np.log(share / (1 - share)) + 0.8 * wealth)))
        has = rng.random(len(homes)) < chance
        made[item] = has.astype(int)
        score = score + points * (has - share)
    score, moved = _heaped(scenario, year, np.clip(score, 50, 950), homes, rng)
    made["pmt_score"], made["moved"] = np.round(score, 2), moved
    edges = scenario.cutoff(year) + np.array([0, POOR, NEAR_POOR])
    bands = np.array(["extremely_poor", "poor", "near_poor", "not_poor"])
    made["band"] = bands[np.searchsorted(edges, made["pmt_score"], side="right")]
    return pd.DataFrame(made)


def _heaped(
    scenario: Scenario, year: int, score: NDArray[np.float64], homes: pd.DataFrame, rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """In the heaped year, keen households just above the cut-off end up just below it."""
    if year != HEAPED:
        return score, np.zeros(len(score), bool)
    cutoff = scenario.cutoff(year)
    near = (score >= cutoff) & (score < cutoff + HEAP_FROM)
    moved = near & (homes["keen"].to_numpy() > 0) & (rng.random(len(score)) < HEAP_SHARE)
    return np.where(moved, cutoff - 0.01 - rng.random(len(score)) * HEAP_TO, score), moved
