"""Every case of dirty input by its number: a real file of that kind, imported; what became of it."""

import datetime as dt
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import xlsxwriter
from conftest import HEADER, Office, citizen, row, rows, write_csv

from equity_lib.errors import InputRejected
from equity_lib.registry.receipt import FileReceipt
from equity_lib.registry.rules import rules

Case = Callable[[Office], None]
CASES: dict[str, Case] = {}
SHORT = HEADER[:1] + HEADER[4:5] + HEADER[8:]  # ID, birth date, stream, amount, day paid


def case(number: str) -> Callable[[Case], Case]:
    """Register a case under its number."""

    def add(check: Case) -> Case:
        assert number not in CASES
        CASES[number] = check
        return check

    return add


@pytest.mark.parametrize("number", sorted(n for n in rules() if n not in ("A37", "Q00", "Q20", "X10")))
def test_case_by_number(number: str, office: Office) -> None:
    CASES[number](office)


def test_cases_are_the_64_of_the_domain() -> None:
    wanted = [f"{kind}{n:02d}" for kind, last in (("A", 36), ("Q", 19), ("X", 9)) for n in range(1, last + 1)]
    assert sorted(CASES) == wanted


def one(office: Office, path: Path) -> FileReceipt:
    """Import one file; its receipt, whose sum must be right."""
    (receipt,) = office.take(path).files
    account = receipt.account
    assert account.read == account.kept + account.quarantined + sum(account.declared.values())
    return receipt


def payments(office: Office) -> pd.DataFrame:
    return office.register.table("support_payment")


def book(office: Office, name: str, lines: list[list[object]], sheet: str = "ข้อมูล") -> Path:
    """A workbook with one sheet."""
    path = office.inbox / name
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False}) as made:
        page = made.add_worksheet(sheet)
        for at, line in enumerate(lines):
            page.write_row(at, 0, line)
    return path


def noted(receipt: FileReceipt, rule: str) -> int:
    return sum(note.count for note in receipt.notes if note.rule == rule)


def held(office: Office, lines: list[list[str]], rule: str, count: int = 1) -> None:
    """Among forty clean rows, `lines` (and nothing else) are quarantined by `rule`."""
    receipt = one(office, office.csv("q.csv", [*rows(40, start=500), *lines]))
    assert receipt.account.quarantined == count, receipt.rules
    assert receipt.rules[rule] == count
    found = office.register.in_question()
    assert rule in " ".join(found["rules"])
    fixes = next((office.folder / "private" / "quarantine").glob("*.xlsx"))
    sheet = openpyxl.load_workbook(fixes).worksheets[0]
    assert rule in str(sheet.cell(2, 2).value)
    assert sheet.cell(2, 3).value == rules()[rule].reason.th or count > 1
    assert rules()[rule].reason.en in str(sheet.cell(2, 5).value)


def refused(office: Office, path: Path, rule: str) -> str:
    """The import is refused by `rule`, and nothing is in the register."""
    with pytest.raises(InputRejected) as error:
        office.take(path)
    assert office.register.state.number == 0
    assert not list((office.folder / "imports").glob("*"))
    assert any(f"[{rule}]" in fault.key for fault in error.value.faults), str(error.value)
    return str(error.value)


# Accepted and normalised


@case("A01")
def _(office: Office) -> None:
    receipt = one(office, office.csv("a.csv", rows(3), encoding="utf-8-sig"))
    assert (receipt.account.kept, noted(receipt, "A01")) == (3, 1)


@case("A02")
def _(office: Office) -> None:
    lines = [row(1), row(2, surname="“ดี”–")]
    receipt = one(office, office.csv("a.csv", lines, encoding="cp874"))
    assert (receipt.account.kept, noted(receipt, "A02")) == (2, 1)


@case("A03")
def _(office: Office) -> None:
    receipt = one(office, office.csv("a.txt", rows(3), encoding="utf-16", delimiter="\t"))
    assert (receipt.account.kept, noted(receipt, "A03")) == (3, 1)


