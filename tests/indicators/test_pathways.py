"""Pathways back to learning, on cases written out by hand."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equity_lib.errors import WrongParameters
from equity_lib.indicators.cases import cases, in_hand
from equity_lib.indicators.pathways import ENDS, VIEWS, pathways
from equity_lib.indicators.returns import came_back, enrolments, stayed
from equity_lib.indicators.waiting import clocks
from tests.indicators.case_register import case, enrolled, opened
from tests.years import year

#: Programme year 2563: 1 October 2020 to 30 September 2021.
FOUND = "2020-11-10"
OUTCOMES = [
    "returned", "skills", "working", "following", "lost", "deceased", "moved", "over_age", "refused", None
]  # fmt: skip
CHILDREN = st.lists(
    st.tuples(
        st.sampled_from("abcdefgh"),
        st.sampled_from(["2019-12-01", FOUND, "2021-02-01", "2021-05-01"]),
        st.sampled_from([2562, 2563]),
        st.sampled_from(OUTCOMES),
        st.sampled_from([None, "2021-03-01"]),
        st.sampled_from([None, "office"]),
    ),
    min_size=1,
    max_size=40,
)


def story(rows, lists=(), earlier=(2562,)):
    given = opened(2563, earlier, {"out_of_school": rows, "enrolment": list(lists)})
    found = cases(given)
    seen = enrolments(given, found["child_id"])
    return came_back(found, seen), seen, given


def test_cases_that_stand_again_in_the_next_file_keep_the_last_word():
    rows = [
        case("a", "2020-08-01", 2562, outcome="returned", outcome_date="2020-09-01", reason="work"),
        case("a", "2020-08-01", 2563, outcome="following", follow_up_date="2021-02-02"),
    ]
    (one,) = story(rows)[0].to_dict("records")
    assert (one["outcome"], one["reason"], one["program_year"]) == ("following", "work", 2563)
    assert pd.isna(one["outcome_date"])  # the day belonged to the outcome that was taken back
    assert str(one["until"].date()) == "2021-09-30"


def test_cases_of_a_child_found_again_are_known_until_the_day_before():
    rows = [case("a", FOUND, outcome="following"), case("a", "2021-05-01", outcome="following")]
    assert [str(day.date()) for day in story(rows)[0]["until"]] == ["2021-04-30", "2021-09-30"]


def test_cases_of_an_earlier_file_are_known_until_its_year_ended():
    rows = [case("a", "2020-01-01", 2562, outcome="working", outcome_date="2020-03-01"), case("b", FOUND)]
    assert str(story(rows)[0].set_index("child_id")["until"]["a"].date()) == "2020-09-30"


def test_flow_follows_each_child_to_one_end():
    rows = [
        case("a", FOUND, outcome="returned", outcome_date="2021-02-01", reason="work", referral="office"),
        case("b", FOUND, outcome="skills", outcome_date="2021-02-01", referral="office"),
        case("c", FOUND, outcome="lost", follow_up_date="2021-02-01"),
        case("d", FOUND),
    ]
    lists = [enrolled("a", 2564, 1, school="1240000001", program_year=2563)]
    table = pathways(story(rows, lists)[2], of="flow")
    expected = {
        "found.total": 4, "found.surveyed": 2, "found.not_surveyed": 2, "surveyed.referred": 1,
        "surveyed.not_referred": 1, "not_surveyed.referred": 1, "not_surveyed.not_referred": 1,
        "referred.non_formal": 1, "referred.skills": 1, "not_referred.untraced": 1,
        "not_referred.not_recorded": 1, "not_referred.gone": 0,
    }  # fmt: skip
    assert {key: table.value(f"pathways.flow.{key}") for key in expected} == expected


@settings(max_examples=40)
@given(CHILDREN)
def test_flow_conserves_children(children):
    """At every stage as many leave as arrive, and at the end everybody in hand is somewhere."""
    rows = [
        case(child, found, told, outcome=outcome, outcome_date=on, referral=referral)
        for child, found, told, outcome, on, referral in children
    ]
    back, _, given = story(rows)
    hand = in_hand(back, 2563)
    if hand.empty:
        return
    table = pathways(given, of="flow")
    values = table.cells.set_index("id")["value"].to_dict()
    for relation in table.relations:
        if relation.kind == "sum":
            assert values[relation.result] == relation.evaluate(values)
    ends = sum(
        values[f"pathways.flow.{stage}.{end}"] for stage in ("referred", "not_referred") for end in ENDS
    )
    assert ends == values["pathways.flow.found.total"] == hand["child_id"].nunique()


@settings(max_examples=40)
@given(CHILDREN)
def test_either_outcome_is_the_union_of_return_and_skills(children):
    rows = [
        case(c, found, told, outcome=outcome, outcome_date=on) for c, found, told, outcome, on, _ in children
    ]
    lists = [enrolled("a", 2564, 1, program_year=2563), enrolled("b", 2563, 2)]
    back, _, given = story(rows, lists)
    hand = in_hand(back, 2563)
    if hand.empty:
        return
    value = pathways(given, of="returns").value
    union = set(hand.loc[hand["returned_on"].notna(), "child_id"])
    union |= set(hand.loc[hand["skills_on"].notna(), "child_id"])
    assert value("pathways.returns.either") == len(union)
    parts = [value(f"pathways.returns.{part}") for part in ("returned", "skills", "both")]
    assert parts[0] + parts[1] - parts[2] == len(union)


def test_child_with_a_skill_that_stands_enrolled_later_has_both_outcomes():
    rows = [case("a", FOUND, outcome="skills", outcome_date="2021-02-01")]
    value = pathways(
        story(rows, [enrolled("a", 2564, 1, grade="m1", program_year=2563)])[2], of="returns"
    ).value
    names = ("returned", "formal", "skills", "both", "either")
    assert [value(f"pathways.returns.{name}") for name in names] == [1] * 5


def test_enrolment_that_began_before_the_child_was_found_is_no_return():
    rows = [case("a", FOUND, outcome="following")]
    back = story(rows, [enrolled("a", 2563, 2)])[0]  # opened on 1 November
    assert back["returned_on"].isna().all()


def test_clocks_stop_at_the_first_of_return_competing_event_and_last_word():
    rows = [
        case("a", "2020-10-01", outcome="returned", outcome_date="2020-10-31"),
        case("b", "2020-10-01", outcome="moved", outcome_date="2020-11-30"),
        case("c", "2020-10-01", outcome="skills", outcome_date="2020-10-11"),
        case("d", "2020-10-01", outcome="lost", follow_up_date="2020-10-21"),
        case("e", "2020-10-01", outcome="following"),
    ]
    back = story(rows, earlier=())[0]
    assert list(zip(*clocks(back, "returned"), strict=True)) == [
        (30, 1),
        (60, 2),
        (364, 0),
        (20, 0),
        (364, 0),
    ]
    assert list(zip(*clocks(back, "either"), strict=True))[2] == (10, 1)


def test_outcome_without_a_day_is_dated_by_the_last_follow_up_and_counted():
    rows = [case("a", FOUND, outcome="returned", follow_up_date="2020-11-20")]
    table = pathways(story(rows, earlier=())[2], of="time")
    row = table.cells.set_index("id").loc["pathways.time.returned.30"]
    assert (row["value"], row["missing"]) == (100, 1)


def test_time_of_ten_cases_is_as_worked_by_hand():
    """Nobody is censored within 90 days: 4 of 10 return, 1 moves away, so F(30) = .2 and F(90) = .4."""
    back = [case(f"r{i}", "2020-10-01", outcome="returned", outcome_date="2020-10-20") for i in range(2)]
    back += [case(f"s{i}", "2020-10-01", outcome="returned", outcome_date="2020-12-20") for i in range(2)]
    back += [case("m", "2020-10-01", outcome="moved", outcome_date="2020-11-30")]
    back += [case(f"o{i}", "2020-10-01", outcome="following") for i in range(5)]
    table = pathways(story(back, earlier=())[2], of="time")
    cells = {each: table.value(f"pathways.time.returned.{each}") for each in ("30", "90", "90.events")}
    assert cells == {"30": 20, "90": 40, "90.events": 3}


def test_returns_are_looked_up_in_the_list_of_the_term_running_n_days_later():
    """Returned on 20 May 2564's eve of term; lists of 2563/2 and 2564/1; last day 30 September 2021."""
    rows = [case(c, "2020-10-05", outcome="returned", outcome_date="2020-10-20") for c in "abcd"]
    rows += [case("e", "2020-10-05", outcome="returned", outcome_date="2021-09-01")]
    lists = [
        enrolled("a", 2563, 2), enrolled("a", 2564, 1, program_year=2563),
        enrolled("b", 2563, 2), enrolled("b", 2564, 1, "dropped_out", program_year=2563),
        enrolled("c", 2563, 2, "dropped_out"),
    ]  # fmt: skip
    back, seen, _ = story(rows, lists)
    back = back[back["returned_on"].notna()].set_index("child_id", drop=False)
    found = stayed(back, seen, (90, 240, 365), pd.Timestamp("2021-09-30").to_datetime64())
    assert found.loc["a"].tolist() == ["enrolled", "enrolled", "too_soon"]
    assert found.loc["b"].tolist() == ["enrolled", "left", "too_soon"]
    assert found.loc["c"].tolist() == ["left", "left", "too_soon"]
    assert found.loc["d"].tolist() == ["not_found", "too_soon", "too_soon"]
    assert found.loc["e"].tolist() == ["too_soon"] * 3


