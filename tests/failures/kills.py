"""kill -9 at any moment: one run killed, what stands there then, and the run after it."""

import random
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.batch.tiny_project import called, processes_of, tree, wait_until_gone
from tests.failures.scene import command, environment, unfinished

#: What makes every notebook stale and changes every page: the area's name in both languages.
CHANGE = {
    "area_name: {th: จังหวัดขอนแก่น, en: Khon Kaen province}": "area_name: {th: ขอนแก่นใหม่, en: Khon Kaen anew}"
}


@dataclass(frozen=True)
class Moment:
    """When to kill: after a share of the time a run takes, or just before its n-th change to a disk."""

    kind: str
    at: float
    jobs: int

    def __str__(self) -> str:
        when = f"{self.at:.0%} of the time" if self.kind == "time" else f"change {self.at:.0f}"
        return f"{when}, {self.jobs} at a time"


@dataclass(frozen=True)
class Undisturbed:
    """The same project published before and after a change, with how long that took."""

    old: Path
    before: Mapping[str, bytes]
    after: Mapping[str, bytes]
    seconds: float
    changes: int

    @property
    def jobs(self) -> set[str]:
        """All that a run has to do: its notebooks and the pages of its years."""
        return _missing({}, self)


@dataclass
class Outcome:
    """What a kill did."""

    moment: Moment
    killed: bool
    pages: str
    ran: float
    redone: list[str] = field(default_factory=list)
    seconds: float = 0.0
    violations: list[str] = field(default_factory=list)


