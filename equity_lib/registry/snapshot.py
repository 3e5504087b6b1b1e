"""From an examined file to what is stored: Parquet without identifiers, and the frames beside it."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from equity_lib.registry.checks import LISTED_ONLY
from equity_lib.registry.cleaning import Cleaned, CleanSheet, Field
from equity_lib.registry.examine import Examined
from equity_lib.registry.linking import canonical
from equity_lib.registry.schema import CHILD, load
from equity_lib.registry.texts import BLANK, spread

#: What the identity map keeps of a child beside pseudonym and ID.
CONTACT = (
    "title",
    "given_name",
    "surname",
    "phone",
    "address",
    "guardian_id",
    "guardian_name",
    "guardian_phone",
)


def tables(examined: Examined, pseudonyms: pa.Array) -> Iterator[tuple[str, pa.Table]]:
    """The kept rows of each table; `pseudonyms` has one a distinct person of the file."""
    for name in load().tables:
        pieces = []
        for sheet, number, keep in zip(examined.sheets, examined.numbers, examined.keep, strict=True):
            who = examined.persons.of(sheet) if sheet in examined.persons.sheets else None
            for cleaned in sheet.tables:
                if cleaned.table.name == name:
                    rows = _rows(cleaned, keep, who)
                    pieces.append(_piece(sheet, cleaned, rows, who, pseudonyms, number))
        whole = pa.concat_tables(pieces, promote_options="permissive") if pieces else None
        if whole is not None and len(whole):
            yield name, whole


def _rows(cleaned: Cleaned, keep: NDArray[np.bool_], who: NDArray[np.int32] | None) -> NDArray[np.intp]:
    """Rows of a table; of a child's several rows in one sheet the last stands for it."""
    rows = np.flatnonzero(keep & cleaned.here)
    if cleaned.table.name != "child" or who is None or not len(rows):
        return rows
    last = np.full(int(who.max()) + 1, BLANK, np.int64)
    last[who[rows]] = rows
    return np.sort(last[last >= 0])


def _piece(
    sheet: CleanSheet,
    cleaned: Cleaned,
    rows: NDArray[np.intp],
    who: NDArray[np.int32] | None,
    pseudonyms: pa.Array,
    number: int,
) -> pa.Table:
    columns = {}
    for name in cleaned.table.public:
        if name == CHILD and who is not None:
            # Plain: whoever reads a dictionary of millions of pseudonyms waits longer than for all the rest.
            columns[CHILD] = pseudonyms.take(pa.array(who[rows]))
        elif name in cleaned.fields:
            columns[name] = _column(cleaned.fields[name], rows)
    columns["source_sheet"] = pa.array(np.full(len(rows), number, np.int16))
    columns["source_row"] = pa.array(sheet.plan.body.grid.rows[rows].astype(np.int32))
    return pa.table(columns)


def _column(field: Field, rows: NDArray[np.intp]) -> pa.Array:
    if not pa.types.is_string(field.values.type):
        return field.spread(rows)
    texts = canonical(field)
    codes = texts.codes[rows]
    return pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes < 0), texts.distinct)


def kept_persons(examined: Examined) -> NDArray[np.int32]:
    """Codes of the persons that have a kept row."""
    seen = np.zeros(len(examined.persons.ids.distinct) + 1, bool)
    for sheet in examined.persons.sheets:
        seen[examined.persons.of(sheet)[examined.keep[examined.sheets.index(sheet)]]] = True
    return np.flatnonzero(seen[:-1]).astype(np.int32)


def identities(examined: Examined, pseudonyms: pa.Array) -> pd.DataFrame:
    """Who the kept children are: one row a child, the last that the file tells of each; for the map only."""
    wanted = kept_persons(examined)
    place = np.full(len(examined.persons.ids.distinct) + 1, BLANK, np.int64)
    place[wanted] = np.arange(len(wanted))
    found: dict[str, pa.Array] = {
        "pseudonym": pseudonyms.take(pa.array(wanted)),
        "id": examined.persons.ids.distinct.take(pa.array(wanted)),
    }
    for column in CONTACT:
        values = pa.nulls(len(wanted), pa.string())
        for sheet in examined.persons.sheets:
            values = _told(examined, sheet, column, place, values)
        found[column] = values
    frame: pd.DataFrame = pa.table(found).to_pandas()
    return frame


