"""Small simulated roll-outs for the tests of impact."""

import numpy as np
import pandas as pd

from equity_lib.impact.staged import Staged, fit_staged

COLUMNS = {"outcome": "y", "unit": "unit", "period": "period", "first": "first"}


def panel(groups: dict[float, int], periods: int = 6, seed: int = 1, drift: float = 0.0) -> pd.DataFrame:
    """Units by start (0: never), effect 1 a period since the start; the earliest group drifts."""
    rng = np.random.default_rng(seed)
    first = np.repeat(list(groups), list(groups.values()))
    unit, period = np.repeat(np.arange(len(first)), periods), np.tile(np.arange(1.0, periods + 1), len(first))
    start = first[unit]
    after = np.where(start > 0, np.clip(period - start + 1, 0, None), 0)
    y = rng.normal(size=len(first))[unit] + 0.3 * period + after + rng.normal(size=len(unit))
    y += drift * period * (start == min(key for key in groups if key))
    frame = pd.DataFrame(
        {"unit": unit, "period": period, "y": y, "first": np.where(start > 0, start, np.nan)}
    )
    return frame.assign(weight=1.0 + frame["unit"] % 3)


def fitted(frame: pd.DataFrame, **options: object) -> Staged:
    found = fit_staged(frame, **COLUMNS, **options)  # type: ignore[arg-type]
    assert isinstance(found, Staged)
    return found
