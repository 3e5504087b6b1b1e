"""Development screening before support and readiness for school after it; the support changes neither."""

import numpy as np
import pandas as pd

from equity_lib.demo.children import age_at, school_day
from equity_lib.demo.scenario import QUALITY_EFFECT, SUPPORT_EFFECT, Scenario

#: Domains of development screening, by the headings of the form.
DEVELOPMENT = {
    "GM": "กล้ามเนื้อมัดใหญ่",
    "FM": "กล้ามเนื้อมัดเล็ก",
    "RL": "การเข้าใจภาษา",
    "EL": "การใช้ภาษา",
    "PS": "การช่วยเหลือตนเองและสังคม",
}
READINESS = {"language": "ภาษา", "number": "จำนวน", "self": "การกำกับตนเอง"}
#: The second form of the readiness assessment is easier; it came with the third year (break in series).
SECOND_FORM, EASIER_BY = 2564, 5.0
FORMS = ("ความพร้อมก่อนเข้า ป.1 ฉบับ 1 (สังเคราะห์)", "ความพร้อมก่อนเข้า ป.1 ฉบับ 2 (สังเคราะห์)")


def in_class(children: pd.DataFrame, enrolment: pd.DataFrame, year: int, ages: range) -> np.ndarray:
    """Rows of children enrolled in term 1 of a year who were of these ages on its first day."""
    rows = enrolment[(enrolment["year"] == year) & (enrolment["term"] == 1)]
    at = rows.loc[rows["days_open"].notna() & (rows["grade"] != "nfe"), "child"].to_numpy()
    age = age_at(children["born"].iloc[at], school_day(year))
    return np.asarray(at[(age >= ages.start) & (age < ages.stop)])


def screen_development(scenario: Scenario, children: pd.DataFrame, at: np.ndarray, year: int) -> pd.DataFrame:
    """Results by domain at ages 2 to 5, one row a child, in September: before any support."""
    rng = scenario.rng("development", year)
    at = at[rng.random(len(at)) < 0.94]
    quality = children["quality"].to_numpy()[at]
    rows = pd.DataFrame({"child": at, "year": year})
    rows["date"] = np.datetime64(f"{year - 543}-09-01") + rng.integers(0, 30, len(at))
    born = children["born"].to_numpy()[at].astype("datetime64[D]")
    days = (rows["date"].to_numpy().astype("datetime64[D]") - born).astype(int)
    rows["age_months"] = (days / 30.4375).astype(int)
    own = rng.normal(0, 0.7, len(at))
    for domain in DEVELOPMENT:
        level = 1.3 + 0.5 * quality + own + rng.logistic(0, 1, len(at))
        rows[domain] = np.where(level > 0, "passed", np.where(level > -1.5, "suspected", "delayed"))
        rows.loc[rng.random(len(at)) < 0.02, domain] = None
    return rows


def assess_readiness(
    scenario: Scenario, children: pd.DataFrame, at: np.ndarray, supported: np.ndarray, year: int
) -> pd.DataFrame:
    """Scores of 0 to 100 by domain at ages 4 to 6, one row a child, in March: after the support."""
    rng = scenario.rng("readiness", year)
    at = at[rng.random(len(at)) < 0.92]
    quality = children["quality"].to_numpy()[at]
    level = 60 + QUALITY_EFFECT * quality + SUPPORT_EFFECT * np.isin(at, supported)
    level = level + rng.normal(0, 6, len(at)) + (EASIER_BY if year >= SECOND_FORM else 0.0)
    rows = pd.DataFrame({"child": at, "year": year, "instrument": FORMS[year >= SECOND_FORM]})
    rows["date"] = np.datetime64(f"{year - 542}-03-01") + rng.integers(0, 25, len(at))
    for domain in READINESS:
        rows[domain] = np.round(np.clip(level + rng.normal(0, 7, len(at)), 0, 100))
    return rows
