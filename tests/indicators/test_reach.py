"""Targeting, incidence and overlap of registers whose every child is known."""

import pytest

from equity_lib.errors import WrongParameters
from equity_lib.indicators.reach import VIEWS, reach
from tests.literal_register import LiteralRegister, literal_year, paid


def screening(bands, scores=None):
    """Children 0, 1, … with a band and a score each."""
    scores = scores or range(len(bands))
    return [
        {
            "child_id": str(i),
            "date": "2019-06-01",
            "band": band,
            "pmt_score": float(scores[i] if scores else i),
        }
        for i, band in enumerate(bands)
    ]


def numbers(first, last):
    return [str(i) for i in range(first, last)]


def test_cgh_of_60_per_cent_to_a_target_of_40_is_one_and_a_half():
    """Coady, Grosh and Hoddinott (2004): the bottom 40 per cent get 60 per cent of benefits, 1.5."""
    bands = ["extremely_poor"] * 40 + ["not_poor"] * 60
    register = LiteralRegister(
        screening=screening(bands), support_payment=paid(*numbers(0, 12), *numbers(40, 48), "unseen")
    )
    found = reach(literal_year(register), "targeting")
    value = lambda measure: found.value(f"reach.targeting.early.{measure}")  # noqa: E731
    assert value("share_in_target") == 60
    assert value("share_target") == 40
    assert value("cgh") == 1.5
    assert value("exclusion") == 70  # 28 of 40
    assert value("inclusion_of_reached") == 40  # 8 of 20
    assert value("inclusion_of_outside") == pytest.approx(13.33)  # 8 of 60
    assert value("not_screened") == 1


def test_targeting_of_a_stream_whose_children_nobody_screened_has_counts_only():
    register = LiteralRegister(
        screening=screening(["extremely_poor"]), support_payment=paid("x", stream="late", amount=4_000)
    )
    found = reach(literal_year(register), "targeting")
    assert found.value("reach.targeting.late.not_screened") == 1
    assert "reach.targeting.late.exclusion" not in set(found.cells["id"])


def test_incidence_adds_streams_up_at_their_rates():
    register = LiteralRegister(
        screening=screening(["poor"] * 10),
        support_payment=paid("0", "1", "9") + paid("0", stream="late", amount=4_000),
    )
    found = reach(literal_year(register), "incidence")
    assert found.value("reach.incidence.early.1") == 2
    assert found.value("reach.incidence.total.1.baht") == 2 * 800 + 4_000
    assert found.value("reach.incidence.total.5.baht") == 800
    assert found.value("reach.incidence.total.total.baht") == 6_400
    assert found.value("reach.incidence.total.1.share_of_baht") == 87.5
    assert found.value("reach.incidence.late.5.share_of_baht") == 0


def test_children_of_one_score_stand_in_one_fifth():
    register = LiteralRegister(
        screening=screening(["poor"] * 10, [1, 1, 1, 1, 1, 1, 7, 8, 9, 10]), support_payment=paid("0")
    )
    found = reach(literal_year(register), "incidence")
    # Six of ten share ranks 0 to .6, whose mean, .3, lies in the second fifth.
    assert found.value("reach.incidence.early.2") == 1


def test_overlap_counts_children_once_by_number_of_streams():
    register = LiteralRegister(
        support_payment=paid("a", "b", "a") + paid("b", "c", stream="late", amount=4_000)
    )
    found = reach(literal_year(register), "overlap")
    assert found.frame["children"].to_dict() == {"1": 2, "2": 1, "early+late": 1, "total": 3}
    assert found.value("reach.overlap.1.share_of_supported") == pytest.approx(66.67)


def test_distinct_children_range_by_look_alikes_and_payments_in_question():
    register = LiteralRegister(support_payment=paid("a", "b", "c", "d"))
    register.pairs = [("a", "b"), ("b", "c"), ("a", "x")]
    register.held = [
        {"rule": "Q12", "child_id": None},
        {"rule": "Q13", "child_id": "d"},
        {"rule": "Q13", "child_id": "y"},
        {"rule": "Q08", "child_id": None},
    ]
    found = reach(literal_year(register), "children")
    assert (found.value("reach.children.fewest"), found.value("reach.children.most")) == (2, 6)


@pytest.mark.parametrize("of", [view for view in VIEWS if view not in ("assistance", "persons")])
def test_reach_of_an_empty_register_says_what_it_needs(of):
    assert reach(literal_year(LiteralRegister()), of).key == f"needs.reach.{of}"


def test_reach_of_nothing_known_names_what_there_is():
    with pytest.raises(WrongParameters, match="targeting"):
        reach(literal_year(LiteralRegister()), "colour")
