"""Children found out of school: by whom and why, where they were sent, and whether they came back."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equity_lib.demo.children import school_day
from equity_lib.demo.scenario import DRIFT, FIRST_YEAR, RETURN_DAYS, RETURN_EFFECT, STARTS, Scenario

BASE_RETURN = 0.26
SOURCES = ("สำรวจโดย อปท.", "ข้อมูล กสศ.", "โรงเรียนแจ้ง", "อสม.", "ครู กศน.")
REFERRALS = ("กศน.อำเภอ", "โรงเรียนในพื้นที่", "ศูนย์พัฒนาฝีมือแรงงาน", "บ้านพักเด็กและครอบครัว")
REASONS = {
    "poverty": 0.38, "work": 0.16, "family": 0.14, "learning": 0.09, "behaviour": 0.07, "pregnancy": 0.05,
    "health": 0.04, "distance": 0.03, "never": 0.02, "law": 0.01, "other": 0.01,
}  # fmt: skip
#: What becomes of those who don't return within the 180 days.
ELSE = {
    "returned": 0.08, "skills": 0.15, "working": 0.12, "following": 0.27, "lost": 0.17, "refused": 0.12,
    "moved": 0.07, "over_age": 0.015, "deceased": 0.005,
}  # fmt: skip
STAYS_A_TERM = 0.82
#: Outcomes that later visits don't change and that carry a day.
_DATED = ("returned", "skills", "working", "deceased", "moved", "over_age", "refused")


def find_cases(scenario: Scenario, children: pd.DataFrame, dropped: pd.DataFrame) -> pd.DataFrame:
    """All cases with their whole story, one row each; `half` is the half-year found, from 0."""
    found = children.index[~children["cohort"]]
    cases = pd.DataFrame({"child": found, "year": children.loc[found, "year"].to_numpy()})
    cases = pd.concat([cases, dropped], ignore_index=True)
    rng, count = scenario.rng("cases"), len(cases)
    place = children["place"].to_numpy()[cases["child"]]
    day = rng.integers(0, 365, count)
    start = (cases["year"].to_numpy() - 543).astype(str)
    opens = np.char.add(start, "-10-01").astype("datetime64[D]")
    cases["found_date"] = opens + day
    cases["half"] = 2 * (cases["year"] - FIRST_YEAR) + (day >= 182)
    cases["found_by"] = rng.choice(SOURCES, count, p=[0.3, 0.25, 0.2, 0.15, 0.1])
    cases["reason"] = rng.choice(list(REASONS), count, p=list(REASONS.values()))
    referral = pd.Series(rng.choice(REFERRALS, count, p=[0.45, 0.3, 0.15, 0.1]))
    cases["referral"] = referral.mask(rng.random(count) < 0.12)
    back = rng.random(count) < return_chance(scenario, place, cases["half"].to_numpy())
    other = rng.choice(list(ELSE), count, p=list(ELSE.values()))
    cases["outcome"] = np.where(back, "returned", other)
    soon = 10 + np.floor(rng.beta(1.6, 2.4, count) * (RETURN_DAYS - 10)).astype(int)
    late = RETURN_DAYS + 5 + rng.integers(0, 220, count)
    days = np.where(back, soon, np.where(cases["outcome"] == "returned", late, 20 + soon))
    dated = cases["outcome"].isin(_DATED).to_numpy()
    cases["outcome_date"] = (cases["found_date"] + pd.to_timedelta(days, "D")).where(dated)
    cases["followed_after"] = rng.integers(30, 150, count)
    return cases


def return_chance(
    scenario: Scenario, place: NDArray[np.intp], half: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Chance of returning to education within 180 days of being found."""
    districts = len(scenario.districts)
    base = BASE_RETURN + scenario.rng("district returns").normal(0, 0.03, districts)
    common = scenario.rng("half-year returns").normal(0, 0.01, 2 * scenario.years)
    group = scenario.groups[place]
    chance = base[place] + common[half]
    for name, start in STARTS.items():
        if start is not None:
            chance = chance + RETURN_EFFECT * ((group == name) & (half >= start))
    # The diverging districts rose before they had a team; from 0.12 lower, so that chances stay below 1.
    drifting = group == "diverging"
    return np.asarray(np.clip(chance + drifting * (DRIFT * np.minimum(half, 5) - 0.12), 0.02, 0.97))


def reported(cases: pd.DataFrame, year: int) -> pd.DataFrame:
    """What the office writes of cases at the end of a programme year.

    Those found in the year, and those of the year before that were still followed: a second row of the
    same child and found date, with what became of it.
    """
    end = np.datetime64(f"{year - 542}-09-30")
    ends = end - 365
    own = (cases["year"] == year).to_numpy()
    open_then = cases["outcome_date"].isna().to_numpy() | (cases["outcome_date"] > ends).to_numpy()
    undecided = (cases["outcome"] == "following").to_numpy() | cases["outcome"].isin(_DATED).to_numpy()
    again = (cases["year"] == year - 1).to_numpy() & open_then & undecided
    rows = cases[own | again].copy()
    later = (rows["outcome_date"] > end).to_numpy()
    rows["outcome"] = np.where(later, "following", rows["outcome"])
    rows["outcome_date"] = rows["outcome_date"].mask(later)
    seen = rows["found_date"] + pd.to_timedelta(rows["followed_after"], "D")
    seen = seen.where(rows["year"] == year, pd.Timestamp(ends) + pd.to_timedelta(rows["followed_after"], "D"))
    rows["follow_up_date"] = seen.mask(seen > pd.Timestamp(end), pd.Timestamp(end))
    return rows.assign(year=year)


def returned_terms(scenario: Scenario, children: pd.DataFrame, cases: pd.DataFrame) -> pd.DataFrame:
    """Enrolment of those who came back: the terms that start after the return, until they leave again."""
    rng = scenario.rng("returned")
    back = cases[cases["outcome"] == "returned"]
    stays = np.ones(len(back), bool)
    made = []
    for year in scenario.program_years:
        for term, opens in ((1, school_day(year)), (2, np.datetime64(f"{year - 543}-11-01"))):
            now = stays & (back["outcome_date"] <= pd.Timestamp(opens)).to_numpy()
            leaves = now & (rng.random(len(back)) > STAYS_A_TERM)
            share = np.clip(rng.normal(78, 9, len(back)), 5, 100)
            rows = pd.DataFrame({"child": back["child"].to_numpy(), "year": year, "term": term})
            rows["school"] = (
                "12" + scenario.province + "000" + children["district"].str[1:].to_numpy()[rows["child"]]
            )
            rows["grade"] = "nfe"
            rows["enrol_status"] = np.where(leaves, "dropped_out", "enrolled")
            rows["days_open"] = np.where(leaves, np.nan, 60.0)
            rows["days_present"] = np.where(leaves, np.nan, np.round(60 * share / 100))
            made.append(rows[now])
            stays &= ~leaves
    return pd.concat(made, ignore_index=True)
