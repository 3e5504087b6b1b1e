"""Erasure and rotation. Oracle: the files made without the child; after a kill, the old or the new."""

import datetime
import json
import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import AREA as OFFICE_AREA
from conftest import Office, citizen, row, rows

from equity_lib.errors import EnvironmentProblem, WrongParameters
from equity_lib.registry import erasure
from equity_lib.registry.erasure import LOG, Rewriting, erase, rotate_key, settle
from equity_lib.registry.handover import handover, takeover
from equity_lib.registry.identity import add_link, live_aliases, pseudonyms, read_map, write_map
from equity_lib.registry.keys import Key, init_key, load_key, waiting_path
from equity_lib.registry.register import Register
from equity_lib.registry.store import lock

AREA, TODAY = "khon-kaen", datetime.date(2026, 11, 24)
ONE, TWO = "0123456789abcdef", "fedcba9876543210"
CANARY, OTHER, CODE = "1409900000018", "1409900000026", "G644200000001"
PEOPLE = [(CANARY, "น้ำ", "ใจดี"), (OTHER, "น้ำ", "ใจดี"), (CODE, "มา", "ดี"), ("N|ฟ้า|ใส|2560-01-02", "ฟ้า", "ใส")]


def some(key: bytes, *ids: str) -> list[str]:
    return list(pseudonyms(pd.Series(list(ids), dtype="str"), key))


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """An area with two imports; the canary is in both."""
    root, data = tmp_path / "project", tmp_path / "data"
    folder = data / AREA
    monkeypatch.setenv("EQUITY_KEY_FILE", str(tmp_path / "own/k.key"))
    monkeypatch.setenv("EQUITY_DATA_DIR", str(data))
    init_key(AREA)
    key = load_key(AREA, root, data)
    for place in ("states", f"imports/{ONE}", f"imports/{TWO}", "private/identity", f"private/raw/{ONE}"):
        (folder / place).mkdir(parents=True)
    (folder / "HEAD.json").write_text('{"state": 2}')
    for number, ids in ((ONE, [CANARY, OTHER, CODE]), (TWO, [CANARY, CODE, PEOPLE[3][0]])):
        table = pa.table({"child_id": some(key, *ids), "amount": [800] * 3})
        table = table.set_column(0, "child_id", table["child_id"].dictionary_encode())
        pq.write_table(table, folder / "imports" / number / "1-payment.parquet")
        frame = pd.DataFrame(
            [person for person in PEOPLE if person[0] in ids], columns=["id", "given_name", "surname"]
        )
        frame.insert(0, "pseudonym", some(key, *frame["id"]))
        write_map(folder / f"private/identity/{number}.map", frame.astype("str"), key)
    return SimpleNamespace(
        root=root, data=data, folder=folder, key=key, env=monkeypatch, key_file=tmp_path / "own/k.key"
    )


def children(archive: SimpleNamespace, number: str) -> list[str]:
    return pq.read_table(archive.folder / "imports" / number / "1-payment.parquet")["child_id"].to_pylist()


def tree(folder: Path) -> dict[str, bytes]:
    found = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != ".lock")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def raw(archive: SimpleNamespace, name: str, content: bytes = b"") -> Path:
    path: Path = archive.folder / f"private/raw/{ONE}" / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("who", [CANARY, "1-4099-00000-01-8", "๑๔๐๙๙๐๐๐๐๐๐๑๘", "the pseudonym"])
def test_erase_takes_a_child_out_everywhere(archive: SimpleNamespace, who: str) -> None:
    pseudonym = some(archive.key, CANARY)[0]
    done = erase(archive.root, AREA, pseudonym if who == "the pseudonym" else who, TODAY)
    assert children(archive, ONE) == some(archive.key, OTHER, CODE)
    assert children(archive, TWO) == some(archive.key, CODE, PEOPLE[3][0])
    for number in (ONE, TWO):
        assert CANARY not in set(
            read_map(archive.folder / f"private/identity/{number}.map", archive.key)["id"]
        )
    assert (done.erasure, done.imports, done.rows, done.dropped, done.unsure) == (1, (ONE, TWO), 4, 0, 0)
    log = (archive.folder / LOG).read_text()
    assert CANARY not in log
    assert pseudonym not in log
    assert json.loads(log)[0] == {
        "erasure": 1, "date": "2026-11-24", "imports": [ONE, TWO], "rows": 4, "dropped": 0, "unsure": 0,
    }  # fmt: skip
    assert pq.read_schema(archive.folder / f"imports/{ONE}/1-payment.parquet").field(
        "child_id"
    ).type == pa.dictionary(pa.int32(), pa.string())


