"""Cells of a table one by one: pages ask for thousands, and a search through a frame takes a millisecond."""

from collections.abc import Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from equity_lib.results import Table

Record = Mapping[str, Any]

_READ: WeakKeyDictionary[Table, Sequence[Record]] = WeakKeyDictionary()
_PLACED: WeakKeyDictionary[Table, Mapping[tuple[str, ...], Sequence[Record]]] = WeakKeyDictionary()


def records(table: Table) -> Sequence[Record]:
    """The cells of a table in their order, read once a table: what has passed the gate never changes."""
    if table not in _READ:
        _READ[table] = table.cells.to_dict("records")
    return _READ[table]


def placed(table: Table) -> Mapping[tuple[str, ...], Sequence[Record]]:
    """The cells of a table by their measure and levels, in the order of its dimensions."""
    if table not in _PLACED:
        made: dict[tuple[str, ...], list[Record]] = {}
        for record in records(table):
            made.setdefault((record["measure"], *(record[dim.key] for dim in table.dims)), []).append(record)
        _PLACED[table] = made
    return _PLACED[table]
