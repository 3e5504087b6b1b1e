"""Where a number comes from: found in the executed notebooks, and computed again from what is listed."""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from equity_lib.disclosure.gate import gate
from equity_lib.disclosure.rules import NO_LEDGER, numbers_in, rules_of
from equity_lib.errors import Fault, WrongParameters
from equity_lib.indicators.quality import VIEWS, quality
from equity_lib.indicators.reconciliation import reconciliation
from equity_lib.programme.reading import Document, read_yaml
from equity_lib.registry.year import open_year
from equity_lib.report.edition import AreaYear, Edition, area_year
from equity_lib.report.exporter import PLAN
from equity_lib.report.languages import LANGUAGES, Words
from equity_lib.results import DECIMALS, Table


@dataclass(frozen=True)
class Origin:
    """One input behind a number: a value of a parameter file and the passage that states it."""

    fact: str
    where: str
    value: float
    passage: str
    source: str


@dataclass(frozen=True)
class Explanation:
    """Everything that gives a number, and the number computed again from it.

    Attributes
    ----------
    id, labels, definition, value, unit, status
        What the number is; labels by language, the definition as a link into METHODS.md.
    steps
        The identities from the inputs to the number, last one first, with the values put in.
    origins
        The inputs: line of the parameter file, passage and source.
    notebook, cell, parameters, library
        What displayed it.
    decision
        The gate's decision and its rule.
    recomputed
        The value from `origins` and the identities alone; NaN where the source doesn't say.
    """

    id: str
    labels: Mapping[str, str]
    definition: str
    value: float
    unit: str
    status: str
    steps: tuple[str, ...]
    origins: tuple[Origin, ...]
    notebook: str
    cell: str
    parameters: Mapping[str, Any]
    library: str
    decision: str
    recomputed: float

    @property
    def agrees(self) -> bool:
        """Whether computing again gave the published value."""
        return self.value == self.recomputed or (math.isnan(self.value) and math.isnan(self.recomputed))


def explain(data: AreaYear, root: Path, result_id: str) -> Explanation:
    """Explain one number of an area-year.

    Parameters
    ----------
    data
        The area-year, gated (see `area_year`).
    root
        The folder that holds `params/`.
    result_id
        A cell id as on the pages, such as `money.residual`.

    Raises
    ------
    WrongParameters
        If no page of the area-year shows such a number.
    """
    safe = data.safe
    if result_id not in safe.cells:
        where = f"{data.given.area}/{data.given.program_year}"
        action = f"`equity explain {where} --list` prints them all."
        raise WrongParameters(
            "Nothing to explain.", [Fault("", 0, result_id, "no such number", f"ids of {where}", action)]
        )
    cell = safe.cells[result_id]
    table = safe.tables[cell.table]
    origins: dict[str, Origin] = {}
    steps: list[str] = []
    value = _again(result_id, data, _documents(data, root), origins, steps)
    run = table.provenance
    return Explanation(
        id=cell.id,
        labels={language: Edition(data, Words(language)).label(cell.id) for language in LANGUAGES},
        definition=f"METHODS.md#{cell.table.replace('.', '-')}",
        value=cell.value,
        unit=cell.unit,
        status=cell.status,
        steps=tuple(steps),
        origins=tuple(origins.values()),
        notebook=f"notebooks/{run.notebook}.ipynb",
        cell=run.cell,
        parameters=run.parameters,
        library=run.library,
        decision=f"{cell.decision}: {cell.reason or cell.rule}",
        recomputed=value,
    )


def last_run(root: Path, area: str, program_year: int) -> AreaYear:
    """The area-year as it was last executed and published, gated again.

    Raises
    ------
    WrongParameters
        If it has not been run.
    """
    folder = root / "outputs" / ".runs" / area / str(program_year)
    try:
        plan = json.loads((folder / PLAN).read_bytes())
    except (OSError, ValueError):
        fault = Fault(
            f"{area}/{program_year}", 0, "", "no run", "an area-year that was run", "Run `equity run` first."
        )
        raise WrongParameters("There is nothing to explain yet.", [fault]) from None
    executed = {name: folder / f"{name}.ipynb" for name in plan["executed"]}
    return area_year(root, area, program_year, executed, tuple(plan["withheld"]))


def listed(data: AreaYear) -> list[str]:
    """One line a number: id, value, and what it is called in English."""
    edition = Edition(data, Words("en"))
    width = max(len(each) for each in data.safe.cells)
    return [
        f"{each:<{width}}  {edition.words.number(cell.value, cell.unit, cell.status)}  {edition.label(each)}"
        for each, cell in sorted(data.safe.cells.items())
    ]


def _documents(data: AreaYear, root: Path) -> dict[str, Document]:
    names = {str(each.program_year): f"params/{each.area}/{each.program_year}.yaml" for each in data.years}
    return {year: read_yaml(root / name, name) for year, name in names.items()}


