"""Kill −9 at seeded file operations of an import: the register is the old one or the new one, every time.

python bench/kill_import.py [--kills 50] [--seed 2563]
"""

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "registry"))

from conftest import make_office, row, rows
from test_importing import child, payments


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=2563)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "project"
        root.mkdir()
        os.environ["EQUITY_DATA_DIR"] = str(root / "data")
        os.environ["EQUITY_KEY_FILE"] = str(Path(folder) / "keys" / "bench.key")
        office = make_office(root)
        office.take(office.csv("old.csv", rows(300)))
        old = payments(office)
        file = office.csv("new.csv", [*rows(300, 1000), row(1, amount="1", paid="25/06/2563")])
        shutil.copytree(root / "data", root / "aside")
        operations = 10**9 - abs(int(child(office, file, 10**9, "aside").stdout))
        seen: Counter[str] = Counter()
        for moment in (random.Random(options.seed).randrange(2, operations) for _ in range(options.kills)):
            if child(office, file, moment).returncode != -signal.SIGKILL:
                sys.exit("the import was not killed")
            number, now = office.register.state.number, payments(office)
            whole = len(now) == {1: 300, 2: 600}[number] and now.head(300).equals(old)
            seen["new" if number == 2 else "old"] += 1
            if not whole:
                print(f"operation {moment}: the register is neither the old one nor the new one")
                return 1
            if number == 2:
                (office.folder / "HEAD.json").write_text('{"state": 1}', encoding="utf-8")
        office.take(file)
        done = len(payments(office)) == 600
    print(
        f"{options.kills} kills among {operations} file operations: {dict(seen)}; a re-run completes: {done}"
    )
    return 0 if done else 1


if __name__ == "__main__":
    sys.exit(main())
