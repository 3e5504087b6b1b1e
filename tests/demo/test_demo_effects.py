"""What was planted shows in the register in rough form: differences in means, signs and sizes."""

import numpy as np
import pandas as pd
import pytest
from conftest import Demo

YEARS = (2562, 2563, 2564)
WINDOW = 25.0


def pupils(demo: Demo, year: int) -> pd.DataFrame:
    """Screened pupils of school age: distance to the cut-off, attendance by term, whether here next year."""
    register = demo.register(year)
    score = register.table("screening", ["child_id", "pmt_score", "band"])
    terms = register.table("enrolment", ["child_id", "term", "grade", "days_open", "days_present"])
    terms = terms[terms["grade"].str[0].isin(["p", "m"])]
    wide = terms.assign(share=100 * terms["days_present"] / terms["days_open"]).pivot(
        index="child_id", columns="term", values="share"
    )
    rows = score.merge(wide, left_on="child_id", right_index=True)
    if year < max(YEARS):
        later = demo.register(year + 1).table("enrolment", ["child_id", "term", "enrol_status"])
        here = later[(later["term"] == 1) & later["enrol_status"].isin(["enrolled", "transferred"])]
        rows["stays"] = rows["child_id"].isin(here["child_id"])
    cutoff = demo.truth["effects"]["national_transfer"]["cutoffs"][year]
    return rows.assign(gap=rows["pmt_score"] - cutoff)


def jump(rows: pd.DataFrame, column: str) -> float:
    """Below minus above the cut-off, by a line on each side of it."""
    at_cutoff = []
    for side in (rows["gap"] < 0, rows["gap"] >= 0):
        own = rows[side & (rows["gap"].abs() < 2 * WINDOW)].dropna(subset=[column])
        at_cutoff.append(np.polyval(np.polyfit(own["gap"], own[column].astype(float), 1), 0.0))
    return float(at_cutoff[0] - at_cutoff[1])


def test_transfer_raises_attendance_of_the_second_term_only(demo: Demo) -> None:
    truth = demo.truth["effects"]["national_transfer"]
    rows = pd.concat([pupils(demo, year) for year in truth["years"]])
    assert jump(rows, 2) == pytest.approx(truth["attendance_term_2_points"], abs=1.2)
    assert abs(jump(rows, 1)) < 1.2


def test_transfer_keeps_children_in_school(demo: Demo) -> None:
    truth = demo.truth["effects"]["national_transfer"]
    rows = pd.concat([pupils(demo, year) for year in truth["years"]])
    assert jump(rows, "stays") == pytest.approx(truth["enrolled_next_year_share"], abs=0.045)


def test_band_follows_the_cutoff_without_exception(demo: Demo) -> None:
    for year in YEARS:
        rows = pupils(demo, year)
        assert ((rows["band"] == "extremely_poor") == (rows["gap"] < 0)).all()


def test_scores_heap_below_the_cutoff_in_one_year_only(demo: Demo) -> None:
    ratio = {}
    for year in YEARS:
        gap = pupils(demo, year)["gap"]
        ratio[year] = ((gap >= -3) & (gap < 0)).sum() / ((gap >= 0) & (gap < 3)).sum()
    heaped = demo.truth["traps"]["manipulated_score"]["year"]
    assert ratio.pop(heaped) > 2.5
    assert all(0.5 < other < 2 for other in ratio.values())


def cases(demo: Demo) -> pd.DataFrame:
    """Cases with their last known outcome: half-year found, group of districts, returned in 180 days."""
    frames, places = [], []
    for year in YEARS:
        columns = ["child_id", "found_date", "outcome", "outcome_date"]
        frames.append(demo.register(year).table("out_of_school", columns))
        places.append(demo.register(year).table("child", ["child_id", "district"]))
    rows = pd.concat(frames).drop_duplicates(["child_id", "found_date"], keep="last")
    district = pd.concat(places).drop_duplicates("child_id").set_index("child_id")["district"]
    groups = demo.truth["effects"]["case_teams"]["groups"]
    group_of = {code: name for name, own in groups.items() for code in own["districts"]}
    rows["group"] = rows["child_id"].map(district).map(group_of)
    found = pd.to_datetime(rows["found_date"])
    months = (found.dt.year - 2019) * 12 + found.dt.month - 10
    rows["half"] = months // 6
    days = (pd.to_datetime(rows["outcome_date"]) - found).dt.days
    rows["soon"] = (rows["outcome"] == "returned") & (days <= 180)
    return rows.dropna(subset=["group"])


def test_case_teams_bring_more_children_back(demo: Demo) -> None:
    truth = demo.truth["effects"]["case_teams"]
    rows = cases(demo)
    # The last half-year's children hadn't their 180 days when the year was closed.
    share = rows[rows["half"] < 5].groupby(["group", "half"])["soon"].mean().unstack()
    change = share - share.loc["never"]
    for name in ("first", "second"):
        start = truth["groups"][name]["start_half_year"]
        effect = change.loc[name, start:].mean() - change.loc[name, : start - 1].mean()
        assert effect == pytest.approx(truth["returned_within_180_days_share"], abs=0.08)


def test_diverging_districts_rise_before_their_teams_start(demo: Demo) -> None:
    share = cases(demo).groupby(["group", "half"])["soon"].mean().unstack()
    change = share - share.loc["never"]
    start = demo.truth["effects"]["case_teams"]["groups"]["diverging"]["start_half_year"]
    halves = np.arange(start)
    slope = {name: np.polyfit(halves, change.loc[name, : start - 1], 1)[0] for name in ("diverging", "never")}
    assert slope["diverging"] > 0.05
    second = np.polyfit(halves[:3], change.loc["second", :2], 1)[0]
    assert abs(second) < 0.05


def test_support_of_small_children_looks_good_and_does_nothing(demo: Demo) -> None:
    register = demo.register(2562)
    rows = register.table("assessment", ["child_id", "instrument", "domain", "score"])
    rows = rows[rows["instrument"].str.contains("ความพร้อม") & (rows["domain"] == "language")]
    centre = register.table("enrolment", ["child_id", "term", "school"])
    rows = rows.merge(centre[centre["term"] == 1], on="child_id")
    paid = register.table("support_payment", ["child_id"], {"stream": "early_childhood"})
    rows["supported"] = rows["child_id"].isin(paid["child_id"])
    naive = rows.groupby("supported")["score"].mean().diff().iloc[-1]
    assert naive > 2.5
    within = rows[["supported", "score"]].astype(float)
    within = within - within.groupby(rows["school"]).transform("mean")
    same_centre = (within["supported"] * within["score"]).sum() / (within["supported"] ** 2).sum()
    assert same_centre == pytest.approx(demo.truth["traps"]["confounded_stream"]["effect"], abs=1.5)
    early = register.table("assessment", ["child_id", "instrument", "result"], {"instrument": "DSPM"})
    passed = (early["result"] == "passed").groupby(early["child_id"].isin(paid["child_id"])).mean()
    assert passed[True] - passed[False] > 0.03
