"""A register of literal tables, for tests of indicators: what a real one answers, from frames in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pandas as pd

from equity_lib.programme.parameters import YearParameters
from equity_lib.registry.year import Year
from tests.years import parameters


class SmallRegister:
    """Tables by name, each with a `program_year`; `year` is the one a table is read for by default."""

    def __init__(self, year: int, tables: Mapping[str, pd.DataFrame]) -> None:
        self.year = year
        self._tables = dict(tables)
        years = sorted({int(each) for table in tables.values() for each in table["program_year"]})
        self.state = SimpleNamespace(parts=[SimpleNamespace(year=each) for each in years])

    def tables(self) -> dict[str, int]:
        return {name: len(table) for name, table in self._tables.items()}

    def table(
        self, name: str, columns: Sequence[str], where: Mapping[str, Any] | None = None
    ) -> pd.DataFrame:
        rows = self._tables[name]
        for column, value in ({"program_year": self.year} | dict(where or {})).items():
            rows = rows[rows[column].isin(value if isinstance(value, list) else [value])]
        return rows.reindex(columns=list(columns)).reset_index(drop=True)


def given(program_year: int, **changes: Any) -> YearParameters:
    """Parameters of a synthetic year."""
    return parameters().model_copy(update={"kind": "synthetic", "program_year": program_year} | changes)


def small_year(program_year: int, tables: Mapping[str, pd.DataFrame], **changes: Any) -> Year:
    """A synthetic year with its earlier ones and a small register."""
    earlier = tuple(given(each) for each in range(2562, program_year))
    own = given(program_year, **changes)
    return replace(Year(own, earlier), register=SmallRegister(program_year, tables))
