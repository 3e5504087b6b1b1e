"""`equity import` beside the floor and beside how it is done today; memory at 1, 2 and 5 million rows.

    python bench/import.py [--rows 1,2,5] [--repeats 3] [--peer-rows 0.2]

Each run is a process of its own, the contenders interleaved; wall and CPU seconds are medians, so that a busy
machine shows as wall without CPU. `import` reads, cleans, checks, pseudonymises, writes, and accounts for
every row. The peer works row by row, so it is timed on fewer rows and compared per million.
Needs `pip install pandera python-stdnum pythainlp` for the peers.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xlsxwriter

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests" / "registry"))
DISTRICTS = ["เมืองขอนแก่น", "บ้านฝาง", "พระยืน", "หนองเรือ", "ชุมแพ", "สีชมพู", "น้ำพอง", "อุบลรัตน์", "กระนวน", "บ้านไผ่"]
HEADER = [
    "เลขประจำตัวประชาชน",
    "คำนำหน้า",
    "ชื่อ",
    "นามสกุล",
    "วันเกิด",
    "เพศ",
    "อำเภอ",
    "โครงการย่อย",
    "จำนวนเงิน",
    "วันที่จ่าย",
]
FLOOR, TODAY = (str(HERE / "peers" / name) for name in ("import_floor.py", "import_pandas.py"))
#: Payments a child: three a year, as a flat office sheet has them.
PAYMENTS = 3


@dataclass
class Run:
    wall: float
    cpu: float
    peak: float


def citizens(count: int, chance: np.random.Generator) -> list[str]:
    """Distinct citizen IDs of Khon Kaen in random order."""
    digits = np.zeros((count, 12), np.int64)
    digits[:, :3] = (1, 4, 0)
    serial = chance.permutation(count) + 10**8
    for place in range(9):
        digits[:, 3 + place] = serial // 10 ** (8 - place) % 10
    check = (11 - (digits @ np.arange(13, 1, -1)) % 11) % 10
    return [
        "".join(map(str, row)) + str(last) for row, last in zip(digits.tolist(), check.tolist(), strict=True)
    ]


def lines(rows: int) -> Iterator[list[str]]:
    """The rows of a flat sheet: a child's data beside each payment."""
    chance = np.random.default_rng(2563)
    children = max(1, rows // PAYMENTS)
    ids = citizens(children, chance)
    given = [a + b for a in ("สม", "วิ", "กิตติ", "ปิ", "มา", "ดาว", "ฟ้า", "น้ำ", "ชู", "ศรี") for b in DISTRICTS]
    parts = ["ศรี", "ทอง", "ใจ", "ดี", "สุข", "แก้ว", "วงศ์", "พันธ์", "คำ", "มา"]
    surnames = [a + b + c + d for a in parts for b in parts for c in parts for d in parts]
    days = np.datetime64("2014-01-01") + np.arange(2100)
    text = [f"{d.day:02d}/{d.month:02d}/{d.year + 543}" for d in days.astype(object)]
    paid = [t for t in text if t.endswith("2562")]
    who = {
        k: chance.integers(0, n, children).tolist()
        for k, n in (("g", 100), ("s", 10**4), ("b", 1800), ("x", 2), ("d", 10))
    }
    when = chance.integers(0, len(paid), rows).tolist()
    for at in range(rows):
        i = at % children
        boy = who["x"][i]
        yield [
            ids[i], "ด.ช." if boy else "ด.ญ.", given[who["g"][i]], surnames[who["s"][i]], text[who["b"][i]],
            "ชาย" if boy else "หญิง", DISTRICTS[who["d"][i]], "เด็กปฐมวัย", "800", paid[when[at]],
        ]  # fmt: skip


def write_csv(path: Path, rows: int) -> None:
    with path.open("w", encoding="utf-8") as stream:
        stream.write(",".join(HEADER) + "\n")
        stream.writelines(",".join(line) + "\n" for line in lines(rows))


def write_xlsx(path: Path, rows: int) -> None:
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, HEADER)
        for at, line in enumerate(lines(rows), start=1):
            page.write_row(at, 0, line)


