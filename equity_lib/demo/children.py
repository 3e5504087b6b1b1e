"""All children of a synthetic area: cohorts in school, and children found outside it."""

import numpy as np
import pandas as pd

from equity_lib.demo.households import households
from equity_lib.demo.persons import identify
from equity_lib.demo.scenario import CASES_FOUND, COHORT, FIRST_YEAR, Scenario
from equity_lib.programme.places import subdistricts

YOUNGEST, OLDEST = 2, 14
SCHOOLS_A_DISTRICT = 24


def school_day(year: int) -> np.datetime64:
    """First day of an academic year (B.E.)."""
    return np.datetime64(f"{year - 543}-05-16")


def make_children(scenario: Scenario) -> pd.DataFrame:
    """One row a child: who, born when, living where, in which household; `year` is that of entry.

    `cohort` tells children who are in school at entry from those found out of school. `quality` is that
    of the care centre (standard deviations), which no file holds.
    """
    entries = [_entry(scenario, year) for year in scenario.program_years]
    frame = pd.concat(entries, ignore_index=True)
    count = len(frame)
    frame = pd.concat([frame, households(scenario, count)], axis=1)
    rng = scenario.rng("children")
    frame["boy"] = rng.random(count) < 0.515
    codes = [d.code for d in scenario.districts]
    # The district of the provincial town is four times as large as the others.
    share = np.array([4.0] + [1.0] * (len(codes) - 1))
    frame["place"] = rng.choice(len(codes), count, p=share / share.sum())
    frame["district"] = np.array(codes)[frame["place"]]
    parts = [[s.code for s in subdistricts(code)] for code in codes]
    widest = max(map(len, parts))
    table = np.array([[own[i % len(own)] for i in range(widest)] for own in parts])
    frame["subdistrict"] = table[frame["place"], rng.integers(0, widest, count)]
    frame["school_number"] = rng.integers(0, SCHOOLS_A_DISTRICT, count)
    quality = scenario.rng("centres").standard_normal((len(codes), SCHOOLS_A_DISTRICT))
    frame["quality"] = quality[frame["place"], frame["school_number"]]
    frame["disability"] = np.where(rng.random(count) < 0.02, "disabled", "none")
    return pd.concat([frame, identify(scenario, frame["boy"].to_numpy(), frame["born"])], axis=1)


def _entry(scenario: Scenario, year: int) -> pd.DataFrame:
    rng = scenario.rng("entry", year)
    ages = np.arange(YOUNGEST, OLDEST + 1) if year == FIRST_YEAR else np.array([YOUNGEST])
    cohort = rng.permutation(np.repeat(ages, COHORT * scenario.scale))
    found = rng.choice(np.arange(4, 20), CASES_FOUND * scenario.scale, p=_found_ages())
    age = np.concatenate([cohort, found])
    day = school_day(year) - (age * 365.25).astype(int) - rng.integers(0, 364, len(age))
    is_cohort = np.arange(len(age)) < len(cohort)
    return pd.DataFrame({"year": year, "born": day.astype("datetime64[s]"), "cohort": is_cohort})


def _found_ages() -> np.ndarray:
    weights = np.array([1, 1, 1, 1, 1, 1, 1, 2, 3, 4, 5, 5, 4, 3, 2, 2], float)
    return np.asarray(weights / weights.sum())


def age_at(born: pd.Series, day: np.datetime64) -> np.ndarray:
    """Whole years of age."""
    months = born.dt.year.to_numpy() * 10000 + born.dt.month.to_numpy() * 100 + born.dt.day.to_numpy()
    told = pd.Timestamp(day)
    return np.asarray((told.year * 10000 + told.month * 100 + told.day - months) // 10000)


def schools(frame: pd.DataFrame, small: np.ndarray) -> np.ndarray:
    """School codes: care centres belong to local government (30), schools to OBEC (10)."""
    number = frame["place"].to_numpy() * 100 + frame["school_number"].to_numpy()
    province = frame["district"].str[:2].to_numpy(str).astype(np.int64)
    return np.asarray((np.where(small, 30, 10) * 100_000_000 + province * 1_000_000 + number).astype(str))
