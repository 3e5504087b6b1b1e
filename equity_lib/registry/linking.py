"""Who is who across the rows of a file: shared IDs, two names, two IDs. Nothing is ever merged."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from equity_lib.registry.cleaning import CleanSheet, Field, Flag
from equity_lib.registry.schema import CHILD
from equity_lib.registry.texts import BLANK, Texts, stack

#: An ID with this many names is a guardian's or a teacher's, not a slip in one name.
MANY_NAMES = 3


@dataclass(frozen=True, eq=False)
class Persons:
    """The children of a file, one row a row of its personal sheets, sheet after sheet.

    Parameters
    ----------
    ids
        Canonical IDs, or `N|given|surname|date` for a child that has none (provisional).
    starts
        Index of each sheet's first row.
    candidates
        Pairs of codes of IDs that may be one child: same name and birth date (Q06).
    """

    ids: Texts
    sheets: tuple[CleanSheet, ...]
    starts: tuple[int, ...]
    candidates: tuple[tuple[int, int], ...] = ()

    def of(self, sheet: CleanSheet) -> NDArray[np.int32]:
        """Person codes of a sheet's rows, −1 where unknown."""
        at = self.sheets.index(sheet)
        return self.ids.codes[self.starts[at] : self.starts[at] + len(sheet.plan.body.grid.rows)]


def link(sheets: Sequence[CleanSheet]) -> Persons:
    """Identify the children of all personal sheets; Q04, Q05 and Q07 are added to the sheets' flags."""
    personal = tuple(sheet for sheet in sheets if sheet.person(CHILD) is not None)
    starts = tuple(np.cumsum([0, *(len(s.plan.body.grid.rows) for s in personal)])[:-1].tolist())
    if not personal:
        return Persons(Texts.of([]), (), ())
    ids = _stacked(personal, CHILD)
    given, surname = _stacked(personal, "given_name"), _stacked(personal, "surname")
    born = np.concatenate([_born(sheet) for sheet in personal])
    named = (given.codes >= 0) & (surname.codes >= 0)
    name = np.where(named, given.codes.astype(np.int64) * (len(surname.distinct) + 1) + surname.codes, BLANK)
    refused = _refused_ids(personal, starts, len(ids))
    ids = _provisional(ids, given, surname, born, (ids.codes < 0) & named & (born > 0) & ~refused)
    many, two = _names_per_id(ids.codes, name, len(ids.distinct))
    many |= _own_guardian(personal, ids)
    unknown = (ids.codes < 0) & ~refused
    for rule, mask in (("Q04", many), ("Q05", two & ~many), ("Q07", unknown)):
        _add(personal, starts, rule, mask)
    return Persons(ids, personal, starts, _same_child(ids.codes, name, born, len(ids.distinct)))


def _stacked(sheets: Sequence[CleanSheet], column: str) -> Texts:
    """One column of all sheets, each distinct value once."""
    parts = []
    for sheet in sheets:
        field = sheet.person(column)
        rows = len(sheet.plan.body.grid.rows)
        parts.append(Texts.blank(rows) if field is None else canonical(field))
    return parts[0] if len(parts) == 1 else stack(parts)


def canonical(field: Field) -> Texts:
    """Codes by value: texts that were cleaned to the same value become one."""
    values = field.values
    encoded = values.dictionary_encode()
    moved = encoded.indices.fill_null(BLANK).to_numpy(zero_copy_only=False).astype(np.int32)
    if len(encoded.dictionary) == len(values):
        return Texts(field.codes, values)
    return Texts(np.append(moved, np.int32(BLANK))[field.codes], encoded.dictionary)


def _born(sheet: CleanSheet) -> NDArray[np.int64]:
    field = sheet.person("birth_date")
    return field.ymd() if field is not None else np.zeros(len(sheet.plan.body.grid.rows), np.int64)


def _refused_ids(sheets: Sequence[CleanSheet], starts: Sequence[int], rows: int) -> NDArray[np.bool_]:
    """Rows whose ID is already in question: they get no other identity."""
    refused = np.zeros(rows, bool)
    for sheet, start in zip(sheets, starts, strict=True):
        for flag in sheet.flags:
            if flag.column == CHILD:
                refused[start + flag.rows] = True
    return refused


