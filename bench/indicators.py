"""Indicators on five million child-years, beside the same written plainly in pandas, polars and duckdb.

    python bench/indicators.py [--rows 5] [--repeats 3] [--quick]

Each run is a process of its own, contenders interleaved; the seconds are medians of the computation
alone, the memory is what it adds to the process's peak. Kernels (`FAMILIES`) start from arrays and must agree
to nine digits. Views (`VIEWS`) go from the Parquet files of a made-up register to results, beside peers that
compute the same figures (equal to 0.01, incidences to half a point: a page's grid of days); `--family` picks.

Five million child-years, one run, two cores (CPU seconds / peak MB; library, pandas, polars, duckdb):
reach 23.1 / 2,197, 33.3 / 2,875, 11.6 / 1,765, 5.1 / 1,643; cost 4.2 / 1,199, 3.9 / 1,112, 3.3 / 772,
1.6 / 628; referrals 0.17 / 297, 0.17 / 227, 0.24 / 250, 0.12 / 194. Series by year 2.6 / 662, 5.5 / 814,
2.8 / 901, 1.1 / 475. On a quiet machine: retention 27.3 / 3,475, 26.1 / 2,741, 16.2 / 1,760, 5.8 / 1,538;
pathways 26.4 / 2,519, 25.7 / 2,484, 10.8 / 880, 2.7 / 1,230. Coverage, equity and readiness are
not recorded yet at this size.
"""

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE / "peers")]


def waits(rows: int) -> tuple[np.ndarray, ...]:
    """Days and events of cases: a thousand distinct days, a third of the cases censored."""
    chance = np.random.default_rng(2563)
    days = np.minimum(chance.exponential(400, rows), 1_000).astype(np.int64)
    return days, np.where(days >= 1_000, 0, chance.choice([0, 1, 2], rows, p=[0.3, 0.5, 0.2]))


def exact(days: np.ndarray, event: np.ndarray) -> float:
    """The library's estimate at every event time."""
    from equity_lib.indicators.incidence import aalen_johansen

    return float(aalen_johansen(days, event, [1])[1].iloc[-1])


def grid(days: np.ndarray, event: np.ndarray) -> float:
    """The library's day grid, which holds the exact estimate in it; other contenders give no grid."""
    from equity_lib.indicators.incidence import steps

    return float(steps(days, event, [1], [30, 90, 180, 270, 365])["events"].sum())


def lasting(rows: int) -> tuple[Any, ...]:
    """Returns of a fifth of the children, and lists of five terms of all of them."""
    import pandas as pd

    chance = np.random.default_rng(2564)
    children = max(rows // 5, 5)
    seen = pd.DataFrame(
        {
            "child_id": np.repeat(np.arange(children), 5)[:rows],
            "term": np.tile([7688, 7690, 7691, 7693, 7694], children)[:rows],
        }
    )
    seen["enrol_status"] = np.array(["enrolled", "dropped_out"])[(chance.random(len(seen)) < 0.1).astype(int)]
    seen.attrs["last_term"] = 7694
    own = np.arange(0, children, 5)
    on = np.datetime64("2020-01-01") + chance.integers(0, 500, len(own))
    return pd.DataFrame({"child_id": own, "returned_on": on}), seen


def sustained(back: Any, seen: Any) -> float:
    """Returns still enrolled after 180 days."""
    from equity_lib.indicators.returns import stayed

    return float((stayed(back, seen, [180], np.datetime64("2022-03-31"))[180] == "enrolled").sum())


def peer(name: str) -> Callable[..., float]:
    """A contender of `bench/peers/incidence.py`."""

    def run(*given: Any) -> float:
        import incidence

        return float(getattr(incidence, name)(*given))

    return run


#: Family → (maker of its data, contender → computation).
FAMILIES: dict[str, tuple[Callable[[int], tuple[Any, ...]], dict[str, Callable[..., float]]]] = {
    "incidence": (
        waits,
        {
            "equity_lib": exact,
            "pandas": peer("by_pandas"),
            "polars": peer("by_polars"),
            "duckdb": peer("by_duckdb"),
        },
    ),
    "incidence, day grid": (waits, {"equity_lib": grid}),
    "sustained returns": (lasting, {"equity_lib": sustained}),
}


#: Family → (programme years, tables, views).
VIEWS: dict[str, tuple[int, str, list[tuple[str, str]]]] = {
    "reach": (1, "support_payment screening", [("reach", "overlap"), ("reach", "targeting")]),
    "coverage": (
        1,
        "child support_payment screening enrolment population",
        [("coverage", "district"), ("coverage", "affiliation")],
    ),
    "equity": (
        1,
        "child support_payment screening",
        [("equity", "parity"), ("equity", "concentration"), ("equity", "income")],
    ),
    "readiness": (1, "child assessment", [("readiness", "screened"), ("readiness", "domains")]),
    "retention": (2, "enrolment", [("retention", "transition")]),
    "pathways": (2, "out_of_school enrolment", [("pathways", "returns"), ("pathways", "time")]),
    "cost": (1, "support_payment", [("cost", "child")]),
    "partners": (1, "out_of_school", [("partners", "referrals")]),
    "progress": (2, "support_payment", [("progress", "series")]),
}
PEERS = ("equity_lib", "pandas", "polars", "duckdb")


def view(family: str, contender: str, folder: Path) -> None:
    """Compute once and print wall and CPU seconds, the process's peak in megabytes, and the figures."""
    import json

    if contender == "equity_lib":
        import scipy.stats  # noqa: F401 - imported by intervals; a warm kernel has it

        import equity_lib
        from equity_lib.programme.loading import load_year
        from equity_lib.registry.register import Register
        from equity_lib.registry.schema import load
        from equity_lib.registry.year import Year

        load()
        earlier, own = (load_year(HERE.parent, "demo", each) for each in (2562, 2563))
        asked = [(getattr(equity_lib, name), of) for name, of in VIEWS[family][2]]
    else:
        import importlib

        importlib.import_module(contender)
        write = getattr(importlib.import_module(family), f"by_{contender}")
    wall, cpu = time.perf_counter(), time.process_time()
    if contender == "equity_lib":
        found: dict[str, float] = {}
        for function, of in asked:
            cells = function(Year(own, (earlier,), Register(folder, 2563)), of).cells
            found |= dict(zip(cells["id"], cells["value"], strict=True))
    else:
        found = write(folder)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([wall, cpu, peak, {key: float(value) for key, value in found.items()}]))


