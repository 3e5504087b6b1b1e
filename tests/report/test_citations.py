"""What a fund report cites, and what stands there if nobody can publish it. Cells are written here."""

from types import MappingProxyType, SimpleNamespace

import pytest

from equity_lib.disclosure.gate import Cell
from equity_lib.errors import ReportFailed
from equity_lib.report.edition import Edition
from equity_lib.report.languages import Words
from equity_lib.report.rendering import result_html
from equity_lib.results import Name, Statement
from tests.years import parameters

AREA = {"area": Name("จังหวัดขอนแก่น", "Khon Kaen")}
NEED = Statement("needs.retention.register", names=AREA)
SHARE = "retention.transition.total.share_stayed"
COUNTS = {f"retention.transition.total.{name}": count for name, count in (("stayed", 90), ("fate_known", 95))}


def cell(cell_id: str, value: float, unit: str = "person", status: str = "rounded", **more: object) -> Cell:
    blank = dict.fromkeys(Cell.__dataclass_fields__, "")
    numbers = {"low": float("nan"), "high": float("nan")}
    return Cell(**blank | numbers | {"id": cell_id, "value": value, "unit": unit, "status": status} | more)


def edition(statements=(), cells=()) -> Edition:
    safe = SimpleNamespace(
        tables=MappingProxyType({}),
        charts=MappingProxyType({}),
        statements={each.id: each for each in statements},
        cells={each.id: each for each in cells},
        relations={},
    )
    given = parameters()
    return Edition(SimpleNamespace(given=given, years=(given,), safe=safe, outlines=None), Words("en"))


def cited(*ids: str) -> Statement:
    return Statement("cite", refs={str(at): each for at, each in enumerate(ids)})


def test_citation_of_what_a_register_would_give_shows_what_it_needs_once_a_page():
    page = edition([NEED])
    assert "Khon Kaen" in result_html(cited("retention.transition.by_stage"), page)
    assert result_html(cited("retention.years"), page) == ""


def test_citation_prefers_the_need_of_the_result_itself():
    own = Statement("needs.pathways.time", names=AREA)
    page = edition([Statement("needs.pathways.flow", names=AREA), own])
    assert page.need("pathways.time.curve") == own
    assert page.need("pathways.gone") == Statement("needs.pathways.flow", names=AREA)


def test_citation_of_what_nobody_publishes_nor_needs_is_refused():
    with pytest.raises(ReportFailed, match="cites what nobody publishes"):
        result_html(cited("retention.transition", "no.such"), edition([NEED]))


def test_heading_without_its_numbers_says_the_one_in_store():
    stated = Statement(
        "heading.staying",
        {"stayed": next(iter(COUNTS)), "known": list(COUNTS)[1]},
        items=(Statement("heading.staying_open"),),
    )
    assert "be said yet" in result_html(stated, edition([NEED]))
    known = [cell(each, count) for each, count in COUNTS.items()]
    assert "95" in result_html(stated, edition(cells=known))


@pytest.mark.parametrize(
    ("cells", "statements", "said"),
    [
        ([cell(SHARE, 94.7, "percent", low=90.1, high=97.2)], [], True),
        ([cell(SHARE, float("nan"), "percent", "suppressed")], [], False),
        ([], [NEED], False),
    ],
)
def test_main_point_is_left_out_where_its_share_is_withheld_or_needed(cells, statements, said):
    point = Statement("main.staying", {"share": SHARE})
    shown = result_html(Statement("main_points", items=(point,)), edition(statements, cells))
    assert ("94.7%" in shown and "90.1" in shown) is said
    assert ("<li>" in shown) is said
