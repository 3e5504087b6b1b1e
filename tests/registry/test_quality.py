"""Data quality of a small register whose every row is known."""

import pytest

from equity_lib.disclosure.gate import gate
from equity_lib.disclosure.rules import NO_LEDGER, rules_of
from equity_lib.errors import WrongParameters
from equity_lib.indicators.quality import OF_REGISTER, quality
from equity_lib.indicators.reconciliation import reconciliation
from equity_lib.registry.year import open_year
from equity_lib.results import Statement, Table
from tests.registry.conftest import AREA, HEADER, Office, row, rows, write_csv

ANY = "ผลรวม"


@pytest.fixture
def year(office: Office, monkeypatch: pytest.MonkeyPatch):
    """30 clean rows, 2 off the rate, 1 with a wrong check digit, a heading, a repeated row and a total."""
    (office.root / "notebooks").mkdir()
    monkeypatch.setenv("EQUITY_ROOT", str(office.root))
    wrong = row(40)
    wrong[0] = wrong[0][:-1] + str((int(wrong[0][-1]) + 1) % 10)
    lines = [*rows(30), row(31, amount="900"), row(32, amount="700"), wrong, row(1)]
    total = [ANY, *[""] * 8, "26,400", ""]
    office.take(write_csv(office.inbox / "a.csv", [HEADER, *lines, total]))
    return open_year(AREA, 2563)


def value(found: Table, cell: str) -> float:
    return found.value(f"{found.id}.{cell}")


def test_quality_flow_adds_up_row_by_row(year):
    flow = quality(year, "flow")
    steps = {step: value(flow, step) for step in flow.dims[0].levels}
    assert steps == {
        "read": 36,
        "kept": 30,
        "mended": 0,
        "in_question": 3,
        "without_data": 3,
        "unaccounted": 0,
    }
    assert steps["read"] == sum(count for step, count in steps.items() if step != "read")


def test_quality_flow_after_a_clerk_mended_a_row_counts_it_as_mended(office: Office, year):
    import openpyxl

    workbook = next((office.folder / "private" / "quarantine").glob("*.xlsx"))
    book = openpyxl.load_workbook(workbook)
    mended = 0
    for sheet in book.worksheets:
        for cells in sheet.iter_rows():
            for cell in cells:
                if str(cell.value) in ("900", "700"):
                    cell.value, mended = "800", mended + 1
    assert mended == 2
    book.save(office.inbox / "fixes.xlsx")
    office.take(office.inbox / "fixes.xlsx")
    flow = quality(open_year(AREA, 2563), "flow")
    assert year.register.state.number + 1 == office.register.state.number
    assert (value(flow, "mended"), value(flow, "in_question"), value(flow, "unaccounted")) == (2, 1, 0)


def test_quality_questions_name_the_rule(year):
    found = quality(year, "questions")
    assert {level: value(found, level) for level in found.dims[0].levels} == {"Q01": 1, "Q12": 2}


def test_quality_streams_keep_money_in_question_in_sight(year):
    found = quality(year, "streams")
    cell = "early_childhood"
    assert value(found, cell) == 30
    assert value(found, f"{cell}.children") == 30
    assert value(found, f"{cell}.in_question") == 2
    assert value(found, f"{cell}.paid") == 24_000
    assert value(found, f"{cell}.paid_in_question") == 1_600
    assert value(found, f"{cell}.claimed") == 1_872


def test_quality_children_count_rows_in_question_as_others_at_most(year):
    found = quality(year, "children")
    assert (value(found, "fewest"), value(found, "most")) == (30, 33)


def test_children_of_a_chain_of_pairs_are_one_child_fewer_for_each_link():
    from equity_lib.registry.register import _mergers

    assert _mergers([("a", "b"), ("b", "c"), ("a", "c"), ("d", "e")]) == 3


def test_quality_columns_are_full_where_every_row_is_filled(year):
    found = quality(year, "columns")
    shares = found.cells.loc[found.cells["measure"] == "share_filled", "value"]
    assert set(shares) == {100.0}
    assert "child.school" not in found.dims[0].levels


def test_quality_on_the_page_is_rounded_and_small_counts_are_withheld(year):
    tables = [quality(year, of) for of in OF_REGISTER]
    safe = gate([reconciliation(year), *tables], rules_of(year.parameters), NO_LEDGER)
    shown = {cell: safe.cells[cell].value for cell in safe.cells if cell.startswith("register.")}
    assert shown["register.flow.read"] == 35
    assert shown["register.flow.in_question"] != shown["register.flow.in_question"]
    assert shown["register.streams.early_childhood.paid"] == 800 * 30
    counts = [v for c, v in shown.items() if v == v and safe.cells[c].unit in ("row", "person")]
    assert all(count % 5 == 0 for count in counts)


def test_quality_without_a_register_says_what_it_would_take(office: Office, monkeypatch: pytest.MonkeyPatch):
    (office.root / "notebooks").mkdir()
    monkeypatch.setenv("EQUITY_ROOT", str(office.root))
    found = quality(open_year(AREA, 2563), "flow")
    assert isinstance(found, Statement)
    assert found.key == "needs.register"


def test_quality_of_an_unknown_view_lists_the_views(year):
    with pytest.raises(WrongParameters, match="flow, questions, streams"):
        quality(year, "beauty")


def test_in_question_keeps_each_row_with_its_own_child_and_stream(office: Office):
    """A row that breaks two rules stands above another one: what belongs to each doesn't shift."""
    twice = row(20, amount="900", paid="31/02/2563")
    again = row(25, amount="700")
    office.take(write_csv(office.inbox / "a.csv", [HEADER, *rows(30), twice, again]))
    held = office.register.in_question().sort_values("row")
    assert [len(rules.split()) for rules in held["rules"]] == [2, 1]
    known = office.register.table("child", ["child_id", "source_row"]).set_index("source_row")["child_id"]
    assert list(held["child_id"]) == [known[21], known[26]]
    assert list(held["stream"]) == ["early_childhood", "early_childhood"]


def test_table_of_children_in_two_files_keeps_what_only_the_first_one_says(office: Office):
    """The second file has no column for sex: the first one's word holds."""
    at = HEADER.index("เพศ")
    short = [heading for heading in HEADER if heading != "เพศ"]
    later = [[cell for i, cell in enumerate(line) if i != at] for line in rows(3)]
    moved = [[cell.replace("ชุมแพ", "ภูเวียง") for cell in line] for line in later]
    office.take(write_csv(office.inbox / "a.csv", [HEADER, *rows(3)]))
    office.take(write_csv(office.inbox / "b.csv", [short, *moved]), replace=True)
    children = office.register.table("child", ["child_id", "sex", "district"])
    assert len(children) == 3
    assert children["sex"].notna().all()
