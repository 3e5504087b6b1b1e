"""Whether a child came back to education, into what, and whether it stayed: cases beside enrolment."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equity_lib.indicators.cases import GONE, years_known
from equity_lib.indicators.supported import among
from equity_lib.programme.calendars import AcademicYear
from equity_lib.registry.year import Year
from equity_lib.results import Name

#: Enrolment records of a child that is in education.
ENROLLED = ("enrolled", "transferred", "graduated")
#: Enrolment records of a child that has left it.
LEFT = ("dropped_out", "absent")
#: First two digits of a school code (DOMAIN: affiliation); 12 is non-formal education.
NON_FORMAL = "12"
#: Month and day on which terms open where no source states it (1 and 2: ministry's rule of 2549; 3: summer).
_OPENS = {1: (5, 16), 2: (11, 1), 3: (4, 1)}
_TERMS = 3
_DAY = np.timedelta64(1, "D")


def days_named(days: Sequence[int]) -> dict[str, Name]:
    """Numbers of days as levels of a dimension."""
    return {str(n): Name(f"{n} วัน", f"{n} days") for n in days}


def enrolments(year: Year, children: pd.Series) -> pd.DataFrame:
    """Enrolment records of these children by the end of the programme year, one a child and term.

    Returns
    -------
    DataFrame
        `child_id`, `term` (ordinal: 3 × academic year + term), `enrol_status`, `school`, `grade`, by child
        and term. `attrs["last_term"]` is the last term of which the register has any list, or -1.
    """
    columns = ["child_id", "academic_year", "term", "enrol_status", "school", "grade", "program_year"]
    empty = pd.DataFrame(columns=["child_id", "term", "enrol_status", "school", "grade"])
    rows = empty
    if year.register is not None:
        found = year.register.table("enrolment", columns, {"program_year": years_known(year)})
        rows = found.rename(columns={"term": "of_year"}) if len(found) else empty
    last = -1
    if len(rows):
        rows["term"] = (_TERMS * rows["academic_year"] + rows["of_year"]).astype(np.int64)
        last = int(rows["term"].max())
        rows = rows[among(rows["child_id"], children)]
        rows = rows.sort_values(["child_id", "term", "program_year"], kind="stable")
        rows = rows.drop_duplicates(["child_id", "term"], keep="last")[list(empty.columns)]
    rows = rows.reset_index(drop=True)
    rows.attrs["last_term"] = last
    return rows


def opens(term: NDArray[np.int64]) -> NDArray[np.datetime64]:
    """Opening day of terms by ordinal."""
    known, where = np.unique(term, return_inverse=True)
    days = [_opening(int(each)) for each in known]
    return np.array(days, "datetime64[D]")[where]


def _opening(term: int) -> np.datetime64:
    academic, of_year = divmod(term - 1, _TERMS)
    stated = AcademicYear(academic).opened if of_year == 0 else None
    month, day = _OPENS[of_year + 1]
    common = academic - 543 + (of_year == _TERMS - 1)  # the summer term falls in the next calendar year
    return np.datetime64(stated or f"{common:04d}-{month:02d}-{day:02d}", "D")


def running(day: NDArray[np.datetime64]) -> NDArray[np.int64]:
    """Ordinal of the term running on a day; a break belongs to the term before it, summer to the second."""
    years = day.astype("datetime64[Y]").astype(np.int64) + 1970 + 543
    first = _TERMS * years + 1
    found = np.where(day >= opens(first), first, first - 2)
    return np.where(day >= opens(first + 1), first + 1, found)


def came_back(found: pd.DataFrame, seen: pd.DataFrame) -> pd.DataFrame:
    """The cases with `returned_on`, `skills_on`, `gone_on` (NaT where not so) and `school_kind`.

    A child returned if the case says so, or if it stands enrolled in a term that opened after it was
    found; the earlier of the two days counts. `undated` marks an outcome whose day isn't told, or
    comes before the child was found: the last follow-up stands for it, or the end of what is known.
    """
    made = found.copy()
    told = made["outcome_date"].where(made["outcome_date"] >= made["found_date"])
    reached = made["outcome"].isin(["returned", "skills", *GONE])
    made["undated"] = reached & told.isna()
    day = told.fillna(made["follow_up_date"].where(made["follow_up_date"] >= made["found_date"]))
    day = day.fillna(made["until"])
    first = _first_enrolled(made, seen)
    said = day.where(made["outcome"] == "returned")
    made["returned_on"] = pd.concat([said, first["on"]], axis=1).min(axis=1)
    made["skills_on"] = day.where(made["outcome"] == "skills")
    made["gone_on"] = day.where(made["outcome"].isin(GONE))
    made["school_kind"] = first["kind"].where(made["returned_on"].notna())
    made.loc[made["returned_on"].notna() & first["kind"].isna(), "school_kind"] = "school_unknown"
    return made


def _first_enrolled(found: pd.DataFrame, seen: pd.DataFrame) -> pd.DataFrame:
    """Day and kind of school of the first enrolment after each case's found date (by the case's index)."""
    made = pd.DataFrame({"on": pd.Series(pd.NaT, found.index, "datetime64[us]"), "kind": None}, found.index)
    rows = seen[seen["enrol_status"].isin(ENROLLED)]
    if rows.empty:
        return made
    rows = rows.assign(on=opens(rows["term"].to_numpy(np.int64)).astype("datetime64[us]")).sort_values(
        "on", kind="stable"
    )
    own = (
        found[["child_id", "found_date", "until"]]
        .reset_index(names="case")
        .sort_values("found_date", kind="stable")
    )
    own["found_date"] = own["found_date"].astype("datetime64[us]")
    met = pd.merge_asof(
        own, rows, left_on="found_date", right_on="on", by="child_id", direction="forward",
        allow_exact_matches=False,
    ).set_index("case")  # fmt: skip
    met = met[met["on"].notna() & (met["on"] <= met["until"])]
    made.loc[met.index, "on"] = met["on"]
    known = met["school"].notna() | met["grade"].notna()
    non_formal = (met["school"].str[:2] == NON_FORMAL) | (met["school"].isna() & (met["grade"] == "nfe"))
    kind = pd.Series(np.where(non_formal, "non_formal", "formal"), met.index, dtype=object)
    made.loc[met.index, "kind"] = kind.where(known, None)
    return made


def stayed(back: pd.DataFrame, seen: pd.DataFrame, days: Sequence[int], last: np.datetime64) -> pd.DataFrame:
    """What is known of each return n days after it: `enrolled`, `left`, `not_found` or `too_soon`.

    The list of the term running on that day decides. A child that no list has named since it came back
    is looked up in the next one: lists are made as a term opens. `too_soon`: the day, or the deciding
    list, isn't on record.

    Parameters
    ----------
    back
        Returns, with `child_id` and `returned_on`.
    seen
        See `enrolments`.
    days
        Numbers of days.
    last
        Last day on record.

    Returns
    -------
    DataFrame
        Index of `back`, one column of states a number of days.
    """
    on = back["returned_on"].to_numpy().astype("datetime64[D]")
    made = {}
    for n in days:
        day: NDArray[np.datetime64] = np.add(on, n * _DAY)
        term = running(day)
        first, _ = _word(back, seen, term, on)
        term = np.where(first > 0, term, _next(term))
        held, status = _word(back, seen, term, on)
        known = held > 0
        state = np.where((held == term) & np.isin(status, ENROLLED), "enrolled", "not_found")
        state = np.where(known & np.isin(status, LEFT), "left", state)
        made[n] = np.where((day > last) | (term > seen.attrs["last_term"]), "too_soon", state)
    return pd.DataFrame(made, back.index)


def _word(
    back: pd.DataFrame, seen: pd.DataFrame, term: NDArray[np.int64], on: NDArray[np.datetime64]
) -> tuple[NDArray[np.int64], NDArray[np.str_]]:
    """Term and status of the last enrolment record up to `term`; 0 and "" if none is later than `on`."""
    if seen.empty:
        return np.zeros(len(back), np.int64), np.full(len(back), "")
    own = pd.DataFrame({"child_id": back["child_id"].to_numpy(), "upto": term, "at": np.arange(len(back))})
    rows = seen[["child_id", "term", "enrol_status"]].sort_values("term", kind="stable")
    met = pd.merge_asof(
        own.sort_values("upto", kind="stable"), rows, left_on="upto", right_on="term", by="child_id"
    ).sort_values("at")
    held = met["term"].fillna(0).to_numpy().astype(np.int64)
    status = met["enrol_status"].fillna("").to_numpy().astype(str)
    # A list whose term was over before the return says nothing of the time after it; that of the term in
    # which the child came back may still tell of the leaving before.
    spoken = held > 0
    since = np.where(np.isin(status[spoken], LEFT), held[spoken], _next(held[spoken]))
    spoken[spoken] = opens(since) > on[spoken]
    return np.where(spoken, held, 0), np.where(spoken, status, "")


def _next(term: NDArray[np.int64]) -> NDArray[np.int64]:
    """The term after; after the second comes the first of the next year, few keep a list of the summer."""
    return np.where(term % _TERMS == 2, term + 2, term + 1)
