"""A column of raw text as its distinct texts and, for each row, which one.

An office's columns repeat themselves: a million rows hold a few thousand dates and twenty-six
districts. Everything is cleaned once per distinct text, and the raw text is never lost.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

#: Code of a cell in which nothing stands.
BLANK = -1


@dataclass(frozen=True, eq=False)
class Texts:
    """One column: `distinct[codes[row]]` is the cell's raw text; code −1 is a blank cell."""

    codes: NDArray[np.int32]
    distinct: pa.StringArray

    def __len__(self) -> int:
        return len(self.codes)

    @classmethod
    def of(cls, values: Iterable[str | None]) -> "Texts":
        """From one text a row; empty text is blank."""
        return cls.from_arrow(pa.chunked_array([pa.array(list(values), pa.string())]))

    @classmethod
    def from_arrow(cls, column: pa.ChunkedArray) -> "Texts":
        """From an Arrow column of strings or of dictionaries of strings."""
        if not pa.types.is_dictionary(column.type):
            column = column.dictionary_encode()
        whole = column.combine_chunks()
        if isinstance(whole, pa.ChunkedArray):
            whole = whole.chunk(0) if whole.num_chunks else pa.array([], column.type)
        codes = whole.indices.fill_null(BLANK).to_numpy(zero_copy_only=False).astype(np.int32, copy=False)
        return cls(*_without_blanks(codes, whole.dictionary))

    @classmethod
    def constant(cls, text: str, rows: int) -> "Texts":
        """The same text in every row."""
        return cls(np.zeros(rows, np.int32), pa.array([text], pa.string()))

    @classmethod
    def blank(cls, rows: int) -> "Texts":
        """A column in which nothing stands."""
        return cls(np.full(rows, BLANK, np.int32), pa.array([], pa.string()))

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> "Texts":
        """The same column with some rows only."""
        return Texts(self.codes[rows], self.distinct)

    def get(self, row: int) -> str:
        """The raw text of one cell, empty if blank."""
        code = self.codes[row]
        return "" if code < 0 else str(self.distinct[int(code)].as_py())

    def texts_at(self, rows: NDArray[np.intp]) -> list[str]:
        """Raw texts of some rows, empty where blank."""
        picked = self.to_arrow(rows)
        return [text or "" for text in picked.to_pylist()]

    def to_arrow(self, rows: NDArray[np.intp] | None = None) -> pa.StringArray:
        """One text a row, null where blank."""
        return spread(self.distinct, self.codes if rows is None else self.codes[rows])

    def is_blank(self) -> NDArray[np.bool_]:
        """Whether each cell is blank."""
        return np.asarray(self.codes < 0)


def _without_blanks(
    codes: NDArray[np.int32], distinct: pa.StringArray
) -> tuple[NDArray[np.int32], pa.StringArray]:
    """Cells that hold nothing but space are blank."""
    bare = pc.equal(pc.binary_length(pc.utf8_trim_whitespace(distinct)), 0)
    if not pc.any(bare).as_py():
        return codes, distinct
    keep = pc.invert(bare).to_numpy(zero_copy_only=False)
    new = np.where(keep, np.cumsum(keep) - 1, BLANK).astype(np.int32)
    moved = np.append(new, np.int32(BLANK))[codes]
    return moved, distinct.filter(pa.array(keep))


def spread(values: pa.Array, codes: NDArray[np.int32]) -> pa.Array:
    """One value a row from one a distinct text; null where blank."""
    return values.take(pa.array(codes, mask=codes < 0))


def stack(parts: Sequence[Texts]) -> Texts:
    """The rows of several columns under one another."""
    chunks = [pa.DictionaryArray.from_arrays(pa.array(p.codes, mask=p.codes < 0), p.distinct) for p in parts]
    return Texts.from_arrow(pa.chunked_array(chunks).unify_dictionaries()) if chunks else Texts.of([])
