"""The gate: the only way from results to `SafeResults`. What can't be shown to be safe is refused.

Published figures pass by proof, not by label: a cell that names a public fact must stand in that
fact's passage, and any other cell must follow from such cells by the relations that it comes with.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from equity_lib.disclosure.primary import Decision, Given, protect
from equity_lib.disclosure.rules import FORBIDDEN_CHARTS, REASONS, Rules, numbers_in
from equity_lib.errors import DisclosureRefused, Fault
from equity_lib.relations import Relation
from equity_lib.results import DECIMALS, Chart, Result, Statement, Table

_BY_GATE = object()
#: What tells how many stand behind a number; a safe table has none of it.
_CONTRIBUTORS = ("n", "dof", "missing", "top1", "top2", "numerator", "denominator")


@dataclass(frozen=True)
class Cell:
    """One number of an area-year, its interval and the design effect in it (NaN without), and decision."""

    id: str
    value: float
    unit: str
    status: str
    method: str
    fact: str
    table: str
    measure: str
    decision: str
    rule: str
    low: float = math.nan
    high: float = math.nan
    deff: float = math.nan

    @property
    def reason(self) -> str:
        """What the rule says, in English; pages have words of their own."""
        return REASONS.get(self.rule, "")


@dataclass(frozen=True)
class SafeResults:
    """Results that may be published, made by `gate` alone.

    Attributes
    ----------
    tables, charts, statements
        By id.
    cells
        Every number by id, with the decision and the rule behind it.
    relations
        Cell id → the identity that gives its value.
    rules, ledger_head
        What it was decided by.
    """

    tables: Mapping[str, Table]
    charts: Mapping[str, Chart]
    statements: Mapping[str, Statement]
    cells: Mapping[str, Cell]
    relations: Mapping[str, Relation]
    rules: Rules
    ledger_head: str
    token: object = None

    def __post_init__(self) -> None:
        if self.token is not _BY_GATE:
            raise TypeError("SafeResults are made by gate() only")

    @property
    def synthetic(self) -> bool:
        """Whether every page must say that its data are made up."""
        return self.rules.kind == "synthetic"


def gate(results: Iterable[Result], rules: Rules, ledger_head: str) -> SafeResults:
    """Decide on all results of an area-year together.

    Parameters
    ----------
    results
        Everything that the area-year's notebooks displayed.
    rules
        See `rules_of`.
    ledger_head
        Head of the release ledger; `none` until releases are recorded.

    Raises
    ------
    DisclosureRefused
        With every cell that can't be shown to be safe, by id and rule, never by value.
    """
    results = list(results)
    tables = [result for result in results if isinstance(result, Table)]
    faults = _mixed(tables, rules) + _drawn_singly(results, tables)
    relations = {relation.result: relation for table in tables for relation in table.relations}
    cells, doubles = _cells(tables)
    faults += doubles
    if rules.kind == "register":
        faults.append(
            _fault("register", "a page of a real register", "Joint disclosure control isn't there yet.")
        )
    decided: dict[str, Cell] = {}
    if rules.kind == "published":
        decided, unproven = _proven(cells, relations, rules)
        faults += unproven + [fault for table in tables for fault in _contributors(table)]
    elif rules.kind == "synthetic":
        decided = _protected(tables, cells, relations, rules)
    elif rules.kind == "research":
        faults += [
            _fault(table.id, "a personal table", "") for table in tables if table.sensitivity != "public"
        ]
        decided = {each: replace(cell, decision="pass", rule="research") for each, cell in cells.items()}
    if faults:
        raise DisclosureRefused(
            f"Nothing is published; {len(set(faults))} can't be shown to be safe:", sorted(set(faults))
        )
    return SafeResults(
        tables={table.id: _safe(table, decided) for table in tables},
        charts={chart.id: chart for chart in results if isinstance(chart, Chart)}
        | {chart.id: chart for table in tables for chart in table.charts},
        statements=_statements(results),
        cells=decided,
        relations=relations,
        rules=rules,
        ledger_head=ledger_head,
        token=_BY_GATE,
    )


def _fault(key: str, found: str, action: str) -> Fault:
    return Fault("", 0, key, found, "public facts and synthetic areas", action)


def _mixed(tables: list[Table], rules: Rules) -> list[Fault]:
    return [
        _fault(table.id, f"a {table.source} table in a {rules.kind} area", "Areas are never mixed.")
        for table in tables
        if table.source != rules.kind
    ]


def _drawn_singly(results: list[Result], tables: list[Table]) -> list[Fault]:
    """Charts with a mark a person, whatever they are drawn from."""
    charts = [result for result in results if isinstance(result, Chart)]
    charts += [chart for table in tables for chart in table.charts]
    return [
        Fault("", 0, chart.id, f"a chart of kind '{chart.kind}'", "drawings of groups", REASONS["forbidden"])
        for chart in charts
        if chart.kind in FORBIDDEN_CHARTS
    ]


def _cells(tables: list[Table]) -> tuple[dict[str, Cell], list[Fault]]:
    made: dict[str, Cell] = {}
    faults = []
    for table in tables:
        for row in table.cells.to_dict("records"):
            cell = Cell(
                id=str(row["id"]),
                value=float(row["value"]),
                **{name: str(row[name]) for name in ("unit", "status", "method", "fact", "measure")},
                table=table.id,
                decision="",
                rule="",
                low=float(row["low"]),
                high=float(row["high"]),
                deff=float(row["deff"]),
            )
            before = made.setdefault(cell.id, cell)
            if not _same(before.value, cell.value):
                faults.append(_fault(cell.id, "two values for one statistic", ""))
    return made, faults


def _same(one: float, other: float) -> bool:
    return one == other or (math.isnan(one) and math.isnan(other))


def _public(
    cell: Cell,
    cells: Mapping[str, Cell],
    relations: Mapping[str, Relation],
    rules: Rules,
    path: tuple[str, ...],
) -> str | None:
    """The rule by which a cell of published figures may pass, or None."""
    if math.isnan(cell.value):
        return "no value"
    if cell.fact:
        passage = rules.passages.get(cell.fact)
        return "public fact" if passage and cell.value in numbers_in(passage) else None
    relation = relations.get(cell.id)
    if relation is None or cell.id in path:
        return None
    terms = [cells.get(term) for term in relation.terms]
    for term in terms:
        if term is None or _public(term, cells, relations, rules, (*path, cell.id)) is None:
            return None
    value = relation.evaluate({term.id: term.value for term in terms if term})
    return "follows from public facts" if _same(round(value, DECIMALS[cell.unit]), cell.value) else None


def _proven(
    cells: Mapping[str, Cell], relations: Mapping[str, Relation], rules: Rules
) -> tuple[dict[str, Cell], list[Fault]]:
    """Published figures, each with the rule that proves it public, and faults where none does."""
    decided: dict[str, Cell] = {}
    faults = []
    for cell in cells.values():
        rule = _public(cell, cells, relations, rules, ())
        if rule is None:
            faults.append(_fault(cell.id, "a number that no public fact gives", ""))
        decided[cell.id] = replace(cell, decision="pass" if rule else "refused", rule=rule or "")
    return decided, faults


def _protected(
    tables: list[Table], cells: Mapping[str, Cell], relations: Mapping[str, Relation], rules: Rules
) -> dict[str, Cell]:
    """Cells of a synthetic area: personal ones under the primary rules, like those of a register."""
    given = {each: made for table in tables for each, made in _given(table)}
    safe = protect(given, relations, rules)
    return {each: _decided(cell, safe.get(each)) for each, cell in cells.items()}


def _given(table: Table) -> Iterable[tuple[str, Given]]:
    """The cells of a table as the primary rules read them."""
    for row in table.cells.to_dict("records"):
        found = Given(
            **{
                name: float(row[name])
                for name in ("value", "n", "dof", "top1", "top2", "low", "high", "deff")
            },
            unit=str(row["unit"]),
            personal=table.sensitivity == "personal",
            sensitive=_tells(table, row),
            method=str(row["method"]),
            status=str(row["status"]),
            total=_whole_programme(table, row),
        )
        yield str(row["id"]), found


def _whole_programme(table: Table, row: Mapping[Any, Any]) -> bool:
    """Whether a cell counts persons or cases without a breakdown: at each total, what its table counts."""
    counts = row["measure"] == table.cells["measure"].iat[0] and row["unit"] in ("person", "case")
    return bool(counts) and all(dim.total and row[dim.key] == dim.total for dim in table.dims)


def _tells(table: Table, row: Mapping[Any, Any]) -> bool:
    """Whether a cell is of a sensitive measure, breakdown, or level of one (`dimension.level`)."""
    levels = [f"{dim.key}.{row[dim.key]}" for dim in table.dims]
    return not {row["measure"], *(dim.key for dim in table.dims), *levels}.isdisjoint(table.sensitive)


def _decided(cell: Cell, found: Decision | None) -> Cell:
    """A cell as it may be shown; None is a public cell that follows from nothing personal."""
    if found is None:
        return replace(cell, decision="pass", rule="synthetic")
    status = cell.status if found.decision == "pass" else found.decision
    return replace(
        cell,
        value=found.value,
        status=status,
        decision=found.decision,
        rule=found.rule,
        low=found.low,
        high=found.high,
        deff=found.deff,
    )


def _safe(table: Table, decided: Mapping[str, Cell]) -> Table:
    """The table with nothing in it but what was let through: charts are drawn from this one."""
    found = [decided[each] for each in table.cells["id"]]
    shown = {
        name: [getattr(cell, name) for cell in found] for name in ("value", "status", "low", "high", "deff")
    }
    return replace(table, cells=table.cells.assign(**shown, **dict.fromkeys(_CONTRIBUTORS, math.nan)))


def _contributors(table: Table) -> list[Fault]:
    """Counts of contributors, bounds and the like belong to registers: no public fact gives them."""
    filled = table.cells[table.cells[[*_CONTRIBUTORS, "low", "high", "deff"]].notna().any(axis=1)]
    return [_fault(cell, "contributor counts in a published table", "") for cell in filled["id"]]


def _statements(results: list[Result]) -> dict[str, Statement]:
    made: dict[str, Statement] = {}
    for result in results:
        if isinstance(result, Statement) and result.key != "cite":
            made[result.id] = result
            made |= {item.id: item for item in result.items}
    return made
