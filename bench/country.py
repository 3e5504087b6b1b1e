"""A country of synthetic provinces, end to end: every notebook for every year in both languages.

    python bench/country.py FOLDER [--provinces 77] [--years 5] [--jobs 2] [--scale 1] [--quick]
    python bench/country.py FOLDER --provinces 8 --dask 2 --kill-every 60 [--beside FOLDER]

Registers are made and imported first, then `equity run` executes, gates and renders all reports. FOLDER is
kept: interrupted, the same command goes on where it stopped. Prints runs a minute, and the memory of all
processes together in each quarter of the run: it must not grow with the number of runs. With --dask the
jobs go to that many workers of a local cluster, of which one is killed now and then; the outputs must be
those of a run without a cluster, byte for byte (a second run, aside, of the same project, or the one
that is in the folder `--beside`).

77 provinces, 385 area-years, on two cores (a little other work beside it): 5,390 reports, each in two
languages, in 58 minutes: 92 a minute, 1.06 s of CPU a report, pages and start included; memory of all
processes 1.36, 1.36, 1.40, 1.45 GB in the quarters. Four years' pages were refused in that run, by a claim
guard that took the note on exact totals for a claim; it has been mended, and they were made. Since
then, with a second warm parent and drivers that are replaced after 100 notebooks, 8 provinces: 98 a minute,
memory 1.34, 1.34, 1.37, 1.33 GB; the same on 2 workers of a cluster, one killed a minute: 600 jobs, 7 kills,
456 s, 0 of 1,200 pages differ.
"""

import argparse
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from equity_lib.demo.building import build  # noqa: E402

CLUSTER = """
import sys, time
from distributed import LocalCluster
if __name__ == "__main__":
    with LocalCluster(n_workers=int(sys.argv[1]), threads_per_worker=1, dashboard_address=None,
                      protocol="tcp://") as cluster:
        print(cluster.scheduler_address, flush=True)
        while True:
            time.sleep(1)
"""


def main() -> int:
    """Make, run, print; fail if something was lost."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--provinces", type=int, default=77)
    parser.add_argument("--years", type=int, default=5)
    parser.add_argument("--scale", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--dask", type=int, default=0, metavar="WORKERS")
    parser.add_argument("--kill-every", type=float, default=0.0, metavar="SECONDS")
    parser.add_argument("--beside", type=Path, help="a folder of this bench's that was run without a cluster")
    parser.add_argument("--quick", action="store_true", help="2 provinces, 2 years, in a folder of its own")
    asked = parser.parse_args()
    if asked.quick:
        asked.provinces, asked.years = 2, 2
    if asked.folder is None and not asked.quick:
        parser.error("FOLDER is needed: a country takes its time, and goes on there if it is interrupted")
    root = asked.folder or Path(tempfile.mkdtemp(prefix="country-"))
    prepare(root, asked)
    if asked.dask:
        return _on_cluster(root, asked)
    return _here(root, asked.jobs)


def prepare(root: Path, asked: argparse.Namespace) -> None:
    """Parameters, registers and notebooks of all provinces."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "params").mkdir(exist_ok=True)
    shutil.copytree(ROOT / "notebooks", root / "notebooks", dirs_exist_ok=True)
    os.environ["EQUITY_ROOT"] = str(root)
    began = time.perf_counter()
    built = build(root, provinces=asked.provinces, years=asked.years, scale=asked.scale)
    print(f"registers of {len(built.receipts)} provinces: {time.perf_counter() - began:.0f} s", flush=True)


def run(root: Path, *options: str) -> tuple[int, float, list[dict[str, object]], "Memory"]:
    """`equity run` of everything: exit code, seconds, its events, and memory."""
    began, events = time.perf_counter(), []
    process = subprocess.Popen(
        [sys.executable, "-m", "equity_lib.cli", "run", "--log-json", *options],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(ROOT), "EQUITY_ROOT": str(root)},
        stdout=subprocess.PIPE,
        text=True,
    )
    memory = Memory(process.pid)
    for line in process.stdout or ():
        event = json.loads(line)
        events.append(event)
        if event["event"] == "failed":
            print(f"FAILED {event['job']}: {event['why']}", flush=True)
    code = process.wait()
    memory.stop()
    return code, time.perf_counter() - began, events, memory


