"""What a lab session holds: its opened years and tables, and what a reference in it leads to."""

import ast
import inspect
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import equity_lib
from equity_lib.disclosure.gate import Cell
from equity_lib.errors import EquityError
from equity_lib.programme.parameters import YearParameters
from equity_lib.registry.year import Year
from equity_lib.relations import Relation
from equity_lib.results import Chart, Result, Statement, Table


@dataclass(frozen=True)
class Ungated:
    """Results by id as a session holds them: read by lab views, and by nothing that makes a page.

    Attributes
    ----------
    years
        Parameters of the years whose facts may be quoted.
    year
        The one year that references lead to; None if there is none or the session leaves it open.
    open_years
        How many years it could be.
    kinds
        Kinds of area that the result may belong to.
    outlines
        None: the lab draws the maps that come with the library.
    """

    years: tuple[YearParameters, ...] = ()
    year: Year | None = None
    open_years: int = 0
    kinds: frozenset[str] = frozenset()
    tables: Mapping[str, Table] = field(default_factory=dict)
    statements: Mapping[str, Statement] = field(default_factory=dict)
    cells: Mapping[str, Cell] = field(default_factory=dict)
    outlines: Path | None = None

    @property
    def given(self) -> YearParameters:
        """Parameters of the latest year."""
        return self.years[-1]

    @property
    def safe(self) -> "Ungated":
        """Itself: in the lab nothing was gated."""
        return self

    @property
    def charts(self) -> Mapping[str, Chart]:
        """Charts of its tables."""
        return {chart.id: chart for table in self.tables.values() for chart in table.charts}

    @property
    def relations(self) -> Mapping[str, Relation]:
        """Cell id → the identity that gives its value."""
        return {each.result: each for table in self.tables.values() for each in table.relations}


def ungated(result: Result | Year, namespace: Mapping[str, Any]) -> Ungated:
    """What the references of a result lead to in a session.

    The tables of the year come first, then the session's own. Cell ids don't name a year, so where
    several are open, only one whose variable stands in the cell, or whose table the result came
    with, is taken: better no value than another year's.

    Parameters
    ----------
    result
        What is displayed.
    namespace
        Of the shell, with its `_oh` (outputs) and `_ih` (sources of the cells).
    """
    values = [*namespace.get("_oh", {}).values(), *namespace.values()]
    opened = [each for each in (*values, result) if isinstance(each, Year)]
    years = _distinct(opened)
    tables = [each for each in values if isinstance(each, Table)]
    own = _owner(result, tables)
    named = _distinct(namespace[name] for name in _names(namespace) if isinstance(namespace.get(name), Year))
    chosen = [result] if isinstance(result, Year) else named or years
    if own is not None:
        chosen = [year for year in years if _same(known(year)[0].get(own.id), own)] or [
            year for year in chosen if own.id not in known(year)[0]
        ]
    year = chosen[0] if len(chosen) == 1 else None
    found, statements = known(year) if year else ({}, {})
    if len(years) == 1:
        found = _alike(tables) | found
    if own is not None:
        found = {**found, own.id: own}
    cells = {cell.id: cell for table in found.values() for cell in _cells(table)}
    kinds = frozenset(
        each.parameters.kind for each in opened if not chosen or _key(each) in map(_key, chosen)
    )
    return Ungated(_quotable(chosen), year, len(years), kinds, found, statements, cells)


def known(year: Year) -> tuple[dict[str, Table], dict[str, Statement]]:
    """Tables and statements by id that the public functions give for a year, remembered a year."""
    if id(year) not in _KNOWN:
        found = [made for name in equity_lib.__all__ for made in _made(name, year)]
        statements = [each for each in found if isinstance(each, Statement)]
        items = {item.id: item for each in statements for item in each.items}
        tables = {each.id: each for each in found if isinstance(each, Table)}
        _KNOWN[id(year)] = year, tables, items | {each.id: each for each in statements}
    return _KNOWN[id(year)][1:]


#: By identity of the year, which is kept here so that no other year gets it.
_KNOWN: dict[int, tuple[Year, dict[str, Table], dict[str, Statement]]] = {}


def _made(name: str, year: Year) -> Iterator[Any]:
    """What a public function gives of the year alone, or in each of its views of published figures.

    Views of a register are not counted for this: they take their time, and the session has those it shows.
    """
    function = getattr(equity_lib, name)
    taken = list(inspect.signature(function).parameters)
    views = getattr(inspect.getmodule(function), "VIEWS", ()) if taken == ["year", "of"] else ()
    calls = [partial(function, year)] if taken == ["year"] else []
    calls += [partial(function, replace(year, register=None), of) for of in views]
    for call in calls:
        try:
            made = call()
        except EquityError:
            continue
        if not views or isinstance(made, Table) or not made.key.startswith("needs."):
            yield made


def _names(namespace: Mapping[str, Any]) -> list[str]:
    """Names in the cell that is running."""
    try:
        tree = ast.parse(namespace["_ih"][-1])
    except (KeyError, IndexError, SyntaxError):
        return []
    return [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)]


def _distinct(years: Iterable[Year]) -> list[Year]:
    """One a programme year of an area, as it was opened last."""
    return list({_key(year): year for year in years}.values())


def _key(year: Year) -> tuple[str, int]:
    return year.parameters.area, year.parameters.program_year


def _owner(result: Result | Year, tables: Iterable[Table]) -> Table | None:
    """The table itself, or the one that a chart was taken from."""
    if isinstance(result, Table):
        return result
    owners = (table for table in tables if any(chart is result for chart in table.charts))
    return next(owners, None)


def _same(one: Table | None, other: Table) -> bool:
    return one is not None and one.cells.equals(other.cells)


def _alike(tables: Iterable[Table]) -> dict[str, Table]:
    """A session's tables by id, without those that it holds in two versions."""
    found: dict[str, Table] = {}
    differ: set[str] = set()
    for table in tables:
        if not _same(found.setdefault(table.id, table), table):
            differ.add(table.id)
    return {name: table for name, table in found.items() if name not in differ}


def _quotable(years: Iterable[Year]) -> tuple[YearParameters, ...]:
    """Parameters of the years and those before them, by year; none if they are of several areas."""
    found = {each.program_year: each for year in years for each in (*year.earlier, year.parameters)}
    one_area = len({each.area for each in found.values()}) == 1
    return tuple(found[each] for each in sorted(found)) if one_area else ()


def _cells(table: Table) -> list[Cell]:
    return [
        Cell(
            id=str(row["id"]),
            value=float(row["value"]),
            unit=str(row["unit"]),
            status=str(row["status"]),
            method=str(row["method"]),
            fact=str(row["fact"]),
            table=table.id,
            measure=str(row["measure"]),
            decision="not gated",
            rule="",
            low=float(row["low"]),
            high=float(row["high"]),
            deff=float(row["deff"]),
        )
        for row in table.cells.to_dict("records")
    ]
