"""Indicators on five million child-years, beside the same written plainly in pandas, polars and duckdb.

    python bench/indicators.py [--rows 5] [--repeats 3] [--family NAME] [--scratch FOLDER] [--quick]

Each run is a process of its own, contenders interleaved. CPU seconds are of the computation alone, memory is
the process's peak. Both are the process's own, so that they keep their meaning on a machine that others use
too, within what shared caches cost (a third, under a load of four a core); wall seconds don't. A family whose
first round takes over a minute of CPU is measured once, the others' seconds are medians. With `--scratch`
registers and finished runs stay in a folder, and the same command goes on where it was stopped: take a new
folder after any change.

Kernels (`FAMILIES`) start from arrays and must agree to nine digits, but for the sorts that are a yardstick;
their memory is what they add. Views (`VIEWS`) go from the Parquet files of a made-up register to results,
beside peers that compute the same figures (equal to 0.01, incidences to half a point: a page's grid of days).

Five million child-years on a loaded machine of two cores (CPU seconds / peak MB; library, pandas, polars,
duckdb). Medians of three rounds: cost 2.1 / 750, 3.0 / 672, 1.0 / 597, 0.9 / 514; series by year 2.7 / 674,
3.0 / 556, 1.0 / 682, 0.7 / 389; referrals 0.16 / 292, 0.10 / 209, 0.14 / 229, 0.09 / 189. One round: reach
7.9 / 1,379, 11.6 / 1,944, 5.8 / 1,215, 3.1 / 812; pathways 7.7 / 1,923, 3.8 / 1,907, 1.7 / 923, 0.8 / 282.
On a faster one, beside 100 kills of bench/kill_run.py, one round: retention 14.6 / 3,435, 6.2 / 1,804, 5.0
/ 1,436, 2.3 / 1,004; readiness 30.0 / 2,767, 40.8 / 3,812, 8.3 / 1,988, 6.1 / 2,596; coverage 31.0 / 2,812,
45.1 / 3,406, 13.6 / 1,996, 9.4 / 4,195; equity 45.5 / 3,081, 42.0 / 3,111, 12.1 / 2,682, 9.3 / 3,375.

A rank-based index with its standard error takes 1.3 times as long as putting the column in order once
(argsort), 1.5 times with ties: 0.79 and 0.62 s, 0.64 and 0.43 s, medians of five.
"""

import argparse
import json
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


