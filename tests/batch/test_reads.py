"""A run is stale when what it asked of the register has another answer, and only then."""

import json
import shutil

import pandas as pd
import pyarrow as pa
import pytest
from tiny_project import make_project

from equity_lib.batch.fingerprints import Hashes, Inputs, fingerprint_of
from equity_lib.batch.plan import read_plan
from equity_lib.registry import store
from equity_lib.registry.asked import Asked, merged, noted
from equity_lib.registry.register import Register
from equity_lib.registry.store import Part

ROWS = Asked("rows", (2562,), "child", ("child_id", "sex"))


def write_import(root, import_id, year, sexes, tables=("child",)):
    """One import of one file, committed as the register's new state."""
    folder = store.area_folder(root, "khon-kaen")
    rows = pd.DataFrame({"child_id": [f"c{i}" for i in range(len(sexes))], "sex": sexes, "district": "4001"})
    home = folder / "imports" / import_id
    for table in tables:
        store.write_table(home / f"0-{table}.parquet", pa.Table.from_pandas(rows, preserve_index=False))
    (home / "manifest.json").write_text(json.dumps({"migrations": ["0001_first"], "parts": []}))
    parts = [*store.head(folder).parts, Part(import_id, 0, year, "f.csv", "raw", "")]
    store.commit(folder, parts)
    return folder


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.delenv("EQUITY_DATA_DIR", raising=False)
    made = make_project(tmp_path / "project", years=(2562, 2563))
    write_import(made, "a" * 16, 2562, ["f", "m"])
    return made


def found(root, *asked, year=2562):
    run = read_plan(root).runs("khon-kaen", year)[0]
    return fingerprint_of(Inputs(root, Hashes(root / "h.json")).components(run, asked or (ROWS,)))


def test_import_of_another_year_or_table_leaves_the_run_alone(root):
    before = found(root)
    write_import(root, "b" * 16, 2563, ["f"])
    write_import(root, "c" * 16, 2562, ["f"], tables=("screening",))
    assert found(root) == before


def test_import_of_the_table_makes_it_stale(root):
    before = found(root)
    write_import(root, "b" * 16, 2562, ["f"])
    assert found(root) != before


def test_change_of_a_column_that_was_not_read_leaves_the_run_alone(root):
    before, folder = found(root), store.data_dir(root) / "khon-kaen"
    path = folder / "imports" / ("a" * 16) / "0-child.parquet"
    rows = pd.read_parquet(path)
    store.write_table(path, pa.Table.from_pandas(rows.assign(district="4002"), preserve_index=False))
    assert found(root) == before
    store.write_table(path, pa.Table.from_pandas(rows.assign(sex=["m", "m"]), preserve_index=False))
    assert found(root) != before


def test_the_same_values_in_a_file_written_anew_are_the_same(root):
    before = found(root)
    path = store.data_dir(root) / "khon-kaen" / "imports" / ("a" * 16) / "0-child.parquet"
    store.write_table(path, pa.Table.from_pandas(pd.read_parquet(path), preserve_index=False))
    assert found(root) == before


def test_first_import_of_the_year_makes_stale_what_had_no_register(root):
    before = found(root, Asked("years", (2563,)), year=2563)
    write_import(root, "b" * 16, 2563, ["f"])
    assert found(root, Asked("years", (2563,)), year=2563) != before


def test_columns_of_a_register_are_answered_without_arrow_a_second_time(root, monkeypatch):
    from equity_lib.batch import fingerprints

    monkeypatch.setattr(fingerprints, "_RACY_NS", -1)
    hashes = Hashes(root / "h.json")
    run = read_plan(root).runs("khon-kaen", 2562)[0]
    first = Inputs(root, hashes).components(run, [ROWS])
    hashes.save()
    monkeypatch.setattr(fingerprints, "_column", lambda *_: pytest.fail("read again"))
    assert Inputs(root, Hashes(root / "h.json")).components(run, [ROWS]) == first


def test_register_notes_what_is_asked_of_it_and_no_value(root, monkeypatch, tmp_path):
    monkeypatch.setenv("EQUITY_READS", str(tmp_path / "reads"))
    register = Register(store.data_dir(root) / "khon-kaen", 2562)
    assert register.holds(2562)
    assert "child" in register.tables()
    register.table("child", ["sex"], {"program_year": [2562, 2563]})
    register.table("child", ["district"], {"program_year": [2562, 2563], "sex": "f"})
    asked = noted(tmp_path / "reads")
    assert asked == merged(register.asked)
    assert [each.what for each in asked] == ["rows", "tables", "years"]
    assert asked[0].years == (2562, 2563)
    assert {"child_id", "sex", "district"} <= set(asked[0].columns)


def test_asked_of_a_register_that_was_moved_is_the_same(root, tmp_path):
    before = found(root)
    moved = tmp_path / "moved"
    shutil.copytree(root, moved)
    assert found(moved) == before
