"""One edition of an area-year: its safe results and parameters, as one language shows them."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from markupsafe import Markup, escape

from equity_lib.disclosure.gate import Cell, SafeResults, gate
from equity_lib.disclosure.rules import COUNTED, NO_LEDGER, rules_of
from equity_lib.errors import DisclosureRefused, Fault, ReportFailed
from equity_lib.programme.designs import load_designs
from equity_lib.programme.grid import OUTLINES
from equity_lib.programme.limits import LIMITS
from equity_lib.programme.loading import known_years, load_year
from equity_lib.programme.parameters import Disclosure, FundReport, YearParameters
from equity_lib.relations import Relation
from equity_lib.report.executed import parameters_of, read_notebook, results_of
from equity_lib.report.languages import SHOWN_DECIMALS, Words
from equity_lib.report.records import Record, records
from equity_lib.results import DECIMALS, Chart, Name, Statement, Table

#: Marks and roundings in the order in which notes explain them.
MARKS = (
    "rounded",
    "programme_total",
    "follows",
    "coarse",
    "zero",
    "suppressed",
    "missing",
    "not_applicable",
    "not_estimable",
    "not_stated",
)
EXACT = 1e-9  # floating-point noise of a multiple of a decimal step


@dataclass(frozen=True)
class AreaYear:
    """Everything that the pages of one area-year are made from; the same for both languages.

    Attributes
    ----------
    given, years
        Its parameters, and those of all years of the area that have a file, ascending.
    safe
        What the gate let through, of all its notebooks together.
    titles
        Name of each published notebook → its title, as stored in the notebook.
    withheld
        Names of notebooks whose report failed.
    outlines
        Where the office may have put a map of its districts.
    """

    given: YearParameters
    years: tuple[YearParameters, ...]
    safe: SafeResults
    titles: Mapping[str, Mapping[str, str]]
    withheld: tuple[str, ...] = ()
    outlines: Path | None = None


@dataclass(frozen=True)
class Research:
    """What a report of no office has in place of a year's parameters (see `report.validation`)."""

    fund_report: FundReport = FundReport(sections=[], digits="arabic")  # noqa: RUF009, frozen
    disclosure: Disclosure = Disclosure(threshold=LIMITS["threshold"].default, base=LIMITS["base"].default)  # noqa: RUF009
    province: str = ""


@dataclass(frozen=True)
class Paper:
    """Everything that the page of a report of no office is made from; read like an `AreaYear`."""

    given: Research
    safe: SafeResults
    titles: Mapping[str, Mapping[str, str]]
    years: tuple[YearParameters, ...] = ()
    outlines: Path | None = None


def area_year(
    root: Path, area: str, program_year: int, executed: Mapping[str, Path], withheld: tuple[str, ...] = ()
) -> AreaYear:
    """Gate the results of all executed notebooks of an area-year together.

    Raises
    ------
    DisclosureRefused
        If anything can't be shown to be safe, or a notebook was run for another area or year.
    """
    given = load_year(root, area, program_year)
    years = tuple(load_year(root, area, year) for year in known_years(root, area))
    earlier = [year for year in years if year.program_year < program_year]
    notebooks = {name: read_notebook(path) for name, path in sorted(executed.items())}
    found = [result for name, nb in notebooks.items() for _, result in results_of(nb, name)]
    for result in found:
        run = result.provenance.parameters
        if (run.get("area"), run.get("program_year")) != (area, program_year):
            fault = Fault(
                result.provenance.notebook,
                0,
                "area, program_year",
                "a run of another area-year",
                f"{area}/{program_year}",
            )
            raise DisclosureRefused("Results of two area-years are never mixed.", [fault])
    safe = gate(found, rules_of(given, earlier), NO_LEDGER)
    questions = {each.key: each.question for each in load_designs(root, area).designs}
    titles = {name: _title(nb, questions) for name, nb in notebooks.items()}
    return AreaYear(given, years, safe, titles, withheld, root / "params" / area / OUTLINES)


