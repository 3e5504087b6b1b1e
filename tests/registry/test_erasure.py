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

from equity_lib.errors import EnvironmentProblem, WrongParameters
from equity_lib.registry import erasure
from equity_lib.registry.erasure import LOG, Rewriting, erase, rotate_key, settle
from equity_lib.registry.identity import add_link, live_aliases, pseudonyms, read_map, write_map
from equity_lib.registry.keys import Key, init_key, load_key, waiting_path
from equity_lib.registry.store import lock

AREA, TODAY = "khon-kaen", datetime.date(2026, 11, 24)
ONE, TWO = "0123456789abcdef", "fedcba9876543210"
CANARY, OTHER, CODE = "1409900000018", "1409900000026", "G644200000001"
PEOPLE = [(CANARY, "น้ำ", "ใจดี"), (OTHER, "น้ำ", "ใจดี"), (CODE, "มา", "ดี"), ("N|ฟ้า|ใส|2560-01-02", "ฟ้า", "ใส")]


def some(key: bytes, *ids: str) -> list[str]:
    return list(pseudonyms(pd.Series(list(ids), dtype="str"), key))


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
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


def children(office: SimpleNamespace, number: str) -> list[str]:
    return pq.read_table(office.folder / "imports" / number / "1-payment.parquet")["child_id"].to_pylist()


def tree(folder: Path) -> dict[str, bytes]:
    found = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != ".lock")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def raw(office: SimpleNamespace, name: str, content: bytes = b"") -> Path:
    path: Path = office.folder / f"private/raw/{ONE}" / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("who", [CANARY, "1-4099-00000-01-8", "๑๔๐๙๙๐๐๐๐๐๐๑๘", "the pseudonym"])
def test_erase_takes_a_child_out_everywhere(office: SimpleNamespace, who: str) -> None:
    pseudonym = some(office.key, CANARY)[0]
    done = erase(office.root, AREA, pseudonym if who == "the pseudonym" else who, TODAY)
    assert children(office, ONE) == some(office.key, OTHER, CODE)
    assert children(office, TWO) == some(office.key, CODE, PEOPLE[3][0])
    for number in (ONE, TWO):
        assert CANARY not in set(read_map(office.folder / f"private/identity/{number}.map", office.key)["id"])
    assert (done.erasure, done.imports, done.rows, done.dropped, done.unsure) == (1, (ONE, TWO), 4, 0, 0)
    log = (office.folder / LOG).read_text()
    assert CANARY not in log
    assert pseudonym not in log
    assert json.loads(log)[0] == {
        "erasure": 1, "date": "2026-11-24", "imports": [ONE, TWO], "rows": 4, "dropped": 0, "unsure": 0,
    }  # fmt: skip
    assert pq.read_schema(office.folder / f"imports/{ONE}/1-payment.parquet").field(
        "child_id"
    ).type == pa.dictionary(pa.int32(), pa.string())


def test_erasures_are_numbered_and_nobody_is_refused(office: SimpleNamespace) -> None:
    erase(office.root, AREA, CANARY, TODAY)
    before = tree(office.folder)
    for who in (CANARY, "0" * 32, "9", ""):
        with pytest.raises(WrongParameters, match="Nobody") as caught:
            erase(office.root, AREA, who, TODAY)
        assert CANARY not in str(caught.value)
    assert tree(office.folder) == before
    assert erase(office.root, AREA, CODE, TODAY).erasure == 2