def _told(
    examined: Examined, sheet: CleanSheet, column: str, place: NDArray[np.int64], before: pa.Array
) -> pa.Array:
    field = sheet.person(column)
    if field is None:
        return before
    who = examined.persons.of(sheet)
    rows = np.flatnonzero(examined.keep[examined.sheets.index(sheet)] & (who >= 0) & ~field.is_null())
    last = np.full(len(before), BLANK, np.int64)
    last[place[who[rows]]] = rows
    codes = np.where(last >= 0, np.append(field.codes, BLANK)[last], BLANK).astype(np.int32)
    new = spread(field.values, codes)
    return pc.coalesce(new, before)


def quarantine_rows(examined: Examined, pseudonyms: pa.Array) -> pd.DataFrame:
    """One row a row in question: where it stands, the rules it breaks, stream and baht; nothing personal."""
    frames = []
    for sheet, number in zip(examined.sheets, examined.numbers, strict=True):
        flags = [(f.rule, f.column, f.rows) for f in sheet.flags if f.rule not in LISTED_ONLY]
        if not flags:
            continue
        long = pd.DataFrame(
            {
                "at": np.concatenate([rows for *_, rows in flags]),
                "rule": np.repeat([rule for rule, *_ in flags], [len(rows) for *_, rows in flags]),
                "column": np.repeat([column for _, column, _ in flags], [len(rows) for *_, rows in flags]),
            }
        ).sort_values(["at", "rule", "column"], ignore_index=True)
        first = long.drop_duplicates("at", ignore_index=True)
        first["rules"] = (
            long.groupby("at")["rule"].agg(lambda found: " ".join(dict.fromkeys(found))).to_numpy()
        )
        at = first["at"].to_numpy()
        first["stream"], first["amount"] = _money(sheet, at)
        first["child_id"] = _known(examined, sheet, at, pseudonyms)
        first["row"], first["sheet"] = sheet.plan.body.grid.rows[at], number
        frames.append(first)
    columns = ["sheet", "row", "rule", "column", "rules", "stream", "amount", "child_id"]
    empty = pd.DataFrame({c: pd.Series(dtype="str") for c in columns}).astype(
        {"sheet": "int64", "row": "int64", "amount": "float64"}
    )
    return pd.concat(frames, ignore_index=True)[columns] if frames else empty


def _known(examined: Examined, sheet: CleanSheet, at: NDArray[np.intp], pseudonyms: pa.Array) -> pd.Series:
    """Pseudonyms of rows in question, null where the row does not tell a child."""
    if sheet not in examined.persons.sheets:
        return pd.Series([None] * len(at), dtype="str")
    return pd.Series(spread(pseudonyms, examined.persons.of(sheet)[at]).to_pandas().to_numpy(), dtype="str")


def _money(sheet: CleanSheet, at: NDArray[np.intp]) -> tuple[pd.Series, NDArray[np.float64]]:
    """Stream and baht of rows in question: their money stays in the reconciliation."""
    for table in sheet.tables:
        if table.table.name == "support_payment":
            stream = table.fields["stream"].spread(at).to_pandas().to_numpy()
            return pd.Series(stream, dtype="str"), table.fields["amount"].numpy(np.nan)[at]
    return pd.Series([None] * len(at), dtype="str"), np.full(len(at), np.nan)


def rule_counts(examined: Examined) -> dict[str, int]:
    """How many rows each rule held or listed, and how many cells each changed."""
    counts: dict[str, int] = {"Q06": len(examined.persons.candidates)} if examined.persons.candidates else {}
    for sheet in examined.sheets:
        for flag in sheet.flags:
            counts[flag.rule] = counts.get(flag.rule, 0) + len(flag.rows)
        for change in sheet.changes:
            if not change.rule.startswith("Q"):
                counts[change.rule] = counts.get(change.rule, 0) + change.count
    return dict(sorted(counts.items()))


def changes(examined: Examined) -> pd.DataFrame:
    """The correction log: one row a distinct changed text; raw text of identifiers and free text left out."""
    made = []
    for sheet, number in zip(examined.sheets, examined.numbers, strict=True):
        made += [(number, c.column, c.rule, c.raw, c.value, c.count, c.row) for c in sheet.changes]
    columns = ["sheet", "column", "rule", "raw", "value", "count", "first_row"]
    return pd.DataFrame(made, columns=columns).astype({"raw": "str", "value": "str"})
