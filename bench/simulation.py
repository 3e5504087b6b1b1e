"""Do intervals cover and tests hold their size where truth is known, at 12, 26 and 100 clusters.

    python bench/simulation.py            4,000 draws each, then the gates' power curves (some minutes)
    python bench/simulation.py --quick    200 draws, 26 clusters
    python bench/simulation.py --write    writes equity_lib/impact/coverage.json, which the grade reads
    python bench/simulation.py --state F --part 1/4    the first quarter of what is left to draw

With `--state` each finished row is kept in a file of its own choice and read from it the next time, so that a
run that was stopped goes on, and parts drawn on several days or machines make one table.

Every chunk of draws has a seed of its own, so that figures don't depend on the number of workers.
"""

import argparse
import json
import os
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # two workers of one thread each; read when numpy loads

import numpy as np
import pandas as pd

from equity_lib.impact import adjusted, attrition, discontinuity, experiment, pretrends, staged
from equity_lib.impact.clusters import regress, wild_bootstrap
from equity_lib.impact.estimates import Estimate, Gate, NotEstimable
from equity_lib.impact.samples import Sample, complete_rows
from equity_lib.impact.thresholds import judged

SEED, CHUNK, LEVEL = 2562, 100, 0.95
SIZES = (12, 26, 100)
#: Rows a cluster: uneven, as districts are.
ROWS = (5, 16)
BAND = (0.93, 0.97)


def clustered(rng: np.random.Generator, groups: int, effect: float) -> Sample:
    """Whole clusters assigned, half of them; intraclass correlation .2; a covariate that matters."""
    sizes = rng.integers(*ROWS, groups)
    cluster = np.repeat(np.arange(groups), sizes)
    treated = rng.permutation(np.arange(groups) % 2)[cluster]
    x = rng.normal(size=len(cluster))
    noise = rng.normal(size=groups)[cluster] * 0.5 + rng.normal(size=len(cluster))
    return sample(0.5 * x + noise + effect * treated, treated, cluster, x)


def sample(y: np.ndarray, treated: np.ndarray, cluster: np.ndarray | None, x: np.ndarray) -> Sample:
    """Complete rows, which simulated rows always are."""
    frame = pd.DataFrame(np.atleast_2d(x.T).T).rename(columns=str)
    found = complete_rows(y, treated, clusters=cluster, covariates=frame)
    if isinstance(found, NotEstimable):
        raise SystemExit(f"simulated rows allow no estimate: {found.reason}")
    return found


def confounded(rng: np.random.Generator, groups: int, effect: float) -> Sample:
    """Rows choose treatment by a recorded covariate; clusters share part of the outcome."""
    cluster = np.repeat(np.arange(groups), rng.integers(*ROWS, groups) + 10)
    x = rng.normal(size=(len(cluster), 2))
    treated = (rng.random(len(cluster)) < 1 / (1 + np.exp(-0.8 * x[:, 0]))).astype(float)
    noise = rng.normal(size=groups)[cluster] * 0.5 + rng.normal(size=len(cluster))
    return sample(x @ np.array([1.0, 0.5]) + noise + effect * treated, treated, cluster, x)


