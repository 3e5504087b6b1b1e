"""Fingerprints: everything that decides a result changes them, nothing else does."""

import json
import os
import shutil
import time

import pytest
from tiny_project import make_project, write_notebook, write_year

from equity_lib.batch import fingerprints
from equity_lib.batch.fingerprints import Hashes, Inputs, fingerprint, fingerprint_of
from equity_lib.batch.plan import read_plan

PARTS = {
    "notebook": "a",
    "params": {"area": "x", "program_year": 2562},
    "reads": {"params/x/2562.yaml": "b"},
    "library": "c",
    "lock": "d",
    "ledger_head": "none",
}


def found(root, year=2562, name="01_first"):
    runs = read_plan(root).runs("khon-kaen", year)
    run = next(run for run in runs if run.name == name)
    return fingerprint_of(Inputs(root, Hashes(root / "hashes.json")).components(run))


def age(path, seconds=60):
    """As if written a minute ago: outside the time in which a second write could go unnoticed."""
    past = time.time_ns() - seconds * 10**9
    os.utime(path, ns=(past, past))


@pytest.mark.parametrize(
    "changed",
    [
        {"notebook": "z"},
        {"params": {"area": "x", "program_year": 2563}},
        {"params": {"area": "x", "program_year": "2562"}},
        {"reads": {"params/x/2562.yaml": "z"}},
        {"reads": {"params/x/2561.yaml": "b"}},
        {"library": "z"},
        {"lock": "z"},
        {"ledger_head": "z"},
    ],
)
def test_fingerprint_changes_with_each_component(changed):
    assert fingerprint(**(PARTS | changed)) != fingerprint(**PARTS)


def test_fingerprint_changes_with_python_minor_and_architecture(monkeypatch):
    before = fingerprint(**PARTS)
    monkeypatch.setattr(fingerprints, "_platform", lambda: "python3.99-riscv64")
    assert fingerprint(**PARTS) != before


def test_fingerprint_does_not_depend_on_the_order_of_keys():
    turned = PARTS | {"params": dict(reversed(PARTS["params"].items()))}
    assert fingerprint(**turned) == fingerprint(**PARTS)


def test_components_see_each_file(project):
    before = found(project)
    write_notebook(project, "01_first", "print('other')")
    assert (after := found(project)) != before
    write_year(project, 2562, text="grant: 2\n")
    assert (again := found(project)) != after
    (project / "requirements.lock").write_text("pandas==3\n")
    assert (locked := found(project)) != again
    (project / "params/khon-kaen/designs.yaml").write_text("x: 1\n")
    assert found(project) != locked


def test_components_see_earlier_years_and_not_later_ones(project):
    before = found(project)
    write_year(project, 2563)
    assert found(project) == before
    write_year(project, 2561)
    assert found(project) != before


def test_components_are_the_same_at_another_path_and_another_time(project, tmp_path):
    before = found(project)
    copy = shutil.copytree(project, tmp_path / "elsewhere", copy_function=shutil.copyfile)
    age(copy / "notebooks/01_first.ipynb", 10**6)
    assert found(copy) == before


def test_library_hash_sees_every_kind_of_file_but_no_cache(project, tmp_path, monkeypatch):
    package = tmp_path / "equity_lib"
    (package / "batch").mkdir(parents=True)
    monkeypatch.setattr(fingerprints, "__file__", str(package / "batch" / "fingerprints.py"))

    def library():
        return Inputs(project, Hashes(tmp_path / "h.json")).library

    seen = {library()}
    for name in ("a.py", "b.yaml", "c.json", "batch/d.html.j2", "e.css"):
        (package / name).write_text("x")
        seen.add(library())
    assert len(seen) == 6
    (package / "__pycache__").mkdir()
    (package / "__pycache__/a.cpython-311.pyc").write_text("x")
    assert library() in seen
    (package / "a.py").rename(package / "z.py")
    assert library() not in seen


def test_hashes_reads_an_unchanged_file_once_and_a_touched_one_to_the_same_hash(tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.write_text("x")
    age(path)
    monkeypatch.setattr(fingerprints, "_RACY_NS", -1)
    hashes = Hashes(tmp_path / "hashes.json")
    first = hashes.of(path)
    hashes.save()
    again = Hashes(tmp_path / "hashes.json")
    path.chmod(0)  # root reads it all the same, so see that it isn't opened
    monkeypatch.setattr(type(path), "read_bytes", lambda self: pytest.fail(f"read {self}"))
    again._known[str(path)][1] = path.stat().st_ctime_ns  # chmod changed it
    assert again.of(path) == first
    monkeypatch.undo()
    path.chmod(0o600)
    os.utime(path)
    assert again.of(path) == first


def test_hashes_notices_a_change_that_keeps_size_and_mtime(tmp_path, monkeypatch):
    monkeypatch.setattr(fingerprints, "_RACY_NS", -1)
    path = tmp_path / "file"
    path.write_text("x")
    age(path)
    hashes = Hashes(tmp_path / "hashes.json")
    before, stat = hashes.of(path), path.stat()
    path.write_text("y")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert hashes.of(path) != before


def test_hashes_does_not_trust_a_file_written_just_now(tmp_path):
    path = tmp_path / "file"
    path.write_text("x")
    hashes = Hashes(tmp_path / "hashes.json")
    hashes.of(path)
    assert not hashes._known


@pytest.mark.parametrize(
    "stored", ["", "{", "[]", '{"version": 99, "files": {}}', '{"version": 1, "files": 3}', "\x00\xff"]
)
def test_hashes_ignores_a_store_that_makes_no_sense(tmp_path, stored):
    store = tmp_path / "hashes.json"
    store.write_text(stored)
    path = tmp_path / "file"
    path.write_text("x")
    hashes = Hashes(store)
    assert hashes.of(path) == "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    hashes.save()
    assert json.loads(store.read_text())["version"] == 1


def test_hashes_of_a_missing_file_is_empty(tmp_path):
    assert Hashes(tmp_path / "h").of(tmp_path / "none") == ""


def test_components_name_files_relative_to_the_root(tmp_path):
    make_project(tmp_path)
    run = read_plan(tmp_path).runs("khon-kaen", 2562)[0]
    assert str(tmp_path) not in json.dumps(Inputs(tmp_path, Hashes(tmp_path / "h")).components(run))