def test_erasures_are_numbered_and_nobody_is_refused(archive: SimpleNamespace) -> None:
    erase(archive.root, AREA, CANARY, TODAY)
    before = tree(archive.folder)
    for who in (CANARY, "0" * 32, "9", ""):
        with pytest.raises(WrongParameters, match="Nobody") as caught:
            erase(archive.root, AREA, who, TODAY)
        assert CANARY not in str(caught.value)
    assert tree(archive.folder) == before
    assert erase(archive.root, AREA, CODE, TODAY).erasure == 2


def test_erase_of_a_linked_child_takes_both_ids(archive: SimpleNamespace) -> None:
    add_link(archive.folder, "1409900000034", CODE, archive.key)
    path = raw(
        archive,
        "1-a.csv",
        b"id,amount\r\nG644200000001,800\r\n1-4099-00000-03-4,800\r\n1409900000026,800\r\n",
    )
    erase(archive.root, AREA, "1409900000034", TODAY)
    assert path.read_bytes() == b"id,amount\r\n\r\n\r\n1409900000026,800\r\n"
    assert live_aliases(archive.folder, archive.key).empty  # type: ignore[union-attr]


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "cp874", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_erase_blanks_lines_and_spares_the_others_to_the_byte(
    archive: SimpleNamespace, coding: str, end: str
) -> None:
    gone = [
        f"{CANARY},ก,ข,800",
        '1-4099-00000-01-8,"a\r\nb",x,1',
        "1 4099 00000 01 8,,,",
        ",ด.ช.น้ำ,ใจดี,800",
        ",เด็กหญิง น้ำ  ใจดี,,",
        ",ใจดี,น้ำ,",
        f"{CANARY}.0,,,",
    ]
    kept = [
        f"{OTHER},น้ำ,ใจดี,800",
        "11409900000018,,,",
        "14099000000181,,,",
        ",น้ำ,ใจดีมาก,",
        ",น้ำฝน,ใจดี,",
        ",สายน้ำ,ใจดี,",
        "140990000001,8,,",
    ]
    if coding.startswith("utf"):
        gone += [
            "๑๔๐๙๙๐๐๐๐๐๐๑๘,,,",
            ",น\u0e49\u0e4dา,ใจดี,",
            "1409\u200b900000018,,,",
            "１４０９９０００００００１８"[:0] + CANARY,
        ]
    text = end.join(["หัว,ข,ค,ง", *gone, *kept]) + end
    path = raw(archive, "1-a.csv", text.encode(coding))
    done = erase(archive.root, AREA, CANARY, TODAY)
    blank = ["\r\n" if "\r" in row else "" for row in gone]
    assert path.read_bytes() == end.join(["หัว,ข,ค,ง", *blank, *kept, ""]).encode(coding)
    assert done.rows == 4 + len(gone)
    assert done.unsure == 1


