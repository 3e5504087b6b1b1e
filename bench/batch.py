"""Many runs of one typical report: ours beside what people use.

    python bench/batch.py [--runs 12] [--rounds 5] [--quick]

A 13-cell notebook (5,000 rows, three seaborn charts, two tables; bench/peers/typical.py), executed for
`--runs` programme years and exported to HTML by nbconvert. Every variant is a whole process; the variants
are interleaved, and medians of the rounds are printed. `.pyc` files are there for everyone.

    a  a loop over the command lines of `papermill` and `jupyter nbconvert`
    b  papermill's and nbconvert's API in one process
    c  a pool of two processes of b
    d  ploomber-engine in one process, which isolates nothing
    e  `equity run` with 1 and with 2 jobs

Then: wall clock of e against the CPU of the cells alone divided by jobs, milliseconds a notebook above that,
and whether the outputs of b and e are equal cell by cell.

12 runs, medians of 5 rounds on a quiet machine of two cores (wall / CPU seconds): a 115.8 / 117.2, b 49.1 /
48.3, c 26.8 / 49.1, d 23.9 / 24.1, e with 1 job 20.7 / 21.5, with 2 jobs 11.6 / 21.2; cells alone 1.42 s a
notebook. So 2 jobs take 10.0 times less than a and 2.3 times less than c; wall clock is 1.22 and 1.36 times
the cells' CPU divided by jobs. The cells alone draw each figure once more, as a stock kernel does.
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PEERS = ROOT / "bench" / "peers"
sys.path.insert(0, str(PEERS))

import typical  # noqa: E402

OURS = """
import sys
from pathlib import Path
from equity_lib.batch.options import Options
from equity_lib.batch.run import run
sys.exit(run(Path(sys.argv[1]), (), Options(jobs=int(sys.argv[2]), publisher="html_site", parameters="",
                                            languages=("en",))))
