"""Child-years of a hand-worked cohort, and identities that hold for any."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equity_lib.indicators.cohorts import FATES, age_on_opening, child_years, followed, stage_of

COLUMNS = ["child_id", "academic_year", "term", "school", "grade", "enrol_status", "days_present"]
#: Thirteen children of 2562, one line each term; what became of each in 2563 is worked out by hand.
LINES = """
stays      2562 1 S1 p1 enrolled     90
stays      2562 2 S1 p1 enrolled     90
stays      2563 1 S1 p2 enrolled     90
moves      2562 2 S1 p1 transferred  80
moves      2563 1 S2 p2 enrolled     90
m4         2562 2 S1 m3 graduated    90
m4         2563 1 S3 m4 enrolled     90
gone       2562 2 S1 p1 transferred  80
returns    2562 2 S1 p1 enrolled     90
returns    2563 1 S1 p2 dropped_out  -
returns    2564 1 S1 p2 enrolled     90
silent     2562 2 S1 p1 enrolled     90
lost       2562 2 S1 p1 enrolled     90
lost       2563 1 S1 p2 unknown      -
dies       2562 2 S1 p1 enrolled     90
dies       2563 1 S1 p2 deceased     -
abroad     2562 2 S1 p1 enrolled     90
abroad     2563 1 S1 p2 abroad       -
finishes   2562 2 S1 m6 graduated    90
last       2562 2 S1 m6 enrolled     90
absent     2562 2 S1 p1 enrolled     90
absent     2563 1 S1 p2 absent       -
midyear    2562 1 S1 p1 enrolled     90
midyear    2562 2 S1 p1 dropped_out  -
"""
FATE = {
    "stays": "same_school",
    "moves": "other_school",
    "m4": "other_school",
    "gone": "transferred",
    "returns": "left",
    "silent": "untraced",
    "lost": "untraced",
    "dies": "apart",
    "abroad": "apart",
    "finishes": "finished",
    "last": "finished",
    "absent": "left",
    "midyear": "left",
}


def enrolment(lines: str = LINES) -> pd.DataFrame:
    rows = [line.split() for line in lines.strip().splitlines()]
    frame = pd.DataFrame(rows, columns=COLUMNS).replace("-", None)
    frame["days_present"] = frame["days_present"].astype(float)
    return frame.astype({"academic_year": int, "term": int})


@pytest.mark.parametrize("child", FATE)
def test_followed_gives_each_child_of_the_hand_worked_cohort_its_fate(child):
    found = followed(child_years(enrolment()))
    own = found[(found["child_id"] == child) & (found["year"] == 2562)]
    assert own["fate"].tolist() == [FATE[child]]


def test_child_years_knows_who_is_back_after_a_gap():
    years = child_years(enrolment())
    assert years.loc[years["back"], ["child_id", "year"]].to_numpy().tolist() == [["returns", 2564]]


def test_child_years_without_a_status_goes_by_days_present():
    lines = "here 2562 1 S1 p1 - 40\nnot 2562 1 S1 p1 - -"
    years = child_years(enrolment(lines))
    assert dict(zip(years["child_id"], years["in_school"], strict=True)) == {"here": True, "not": False}


def test_child_years_with_two_words_on_one_term_believes_the_one_in_school():
    lines = "child 2562 1 S1 p1 enrolled 40\nchild 2562 1 S1 p1 dropped_out -"
    assert child_years(enrolment(lines))["status"].tolist() == ["enrolled"]


def test_followed_ignores_the_last_year_and_a_year_that_is_not_the_next():
    lines = "gap 2562 1 S1 p1 enrolled 40\ngap 2564 1 S1 p2 enrolled 40\nother 2563 1 S1 p1 enrolled 40"
    found = followed(child_years(enrolment(lines)))
    assert found[["child_id", "year", "fate"]].to_numpy().tolist() == [
        ["gap", 2562, "untraced"],
        ["other", 2563, "untraced"],
    ]


statuses = st.sampled_from(
    ["enrolled", "transferred", "graduated", "dropped_out", "absent", "moved", "unknown", None]
)
terms = st.lists(
    st.tuples(
        st.sampled_from("abcdef"),
        st.integers(2562, 2565),
        st.integers(1, 2),
        st.sampled_from(["S1", "S2", None]),
        st.sampled_from(["p1", "m6", None]),
        statuses,
        st.sampled_from([None, 0.0, 40.0]),
    ),
    min_size=1,
    max_size=40,
)


def counts(rows) -> dict[object, int]:
    found = followed(child_years(pd.DataFrame(rows, columns=COLUMNS)))
    return found.groupby(["child_id", "year", "fate"], observed=True).size().to_dict()


@given(terms, st.randoms())
def test_followed_doesn_t_depend_on_the_order_of_rows(rows, random):
    assert counts(rows) == counts(random.sample(rows, len(rows)))


@given(terms)
def test_followed_conserves_children(rows):
    """Each child in school in a year but the last has exactly one fate."""
    years = child_years(pd.DataFrame(rows, columns=COLUMNS))
    found = followed(years)
    due = years[years["in_school"] & (years["year"] < years["year"].max())]
    assert found["fate"].isin(FATES).all()
    assert sorted(zip(found["child"], found["year"], strict=True)) == sorted(
        zip(due["child"], due["year"], strict=True)
    )


@pytest.mark.parametrize(
    ("born", "age"), [("2013-05-16", 6), ("2013-05-17", 5), ("2014-01-01", 5), ("2012-12-31", 6)]
)
def test_age_on_opening_counts_the_birthday_itself(born, age):
    """Academic year 2562 opened on 16 May 2019."""
    assert age_on_opening(pd.Series([pd.Timestamp(born)]), pd.Series([2562])).tolist() == [age]


def test_stage_of_a_grade_that_no_list_knows():
    assert [stage_of(each) for each in ("", "dip1", "nfe", "voc2", float("nan"))] == [
        "no_grade",
        "no_grade",
        "non_formal",
        "upper_secondary",
        "no_grade",
    ]
