"""One number a child from a table of the register: an outcome, a covariate or a negative control."""

import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from equity_lib.programme.calendars import ERA_OFFSET
from equity_lib.programme.designs import Covariate, Outcome

if TYPE_CHECKING:
    from equity_lib.registry.register import Register

#: Mean length of a year in days, for ages as numbers.
YEAR_DAYS = 365.25


def by_child(register: "Register", measure: Outcome | Covariate, program_year: int) -> "pd.Series[float]":
    """The measure by `child_id`: a mean where a child has several rows (domains), in its own unit.

    A share of `over` and a code of `counts_as` are in percentage points (0 to 100).
    """
    columns = ["child_id", measure.column, *([measure.over] if measure.over else [])]
    where: dict[str, Any] = {"program_year": program_year}
    if measure.term is not None:
        columns += ["term", "academic_year"]
        where |= {"term": measure.term, "academic_year": program_year}
    for name in ("instrument", "domain"):
        if getattr(measure, name, None):
            columns.append(name)
    rows = register.table(measure.table, columns, where)
    if measure.instrument:
        rows = rows[rows["instrument"].fillna("").str.startswith(measure.instrument)]
    if isinstance(measure, Outcome) and measure.domain:
        rows = rows[rows["domain"] == measure.domain]
    values = pd.Series(_numbers(rows, measure, program_year), rows.index, dtype=float)
    made: pd.Series[float] = values.groupby(rows["child_id"]).mean()
    return made


def _numbers(rows: pd.DataFrame, measure: Outcome | Covariate, program_year: int) -> Any:
    column = rows[measure.column]
    if measure.counts_as:
        return (100.0 * column.isin(measure.counts_as)).where(column.notna())
    if measure.over:
        whole = rows[measure.over].astype(float)
        return (100.0 * column.astype(float) / whole.where(whole > 0)).replace([np.inf, -np.inf], np.nan)
    if pd.api.types.is_datetime64_any_dtype(column) or measure.column.endswith("_date"):
        day = pd.Timestamp(dt.date(program_year - ERA_OFFSET, 5, 16))
        return (day - pd.to_datetime(column)).dt.days / YEAR_DAYS
    return pd.to_numeric(column, errors="coerce")
