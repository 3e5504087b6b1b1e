"""Registers at a URL: the bytes of a run with the folder, every change followed, nothing half there.

Oracle: the same project with the register as a folder.
"""

import json
import shutil
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import fsspec
import pandas as pd
import pyarrow as pa
import pytest
from fsspec.implementations.local import LocalFileSystem
from fsspec.implementations.memory import MemoryFileSystem
from fsspec.registry import known_implementations
from test_reads import write_import
from test_remote import OPTIONS, Lines, publisher_within_reach  # noqa: F401
from tiny_project import make_project, tree, write_notebook

from equity_lib.batch import remote
from equity_lib.batch.run import run, status
from equity_lib.batch.workers import environment
from equity_lib.errors import EnvironmentProblem, EquityError, WrongParameters
from equity_lib.registry import store
from equity_lib.registry.handover import handover
from equity_lib.registry.mirror import bring, held, mirror
from equity_lib.registry.rewriting import Rewriting, register_folder
from equity_lib.registry.takeover import takeover

AREA, ONE = "khon-kaen", "a" * 16
READS = """
import os
from pathlib import Path
from equity_lib.registry import store
from equity_lib.registry.register import Register
home = store.data_dir(Path(os.environ["EQUITY_ROOT"])) / area
print(Register(home, program_year).table("child", ["sex"])["sex"].tolist())
"""


@pytest.fixture(autouse=True)
def no_other_register(monkeypatch):
    for name in ("EQUITY_DATA_DIR", store.URL):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def office(tmp_path):
    """The folder of registers, where an office keeps it."""
    write_import(tmp_path / "office", ONE, 2562, ["f", "m"])
    return tmp_path / "office" / "data"


def make_reader(root):
    """A project whose first notebook reads the register."""
    write_notebook(make_project(root), "01_first", READS)
    return root


def uploaded(office):
    """The register in the memory of this process, as an object store holds it."""
    memory = MemoryFileSystem()
    memory.store.clear()
    memory.pseudo_dirs[:] = [""]
    for path in office.rglob("*"):
        if path.is_file():
            memory.pipe_file(f"/registers/{path.relative_to(office).as_posix()}", path.read_bytes())
    return "memory://registers"


def at_disk(office):
    return f"file://{office}"


def readable(folder):
    """What notebooks may read of a register, or of a copy of one."""
    found = [folder / AREA / "HEAD.json", *(folder / AREA).glob("imports/[0-9a-f]*/[0-9a-z]*")]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found if path.exists()}


@pytest.mark.parametrize(
    ("place", "pool"),
    [(at_disk, None), (uploaded, None), (at_disk, ProcessPoolExecutor), (uploaded, ThreadPoolExecutor)],
    ids=["disk", "memory", "disk, other processes", "memory, an executor"],
)
def test_run_with_the_register_at_a_url_gives_the_bytes_of_a_run_with_the_folder(
    office, tmp_path, monkeypatch, place, pool
):
    beside = make_reader(tmp_path / "beside")
    shutil.copytree(office, beside / "data")
    assert run(beside, options=OPTIONS, progress=Lines()) == 0
    root = make_reader(tmp_path / "away")
    monkeypatch.setenv(store.URL, place(office))
    with pool(2) if pool else ThreadPoolExecutor(1) as executor:
        assert run(root, options=OPTIONS, progress=Lines(), executor=executor if pool else None) == 0
    assert tree(root / "outputs") == tree(beside / "outputs")
    assert "['f', 'm']" in (root / "outputs/.runs/khon-kaen/2562/01_first.ipynb").read_text()
    assert status(root).lines() == []


def test_run_keeps_the_copy_private_and_out_of_outputs(office, tmp_path, monkeypatch):
    root = make_reader(tmp_path / "away")
    monkeypatch.setenv(store.URL, at_disk(office))
    assert run(root, options=OPTIONS, progress=Lines()) == 0
    copy = store.data_dir(root) / AREA
    folders = [copy, *(folder for folder in copy.parents if root in folder.parents)]
    assert root / "data" in folders
    assert {oct(folder.stat().st_mode & 0o777) for folder in folders} == {"0o700"}
    assert not list((root / "outputs").rglob("*.parquet"))
    assert not list((root / "outputs").rglob("HEAD.json"))
    assert store.URL not in environment(root, tmp_path)


def test_copy_open_to_others_is_refused(office, tmp_path):
    (tmp_path / "copy").mkdir(mode=0o755)
    (tmp_path / "copy").chmod(0o755)
    with pytest.raises(EnvironmentProblem, match="open to other users"):
        mirror(at_disk(office), AREA, tmp_path / "copy")


@pytest.mark.parametrize("place", [at_disk, uploaded])
def test_another_import_at_the_source_makes_the_run_stale(office, tmp_path, monkeypatch, place):
    root = make_reader(tmp_path / "away")
    monkeypatch.setenv(store.URL, place(office))
    assert run(root, options=OPTIONS, progress=Lines()) == 0
    with monkeypatch.context() as patch:
        patch.delenv(store.URL)
        write_import(office.parent, "b" * 16, 2562, ["m"])
    place(office)
    assert "register changed: register rows 2562 child" in " ".join(status(root).lines())
    assert run(root, options=OPTIONS, progress=Lines()) == 0
    assert "['m', 'm']" in (root / "outputs/.runs/khon-kaen/2562/01_first.ipynb").read_text()


