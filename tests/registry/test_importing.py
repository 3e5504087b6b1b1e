"""Imports as a whole: transactions, revisions, fixes, states, and what may never leak."""

import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest

from equity_lib.errors import EnvironmentProblem, InputRejected, WrongParameters
from equity_lib.registry import store
from equity_lib.registry.identity import read_map
from equity_lib.registry.keys import load_key
from equity_lib.registry.quarantine import ABOUT
from equity_lib.registry.register import Register
from equity_lib.registry.year import open_year
from tests.registry.conftest import AREA, HEADER, Office, citizen, row, rows, write_csv

#: Imports a file in a process of its own that kills itself at the n-th file operation in the data folder.
KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from equity_lib.registry.importing import import_files
data, left = {data!r}, [{moment}]
def count(event, args):
    if event in ("open", "os.rename", "os.mkdir", "os.remove", "shutil.copyfile") and data in str(args):
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(count)
import_files(Path({root!r}), {area!r}, 2563, [Path({file!r})])
print(-left[0])
"""


def child(office: Office, file: Path, moment: int, data: str = "data") -> subprocess.CompletedProcess[str]:
    script = KILLED.format(
        tests=str(Path(__file__).parent),
        data=str(office.root / data),
        moment=moment,
        root=str(office.root),
        area=AREA,
        file=str(file),
    )
    env = {**os.environ, "EQUITY_DATA_DIR": str(office.root / data)}
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, env=env
    )


def test_import_killed_anywhere_leaves_the_old_register_or_the_new(office: Office) -> None:
    office.take(office.csv("old.csv", rows(30)))
    old = payments(office)
    file = office.csv("new.csv", [*rows(30, 100), row(1, amount="1", paid="25/06/2563")])
    shutil.copytree(office.root / "data", office.root / "aside")
    whole = child(office, file, 10**9, "aside")
    operations = 10**9 - abs(int(whole.stdout))
    seen = set()
    for moment in random.Random(2563).sample(range(2, operations), 10):
        died = child(office, file, moment)
        assert died.returncode == -signal.SIGKILL, died.stderr
        now, number = payments(office), office.register.state.number
        assert len(now) == {1: 30, 2: 60}[number]
        pd.testing.assert_frame_equal(now.head(30), old)
        seen.add(number)
        if number == 2:
            (office.folder / "HEAD.json").write_text('{"state": 1}')
    assert 1 in seen
    office.take(file)
    assert (len(payments(office)), office.register.state.number) == (60, 2)
    listed = {part.import_id for part in office.register.state.parts}
    assert {path.name for path in (office.folder / "imports").iterdir()} == listed


def payments(office: Office, number: int | None = None) -> pd.DataFrame:
    return Register(office.folder, 2563, number).table("support_payment")


def test_import_waits_or_refuses_while_another_runs(office: Office) -> None:
    file = office.csv("a.csv", rows(3))
    folder = store.area_folder(office.root, AREA)
    with store.lock(folder), pytest.raises(EnvironmentProblem, match="Another import"):
        office.take(file, wait=0.1)
    assert office.take(file).state == 1


def test_import_of_several_files_is_one_transaction(office: Office) -> None:
    good, bad = office.csv("good.csv", rows(3)), office.csv("bad.csv", [])
    with pytest.raises(InputRejected) as error:
        office.take(good, bad)
    assert [fault.file for fault in error.value.faults] == ["bad.csv"]
    assert office.register.state.number == 0
    assert len(office.take(good, office.csv("more.csv", rows(3, 9))).files) == 2
    assert len(payments(office)) == 6


def test_import_of_a_revised_file_tells_the_difference_and_asks(office: Office) -> None:
    office.take(office.csv("a.csv", rows(10)))
    revised = office.csv("a.csv", [*rows(9), *rows(2, 50)])
    with pytest.raises(InputRejected, match=r"support_payment \+2 −1 rows, 9 the same.*--replace"):
        office.take(revised)
    assert len(payments(office)) == 10
    office.take(revised, replace=True)
    assert len(payments(office)) == 11
    assert len(payments(office, number=1)) == 10  # the earlier state can be had back


def test_import_of_a_file_sent_again_under_another_name_asks_too(office: Office) -> None:
    office.take(office.csv("a.csv", rows(20)))
    again = office.csv("final (2).csv", [*rows(20), *rows(3, 60)])
    with pytest.raises(InputRejected, match=r"a revision of a\.csv.*\+3 −0 rows, 20 the same"):
        office.take(again)
    office.take(again, replace=True)
    assert len(payments(office)) == 23
    office.take(office.csv("other.csv", [row(at, paid="29/06/2563") for at in range(1, 21)]))
    assert len(payments(office)) == 43


def test_flow_adds_up_and_children_have_a_range(office: Office) -> None:
    lines = [*rows(30), row(1), row(61, amount=""), row(62, id="1"), row(63), row(63, id=citizen(64))]
    office.take(office.csv("a.csv", lines))
    flow = office.register.flow().set_index("step")["rows"]
    assert flow["read"] == flow.drop("read").sum() == 36
    assert (flow["kept"], flow["quarantined"], flow["A32"]) == (32, 2, 1)
    assert office.register.children() == (31, 34)


def fix(office: Office, change: Callable[[list[object], int], object], name: str = "fixes.xlsx") -> Path:
    """The quarantine workbook with every row of its first sheet changed by `change(row, number)`."""
    newest = max((office.folder / "private" / "quarantine").glob("[0-9a-f]*.xlsx"), key=os.path.getmtime)
    book = openpyxl.load_workbook(newest)
    page = book.worksheets[0]
    for number in range(2, page.max_row + 1):
        values = [cell.value for cell in page[number]]
        change(values, number)
        for at, value in enumerate(values, 1):
            page.cell(number, at).value = value
    path = office.inbox / name
    book.save(path)
    return path


AMOUNT, PAID = 7 + HEADER.index("จำนวนเงิน"), 7 + HEADER.index("วันที่จ่าย")


def test_fixed_rows_join_the_register_and_never_double_the_rest(office: Office) -> None:
    wrong = [row(61, amount="8000"), row(62, amount=""), row(63, paid="25 มิ.ย.")]
    office.take(office.csv("a.csv", [*rows(40), *wrong]))
    assert len(office.register.in_question()) == 3

    def first_two(values: list[object], _: int) -> None:
        if values[AMOUNT] != "800":
            values[AMOUNT] = "800"

    receipt = office.take(fix(office, first_two)).files[0]
    assert (receipt.account.kept, receipt.account.quarantined) == (2, 1)
    assert len(payments(office)) == 42
    assert list(office.register.in_question()["rules"]) == ["Q09"]

    def date_too(values: list[object], _: int) -> None:
        values[AMOUNT], values[PAID] = "800", "25/06/2563"

    path = (office.folder / "private" / "quarantine").glob("[0-9a-f]*.xlsx")
    first = min(path, key=os.path.getmtime)
    os.utime(first)  # the clerk goes on with the first workbook, in which two rows are done already
    receipt = office.take(fix(office, date_too, "again.xlsx")).files[0]
    assert (receipt.account.kept, receipt.account.declared["mended before"]) == (1, 2)
    assert len(payments(office)) == 43
    assert office.register.in_question().empty
    assert sorted(payments(office)["child_id"]) == sorted(set(payments(office)["child_id"]))


def test_fixed_row_that_is_in_the_register_already_is_left_out(office: Office) -> None:
    office.take(office.csv("a.csv", [*rows(40), row(1, amount="")]))

    def same(values: list[object], _: int) -> None:
        values[AMOUNT] = "800"

    receipt = office.take(fix(office, same)).files[0]
    assert (receipt.account.kept, receipt.account.declared["A32"]) == (0, 1)
    assert len(payments(office)) == 40


def test_fixes_of_a_replaced_file_leave_with_it(office: Office) -> None:
    office.take(office.csv("a.csv", [*rows(40), row(61, amount="")]))
    office.take(fix(office, lambda values, _: values.__setitem__(AMOUNT, "800")))
    assert len(payments(office)) == 41
    office.take(office.csv("a.csv", [*rows(40), row(61)]), replace=True)
    assert len(payments(office)) == 41
    with pytest.raises(InputRejected, match="not in the register"):
        office.take(fix_of_first_import(office))


def fix_of_first_import(office: Office) -> Path:
    return next((office.folder / "private" / "quarantine").glob("[0-9a-f]*.xlsx"))


def test_fixes_that_were_taken_apart_are_refused(office: Office) -> None:
    office.take(office.csv("a.csv", [*rows(40), row(61, amount="")]))
    path = fix(office, lambda values, _: values.__setitem__(0, None))
    with pytest.raises(InputRejected, match="without its row number"):
        office.take(path)
    book = openpyxl.load_workbook(path)
    book[ABOUT]["A1"] = "x"
    book.save(path)
    with pytest.raises(InputRejected, match="hidden sheet"):
        office.take(path)


def test_money_in_question_stays_known(office: Office) -> None:
    wrong = [row(61, amount="900"), row(62, amount="-800"), row(63, amount=""), row(64, paid="25/03/2564")]
    office.take(office.csv("a.csv", [*rows(40), *wrong]))
    found = office.register.in_question().set_index("rule")
    assert found.loc[["Q12", "Q13", "Q14", "Q15"], "amount"].fillna(0).tolist() == [900, -800, 0, 800]
    assert set(found["stream"]) == {"early_childhood"}


def test_stored_pseudonyms_are_those_of_the_tables_own_rows_and_plain(office: Office) -> None:
    """A dictionary would be slow to read, and would name children who stand in other tables only."""
    office.take(office.csv("a.csv", [*rows(40), row(61, amount="900")]))
    stored = next((office.folder / "imports").rglob("*-support_payment.parquet"))
    column = pq.read_table(stored)["child_id"]
    assert str(column.type) == "string"
    assert len(column) == len(set(column.to_pylist())) == 40


CANARY = {"ชื่อ": "กานารีนกน้อย", "นามสกุล": "เหลืองอ่อนแก้ว", "โทร": "0891234987", "ที่อยู่": "99/77 ซอยลับเฉพาะ"}


def test_nothing_personal_reaches_parquet_json_or_messages(office: Office) -> None:
    header = [*HEADER, "เบอร์โทรศัพท์", "ที่อยู่"]
    child_row = row(1, given=CANARY["ชื่อ"], surname=CANARY["นามสกุล"])
    lines = [[*line, "-", "-"] for line in rows(20, 50)]
    path = write_csv(office.inbox / "a.csv", [header, *lines, [*child_row, CANARY["โทร"], CANARY["ที่อยู่"]]])
    office.take(path)
    words = [*CANARY.values(), citizen(1)]
    for file in office.folder.rglob("*"):
        inside = file.relative_to(office.folder).parts
        if file.is_file() and inside[0] != "private":
            frame = pd.read_parquet(file).to_csv() if file.suffix == ".parquet" else ""
            told = file.read_bytes().decode("utf-8", "replace") + frame
            assert not [word for word in words if word in told], file.name
    sealed = next((office.folder / "private" / "identity").glob("*.map"))
    assert not [word for word in words if word.encode() in sealed.read_bytes()]
    key = load_key(AREA, office.root, office.root / "data")
    kept = read_map(sealed, key)
    assert CANARY["ชื่อ"] in set(kept["given_name"])  # the positive control: the map does know
    bad = write_csv(office.inbox / "b.csv", [header[1:], [*child_row[1:], "", ""]])
    with pytest.raises(InputRejected) as error:
        office.take(bad)
    assert not [word for word in words if word in str(error.value)]


def test_table_records_what_was_read_and_refuses_identifiers(office: Office) -> None:
    office.take(office.csv("a.csv", rows(5)))
    register = office.register
    found = register.table("support_payment", ["child_id", "amount"], where={"stream": "early_childhood"})
    assert found.shape == (5, 2)
    (asked,) = register.asked
    assert (asked.table, asked.years) == ("support_payment", (2563,))
    assert {"child_id", "amount", "stream"} <= set(asked.columns)
    for column in ("given_name", "phone", "nonsense"):
        with pytest.raises(WrongParameters):
            register.table("support_payment", [column])
    with pytest.raises(WrongParameters):
        register.table("children")


def test_table_asked_for_again_is_as_it_was_whatever_became_of_the_first(office: Office) -> None:
    office.take(office.csv("a.csv", rows(5)))
    register = office.register
    first = register.table("support_payment", ["child_id", "amount"])
    untouched = first.copy(deep=True)
    first["amount"] = 0
    first.loc[0, "child_id"] = "x"
    pd.testing.assert_frame_equal(register.table("support_payment", ["child_id", "amount"]), untouched)
    turned = register.table("support_payment", ["amount", "child_id"])
    assert list(turned) == ["amount", "child_id"]
    few = register.table("support_payment", ["child_id"], where={"stream": ["early_childhood"]})
    none = register.table("support_payment", ["child_id"], where={"stream": "transfer"})
    assert (len(few), len(none)) == (5, 0)


def test_table_that_is_large_is_read_again(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is not for what one cell asks for once."""
    office.take(office.csv("a.csv", rows(5)))
    register = office.register
    monkeypatch.setattr("equity_lib.registry.register._KEPT", 0)
    first, again = (register.table("support_payment", ["child_id"]) for _ in range(2))
    assert register._frames == {}
    pd.testing.assert_frame_equal(first, again)