def views(family: str, rows: int, repeats: int) -> bool:
    """Make a register, run every contender, print the medians and spreads; whether figures differ."""
    import json

    years, tables, _ = VIEWS[family]
    failed = False
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "register"
        made_of = f"pathlib.Path({str(folder)!r}), {rows}, {years}, {tables.split()}"
        code = f"import large_register as register, pathlib; register.write({made_of})"
        subprocess.run([sys.executable, "-c", code], check=True, cwd=HERE / "peers")
        runs: dict[str, list[list[Any]]] = {name: [] for name in PEERS}
        for _ in range(repeats):
            for name in PEERS:
                command = [sys.executable, __file__, "--view", family, name, str(folder)]
                said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
                runs[name].append(json.loads(said))
        ours = runs["equity_lib"][0][3]
        for name in PEERS:
            wall, cpu, peak = (sorted(run[at] for run in runs[name]) for at in (0, 1, 2))
            room = {key: 0.5 if ".time." in key else 0.011 for key in runs[name][0][3]}
            theirs = runs[name][0][3].items() if name != "equity_lib" else ()
            wrong = [key for key, value in theirs if not abs(ours[key] - value) <= room[key]]
            failed |= bool(wrong)
            print(
                f"{family:10} {name:10} CPU {statistics.median(cpu):7.2f} s ({cpu[0]:.2f} to {cpu[-1]:.2f})"
                f"  wall {statistics.median(wall):7.2f} s  peak {peak[-1]:6.0f} MB"
                f"{'  DIFFERS: ' + ', '.join(wrong[:3]) if wrong else ''}",
                flush=True,
            )
    return failed


def one(family: str, contender: str, rows: int) -> None:
    """Compute once on warm imports and print seconds, megabytes added to the peak, and the value."""
    make, contenders = FAMILIES[family]
    contenders[contender](*make(1_000))
    given = make(rows)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    value = contenders[contender](*given)
    took = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{took} {(peak - before) / 1024} {value!r}")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--rows", type=float, default=5, help="million child-years")
    asked.add_argument("--repeats", type=int, default=3)
    asked.add_argument("--quick", action="store_true", help="200,000 child-years, once")
    asked.add_argument("--one", nargs=2, metavar=("FAMILY", "CONTENDER"), help=argparse.SUPPRESS)
    asked.add_argument("--family", action="append", choices=[*FAMILIES, *VIEWS], help="all by default")
    asked.add_argument("--view", nargs=3, help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.view:
        view(given.view[0], given.view[1], Path(given.view[2]))
        return
    chosen = given.family or [*FAMILIES, *VIEWS]
    rows, repeats = (200_000, 1) if given.quick else (round(given.rows * 1e6), given.repeats)
    if given.one:
        one(*given.one, rows)
        return
    failed = False
    print(f"{rows:,} child-years, median of {repeats}")
    for family in VIEWS:
        if family in chosen:
            failed |= views(family, rows, repeats)
    for family, (_, contenders) in FAMILIES.items():
        if family not in chosen:
            continue
        runs: dict[str, list[list[str]]] = {name: [] for name in contenders}
        for _ in range(repeats):
            for name in contenders:
                size = ["--quick"] if given.quick else ["--rows", str(given.rows)]
                command = [sys.executable, __file__, *size, "--one", family, name]
                said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
                runs[name].append(said.split())
        values = {name: float(made[0][2]) for name, made in runs.items()}
        first = next(iter(values.values()))
        for name, made in runs.items():
            seconds, memory = (statistics.median(float(run[at]) for run in made) for at in (0, 1))
            agrees = np.isclose(values[name], first, rtol=1e-9)
            failed |= not agrees
            print(
                f"{family:22} {name:12} {seconds:8.3f} s {memory:8.0f} MB{'' if agrees else '  DIFFERS'}",
                flush=True,
            )
    sys.exit(failed)


if __name__ == "__main__":
    main()