def test_erase_blanks_rows_of_workbooks(archive: SimpleNamespace) -> None:
    book = openpyxl.Workbook()
    sheet, hidden = book.active, book.create_sheet("hidden")
    hidden.sheet_state = "hidden"
    for cells in (
        ["id", "ชื่อ", "สกุล", "n"],
        [int(CANARY), "x", "y", 1],
        [OTHER, "น้ำ", "ใจดี", 2],
        [None, "ด.ญ.น้ำ", "ใจดี", 3],
    ):
        sheet.append(cells)
    sheet["A2"].comment = openpyxl.comments.Comment(f"โทร {CANARY}", "clerk")
    sheet["E3"] = "=D3*2"
    sheet.merge_cells("B2:C2")
    hidden.append(["1-4099-00000-01-8"])
    hidden.append([7])
    path = raw(archive, "1-a.xlsx")
    book.save(path)
    fix = archive.folder / f"private/quarantine/{ONE}.xlsx"
    fix.parent.mkdir()
    shutil.copy(path, fix)
    untouched = raw(archive, "2-b.xlsx")
    other = openpyxl.Workbook()
    other.active.append([OTHER])
    other.save(untouched)
    before = untouched.read_bytes()
    done = erase(archive.root, AREA, CANARY, TODAY)
    assert done.rows == 4 + 2 * 3
    for place in (path, fix):
        after = openpyxl.load_workbook(place)
        rows = [[cell for cell in row if cell is not None] for row in after.worksheets[0].values]
        assert rows == [["id", "ชื่อ", "สกุล", "n"], [], [OTHER, "น้ำ", "ใจดี", 2]]
        assert list(after["hidden"].values)[1] == (7,)
        with zipfile.ZipFile(place) as parts:
            everything = b"".join(parts.read(name) for name in parts.namelist())
        assert CANARY.encode() not in everything
        assert "ด.ญ.".encode() not in everything
    assert untouched.read_bytes() == before


def test_erase_drops_what_it_cannot_rewrite(archive: SimpleNamespace) -> None:
    paths = [
        raw(archive, name, b"anything")
        for name in ("1-a.xls", "2-b.ods", "3-c.parquet", "4-d.xlsx", f"5-{CANARY}.csv")
    ]
    elsewhere = archive.folder / "private/raw/00000000000000ff"
    elsewhere.mkdir()
    (elsewhere / "1-a.xls").write_bytes(b"of an import without the child")
    (elsewhere / "2-a.xlsx").write_bytes(b"the same")
    book = openpyxl.Workbook()
    book.active.append([OTHER])
    book.properties.title = CANARY
    book.save(paths[3].with_name("6-e.xlsx"))
    done = erase(archive.root, AREA, CANARY, TODAY)
    assert done.dropped == 6
    assert not any(path.exists() for path in paths)
    assert len(list(elsewhere.iterdir())) == 2


def test_erase_takes_rows_whose_text_names_the_id(archive: SimpleNamespace) -> None:
    path = archive.folder / f"imports/{ONE}/2-case.parquet"
    pq.write_table(
        pa.table({"child_id": ["a", "b", None], "note": [f"see {CANARY}", f"see {OTHER}", None]}), path
    )
    erase(archive.root, AREA, CANARY, TODAY)
    assert pq.read_table(path)["child_id"].to_pylist() == ["b", None]


def test_erase_refuses_where_no_personal_value_may_stand(archive: SimpleNamespace) -> None:
    (archive.folder / f"imports/{ONE}/manifest.json").write_text(json.dumps({"note": CANARY}))
    before = tree(archive.folder)
    with pytest.raises(EnvironmentProblem, match="Nothing was changed") as caught:
        erase(archive.root, AREA, CANARY, TODAY)
    assert CANARY not in str(caught.value)
    settle(archive.folder)
    assert tree(archive.folder) == before


def test_without_a_register(archive: SimpleNamespace) -> None:
    shutil.rmtree(archive.folder)
    with pytest.raises(EnvironmentProblem, match="no register"):
        erase(archive.root, AREA, CANARY, TODAY)
    with pytest.raises(EnvironmentProblem, match="no register"):
        rotate_key(archive.root, AREA)
    assert not archive.folder.exists()


def test_erase_waits_for_the_lock(archive: SimpleNamespace) -> None:
    archive.env.setattr(erasure, "lock", lambda folder: lock(folder, 0.1))
    with lock(archive.folder), pytest.raises(EnvironmentProblem, match="running"):
        erase(archive.root, AREA, CANARY, TODAY)


