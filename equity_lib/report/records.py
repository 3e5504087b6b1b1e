"""Cells of a table one by one: pages ask for thousands, and a search through a frame takes a millisecond."""

from collections.abc import Mapping, Sequence, Set
from typing import Any
from weakref import WeakKeyDictionary

from equity_lib.results import Table

Record = Mapping[str, Any]

_READ: WeakKeyDictionary[Table, Sequence[Record]] = WeakKeyDictionary()
_PLACED: WeakKeyDictionary[Table, Mapping[tuple[str, ...], Sequence[Record]]] = WeakKeyDictionary()
_UNITS: WeakKeyDictionary[Table, Mapping[str, Set[str]]] = WeakKeyDictionary()


def records(table: Table) -> Sequence[Record]:
    """The cells of a table in their order, read once a table: what has passed the gate never changes."""
    if table not in _READ:
        columns = {name: table.cells[name].tolist() for name in table.cells.columns}
        rows = zip(*columns.values(), strict=True)
        _READ[table] = [dict(zip(columns, row, strict=True)) for row in rows]
    return _READ[table]


def placed(table: Table) -> Mapping[tuple[str, ...], Sequence[Record]]:
    """The cells of a table by their measure and levels, in the order of its dimensions."""
    if table not in _PLACED:
        made: dict[tuple[str, ...], list[Record]] = {}
        for record in records(table):
            made.setdefault((record["measure"], *(record[dim.key] for dim in table.dims)), []).append(record)
        _PLACED[table] = made
    return _PLACED[table]


def units_of(table: Table) -> Mapping[str, Set[str]]:
    """The units of each measure of a table."""
    if table not in _UNITS:
        made: dict[str, set[str]] = {}
        for record in records(table):
            made.setdefault(record["measure"], set()).add(record["unit"])
        _UNITS[table] = made
    return _UNITS[table]
