"""kill -9 at many moments of a run: are pages ever mixed, is work ever lost or done twice, is anybody left?

    python bench/kill_run.py [--kills 100] [--quick] [--area tiny|khon-kaen] [--seed 2562]

The project is published, its parameters are changed, the run that takes up the change is killed (half of
the moments by the clock, half just before a seeded change to the disk), then run again. After each kill the
pages of a year must be the old or the new ones, the next run must do exactly what is missing and end in the
bytes of an undisturbed run, and no process may be left. Exits 1 on any violation.
"""

import argparse
import shutil
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.failures import kills  # noqa: E402
from tests.failures.scene import Scene, make_tiny  # noqa: E402


def main() -> int:
    """Kill, print a table, and say whether anything was violated."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--quick", action="store_true", help="ten kills")
    parser.add_argument(
        "--area", choices=("tiny", "khon-kaen"), default="tiny", help="two small notebooks, or the real ones"
    )
    parser.add_argument("--seed", type=int, default=2562)
    asked = parser.parse_args()
    count = 10 if asked.quick else asked.kills
    with tempfile.TemporaryDirectory(prefix="kills-") as folder:
        old, scratch = Path(folder) / "old", Path(folder) / "scratch"
        scratch.mkdir()
        _publish(old, asked.area)
        known = kills.undisturbed(old, scratch)
        print(f"{asked.area}: undisturbed {known.seconds:.1f} s, {known.changes} changes to the disk")
        outcomes, pace = [], known.seconds
        for number, moment in enumerate(kills.moments(count, asked.seed, known.changes), 1):
            outcomes.append(kills.kill(known, moment, pace))
            if len(outcomes[-1].redone) == len(known.jobs):  # the machine may be busier by now, or idler
                pace = outcomes[-1].seconds
            elif not outcomes[-1].killed:
                pace = outcomes[-1].ran
            for each in outcomes[-1].violations:
                print(f"VIOLATION in kill {number} ({moment}): {each}", flush=True)
    _table(outcomes)
    return int(any(each.violations for each in outcomes))


def _publish(root: Path, area: str) -> None:
    if area == "tiny":
        make_tiny(root)
    else:
        shutil.copytree(ROOT / "params" / area, root / "params" / area)
        shutil.copytree(ROOT / "notebooks", root / "notebooks", ignore=shutil.ignore_patterns(".*"))
    done = Scene(root, {}).equity("run")
    if done.returncode:
        sys.exit(f"The project can't be published: exit code {done.returncode}")


def _table(outcomes: Sequence[kills.Outcome]) -> None:
    heads = (
        "moment",
        "kills",
        "at work",
        "pages old",
        "new",
        "both",
        "redone: median (range)",
        "next run, s: median (range)",
        "violations",
    )
    rows = []
    for kind in ("time", "change"):
        of_kind = [each for each in outcomes if each.moment.kind == kind]
        if not of_kind:
            continue
        pages = [each.pages for each in of_kind]
        rows.append(
            (
                f"by {kind}",
                len(of_kind),
                sum(each.killed for each in of_kind),
                *(pages.count(state) for state in ("old", "new", "new and old")),
                _spread([len(each.redone) for each in of_kind], ".0f"),
                _spread([each.seconds for each in of_kind], ".1f"),
                sum(bool(each.violations) for each in of_kind),
            )
        )
    print("| " + " | ".join(heads) + " |\n|" + "---|" * len(heads))
    for row in rows:
        print("| " + " | ".join(map(str, row)) + " |")


def _spread(values: Sequence[float], form: str) -> str:
    return f"{statistics.median(values):{form}} ({min(values):{form}}–{max(values):{form}})"


if __name__ == "__main__":
    sys.exit(main())