class Memory:
    """What a process and all below it take (PSS: what they share counts once), looked at every second."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.seen: list[int] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._ended.set()
        self._thread.join()

    def quarters(self) -> list[float]:
        """The highest of each quarter, in MB."""
        size = max(1, len(self.seen) // 4)
        parts = [self.seen[i * size : (i + 1) * size] for i in range(4)]
        return [max(part, default=0) / 1024 for part in parts]

    def _watch(self) -> None:
        while not self._ended.wait(1.0):
            self.seen.append(sum(map(_pss, _below(self.pid))))


def _below(pid: int) -> list[int]:
    parents = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found, todo = [], [pid]
    while todo:
        each = todo.pop()
        found.append(each)
        todo += [child for child, parent in parents.items() if parent == each]
    return found


def _pss(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")), 0)


def _here(root: Path, jobs: int) -> int:
    code, seconds, events, memory = run(root, "--jobs", str(jobs))
    done = [str(event["job"]) for event in events if event["event"] == "finished"]
    reports = sum(not job.endswith(" pages") for job in done)
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = (spent.ru_utime + spent.ru_stime) / max(reports, 1)
    print(f"{reports} reports, {len(done) - reports} years' pages in {seconds:.0f} s")
    pace = reports / seconds * 60
    print(f"{pace:.0f} reports a minute; {cpu:.2f} s of CPU a report, pages and start included")
    peaks = ", ".join(f"{each:.0f}" for each in memory.quarters())
    print(f"memory of all processes, highest in each quarter: {peaks} MB; load {os.getloadavg()[0]:.1f}")
    return code


def _on_cluster(root: Path, asked: argparse.Namespace) -> int:
    cluster = subprocess.Popen(
        [sys.executable, "-c", CLUSTER, str(asked.dask)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    address = (cluster.stdout.readline() if cluster.stdout else "").strip()
    killed: list[int] = []
    ended = threading.Event()
    killer = threading.Thread(target=_kill, args=(cluster.pid, asked.kill_every, ended, killed), daemon=True)
    if asked.kill_every:
        killer.start()
    try:
        code, seconds, events, _ = run(root, "--dask", address)
    finally:
        ended.set()
        cluster.terminate()
        cluster.wait()
    done = sum(event["event"] == "finished" for event in events)
    print(f"{done} jobs on {asked.dask} workers in {seconds:.0f} s, {len(killed)} workers killed")
    again, theirs = _without_cluster(root, asked)
    ours = _pages(root)
    different = [name for name, data in ours.items() if theirs.get(name) != data]
    print(f"beside a run without a cluster: {len(different)} of {len(ours)} pages differ")
    return code or again or int(bool(different) or not ours)


def _without_cluster(root: Path, asked: argparse.Namespace) -> tuple[int, dict[str, bytes]]:
    """The exit code and the pages of a run of the same project on this machine alone."""
    if asked.beside:
        return 0, _pages(asked.beside)
    with tempfile.TemporaryDirectory(prefix="country-aside-") as folder:
        aside = Path(folder)
        for name in ("params", "notebooks", "data"):
            (aside / name).symlink_to(root / name)
        return run(aside, "--jobs", str(asked.jobs))[0], _pages(aside)


def _pages(root: Path) -> dict[str, bytes]:
    folder = root / "outputs"
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.glob("*/*/*.html")}


def _kill(cluster: int, every: float, ended: threading.Event, killed: list[int]) -> None:
    chance = random.Random(2562)
    while not ended.wait(every):
        # Workers are the nannies' children: two below the cluster, and no forks of ours.
        workers = [
            pid for pid in _below(cluster) if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
        ]
        if workers:
            killed.append(chance.choice(workers))
            os.kill(killed[-1], signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())
