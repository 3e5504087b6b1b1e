"""Costs worked by hand."""

import math

import pytest

from equity_lib.errors import WrongParameters
from equity_lib.indicators.cost import VIEWS, cost
from equity_lib.programme.parameters import UseOfGrant
from tests.indicators.case_register import case, enrolled, opened, paid
from tests.years import streams, year

FOUND = "2020-10-05"


def given(rows=None, earlier=(), administration=300):
    """One stream of goal C with 600 baht, one of another goal with 400, administration of 300."""
    mine, other = streams(("out_of_school", 100, 6, None), ("early_childhood", 50, 8, None))
    own = [mine.model_copy(update={"goal": "C"}), other.model_copy(update={"goal": "A"})]
    use = UseOfGrant.model_construct(spent=None, administration=administration, returned=None)
    return opened(2563, earlier, rows, streams=own, use_of_grant=use)


def test_stream_spreads_administration_by_assistance():
    value = cost(given(), of="stream").value
    assert [value(f"cost.stream.{s}") for s in ("out_of_school", "goal_c", "total")] == [600, 600, 1000]
    assert [value(f"cost.stream.{s}.overhead") for s in ("out_of_school", "goal_c", "total")] == [
        180,
        180,
        300,
    ]
    assert value("cost.stream.total.all_baht") == 1_300


def test_stream_without_stated_administration_shows_transfers_only():
    found = cost(given(administration=None), of="stream")
    assert set(found.cells["measure"]) == {"transfers"}


def test_child_in_two_streams_counts_once_in_all_and_a_reversed_payment_not():
    rows = [paid("a", 100), paid("b", 100), paid("c", 100), paid("c", -100)]
    rows += [paid("a", 50, "early_childhood"), paid("d", 50, "early_childhood")]
    value = cost(given({"support_payment": rows}), of="child").value
    assert [value(f"cost.child.{s}") for s in ("out_of_school", "early_childhood", "total")] == [2, 2, 3]
    assert value("cost.child.out_of_school.transfers_per_child") == 300
    assert value("cost.child.total.all_baht_per_child") == pytest.approx(1_300 / 3, abs=0.005)
    assert value("cost.child.total.overhead_per_child") == 100


def test_return_divides_by_supported_children_that_returned_or_gained_skills():
    """4 supported, 2 returned, 1 skilled; a child that nobody supported returned too and isn't counted."""
    rows = {
        "support_payment": [paid(c, 100) for c in "abcd"],
        "out_of_school": [
            case("a", FOUND, outcome="returned", outcome_date="2021-02-01"),
            case("b", FOUND, outcome="returned", outcome_date="2021-02-01"),
            case("c", FOUND, outcome="skills", outcome_date="2021-02-01"),
            case("z", FOUND, outcome="returned", outcome_date="2021-02-01"),
        ],
    }
    table = cost(given(rows), of="return")
    names = ("supported", "returned", "skills", "either")
    assert [table.value(f"cost.return.{name}") for name in names] == [4, 2, 1, 3]
    assert table.value("cost.return.returned.transfers_per_child") == 300
    assert table.value("cost.return.returned.all_baht_per_child") == 390
    assert table.value("cost.return.either.overhead_per_child") == 60
    row = table.cells.set_index("id").loc["cost.return.returned.transfers_per_child"]
    # Garwood's limits of a count of 2 are .242209 and 7.224688 (Fisher's tables).
    assert (row["low"], row["high"]) == pytest.approx((600 / 7.224688, 600 / 0.242209), rel=1e-5)


def test_return_without_any_return_is_not_estimable():
    rows = {"support_payment": [paid("a", 100)], "out_of_school": [case("a", FOUND, outcome="following")]}
    table = cost(given(rows), of="return").cells.set_index("id")
    assert math.isnan(table.loc["cost.return.returned.transfers_per_child", "value"])
    assert table.loc["cost.return.returned.transfers_per_child", "status"] == "not_estimable"


def sustained(late=()):
    """Five children of 2562 that returned in October 2020, four still enrolled in 2563/2; and late ones."""
    paid_for = "abcde" + "".join(late)
    on = dict.fromkeys("abcde", "2020-10-10") | dict.fromkeys(late, "2021-09-20")
    return given(
        {
            "support_payment": [paid(c, 100, program_year=2562) for c in paid_for],
            "out_of_school": [
                case(c, "2020-09-01", 2563, outcome="returned", outcome_date=on[c]) for c in paid_for
            ],
            "enrolment": [enrolled(c, 2563, 2) for c in "abcd"] + [enrolled("e", 2563, 2, "dropped_out")],
        },
        earlier=(2562,),
    )


def test_sustained_divides_the_money_of_the_year_before_by_its_lasting_returns():
    table = cost(sustained(), of="sustained")
    assert (table.value("cost.sustained.90"), table.value("cost.sustained.90.returned")) == (4, 5)
    assert table.value("cost.sustained.90.transfers_per_child") == 150
    assert table.value("cost.sustained.90.all_baht_per_child") == 195


def test_sustained_where_too_many_returned_too_late_to_know_divides_nothing():
    table = cost(sustained(late=("f", "g")), of="sustained").cells.set_index("id")
    assert table.loc["cost.sustained.90.too_soon", "value"] == 2
    assert table.loc["cost.sustained.90.transfers_per_child", "status"] == "not_estimable"


def test_cost_relations_give_their_cells_again():
    rows = {"support_payment": [paid(c, 100) for c in "ab"], "out_of_school": [case("a", FOUND)]}
    opened_year = given(rows)
    tables = [cost(opened_year, of=of) for of in ("stream", "child", "return")]
    values = {"money.out_of_school": 600.0, "money.early_childhood": 400.0, "money.itemised": 1000.0}
    for table in tables:
        values |= table.cells.set_index("id")["value"].to_dict()
    for relation in (relation for table in tables for relation in table.relations):
        assert values[relation.result] == pytest.approx(relation.evaluate(values), abs=0.005, nan_ok=True)


@pytest.mark.parametrize("of", ["child", "return", "sustained"])
def test_cost_without_a_register_says_what_it_needs(of):
    assert cost(year(), of=of).key == f"needs.cost.{of}"


def test_cost_of_a_stream_is_public_where_figures_are_published():
    table = cost(year(), of="stream")
    assert (table.sensitivity, table.source) == ("public", "published")
    assert table.value("cost.stream.goal_c") == 712_000


def test_cost_of_an_unknown_view_lists_the_views():
    assert set(VIEWS) == {"case", "stream", "child", "return", "sustained"}
    with pytest.raises(WrongParameters, match="case, stream"):
        cost(year(), of="outcome")
