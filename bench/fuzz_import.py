"""Mutated files, imported one by one: no traceback, no partial import, every row accounted for.

    python bench/fuzz_import.py [--files 10000] [--seed 2563]

Each file is a small sound one (CSV, XLSX or Parquet) with one to four mutations of bytes, cells, rows
or columns. What is allowed: a receipt whose sums are right, or a refusal in plain sentences.
"""

import argparse
import collections
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import xlsxwriter

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "registry"))

from conftest import AREA, HEADER, Office, citizen, make_office, row, write_csv

from equity_lib.errors import EquityError

Lines = list[list[str]]
ODD = [
    "", " ", "-", "ไม่มี", "????", "\ufffd", "\u200b", "=1+1", "@x", "'", '"', ",", ";", "\n", "\r",
    "\0", "1e400", "NaN", "inf", "-0", "๑๒๓", "９", "9" * 40, "1.10E+12", "G644200000001",
    "1111111111119", citizen(7), "29/2/2563", "29/2/2564", "31/02/63", "00/00/0000", "25 พ.ย.",
    "25 พ.ย. 63", "242486", "99999999", "0001-01-01", "9999-12-31", "พ.ศ.", "฿", "800 บาท", "(800)",
    "1,2,3", "รวม", "ลงชื่อ", "หมายเหตุ", "เมือง", "กระนวน", "4029", "401608", "เด็กชาย", "ด.ช.",
    "น้ํา", "เเ", "a" * 5000, "<b>", "&#0;", "TRUE", "None", "\u202e", "\U0001f600", "ก" * 300,
]  # fmt: skip


def cells(lines: Lines, chance: random.Random) -> None:
    for _ in range(chance.randint(1, 12)):
        line = chance.choice(lines)
        if line:
            line[chance.randrange(len(line))] = chance.choice(ODD)


def whole_rows(lines: Lines, chance: random.Random) -> None:
    at = chance.randrange(len(lines) + 1)
    kind = chance.randrange(5)
    if kind == 0:
        lines.insert(at, [chance.choice(ODD) for _ in HEADER])
    elif kind == 1:
        lines.insert(at, list(chance.choice(lines)))
    elif kind == 2 and lines:
        del lines[chance.randrange(len(lines))]
    elif kind == 3:
        lines.insert(at, [chance.choice(ODD)] * chance.randint(0, 40))
    else:
        chance.shuffle(lines)


def columns(lines: Lines, chance: random.Random) -> None:
    at, kind = chance.randrange(len(HEADER)), chance.randrange(4)
    for line in lines:
        if at < len(line):
            if kind == 0:
                del line[at]
            elif kind == 1:
                line.insert(at, line[at])
            elif kind == 2:
                line.append(line.pop(at))
            else:
                line[at] = chance.choice(ODD)


def mangled(path: Path, chance: random.Random) -> None:
    raw = bytearray(path.read_bytes())
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(max(len(raw), 1))
        kind = chance.randrange(4)
        if kind == 0 and raw:
            raw[at % len(raw)] = chance.randrange(256)
        elif kind == 1:
            del raw[at : at + chance.randint(1, 200)]
        elif kind == 2:
            raw[at:at] = bytes(chance.randrange(256) for _ in range(chance.randint(1, 20)))
        else:
            raw = raw[:at]
    path.write_bytes(bytes(raw))


MUTATIONS: list[Callable[[Lines, random.Random], None]] = [cells, cells, whole_rows, columns]


def make(folder: Path, chance: random.Random) -> Path:
    """A mutated file."""
    lines = [list(HEADER), *(row(serial) for serial in range(1, chance.randint(2, 60)))]
    for _ in range(chance.randint(0, 3)):
        chance.choice(MUTATIONS)(lines, chance)
    kind = chance.choice(["csv", "csv", "csv", "xlsx", "parquet"])
    path = folder / f"a.{kind}"
    if kind == "csv":
        encoding = chance.choice(["utf-8", "utf-8", "utf-8-sig", "utf-16", "cp874"])
        try:
            write_csv(path, lines, encoding=encoding, delimiter=chance.choice(",,,;\t|"))
        except UnicodeEncodeError:
            write_csv(path, lines)
    elif kind == "xlsx":
        with xlsxwriter.Workbook(str(path)) as book:
            for sheet in range(chance.randint(1, 3)):
                page = book.add_worksheet(f"s{sheet}")
                for at, line in enumerate(lines):
                    for column, text in enumerate(line):
                        page.write_string(at, column, text[:32000].replace("\0", ""))
    else:
        width = max(map(len, lines))
        padded = [[*line, *[""] * (width - len(line))] for line in lines]
        names = [f"{name} " * (1 + padded[0][:at].count(name)) for at, name in enumerate(padded[0])]
        frame = pd.DataFrame(padded[1:], columns=names)
        frame.loc[:, ~frame.columns.duplicated()].to_parquet(path)
    if chance.random() < 0.35:
        mangled(path, chance)
    return path


def judge(office: Office, path: Path) -> str:
    """What became of a file; an `AssertionError` or any foreign exception is a finding."""
    try:
        receipt = office.take(path)
    except EquityError as error:
        assert office.register.state.number == 0, "refused, but in the register"
        assert not list((office.folder / "imports").glob("*")), "refused, but rows were left"
        found = {fault.key.partition("[")[2].rstrip("]") for fault in error.faults}
        return " ".join(sorted(found)) or type(error).__name__
    for one in receipt.files:
        account = one.account
        total = account.kept + account.quarantined + sum(account.declared.values())
        assert account.read == total, f"{account.read} rows read, {total} accounted for"
    assert office.register.state.number == 1
    for name in office.register.tables():
        office.register.table(name)
    return "imported"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=2563)
    parser.add_argument("--keep", type=Path, help="folder for files that were findings")
    options = parser.parse_args()
    outcomes: collections.Counter[str] = collections.Counter()
    findings = 0
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as place:
        root = Path(place) / "project"
        root.mkdir()
        os.environ["EQUITY_DATA_DIR"] = str(root / "data")
        os.environ["EQUITY_KEY_FILE"] = str(Path(place) / "keys" / "fuzz.key")
        office = make_office(root)
        for number in range(options.files):
            path = make(office.inbox, random.Random(f"{options.seed}/{number}"))
            try:
                outcomes[judge(office, path)] += 1
            except Exception as error:  # noqa: BLE001 — a finding, whatever it is
                findings += 1
                outcomes[f"FINDING {type(error).__name__}"] += 1
                print(f"file {number}: {type(error).__name__}: {error}", file=sys.stderr)
                if options.keep:
                    options.keep.mkdir(exist_ok=True)
                    shutil.copy(path, options.keep / f"{number}{path.suffix}")
            path.unlink()
            shutil.rmtree(root / "data" / AREA, ignore_errors=True)
    for outcome, count in outcomes.most_common():
        print(f"{count:>7,}  {outcome}")
    print(f"{options.files:,} files, {findings} findings, {time.perf_counter() - started:.0f} s")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
