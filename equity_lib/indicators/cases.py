"""Cases of children found out of school: one row a case, with the last word on each."""

import datetime as dt
from collections.abc import Mapping

import numpy as np
import pandas as pd

from equity_lib.registry.year import Year

#: Columns that are told once and hold until another file tells them anew.
_TOLD = ("reason", "referral")
#: Columns that belong together: a later row that leaves one empty has no such day.
_STORY = ("outcome", "outcome_date", "follow_up_date")
COLUMNS = ("child_id", "found_date", *_TOLD, *_STORY, "program_year")

#: Outcomes of a case that are no dropout and after which a child can't return here.
GONE = ("deceased", "moved", "over_age")


def years_known(year: Year) -> list[int]:
    """This programme year and the earlier ones: a report of a year knows nothing of later ones."""
    return [given.program_year for given in (*year.earlier, year.parameters)]


def cases(year: Year) -> pd.DataFrame | None:
    """Every case on record by the end of the programme year; None without a register of cases.

    An open case stands again in the next year's file: a case is a child and the day it was found, and the
    last year's word on it wins. Only what is told once (reason, referral) holds on from earlier files.

    Returns
    -------
    DataFrame
        `COLUMNS`, and `until`, the last day up to which the case is known: the end of the last
        programme year whose file names it, or the day before the same child was found again.
    """
    if year.register is None:
        return None
    rows = year.register.table("out_of_school", COLUMNS, {"program_year": years_known(year)})
    if rows.empty:
        return None
    return deduplicated(rows, {g.program_year: g.period.end for g in (*year.earlier, year.parameters)})


def deduplicated(rows: pd.DataFrame, ends: Mapping[int, dt.date | None]) -> pd.DataFrame:
    """One row a case from the rows of all files; `ends` gives the last day of each programme year.

    Where a programme year's end is not stated, the last day that its file tells stands for it.
    """
    for column in ("found_date", "outcome_date", "follow_up_date"):
        rows[column] = pd.to_datetime(rows[column])
    key = ["child_id", "found_date"]
    rows = rows.sort_values([*key, "program_year"], kind="stable", ignore_index=True)
    told = rows.groupby(key, sort=False)[list(_TOLD)].last()
    last = rows.drop_duplicates(key, keep="last").set_index(key)
    last[list(_TOLD)] = told
    made = last.reset_index()
    days = rows.groupby("program_year")[["found_date", "outcome_date", "follow_up_date"]].max().max(axis=1)
    stated = {each: pd.Timestamp(end) for each, end in ends.items() if end is not None}
    known = days.to_dict() | stated
    until = made["program_year"].map(known)
    again = made.groupby("child_id", sort=False)["found_date"].shift(-1) - pd.Timedelta(1, "D")
    made["until"] = until.where(again.isna() | (until <= again), again)
    return made


def in_hand(found: pd.DataFrame, program_year: int) -> pd.DataFrame:
    """One row a child with a case in the year's file, found in it or followed on: its latest case."""
    own = found[found["program_year"] == program_year]
    return own.drop_duplicates("child_id", keep="last").reset_index(drop=True)


def as_of(found: pd.DataFrame) -> str:
    """The day up to which the cases are known, as ISO."""
    return str(np.datetime64(found["until"].max(), "D"))