def roll_out(
    rng: np.random.Generator, groups: int, effect: float, drift: float = 0.0, lone: float = 0.0
) -> pd.DataFrame:
    """Districts by period: a quarter start in period 4, a quarter in 5, half never; effects grow.

    `drift` tilts the first group's outcomes by period, `lone` those of a single district.
    """
    place = rng.permutation(groups)
    first = np.where(place < groups // 4, 4.0, np.where(place < groups // 2, 5.0, np.nan))
    unit, period = np.repeat(np.arange(groups), 7), np.tile(np.arange(1.0, 8.0), groups)
    start = first[unit]
    after = np.nan_to_num(np.clip(period - start + 1, 0, None))
    y = rng.normal(size=groups)[unit] + 0.2 * period + rng.normal(size=len(unit))
    y += effect * (after > 0) * (0.7 + 0.1 * after) / EFFECT_MEAN
    y += drift * (period - 4) * (start == 4) + lone * (period - 4) * (unit == 0)
    return pd.DataFrame({"unit": unit, "period": period, "first": start, "y": y})


#: Mean of .7 + .1 × periods over each group's periods (1…4 and 1…3), the groups alike.
EFFECT_MEAN = 0.7 + 0.1 * (2.5 + 2.0) / 2
COLUMNS = {"outcome": "y", "unit": "unit", "period": "period", "first": "first"}


def fitted(panel: pd.DataFrame) -> staged.Staged:
    """Group-time effects, which a simulated roll-out always has."""
    fit = staged.fit_staged(panel, **COLUMNS)
    if isinstance(fit, NotEstimable):
        raise SystemExit(f"simulated roll-out allows no estimate: {fit.reason}")
    return fit


def by_clusters(rng: np.random.Generator, groups: int, effect: float) -> Estimate | NotEstimable:
    """`difference`."""
    return experiment.difference(clustered(rng, groups, effect))


def by_lin(rng: np.random.Generator, groups: int, effect: float) -> Estimate | NotEstimable:
    """`lin`, one covariate."""
    return experiment.lin(clustered(rng, groups, effect))


def by_wild(rng: np.random.Generator, groups: int, effect: float) -> Estimate | NotEstimable:
    """`wild_bootstrap`, 399 draws: a test's size doesn't depend on their number."""
    found = clustered(rng, groups, effect)
    seed = int(rng.integers(2**31))
    return wild_bootstrap(found, "wild_bootstrap", "itt", np.empty((found.n, 0)), seed=seed, draws=399)


def by_randomisation(rng: np.random.Generator, groups: int, effect: float) -> Estimate | NotEstimable:
    """`randomisation`, 399 draws; its interval is that of `difference`, its test is its own."""
    found = clustered(rng, groups, effect)
    return experiment.randomisation(found, seed=int(rng.integers(2**31)), draws=399)


def by_aipw(rng: np.random.Generator, groups: int, effect: float) -> Estimate | NotEstimable:
    """`aipw`, one split."""
    return adjusted.aipw(confounded(rng, groups, effect), seed=int(rng.integers(2**31)), repeats=1)


def by_unadjusted(rng: np.random.Generator, groups: int, effect: float) -> Estimate | NotEstimable:
    """The difference that ignores confounding: what the doubly robust one is for."""
    found = confounded(rng, groups, effect)
    return regress(found, "unadjusted", "ate", np.empty((found.n, 0)))


def by_roll_out(rng: np.random.Generator, groups: int, effect: float) -> Estimate | NotEstimable:
    """`callaway_santanna`, average by group."""
    return staged.effect(fitted(roll_out(rng, groups, effect)), "group")


def scored(rng: np.random.Generator, groups: int, effect: float, shared: float) -> tuple[np.ndarray, ...]:
    """A curved outcome by a score, 20 rows a cluster that share part of it; treated below 0."""
    cluster = np.repeat(np.arange(groups), 20)
    score = rng.uniform(-1, 1, len(cluster))
    noise = shared * rng.normal(size=groups)[cluster] + 0.5 * rng.normal(size=len(cluster))
    return 0.5 * score + 0.6 * score**2 + noise + effect * (score < 0), score, cluster


def by_discontinuity(rng: np.random.Generator, groups: int, effect: float) -> Estimate | NotEstimable:
    """`rdrobust` with rows in clusters."""
    y, score, cluster = scored(rng, groups, effect, 0.25)
    return discontinuity.jump(y, score, 0.0, clusters=cluster)


def by_discontinuity_rows(rng: np.random.Generator, groups: int, effect: float) -> Estimate | NotEstimable:
    """`rdrobust` without clusters."""
    y, score, _ = scored(rng, groups, effect, 0.0)
    return discontinuity.jump(y, score, 0.0)


def rowwise(rng: np.random.Generator, groups: int, effect: float) -> Sample:
    """Rows assigned one by one, ten for each cluster elsewhere; skewed outcome."""
    n = groups * 10
    treated, x = (rng.permutation(np.arange(n) % 2)).astype(float), rng.normal(size=n)
    return sample(0.5 * x + rng.exponential(size=n) + effect * treated, treated, None, x)


def by_rows(rng: np.random.Generator, groups: int, effect: float) -> Estimate | NotEstimable:
    """`difference` of rows."""
    return experiment.difference(rowwise(rng, groups, effect))


def by_lin_rows(rng: np.random.Generator, groups: int, effect: float) -> Estimate | NotEstimable:
    """`lin` of rows."""
    return experiment.lin(rowwise(rng, groups, effect))


def by_aipw_rows(rng: np.random.Generator, groups: int, effect: float) -> Estimate | NotEstimable:
    """`aipw` of rows, twenty for each cluster elsewhere."""
    x = rng.normal(size=(groups * 20, 2))
    treated = (rng.random(len(x)) < 1 / (1 + np.exp(-0.8 * x[:, 0]))).astype(float)
    found = sample(x @ np.array([1.0, 0.5]) + rng.normal(size=len(x)) + effect * treated, treated, None, x)
    return adjusted.aipw(found, seed=int(rng.integers(2**31)), repeats=1)


def by_lee(rng: np.random.Generator, groups: int, effect: float) -> Estimate | NotEstimable:
    """`lee_bounds`: 20 rows a cluster, unclustered; covers the effect on those always seen."""
    n = groups * 20
    treated = rng.permutation(np.arange(n) % 2).astype(float)
    ability = rng.normal(size=n)
    seen = (ability + 0.4 * treated > -0.6).astype(float)
    y = ability + rng.normal(size=n) * 0.5 + effect * treated
    return attrition.lee_bounds(y, seen, treated)


#: Name → how one draw is made, and the effect at which power is printed.
ESTIMATORS: dict[str, tuple[Callable[[np.random.Generator, int, float], Estimate | NotEstimable], float]] = {
    "difference_in_means": (by_clusters, 0.6),
    "lin": (by_lin, 0.6),
    "randomisation_inference": (by_randomisation, 0.6),
    "aipw": (by_aipw, 0.3),
    "callaway_santanna": (by_roll_out, 0.9),
    "rdrobust": (by_discontinuity, 0.4),
    "lee_bounds/rows": (by_lee, 0.6),
    "difference_in_means/rows": (by_rows, 0.3),
    "lin/rows": (by_lin_rows, 0.3),
    "aipw/rows": (by_aipw_rows, 0.3),
    "rdrobust/rows": (by_discontinuity_rows, 0.4),
    "unadjusted": (by_unadjusted, 0.3),
    "wild_bootstrap": (by_wild, 0.6),
}


#: Estimators that are only drawn at 26 and 100 clusters.
SLOW = ("wild_bootstrap", "rdrobust", "rdrobust/rows")
#: Estimators whose test is not read off their interval, so that power takes a second fit.
OWN_TEST = ("wild_bootstrap", "randomisation_inference")


def chunk(name: str, groups: int, part: int, draws: int) -> np.ndarray:
    """Draws × (value, covers the truth of 0, significant at no effect, significant at the effect)."""
    make, effect = ESTIMATORS[name]
    place = list(ESTIMATORS).index(name)
    rows = []
    for draw in range(draws):
        key = [SEED, place, groups, part, draw]
        null = make(np.random.default_rng(key), groups, 0.0)
        if isinstance(null, NotEstimable):
            rows.append([np.nan] * 4)
            continue
        covers = null.low <= 0 <= null.high
        if name in OWN_TEST:
            other = make(np.random.default_rng(key), groups, effect)
            found = not isinstance(other, NotEstimable) and other.p < 1 - LEVEL
            rows.append([null.value, covers, null.p < 1 - LEVEL, found])
        else:  # adding an effect moves the interval and nothing else, so one fit serves both truths
            rows.append([null.value, covers, not covers, not null.low <= -effect <= null.high])
    return np.array(rows, dtype=float)


def p_pretrend(rng: np.random.Generator, size: float) -> Gate:
    """A quarter of the districts drift by `size` standard deviations of noise a period."""
    return pretrends.pretrend(fitted(roll_out(rng, 26, 0.0, drift=size)))


def p_pretrend_group(rng: np.random.Generator, size: float) -> Gate:
    """The same, told by group."""
    return pretrends.group_pretrend(fitted(roll_out(rng, 26, 0.0, drift=size)))


def p_pretrend_unit(rng: np.random.Generator, size: float) -> Gate:
    """One district of 26 drifts by `size` standard deviations of noise a period; three periods before."""
    return pretrends.unit_pretrend(roll_out(rng, 26, 0.0, lone=size), **COLUMNS)


def p_sample_ratio(rng: np.random.Generator, size: float) -> Gate:
    """`size` of those drawn by lot for treatment are missing from its list; 1,000 in all."""
    treated = int(rng.binomial(500, 1 - size))
    return experiment.sample_ratio(treated, 500, 0.5)


def p_joint_balance(rng: np.random.Generator, size: float) -> Gate:
    """One of four covariates differs by `size` standard deviations between arms of 200."""
    treated = np.arange(400) % 2
    x = rng.normal(size=(400, 4))
    x[:, 0] += size * treated
    found = sample(rng.normal(size=400), treated.astype(float), None, x)
    seed = int(rng.integers(2**31))
    return experiment.joint_balance(pd.DataFrame(x), found, seed=seed, draws=499)


def scores_of(rng: np.random.Generator, size: float) -> tuple[Sample, adjusted.Scores]:
    """Treatment by a covariate whose logit slope is `size`; 1,000 rows."""
    x = rng.normal(size=(1000, 2))
    treated = (rng.random(1000) < 1 / (1 + np.exp(-size * x[:, 0]))).astype(float)
    found = sample(x[:, 0] + rng.normal(size=1000), treated, None, x)
    scores = adjusted.cross_fitted(found, seed=int(rng.integers(2**31)))
    if isinstance(scores, NotEstimable):
        raise SystemExit(f"simulated choice allows no scores: {scores.reason}")
    return found, scores


def p_overlap(rng: np.random.Generator, size: float) -> Gate:
    """A covariate tells the arms apart with a logit slope of `size`."""
    return adjusted.overlap(*scores_of(rng, size))


def p_negative_control(rng: np.random.Generator, size: float) -> Gate:
    """An unmeasured cause moves treatment (slope 1) and the earlier outcome by `size` standard deviations."""
    hidden, x = rng.normal(size=1000), rng.normal(size=(1000, 2))
    treated = (rng.random(1000) < 1 / (1 + np.exp(-hidden - 0.5 * x[:, 0]))).astype(float)
    before = x[:, 0] + size * hidden + rng.normal(size=1000)
    found = sample(before, treated, None, x)
    return adjusted.negative_control(adjusted.aipw(found, seed=int(rng.integers(2**31)), repeats=1))


def p_attrition(rng: np.random.Generator, size: float) -> Gate:
    """A tenth of the controls is lost, and `size` more of the treated; 1,000 in all."""
    treated = (np.arange(1000) % 2).astype(float)
    return attrition.differential_attrition((rng.random(1000) > 0.1 + size * treated).astype(float), treated)


def p_density(rng: np.random.Generator, size: float) -> Gate:
    """`size` of those within .1 above the cut-off end up below it; 4,000 scores on −1 to 1."""
    score = rng.uniform(-1, 1, 4000)
    moved = (score > 0) & (score < 0.1) & (rng.random(4000) < size)
    score[moved] = -score[moved]
    return judged("density", discontinuity._density(score, 0.0))


#: Gate → how one draw is made, sizes of the violation (the first is none), size named beforehand in METHODS.
GATES: dict[str, tuple[Callable[[np.random.Generator, float], Gate], tuple[float, ...], float]] = {
    "pretrend": (p_pretrend, (0.0, 0.5, 1.0, 1.5, 2.0, 3.0), 3.0),
    "pretrend_group": (p_pretrend_group, (0.0, 0.5, 1.0, 1.5, 2.0), 1.5),
    "pretrend_unit": (p_pretrend_unit, (0.0, 1.0, 2.0, 3.0, 4.0), 4.0),
    "sample_ratio": (p_sample_ratio, (0.0, 0.05, 0.1, 0.15, 0.2), 0.2),
    "joint_balance": (p_joint_balance, (0.0, 0.1, 0.2, 0.3, 0.4, 0.5), 0.5),
    "overlap": (p_overlap, (0.5, 1.0, 1.5, 2.0), 2.0),
    "negative_control": (p_negative_control, (0.0, 0.1, 0.2, 0.3, 0.4), 0.3),
    "density": (p_density, (0.0, 0.25, 0.5, 0.75), 0.75),
    "attrition": (p_attrition, (0.0, 0.05, 0.1, 0.15, 0.2), 0.15),
}


def gate_chunk(name: str, size: float, part: int, draws: int) -> np.ndarray:
    """1 for each draw in which the gate fails, 0 for each in which it doesn't."""
    make, sizes, _ = GATES[name]
    key = [SEED, 1000 + list(GATES).index(name), sizes.index(size), part]
    gates = (make(np.random.default_rng([*key, draw]), size) for draw in range(draws))
    return np.array([gate.outcome == "fail" for gate in gates])


def gathered(pool: ProcessPoolExecutor, job: Callable[[int, int], np.ndarray], draws: int) -> np.ndarray:
    """Results of all chunks, in order."""
    counts = [min(CHUNK, draws - start) for start in range(0, draws, CHUNK)]
    return np.concatenate(list(pool.map(job, range(len(counts)), counts)))


def summary(rows: np.ndarray) -> dict[str, float]:
    """Bias, coverage, size and power of draws; draws without an estimate are counted apart."""
    known = rows[np.isfinite(rows[:, 0])]
    return {
        "bias": float(known[:, 0].mean()),
        "spread": float(known[:, 0].std()),
        "coverage": float(known[:, 1].mean()),
        "size": float(known[:, 2].mean()),
        "power": float(known[:, 3].mean()),
        "draws": len(known),
        "refused": len(rows) - len(known),
    }


#: What the grade reads.
WRITTEN = Path(__file__).parents[1] / "equity_lib" / "impact" / "coverage.json"
#: Rows for each cluster of the size asked for, where rows aren't clustered.
ROWS_EACH = {"difference_in_means": 10, "lin": 10, "aipw": 20, "rdrobust": 20, "lee_bounds": 20}


def write(name: str, sizes: dict[int, dict[str, float]], path: Path) -> None:
    """What the grade reads: estimator → `clusters` or `rows` → how many → coverage."""
    estimator, _, rows = name.partition("/")
    if estimator == "unadjusted":
        return
    each = ROWS_EACH[estimator] if rows else 1
    kept = json.loads(path.read_text("utf-8"))
    kept.setdefault(estimator, {})[rows or "clusters"] = {
        str(groups * each): round(r["coverage"], 3) for groups, r in sizes.items()
    }
    path.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", encoding="utf-8")


class State:
    """Finished rows by name, size and draws; kept in a file if one is named."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.rows: dict[str, dict[str, float]] = {}
        if path is not None and path.is_file():
            self.rows = json.loads(path.read_text("utf-8"))

    def row(self, key: str, make: Callable[[], dict[str, float]]) -> dict[str, float]:
        """The row as it was kept, or made and kept now."""
        if key not in self.rows:
            self.rows[key] = make()
            if self.path is not None:
                aside = self.path.with_suffix(".new")
                aside.write_text(json.dumps(self.rows, indent=1, sort_keys=True) + "\n", encoding="utf-8")
                aside.replace(self.path)
        return self.rows[key]


def of_part(names: list[str], part: str) -> list[str]:
    """Every n-th name, from the i-th on, of "i/n"."""
    at, _, count = part.partition("/")
    return names[int(at) - 1 :: int(count)]


def main() -> None:
    """Runs all and prints two tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="200 draws at 26 clusters, 100 draws a gate")
    parser.add_argument("--draws", type=int, default=4000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", default="", help="names of estimators or gates, with commas")
    parser.add_argument("--write", action="store_true", help="write equity_lib/impact/coverage.json")
    parser.add_argument("--part", default="1/1", help='"i/n": every n-th estimator and gate from the i-th on')
    parser.add_argument("--state", type=Path, help="file of finished rows, read and added to")
    asked = parser.parse_args()
    state = State(asked.state)
    draws, sizes = (200, (26,)) if asked.quick else (asked.draws, SIZES)
    wanted = of_part(asked.only.split(",") if asked.only else [*ESTIMATORS, *GATES], asked.part)
    found: dict[str, dict[int, dict[str, float]]] = {}
    with ProcessPoolExecutor(asked.jobs, mp_context=get_context("spawn")) as pool:
        print("estimator                 clusters    bias  spread  coverage   size  power  refused  seconds")
        for name in (name for name in ESTIMATORS if name in wanted):
            for groups in sizes if name not in SLOW else sizes[-2:]:
                began = time.perf_counter()
                job = partial(chunk, name, groups)
                r = state.row(f"{name} {groups} {draws}", lambda job=job: summary(gathered(pool, job, draws)))
                found.setdefault(name, {})[groups] = r
                out = "" if BAND[0] <= r["coverage"] <= BAND[1] else "  out of band"
                took = time.perf_counter() - began
                print(
                    f"{name:26}{groups:8}{r['bias']:8.3f}{r['spread']:8.3f}{r['coverage']:10.3f}"
                    f"{r['size']:7.3f}{r['power']:7.3f}{r['refused']:9.0f}{took:9.0f}{out}",
                    flush=True,
                )
            if asked.write:
                write(name, found[name], WRITTEN)
        print("\ngate               share of draws in which it fails, by size of the violation")
        for name in (name for name in GATES if name in wanted):
            _, grid, named = GATES[name]
            tries = 100 if asked.quick else 500
            shares = []
            for size in grid:
                job = partial(gate_chunk, name, size)
                kept = state.row(
                    f"{name} {size} {tries}",
                    lambda job=job, tries=tries: {"share": float(gathered(pool, job, tries).mean())},
                )
                shares.append(kept["share"])
            text = "  ".join(f"{size:g}: {share:.3f}" for size, share in zip(grid, shares, strict=True))
            print(f"{name:18} {text}   (named: {named:g})", flush=True)


if __name__ == "__main__":
    main()