def _title(nb: Any, questions: Mapping[str, Name]) -> dict[str, str]:
    """A notebook's title; one that runs once a design is called by the question that it answers."""
    question = questions.get(str(parameters_of(nb).get("design", "")))
    if nb.metadata["equity"].get("per") == "design" and question is not None:
        return {"th": question.th, "en": question.en}
    return dict(nb.metadata["equity"]["title"])


class Results(Protocol):
    """Results by id, as `SafeResults` holds them."""

    @property
    def tables(self) -> Mapping[str, Table]: ...

    @property
    def charts(self) -> Mapping[str, Chart]: ...

    @property
    def statements(self) -> Mapping[str, Statement]: ...

    @property
    def cells(self) -> Mapping[str, Cell]: ...

    @property
    def relations(self) -> Mapping[str, Relation]: ...


class Source(Protocol):
    """What an edition reads: an `AreaYear` or a `Paper` for a page, ungated results only in the lab."""

    @property
    def given(self) -> YearParameters | Research: ...

    @property
    def years(self) -> tuple[YearParameters, ...]: ...

    @property
    def safe(self) -> Results: ...

    @property
    def outlines(self) -> Path | None: ...


@dataclass
class Edition:
    """An area-year in one language, remembering which numbers a page has shown.

    Attributes
    ----------
    shown
        Ids of cells in the order a page first shows them: its notes on the numbers.
    defined
        Ids of the tables it shows: its definitions.
    cited
        Keys of the needs and ids of the tables that citations have shown: each stands once on a page.
    """

    data: Source
    words: Words
    shown: dict[str, None] = field(default_factory=dict)
    defined: dict[str, None] = field(default_factory=dict)
    cited: dict[str, None] = field(default_factory=dict)
    _rows: dict[str, dict[str, Record]] = field(default_factory=dict, repr=False)

    def published(self, result_id: str) -> bool:
        """Whether a notebook of this area-year publishes a result, or a cell, of this id."""
        safe = self.data.safe
        return any(result_id in each for each in (safe.cells, safe.tables, safe.charts, safe.statements))

    def need(self, result_id: str) -> Statement | None:
        """What its notebook says a result takes that it could not make: of itself, else of its family."""
        said = {key: each for key, each in self.data.safe.statements.items() if key.startswith("needs.")}
        parts = result_id.split(".")
        for at in range(len(parts), 0, -1):
            key = ".".join(("needs", *parts[:at]))
            if key in said:
                return said[key]
        return next((each for key, each in said.items() if key.startswith(f"needs.{parts[0]}.")), None)

    def told(self, statement: Statement) -> bool:
        """Whether every number of a sentence is published and may be shown."""
        cells = self.data.safe.cells
        return all(ref in cells and not math.isnan(cells[ref].value) for ref in statement.refs.values())

    def cell(self, cell_id: str) -> Cell:
        """A safe cell; an id that nobody publishes is refused, so no page invents a number."""
        if cell_id not in self.data.safe.cells:
            allowed = "ids that this area-year publishes"
            raise ReportFailed(
                "A reference leads nowhere.", [Fault("", 0, cell_id, "no such result", allowed)]
            )
        return self.data.safe.cells[cell_id]

    def number(self, cell_id: str, spec: str = "", link: bool = True) -> Markup:
        """A number in running text: with its unit (`spec` n: without; low, high: bounds), to its note."""
        if ":" in cell_id:
            return Markup("")
        cell = self.cell(cell_id)
        text = self._spoken(cell, spec)
        noted = cell.rule != "research"  # the row of its table names the paper
        if noted:
            self.shown.setdefault(cell_id)
        if not (link and noted):
            return Markup('<span data-result="{}">{}</span>').format(cell_id, text)
        return Markup('<a class="number" href="#{}" data-result="{}">{}</a>').format(
            anchor(cell_id), cell_id, text
        )

    def in_table(self, cell: Cell, with_unit: bool = False) -> str:
        """A cell's figure as a table shows it: a count of nobody has a mark of its own."""
        if cell.value == 0 and cell.unit in COUNTED:
            return self.words.mark("zero")
        if cell.unit == "verdict":
            return self.words.text(f"verdict.{cell.value:.0f}")
        return self.written(cell, with_unit)

    def noted(self, cell: Cell) -> str:
        """A cell's figure as a note shows it: with its unit, or with the mark that tables have for it."""
        return self.in_table(cell) if cell.value == 0 and cell.unit in COUNTED else self.written(cell)

    def written(self, cell: Cell, with_unit: bool = True) -> str:
        """A cell's value or mark; one that was rounded coarsely has no more decimals than it means."""
        write = self.words.number if with_unit else self.words.figure
        return write(cell.value, cell.unit, cell.status, decimals=_meant(cell))

    def interval(self, cell: Cell) -> str:
        """A cell's interval without its unit, such as 36.9–54.8; empty if it has none."""
        if math.isnan(cell.low) or math.isnan(cell.high) or math.isnan(cell.value):
            return ""
        places = _meant(cell) if cell.rule == "coarse" else SHOWN_DECIMALS.get(cell.unit)
        low, high = (self.words.figure(bound, cell.unit, decimals=places) for bound in (cell.low, cell.high))
        if cell.low >= 0:
            return f"{low}\u2013{high}"
        return self.words.text("page.interval_range", low=low, high=high).replace(" ", "\u00a0")

    def notes_on(self, cells: Iterable[Cell]) -> list[str]:
        """What a table or chart of these cells must explain: its intervals, roundings and marks."""
        words, cells = self.words, list(cells)
        methods = sorted({cell.method for cell in cells if self.interval(cell)})
        known = [words.find(f"interval.{method}") or words.text("interval.other") for method in methods]
        notes = list(dict.fromkeys(known))
        most = max((cell.deff for cell in cells if self.interval(cell) and cell.deff > 1), default=1.0)
        if most > 1:
            notes.append(
                words.text("interval.clustered", most=words.figure(most, "times", decimals=int(most < 10)))
            )
        if any(cell.method == "full_count" for cell in cells):
            notes.append(words.text("interval.full_count"))
        marks = {cell.status for cell in cells if math.isnan(cell.value)}
        marks |= {"zero" for cell in cells if cell.value == 0 and cell.unit in COUNTED}
        marks |= {cell.rule for cell in cells if cell.status in ("rounded", "exact")}
        base = words.digits(str(self.data.given.disclosure.base))
        exact = dict.fromkeys(self.written(cell, False) for cell in cells if cell.status == "exact")
        told = {"base": base, "totals": ", ".join(exact)}
        return notes + [words.text(f"mark_note.{mark}", **told) for mark in MARKS if mark in marks]

    def sentence(self, statement: Statement, link: bool = True) -> Markup:
        """A statement as HTML."""
        return self.words.sentence(statement, lambda cell_id, spec: self.number(cell_id, spec, link))

    def plain(self, statement: Statement) -> str:
        """A statement as text, for titles and screen readers."""
        return self.words.sentence(statement, self._text).striptags()

    def _text(self, cell_id: str, spec: str) -> Markup:
        return escape(self._spoken(self.cell(cell_id), spec))

    def _spoken(self, cell: Cell, spec: str) -> str:
        """A number as a sentence says it: with its unit, without (`n`), or a bound of its interval."""
        if spec in ("low", "high"):
            places = _meant(cell) if cell.rule == "coarse" else SHOWN_DECIMALS.get(cell.unit)
            return self.words.figure(getattr(cell, spec), cell.unit, cell.status, decimals=places)
        return self.written(cell, with_unit=spec != "n")

    def label(self, cell_id: str) -> str:
        """What a number is called: its level and, if it isn't the table's leading measure, the measure."""
        cell = self.cell(cell_id)
        own = self.words.find(f"figure.{cell_id}")
        if own:
            return own
        table = self.data.safe.tables[cell.table]
        row = self._row(table, cell_id)
        levels = [self.words.level(dim, row[dim.key]) for dim in table.dims]
        lead = records(table)[0]["measure"]
        measure = [] if cell.measure == lead and levels else [self.words.text(f"measure.{cell.measure}")]
        return " · ".join([*levels, *measure])

    def _row(self, table: Table, cell_id: str) -> Record:
        """A cell's record; looked up once a table, not by a search for each label."""
        if table.id not in self._rows:
            self._rows[table.id] = {each["id"]: each for each in reversed(records(table))}
        return self._rows[table.id][cell_id]

    def counted(self, cell_id: str) -> bool:
        """Whether a number is a count of the register: its own count rounded, no sum of rounded ones."""
        safe, cell = self.data.safe, self.cell(cell_id)
        tables = [cell.table, *(self.cell(term).table for term in self._terms(cell_id))]
        return cell.unit in COUNTED and all(safe.tables[each].sensitivity == "personal" for each in tables)

    def _beside(self, cell_id: str, term: str) -> bool:
        """Whether a term stands in the row of the number: then a formula needs no more than its measure."""
        cell, other = self.cell(cell_id), self.cell(term)
        if cell.table != other.table or cell.measure == other.measure:
            return False
        table = self.data.safe.tables[cell.table]
        here, there = (self._row(table, each) for each in (cell_id, term))
        return bool(table.dims) and all(here[dim.key] == there[dim.key] for dim in table.dims)

    def _terms(self, cell_id: str) -> tuple[str, ...]:
        relation = self.data.safe.relations.get(cell_id)
        return relation.terms if relation else ()

    def formula(self, cell_id: str) -> str:
        """Where a number comes from, in words: a passage, or an identity between labelled numbers."""
        cell = self.cell(cell_id)
        if cell.fact:
            return self.words.text("formula.passage", fact=cell.fact.split(":")[1])
        relation = self.data.safe.relations.get(cell_id)
        if cell.status == "not_stated":
            return self.words.text("formula.not_stated")
        if relation is None or self.counted(cell_id):
            if self.data.safe.tables[cell.table].sensitivity != "personal":
                return self.words.text("formula.parameters")
            return self.words.text("formula.counted" if cell.unit in COUNTED else "formula.estimated")
        alone = all(self._beside(cell_id, term) for term in relation.terms)
        terms = [
            self.words.text(f"measure.{self.cell(term).measure}") if alone else self.label(term)
            for term in relation.terms
        ]
        if relation.kind == "sum":
            signs = relation.signs or (1,) * len(terms)
            joined = "".join(
                f" {'+' if sign > 0 else '−'} {term}" for sign, term in zip(signs, terms, strict=True) if sign
            )
            return joined.removeprefix(" + ")
        key, amount = str(relation.kind), f"{relation.scale:,.15g}"
        if relation.kind == "ratio" and relation.scale != 1:
            key = "percent" if relation.scale == 100 else "spread"
        return self.words.text(f"formula.{key}", first=terms[0], second=terms[1], amount=amount)

    def facts(self, cell_ids: Iterable[str] | None = None) -> list[str]:
        """References of the facts behind cells, directly or through relations, in order of their ids."""
        found: set[str] = set()
        seen: set[str] = set()
        todo = list(self.shown if cell_ids is None else cell_ids)
        while todo:
            cell_id = todo.pop()
            if cell_id in seen or ":" in cell_id:
                found |= {cell_id} if ":" in cell_id else set()
                continue
            seen.add(cell_id)
            cell = self.cell(cell_id)
            found |= {cell.fact} if cell.fact else set()
            relation = self.data.safe.relations.get(cell_id)
            todo += relation.terms if relation and not cell.fact else ()
        return sorted(found)

    def passage(self, fact_ref: str) -> tuple[str, str, str]:
        """A fact's passage, its source's title, and the source's date, as this language writes them."""
        year, name = fact_ref.split(":")
        given = next(each for each in self.data.years if str(each.program_year) == year)
        fact = given.facts[name]
        source = given.sources[fact.source]
        return fact.passage, self.words.name(source.title), self.words.date(source.as_of)


def _meant(cell: Cell) -> int | None:
    """Decimals of a coarsely rounded cell and its interval; None for what is printed as declared."""
    if cell.rule != "coarse":
        return None
    shown = [each for each in (cell.value, cell.low, cell.high) if not math.isnan(each)]
    places = range(DECIMALS[cell.unit] + 1)
    return next(
        (at for at in places if all(abs(each - round(each, at)) < EXACT for each in shown)), places[-1]
    )


def anchor(cell_id: str) -> str:
    """Id of the note on a number, the one place where it is explained on a page."""
    return f"n-{cell_id.replace('.', '-')}"