def _provisional(
    ids: Texts, given: Texts, surname: Texts, born: NDArray[np.int64], rows: NDArray[np.bool_]
) -> Texts:
    """Children without ID, told by full name and birth date until they have one."""
    at = np.flatnonzero(rows)
    if not len(at):
        return ids
    days = pa.array([f"{d // 10000:04d}-{d // 100 % 100:02d}-{d % 100:02d}" for d in born[at].tolist()])
    made = pc.binary_join_element_wise(
        "N", given.to_arrow(at), surname.to_arrow(at), days, "|"
    ).dictionary_encode()
    codes = ids.codes.copy()
    codes[at] = made.indices.to_numpy() + len(ids.distinct)
    return Texts(codes, pa.concat_arrays([ids.distinct, made.dictionary]))


def _names_per_id(
    ids: NDArray[np.int32], name: NDArray[np.int64], size: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Rows of IDs with many names, and rows of IDs with at least two."""
    told = (ids >= 0) & (name >= 0)
    one = np.full(size + 1, BLANK, np.int64)
    one[ids[told]] = name[told]
    differs = told & (one[ids] != name)
    several = np.zeros(size + 1, bool)
    several[ids[differs]] = True
    several[BLANK] = False
    pairs = pd.DataFrame(
        {"id": ids[told & several[ids]], "name": name[told & several[ids]]}
    ).drop_duplicates()
    counts = np.bincount(pairs["id"].to_numpy(), minlength=size + 1)
    counts[BLANK] = 0
    return np.asarray((counts >= MANY_NAMES)[ids]), np.asarray((counts >= 2)[ids])


def _own_guardian(sheets: Sequence[CleanSheet], ids: Texts) -> NDArray[np.bool_]:
    """Rows in which child and guardian have one ID."""
    guardian = _stacked(sheets, "guardian_id")
    if not len(guardian.distinct):
        return np.zeros(len(ids), bool)
    same = pc.index_in(guardian.distinct, ids.distinct).fill_null(-2).to_numpy(zero_copy_only=False)
    codes = np.where(guardian.codes >= 0, same[np.maximum(guardian.codes, 0)], -2)
    return np.asarray(codes == ids.codes)


def _same_child(
    ids: NDArray[np.int32], name: NDArray[np.int64], born: NDArray[np.int64], size: int
) -> tuple[tuple[int, int], ...]:
    """Pairs of IDs with one name and birth date (Q06), neighbours in order of code."""
    told = np.flatnonzero((ids >= 0) & (name >= 0) & (born > 0))
    one = np.full(size, BLANK, np.int64)
    one[ids[told][::-1]] = told[::-1]
    rows = one[one >= 0]
    frame = pd.DataFrame({"name": name[rows], "born": born[rows]})
    again = frame.duplicated(keep=False).to_numpy()
    found = frame[again].assign(id=ids[rows[again]]).sort_values(["name", "born", "id"])
    follows = (found[["name", "born"]] == found[["name", "born"]].shift()).all(axis=1).to_numpy()
    codes = found["id"].to_numpy()
    return tuple((int(codes[i - 1]), int(codes[i])) for i in np.flatnonzero(follows))


def _add(sheets: Sequence[CleanSheet], starts: Sequence[int], rule: str, mask: NDArray[np.bool_]) -> None:
    for sheet, start in zip(sheets, starts, strict=True):
        rows = np.flatnonzero(mask[start : start + len(sheet.plan.body.grid.rows)])
        if len(rows):
            sheet.flags.append(Flag(rule, CHILD, rows))


def distinct_range(persons: Persons, kept: NDArray[np.bool_]) -> tuple[int, int]:
    """Lowest and highest number of distinct children.

    Low: every candidate pair is one child and no row in question adds a child. High: every
    pair is two children, every ID in question is a child of its own, and every row without an
    identity is one too.
    """
    codes = persons.ids.codes
    seen = np.zeros(len(persons.ids.distinct) + 1, bool)
    seen[codes[kept]] = True
    seen[BLANK] = False
    certain = int(seen.sum())
    joined = sum(bool(seen[a] and seen[b]) for a, b in persons.candidates)
    other = np.zeros_like(seen)
    other[codes[~kept]] = True
    other[BLANK] = False
    unknown = int((codes[~kept] < 0).sum())
    return certain - joined, certain + int((other & ~seen).sum()) + unknown