def incomes(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Income, no two equal, and who is reached."""
    chance = np.random.default_rng(2565)
    return chance.lognormal(8, 0.6, rows), (chance.random(rows) < 0.3).astype(float)


def scores(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """A screening score of a thousand values, and who is reached."""
    income, reached = incomes(rows)
    return np.minimum(income // 20, 999), reached


def ranked(by: np.ndarray, outcome: np.ndarray) -> float:
    """Concentration index, Wagstaff's and Erreygers's, with standard errors."""
    from equity_lib.indicators.concentration import concentration, rank

    return concentration(outcome, rank(by)).index


def argsort(by: np.ndarray, _: np.ndarray) -> None:
    """The column's order, once: the yardstick of a rank-based index."""
    np.argsort(by)


def sort(by: np.ndarray, _: np.ndarray) -> None:
    """The column sorted, once, without who stands where."""
    np.sort(by)


def peer(name: str) -> Callable[..., float]:
    """A contender of `bench/peers/incidence.py`."""

    def run(*given: Any) -> float:
        import incidence

        return float(getattr(incidence, name)(*given))

    return run


#: Family → (maker of its data, contender → computation).
FAMILIES: dict[str, tuple[Callable[[int], tuple[Any, ...]], dict[str, Callable[..., float | None]]]] = {
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
    "rank-based index": (incomes, {"equity_lib": ranked, "argsort": argsort, "sort": sort}),
    "the same, with ties": (scores, {"equity_lib": ranked, "argsort": argsort, "sort": sort}),
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
#: CPU seconds of a first round after which a family isn't measured again.
LONG = 60


def view(family: str, contender: str, folder: Path) -> None:
    """Compute once and print wall and CPU seconds, the process's peak in megabytes, and the figures."""
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


def one(family: str, contender: str, rows: int) -> None:
    """Compute a kernel once on warm imports and print seconds, megabytes added to the peak, and the value."""
    make, contenders = FAMILIES[family]
    contenders[contender](*make(1_000))
    given = make(rows)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    wall, cpu = time.perf_counter(), time.process_time()
    value = contenders[contender](*given)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    added = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(json.dumps([wall, cpu, added, {} if value is None else {"value": value}]))


def register(family: str, rows: int, scratch: Path) -> Path:
    """The folder of a family's register, made by a process of its own unless it is there already."""
    years, tables, _ = VIEWS[family]
    folder = scratch / f"{family}-{rows}"
    if not folder.exists():
        aside = Path(tempfile.mkdtemp(dir=scratch)) / "register"  # whole or absent
        made_of = f"pathlib.Path({str(aside)!r}), {rows}, {years}, {tables.split()}"
        code = f"import large_register as register, pathlib; register.write({made_of})"
        subprocess.run([sys.executable, "-c", code], check=True, cwd=HERE / "peers")
        aside.rename(folder)
    return folder


def measured(family: str, contender: str, rows: int, turn: int, scratch: Path) -> list[Any]:
    """Wall and CPU seconds, megabytes and figures of one run: as kept in the scratch folder, or run now."""
    kept = scratch / f"{family}-{rows}-{contender}-{turn}.json".replace(" ", "_")
    if not kept.exists():
        if family in FAMILIES:
            what = ["--one", family, contender, "--rows", str(rows / 1e6)]
        else:
            what = ["--view", family, contender, str(register(family, rows, scratch))]
        command = [sys.executable, __file__, *what]
        kept.write_text(subprocess.run(command, capture_output=True, text=True, check=True).stdout, "utf-8")
    run: list[Any] = json.loads(kept.read_text("utf-8"))
    return run


def report(family: str, rows: int, repeats: int, scratch: Path) -> bool:
    """Run every contender of a family and print medians and spreads; whether figures differ."""
    names = tuple(FAMILIES[family][1]) if family in FAMILIES else PEERS
    runs: dict[str, list[list[Any]]] = {name: [] for name in names}
    for turn in range(repeats):
        for name in names:
            runs[name].append(measured(family, name, rows, turn, scratch))
        if sum(own[0][1] for own in runs.values()) > LONG:
            break
    ours, failed = runs["equity_lib"][0][3], False
    for name, own in runs.items():
        wall, cpu, peak = (sorted(run[at] for run in own) for at in (0, 1, 2))
        wrong = [key for key, value in own[0][3].items() if not abs(ours[key] - value) <= room(key, value)]
        failed |= bool(wrong)
        print(
            f"{family:22} {name:10} CPU {statistics.median(cpu):7.2f} s ({cpu[0]:.2f} to {cpu[-1]:.2f})"
            f"  wall {statistics.median(wall):7.2f} s  peak {peak[-1]:6.0f} MB  runs {len(own)}"
            f"{'  DIFFERS: ' + ', '.join(wrong[:3]) if wrong else ''}",
            flush=True,
        )
    return failed


def room(key: str, value: float) -> float:
    """How far a peer's figure may be from the library's."""
    return 1e-9 * abs(value) if key == "value" else 0.5 if ".time." in key else 0.011


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--rows", type=float, default=5, help="million child-years")
    asked.add_argument("--repeats", type=int, default=3)
    asked.add_argument("--quick", action="store_true", help="200,000 child-years, once")
    asked.add_argument("--family", action="append", choices=[*VIEWS, *FAMILIES], help="all by default")
    asked.add_argument("--scratch", type=Path, help="folder that keeps registers and finished runs")
    asked.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    asked.add_argument("--view", nargs=3, help=argparse.SUPPRESS)
    given = asked.parse_args()
    rows, repeats = (200_000, 1) if given.quick else (round(given.rows * 1e6), given.repeats)
    if given.view:
        view(given.view[0], given.view[1], Path(given.view[2]))
        return
    if given.one:
        one(*given.one, rows)
        return
    print(f"{rows:,} child-years, up to {repeats} rounds")
    with tempfile.TemporaryDirectory() as own:
        scratch = given.scratch or Path(own)
        scratch.mkdir(parents=True, exist_ok=True)
        failed = [report(family, rows, repeats, scratch) for family in given.family or [*VIEWS, *FAMILIES]]
    sys.exit(any(failed))


if __name__ == "__main__":
    main()
