"""Mappings: any office's and any country's register without code; a first one is suggested."""

import pytest
import xlsxwriter
from conftest import AREA, HEADER, Office, citizen, row, rows, write_csv
from ruamel.yaml import YAML

from equity_lib.errors import InputRejected, WrongParameters
from equity_lib.registry.mapping import AreaMapping, load_mapping, suggest

START = "schema_version: 1\nsources:\n"


def test_no_mapping_is_an_empty_one(office: Office) -> None:
    assert load_mapping(office.root, AREA) == AreaMapping()


def test_mapping_reports_every_fault_with_its_line(office: Office) -> None:
    office.mapping(
        START
        + "  - files: '*.csv'\n    tables:\n      support_payment:\n        columns:\n          nonsense: ก\n"
        "        constants: {strem: x}\n      nothing: {}\n"
    )
    with pytest.raises(WrongParameters) as error:
        load_mapping(office.root, AREA)
    faults = error.value.faults
    assert {(fault.line, fault.found) for fault in faults} == {(7, "nonsense"), (8, "strem"), (9, "nothing")}


def test_register_of_another_country_is_imported_without_code(office: Office) -> None:
    office.mapping(
        START + "  - files: 'district*.csv'\n    ids: any\n    places: any\n    null_words: ['inconnu']\n"
        "    tables:\n      child:\n        columns:\n          child_id: Matricule\n"
        "          given_name: Prénom\n"
        "          surname: Nom\n          birth_date: {from: Né le, era: ce, order: dmy}\n"
        "          sex: {from: Sexe, values: {garçon: male, fille: female}}\n          district: Région\n"
        "      support_payment:\n        columns:\n          child_id: Matricule\n"
        "          date: {from: Versé le, era: ce, order: dmy}\n"
        "          amount: {from: Milliers, scale: 1000}\n        constants: {stream: covid_aid}\n"
    )
    header = ["Matricule", "Nom", "Prénom", "Né le", "Sexe", "Région", "Versé le", "Milliers"]
    lines = [["sn-001", "Diop", "Awa", "05/04/2010", "fille", "Dakar", "02/03/2020", "0.6"],
             ["sn-002", "Ba", "Ali", "06/04/2011", "garçon", "inconnu", "03/03/2020", "0.6"]]  # fmt: skip
    office.take(write_csv(office.inbox / "district 7.csv", [header, *lines]))
    found = office.register.table("support_payment")
    assert list(found["amount"]) == [600.0, 600.0]
    assert list(found["date"].dt.strftime("%Y-%m-%d")) == ["2020-03-02", "2020-03-03"]
    child = office.register.table("child")
    assert list(child["sex"]) == ["female", "male"]
    assert child["district"].fillna("").tolist() == ["Dakar", ""]


def test_columns_are_unpivoted_to_terms(office: Office) -> None:
    office.mapping(
        START + "  - tables:\n      enrolment:\n        columns: {child_id: เลข, grade: ชั้น}\n"
        "        constants: {academic_year: 2563}\n        unpivot:\n"
        "          - {constants: {term: 1}, columns: {attendance: เทอมต้น}}\n"
        "          - {constants: {term: 2}, columns: {attendance: เทอมปลาย}}\n"
    )
    lines = [[citizen(1), "ป.1", "90", "85"], [citizen(2), "ป.2", "95", ""]]
    receipt = office.take(
        write_csv(office.inbox / "a.csv", [["เลข", "ชั้น", "เทอมต้น", "เทอมปลาย"], *lines])
    ).files[0]
    found = office.register.table("enrolment")
    assert (receipt.account.kept, len(found)) == (2, 3)
    assert sorted(zip(found["term"].astype(int), found["attendance"], strict=True)) == [
        (1, 90.0),
        (1, 95.0),
        (2, 85.0),
    ]


def test_sheets_are_joined_and_merged_cells_filled(office: Office) -> None:
    office.mapping(
        START + "  - sheets: จ่าย\n    joins:\n      - {sheet: เด็ก, on: ลำดับ,\n"
        "         columns: {child_id: บัตร, birth_date: เกิด}}\n"
        "    tables:\n      support_payment:\n        columns:\n          amount: เงิน\n          date: เมื่อ\n"
        "          district: {from: ที่, merged: true}\n        constants: {stream: early_childhood}\n"
        "  - sheets: เด็ก\n    tables:\n      child: {columns: {child_id: บัตร, birth_date: เกิด}}\n"
    )
    path = office.inbox / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        page = book.add_worksheet("เด็ก")
        page.write_row(0, 0, ["ลำดับ", "บัตร", "เกิด"])
        for at in (1, 2, 3):
            page.write_row(at, 0, [at, citizen(at), f"1{at + 3}/02/2558"])
        page = book.add_worksheet("จ่าย")
        page.write_row(0, 0, ["ลำดับ", "เงิน", "เมื่อ", "ที่"])
        for at, place in ((1, "ชุมแพ"), (2, ""), (3, "บ้านไผ่")):
            page.write_row(at, 0, [at, 800, f"2{at}/06/2563", place])
    office.take(path)
    found = office.register.table("support_payment")
    assert list(found["district"]) == ["4005", "4005", "4010"]
    assert set(found["child_id"]) == set(office.register.table("child")["child_id"])
    assert found["birth_date"].dt.day.tolist() == [14, 15, 16]


def test_pinned_mapping_that_was_changed_is_refused(office: Office) -> None:
    office.mapping(START + "  - tables: {child: {}}\n")
    path = office.root / "params" / AREA / "mapping.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
    with pytest.raises(WrongParameters, match="mapping_sha256"):
        office.take(office.csv("a.csv", rows(2)))


def test_suggestion_is_a_mapping_that_imports_the_file(office: Office) -> None:
    file = office.csv("a.csv", rows(5))
    told = suggest(file)
    mapping = AreaMapping.model_validate(YAML(typ="safe", pure=True).load(told))
    assert set(mapping.sources[0].tables) == {"child", "support_payment"}
    office.mapping(told)
    assert office.take(file).files[0].account.kept == 5


def test_suggestion_names_what_is_missing_and_unknown_but_no_cell(office: Office) -> None:
    at = HEADER.index("วันที่จ่าย")
    file = write_csv(office.inbox / "a.csv", [[*HEADER[:at], "อะไรสักอย่าง"], row(1)])
    told = suggest(file)
    assert "# date: which heading?" in told
    assert 'not recognised: "อะไรสักอย่าง"' in told
    assert citizen(1) not in told
    assert "ใจดี" not in told


def test_sheet_that_the_mapping_leaves_incomplete_is_refused(office: Office) -> None:
    office.mapping(
        START + "  - tables:\n      support_payment:\n        columns: {child_id: เลข, amount: เงิน}\n"
    )
    with pytest.raises(InputRejected) as error:
        office.take(write_csv(office.inbox / "a.csv", [["เลข", "เงิน"], [citizen(1), "800"]]))
    assert {fault.key for fault in error.value.faults} == {"stream [X05]", "date [X05]"}


def test_same_file_read_with_another_mapping_is_a_revision(office: Office) -> None:
    file = office.csv("a.csv", rows(3))
    office.take(file)
    office.mapping(suggest(file))
    with pytest.raises(InputRejected, match="--replace"):
        office.take(file)
    assert office.take(file, replace=True).state == 2
    assert office.take(file).skipped == ("a.csv",)