@case("A04")
def _(office: Office) -> None:
    text = office.csv("a.csv", rows(3)).read_text(encoding="utf-8")
    seen = "".join(bytes([b]).decode("cp874") if b >= 0xA0 else chr(b) for b in text.encode("utf-8"))
    path = office.inbox / "a.csv"
    for broken in (*(text.encode(name).decode("latin-1") for name in ("utf-8", "cp874")), seen):
        path.write_text(broken, encoding="utf-8")
        (receipt,) = office.take(path, replace=True).files
        assert receipt.account.kept == 3
        assert noted(receipt, "A04") > 0
    assert set(payments(office)["district"]) == {"4005"}


@case("A05")
def _(office: Office) -> None:
    for at, delimiter in enumerate(";|\t"):
        receipt = one(office, office.csv(f"a{at}.csv", rows(3, start=1 + 3 * at), delimiter=delimiter))
        assert (receipt.account.kept, noted(receipt, "A05")) == (3, 1)


@case("A06")
def _(office: Office) -> None:
    titles = [["รายงานการจ่ายเงิน ปี 2563"], ["จังหวัดขอนแก่น"]]
    receipt = one(office, write_csv(office.inbox / "a.csv", [*titles, HEADER, *rows(3)]))
    assert (receipt.account.kept, receipt.account.declared["A06"]) == (3, 2)
    padded = [[*line, *[""] * (len(HEADER) - 1)] for line in titles]
    assert one(office, write_csv(office.inbox / "b.csv", [*padded, HEADER, *rows(3, 9)])).account.kept == 3


@case("A07")
def _(office: Office) -> None:
    path = office.inbox / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as made:
        page = made.add_worksheet()
        page.merge_range(0, 1, 0, 3, "ข้อมูลเด็ก")
        page.merge_range(0, 4, 0, 6, "การจ่ายเงิน")
        page.merge_range(0, 0, 1, 0, "เลขประจำตัวประชาชน")
        page.write_row(1, 1, ["ชื่อ", "นามสกุล", "วันเกิด", "โครงการย่อย", "จำนวนเงิน", "วันที่จ่าย"])
        for at in range(3):
            line = row(at + 1)
            page.write_row(at + 2, 0, [line[0], *line[2:5], *line[8:]])
    receipt = one(office, path)
    assert (receipt.account.kept, noted(receipt, "A07")) == (3, 2)
    assert len(payments(office)) == 3


@case("A08")
def _(office: Office) -> None:
    path = office.inbox / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as made:
        page = made.add_worksheet()
        page.write_row(0, 0, HEADER)
        for at in range(3):
            line: list[object] = list(row(at + 1))
            line[6:8] = [None, None]
            page.write_row(at + 1, 0, line)
        page.merge_range(1, 6, 3, 6, "บ้านไผ่")
    receipt = one(office, path)
    assert noted(receipt, "A08") == 2
    assert list(payments(office)["district"]) == ["4010"] * 3


@case("A09")
def _(office: Office) -> None:
    receipt = one(office, office.csv("a.csv", [*rows(2), HEADER, *rows(2, 3)]))
    assert (receipt.account.kept, receipt.account.declared["A09"]) == (4, 1)


@case("A10")
def _(office: Office) -> None:
    total = ["รวม", *[""] * 8, "2,400", ""]
    receipt = one(office, office.csv("a.csv", [*rows(3), total]))
    assert (receipt.account.kept, receipt.account.declared["A10"]) == (3, 1)
    assert any("agrees" in note.detail for note in receipt.notes if note.rule == "A10")
    total[9] = "9,999"
    wrong = one(office, office.csv("b.csv", [*rows(3, 9), total]))
    assert any("differs: stated 9,999.00, computed 2,400.00" in note.detail for note in wrong.notes)


@case("A11")
def _(office: Office) -> None:
    foot = [["หมายเหตุ ข้อมูล ณ เดือนมิถุนายน"], ["", "", "ลงชื่อ ..........."], ["", "", "(นายทดสอบ ระบบ)"]]
    receipt = one(office, write_csv(office.inbox / "a.csv", [HEADER, *rows(3), *foot]))
    assert (receipt.account.kept, receipt.account.declared["A11"]) == (3, 3)