def test_rotation_keeps_linkage(archive: SimpleNamespace) -> None:
    add_link(archive.folder, "1409900000034", CODE, archive.key)
    before = {number: children(archive, number) for number in (ONE, TWO)}
    names = read_map(archive.folder / f"private/identity/{TWO}.map", archive.key).drop(columns="pseudonym")
    new = rotate_key(archive.root, AREA)
    assert new != archive.key
    assert load_key(AREA, archive.root, archive.data) == new
    assert children(archive, ONE) == some(new, CANARY, OTHER, CODE)
    assert children(archive, TWO) == some(new, CANARY, CODE, PEOPLE[3][0])
    assert not set(before[ONE]) & set(children(archive, ONE))
    after = read_map(archive.folder / f"private/identity/{TWO}.map", new)
    pd.testing.assert_frame_equal(after.drop(columns="pseudonym"), names)
    assert list(after["pseudonym"]) == children(archive, TWO)
    assert live_aliases(archive.folder, new).to_dict() == {"1409900000034": CODE}  # type: ignore[union-attr]
    assert not waiting_path(archive.key_file).exists()


def test_rotation_without_a_register(archive: SimpleNamespace) -> None:
    shutil.rmtree(archive.folder / "private/identity")
    with pytest.raises(EnvironmentProblem, match="no identity map"):
        rotate_key(archive.root, AREA)
    assert load_key(AREA, archive.root, archive.data) == archive.key


def test_rotation_that_fails_changes_nothing(archive: SimpleNamespace) -> None:
    before = tree(archive.folder)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with archive.env.context() as env:
        env.setattr(Rewriting, "commit", full)
        with pytest.raises(OSError, match="No space"):
            rotate_key(archive.root, AREA)
    assert load_key(AREA, archive.root, archive.data) == archive.key
    assert tree(archive.folder) == before


