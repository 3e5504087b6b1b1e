"""What our layer costs over the library: a staged roll-out of 100,000 units, a cut-off in 1 million rows.

    python bench/impact.py [--units 100000] [--rows 1000000] [--repeats 7]

Both sides get the same rows and give the same numbers: the library its fit and the averages that are
printed, ours those with checks, small-sample errors and the event study. Interleaved; medians of CPU and
wall seconds.
"""

import argparse
import os
import statistics
import time
import warnings
from collections.abc import Callable

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # CPU seconds of one thread; read when numpy loads

import numpy as np
import pandas as pd
from diff_diff import CallawaySantAnna
from rdrobust import rdrobust

from equity_lib.impact import discontinuity, staged
from equity_lib.impact.estimates import NotEstimable


def panel(units: int, periods: int = 8) -> pd.DataFrame:
    """Units by period, four groups of starts, a third never."""
    rng = np.random.default_rng(1)
    first = rng.choice([0.0, 0.0, 3.0, 4.0, 5.0, 6.0], units)
    unit, period = np.repeat(np.arange(units), periods), np.tile(np.arange(1.0, periods + 1), units)
    start = first[unit]
    y = (
        rng.normal(size=units)[unit]
        + 0.1 * period
        + ((start > 0) & (period >= start))
        + rng.normal(size=len(unit))
    )
    return pd.DataFrame({"unit": unit, "period": period, "y": y, "first": start})


def library_staged(frame: pd.DataFrame) -> float:
    """diff-diff: fit, and the three averages and the event study that we print."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = CallawaySantAnna(estimation_method="reg", base_period="universal").fit(
            frame, outcome="y", unit="unit", time="period", first_treat="first"
        )
        for level in ("simple", "group", "event_study"):
            found.aggregate(level)
    return float(found.overall_att)


def our_staged(frame: pd.DataFrame) -> float:
    """The same through `fit_staged` and `effect`."""
    fit = staged.fit_staged(frame, outcome="y", unit="unit", period="period", first="first")
    found = fit if isinstance(fit, NotEstimable) else staged.effect(fit, "simple")
    if isinstance(found, NotEstimable):
        raise SystemExit(found.reason)
    return found.value


def library_cut(score: np.ndarray, y: np.ndarray) -> float:
    """rdrobust with its defaults."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return -float(rdrobust(y, score).coef.to_numpy().ravel()[0])


def our_cut(score: np.ndarray, y: np.ndarray) -> float:
    """The same through `jump`."""
    found = discontinuity.jump(y, score, 0.0)
    if isinstance(found, NotEstimable):
        raise SystemExit(found.reason)
    return found.value


def compare(name: str, theirs: Callable[[], float], ours: Callable[[], float], repeats: int) -> None:
    """Runs both in turn and prints medians and their ratio."""
    times: dict[str, list[tuple[float, float]]] = {"library": [], "ours": []}
    values = {}
    for repeat in range(repeats + 1):  # the first pair warms up
        for side, run in (("library", theirs), ("ours", ours)):
            wall, cpu = time.perf_counter(), time.process_time()
            values[side] = run()
            if repeat:
                times[side].append((time.perf_counter() - wall, time.process_time() - cpu))
    if not np.isclose(values["library"], values["ours"], rtol=1e-9):
        raise SystemExit(f"{name}: {values}")
    medians = {
        side: [statistics.median(part) for part in zip(*runs, strict=True)] for side, runs in times.items()
    }
    over = [ours / theirs - 1 for ours, theirs in zip(medians["ours"], medians["library"], strict=True)]
    print(
        f"{name:42} library {medians['library'][0]:6.2f} s wall {medians['library'][1]:6.2f} s CPU   "
        f"ours {medians['ours'][0]:6.2f} s wall {medians['ours'][1]:6.2f} s CPU   "
        f"overhead {over[0]:+.1%} wall, {over[1]:+.1%} CPU"
    )


def main() -> None:
    """Runs both comparisons."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--units", type=int, default=100_000)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=7)
    asked = parser.parse_args()
    frame = panel(asked.units)
    never = frame.assign(first=frame["first"].replace(0, np.nan))  # how either side writes "never"
    compare(
        f"staged, {asked.units:,} units × 8 periods",
        lambda: library_staged(frame), lambda: our_staged(never),
        asked.repeats,
    )  # fmt: skip
    rng = np.random.default_rng(2)
    score = rng.normal(size=asked.rows)
    y = 0.3 * score + 0.2 * score**2 + 0.5 * (score < 0) + rng.normal(size=asked.rows)
    compare(
        f"cut-off, {asked.rows:,} rows",
        lambda: library_cut(score, y), lambda: our_cut(score, y), max(asked.repeats // 2, 2),
    )  # fmt: skip


if __name__ == "__main__":
    main()
