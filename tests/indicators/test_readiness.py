"""Readiness of a handful of literal children, and the clustered mean against statsmodels."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from equity_lib.indicators.means import clustered_mean
from equity_lib.indicators.readiness import VIEWS, readiness
from equity_lib.results import Table
from tests.indicators.small_register import small_year
from tests.years import streams
from tests.years import year as published_year

#: child, birth date, district; ages on 16 May 2563 (2020): 5, 4, 4, 3, 6 and one that isn't known.
CHILDREN = [
    ("a", "2014-06-01", "4001"),
    ("b", "2015-06-01", "4001"),
    ("c", "2015-06-02", "4002"),
    ("d", "2016-06-01", "9999"),
    ("e", "2013-06-01", "4002"),
    ("f", None, "4002"),
]
#: child, instrument, domain, date, score, result.
ASSESSED = [
    ("a", "DSPM", "GM", "2020-09-01", None, "suspected"),
    ("a", "DSPM", "GM", "2020-10-01", None, "passed"),
    ("a", "DSPM", "FM", "2020-09-01", None, "passed"),
    ("b", "DSPM", "GM", "2020-09-01", None, "delayed"),
    ("b", "DSPM", "FM", "2020-09-01", None, "passed"),
    ("c", "DSPM", "GM", "2020-09-01", None, "suspected"),
    ("a", "form 1", "language", "2021-03-01", 60.0, None),
    ("a", "form 1", "number", "2021-03-01", 70.0, None),
    ("b", "form 1", "language", "2021-03-01", 80.0, None),
]


def tables(assessed=ASSESSED, program_year: int = 2563) -> dict[str, pd.DataFrame]:
    child = pd.DataFrame(CHILDREN, columns=["child_id", "birth_date", "district"])
    child["birth_date"] = pd.to_datetime(child["birth_date"])
    rows = pd.DataFrame(assessed, columns=["child_id", "instrument", "domain", "date", "score", "result"])
    rows["date"] = pd.to_datetime(rows["date"])
    paid = pd.DataFrame(
        {
            "child_id": ["a", "b", "b", "c"],
            "amount": [800, 800, -800, 800],
            "stream": ["small", "small", "small", "other"],
        }
    )
    made = {"child": child, "assessment": rows, "support_payment": paid}
    return {name: table.assign(program_year=program_year) for name, table in made.items()}


def year_of(found=None, **changes):
    small = streams(("small", 800, 1, None), ("other", 600, 1, None))
    goals = [small[0].model_copy(update={"goal": "A"}), small[1].model_copy(update={"goal": None})]
    return small_year(2563, found or tables(), streams=goals, **changes)


def row(table: Table, level: str) -> dict[str, float]:
    return {str(name): value for name, value in table.frame.loc[level].items()}


def test_screened_counts_children_under_six_of_a_known_age():
    """a, b, c and d are under six; d has no result, e is six, f's age isn't known."""
    found = readiness(year_of(), "screened")
    assert found.dims[0].levels == ("3", "4", "5", "total")
    assert row(found, "total") == {"children": 4, "screened": 3, "unscreened": 1, "share_screened": 75}
    assert row(found, "4")["share_screened"] == 100


def test_districts_keep_children_of_no_district_of_the_province():
    found = readiness(year_of(), "districts")
    assert row(found, "elsewhere")["children"] == 1
    assert (
        found.frame.loc[list(found.dims[0].levels[:-1]), "children"].sum() == row(found, "total")["children"]
    )


def test_domains_take_the_last_result_of_a_child():
    """GM: a passed in October, b delayed, c suspected; FM: c has no result."""
    found = readiness(year_of(), "domains")
    gm, fm = row(found, "GM"), row(found, "FM")
    assert [gm[each] for each in ("with_result", "passed", "suspected", "delayed", "no_result")] == [
        3,
        1,
        1,
        1,
        0,
    ]
    assert (fm["with_result"], fm["no_result"], fm["share_passed"]) == (2, 1, 100)
    assert found.sensitive == ("suspected", "delayed")


def test_domains_that_few_children_have_lend_no_heading():
    rare = ("b", "DSPM", "note on one child", "2020-09-02", None, "passed")
    found = readiness(year_of(tables([*ASSESSED, rare])), "domains")
    assert found.dims[0].levels == ("GM", "FM", "other")
    assert not found.dims[0].names


def test_scores_are_means_by_domain():
    found = readiness(year_of(), "scores").frame
    assert found["mean_score"].tolist() == [70, 70]
    assert found["scored"].tolist() == [2, 1]


def test_support_leaves_out_a_payment_taken_back_and_other_streams():
    found = readiness(year_of(), "support")
    assert row(found, "supported")["children"] == 1
    assert row(found, "not_supported")["children"] == 3
    assert row(found, "supported")["passed_all"] == 1
    assert row(found, "not_supported")["passed_all"] == 0


def two_years(form: str) -> dict[str, pd.DataFrame]:
    before, after = tables(program_year=2562), tables()
    scored = after["assessment"]["score"].notna()
    after["assessment"].loc[scored, "instrument"] = form
    return {name: pd.concat([before[name], after[name]], ignore_index=True) for name in before}


@pytest.mark.parametrize(("form", "key", "gap"), [("form 1", "same", ""), ("form 2", "changed", "2562")])
def test_series_breaks_where_the_form_changed(form, key, gap):
    year = year_of(two_years(form))
    assert readiness(year, "instrument").key == f"instrument.{key}"
    series = readiness(year, "series")
    assert series.chart("mean_score").encodings["break_after"] == gap
    assert series.chart("passed_all").encodings["break_after"] == ""


def test_instrument_in_the_first_year_has_nothing_to_compare_with():
    assert readiness(year_of(), "instrument").key == "instrument.first"


def test_readiness_without_a_register_says_what_it_needs():
    assert {readiness(published_year(), view).key for view in VIEWS} == {"needs.readiness"}


def test_clustered_mean_against_statsmodels():
    """OLS on a constant, clustered, with G / (G - 1) as the only correction: (n - 1) ÷ (n - k) is 1."""
    rng = np.random.default_rng(6)
    district = rng.integers(0, 7, 200)
    values = pd.Series(60 + district + rng.normal(0, 5, 200))
    found = clustered_mean(values, pd.Series(district))
    oracle = sm.OLS(values.to_numpy(), np.ones(200)).fit(
        cov_type="cluster", cov_kwds={"groups": district, "use_correction": True}, use_t=True
    )
    assert found.value == pytest.approx(oracle.params[0])
    assert found.error == pytest.approx(oracle.bse[0])
    assert (found.low, found.high) == pytest.approx(tuple(oracle.conf_int()[0]))
    assert (found.n, found.dof) == (200, 6)


def test_clustered_mean_of_one_district_has_no_error():
    found = clustered_mean(pd.Series([1.0, 2.0, np.nan]), pd.Series(["x", "x", "y"]))
    assert (found.value, found.n, np.isnan(found.error)) == (1.5, 2, True)