def test_tables_that_are_many_are_kept_until_they_fill_their_room(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.take(office.csv("a.csv", rows(5)))
    size = int(office.register.table("support_payment", ["amount"]).memory_usage(deep=False).sum())
    monkeypatch.setattr("equity_lib.registry.register._ALL_KEPT", size)
    register = office.register
    first = register.table("support_payment", ["amount"])
    other = register.table("support_payment", ["stream"])
    assert [asked for _, asked, _, _ in register._frames] == [("amount",)]
    pd.testing.assert_frame_equal(register.table("support_payment", ["amount"]), first)
    pd.testing.assert_frame_equal(register.table("support_payment", ["stream"]), other)


def test_table_where_is_asked_of_the_latest_word_on_a_child(office: Office) -> None:
    """A child that a later file moves from one district to another is found in the second only."""
    office.take(office.csv("a.csv", rows(3)))
    moved = row(1, district="พล", subdistrict="เมืองพล", paid="20/07/2563")
    office.take(office.csv("b.csv", [moved]))
    register = office.register
    here, gone = (register.table("child", ["child_id"], {"district": code}) for code in ("4005", "4012"))
    everyone = register.table("child", ["child_id", "district"])
    assert sorted(everyone["district"]) == sorted(["4005"] * len(here) + ["4012"] * len(gone))
    assert (len(here), len(gone)) == (2, 1)
    assert not set(here["child_id"]) & set(gone["child_id"])


def test_import_id_is_the_same_for_the_same_imports_and_opaque(office: Office) -> None:
    file = office.csv("a.csv", rows(3))
    first = office.take(file).import_id
    (office.folder / "HEAD.json").unlink()
    assert office.take(file).import_id == first
    import hashlib

    assert first not in hashlib.sha256(file.read_bytes()).hexdigest()


def test_data_folder_is_closed_to_others(office: Office) -> None:
    office.take(office.csv("a.csv", rows(3)))
    for path in [office.folder, *office.folder.rglob("*")]:
        wide = path.stat().st_mode & 0o077
        assert not wide or not path.is_dir(), path
    office.folder.chmod(0o755)
    with pytest.raises(EnvironmentProblem, match="chmod 700"):
        office.take(office.csv("b.csv", rows(3, 9)))


def test_free_text_that_tells_a_person_is_hidden(office: Office) -> None:
    header = [HEADER[0], "ชื่อ", "นามสกุล", "วันที่พบ", "แหล่งข้อมูล"]
    texts = ["ครูสมศรี", "โทร ๐๘๙-๑๒๓๔๙๘๗", "สมหญิง ใจดี แจ้ง", "อบต.", "นายอำเภอ", citizen(5)]
    lines = [[citizen(at), *row(at)[2:4], f"1{at + 3}/06/2563", text] for at, text in enumerate(texts, 1)]
    receipt = office.take(write_csv(office.inbox / "a.csv", [header, *lines])).files[0]
    found = office.register.table("out_of_school")["found_by"]
    assert sorted(found.dropna()) == ["นายอำเภอ", "อบต."]
    assert receipt.rules["A37"] == 4
    assert office.register.corrections().query("rule == 'A37'")["raw"].isna().all()


def test_import_on_a_full_disk_says_so_and_changes_nothing(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("equity_lib.registry.store.write_table", full)
    with pytest.raises(EnvironmentProblem, match="No space left on device"):
        office.take(office.csv("a.csv", rows(3)))
    assert office.register.state.number == 0


def test_open_year_has_the_register_once_files_were_imported(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    (office.root / "notebooks").mkdir()
    monkeypatch.setenv("EQUITY_ROOT", str(office.root))
    assert open_year(AREA, 2563).register is None
    office.take(office.csv("a.csv", rows(5)))
    year = open_year(AREA, 2563)
    assert year.register.tables() == {"child": 5, "support_payment": 5}
    assert len(year.register.table("child", ["child_id"])) == 5
    assert [asked.table for asked in year.register.asked if asked.what == "rows"] == ["child"]
