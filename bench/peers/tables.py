"""The files of a register's table, as a reader of Parquet opens them in pandas, polars and duckdb."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from large_register import LAST, paths


def in_pandas(folder: Path, table: str, columns: Sequence[str], *years: int) -> pd.DataFrame:
    """All files of a table, one below the other."""
    found = [
        pd.read_parquet(path, columns=[each for each in columns if each in _columns(path)]).assign(
            program_year=year
        )
        for year in years or (LAST,)
        for path in paths(folder, table, year)
    ]
    return found[0] if len(found) == 1 else pd.concat(found, ignore_index=True)


def in_polars(folder: Path, table: str, columns: Sequence[str], *years: int) -> Any:
    """The same as a lazy frame; text is text, whatever the file's dictionaries."""
    import polars as pl

    found = [
        pl.scan_parquet(path)
        .select(each for each in columns if each in _columns(path))
        .with_columns(pl.col(pl.Categorical).cast(pl.String), program_year=pl.lit(year))
        for year in years or (LAST,)
        for path in paths(folder, table, year)
    ]
    return pl.concat(found, how="diagonal")


def in_duckdb(folder: Path, table: str, *years: int) -> str:
    """The same as a table function, for the FROM of a query."""
    found = [path for year in years or (LAST,) for path in paths(folder, table, year)]
    return f"read_parquet({found}, union_by_name = true, filename = true)"


def _columns(path: str) -> set[str]:
    import pyarrow.parquet as pq

    return set(pq.read_schema(path).names)