@case("A12")
def _(office: Office) -> None:
    path = office.inbox / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as made:
        for at, name in enumerate(("หนึ่ง", "สอง")):
            page = made.add_worksheet(name)
            page.write_row(0, 0, HEADER)
            for line in range(2):
                page.write_row(line + 1, 0, row(10 * at + line + 1))
            page.set_row(1, None, None, {"hidden": at == 0})
        page.hide()
    receipt = one(office, path)
    assert receipt.account.kept == 4
    assert {note.detail for note in receipt.notes if note.rule == "A12"} == {"rows", "sheet"}


@case("A13")
def _(office: Office) -> None:
    path = office.inbox / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as made:
        for at, name in enumerate(("ชุมแพ", "อ.บ้านไผ่")):
            page = made.add_worksheet(name)
            page.write_row(0, 0, SHORT)
            line = row(at + 1)
            page.write_row(1, 0, [line[0], line[4], *line[8:]])
    one(office, path)
    assert sorted(payments(office)["district"]) == ["4005", "4010"]


@case("A14")
def _(office: Office) -> None:
    thai = str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")
    wide = str.maketrans("0123456789", "０１２３４５６７８９")
    lines = [[text.translate(thai) for text in row(1)], [text.translate(wide) for text in row(2)]]
    assert one(office, office.csv("a.csv", lines)).account.kept == 2
    assert list(payments(office)["amount"]) == [800.0, 800.0]


@case("A15")
def _(office: Office) -> None:
    path = office.inbox / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as made:
        page, day = made.add_worksheet(), made.add_format({"num_format": "dd/mm/yyyy"})
        page.write_row(0, 0, HEADER)
        page.write_row(1, 0, row(1)[:-1])
        page.write_number(1, 10, 242486, day)
        page.write_row(2, 0, row(2, paid="242486"))
    receipt = one(office, path)
    assert receipt.rules["A15"] == 2
    assert list(payments(office)["date"].dt.date) == [dt.date(2020, 11, 25)] * 2


@case("A16")
def _(office: Office) -> None:
    assert one(office, office.csv("a.csv", [row(1, paid="29/2/2563")])).rules["A16"] == 1
    assert payments(office)["date"][0].date() == dt.date(2020, 2, 29)


@case("A17")
def _(office: Office) -> None:
    assert one(office, office.csv("a.csv", [row(1, paid="25/06/63")])).rules["A17"] == 1
    assert payments(office)["date"][0].date() == dt.date(2020, 6, 25)


@case("A18")
def _(office: Office) -> None:
    lines = [row(1, paid="06/05/2020"), row(2, paid="06/25/2020")]
    assert one(office, office.csv("a.csv", lines)).rules["A18"] >= 1
    assert list(payments(office)["date"].dt.month) == [6, 6]


@case("A19")
def _(office: Office) -> None:
    lines = [row(1, paid="25 พ.ย. 63"), row(2, paid="๒๕ พฤศจิกายน ๒๕๖๓"), row(3, paid="25 พฤศจิกายน พ.ศ. 2563")]
    assert one(office, office.csv("a.csv", lines)).rules["A19"] == 3
    assert set(payments(office)["date"].dt.date) == {dt.date(2020, 11, 25)}


@case("A20")
def _(office: Office) -> None:
    receipt = one(office, office.csv("a.csv", [row(1, paid="25/06/2563"), row(2, paid="25/06/2020")]))
    assert noted(receipt, "A20") == 1
    assert set(payments(office)["date"].dt.date) == {dt.date(2020, 6, 25)}


@case("A21")
def _(office: Office) -> None:
    plain = citizen(7)
    dashed = f"{plain[0]}-{plain[1:5]}-{plain[5:10]}-{plain[10:12]}-{plain[12]}"
    lines: list[list[object]] = [list(HEADER)]
    for at, text in enumerate((plain, dashed, f"'{plain}", float(plain))):
        lines.append([text, *row(7, amount="800", paid=f"1{at + 3}/06/2563")[1:]])
    lines.append([*row(8, paid="25/06/2563")])
    assert one(office, book(office, "a.xlsx", lines)).account.kept == 5
    assert payments(office)["child_id"].nunique() == 2


