"""One file examined: its sheets cleaned and checked, and every row accounted for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from equity_lib.errors import Fault, InputRejected
from equity_lib.registry.checks import LISTED_ONLY, check, duplicates, wrong_file
from equity_lib.registry.cleaning import Cleaner, CleanSheet
from equity_lib.registry.grid import Grid, Note
from equity_lib.registry.headings import plain
from equity_lib.registry.layout import Body, cut
from equity_lib.registry.linking import Persons, distinct_range, link
from equity_lib.registry.mapping import AreaMapping, Source
from equity_lib.registry.parsed import number
from equity_lib.registry.plan import plan_sheet
from equity_lib.registry.rules import fault, reject
from equity_lib.registry.setting import Setting

#: A file with more than this share of rows in quarantine is refused (X09), the list of fixes written.
MOST_QUARANTINED = 0.10


@dataclass(frozen=True)
class Account:
    """Where every row of a file went: `read = kept + quarantined + sum(declared)`."""

    read: int
    kept: int
    quarantined: int
    declared: Mapping[str, int]


@dataclass
class Ledger:
    """Notes of a file, and the rows they declare to hold no data, by rule."""

    notes: list[Note] = field(default_factory=list)
    declared: dict[str, int] = field(default_factory=dict)

    def note(self, *notes: Note) -> None:
        """Take notes down."""
        for note in notes:
            self.notes.append(note)
            if note.declared:
                self.declared[note.rule] = self.declared.get(note.rule, 0) + note.declared


@dataclass(eq=False)
class Examined:
    """A file's sheets with what became of each row.

    Parameters
    ----------
    keep
        For each sheet, which of its data rows go into the register.
    numbers
        For each sheet, its number in the file the rows came from.
    """

    file: str
    sheets: list[CleanSheet]
    numbers: list[int]
    persons: Persons
    keep: list[NDArray[np.bool_]]
    notes: list[Note] = field(default_factory=list)
    read: int = 0
    declared: dict[str, int] = field(default_factory=dict)

    @property
    def account(self) -> Account:
        """The sum that must be right."""
        held = sum(int(in_question(sheet).sum()) for sheet in self.sheets)
        kept = sum(int(keep.sum()) for keep in self.keep)
        return Account(self.read, kept, held, dict(sorted(self.declared.items())))

    def children(self) -> tuple[int, int]:
        """Lowest and highest number of distinct children."""
        personal = [self.keep[self.sheets.index(sheet)] for sheet in self.persons.sheets]
        return distinct_range(self.persons, np.concatenate(personal)) if personal else (0, 0)


def in_question(sheet: CleanSheet) -> NDArray[np.bool_]:
    """Rows of a sheet that some rule quarantines."""
    held = np.zeros(len(sheet.plan.body.grid.rows), bool)
    for flag in sheet.flags:
        if flag.rule not in LISTED_ONLY:
            held[flag.rows] = True
    return held


def examine(
    path: Path,
    grids: Sequence[Grid],
    setting: Setting,
    mapping: AreaMapping,
    numbers: Sequence[int] | None = None,
) -> Examined:
    """Clean and check all sheets of a file.

    Raises
    ------
    InputRejected
        X04–X06, X08, with every fault of the file.
    """
    file = grids[0].file if grids else path.name
    numbers = list(range(len(grids))) if numbers is None else list(numbers)
    ledger = Ledger()
    bodies = _bodies(grids, mapping, ledger)
    sheets, at = _cleaned(bodies, setting, mapping, ledger)
    if not sheets:
        raise reject(fault("X04", file, found="no heading of any table of the register"))
    wrong = [(sheet, why) for sheet in sheets if (why := wrong_file(sheet, setting))]
    if wrong:
        raise reject([fault("X06", file, sheet=s.plan.body.grid.sheet, found=why) for s, why in wrong])
    persons = link(sheets)
    keep = [_kept(sheet, ledger) for sheet in sheets]
    ledger.notes += [note for sheet in sheets for note in _compared(sheet)]
    ledger.notes += _several_streams(persons)
    read = sum(len(grid.rows) for grid in grids)
    return Examined(
        file, sheets, [numbers[i] for i in at], persons, keep, ledger.notes, read, ledger.declared
    )


def _bodies(grids: Sequence[Grid], mapping: AreaMapping, ledger: Ledger) -> dict[int, Body]:
    """Sheets with a known header and rows; the others are declared."""
    bodies: dict[int, Body] = {}
    empty: list[Fault] = []
    for at, grid in enumerate(grids):
        rows = len(grid.rows)
        try:
            body = cut(grid, _wanted(mapping.source(grid.file, grid.sheet)))
        except InputRejected as error:
            # A header without rows: an unused sheet of the template, if others are filled in.
            empty += error.faults
            ledger.note(Note("empty", 1, detail=grid.sheet, declared=rows))
            continue
        if body is None:
            ledger.note(Note("unread", rows, detail=grid.sheet, declared=rows))
        else:
            bodies[at] = body
    if empty and not bodies:
        raise reject(empty)
    return bodies


def _cleaned(
    bodies: Mapping[int, Body], setting: Setting, mapping: AreaMapping, ledger: Ledger
) -> tuple[list[CleanSheet], list[int]]:
    named = {body.grid.sheet: body for body in bodies.values()}
    sheets, kept, faults = list[CleanSheet](), list[int](), list[Fault]()
    for at, body in bodies.items():
        plan = plan_sheet(body, mapping.source(body.grid.file, body.grid.sheet), named)
        if isinstance(plan, list):
            faults += plan
            rows = len(body.grid.rows)
            ledger.note(*body.grid.notes, Note("unread", rows, detail=body.grid.sheet, declared=rows))
            continue
        ledger.note(*plan.notes)
        sheet = Cleaner(plan, setting).clean()
        check(sheet, setting)
        ledger.note(*(Note("A20", 1, detail=column) for column in sheet.mixed))
        sheets.append(sheet)
        kept.append(at)
    if faults:
        raise reject(faults)
    return sheets, kept


def _kept(sheet: CleanSheet, ledger: Ledger) -> NDArray[np.bool_]:
    """Rows that go into the register: not in question, and not an exact repetition."""
    held = in_question(sheet)
    again = duplicates(sheet) & ~held
    if again.any():
        count, first = int(again.sum()), int(sheet.plan.body.grid.rows[again][0])
        ledger.note(Note("A32", count, first, declared=count))
    return ~held & ~again


def _wanted(source: Source | None) -> frozenset[str]:
    """Reduced headings that a mapping names."""
    if source is None:
        return frozenset()
    found = {plain(join.on) for join in source.joins}
    for join in source.joins:
        found |= {plain(heading) for heading in join.columns.values()}
    for table in source.tables.values():
        groups = [table.columns, *(group.columns for group in table.unpivot)]
        found |= {plain(text) for columns in groups for about in columns.values() for text in about.from_}
    return frozenset(found - {""})


def _compared(sheet: CleanSheet) -> list[Note]:
    """Totals rows beside the sums of the rows above them (A10)."""
    made = []
    numeric = {}
    for table in sheet.tables:
        for name, about in table.table.columns.items():
            if about.kind in ("number", "integer") and name in table.fields and name in sheet.plan.positions:
                numeric[sheet.plan.positions[name]] = (name, table.fields[name].numpy(0.0))
    since = 0
    for above, figures in sheet.plan.body.totals:
        for at, (name, values) in numeric.items():
            stated = number(figures[at])[0] if at in figures else None
            if stated is None:
                continue
            sums = (float(values[:above].sum()), float(values[since:above].sum()))
            agrees = any(abs(stated - total) < 0.005 for total in sums)
            told = "agrees" if agrees else f"differs: stated {stated:,.2f}, computed {sums[1]:,.2f}"
            made.append(Note("A10", 1, detail=f"{name} {told}"))
        since = above
    return made


def _several_streams(persons: Persons) -> list[Note]:
    """How many children are paid in more than one stream (A33): a fact, not a fault."""
    pairs = []
    for sheet in persons.sheets:
        codes = persons.of(sheet)
        for table in sheet.tables:
            if table.table.name == "support_payment":
                stream = pa.array(table.fields["stream"].values)
                known = np.append(
                    pc.index_in(stream, pc.unique(stream)).fill_null(-1).to_numpy(zero_copy_only=False), -1
                )
                pairs.append((codes, known[table.fields["stream"].codes]))
    if not pairs:
        return []
    who = np.concatenate([codes for codes, _ in pairs])
    what = np.concatenate([stream for _, stream in pairs])
    size = len(persons.ids.distinct) + 1
    one = np.full(size, -1)
    one[who] = what
    several = np.unique(who[(who >= 0) & (what >= 0) & (one[who] != what)])
    return [Note("A33", len(several))] if len(several) else []
