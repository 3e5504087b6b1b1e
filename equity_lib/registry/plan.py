"""Which column of a sheet becomes which column of which table: by the mapping, or by headings."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from equity_lib.errors import Fault
from equity_lib.registry.grid import Note
from equity_lib.registry.headings import plain, recognise
from equity_lib.registry.layout import Body, check_headings, fill_merged
from equity_lib.registry.mapping import ColumnMap, Join, Source, TableMap, position
from equity_lib.registry.rules import fault
from equity_lib.registry.schema import CHILD, TableSchema, load
from equity_lib.registry.texts import BLANK, Texts

_PERSON = frozenset(load().tables["child"].columns)
_PLAIN = ColumnMap(from_=["?"])


@dataclass(frozen=True, eq=False)
class Feed:
    """What a sheet gives to one table: raw columns by their names in the schema.

    `here` tells which rows of the sheet are rows of this table (all, unless columns are unpivoted).
    """

    table: TableSchema
    columns: dict[str, Texts]
    options: dict[str, ColumnMap]
    here: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class SheetPlan:
    """A sheet's rows with what they feed; `headings` names columns as the clerk sees them."""

    body: Body
    source: Source
    feeds: tuple[Feed, ...]
    headings: Mapping[str, str]
    positions: Mapping[str, int]
    notes: tuple[Note, ...] = field(default=())


def plan_sheet(body: Body, source: Source | None, others: Mapping[str, Body]) -> SheetPlan | list[Fault]:
    """The plan of a sheet, or why it has none (X05); no table at all gives an empty list.

    Raises
    ------
    InputRejected
        X04 if a heading that is read stands over two columns.
    """
    if source is None:
        tables = _recognised(body)
        if not tables:
            return _nearest(body)
        source = Source(tables={name: TableMap() for name in tables})
    faults: list[Fault] = []
    feeds: list[Feed] = []
    headings: dict[str, str] = {}
    notes = list(body.grid.notes)
    joined = {name: column for join in source.joins for name, column in _joined(body, join, others).items()}
    found = {name: _positions(body, name, table) for name, table in source.tables.items()}
    used = {c: at for columns in found.values() for c, at in columns.items()}
    check_headings(body, used)
    declared = {
        found[n][c]
        for n, t in source.tables.items()
        for c, m in t.columns.items()
        if m.merged and c in found[n]
    }
    body, filled = fill_merged(body, set(used.values()), declared)
    notes += [Note("A08", filled)] if filled else []
    for name, table in source.tables.items():
        schema = load().tables[name]
        columns = {c: body.grid.columns[at] for c, at in found[name].items()}
        headings |= {c: body.headings[at] for c, at in found[name].items()}
        columns |= {c: t for c, t in joined.items() if c in schema.columns and c not in columns}
        columns |= _constants(table.constants, len(body.grid.rows))
        columns |= _from_sheet_name(body, table, schema, columns, notes)
        made, missing = _feeds(body, schema, table, columns)
        feeds += made
        faults += [_missing(body, schema, c) for c in missing]
    renamed = sum(plain(h) != plain(_label(c)) for c, h in headings.items())
    notes += [Note("A34", renamed)] if renamed else []
    if faults:
        return faults
    return SheetPlan(body, source, tuple(feeds), headings, used, tuple(notes))


def _label(column: str) -> str:
    for table in load().tables.values():
        if column in table.columns:
            return table.columns[column].label.th
    return column


def _recognised(body: Body) -> list[str]:
    """Tables whose required columns are all there; one that another table explains better is left out."""
    whole: dict[str, set[int]] = {}
    for name, table in load().tables.items():
        found = recognise(body.headings, table)
        if set(table.required) <= set(found):
            whole[name] = {at for c, at in found.items() if c not in _PERSON or not table.is_personal}
    child = ["child"] if "child" in whole else []
    own = {name: at for name, at in whole.items() if name != "child" and at}
    names = list(own)
    kept = [
        name
        for i, name in enumerate(names)
        if not any(
            own[name] < own[o] or (own[name] == own[o] and j < i) for j, o in enumerate(names) if o != name
        )
    ]
    return child + kept


def _nearest(body: Body) -> list[Fault]:
    """X05 for the table that a sheet most resembles; nothing if it resembles none."""
    found = {name: recognise(body.headings, t) for name, t in load().tables.items()}
    best = max(
        found, key=lambda name: (len(set(load().tables[name].required) & set(found[name])), len(found[name]))
    )
    table = load().tables[best]
    least = 2 if CHILD in found[best] else max(2, len(table.required) - 1)
    if len(found[best]) < least:
        return []
    return [_missing(body, table, c) for c in table.required if c not in found[best]]


