"""Children in school, year by year: screening, attendance, who stays, leaves, moves and comes back."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equity_lib.demo.children import SCHOOLS_A_DISTRICT, age_at, school_day, schools
from equity_lib.demo.households import screen
from equity_lib.demo.scenario import ATTENDANCE_EFFECT, RETENTION_EFFECT, Scenario

#: Age at which school is compulsory: the national transfer, its effects and their designs begin here.
SCHOOL_AGE = 6
LEFT = {"dropped_out": 0.62, "moved": 0.12, "unknown": 0.10, "": 0.10, "abroad": 0.05, "deceased": 0.01}
#: Grade by age.
_GRADES = np.array([*4 * ["care"], "k2", "k3", *(f"{level}{step}" for level in "pm" for step in range(1, 7))])


@dataclass(eq=False)
class Schooling:
    """What school files hold, and whose dropping out was noticed.

    `child` is the row in the children's frame; `dropped` has one row a child found as a case later.
    """

    screening: pd.DataFrame
    enrolment: pd.DataFrame
    dropped: pd.DataFrame


def attend_school(scenario: Scenario, children: pd.DataFrame) -> Schooling:
    """Let the cohorts go to school through all programme years."""
    is_in = np.zeros(len(children), bool)
    out = np.zeros(len(children), bool)
    children = children.assign(school_number=children["school_number"])
    screenings, rows, dropped = [], [], []
    told = np.zeros(0, np.intp), np.array([], str)
    for year in scenario.program_years:
        rng = scenario.rng("school", year)
        is_in |= (children["year"] == year).to_numpy() & children["cohort"].to_numpy()
        back = out & (rng.random(len(out)) < 0.15)
        is_in, out = is_in | back, out & ~back
        found = out & (rng.random(len(out)) < 0.30)
        dropped.append(pd.DataFrame({"child": np.flatnonzero(found), "year": year}))
        out &= ~found
        told = told[0][~is_in[told[0]]], told[1][~is_in[told[0]]]
        screened = screen(scenario, year, children)
        seen = is_in & (rng.random(len(is_in)) < 0.97)
        screenings.append(screened[seen].assign(child=np.flatnonzero(seen), year=year))
        rows += [_gone(children, told, year), *_terms(scenario, children, screened, is_in, seen, year, rng)]
        told = _leavers(scenario, children, screened, is_in, seen, year, rng)
        is_in[told[0]] = False
        out[told[0][told[1] == "dropped_out"]] = True
        moved = rows[-1].loc[rows[-1]["enrol_status"] == "transferred", "child"]
        children.loc[moved, "school_number"] = (children.loc[moved, "school_number"] + 1) % SCHOOLS_A_DISTRICT
    return Schooling(
        pd.concat(screenings, ignore_index=True),
        pd.concat(rows, ignore_index=True),
        pd.concat(dropped, ignore_index=True),
    )


def _terms(
    scenario: Scenario,
    children: pd.DataFrame,
    screened: pd.DataFrame,
    is_in: NDArray[np.bool_],
    seen: NDArray[np.bool_],
    year: int,
    rng: np.random.Generator,
) -> list[pd.DataFrame]:
    """Two terms of those in school; the transfer is paid between them, so term 1 is untouched by it."""
    at = np.flatnonzero(is_in)
    own = children.iloc[at]
    age = np.clip(age_at(own["born"], school_day(year)), 2, 17)
    gap = screened["pmt_score"].to_numpy()[at] - scenario.cutoff(year)
    gap = np.where(seen[at], gap, 0.0)
    usual = 83 + 0.02 * np.clip(gap, -200, 200) + 2.0 * own["keen"].to_numpy() + rng.normal(0, 3, len(at))
    made = []
    for term in (1, 2):
        given = treated(screened, seen, age, at) if term == 2 else np.zeros(len(at), bool)
        share = np.clip(usual + ATTENDANCE_EFFECT * given + rng.normal(0, 5, len(at)), 5, 100)
        days = 95 + own["school_number"].to_numpy() % 8
        present = np.minimum(np.round(days * share / 100), days)
        lacking = rng.random(len(at)) < 0.03
        gpa = np.round(np.clip(2.6 + 0.02 * (usual - 83) + rng.normal(0, 0.5, len(at)), 0, 4), 2)
        moves = rng.random(len(at)) < (0.015 if term == 2 else 0.0)
        done = (age >= 17) & (term == 2)
        made.append(
            pd.DataFrame(
                {
                    "child": at,
                    "year": year,
                    "term": term,
                    "school": schools(own, age < SCHOOL_AGE),
                    "grade": _GRADES[age],
                    "enrol_status": np.where(done, "graduated", np.where(moves, "transferred", "enrolled")),
                    "days_open": days.astype(float),
                    "days_present": np.where(lacking, np.nan, present),
                    "gpa": np.where(age < SCHOOL_AGE, np.nan, gpa),
                }
            )
        )
    return made


def treated(
    screened: pd.DataFrame, seen: NDArray[np.bool_], age: NDArray[np.int64], at: NDArray[np.intp]
) -> NDArray[np.bool_]:
    """Who gets the national transfer: screened, of school age and below the cut-off; no exception."""
    poorest = (screened["band"] == "extremely_poor").to_numpy()[at]
    return np.asarray(poorest & seen[at] & (age >= SCHOOL_AGE))


def _leavers(
    scenario: Scenario,
    children: pd.DataFrame,
    screened: pd.DataFrame,
    is_in: NDArray[np.bool_],
    seen: NDArray[np.bool_],
    year: int,
    rng: np.random.Generator,
) -> tuple[NDArray[np.intp], NDArray[np.str_]]:
    """Who is not in school next year, and what the office knows of it."""
    at = np.flatnonzero(is_in)
    age = age_at(children["born"].iloc[at], school_day(year))
    gap = screened["pmt_score"].to_numpy()[at] - scenario.cutoff(year)
    gap = np.where(seen[at], np.clip(gap, -200, 300), 0.0)
    stays = 0.89 + 0.0002 * gap + 0.01 * np.clip(children["keen"].to_numpy()[at], -2, 2)
    stays = np.where(age < SCHOOL_AGE, 0.975, stays + RETENTION_EFFECT * treated(screened, seen, age, at))
    leaves = (rng.random(len(at)) > np.minimum(stays, 0.995)) | (age >= 17)
    why = rng.choice(list(LEFT), len(at), p=list(LEFT.values()))
    # A small child who leaves has moved away or isn't traced; who finished school is not heard of again.
    why = np.where((age < SCHOOL_AGE) & (why == "dropped_out"), "moved", np.where(age >= 17, "", why))
    return at[leaves], why[leaves]


def _gone(children: pd.DataFrame, told: tuple[NDArray[np.intp], NDArray[np.str_]], year: int) -> pd.DataFrame:
    """What schools write of last year's pupils who did not come: a status without days."""
    at, why = told[0][told[1] != ""], told[1][told[1] != ""]
    own = children.iloc[at]
    age = np.clip(age_at(own["born"], school_day(year)), 2, 17)
    about = {"child": at, "year": year, "term": 1, "school": schools(own, age < SCHOOL_AGE)}
    return pd.DataFrame({**about, "grade": _GRADES[age], "enrol_status": why})
