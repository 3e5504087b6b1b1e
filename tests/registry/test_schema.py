"""The schema, and what is made from it: the template can be filled in and imported, DATA.md is up to date."""

from pathlib import Path

import openpyxl
import pytest

from equity_lib.registry.headings import known, plain
from equity_lib.registry.migrations import STEPS, migrate
from equity_lib.registry.schema import load
from equity_lib.registry.setting import load_setting
from equity_lib.registry.template import data_md, shown, write_template
from tests.registry.conftest import Office, citizen


def test_schema_has_the_eleven_tables_of_the_domain() -> None:
    assert list(load().tables) == [
        "child", "screening", "support_payment", "enrolment", "assessment", "out_of_school",
        "grant_ledger", "agency", "contribution", "population", "target",
    ]  # fmt: skip


def test_no_heading_means_two_columns_of_one_table() -> None:
    for table in load().tables.values():
        labels = [plain(c.label.th) for c in table.columns.values()]
        assert len(set(labels)) == len(labels), table.name
        for column in table.columns.values():
            assert known(table.name)[plain(column.label.th)] == column.name


def test_identifiers_are_not_readable() -> None:
    for table in load().tables.values():
        readable = {table.columns[name].sensitivity for name in table.public if name != "child_id"}
        assert "identifier" not in readable


def test_every_migration_has_its_step() -> None:
    assert set(load().migrations) == set(STEPS)
    import pyarrow as pa

    from equity_lib.errors import EnvironmentProblem

    rows = pa.table({"child_id": ["a"]})
    assert migrate("child", rows, ()).equals(rows)
    with pytest.raises(EnvironmentProblem, match="newer version"):
        migrate("child", rows, ("0001_first", "9999_later"))


def test_data_md_is_what_the_schema_says() -> None:
    path = Path(__file__).parents[2] / "DATA.md"
    assert path.read_text(encoding="utf-8") == data_md(), (
        "Run `python -m equity_lib.registry.template > DATA.md`."
    )


def test_template_filled_in_is_imported(office: Office) -> None:
    setting = load_setting(office.root, "test-area", 2563)
    path = office.inbox / "template.xlsx"
    write_template(path, setting)
    book = openpyxl.load_workbook(path)
    labels = {table.label.th[:31].replace("/", " "): table for table in load().tables.values()}
    assert set(labels) <= set(book.sheetnames)
    page = book[load().tables["support_payment"].label.th[:31]]
    assert [cell.value for cell in page[1]] == [c.label.th for c in shown(load().tables["support_payment"])]
    lists = [rule.formula1 for rule in page.data_validations.dataValidation]
    assert len(lists) == 3  # stream, payee, status
    values = {
        "เลขประจำตัวประชาชน": citizen(1),
        "ประเภทความช่วยเหลือ": "เด็กปฐมวัย",
        "จำนวนเงิน": 800,
        "วันที่จ่าย": "25/06/2563",
    }
    for cell in page[1]:
        page.cell(2, cell.column).value = values.get(str(cell.value))
    book.save(path)
    receipt = office.take(path).files[0]
    assert receipt.tables == {"support_payment": 1}
