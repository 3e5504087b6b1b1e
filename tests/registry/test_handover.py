"""A register handed over. Oracle: the two folders, file by file; after a kill, the one or the other."""

import hashlib
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from equity_lib.errors import EnvironmentProblem, EquityError, InputRejected, WrongParameters
from equity_lib.registry import handover as moving
from equity_lib.registry import identity
from equity_lib.registry.handover import backup_key, handover, restore_key, takeover
from equity_lib.registry.identity import pseudonyms, seal, write_map
from equity_lib.registry.keys import init_key, load_key
from equity_lib.registry.store import lock

AREA, PASSPHRASE = "khon-kaen", "five random words in a row"


def tree(folder: Path) -> dict[str, bytes]:
    found = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != ".lock")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """An office with a register, and the empty place of the next."""
    monkeypatch.setattr(identity, "CHUNK", 256)
    monkeypatch.setattr(identity, "SCRYPT_LOG_N", 10)
    old, new = (
        SimpleNamespace(
            root=tmp_path / name / "project", data=tmp_path / name / "data", key=tmp_path / name / "own/k.key"
        )
        for name in ("old", "new")
    )
    for side in (old, new):
        (side.root / "params").mkdir(parents=True)
    monkeypatch.setenv("EQUITY_KEY_FILE", str(old.key))
    monkeypatch.setenv("EQUITY_DATA_DIR", str(old.data))
    init_key(AREA)
    key = load_key(AREA, old.root, old.data)
    files = {
        "HEAD.json": b"{}",
        "states/1.json": b"[1]",
        "imports/a1/child.parquet": bytes(600),
        "private/raw/a1/f.csv": b"raw",
    }
    for name, content in {
        **files,
        "private/quarantine/a1.xlsx": b"",
        ".lock": b"",
        "states/.1.json.ab": b"half",
    }.items():
        path = old.data / AREA / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    ids = pd.Series(["1409900000018", "G644200000001"], dtype="str")
    frame = pd.DataFrame({"pseudonym": pseudonyms(ids, key), "id": ids, "names": "ก"}).astype("str")
    (old.data / AREA / "private/identity").mkdir()
    write_map(old.data / AREA / "private/identity/a1.map", frame, key)
    params = old.root / "params" / AREA
    params.mkdir()
    (params / "2562.yaml").write_text("year: 2562")
    (params / "mapping.yaml").write_text("columns: {}")
    return SimpleNamespace(old=old, new=new, file=tmp_path / "register.equity", key=key, env=monkeypatch)


def give(office: SimpleNamespace) -> moving.Receipt:
    office.env.setenv("EQUITY_DATA_DIR", str(office.old.data))
    return handover(office.old.root, AREA, office.file, PASSPHRASE)


def take(office: SimpleNamespace, passphrase: str = PASSPHRASE) -> moving.Receipt:
    office.env.setenv("EQUITY_KEY_FILE", str(office.new.key))
    office.env.setenv("EQUITY_DATA_DIR", str(office.new.data))
    return takeover(office.file, office.new.root, passphrase)


def assert_taken(office: SimpleNamespace) -> None:
    expected = {name: content for name, content in tree(office.old.data).items() if "/." not in name}
    assert tree(office.new.data) == expected
    assert tree(office.new.root) == tree(office.old.root)
    assert load_key(AREA, office.new.root, office.new.data) == office.key
    assert [path.name for path in office.new.key.parent.iterdir()] == ["k.key"]


def assert_nothing(office: SimpleNamespace) -> None:
    for folder in (office.new.data, office.new.root, office.new.key.parent):
        assert tree(folder) == {}
    assert not list((office.new.root / "params").iterdir())