def test_sustained_counts_in_its_denominator_only_children_seen_long_enough():
    rows = [case(c, "2020-10-05", outcome="returned", outcome_date="2020-10-20") for c in "abc"]
    rows += [case("e", "2020-10-05", outcome="returned", outcome_date="2021-09-01")]
    lists = [
        enrolled("a", 2563, 2),
        enrolled("b", 2563, 2, "dropped_out"),
        enrolled("z", 2564, 1, program_year=2563),
    ]
    value = pathways(story(rows, lists)[2], of="sustained").value
    names = ("returns_made", "long_enough", "still_enrolled", "no_record", "still_at_most")
    assert [value(f"pathways.sustained.90.{name}") for name in names] == [4, 3, 1, 1, 2]
    assert value("pathways.sustained.90") == pytest.approx(33.33)


def test_leavers_keep_transfers_and_deaths_out_of_dropout():
    lists = [
        enrolled("a", 2563, 1), enrolled("a", 2563, 2, "transferred"), enrolled("b", 2563, 2, "deceased"),
        enrolled("c", 2563, 1, "dropped_out"), enrolled("d", 2563, 2, "unknown"), enrolled("e", 2563, 2),
    ]  # fmt: skip
    value = pathways(opened(rows={"enrolment": lists}), of="leavers").value
    names = ("dropout", "not_dropout", "unknown", "total")
    assert [value(f"pathways.leavers.{name}") for name in names] == [1, 2, 1, 4]


def test_reasons_are_shares_of_the_children_whose_reason_is_known():
    rows = [case("a", FOUND, reason="work"), case("b", FOUND, reason="work"), case("c", FOUND)]
    table = pathways(opened(rows={"out_of_school": rows}), of="reasons")
    row = table.cells.set_index("id").loc["pathways.reasons.work.share_of_known"]
    assert (row["value"], row["missing"]) == (100, 1)
    assert table.sensitive == ("reason",)


@pytest.mark.parametrize("of", VIEWS)
def test_pathways_without_a_register_says_what_it_needs(of):
    assert pathways(year(), of=of).key == f"needs.pathways.{of}"


def test_pathways_of_an_unknown_view_lists_the_views():
    with pytest.raises(WrongParameters, match="flow, returns, time"):
        pathways(year(), of="effect")
