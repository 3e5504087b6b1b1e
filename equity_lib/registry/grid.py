"""What a reader hands on: cells by position, before anyone knows which row is the header."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from equity_lib.registry.texts import Texts


@dataclass(frozen=True)
class Note:
    """Something done to, or found in, a sheet: rule, number of rows or cells, and where first.

    `declared` rows are read but hold no data (titles, totals, blank); they are part of the sum
    read = kept + quarantined + declared.
    """

    rule: str
    count: int
    row: int = 0
    detail: str = ""
    declared: int = 0


@dataclass(frozen=True, eq=False)
class Grid:
    """One sheet of raw text.

    Parameters
    ----------
    columns
        Cells by position, blank rows included.
    rows
        The row number of each row in the file, counted from 1.
    merged
        Cells covered by a merge below its first row: (first row, last row, column), by position.
    no_value
        (row index, column) of formulas without a stored value.
    """

    file: str
    sheet: str
    columns: Sequence[Texts]
    rows: NDArray[np.int64]
    notes: tuple[Note, ...] = ()
    merged: tuple[tuple[int, int, int], ...] = ()
    no_value: tuple[tuple[int, int], ...] = ()
    skipped: tuple[tuple[int, str], ...] = field(default=())

    def head(self, rows: int) -> list[list[str]]:
        """The first rows as lists of text."""
        count = min(rows, len(self.rows))
        picked = np.arange(count)
        columns = [column.texts_at(picked) for column in self.columns]
        return [[column[row] for column in columns] for row in range(count)]