@case("A22")
def _(office: Office) -> None:
    fakes = ("1111111111119", "1234567890121", "0000000000001", "9999999999994")
    receipt = one(office, office.csv("a.csv", [row(at, id=fake) for at, fake in enumerate(fakes, 1)]))
    assert (receipt.account.kept, receipt.rules["A22"]) == (4, 4)
    assert payments(office)["child_id"].nunique() == 4  # by name and birth date, until they have IDs


@case("A23")
def _(office: Office) -> None:
    receipt = one(office, office.csv("a.csv", [row(1, id="G644200000001"), row(2, id="g-6442-00000002")]))
    assert (receipt.account.kept, receipt.rules["A23"]) == (2, 2)


@case("A24")
def _(office: Office) -> None:
    names = ["ด.ช.สมชาย ใจดี", "เด็กชาย สมชาย ใจดี", "สมชาย  ใจดี", "ดช.สมชาย ใจดี"]
    header = [HEADER[0], "ชื่อ-สกุล", *HEADER[4:]]
    lines = [[citizen(1), name, *row(1, paid=f"1{at + 3}/06/2563")[4:]] for at, name in enumerate(names)]
    lines.append([citizen(2), "สามเณร ปิติ มีสุข", *row(3, paid="25/06/2563")[4:]])
    receipt = one(office, write_csv(office.inbox / "a.csv", [header, *lines]))
    assert receipt.account.quarantined == 0  # one name, whatever the title
    assert receipt.rules["A24"] == 4


@case("A25")
def _(office: Office) -> None:
    spelt = {"น้ำ": "21", "น้ํา": "23", "นํ้า": "25"}
    lines = [row(1, given=name, paid=f"{day}/06/2563") for name, day in spelt.items()]
    receipt = one(office, office.csv("a.csv", lines))
    assert (receipt.account.kept, receipt.rules["A25"]) == (3, 2)


@case("A26")
def _(office: Office) -> None:
    lines = [row(1, given="ฟ้า\u200b", district="ชุมแพ\u00a0"), row(1, given="ฟ้า", paid="25/06/2563")]
    receipt = one(office, office.csv("a.csv", lines))
    assert receipt.account.kept == 2
    assert receipt.rules["A26"] >= 2


@case("A27")
def _(office: Office) -> None:
    texts = ("฿800.-", "800 บาท", "800.00", "๘๐๐ บาทถ้วน")
    receipt = one(office, office.csv("a.csv", [row(at, amount=text) for at, text in enumerate(texts, 1)]))
    assert (receipt.account.kept, receipt.rules["A27"]) == (4, 3)
    assert set(payments(office)["amount"]) == {800.0}


@case("A28")
def _(office: Office) -> None:
    receipt = one(office, office.csv("a.csv", [row(1, subdistrict="-"), row(2, subdistrict="ไม่ทราบ")]))
    assert (receipt.account.kept, receipt.rules["A28"]) == (2, 2)
    assert payments(office)["subdistrict"].isna().all()


@case("A29")
def _(office: Office) -> None:
    lines = [[*row(at), text] for at, text in enumerate(("อ.3", "ป1", "ม.๓", "กศน."), 1)]
    one(office, write_csv(office.inbox / "a.csv", [[*HEADER, "ชั้น"], *lines]))
    assert list(payments(office)["grade"]) == ["k3", "p1", "m3", "nfe"]


@case("A30")
def _(office: Office) -> None:
    lines = [row(1, district="เมือง", subdistrict=""), row(2, district="อ.กระนวน", subdistrict="")]
    assert one(office, office.csv("a.csv", lines)).rules["A30"] == 2
    assert list(payments(office)["district"]) == ["4001", "4009"]


