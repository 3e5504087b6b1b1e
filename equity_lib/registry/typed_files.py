"""Files that carry types (Parquet, Stata, SPSS), read back to text so that one set of rules cleans all."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from equity_lib.registry.formats import missing_extra
from equity_lib.registry.grid import Grid
from equity_lib.registry.rules import fault, reject
from equity_lib.registry.texts import Texts, stack


def read_parquet(path: Path) -> Grid:
    """Read a Parquet file; its column names become the header row.

    Raises
    ------
    InputRejected
        X10 damaged, X03 columns that hold lists or structures.
    """
    try:
        table = pq.read_table(path)
        # Text that is not UTF-8 passes the reader and would only break later.
        table.validate(full=True)
        _ = table.column_names
    except (pa.ArrowException, OSError, ValueError) as error:
        raise reject(fault("X10", path.name, found=type(error).__name__)) from None
    return _grid(path, table)


def read_stata(path: Path) -> Grid:
    """Read a Stata file; value labels take the place of codes."""
    import pandas as pd

    try:
        frame = pd.read_stata(path)
    except (ValueError, OSError, KeyError, EOFError) as error:
        raise reject(fault("X10", path.name, found=type(error).__name__)) from None
    return _grid(path, pa.Table.from_pandas(frame, preserve_index=False))


def read_spss(path: Path) -> Grid:
    """Read an SPSS file (extra `formats`); value labels take the place of codes."""
    try:
        import pyreadstat
    except ImportError:
        raise missing_extra(path) from None
    try:
        frame, _ = pyreadstat.read_sav(str(path), apply_value_formats=True)
    except (pyreadstat.ReadstatError, ValueError, OSError) as error:
        raise reject(fault("X10", path.name, found=type(error).__name__)) from None
    return _grid(path, pa.Table.from_pandas(frame, preserve_index=False))


def _grid(path: Path, table: pa.Table) -> Grid:
    columns = []
    for name in table.column_names:
        header = Texts.of([name])
        columns.append(stack([header, Texts.from_arrow(_as_text(path, name, table[name]))]))
    # Row 1 is the header, as in the spreadsheet a clerk would make of it.
    return Grid(path.name, "", columns, np.arange(1, table.num_rows + 2))


def _as_text(path: Path, name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if pa.types.is_nested(kind):
        raise reject(fault("X03", path.name, key=name, found="a column of lists or structures"))
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
    if pa.types.is_floating(column.type):
        return _floats(column)
    if pa.types.is_timestamp(column.type):
        midnight = pc.all(pc.equal(pc.floor_temporal(column, unit="day"), column)).as_py()
        return pc.strftime(column, format="%Y-%m-%d" if midnight is not False else "%Y-%m-%d %H:%M")
    return column.cast(pa.string())


def _floats(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Whole numbers without a decimal point: an ID kept as a number is still an ID."""
    column = column.cast(pa.float64())
    whole = pc.and_(pc.equal(pc.floor(column), column), pc.less(pc.abs(column), 1e15))
    as_whole = pc.if_else(whole, column, None).cast(pa.int64(), safe=False).cast(pa.string())
    return pc.coalesce(as_whole, pc.if_else(pc.is_nan(column), None, column).cast(pa.string()))