@pytest.mark.parametrize("place", [at_disk, uploaded])
def test_child_erased_at_the_source_goes_from_the_copy(office, tmp_path, place):
    copy = tmp_path / "copy"
    mirror(place(office), AREA, copy)
    path = office / AREA / "imports" / ONE / "0-child.parquet"
    rewriting = Rewriting(office / AREA)
    kept = pd.read_parquet(path).iloc[1:]
    store.write_table(rewriting.aside(path), pa.Table.from_pandas(kept, preserve_index=False))
    rewriting.commit()
    mirror(place(office), AREA, copy)
    assert readable(copy) == readable(office)
    left = [each for each in copy.rglob("*.parquet") if "c0" in set(pd.read_parquet(each)["child_id"])]
    assert left == []


def test_register_taken_away_at_the_source_goes_from_the_copy(office, tmp_path):
    copy = tmp_path / "copy"
    mirror(at_disk(office), AREA, copy)
    shutil.rmtree(office / AREA)
    mirror(at_disk(office), AREA, copy)
    assert readable(copy) == {}
    assert not list(copy.rglob("*.parquet"))


def test_unchanged_register_is_not_copied_again(office, tmp_path, monkeypatch):
    copy = tmp_path / "copy"
    mirror(at_disk(office), AREA, copy)
    monkeypatch.setattr(LocalFileSystem, "get_file", lambda *_, **__: pytest.fail("copied again"))
    mirror(at_disk(office), AREA, copy)
    assert readable(copy) == readable(office)


class Plain(LocalFileSystem):
    """Tells no time and no tag of a file, as a plain web server does."""

    protocol = "plain"

    def ls(self, path, detail=False, **kwargs):
        found = super().ls(path, detail=True, **kwargs)
        told = [{key: each[key] for key in ("name", "size", "type")} for each in found]
        return told if detail else [each["name"] for each in told]


def test_file_without_a_version_is_copied_each_time(office, tmp_path):
    fsspec.register_implementation("plain", Plain, clobber=True)
    copy, path = tmp_path / "copy", office / AREA / "imports" / ONE / "manifest.json"
    mirror(f"plain://{office}", AREA, copy)
    path.write_bytes(path.read_bytes().replace(b"0001_first", b"0002_first"))
    mirror(f"plain://{office}", AREA, copy)
    assert readable(copy) == readable(office)