def dying(archive: SimpleNamespace, moment: int, work: Callable[[], object]) -> int:
    """Run work in a child that dies at its n-th change of the disk; its exit status."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    left = [moment]
    try:
        for name in ("mkdir", "link", "rename", "replace", "unlink", "rmdir", "fsync", "fdopen"):
            archive.env.setattr(os, name, counted(getattr(os, name), left))
        work()
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


def test_erasure_killed_at_every_change_of_the_disk(archive: SimpleNamespace, tmp_path: Path) -> None:
    """Oracle: after `settle`, all files are as before or all without the child; the next one completes."""
    raw(archive, "1-a.csv", f"{CANARY},1\n{OTHER},2\n".encode())
    raw(archive, "2-b.xls", b"binary")
    before, kept = tree(archive.folder), tmp_path / "kept"
    shutil.copytree(archive.folder, kept)
    seen = set()
    for moment in range(400):
        ended = dying(archive, moment, lambda: erase(archive.root, AREA, CANARY, TODAY))
        assert ended in (0, 9)
        settle(archive.folder)
        after = tree(archive.folder)
        seen.add(LOG in after)
        if LOG in after:
            assert_erased(archive)
        else:
            assert after == before
            if moment % 5 == 0:
                erase(archive.root, AREA, CANARY, TODAY)
                assert_erased(archive)
        shutil.rmtree(archive.folder)
        shutil.copytree(kept, archive.folder)
        if ended == 0:
            break
    assert ended == 0
    assert seen == {False, True}


def assert_erased(archive: SimpleNamespace) -> None:
    assert children(archive, ONE) == some(archive.key, OTHER, CODE)
    assert children(archive, TWO) == some(archive.key, CODE, PEOPLE[3][0])
    assert CANARY not in set(read_map(archive.folder / f"private/identity/{ONE}.map", archive.key)["id"])
    assert tree(archive.folder / "private/raw") == {f"{ONE}/1-a.csv": f"\n{OTHER},2\n".encode()}
    assert not (archive.folder / ".rewriting").exists()


def test_rotation_killed_at_every_change_of_the_disk(archive: SimpleNamespace, tmp_path: Path) -> None:
    """Oracle: the next rotation ends with one key that opens the map and made every pseudonym."""
    kept, old = tmp_path / "kept", archive.key_file.read_bytes()
    shutil.copytree(archive.folder, kept)
    for moment in range(400):
        ended = dying(archive, moment, lambda: rotate_key(archive.root, AREA))
        assert ended in (0, 9)
        new = rotate_key(archive.root, AREA)
        assert isinstance(new, Key)
        assert new == load_key(AREA, archive.root, archive.data)
        assert children(archive, ONE) == some(new, CANARY, OTHER, CODE)
        assert read_map(archive.folder / f"private/identity/{TWO}.map", new)["id"].iloc[0] == CANARY
        assert [path.name for path in archive.key_file.parent.iterdir() if not path.name.startswith(".")] == [
            "k.key"
        ]
        shutil.rmtree(archive.folder)
        shutil.copytree(kept, archive.folder)
        archive.key_file.write_bytes(old)
        if ended == 0:
            break
    assert ended == 0


def everything(folder: Path) -> str:
    """All that a folder holds as text: members of workbooks, cells and dictionaries of Parquet, raw bytes."""
    held = []
    for path in (path for path in folder.rglob("*") if path.is_file()):
        held.append(path.name)
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as parts:
                held += [parts.read(name).decode("utf-8", "replace") for name in parts.namelist()]
        elif path.suffix == ".parquet":
            for column in pq.read_table(path).columns:
                held += [
                    repr(chunk.dictionary.to_pylist())
                    for chunk in column.chunks
                    if hasattr(chunk, "dictionary")
                ]
                held.append(repr(column.to_pylist()))
        else:
            held.append(path.read_bytes().decode("utf-8", "replace"))
    return "\n".join(held)


def test_real_import_then_erasure_rotation_and_handover(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A canary is erased from what `import_files` wrote; the rest stays, through rotation and handover."""
    canary, root = row(7, given="สมใจนึก", surname="คานารี"), office.root
    wrong = row(8, id=citizen(7), given="สมใจนึก", surname="คานารี", amount="811")
    office.take(office.csv("a.csv", [*rows(6), canary, wrong, *rows(20, start=30)]))
    folder = office.folder
    key = load_key(OFFICE_AREA, root, root / "data")
    pseudonym = some(key, citizen(7))[0]
    before = office.register.table("support_payment")
    for trace in (citizen(7), "สมใจนึก", pseudonym):  # positive control: the scan finds them
        assert trace in everything(folder)
    done = erase(root, OFFICE_AREA, citizen(7), TODAY)
    for trace in (citizen(7), "สมใจนึก", "คานารี", pseudonym):
        assert trace not in everything(folder)
    assert (done.dropped, done.unsure) == (0, 0)
    after = office.register.table("support_payment")
    pd.testing.assert_frame_equal(after, before[before["child_id"] != pseudonym].reset_index(drop=True))
    assert not office.register.table("child")["child_id"].eq(pseudonym).any()
    new = rotate_key(root, OFFICE_AREA)
    turned = office.register.table("support_payment")
    assert list(turned["child_id"]) == some(new, *(citizen(n) for n in [*range(1, 7), *range(30, 50)]))
    assert not any(old in everything(folder) for old in after["child_id"])
    again = [row(n, paid="29/06/2563") for n in (1, 2, 3)]
    office.take(office.csv("b.csv", again))  # the same children are known under the new key
    assert set(office.register.table("support_payment")["child_id"]) == set(turned["child_id"])
    file, words = tmp_path / "stick/out.equity", "five random words in a row"
    file.parent.mkdir()
    given = handover(root, OFFICE_AREA, file, words)
    monkeypatch.setenv("EQUITY_KEY_FILE", str(tmp_path / "next/own/k.key"))
    monkeypatch.setenv("EQUITY_DATA_DIR", str(tmp_path / "next/data"))
    (tmp_path / "next/project/params").mkdir(parents=True)
    assert takeover(file, tmp_path / "next/project", words) == given
    there = Register(tmp_path / "next/data" / OFFICE_AREA, 2563)
    pd.testing.assert_frame_equal(there.table("support_payment"), office.register.table("support_payment"))
