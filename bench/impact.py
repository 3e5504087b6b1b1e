"""What our layer costs over the library: a staged roll-out of 100,000 units, a cut-off in 1 million rows.

    python bench/impact.py [--units 100000] [--rows 1000000] [--heaped 200000] [--rounds 7]

Compared is what a user would write to print the same estimate from the same rows:

- staged: diff-diff's `CallawaySantAnna(estimation_method="reg", base_period="universal").fit(…)`, integer
  columns, never-treated controls, its analytic standard errors, then `aggregate` for the simple and group
  averages and the event study; ours is `fit_staged` and `effect`: the same points from the same fit, with the
  checks, small-sample errors and the same three averages and event study.
- cut-off: `rdrobust(y, score)` with its defaults (bandwidth of least mean squared error, nearest-neighbour
  errors) beside `jump`; once with a continuous score, once with one heaped on thousandths.

Both sides give the same value, or the bench stops. Pairs in turn, each side first every other round, after
one pair that warms up; medians of CPU seconds (of this process and its children) and of wall seconds. Gates
come on top and are no part of it: the time of a roll-out's own is printed beside.
"""

import argparse
import contextlib
import io
import os
import resource
import statistics
import time
import warnings
from collections.abc import Callable

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # CPU seconds of one thread; read when numpy loads

import numpy as np
import pandas as pd
from diff_diff import CallawaySantAnna
from rdrobust import rdrobust

from equity_lib.impact import discontinuity, honest, pretrends, staged
from equity_lib.impact.estimates import NotEstimable


def panel(units: int, periods: int = 8) -> pd.DataFrame:
    """Units by period, four groups of starts, a third never (0, as the library has it); integer columns."""
    rng = np.random.default_rng(1)
    first = rng.choice([0, 0, 3, 4, 5, 6], units)
    unit, period = np.repeat(np.arange(units), periods), np.tile(np.arange(1, periods + 1), units)
    start = first[unit]
    y = (
        rng.normal(size=units)[unit]
        + 0.1 * period
        + ((start > 0) & (period >= start))
        + rng.normal(size=len(unit))
    )
    return pd.DataFrame({"unit": unit, "period": period, "y": y, "first": start})


def library_staged(frame: pd.DataFrame) -> float:
    """diff-diff: fit, and the averages and the event study that we print."""
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
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):  # it prints of mass points
        warnings.simplefilter("ignore")
        return -float(rdrobust(y, score).coef.to_numpy().ravel()[0])


def our_cut(score: np.ndarray, y: np.ndarray) -> float:
    """The same through `jump`."""
    found = discontinuity.jump(y, score, 0.0)
    if isinstance(found, NotEstimable):
        raise SystemExit(found.reason)
    return found.value


def used() -> tuple[float, float]:
    """Wall and CPU seconds so far, those of children with them."""
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    cpu = own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
    return time.perf_counter(), cpu


def compare(name: str, theirs: Callable[[], float], ours: Callable[[], float], rounds: int) -> None:
    """Runs both in turn and prints medians and their ratio."""
    times: dict[str, list[tuple[float, float]]] = {"library": [], "ours": []}
    values = {}
    sides = [("library", theirs), ("ours", ours)]
    for number in range(rounds + 1):  # the first pair warms up
        for side, run in sides if number % 2 else sides[::-1]:
            before = used()
            values[side] = run()
            if number:
                wall, cpu = (now - then for now, then in zip(used(), before, strict=True))
                times[side].append((wall, cpu))
    if not np.isclose(values["library"], values["ours"], rtol=1e-9):
        raise SystemExit(f"{name}: {values}")
    medians = {
        side: [statistics.median(part) for part in zip(*runs, strict=True)] for side, runs in times.items()
    }
    over = [ours / theirs - 1 for ours, theirs in zip(medians["ours"], medians["library"], strict=True)]
    print(
        f"{name:42} library {medians['library'][0]:6.2f} s wall {medians['library'][1]:6.2f} s CPU   "
        f"ours {medians['ours'][0]:6.2f} s wall {medians['ours'][1]:6.2f} s CPU   "
        f"overhead {over[0]:+.1%} wall, {over[1]:+.1%} CPU",
        flush=True,
    )


def gates(frame: pd.DataFrame) -> None:
    """Prints what a roll-out's gates take after its fit, which they share."""
    columns = {"outcome": "y", "unit": "unit", "period": "period", "first": "first"}
    fit = staged.fit_staged(frame, **columns)
    if isinstance(fit, NotEstimable):
        raise SystemExit(fit.reason)
    begun = used()[1]
    pretrends.pretrend(fit)
    pretrends.group_pretrend(fit)
    pretrends.unit_pretrend(frame, **columns)
    honest.honest_bounds(fit)
    print(f"{'gates of the roll-out, beside':42} {used()[1] - begun:6.2f} s CPU", flush=True)


def main() -> None:
    """Runs the comparisons."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--units", type=int, default=100_000)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--heaped", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=7)
    asked = parser.parse_args()
    frame = panel(asked.units)
    never = frame.assign(first=frame["first"].replace(0, np.nan))  # how ours writes "never"
    compare(
        f"staged, {asked.units:,} units × 8 periods",
        lambda: library_staged(frame), lambda: our_staged(never),
        asked.rounds,
    )  # fmt: skip
    gates(never)
    rng = np.random.default_rng(2)
    for rows, heaped in ((asked.rows, False), (asked.heaped, True)):
        if not rows:
            continue
        score = rng.normal(size=rows)
        score = score.round(3) if heaped else score
        y = 0.3 * score + 0.2 * score**2 + 0.5 * (score < 0) + rng.normal(size=rows)
        compare(
            f"cut-off, {rows:,} rows{', heaped' if heaped else ''}",
            lambda score=score, y=y: library_cut(score, y),
            lambda score=score, y=y: our_cut(score, y),
            asked.rounds,
        )


if __name__ == "__main__":
    main()
