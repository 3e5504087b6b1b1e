"""`equity run` when 3,000 reports are up to date: how long until it says so, and make beside it.

    python bench/nothing_to_do.py [--reports 3000] [--rounds 5] [--quick] [--snakemake CMD] [--dvc CMD]

The reports are written as a run would have left them (100 KB each, with records and pages), not executed.
snakemake and dvc are measured if a command for them is given: they are no dependency of ours.

3,000 reports, medians of 3 rounds on a quiet machine: equity run 0.68 s, make 0.07, snakemake 2.14, dvc
status 10.9; on one about half as fast 1.29, 0.14, 3.69 and 17.6.
"""

import argparse
import json
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "bench" / "peers"))

import typical  # noqa: E402

from equity_lib.batch import publishing  # noqa: E402
from equity_lib.batch.fingerprints import Inputs  # noqa: E402
from equity_lib.batch.options import LANGUAGES  # noqa: E402
from equity_lib.batch.outputs import Outputs  # noqa: E402
from equity_lib.batch.plan import read_plan  # noqa: E402
from equity_lib.batch.status import survey  # noqa: E402

NOTEBOOKS, YEARS = 10, 5


def main() -> int:
    """Measure and print; fail if there was something to do after all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--reports", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="500 reports, 3 rounds")
    parser.add_argument("--snakemake", default="", help="command that runs snakemake")
    parser.add_argument("--dvc", default="", help="command that runs dvc")
    asked = parser.parse_args()
    reports, rounds = (500, 3) if asked.quick else (asked.reports, asked.rounds)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        root = Path(folder, "project")
        count = prepare(root, max(1, reports // (NOTEBOOKS * YEARS)))
        peers = {"equity run": ([sys.executable, "-m", "equity_lib.cli", "run"], "Nothing to do")}
        peers["make"] = (["make", "-f", str(_makefile(root))], "Nothing to be done")
        if asked.snakemake:
            command = [*shlex.split(asked.snakemake), "--cores", "2", "-s", str(_snakefile(root))]
            peers["snakemake"] = (command, "Nothing to be done")
        if asked.dvc:
            _dvc(root, asked.dvc)
            peers["dvc status"] = ([*shlex.split(asked.dvc), "status"], "up to date")
        seen: dict[str, list[float]] = {name: [] for name in peers}
        for number in range(rounds + 1):
            for name, (command, wanted) in peers.items():
                began = time.perf_counter()
                done = subprocess.run(
                    command,
                    cwd=root,
                    env=os.environ | {"PYTHONPATH": str(ROOT), "EQUITY_ROOT": str(root)},
                    capture_output=True,
                    text=True,
                    check=False,
                )
                seconds = time.perf_counter() - began
                if wanted not in done.stdout + done.stderr:
                    sys.exit(f"{name} had something to do: {(done.stdout + done.stderr)[-1500:]}")
                if number:  # the first one remembers what it hashed
                    seen[name].append(seconds)
        print(f"{count} reports up to date, medians of {rounds}; load {os.getloadavg()[0]:.1f}")
        for name, found in seen.items():
            print(f"  {name:<12} {statistics.median(found):.2f} s  ({min(found):.2f}–{max(found):.2f})")
    return 0


def prepare(root: Path, areas: int) -> int:
    """A project as `equity run` leaves it; the number of its reports."""
    notebooks = typical.write(root / "notebooks", NOTEBOOKS)
    for area in range(1, areas + 1):
        for year in range(2562, 2562 + YEARS):
            path = root / "params" / f"area-{area:02}" / f"{year}.yaml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"# {area} {year}\n", "utf-8")
    plan, outputs = read_plan(root), Outputs(root / "outputs")
    inputs = Inputs(root, outputs.hashes)
    filler = "x" * 100_000
    for year in survey(plan, inputs, outputs).years:
        pages = outputs.pages(*year.pair)
        pages.mkdir(parents=True)
        for state in year.runs:
            run = state.run
            target = outputs.executed(run.area, run.program_year, run.name)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(f"{run.key} {filler}", "utf-8")
            record = {"components": inputs.components(run), "asked": [], "sha256": outputs.hashes.of(target)}
            outputs.write(record, run.area, str(run.program_year), f"{run.name}.json")
        names = [f"{state.run.name}.{language}.html" for state in year.runs for language in LANGUAGES]
        for name in names:
            (pages / name).write_text(f"{year.name} {name} {filler[:30_000]}", "utf-8")
        manifest = {name: outputs.hashes.of(pages / name) for name in names}
        (pages / "manifest.json").write_text(json.dumps(manifest), "utf-8")
        told = {"inputs": dict(year.page_inputs), "manifest": outputs.hashes.of(pages / "manifest.json")}
        outputs.write(told, year.area, str(year.program_year), "published.json")
    index = outputs.folder / "index.html"
    index.write_text("index", "utf-8")
    inputs_of_site = publishing._site_inputs(plan, outputs, LANGUAGES, inputs.library)
    outputs.write({"inputs": inputs_of_site, "pages": {"index.html": outputs.hashes.of(index)}}, "site.json")
    _age(root)
    return areas * YEARS * len(notebooks)


def _age(root: Path) -> None:
    """As if written a minute ago: a file written just now may change again within the clock's tick."""
    past = time.time_ns() - 60 * 10**9
    for path in root.rglob("*"):
        os.utime(path, ns=(past, past))
    time.sleep(2.1)


def _pairs(root: Path) -> list[tuple[str, str]]:
    """Executed notebook and parameters, relative to the project."""
    found = sorted((root / "outputs" / ".runs").glob("*/*/*.ipynb"))
    return [
        (path.relative_to(root).as_posix(), f"params/{path.parent.parent.name}/{path.parent.name}.yaml")
        for path in found
    ]


def _makefile(root: Path) -> Path:
    lines = [f"{out}: {given} notebooks/{Path(out).name}\n\ttouch $@" for out, given in _pairs(root)]
    targets = " ".join(out for out, _ in _pairs(root))
    path = root / "Makefile"
    path.write_text(f"all: {targets}\n" + "\n".join(lines) + "\n", "utf-8")
    return path


def _snakefile(root: Path) -> Path:
    path = root / "Snakefile"
    path.write_text(
        f"rule all:\n    input: {[out for out, _ in _pairs(root)]}\n"
        "rule report:\n"
        "    input: 'params/{area}/{year}.yaml', 'notebooks/{name}.ipynb'\n"
        "    output: 'outputs/.runs/{area}/{year}/{name}.ipynb'\n"
        "    shell: 'touch {output}'\n",
        "utf-8",
    )
    return path


def _dvc(root: Path, command: str) -> None:
    stages = {
        f"r{i}": {"cmd": "true", "deps": [given], "outs": [{out: {"cache": False}}]}
        for i, (out, given) in enumerate(_pairs(root))
    }
    (root / "dvc.yaml").write_text(json.dumps({"stages": stages}), "utf-8")
    for step in ("init --no-scm -q", "commit -q -f"):
        subprocess.run([*shlex.split(command), *step.split()], cwd=root, check=True)


if __name__ == "__main__":
    sys.exit(main())
