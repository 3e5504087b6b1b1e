"""A register of a few typed rows, for tests of cases, returns and cost."""

import datetime as dt
from typing import Any

import pandas as pd

from equity_lib.programme.parameters import Period
from equity_lib.registry.year import Year
from tests.years import parameters

#: Programme years of the tests are fiscal years: 1 October to 30 September.
_STORY = {"reason": None, "referral": None, "outcome": None, "outcome_date": None, "follow_up_date": None}


class TypedRegister:
    """Answers `table` from frames, as `equity_lib.registry.register.Register` does from Parquet."""

    def __init__(self, year: int, **tables: pd.DataFrame) -> None:
        self.year, self._tables = year, tables

    def tables(self) -> dict[str, int]:
        return {name: len(frame) for name, frame in self._tables.items()}

    def table(self, name: str, columns: Any = None, where: Any = None) -> pd.DataFrame:
        frame = self._tables.get(name, pd.DataFrame(columns=list({*(columns or ()), "program_year"})))
        frame = frame[frame["program_year"].isin((where or {}).get("program_year", [self.year]))]
        frame = frame.reset_index(drop=True)
        return frame if columns is None else frame[list(columns)]


def case(child: str, found: str, program_year: int = 2563, **story: Any) -> dict[str, Any]:
    """A row of the file of cases."""
    row = _STORY | {"child_id": child, "found_date": found, "program_year": program_year} | story
    for column in ("found_date", "outcome_date", "follow_up_date"):
        row[column] = pd.Timestamp(row[column]) if row[column] else pd.NaT
    return row


def enrolled(
    child: str, academic_year: int, term: int, status: str = "enrolled", **more: Any
) -> dict[str, Any]:
    """A row of the lists of a term, handed in with the programme year of the academic year's number."""
    row = {"child_id": child, "academic_year": academic_year, "term": term, "enrol_status": status}
    return row | {"school": None, "grade": None, "program_year": academic_year} | more


def paid(
    child: str, amount: float, stream: str = "out_of_school", program_year: int = 2563
) -> dict[str, Any]:
    """A row of the list of payments."""
    return {"child_id": child, "stream": stream, "amount": amount, "program_year": program_year}


def opened(program_year: int = 2563, earlier: tuple[int, ...] = (), rows: Any = None, **changes: Any) -> Year:
    """A year with a register of these rows by table."""
    tables = {name: pd.DataFrame(own) for name, own in (rows or {}).items() if own}
    given = [_fiscal(each, **changes) for each in (*earlier, program_year)]
    return Year(given[-1], tuple(given[:-1]), TypedRegister(program_year, **tables))


def _fiscal(program_year: int, **changes: Any) -> Any:
    common = program_year - 543
    period = Period.model_construct(start=dt.date(common, 10, 1), end=dt.date(common + 1, 9, 30))
    base = parameters(2562)
    return base.model_copy(
        update={"program_year": program_year, "period": period, "kind": "synthetic"} | changes
    )