def test_erase_of_a_linked_child_takes_both_ids(office: SimpleNamespace) -> None:
    add_link(office.folder, "1409900000034", CODE, office.key)
    path = raw(
        office, "1-a.csv", b"id,amount\r\nG644200000001,800\r\n1-4099-00000-03-4,800\r\n1409900000026,800\r\n"
    )
    erase(office.root, AREA, "1409900000034", TODAY)
    assert path.read_bytes() == b"id,amount\r\n\r\n\r\n1409900000026,800\r\n"
    assert live_aliases(office.folder, office.key).empty  # type: ignore[union-attr]


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "cp874", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_erase_blanks_lines_and_spares_the_others_to_the_byte(
    office: SimpleNamespace, coding: str, end: str
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
    path = raw(office, "1-a.csv", text.encode(coding))
    done = erase(office.root, AREA, CANARY, TODAY)
    blank = ["\r\n" if "\r" in row else "" for row in gone]
    assert path.read_bytes() == end.join(["หัว,ข,ค,ง", *blank, *kept, ""]).encode(coding)
    assert done.rows == 4 + len(gone)
    assert done.unsure == 1


def test_erase_blanks_rows_of_workbooks(office: SimpleNamespace) -> None:
    book = openpyxl.Workbook()
    sheet, hidden = book.active, book.create_sheet("hidden")
    hidden.sheet_state = "hidden"
    for row in (
        ["id", "ชื่อ", "สกุล", "n"],
        [int(CANARY), "x", "y", 1],
        [OTHER, "น้ำ", "ใจดี", 2],
        [None, "ด.ญ.น้ำ", "ใจดี", 3],
    ):
        sheet.append(row)
    sheet["A2"].comment = openpyxl.comments.Comment(f"โทร {CANARY}", "clerk")
    sheet["E3"] = "=D3*2"
    sheet.merge_cells("B2:C2")
    hidden.append(["1-4099-00000-01-8"])
    hidden.append([7])
    path = raw(office, "1-a.xlsx")
    book.save(path)
    fix = office.folder / f"private/quarantine/{ONE}.xlsx"
    fix.parent.mkdir()
    shutil.copy(path, fix)
    untouched = raw(office, "2-b.xlsx")
    other = openpyxl.Workbook()
    other.active.append([OTHER])
    other.save(untouched)
    before = untouched.read_bytes()
    done = erase(office.root, AREA, CANARY, TODAY)
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


def test_erase_drops_what_it_cannot_rewrite(office: SimpleNamespace) -> None:
    paths = [
        raw(office, name, b"anything")
        for name in ("1-a.xls", "2-b.ods", "3-c.parquet", "4-d.xlsx", f"5-{CANARY}.csv")
    ]
    elsewhere = office.folder / "private/raw/00000000000000ff"
    elsewhere.mkdir()
    (elsewhere / "1-a.xls").write_bytes(b"of an import without the child")
    (elsewhere / "2-a.xlsx").write_bytes(b"the same")
    book = openpyxl.Workbook()
    book.active.append([OTHER])
    book.properties.title = CANARY
    book.save(paths[3].with_name("6-e.xlsx"))
    done = erase(office.root, AREA, CANARY, TODAY)
    assert done.dropped == 6
    assert not any(path.exists() for path in paths)
    assert len(list(elsewhere.iterdir())) == 2


def test_erase_takes_rows_whose_text_names_the_id(office: SimpleNamespace) -> None:
    path = office.folder / f"imports/{ONE}/2-case.parquet"
    pq.write_table(
        pa.table({"child_id": ["a", "b", None], "note": [f"see {CANARY}", f"see {OTHER}", None]}), path
    )
    erase(office.root, AREA, CANARY, TODAY)
    assert pq.read_table(path)["child_id"].to_pylist() == ["b", None]


def test_erase_refuses_where_no_personal_value_may_stand(office: SimpleNamespace) -> None:
    (office.folder / f"imports/{ONE}/manifest.json").write_text(json.dumps({"note": CANARY}))
    before = tree(office.folder)
    with pytest.raises(EnvironmentProblem, match="Nothing was changed") as caught:
        erase(office.root, AREA, CANARY, TODAY)
    assert CANARY not in str(caught.value)
    settle(office.folder)
    assert tree(office.folder) == before


def test_erase_waits_for_the_lock(office: SimpleNamespace) -> None:
    office.env.setattr(erasure, "lock", lambda folder: lock(folder, 0.1))
    with lock(office.folder), pytest.raises(EnvironmentProblem, match="running"):
        erase(office.root, AREA, CANARY, TODAY)


def test_rotation_keeps_linkage(office: SimpleNamespace) -> None:
    add_link(office.folder, "1409900000034", CODE, office.key)
    before = {number: children(office, number) for number in (ONE, TWO)}
    names = read_map(office.folder / f"private/identity/{TWO}.map", office.key).drop(columns="pseudonym")
    new = rotate_key(office.root, AREA)
    assert new != office.key
    assert load_key(AREA, office.root, office.data) == new
    assert children(office, ONE) == some(new, CANARY, OTHER, CODE)
    assert children(office, TWO) == some(new, CANARY, CODE, PEOPLE[3][0])
    assert not set(before[ONE]) & set(children(office, ONE))
    after = read_map(office.folder / f"private/identity/{TWO}.map", new)
    pd.testing.assert_frame_equal(after.drop(columns="pseudonym"), names)
    assert list(after["pseudonym"]) == children(office, TWO)
    assert live_aliases(office.folder, new).to_dict() == {"1409900000034": CODE}  # type: ignore[union-attr]
    assert not waiting_path(office.key_file).exists()


def test_rotation_without_a_register(office: SimpleNamespace) -> None:
    shutil.rmtree(office.folder / "private/identity")
    with pytest.raises(EnvironmentProblem, match="no identity map"):
        rotate_key(office.root, AREA)
    assert load_key(AREA, office.root, office.data) == office.key


def test_rotation_that_fails_changes_nothing(office: SimpleNamespace) -> None:
    before = tree(office.folder)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with office.env.context() as env:
        env.setattr(Rewriting, "commit", full)
        with pytest.raises(OSError, match="No space"):
            rotate_key(office.root, AREA)
    assert load_key(AREA, office.root, office.data) == office.key
    assert tree(office.folder) == before


def dying(office: SimpleNamespace, moment: int, work: Callable[[], object]) -> int:
    """Run work in a child that dies at its n-th change of the disk; its exit status."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    left = [moment]
    try:
        for name in ("mkdir", "link", "rename", "replace", "unlink", "rmdir", "fsync", "fdopen"):
            office.env.setattr(os, name, counted(getattr(os, name), left))
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


def test_erasure_killed_at_every_change_of_the_disk(office: SimpleNamespace, tmp_path: Path) -> None:
    """Oracle: after `settle`, all files are as before or all without the child; the next one completes."""
    raw(office, "1-a.csv", f"{CANARY},1\n{OTHER},2\n".encode())
    raw(office, "2-b.xls", b"binary")
    before, kept = tree(office.folder), tmp_path / "kept"
    shutil.copytree(office.folder, kept)
    seen = set()
    for moment in range(400):
        ended = dying(office, moment, lambda: erase(office.root, AREA, CANARY, TODAY))
        assert ended in (0, 9)
        settle(office.folder)
        after = tree(office.folder)
        seen.add(LOG in after)
        if LOG in after:
            assert_erased(office)
        else:
            assert after == before
            if moment % 5 == 0:
                erase(office.root, AREA, CANARY, TODAY)
                assert_erased(office)
        shutil.rmtree(office.folder)
        shutil.copytree(kept, office.folder)
        if ended == 0:
            break
    assert ended == 0
    assert seen == {False, True}


def assert_erased(office: SimpleNamespace) -> None:
    assert children(office, ONE) == some(office.key, OTHER, CODE)
    assert children(office, TWO) == some(office.key, CODE, PEOPLE[3][0])
    assert CANARY not in set(read_map(office.folder / f"private/identity/{ONE}.map", office.key)["id"])
    assert tree(office.folder / "private/raw") == {f"{ONE}/1-a.csv": f"\n{OTHER},2\n".encode()}
    assert not (office.folder / ".rewriting").exists()


def test_rotation_killed_at_every_change_of_the_disk(office: SimpleNamespace, tmp_path: Path) -> None:
    """Oracle: the next rotation ends with one key that opens the map and made every pseudonym."""
    kept, old = tmp_path / "kept", office.key_file.read_bytes()
    shutil.copytree(office.folder, kept)
    for moment in range(400):
        ended = dying(office, moment, lambda: rotate_key(office.root, AREA))
        assert ended in (0, 9)
        new = rotate_key(office.root, AREA)
        assert isinstance(new, Key)
        assert new == load_key(AREA, office.root, office.data)
        assert children(office, ONE) == some(new, CANARY, OTHER, CODE)
        assert read_map(office.folder / f"private/identity/{TWO}.map", new)["id"].iloc[0] == CANARY
        assert [path.name for path in office.key_file.parent.iterdir() if not path.name.startswith(".")] == [
            "k.key"
        ]
        shutil.rmtree(office.folder)
        shutil.copytree(kept, office.folder)
        office.key_file.write_bytes(old)
        if ended == 0:
            break
    assert ended == 0