@case("A31")
def _(office: Office) -> None:
    receipt = one(office, office.csv("a.csv", [row(1, district="4029", subdistrict="401608")]))
    assert receipt.rules["A31"] == 1
    assert payments(office)["subdistrict"][0] == "402903"


@case("A32")
def _(office: Office) -> None:
    receipt = one(office, office.csv("a.csv", [row(1), row(2), row(1)]))
    assert (receipt.account.kept, receipt.account.declared["A32"]) == (2, 1)


@case("A33")
def _(office: Office) -> None:
    lines = [row(1), row(1, stream="เงินช่วยเหลือโควิด", amount="600")]
    receipt = one(office, office.csv("a.csv", lines))
    assert (receipt.account.kept, noted(receipt, "A33"), receipt.children) == (2, 1, (1, 1))


@case("A34")
def _(office: Office) -> None:
    office.mapping(
        "schema_version: 1\nsources:\n  - files: '*.csv'\n    tables:\n      support_payment:\n"
        "        columns:\n          child_id: [รหัสเด็ก, เลขเดิม]\n          amount: เบิก\n          date: เมื่อ\n"
        "        constants: {stream: early_childhood}\n"
    )
    line = row(1)
    for at, header in enumerate((["เมื่อ", "เบิก", "รหัสเด็ก"], ["เมื่อ", "เบิก", "เลขเดิม"])):
        path = write_csv(office.inbox / f"v{at}.csv", [header, [line[10], "800", citizen(at + 1)]])
        assert noted(one(office, path), "A34") == 3
    assert len(payments(office)) == 2


@case("A35")
def _(office: Office) -> None:
    lines = [[*row(1), "=1+1"], [*row(2, id="9"), "=HYPERLINK(1)"], *[[*r, ""] for r in rows(20, 5)]]
    receipt = one(office, write_csv(office.inbox / "a.csv", [[*HEADER, "ที่อยู่"], *lines]))
    assert receipt.rules["A35"] == 2
    fixes = openpyxl.load_workbook(
        next((office.folder / "private" / "quarantine").glob("*.xlsx"))
    ).worksheets[0]
    cell = next(c for c in fixes[2] if c.value == "=HYPERLINK(1)")
    assert cell.data_type == "s"


@case("A36")
def _(office: Office) -> None:
    path = office.csv("a.csv", rows(3))
    assert office.take(path).state == 1
    again = office.take(path)
    assert (again.state, again.files, again.skipped) == (1, (), ("a.csv",))


# Quarantined with a reason


@case("Q01")
def _(office: Office) -> None:
    wrong = citizen(1)[:-1] + str((int(citizen(1)[-1]) + 1) % 10)
    held(office, [row(1, id=wrong)], "Q01")


@case("Q02")
def _(office: Office) -> None:
    held(office, [row(1, id=citizen(1, province="99"))], "Q02")


@case("Q03")
def _(office: Office) -> None:
    held(office, [row(1, id="1.40E+12")], "Q03")


@case("Q04")
def _(office: Office) -> None:
    held(office, [row(at, id=citizen(1)) for at in (1, 2, 3)], "Q04", 3)


@case("Q05")
def _(office: Office) -> None:
    held(office, [row(1), row(2, id=citizen(1))], "Q05", 2)


@case("Q06")
def _(office: Office) -> None:
    receipt = one(office, office.csv("a.csv", [*rows(10, 20), row(1), row(1, id=citizen(2))]))
    assert (receipt.account.quarantined, receipt.candidates, receipt.rules["Q06"]) == (0, 1, 1)
    assert payments(office)["child_id"].nunique() == 12  # both are kept, neither is merged
    assert receipt.children == (11, 12)
    assert len(office.register.candidates()) == 1


@case("Q07")
def _(office: Office) -> None:
    held(office, [row(1, id="", born="-")], "Q07")


@case("Q08")
def _(office: Office) -> None:
    held(office, [row(1, paid="29/2/2564")], "Q08")


@case("Q09")
def _(office: Office) -> None:
    held(office, [row(1, paid="25 มิ.ย."), row(2, paid="06/2563")], "Q09", 2)


