"""From a file of any supported format to grids of raw text."""

from pathlib import Path

from equity_lib.registry.delimited import read_delimited
from equity_lib.registry.formats import identify
from equity_lib.registry.grid import Grid
from equity_lib.registry.rules import fault, reject
from equity_lib.registry.typed_files import read_parquet, read_spss, read_stata
from equity_lib.registry.workbook import read_workbook

#: Rows at which older programs stop writing: a file that ends exactly there was cut.
CUT_AT = (65_536, 1_048_576)


def read(path: Path) -> list[Grid]:
    """Every sheet of a file as raw text.

    Raises
    ------
    InputRejected
        The file can't be what it is meant to be (rules X01–X03, X07, X08, X10).
    EnvironmentProblem
        The format needs the extra `formats`.
    """
    kind = identify(path)
    if kind == "workbook":
        grids = read_workbook(path)
    else:
        readers = {
            "delimited": read_delimited,
            "parquet": read_parquet,
            "stata": read_stata,
            "spss": read_spss,
        }
        grids = [readers[kind](path)]
    grids = [grid for grid in grids if len(grid.rows) and grid.columns]
    if not grids:
        raise reject(fault("X08", path.name))
    cut = [grid for grid in grids if len(grid.rows) in CUT_AT]
    if cut:
        raise reject([fault("X07", g.file, sheet=g.sheet, found=f"exactly {len(g.rows)} rows") for g in cut])
    return grids
