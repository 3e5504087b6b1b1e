"""Retention of the hand-worked cohort, its bounds, curve, hand-offs and attendance."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equity_lib.disclosure.gate import gate
from equity_lib.disclosure.rules import NO_LEDGER, rules_of
from equity_lib.errors import WrongParameters
from equity_lib.indicators.attendance import attended
from equity_lib.indicators.cohorts import child_years
from equity_lib.indicators.handoffs import MEASURES, binned, grade_handoffs, readiness_handoff, term_opens
from equity_lib.indicators.retention import VIEWS, retention
from equity_lib.relations import survival
from equity_lib.results import Statement, Table
from tests.indicators.small_register import small_year
from tests.indicators.test_cohorts import enrolment
from tests.years import year as published_year


def year_of(rows: pd.DataFrame, program_year: int = 2563, **tables: pd.DataFrame):
    """A year whose files hold each academic year's rows; children were born in June 2555."""
    own = rows.assign(program_year=rows["academic_year"], days_open=100.0, attendance=None)
    born = pd.DataFrame({"child_id": own["child_id"].unique(), "birth_date": pd.Timestamp("2012-06-01")})
    child = born.assign(district="4001", program_year=2562)
    return small_year(program_year, {"enrolment": own, "child": child, **tables})


def cells(table: Table, *measures: str, level: str = "total") -> list[float]:
    frame = table.frame
    return [float(frame.loc[level, measure]) for measure in measures]


def test_retention_of_the_hand_worked_cohort():
    """Of 13 children: 4 stay, 3 of them elsewhere; 3 leave; 2 each are untraced, apart and finished."""
    found = retention(year_of(enrolment()), "transition")
    assert cells(found, "enrolled_before", "stayed", "other_school", "dropped") == [13, 4, 3, 3]
    assert cells(found, "no_trace", "graduated", "not_dropout", "fate_known") == [2, 2, 2, 7]
    assert cells(found, "share_stayed") == [pytest.approx(100 * 4 / 7, abs=0.005)]


def test_bounds_of_the_hand_worked_cohort():
    """Worst: 3 seen in school of 4 + 3 + 2 expected; best: 4 + 2 of them."""
    found = retention(year_of(enrolment()), "bounds")
    worst, point, best = cells(found, "share_worst", "share_stayed", "share_best")
    assert (worst, best) == (pytest.approx(100 * 3 / 9, abs=0.005), pytest.approx(100 * 6 / 9, abs=0.005))
    assert worst <= point <= best


def test_years_counts_the_child_that_came_back():
    found = retention(year_of(enrolment(), 2564), "years")
    assert found.frame["back_in_school"].tolist() == [0, 1]
    # 2563 has stays, moves and m4; none of them is heard of in 2564.
    assert found.frame.loc["2564", ["enrolled_before", "no_trace"]].tolist() == [3, 3]


def test_staying_counts_who_returns_from_the_age_of_its_return():
    """Ages: 6 in 2562 (born 1 June 2012). One leaves before 7, returns at 8 and is followed to 9."""
    lines = [f"c{k} {y} 2 S1 p1 enrolled 90" for k in range(3) for y in (2562, 2563, 2564, 2565)]
    lines += ["back 2562 2 S1 p1 enrolled 90", "back 2563 1 S1 p1 dropped_out -"]
    lines += ["back 2564 2 S1 p1 enrolled 90", "back 2565 2 S1 p1 enrolled 90"]
    year = year_of(enrolment("\n".join(lines)), 2565)
    found = retention(year, "staying").frame
    assert found["in_school"].tolist() == [4, 4, 3, 4]
    assert found["dropped"].tolist() == [0, 1, 0, 0]
    assert found["staying"].tolist() == [100, 75, 75, 75]
    assert list(found.index) == ["6", "7", "8", "9"]


def test_staying_is_given_by_the_counts_that_stand_in_the_table():
    table = retention(year_of(enrolment(), 2564), "staying")
    values = table.cells.set_index("id")["value"].to_dict()
    curves = [each for each in table.relations if each.kind == "survival"]
    assert len(curves) == 2 * len(table.dims[0].levels)
    for relation in curves:
        terms = [values[term] for term in relation.terms]
        assert values[relation.result] == pytest.approx(100 * survival(terms[0::2], terms[1::2]), abs=0.005)


def test_staying_without_birth_dates_says_so():
    year = year_of(enrolment())
    year.register._tables["child"]["birth_date"] = pd.NaT
    assert retention(year, "staying").key == "needs.retention.birth_dates"


outcomes = st.lists(
    st.sampled_from(["enrolled", "elsewhere", "transferred", "dropped_out", "unknown", "moved", "nothing"]),
    min_size=1,
    max_size=40,
)


def cohort(fates: list[str]) -> pd.DataFrame:
    lines = ["anyone 2563 1 S1 p1 enrolled 9"]
    for child, fate in enumerate(fates):
        own = "transferred" if fate == "transferred" else "enrolled"
        lines.append(f"{child} 2562 2 S1 p1 {own} 9")
        if fate in ("enrolled", "elsewhere"):
            lines.append(f"{child} 2563 1 {'S1' if fate == 'enrolled' else 'S2'} p2 enrolled 9")
        elif fate not in ("transferred", "nothing"):
            lines.append(f"{child} 2563 1 S1 p2 {fate} -")
    return enrolment("\n".join(lines))


@settings(max_examples=25)
@given(outcomes)
def test_bounds_contain_the_share_and_parts_add_up(fates):
    year = year_of(cohort(fates))
    table = retention(year, "transition")
    parts = cells(table, "stayed", "dropped", "no_trace", "graduated", "not_dropout")
    assert sum(parts) == cells(table, "enrolled_before")[0] == len(fates)
    worst, point, best = cells(retention(year, "bounds"), "share_worst", "share_stayed", "share_best")
    assert not point < worst
    assert not point > best
    # Nothing but what isn't known may part them.
    assert set(fates) & {"nothing", "unknown", "transferred", "moved"} or worst == point == best