@case("Q10")
def _(office: Office) -> None:
    held(office, [row(1, born="01/01/2540"), row(2, born="01/12/2563")], "Q10", 2)


@case("Q11")
def _(office: Office) -> None:
    held(office, [row(1, title="ด.ญ.")], "Q11")


@case("Q12")
def _(office: Office) -> None:
    held(office, [row(1, amount="8,000")], "Q12")
    found = office.register.in_question()
    assert (found["stream"][0], found["amount"][0]) == ("early_childhood", 8000.0)


@case("Q13")
def _(office: Office) -> None:
    held(office, [row(1, amount="-800")], "Q13")


@case("Q14")
def _(office: Office) -> None:
    held(office, [row(1, amount=""), row(2, amount="แปดร้อย")], "Q14", 2)


@case("Q15")
def _(office: Office) -> None:
    held(office, [row(1, paid="15/10/2562"), row(2, paid="25/03/2564")], "Q15", 2)


@case("Q16")
def _(office: Office) -> None:
    held(office, [row(1, district="ชุมแพร", subdistrict="")], "Q16")
    fixes = next((office.folder / "private" / "quarantine").glob("*.xlsx"))
    assert "ชุมแพ" in str(openpyxl.load_workbook(fixes).worksheets[0].cell(2, 4).value)


@case("Q17")
def _(office: Office) -> None:
    header = ["เลขประจำตัวประชาชน", "ปีการศึกษา", "ภาคเรียน", "ร้อยละการมาเรียน"]
    lines = [[citizen(at), "2563", "1", "85.5"] for at in range(1, 21)]
    receipt = one(
        office, write_csv(office.inbox / "a.csv", [header, *lines, [citizen(30), "2563", "1", "120"]])
    )
    assert (receipt.account.quarantined, receipt.rules["Q17"]) == (1, 1)


@case("Q18")
def _(office: Office) -> None:
    held(office, [row(1, given="สม????"), row(2, surname="ใจ\ufffd")], "Q18", 2)


@case("Q19")
def _(office: Office) -> None:
    path = office.inbox / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as made:
        page = made.add_worksheet()
        page.write_row(0, 0, HEADER)
        for at in range(20):
            page.write_row(at + 1, 0, row(at + 1))
        page.write_formula(3, 9, "=400*2", None, "")
        page.write_formula(4, 9, "=400*2", None, 800)
    receipt = one(office, path)
    assert (receipt.account.quarantined, receipt.rules["Q19"]) == (1, 1)


# Refused files


@case("X01")
def _(office: Office) -> None:
    good = ",".join(HEADER) + "\n" + ",".join(row(1)) + "\n"
    start = good.encode("utf-8") * 3000
    path = office.inbox / "a.csv"
    path.write_bytes(start + ",".join(row(2)).encode("cp874") + b"\n")
    assert f"byte {len(start)}" in refused(office, path, "X01")


@case("X02")
def _(office: Office) -> None:
    path = office.inbox / "a.xlsx"
    name = "EncryptedPackage".encode("utf-16-le")
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + name + bytes(600))
    refused(office, path, "X02")


@case("X03")
def _(office: Office) -> None:
    web = office.inbox / "a.xls"
    web.write_text("<html><body><table><tr><td>1</td></tr></table></body></html>", encoding="utf-8")
    refused(office, web, "X03")
    old = office.inbox / "b.csv"
    old.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000))
    refused(office, old, "X03")


@case("X04")
def _(office: Office) -> None:
    refused(office, write_csv(office.inbox / "a.csv", [["ก", "ข"], ["1", "2"]]), "X04")
    doubled = [*HEADER, "จำนวนเงิน"]
    refused(office, write_csv(office.inbox / "b.csv", [doubled, [*row(1), "800"]]), "X04")


@case("X05")
def _(office: Office) -> None:
    at = HEADER.index("วันที่จ่าย")
    header = [h for i, h in enumerate(HEADER) if i not in (at, 4)]
    line = [v for i, v in enumerate(row(1)) if i not in (at, 4)]
    assert "date" in refused(office, write_csv(office.inbox / "a.csv", [header, line]), "X05")