def _missing(body: Body, table: TableSchema, column: str) -> Fault:
    label = table.columns[column].label
    spellings = ", ".join((label.th, *table.columns[column].headings[:3]))
    found = f"no heading for {label.en} of table {table.name}"
    return fault("X05", body.grid.file, sheet=body.grid.sheet, key=column, found=found, allowed=spellings)


def _positions(body: Body, name: str, table: TableMap) -> dict[str, int]:
    """Schema column → position; a mapping that names columns is used alone."""
    if not table.columns and not table.unpivot:
        return recognise(body.headings, load().tables[name])
    found = {column: position(body.headings, about.from_) for column, about in table.columns.items()}
    return {column: at for column, at in found.items() if at is not None}


def _constants(constants: Mapping[str, str | int], rows: int) -> dict[str, Texts]:
    return {column: Texts.constant(str(value), rows) for column, value in constants.items()}


def _from_sheet_name(
    body: Body, table: TableMap, schema: TableSchema, columns: Mapping[str, Texts], notes: list[Note]
) -> dict[str, Texts]:
    """The sheet's name as a value, if the mapping says so (A13)."""
    column = table.sheet_is
    if (
        not column
        and "district" in schema.columns
        and "district" not in columns
        and _is_district(body.grid.sheet)
    ):
        column = "district"
    if not column:
        return {}
    notes.append(Note("A13", 1, detail=column))
    return {column: Texts.constant(body.grid.sheet, len(body.grid.rows))}


def _is_district(name: str) -> bool:
    import geothai

    from equity_lib.programme.places import district_by_name

    if not name:
        return False
    for area in geothai.provinces():
        try:
            district_by_name(name, area.code)
        except ValueError:
            continue
        return True
    return False


def _feeds(
    body: Body, schema: TableSchema, table: TableMap, columns: dict[str, Texts]
) -> tuple[list[Feed], list[str]]:
    """One feed, or one for each group of unpivoted columns; and the required columns that are missing."""
    rows = len(body.grid.rows)
    options = {**dict.fromkeys(columns, _PLAIN), **table.columns}
    if not table.unpivot:
        missing = [c for c in schema.required if c not in columns]
        return [Feed(schema, columns, options, np.ones(rows, bool))], missing
    feeds, missing = [], []
    for group in table.unpivot:
        places = {c: position(body.headings, about.from_) for c, about in group.columns.items()}
        own = {c: body.grid.columns[at] for c, at in places.items() if at is not None}
        whole = {**columns, **_constants(group.constants, rows), **own}
        missing += [c for c in (*schema.required, *group.columns) if c not in whole]
        here = np.logical_or.reduce([~t.is_blank() for t in own.values()]) if own else np.ones(rows, bool)
        feeds.append(Feed(schema, whole, {**options, **group.columns}, here))
    return feeds, list(dict.fromkeys(missing))


def _joined(body: Body, join: Join, others: Mapping[str, Body]) -> dict[str, Texts]:
    """Columns of another sheet, brought to the rows whose key is the same text; blank where none is."""
    other = others.get(join.sheet)
    here = position(body.headings, [join.on])
    there = position(other.headings, [join.on]) if other else None
    if other is None or here is None or there is None or other is body:
        return {}
    left, right = body.grid.columns[here], other.grid.columns[there]
    places = np.full(len(right.distinct), BLANK, np.int64)
    filled = np.flatnonzero(right.codes >= 0)
    places[right.codes[filled[::-1]]] = filled[::-1]
    lookup = pc.index_in(left.distinct, right.distinct).fill_null(BLANK).to_numpy(zero_copy_only=False)
    row = (
        np.where(lookup >= 0, places[np.maximum(lookup, 0)], BLANK)
        if len(places)
        else np.full(len(lookup), BLANK)
    )
    rows = np.append(row, BLANK)[left.codes]
    made = {}
    for column, heading in join.columns.items():
        at = position(other.headings, [heading])
        if at is not None:
            texts = other.grid.columns[at]
            codes = np.where(rows >= 0, np.append(texts.codes, BLANK)[rows], BLANK).astype(np.int32)
            made[column] = Texts(codes, texts.distinct)
    return made