@settings(max_examples=10)
@given(outcomes, st.randoms())
def test_retention_doesn_t_depend_on_the_order_of_rows(fates, random):
    rows = cohort(fates)
    shuffled = rows.iloc[random.sample(range(len(rows)), len(rows))].reset_index(drop=True)
    for view in ("transition", "stages"):
        one, other = (retention(year_of(each), view).frame for each in (rows, shuffled))
        pd.testing.assert_frame_equal(one, other)


HANDED = """
soon 2562 2 K k3 enrolled 9
soon 2563 1 S p1 enrolled 9
late 2562 2 K k3 enrolled 9
late 2563 2 S p1 enrolled 9
never 2562 2 K k3 enrolled 9
again 2562 2 K k3 enrolled 9
again 2563 1 K k3 enrolled 9
trade 2562 2 S m3 enrolled 9
trade 2563 1 V voc1 enrolled 9
"""


def test_handoffs_of_five_children():
    """31 March to 1 July 2563 (2020) is 92 days, to 1 November 215; two never reach grade 1."""
    years = child_years(enrolment(HANDED))
    found = grade_handoffs(years, 2562)
    names = dict(zip(years["child"], years["child_id"].astype(str), strict=True))
    days = {names[child]: day for child, day in zip(found["child"], found["days"], strict=True)}
    assert {name: day for name, day in days.items() if day == day} == {"soon": 92, "late": 215, "trade": 92}
    table = binned(found)
    assert table.loc["k3_p1"].to_dict() == dict(zip(MEASURES, [0, 0, 1, 1, 2], strict=True))
    assert int(table.to_numpy().sum()) == len(found) == 5


def test_readiness_handoff_counts_from_the_last_assessment():
    assessed = pd.DataFrame(
        {
            "child_id": ["soon", "soon", "other"],
            "date": pd.to_datetime(["2020-03-01", "2020-03-31", "2020-03-31"]),
        }
    )
    found = readiness_handoff(assessed, child_years(enrolment(HANDED)), 2562)
    assert found["days"].tolist() == [92]


def test_readiness_handoff_without_any_score_waits_for_nobody():
    none = pd.DataFrame({"child_id": pd.Series(dtype="str"), "date": pd.Series(dtype="datetime64[ms]")})
    assert readiness_handoff(none, child_years(enrolment(HANDED)), 2562).empty


def test_term_opens_as_stated_else_by_the_rule():
    days = [term_opens(year, term).isoformat() for year, term in ((2563, 1), (2564, 1), (2564, 2))]
    assert days == ["2020-07-01", "2021-05-16", "2021-11-01"]


def test_attended_takes_the_stated_share_before_counting_days():
    rows = pd.DataFrame(
        {
            "attendance": ["90", None, None, None],
            "days_open": [100, 100, 0, None],
            "days_present": [10, 80, 0, 5],
        }
    )
    assert attended(rows).round(1).astype(object).where(lambda each: each.notna(), None).tolist() == [
        90.0,
        80.0,
        None,
        None,
    ]


def test_attendance_of_exactly_eighty_per_cent_is_not_above_it():
    words = ["enrolled 80", "enrolled 81", "enrolled -", "moved 99"]
    lines = [f"{child} 2563 1 S p1 {word}" for child, word in zip("abcd", words, strict=True)]
    found = retention(year_of(enrolment("\n".join(lines))), "attendance").frame
    assert found.loc["2563_1"].tolist() == [3, 2, 1, 50]


def test_retention_without_what_it_needs_says_so():
    nothing = published_year()
    assert {retention(nothing, view).key for view in VIEWS} == {"needs.retention.register"}
    lonely = year_of(enrolment("a 2563 1 S p1 enrolled 80"))
    found = {view: retention(lonely, view) for view in VIEWS}
    assert isinstance(found.pop("attendance"), Table)
    assert {each.key for each in found.values()} == {"needs.retention.two_years"}
    with pytest.raises(WrongParameters, match="transition"):
        retention(nothing, "dropout")


def test_retention_never_reads_files_of_later_years():
    rows = enrolment()
    early = [
        retention(year_of(each, 2563), "transition") for each in (rows, rows[rows["academic_year"] < 2564])
    ]
    assert early[0].cells.equals(early[1].cells)


def test_gate_withholds_small_counts_and_keeps_the_curve_computable():
    """60 children, 12 of whom leave before 7: counts are rounded, the curve follows from them."""
    lines = [f"{k} 2562 2 S1 p1 enrolled 90" for k in range(63)]
    lines += [f"{k} 2563 1 S1 p2 {'dropped_out' if k < 12 else 'enrolled'} 9" for k in range(61)]
    year = year_of(enrolment("\n".join(lines)))
    tables = [retention(year, view) for view in ("transition", "bounds", "staying")]
    safe = gate(tables, rules_of(year.parameters), NO_LEDGER).cells
    assert safe["retention.transition.total.dropped"].value == 10
    assert safe["retention.transition.total.no_trace"].status == "suppressed"
    assert safe["retention.staying.7"].value == pytest.approx(100 * (1 - 10 / 60), abs=0.005)
    assert (
        safe["retention.bounds.total.share_stayed"].value
        == safe["retention.transition.total.share_stayed"].value
    )


def test_needs_stand_for_the_charts_of_the_table_too():
    found = retention(published_year(), "transition")
    assert isinstance(found, Statement)
    assert found.chart("by_stage") is found
