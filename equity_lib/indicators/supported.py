"""Supported and screened children of a register: one row a child, what reach and equity are counted on."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

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
    net = rows.groupby(["child_id", "stream"], sort=False)["amount"].sum().reset_index()
    paid: pd.DataFrame = net[net["amount"] > 0].reset_index(drop=True)
    return paid


def among(children: pd.Index | pd.Series, these: pd.Series | pd.Index) -> NDArray[np.bool_]:
    """Which of these pseudonyms are in another list; five million of them take a second.

    pandas' own `isin` makes an object of every text.
    """
    return _places(children, these) >= 0


def beside(children: pd.Index, rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of a frame by `child_id`, in the order of `children`; blank where it has none of a child."""
    at = _places(children, rows.index)
    return pd.DataFrame({name: rows[name].array.take(at, allow_fill=True) for name in rows}, children)


def _places(children: pd.Index | pd.Series, these: pd.Series | pd.Index) -> NDArray[np.int64]:
    """Where each pseudonym first stands among `these`; -1 where it doesn't."""
    import pyarrow as pa
    import pyarrow.compute as pc

    told, known = (pa.array(each.array, pa.large_string(), from_pandas=True) for each in (children, these))
    found = pc.index_in(told, value_set=known, skip_nulls=True)
    at: NDArray[np.int64] = found.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return at


def last_word(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a child, by `child_id`: in each column the last of its rows that isn't blank."""
    rows = rows[rows["child_id"].notna()]
    if rows["child_id"].is_unique:
        return rows.set_index("child_id")
    found: pd.DataFrame = rows.groupby("child_id", sort=False).last()
    return found


def people(register: Register, columns: Sequence[str]) -> pd.DataFrame:
    """One row a child of the year, by `child_id`: columns of the child table."""
    rows = register.table("child", ["child_id", *columns])
    return rows[rows["child_id"].notna()].set_index("child_id")  # of one year, one row a child


def screened(register: Register) -> pd.DataFrame:
    """One row a screened child, by `child_id`: `score`, `income`, `band` and welfare `fifth`.

    Each child's last screening of the year counts. Fifths are of the screened children, by poverty score
    (lower is poorer) or, where the office keeps none, by income a head; children with one score stand in
    one fifth, so that fifths needn't be of one size. Empty without a screening.
    """
    rows = register.table("screening", ["child_id", "date", "pmt_score", "income", "band"])
    rows = last_word(rows.sort_values("date", kind="stable").drop(columns="date"))
    rows = rows.rename(columns={"pmt_score": "score"})
    by = "score" if rows["score"].notna().any() else "income"
    rows["welfare"] = pd.to_numeric(rows[by])
    welfare, fifth = rows["welfare"].to_numpy(float, na_value=np.nan), np.full(len(rows), -1)
    known = ~np.isnan(welfare)
    if known.any():
        fifth[known] = np.minimum((rank(welfare[known]).rows() * 5).astype(int), 4)
    rows["fifth"] = pd.array(FIFTHS, "str").take(fifth, allow_fill=True)
    return rows


def affiliation(register: Register) -> pd.Series:
    """Affiliation of each child's last school of the year, by `child_id`; `other` for codes unknown here."""
    rows = register.table("enrolment", ["child_id", "school", "academic_year", "term"])
    rows = rows[rows["school"].notna()]
    when = rows["academic_year"].to_numpy(np.int64) * 10 + rows["term"].to_numpy(np.int64)
    order = np.argsort(when, kind="stable")
    child, names = pd.factorize(rows["child_id"])
    last = np.empty(len(names), np.intp)
    last[child[order]] = order  # of several rows the last one stays
    school, codes = pd.factorize(rows["school"])
    kinds = np.array([AFFILIATIONS.get(code[:2], "other") for code in codes], object)
    return pd.Series(kinds[school[last]], pd.Index(names, name="child_id"), "str")


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