@pytest.mark.parametrize("step", range(4))
@pytest.mark.parametrize("earlier", [False, True], ids=["first copy", "later copy"])
def test_copy_interrupted_anywhere_is_the_earlier_one_and_completed_later(
    office, tmp_path, monkeypatch, step, earlier
):
    copy = tmp_path / "copy"
    if earlier:
        mirror(at_disk(office), AREA, copy)
    before = readable(copy)
    for number, name in enumerate("bcde"):
        write_import(office.parent, name * 16, 2562, ["f"] * (number + 1))
    whole, count = LocalFileSystem.get_file, iter(range(100))

    def cut(self, source, target, **kwargs):
        if next(count) == 2 * step + 1:
            Path(target).write_bytes(Path(source).read_bytes()[:9])
            raise KeyboardInterrupt
        return whole(self, source, target, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(LocalFileSystem, "get_file", cut)
        with pytest.raises(KeyboardInterrupt):
            mirror(at_disk(office), AREA, copy)
    assert {name: data for name, data in readable(copy).items() if name in before} == before
    assert bool(held(copy / AREA)) is earlier
    mirror(at_disk(office), AREA, copy)
    assert readable(copy) == readable(office)
    assert not [path for path in copy.rglob(".*") if path.name not in (".lock", ".source.json")]


def test_transfer_that_breaks_off_is_no_copy(office, tmp_path, monkeypatch):
    def cut(self, source, target, **kwargs):
        del self, kwargs
        Path(target).write_bytes(Path(source).read_bytes()[:9])

    monkeypatch.setattr(LocalFileSystem, "get_file", cut)
    with pytest.raises(EnvironmentProblem, match="changes while it is copied"):
        mirror(at_disk(office), AREA, tmp_path / "copy")
    assert readable(tmp_path / "copy") == {}


def test_import_while_copying_is_taken_in(office, tmp_path, monkeypatch):
    whole, more = LocalFileSystem.get_file, iter("b")

    def busy(self, source, target, **kwargs):
        for name in more:
            write_import(office.parent, name * 16, 2562, ["m"])
        return whole(self, source, target, **kwargs)

    monkeypatch.setattr(LocalFileSystem, "get_file", busy)
    mirror(at_disk(office), AREA, tmp_path / "copy")
    assert readable(tmp_path / "copy") == readable(office)


def test_register_without_the_area_is_no_register(office, tmp_path):
    mirror(at_disk(office), "demo", tmp_path / "copy")
    assert not held(tmp_path / "copy" / "demo")


@pytest.mark.parametrize(
    ("url", "code", "said"),
    [
        ("file:///srv/nothing", 6, "nothing is there"),
        ("memory://nothing", 6, "nothing is there"),
        ("nowhere://registers", 2, "a protocol that fsspec knows"),
        ("/srv/registers", 2, "no single address"),
        ("simplecache::file:///srv", 2, "no single address"),
        ("http://10.0.0.1/registers", 2, "an encrypted way, or this machine"),
        ("ftp://example.org/registers", 2, "an encrypted way, or this machine"),
    ],
)
def test_address_that_leads_nowhere_is_said(tmp_path, monkeypatch, url, code, said):
    MemoryFileSystem.store.clear()
    monkeypatch.setenv(store.URL, url)
    with pytest.raises(EquityError, match=said) as told:
        bring(tmp_path, [AREA])
    assert told.value.exit_code == code
    assert not list(tmp_path.rglob("HEAD.json"))


def test_address_of_a_missing_package_names_it(tmp_path, monkeypatch):
    known = {"class": "not_installed.System", "err": "Install it to reach it"}
    monkeypatch.setitem(known_implementations, "bucket", known)
    with pytest.raises(EnvironmentProblem, match="a package for bucket:// is missing: Install it"):
        mirror("bucket://registers", AREA, tmp_path)


class Refusing(LocalFileSystem):
    """Answers with an error that quotes what must not be told."""

    protocol = "refusing"
    error: Exception = OSError()

    def cat_file(self, path, start=None, end=None, **kwargs):
        del path, start, end, kwargs
        raise self.error


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (PermissionError(13, "key s3cret"), "permission denied"),
        (RuntimeError("403 for s3cret"), "RuntimeError"),
    ],
)
def test_access_refused_is_said_without_the_words_and_the_earlier_copy_stays(
    office, tmp_path, monkeypatch, error, said
):
    fsspec.register_implementation("refusing", Refusing, clobber=True)
    copy = tmp_path / "copy"
    mirror(at_disk(office), AREA, copy)
    monkeypatch.setattr(Refusing, "error", error)
    with pytest.raises(EnvironmentProblem) as told:
        mirror("refusing://who:s3cret@host/registers?token=s3cret", AREA, copy)
    assert f"refusing://host/registers can't be read: {said}." in str(told.value)
    assert "s3cret" not in str(told.value)
    assert told.value.__cause__ is None
    assert readable(copy) == readable(office)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("HEAD.json", "no JSON", "can't be read"),
        ("HEAD.json", '{"state": 7}', "not all of it"),
        ("states/1.json", '{"parts": [{"import_id": "../../elsewhere"}]}', "can't be read"),
        (".rewriting/journal.json", "{}", "is being rewritten"),
    ],
    ids=["broken", "not all there", "a name that leads out", "an erasure under way"],
)
def test_register_that_does_not_hold_is_refused(office, tmp_path, name, content, said):
    path = office / AREA / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(content)
    with pytest.raises(EnvironmentProblem, match=said):
        mirror(at_disk(office), AREA, tmp_path / "copy")
    assert readable(tmp_path / "copy") == {}


def test_job_of_another_copy_than_the_one_at_the_source_is_not_done(office, tmp_path):
    mirror(at_disk(office), AREA, tmp_path / "copy")
    job = {"request": {"area": AREA}, "url": at_disk(office), "held": held(tmp_path / "copy" / AREA)}
    assert remote._data(job, tmp_path / "worker") == str(tmp_path / "worker" / "data")
    write_import(office.parent, "b" * 16, 2562, ["m"])
    with pytest.raises(remote.Failed) as told:
        remote._data(job, tmp_path / "another worker")
    assert told.value.failure.kind == "changed"


def test_held_is_the_same_wherever_the_same_is(office, tmp_path):
    mirror(at_disk(office), AREA, tmp_path / "one")
    shutil.copytree(office, tmp_path / "moved")
    mirror(at_disk(tmp_path / "moved"), AREA, tmp_path / "other")
    assert held(tmp_path / "one" / AREA) == held(tmp_path / "other" / AREA) != ""


@pytest.mark.parametrize(
    "write",
    [
        lambda root: store.area_folder(root, AREA),
        lambda root: register_folder(root, AREA),
        lambda root: handover(root, AREA, root / "f", "passphrase"),
        lambda root: takeover(root / "f", root, "passphrase"),
    ],
    ids=["import", "erase", "handover", "takeover"],
)
def test_copy_is_not_written_to_or_given_away(tmp_path, monkeypatch, write):
    monkeypatch.setenv(store.URL, "memory://registers")
    with pytest.raises(WrongParameters, match="a copy here"):
        write(tmp_path)
    assert not list(tmp_path.iterdir())


def test_copy_is_recorded_as_json_that_names_no_place(office, tmp_path):
    mirror(at_disk(office), AREA, tmp_path / "copy")
    record = json.loads((tmp_path / "copy" / AREA / "imports" / ONE / ".source.json").read_text())
    assert record.keys() == {"0-child.parquet", "manifest.json"}
    assert str(tmp_path) not in json.dumps(record)