@case("X06")
def _(office: Office) -> None:
    away = [row(at, district="เมืองอุดรธานี", subdistrict="") for at in range(1, 6)]
    refused(office, office.csv("a.csv", away), "X06")
    late = [row(at, paid=f"{at:02d}/06/2566") for at in range(11, 16)]
    refused(office, office.csv("b.csv", late), "X06")


@case("X07")
def _(office: Office) -> None:
    lines = ([citizen(at), "2563", "1"] for at in range(1, 65536))
    header = ["เลขประจำตัวประชาชน", "ปีการศึกษา", "ภาคเรียน"]
    refused(office, write_csv(office.inbox / "a.csv", [header, *lines]), "X07")


@case("X08")
def _(office: Office) -> None:
    empty = office.inbox / "a.csv"
    empty.write_bytes(b"")
    refused(office, empty, "X08")
    refused(office, office.csv("b.csv", []), "X08")


@case("X09")
def _(office: Office) -> None:
    wrong = [row(at, amount="1") for at in range(1, 4)]
    refused(office, office.csv("a.csv", [*wrong, *rows(20, 50)]), "X09")
    fixes = openpyxl.load_workbook(next((office.folder / "private" / "quarantine").glob("refused-*.xlsx")))
    assert fixes.worksheets[0].max_row == 4


# Beside the numbered cases


@pytest.mark.parametrize("kind", ["ratio", "entities", "damaged"])
def test_import_of_a_bomb_is_refused(kind: str, office: Office) -> None:
    path = office.inbox / "a.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        text = b"0" * (64 << 20) if kind == "ratio" else b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'
        archive.writestr("xl/workbook.xml", text)
    if kind == "damaged":
        path.write_bytes(path.read_bytes()[:-30])
    refused(office, path, "X10")


@pytest.mark.parametrize("kind", ["tsv", "parquet", "dta", "sav", "ods", "folder"])
def test_import_reads_each_format(kind: str, office: Office) -> None:
    frame = pd.DataFrame(rows(5), columns=HEADER)
    names = "pid title given_name surname birth_date sex district subdistrict stream amount date_paid"
    latin = frame.set_axis(names.split(), axis=1)
    path = office.inbox / f"a.{kind}"
    if kind == "tsv":
        write_csv(path, [HEADER, *rows(5)], delimiter="\t")
    elif kind == "parquet":
        frame.to_parquet(path)
    elif kind == "dta":
        latin.to_stata(path, version=118, write_index=False)
    elif kind == "sav":
        pytest.importorskip("pyreadstat").write_sav(latin, str(path))
    elif kind == "ods":
        path.write_bytes(ods([HEADER, *rows(5)]))
    else:
        path.mkdir()
        write_csv(path / "one.csv", [HEADER, *rows(2)])
        write_csv(path / "two.csv", [HEADER, *rows(3, 3)])
    receipt = office.take(path)
    assert sum(one.account.kept for one in receipt.files) == 5
    assert payments(office)["amount"].sum() == 4000


def ods(lines: list[list[str]]) -> bytes:
    """A minimal OpenDocument spreadsheet."""
    start, end = '<table:table-cell office:value-type="string"><text:p>', "</text:p></table:table-cell>"
    made_rows = ("".join(f"{start}{text}{end}" for text in line) for line in lines)
    cells = "".join(f"<table:table-row>{line}</table:table-row>" for line in made_rows)
    names = " ".join(
        f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{long}:1.0"'
        for short, long in (("office", "office"), ("table", "table"), ("text", "text"))
    )
    content = (
        f"<office:document-content {names}><office:body><office:spreadsheet>"
        f'<table:table table:name="s">{cells}'
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        kind = "application/vnd.oasis.opendocument.spreadsheet"
        names = 'xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"'
        entry = f'<m:file-entry m:full-path="/" m:media-type="{kind}"/>'
        archive.writestr("META-INF/manifest.xml", f"<m:manifest {names}>{entry}</m:manifest>")
    return made.getvalue()
