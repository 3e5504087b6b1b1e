"""The offices' files: the same bytes everywhere, marked synthetic, sized as published."""

import csv
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest
from conftest import Demo
from stdnum.th import pin

from equity_lib.demo.parameters import designs_text, mapping_text, year_text
from equity_lib.demo.scenario import Scenario
from equity_lib.programme.loading import load_year

#: How each delimited file is written: encoding and delimiter, by the first words of its name.
FORMS = {
    "screening": ("cp874", ","),
    "attendance-synthetic-2562": ("utf-16", "\t"),
    "attendance": ("utf-8", ","),
    "support-covid": ("utf-8-sig", ";"),
    "partners": ("utf-8", ","),
}
REPOSITORY = Path(__file__).parents[2]
WRITE = """
import sys
from pathlib import Path
from equity_lib.demo.offices import write_offices
from equity_lib.demo.scenario import Scenario
write_offices(Scenario(years=1), Path(sys.argv[1]), {})
"""


def hashes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_files_are_the_same_bytes_whatever_the_process_zone_or_hash_seed(tmp_path: Path) -> None:
    runs = []
    for seed, zone in (("0", "UTC"), ("4242", "Asia/Bangkok")):
        folder = tmp_path / seed
        env = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "OMP_NUM_THREADS": str(1 + (seed == "0"))}
        runs.append((folder, subprocess.Popen([sys.executable, "-c", WRITE, str(folder)], env=env)))
    assert [run.wait() for _, run in runs] == [0, 0]
    first, second = (hashes(folder) for folder, _ in runs)
    assert len(first) == 9
    assert first == second


def test_another_seed_gives_other_children() -> None:
    draws = [Scenario(seed=seed).rng("children").random() for seed in (1, 2)]
    assert draws[0] != draws[1]


def test_every_file_and_sheet_says_that_it_is_synthetic(demo: Demo) -> None:
    files = [path for path in demo.source.rglob("*") if path.suffix in (".csv", ".txt", ".xlsx")]
    assert len(files) == 25
    for path in files:
        assert "synthetic" in path.name
        if path.suffix == ".xlsx":
            book = openpyxl.load_workbook(path, read_only=True)
            heads = [next(sheet.iter_rows(max_row=1, values_only=True))[0] for sheet in book]
        else:
            encoding, delimiter = next(form for start, form in FORMS.items() if path.name.startswith(start))
            lines = path.read_bytes().decode(encoding).split("\r\n")
            heads = [next(csv.reader(lines, delimiter=delimiter))[0]]
        for head in heads:
            assert "SYNTHETIC" in str(head), path.name
            assert "ข้อมูลสังเคราะห์" in str(head) or "partners" in path.name


def test_ids_pass_the_checksum_of_stdnum_and_belong_to_nobody(demo: Demo) -> None:
    for canary in demo.truth["canaries"]:
        assert pin.calc_check_digit(canary["child_id"][:-1]) == canary["child_id"][-1]
        assert canary["child_id"].startswith("94000")
        assert not pin.is_valid(canary["child_id"]), "stdnum knows that no ID starts with 9"


def test_parameters_of_the_repository_are_the_generators() -> None:
    folder, scenario = REPOSITORY / "params" / "demo", Scenario()
    assert (folder / "mapping.yaml").read_text("utf-8") == mapping_text()
    assert (folder / "designs.yaml").read_text("utf-8") == designs_text()
    for year in scenario.program_years:
        assert (folder / f"{year}.yaml").read_text("utf-8") == year_text(scenario, year)


def test_first_year_claims_what_was_published() -> None:
    own, published = (load_year(REPOSITORY, area, 2562) for area in ("demo", "khon-kaen"))
    assert own.kind == "synthetic"
    assert own.streams is not None
    assert published.streams is not None
    assert [(s.key, s.rate, s.cases) for s in own.streams] == [
        (s.key, s.rate, s.cases) for s in published.streams
    ]
    assert own.grant.amount == published.grant.amount
    assert own.stated_total is not None
    assert published.stated_total is not None
    assert own.stated_total.amount == published.stated_total.amount == 4_032_600


@pytest.mark.parametrize("year", [2563, 2564])
def test_later_totals_agree(year: int) -> None:
    own = load_year(REPOSITORY, "demo", year)
    assert own.stated_total is not None
    assert own.stated_total.amount == sum((s.rate or 0) * (s.cases or 0) for s in own.streams or [])