"""


def main() -> int:
    """Measure, print a table, and fail if outputs differ."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="4 runs, one round")
    parser.add_argument("--only", default="", help="letters of the variants, such as ce")
    asked = parser.parse_args()
    runs, rounds = (4, 1) if asked.quick else (asked.runs, asked.rounds)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        bench = Bench(Path(folder), runs)
        variants = {
            name: call for name, call in bench.variants().items() if not asked.only or name[0] in asked.only
        }
        bench.warm_up()
        seen: dict[str, list[tuple[float, float]]] = {name: [] for name in variants}
        for _ in range(rounds):
            for name, call in variants.items():
                seen[name].append(bench.measured(call))
        floor = bench.cells_alone(rounds)
        print(f"{runs} runs, medians of {rounds}; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        _table(seen, floor, runs)
        different = bench.differences()
    print(f"outputs of b and e: {different or 'equal, cell by cell'}")
    return int(bool(different))


class Bench:
    """A folder with the notebooks of the peers and our project."""

    def __init__(self, folder: Path, runs: int) -> None:
        self.folder = folder
        self.runs = runs
        self.notebooks = typical.write(folder / "peers", runs)
        self.project = folder / "project"
        typical.write(self.project / "notebooks", 1)
        for number in range(1, runs + 1):
            year = self.project / "params" / "bench" / f"{2500 + number}.yaml"
            year.parent.mkdir(parents=True, exist_ok=True)
            year.write_text("bench: 1\n", "utf-8")

    def variants(self) -> dict[str, Callable[[], None]]:
        """Name → call."""
        return {
            "a papermill and nbconvert commands, loop": self.commands,
            "b papermill API, one process": lambda: self.peer("papermill_api"),
            "c pool of 2, papermill": lambda: self.peer("pool"),
            "d ploomber-engine, one process": lambda: self.peer("ploomber"),
            "e equity run, 1 job": lambda: self.ours(1),
            "e equity run, 2 jobs": lambda: self.ours(2),
        }

    def commands(self) -> None:
        """What people type."""
        into = self.into()
        for number, path in enumerate(self.notebooks, 1):
            out = into / path.name
            given = ["-p", "area", "bench", "-p", "program_year", str(2500 + number)]
            self.run("papermill", "--no-progress-bar", "-k", "python3", *given, str(path), str(out))
            self.run("jupyter_core", "nbconvert", "--to", "html", "--log-level=ERROR", str(out))

    def peer(self, name: str) -> None:
        """One of bench/peers/batch_peers.py."""
        into = self.into()
        self.script(PEERS / "batch_peers.py", name, *map(str, self.notebooks), "--into", str(into))
        if name == "papermill_api":
            shutil.rmtree(self.folder / "b", ignore_errors=True)
            shutil.copytree(into, self.folder / "b")

    def ours(self, jobs: int) -> None:
        """`equity run`, from nothing."""
        shutil.rmtree(self.project / "outputs", ignore_errors=True)
        self.start([sys.executable, "-c", OURS, str(self.project), str(jobs)])

    def into(self) -> Path:
        """An empty folder."""
        into = self.folder / "into"
        shutil.rmtree(into, ignore_errors=True)
        into.mkdir()
        return into

    def run(self, module: str, *arguments: str) -> None:
        """A module as a command."""
        self.start([sys.executable, "-m", module, *arguments])

    def script(self, *arguments: "str | Path") -> None:
        """A script as a command."""
        self.start([sys.executable, *map(str, arguments)])

    def start(self, command: list[str]) -> None:
        """Run to the end, in silence."""
        path = os.pathsep.join([str(ROOT), str(PEERS)])
        done = subprocess.run(
            command,
            env=os.environ
            | {"PYTHONPATH": path, "EQUITY_ROOT": str(self.project), "JUPYTER_PLATFORM_DIRS": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            sys.exit(
                f"{command[1:3]} ended with {done.returncode}: {done.stderr[-2000:]}{done.stdout[-2000:]}"
            )

    def measured(self, call: Callable[[], None]) -> tuple[float, float]:
        """Wall and CPU seconds."""
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        call()
        wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
        return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    def warm_up(self) -> None:
        """Compile what is imported, and make matplotlib's list of fonts."""
        self.ours(1)

    def cells_alone(self, rounds: int) -> float:
        """CPU seconds of one notebook's cells in a process that has done them once."""
        found = []
        for _ in range(rounds):
            done = subprocess.run(
                [
                    sys.executable,
                    str(PEERS / "batch_peers.py"),
                    "cells",
                    *map(str, self.notebooks),
                    "--into",
                    ".",
                ],
                capture_output=True,
                text=True,
                check=True,
                cwd=self.folder,
            )
            found.append(statistics.mean(json.loads(done.stdout.splitlines()[-1])[1:]))
        return statistics.median(found)

    def differences(self) -> str:
        """Cells whose outputs differ between papermill's and our executed notebooks."""
        wrong = []
        for number, path in enumerate(self.notebooks, 1):
            theirs = self.folder / "b" / path.name
            ours = self.project / f"outputs/.runs/bench/{2500 + number}/01_typical.ipynb"
            if not theirs.exists():
                return "not compared"
            pairs = zip(_outputs(theirs), _outputs(ours), strict=True)
            wrong += [f"{path.stem} cell {i}" for i, (one, other) in enumerate(pairs) if one != other]
        return ", ".join(wrong)


def _outputs(path: Path) -> list[str]:
    cells = json.loads(path.read_bytes())["cells"]
    return [json.dumps(_steady(cell.get("outputs", [])), sort_keys=True) for cell in cells]


def _steady(outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Texts in one string each: a file may hold them line by line."""
    return [
        {**each, "data": {kind: "".join(value) for kind, value in each["data"].items()}}
        if "data" in each
        else each
        for each in outputs
    ]


def _table(seen: dict[str, list[tuple[float, float]]], floor: float, runs: int) -> None:
    walls = {name: statistics.median(wall for wall, _ in found) for name, found in seen.items()}
    print("| variant | wall s | CPU s | a ÷ it | c ÷ it |\n|---|---|---|---|---|")
    base = {name[0]: wall for name, wall in walls.items() if name[0] in "ac"}
    for name, found in seen.items():
        cpu = statistics.median(cpu for _, cpu in found)
        ratios = [f"{base[letter] / walls[name]:.1f}" if letter in base else "–" for letter in "ac"]
        print(f"| {name} | {walls[name]:.1f} | {cpu:.1f} | {' | '.join(ratios)} |")
    print(f"cells alone: {floor:.2f} s of CPU a notebook")
    for jobs in (1, 2):
        wall = walls.get(f"e equity run, {jobs} job{'s' * (jobs > 1)}")
        if wall:
            least = floor * runs / jobs
            above = (wall * jobs - floor * runs) / runs * 1000
            print(f"e, {jobs}: {wall / least:.2f} × cells' CPU ÷ {jobs}; {above:.0f} ms a notebook above it")


if __name__ == "__main__":
    sys.exit(main())