def test_handover_and_takeover(office: SimpleNamespace) -> None:
    given, taken = give(office), take(office)
    assert_taken(office)
    assert taken == given
    assert given.checksum == hashlib.sha256(office.file.read_bytes()).hexdigest()
    assert given.children == 2
    assert given.files == {
        "data": 1,
        "data/imports/a1": 1,
        "data/private/identity": 1,
        "data/private/quarantine": 1,
        "data/private/raw": 1,
        "data/states": 1,
        "params": 2,
    }
    assert given.checksum in str(given)
    assert office.file.stat().st_mode & 0o777 == 0o600
    modes = {path.stat().st_mode & 0o077 for path in office.new.data.rglob("*") if path.name != ".lock"}
    assert modes == {0}


def test_handover_file_shows_nothing(office: SimpleNamespace) -> None:
    give(office)
    content = office.file.read_bytes()
    for inside in (bytes(office.key), b"HEAD.json", b"2562", b"quarantine", AREA.encode()):
        assert inside not in content


def test_handover_where_it_must_not_be(office: SimpleNamespace) -> None:
    for inside in (office.old.root, office.old.data):
        with pytest.raises(WrongParameters, match="misplaced"):
            handover(office.old.root, AREA, inside / "out", PASSPHRASE)
    office.file.write_bytes(b"something")
    with pytest.raises(EnvironmentProblem, match="stays as it is"):
        give(office)
    assert office.file.read_bytes() == b"something"


def test_handover_of_what_could_not_be_used(office: SimpleNamespace) -> None:
    path = office.old.data / AREA / "link"
    path.symlink_to("/etc/passwd")
    with pytest.raises(EnvironmentProblem, match="a link is in it"):
        give(office)
    path.unlink()
    office.old.key.unlink()
    init_key(AREA)  # another key
    with pytest.raises(InputRejected, match="another key"):
        give(office)
    shutil.rmtree(office.old.data / AREA)
    with pytest.raises(EnvironmentProblem, match="no register"):
        give(office)
    assert not office.file.exists()


def test_handover_finishes_an_erasure_first(office: SimpleNamespace) -> None:
    """A killed erasure whose journal stands is carried out, so the erased row doesn't travel."""
    stage = office.old.data / AREA / ".rewriting"
    stage.mkdir()
    (stage / "0.csv").write_bytes(b"erased")
    (stage / "journal.json").write_text(json.dumps({"private/raw/a1/f.csv": "0.csv"}))
    give(office)
    take(office)
    assert (office.new.data / AREA / "private/raw/a1/f.csv").read_bytes() == b"erased"
    assert_taken(office)


def test_takeover_of_no_file(office: SimpleNamespace) -> None:
    with pytest.raises(EnvironmentProblem, match="no file"):
        take(office)
    with pytest.raises(EnvironmentProblem, match="no file"):
        restore_key(office.file, PASSPHRASE, office.new.key, None, None)
    assert_nothing(office)


def test_takeover_with_another_passphrase(office: SimpleNamespace) -> None:
    give(office)
    with pytest.raises(InputRejected, match="passphrase"):
        take(office, PASSPHRASE + "!")
    assert_nothing(office)