def moments(count: int, seed: int, changes: int) -> list[Moment]:
    """Moments spread over a run, half by the clock and half by what it does."""
    chance = random.Random(seed)
    by_time = [
        Moment("time", (i + chance.random()) / (count - count // 2), 1 + i % 2)
        for i in range(count - count // 2)
    ]
    steps = max(count // 2, 1)
    by_change = [
        Moment("change", 1 + int((i + chance.random()) / steps * changes), 1 + i % 2)
        for i in range(count // 2)
    ]
    return by_time + by_change


def change(root: Path) -> None:
    """Give a project the new parameters."""
    for path in sorted((root / "params").glob("*/*.yaml")):
        text = path.read_text("utf-8")
        for old, new in CHANGE.items():
            assert old in text, path.name
            text = text.replace(old, new)
        path.write_text(text, "utf-8")


def undisturbed(old: Path, scratch: Path) -> Undisturbed:
    """Run the change through once, with nothing in its way."""
    new, count = scratch / "new", scratch / "changes"
    shutil.copytree(old, new)
    change(new)
    began = time.perf_counter()
    done = _run(new, scratch, "--jobs", "2", FAULT_DIE_AT="0", FAULT_COUNT=str(count))
    seconds = time.perf_counter() - began
    assert done.returncode == 0, done.stdout + done.stderr
    before, after = tree(old / "outputs"), tree(new / "outputs")
    assert before.keys() == after.keys()
    same = {name for name in before if before[name] == after[name]}
    assert not {name for name in same if name.endswith((".html", ".ipynb"))}, (
        "each page and notebook is another"
    )
    return Undisturbed(old, before, after, seconds, int(count.read_text("utf-8")))


def kill(known: Undisturbed, moment: Moment, pace: float = 0.0) -> Outcome:
    """Kill a run of the change at a moment, look, run again, look again.

    Parameters
    ----------
    pace
        Seconds of a whole run as things are now, if that is known.
    """
    with tempfile.TemporaryDirectory(prefix="kill-") as folder:
        root, scratch = Path(folder) / "project", Path(folder) / "t"
        shutil.copytree(known.old, root)
        scratch.mkdir()
        change(root)
        outcome = Outcome(moment, *_killed(root, scratch, known, moment, pace or known.seconds))
        if left := wait_until_gone(root, 5):
            outcome.violations.append(f"{len(left)} processes outlived it: {called(left)}")
        standing = tree(root / "outputs")
        outcome.violations += _mixed(standing, known)
        missing = _missing(standing, known)
        began = time.perf_counter()
        done = _run(root, scratch, "--jobs", "2")
        outcome.seconds = time.perf_counter() - began
        outcome.redone = [
            line.removesuffix(": done") for line in done.stdout.splitlines() if line.endswith(": done")
        ]
        outcome.violations += _after(done, outcome.redone, missing, root, scratch, known)
    return outcome


def _killed(
    root: Path, scratch: Path, known: Undisturbed, moment: Moment, seconds: float
) -> tuple[bool, str, float]:
    """Run and kill: whether it was still at work, which pages stand there, how long it ran."""
    extra = {"FAULT_DIE_AT": str(int(moment.at))} if moment.kind == "change" else {}
    began = time.perf_counter()
    process = subprocess.Popen(
        command("run", "--jobs", str(moment.jobs)),
        env=environment(root, TMPDIR=str(scratch), **extra),
        cwd=root,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        process.wait(moment.at * seconds if moment.kind == "time" else 600)
    except subprocess.TimeoutExpired:
        process.kill()
    process.wait()
    ran = time.perf_counter() - began
    standing = tree(root / "outputs")
    years = {
        "new" if all(standing.get(name) == known.after[name] for name in names) else "old"
        for names in _years(known.after).values()
    }
    return process.returncode == -signal.SIGKILL, " and ".join(sorted(years)), ran


def _years(outputs: Mapping[str, bytes]) -> dict[str, set[str]]:
    """Area-year → its public files."""
    found: dict[str, set[str]] = {}
    for name in outputs:
        parts = name.split("/")
        if len(parts) == 3 and not name.startswith("."):
            found.setdefault("/".join(parts[:2]), set()).add(name)
    return found


def _mixed(standing: Mapping[str, bytes], known: Undisturbed) -> Iterator[str]:
    """A year is all old or all new; any other file is one or the other."""
    for year, names in _years(standing).items():
        now = {name: standing[name] for name in names}
        states = [{n: each[n] for n in _years(each)[year]} for each in (known.before, known.after)]
        if now not in states:
            yield f"{year}: pages are mixed or half"
    for name in known.before:
        if name not in standing:
            yield f"{name} is gone"
        elif name.endswith((".html", ".ipynb")) and standing[name] not in (
            known.before[name],
            known.after[name],
        ):
            yield f"{name} is neither old nor new"


def _missing(standing: Mapping[str, bytes], known: Undisturbed) -> set[str]:
    """What the next run has to do: notebooks and pages that aren't there in their new form."""
    missing = set()
    for year, names in _years(known.after).items():
        private = f".runs/{year}/"
        for name in known.after:
            if name.startswith(private) and name.endswith(".ipynb"):
                pair = (name, name.removesuffix(".ipynb") + ".json")
                if any(standing.get(each) != known.after[each] for each in pair):
                    missing.add(f"{year} {Path(name).stem}")
        needed = [*names, f"{private}published.json"]
        if any(standing.get(each) != known.after[each] for each in needed):
            missing.add(f"{year} pages")
    return missing


def _after(
    done: "subprocess.CompletedProcess[str]",
    redone: list[str],
    missing: set[str],
    root: Path,
    scratch: Path,
    known: Undisturbed,
) -> Iterator[str]:
    """What must hold after the second run."""
    if done.returncode:
        yield f"the run after it ended with {done.returncode}"
    if set(redone) != missing:
        yield f"did {sorted(redone)} again where {sorted(missing)} was missing"
    if tree(root / "outputs") != known.after:
        now = tree(root / "outputs")
        names = sorted(n for n in now.keys() | known.after.keys() if now.get(n) != known.after.get(n))
        yield f"other bytes than an undisturbed run's: {', '.join(names)}"
    if left := unfinished(root):
        yield f"left {', '.join(left)}"
    if left := sorted(path.name for path in scratch.iterdir() if path.name.startswith("equity-")):
        yield f"left temporary folders: {len(left)}"
    if left := processes_of(root):
        yield f"{len(left)} processes left: {called(left)}"


def _run(root: Path, scratch: Path, *options: str, **env: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command("run", *options),
        env=environment(root, TMPDIR=str(scratch), **env),
        cwd=root,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