def _again(
    cell_id: str,
    data: AreaYear,
    documents: Mapping[str, Document],
    origins: dict[str, Origin],
    steps: list[str],
) -> float:
    """The value of a cell, from parameter files and relations only: the stored value is not looked at."""
    cell = data.safe.cells[cell_id]
    if cell.fact:
        origin = _origin(cell.id, cell.fact, data, documents[cell.fact.split(":")[0]], cell.value)
        origins[f"{cell.fact} {origin.where}"] = origin
        return origin.value
    relation = data.safe.relations.get(cell_id)
    if cell.status == "not_stated":
        return math.nan
    if relation is None or data.safe.tables[cell.table].sensitivity == "personal":
        origin = _unsourced(cell_id, data, documents)
        origins[cell_id] = origin
        return origin.value
    at = len(steps)
    terms = {term: _again(term, data, documents, origins, steps) for term in relation.terms}
    value = round(relation.evaluate(terms), DECIMALS[cell.unit])
    signs = relation.signs or (1,) * len(terms)
    if relation.kind == "sum":
        pieces = [
            f"{'+' if sign > 0 else '-'} {term} ({terms[term]:,.10g})"
            for sign, term in zip(signs, terms, strict=True)
        ]
        formula = " ".join(pieces).removeprefix("+ ")
    else:
        operator = " × " if relation.kind == "product" else " ÷ "
        formula = operator.join(f"{term} ({terms[term]:,.10g})" for term in relation.terms)
        formula = f"{relation.scale:g} × {formula}" if relation.scale != 1 else formula
    steps.insert(at, f"{cell_id} = {formula} = {value:,.10g}")
    return value


def _origin(cell_id: str, fact_ref: str, data: AreaYear, document: Document, wanted: float) -> Origin:
    """The line of the parameter file that holds a stated value beside the fact that states it."""
    year, fact = fact_ref.split(":")
    given = next(each for each in data.years if str(each.program_year) == year)
    passage = given.facts[fact].passage
    source = given.sources[given.facts[fact].source].title.en
    for key, value in _beside(document.data, fact, ()):
        if value == wanted and wanted in numbers_in(passage):
            dotted = ".".join(map(str, key))
            return Origin(
                fact_ref, f"{document.name}:{document.line(key)} {dotted}", float(value), passage, source
            )
    raise WrongParameters(
        "A number can't be traced.",
        [
            Fault(
                document.name,
                0,
                cell_id,
                f"no value beside {fact}",
                "a value that the passage states",
                "Run `equity run`.",
            )
        ],
    )


def _unsourced(cell_id: str, data: AreaYear, documents: Mapping[str, Document]) -> Origin:
    """A number of an area with data of its own: from its parameters, or counted again in its register."""
    given, cell = data.given, data.safe.cells[cell_id]
    if data.safe.tables[cell.table].sensitivity == "personal":
        value, imports = _counted_again(given.area, given.program_year, cell_id)
        return Origin("", f"register, imports {', '.join(imports)}", value, "", "rows of the register")
    document = documents[str(given.program_year)]
    for key, value in _numbers(document.data, ()):
        if value == cell.value:
            dotted = ".".join(map(str, key))
            return Origin(
                "", f"{document.name}:{document.line(key)} {dotted}", float(value), "", "parameter file"
            )
    return Origin("", document.name, math.nan, "", "parameter file")


def _counted_again(area: str, program_year: int, cell_id: str) -> tuple[float, tuple[str, ...]]:
    """A register's number from its rows as they are now, under the same rules of disclosure."""
    year = open_year(area, program_year)
    if year.register is None:
        return math.nan, ()
    views = [quality(year, of) for of in VIEWS]
    tables = [table for table in (reconciliation(year), *views) if isinstance(table, Table)]
    safe = gate(tables, rules_of(year.parameters, year.earlier), NO_LEDGER)
    found = safe.cells.get(cell_id)
    return (found.value if found else math.nan), year.register.import_ids


def _beside(value: Any, fact: str, key: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Numbers that stand in the same mapping as `fact: …`, or below it."""
    if isinstance(value, dict):
        if value.get("fact") == fact:
            yield from _numbers(value, key)
        for name, inner in value.items():
            yield from _beside(inner, fact, (*key, name))
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from _beside(inner, fact, (*key, i))


def _numbers(value: Any, key: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in items:
        if isinstance(inner, int | float) and not isinstance(inner, bool):
            yield (*key, name), inner
        else:
            yield from _numbers(inner, (*key, name))


def written(found: Explanation) -> str:
    """An explanation for the terminal."""
    shown = "not stated" if math.isnan(found.value) else f"{found.value:,.10g} {found.unit}"
    lines = [
        f"{found.id}: {shown} ({found.status})",
        *(f"  {language}: {label}" for language, label in found.labels.items()),
        f"  defined in   {found.definition}",
        f"  shown by     {found.notebook}, cell {found.cell}, {_pairs(found.parameters)}",
        f"  library      {found.library[:12]}",
        f"  gate         {found.decision}",
    ]
    lines += ["  computed by", *(f"    {step}" for step in found.steps)] if found.steps else []
    for origin in found.origins:
        verb = "stated in " if origin.fact else "taken from"
        lines += [f"  {verb:<12} {origin.where} = {origin.value:,.10g}"]
        lines += [f"    {origin.fact} “{origin.passage}”"] if origin.passage else []
        lines += [f"    {origin.source}"]
    again = "not stated" if math.isnan(found.recomputed) else f"{found.recomputed:,.10g}"
    lines.append(f"  computed again: {again}: {'agrees' if found.agrees else 'DIFFERS'}")
    return "\n".join(lines)


def _pairs(parameters: Mapping[str, Any]) -> str:
    return " ".join(f"{name}={value}" for name, value in sorted(parameters.items()))
