"""Supported and screened children of a register: one row a child, what reach and equity are counted on."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from equity_lib.indicators.concentration import rank
from equity_lib.registry.register import Register
from equity_lib.registry.year import Year
from equity_lib.results import Name

FIFTHS = ("1", "2", "3", "4", "5")
#: Payments that didn't reach anybody.
_NOT_PAID = ("pending", "returned")
#: First two digits of a school code → affiliation, as the ministry codes them.
AFFILIATIONS = {"10": "obec", "11": "private", "12": "nonformal", "13": "vocational", "30": "local"}


def supported(register: Register) -> pd.DataFrame:
    """Children whom each stream paid, after reversals: `child_id`, `stream`, `amount`; sorted.

    A child counts once a stream however often it was paid.
    """
    rows = register.table("support_payment", ["child_id", "stream", "amount", "status"])
    rows = rows[~rows["status"].isin(_NOT_PAID) & rows["child_id"].notna()]
    net = rows.groupby(["child_id", "stream"])["amount"].sum().reset_index()
    paid: pd.DataFrame = net[net["amount"] > 0].reset_index(drop=True)
    return paid


def people(register: Register, columns: Sequence[str]) -> pd.DataFrame:
    """One row a child of the year, by `child_id`: columns of the child table."""
    rows = register.table("child", ["child_id", *columns])
    found: pd.DataFrame = rows.groupby("child_id")[list(columns)].last()
    return found


def screened(register: Register) -> pd.DataFrame:
    """One row a screened child, by `child_id`: `score`, `income`, `band` and welfare `fifth`.

    Each child's last screening of the year counts. Fifths are of the screened children, by poverty score
    (lower is poorer) or, where the office keeps none, by income a head; children with one score stand in
    one fifth, so that fifths needn't be of one size. Empty without a screening.
    """
    rows = register.table("screening", ["child_id", "date", "pmt_score", "income", "band"])
    rows = rows.sort_values("date", kind="stable").groupby("child_id").last()
    rows = rows.rename(columns={"pmt_score": "score"}).drop(columns="date")
    by = "score" if rows["score"].notna().any() else "income"
    rows["welfare"] = pd.to_numeric(rows[by])
    rows["fifth"] = pd.Series(pd.NA, rows.index, "str")
    known = rows["welfare"].notna()
    if known.any():
        place = rank(rows.loc[known, "welfare"].to_numpy(float)).rows()
        rows.loc[known, "fifth"] = np.array(FIFTHS)[np.minimum((place * 5).astype(int), 4)]
    return rows


def affiliation(register: Register) -> pd.Series:
    """Affiliation of each child's last school of the year, by `child_id`; `other` for codes unknown here."""
    rows = register.table("enrolment", ["child_id", "school", "academic_year", "term"])
    rows = rows[rows["school"].notna()].sort_values(["academic_year", "term"], kind="stable")
    last = rows.groupby("child_id")["school"].last()
    return last.str[:2].map(AFFILIATIONS).fillna("other")


def stream_names(year: Year) -> dict[str, Name]:
    """Streams of the year by key, in the order of its parameters."""
    return {stream.key: stream.name for stream in year.parameters.streams or []}


def year_end(year: Year) -> str:
    """Last day of the programme year (ISO, C.E.): what counts of payments are as of."""
    end = year.parameters.period.end
    return end.isoformat() if end is not None else "not_stated"


def has(register: Register | None, *tables: str) -> bool:
    """Whether the year's register has rows in all of these tables."""
    return register is not None and set(tables) <= set(register.tables())
