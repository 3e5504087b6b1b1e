"""What a revised file or a workbook of fixes changes beside what the register holds."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from equity_lib.registry import snapshot
from equity_lib.registry.examine import Examined
from equity_lib.registry.schema import load
from equity_lib.registry.store import SOURCE_COLUMNS, Part, State

#: Rows looked at, and the share of them found elsewhere, to take a file for another one sent again.
SAMPLE = 500
MOST_SAME = 0.5


def difference(folder: Path, old: Part, place: Path, number: int) -> str:
    """How many rows a revised file adds, takes away and leaves, by table."""
    said = []
    for name in load().tables:
        before = _counts(_path(folder, old, name))
        after = _counts(place / f"{number}-{name}.parquet")
        both = before.index.union(after.index)
        if len(both):
            a, b = before.reindex(both, fill_value=0), after.reindex(both, fill_value=0)
            same = int(np.minimum(a, b).sum())
            said.append(f"{name} +{int(b.sum()) - same:,} −{int(a.sum()) - same:,} rows, {same:,} the same")
    return "; ".join(said) or "no row differs"


def is_mostly_in(folder: Path, old: Part, place: Path, number: int) -> bool:
    """Whether most rows of a new part are rows of an earlier one, told from an even sample.

    The same list sent again under another name would count every baht twice.
    """
    for name, table in load().tables.items():
        new, stored = place / f"{number}-{name}.parquet", _path(folder, old, name)
        if name == "child" or not table.is_personal or not new.exists() or not stored.exists():
            continue
        rows = pq.read_table(new)
        sample = rows.take(np.linspace(0, len(rows) - 1, min(len(rows), SAMPLE), dtype=np.int64))
        wanted = pc.unique(sample["child_id"].cast(pa.string()))
        same = pq.read_table(stored, filters=pc.field("child_id").cast(pa.string()).isin(wanted))
        found = _hashes(sample).isin(set(_hashes(_same_columns(same, sample))))
        return bool(found.mean() > MOST_SAME)
    return False


def _path(folder: Path, part: Part, table: str) -> Path:
    return folder / "imports" / part.import_id / f"{part.number}-{table}.parquet"


def _counts(path: Path) -> pd.Series:
    """How often each row (without where it stood) occurs, by a hash of its values."""
    if not path.exists():
        return pd.Series(dtype="int64")
    return _hashes(pq.read_table(path)).value_counts()


def _hashes(rows: pa.Table) -> pd.Series:
    names = sorted(set(rows.column_names) - set(SOURCE_COLUMNS))
    texts = {}
    for name in names:
        column = rows[name]
        plain = column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
        texts[name] = plain.cast(pa.string()).fill_null("").to_pandas()
    return (
        pd.util.hash_pandas_object(pd.DataFrame(texts), index=False) if texts else pd.Series(dtype="uint64")
    )


def mended_rows(folder: Path, state: State, origin: str) -> set[tuple[int, int]]:
    """(sheet, row) of an import's quarantined rows that are in the register by now."""
    done: set[tuple[int, int]] = set()
    for part in state.parts:
        if part.fixes == origin:
            manifest = json.loads((folder / "imports" / part.import_id / "manifest.json").read_text("utf-8"))
            done |= {(sheet, row) for sheet, row in manifest["parts"][part.number]["mended"]}
    return done


def already_there(folder: Path, origin: str, examined: Examined, pseudonyms: pa.Array) -> None:
    """Take out mended rows that turn out to be rows which the register holds already (A32)."""
    import_id, number = origin.split("/")
    made = dict(snapshot.tables(examined, pseudonyms))
    leading = [name for name in made if name != "child"] or list(made)
    held: set[tuple[int, int]] | None = None
    for name in leading:
        path = folder / "imports" / import_id / f"{number}-{name}.parquet"
        stored = set(_hashes(_same_columns(pq.read_table(path), made[name]))) if path.exists() else set()
        rows = made[name]
        again = _hashes(rows).isin(stored).to_numpy()
        places = zip(rows["source_sheet"].to_pylist(), rows["source_row"].to_pylist(), strict=True)
        twice = {place for place, same in zip(places, again, strict=True) if same}
        held = twice if held is None else held & twice
    for at, sheet in enumerate(examined.sheets):
        rows_here = sheet.plan.body.grid.rows
        twice_here = np.array([(examined.numbers[at], int(row)) in (held or ()) for row in rows_here], bool)
        gone = twice_here & examined.keep[at]
        if gone.any():
            examined.keep[at] = examined.keep[at] & ~gone
            examined.declared["A32"] = examined.declared.get("A32", 0) + int(gone.sum())


def _same_columns(stored: pa.Table, like: pa.Table) -> pa.Table:
    missing = [name for name in like.column_names if name not in stored.column_names]
    for name in missing:
        stored = stored.append_column(name, pa.nulls(len(stored), pa.string()))
    return stored.select(like.column_names)