def test_takeover_of_a_file_cut_at_every_chunk(office: SimpleNamespace) -> None:
    give(office)
    content = office.file.read_bytes()
    edges = {81 + 272 * n + near for n in range(len(content) // 272 + 1) for near in (-1, 0, 1)}
    for cut in sorted(edge for edge in edges if edge < len(content)):
        office.file.write_bytes(content[:cut])
        with pytest.raises(InputRejected):
            take(office)
        assert not office.new.data.exists()
    assert_nothing(office)
    office.file.write_bytes(content)
    take(office)
    assert_taken(office)


def test_takeover_of_a_file_changed_in_every_chunk(office: SimpleNamespace) -> None:
    give(office)
    content = office.file.read_bytes()
    for place in [0, 8, 16, 20, 60, *range(81, len(content), 136), len(content) - 1]:
        office.file.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        with pytest.raises(InputRejected):
            take(office)
    office.file.write_bytes(content + b"\0")
    with pytest.raises(InputRejected):
        take(office)
    assert_nothing(office)


@pytest.mark.parametrize(
    ("name", "size", "said"),
    [
        ("data/../../out", 2, "outside"),
        ("/data/x", 2, "outside"),
        ("elsewhere/x", 2, "outside"),
        ("data", 2, "outside"),
        ("data/x", 3, "less"),
        ("data/x", 1, "isn't what"),
        ("data/x", 2, "isn't what"),
    ],
)
def test_takeover_of_a_file_made_by_another_hand(
    office: SimpleNamespace, name: str, size: int, said: str
) -> None:
    receipt = {"area": AREA, "files": {}, "children": 0, "size": 2}
    digest = hashlib.sha256(b"12" if said != "isn't what" else b"13").hexdigest()
    manifest = json.dumps({"format": 1, "receipt": receipt, "files": {name: [size, digest]}}).encode()
    blocks = [len(manifest).to_bytes(8, "big"), manifest, bytes(32), b"12"]
    office.file.write_bytes(b"".join(seal(blocks, PASSPHRASE, "handover")))
    with pytest.raises(InputRejected, match=said):
        take(office)
    assert_nothing(office)


def test_takeover_of_another_format(office: SimpleNamespace) -> None:
    office.env.setattr(moving, "_FORMAT", 2)
    give(office)
    office.env.setattr(moving, "_FORMAT", 1)
    with pytest.raises(InputRejected, match="format"):
        take(office)


def test_takeover_where_something_is(office: SimpleNamespace) -> None:
    give(office)
    office.env.setenv("EQUITY_KEY_FILE", str(office.new.key))
    init_key(AREA)
    (office.new.data / AREA).mkdir(parents=True)
    (office.new.data / AREA / "HEAD.json").write_text("theirs")
    params = office.new.root / "params" / AREA
    params.mkdir()
    (params / "2562.yaml").write_text("year: 2599")
    before = [tree(office.new.data), tree(office.new.root), office.new.key.read_bytes()]
    with pytest.raises(WrongParameters, match="nothing was taken over") as caught:
        take(office)
    assert len(caught.value.faults) == 3
    assert [tree(office.new.data), tree(office.new.root), office.new.key.read_bytes()] == before


def test_takeover_keeps_what_is_the_same(office: SimpleNamespace) -> None:
    give(office)
    shutil.copytree(office.old.root / "params" / AREA, office.new.root / "params" / AREA)
    (office.new.root / "params" / AREA / "mapping.yaml").unlink()
    take(office)
    assert_taken(office)


def test_two_takeovers_at_once(office: SimpleNamespace) -> None:
    give(office)
    office.new.data.mkdir()
    office.env.setattr(moving, "lock", lambda folder: lock(folder, 0.1))
    with lock(office.new.data), pytest.raises(EnvironmentProblem, match="is running"):
        take(office)
    take(office)
    assert_taken(office)


def dying(office: SimpleNamespace, moment: int) -> int:
    """Run a takeover in a child that dies at its n-th change of the disk; its exit status."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    left = [moment]
    try:
        for name in ("mkdir", "link", "rename", "replace", "unlink", "rmdir", "fsync", "fdopen"):
            office.env.setattr(os, name, counted(getattr(os, name), left))
        take(office)
    except BaseException:  # noqa: BLE001 - the child must not return into pytest
        os._exit(1)
    os._exit(0)


def counted(call, left):  # type: ignore[no-untyped-def]
    def then(*given, **named):  # type: ignore[no-untyped-def]
        left[0] -= 1
        if left[0] < 0:
            os._exit(9)
        return call(*given, **named)

    return then


def test_takeover_killed_at_every_change_of_the_disk(office: SimpleNamespace) -> None:
    """Oracle: the register is absent or whole (then with key and parameters); the next takeover completes."""
    give(office)
    ended, seen = 9, set()
    for moment in range(400):
        ended = dying(office, moment)
        target = office.new.data / AREA
        seen.add(target.exists())
        assert ended in (0, 9)
        if target.exists():
            taken = office.new.data / ".takeover-khon-kaen"
            shutil.rmtree(taken, ignore_errors=True)
            office.env.setenv("EQUITY_KEY_FILE", str(office.new.key))
            assert_taken(office)
        elif moment % 7 == 0:
            take(office)
            assert_taken(office)
        for folder in (office.new.data, office.new.root / "params" / AREA, office.new.key.parent):
            shutil.rmtree(folder, ignore_errors=True)
        if ended == 0:
            break
    assert ended == 0
    assert seen == {False, True}


def test_takeover_after_a_killed_one_of_another_file(office: SimpleNamespace) -> None:
    """A second handover, with another key and other parameters, isn't blocked by what the first left."""
    give(office)
    for moment in range(400):
        dying(office, moment)
        assert not (office.new.data / AREA).exists()
        if (office.new.root / "params" / AREA / "mapping.yaml").exists():
            break
    assert office.new.key.exists()
    office.file.unlink()
    shutil.rmtree(office.old.data / AREA / "private/identity")
    office.env.setenv("EQUITY_KEY_FILE", str(office.old.key))
    office.old.key.unlink()
    init_key(AREA)
    office.key = load_key(AREA, office.old.root, office.old.data)
    (office.old.root / "params" / AREA / "2562.yaml").write_text("year: 2563")
    give(office)
    take(office)
    assert_taken(office)


def test_undo_spares_what_others_made(office: SimpleNamespace) -> None:
    """A key and parameters that a killed takeover named but that hold something else stay."""
    give(office)
    office.env.setenv("EQUITY_KEY_FILE", str(office.new.key))
    init_key(AREA)
    before = office.new.key.read_bytes()
    stage = office.new.data / ".takeover-khon-kaen"
    stage.mkdir(parents=True)
    (stage / "journal.json").write_text(json.dumps({str(office.new.key): "0" * 64}))
    with pytest.raises(WrongParameters, match="another key"):
        take(office)
    assert office.new.key.read_bytes() == before
    assert not stage.exists()


def test_takeover_that_fails_midway_leaves_nothing(office: SimpleNamespace) -> None:
    give(office)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with office.env.context() as env:
        env.setattr(Path, "rename", full)
        with pytest.raises(OSError, match="No space"):
            take(office)
    assert_nothing(office)


def test_key_backup(office: SimpleNamespace, tmp_path: Path) -> None:
    file, place = tmp_path / "backup.equity", tmp_path / "again/k.key"
    backup_key(office.key, file, PASSPHRASE)
    assert bytes(office.key) not in file.read_bytes()
    with pytest.raises(InputRejected, match="passphrase"):
        restore_key(file, "another pass phrase", place, None, None)
    assert restore_key(file, PASSPHRASE, place, office.old.root, office.old.data).read_bytes() == office.key
    with pytest.raises(EnvironmentProblem, match="stays as it is"):
        restore_key(file, PASSPHRASE, place, None, None)
    with pytest.raises(InputRejected, match="not a whole handover"):
        takeover(file, office.new.root, PASSPHRASE)
    content = file.read_bytes()
    for cut in range(0, len(content), 5):
        file.write_bytes(content[:cut])
        with pytest.raises(EquityError):
            restore_key(file, PASSPHRASE, tmp_path / "other/k.key", None, None)
    assert not (tmp_path / "other").exists()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.dictionaries(st.text("abก", min_size=1, max_size=5), st.binary(max_size=900), min_size=1))
def test_handover_of_any_files(office: SimpleNamespace, files: dict[str, bytes]) -> None:
    shutil.rmtree(office.old.data / AREA)
    (office.old.data / AREA).mkdir()
    for name, content in {**files, "HEAD.json": b"{}"}.items():
        (office.old.data / AREA / name).write_bytes(content)
    office.env.setenv("EQUITY_KEY_FILE", str(office.old.key))
    given = give(office)
    assert replace(take(office), checksum="") == replace(given, checksum="")
    assert_taken(office)
    office.file.unlink()
    for folder in (office.new.data, office.new.root / "params" / AREA, office.new.key.parent):
        shutil.rmtree(folder)