def run(*arguments: str) -> Run:
    """One process: wall and CPU seconds, peak megabytes."""
    started = time.perf_counter()
    child = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"{' '.join(arguments)} failed")
    return Run(time.perf_counter() - started, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def import_one(file: Path) -> None:
    """What the process under test does: an import into an area of its own."""
    from conftest import make_office

    with tempfile.TemporaryDirectory(dir=file.parent) as place:
        root = Path(place) / "project"
        root.mkdir()
        os.environ["EQUITY_DATA_DIR"] = str(root / "data")
        os.environ["EQUITY_KEY_FILE"] = str(Path(place) / "keys" / "bench.key")
        office = make_office(root)
        year = root / "params" / "test-area" / "2563.yaml"
        year.write_text(
            year.read_text("utf-8").replace("2562-10-01", "2562-01-01").replace("2562-11-01", "2562-01-01"),
            "utf-8",
        )
        (receipt,) = office.take(file).files
        account = receipt.account
        if account.read != account.kept + account.quarantined + sum(account.declared.values()):
            sys.exit("rows are not accounted for")
        print(receipt.account, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def show(name: str, runs: list[Run], million: float) -> Run:
    """Print the medians of some runs, and give them back."""
    middle = Run(*(statistics.median(getattr(r, f) for r in runs) for f in ("wall", "cpu", "peak")))
    told = f"{name:28}{middle.wall:9.1f}{middle.cpu:9.1f}{middle.peak:9,.0f}"
    print(f"{told}{middle.wall / million:18.2f}{middle.cpu / million:10.2f}", flush=True)
    return middle


def contest(place: Path, million: float, repeats: int, today: float) -> None:
    """Import and floor in turn; `today` is what the peer takes for a million rows."""
    file = place / "rows.csv"
    write_csv(file, int(million * 1e6))
    floors, imports = [], []
    for _ in range(repeats):
        floors.append(run(FLOOR, str(file)))
        imports.append(run(__file__, "--import-one", str(file)))
    floor = show(f"floor, {million:g} million", floors, million)
    own = show(f"import, {million:g} million", imports, million)
    ratios = f"{own.wall / floor.wall:.1f} wall, {own.cpu / floor.cpu:.1f} CPU"
    print(f"  import ÷ floor: {ratios}; {today / (own.wall / million):.1f} × faster than today", flush=True)
    file.unlink()


def workbook(place: Path, rows: int, repeats: int) -> None:
    """A workbook, beside its reader alone."""
    book = place / "rows.xlsx"
    write_xlsx(book, rows)
    reader = "import sys, python_calamine as c; "
    reader += "c.CalamineWorkbook.from_path(sys.argv[1]).get_sheet_by_index(0).to_python()"
    alone = [run("-c", reader, str(book)) for _ in range(repeats)]
    show(f"calamine alone, {rows:,} rows", alone, rows / 1e6)
    imports = [run(__file__, "--import-one", str(book)) for _ in range(repeats)]
    show(f"import, {rows:,} rows XLSX", imports, rows / 1e6)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", default="1,2,5", help="millions of CSV rows, separated by commas")
    parser.add_argument("--xlsx-rows", type=int, default=200_000)
    parser.add_argument("--peer-rows", type=float, default=0.2, help="millions")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--import-one", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.import_one:
        import_one(options.import_one)
        return
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        print(f"{'':28}{'wall s':>9}{'CPU s':>9}{'peak MB':>9}{'s a million (wall, CPU)':>28}", flush=True)
        peer_file = place / "peer.csv"
        write_csv(peer_file, int(options.peer_rows * 1e6))
        runs = [run(TODAY, str(peer_file), str(place / "peer.parquet")) for _ in range(options.repeats)]
        today = show("today (pandas, apply)", runs, options.peer_rows).wall / options.peer_rows
        for million in options.rows.split(","):
            contest(place, float(million), options.repeats, today)
        workbook(place, options.xlsx_rows, options.repeats)


if __name__ == "__main__":
    main()
