"""The three kinds of result: Table, Chart and Statement. Pure data: keys and values, no words.

A notebook cell that displays a result publishes it; nothing else reaches a page. Titles, labels
and sentences stand in the catalogues of `equity_lib.report`, drawing is done there too.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import pandas as pd

from equity_lib.errors import WrongParameters
from equity_lib.relations import Relation

MIME = "application/vnd.equity.result+json"
SCHEMA_VERSION = 1

#: Decimals a value of each unit is stored with; rounding happens once, before it is stored.
DECIMALS = {
    "baht": 2,
    "case": 0,
    "person": 0,
    "agency": 0,
    "row": 0,
    "item": 0,
    "day": 0,
    "percent": 2,
    "point": 2,
    "score": 2,
    "times": 4,
    "index": 4,
    "verdict": 0,
    # as many decimals as a paper prints
    **{f"digits{places}": places for places in range(9)},
}

MEASURES = (
    "value",
    "unit",
    "numerator",
    "denominator",
    "n",
    "dof",
    "missing",
    "top1",
    "top2",
    "low",
    "high",
    "deff",
    "method",
    "status",
    "fact",
)
_TEXT = ("unit", "method", "status", "fact")


@dataclass(frozen=True)
class Name:
    """A name from an office's parameters, in both languages."""

    th: str
    en: str


@dataclass(frozen=True)
class Dimension:
    """An ordered breakdown; `names` holds the levels that the catalogue doesn't know."""

    key: str
    levels: tuple[str, ...]
    names: Mapping[str, Name] = field(default_factory=dict)
    parent: str | None = None
    total: str | None = None


@dataclass(frozen=True)
class Provenance:
    """Which run made a result; filled in when the executed notebook is read."""

    notebook: str = ""
    cell: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    library: str = ""
    import_id: str = ""


@dataclass(frozen=True)
class Statement:
    """A sentence by catalogue key and cell references: a finding, claim, caveat, need, or a list.

    Parameters
    ----------
    key
        Key of the sentence in the catalogues; also what `cite` and `explain` call it by.
    refs
        Placeholder in the sentence → cell id, filled in at export from safe cells.
    names
        Placeholder → name from the office's parameters.
    severity
        For findings: `error` stands in the fund report's headline box and can't be switched off.
    grade
        For claims: how strong the evidence is (`described` is the lowest).
    items
        The sentences of a list, in order.
    called
        What it is cited by, if several statements of an area-year have its key.
    """

    key: str
    refs: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, Name] = field(default_factory=dict)
    severity: Literal["", "error", "warning", "note"] = ""
    grade: Literal["", "described", "associated", "quasi-experimental", "experimental"] = ""
    items: tuple["Statement", ...] = ()
    called: str = ""
    provenance: Provenance = field(default_factory=Provenance)

    @property
    def id(self) -> str:
        """What the statement is cited by."""
        return self.called or self.key

    def chart(self, name: str) -> "Statement":  # noqa: ARG002 - asked like a table
        """Itself: what says why a table can't be made says so of the table's drawing `name` as well."""
        return self

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        return bundle(self)


@dataclass(frozen=True)
class Chart:
    """A description of a drawing; drawn at export, once a language, from safe cells only.

    Parameters
    ----------
    kind
        Name of the drawing in `equity_lib.report.charts`.
    encodings
        Channel (`x`, `y`, `colour`, `levels`, …) → measure, dimension or comma-separated levels.
    title
        The finding, as a statement with references to cells.
    """

    id: str
    kind: str
    table_id: str
    encodings: Mapping[str, str]
    title: Statement
    provenance: Provenance = field(default_factory=Provenance)

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        return bundle(self)


@dataclass(frozen=True, eq=False)
class Table:
    """Cells in long form with the identities between them.

    Parameters
    ----------
    dims
        Breakdowns in order; none means one number a measure.
    cells
        One row a cell: `id`, one column a dimension, `measure` and the columns of `MEASURES`. `deff` is
        the design effect that its interval allows for (`equity_lib.indicators.clustering`).
        `fact` names the published fact that states the value (empty if it is computed).
    relations
        Identities between cell ids, of this table or of another one of the same area-year.
    population, as_of, source
        Whom the cells count, on what date (ISO or `not_stated`), and what they come from:
        `published`, `register`, `synthetic`, or `research`: data that authors of papers made public.
    sensitivity
        `public` or `personal`: personal tables are subject to disclosure control.
    sensitive
        Measures, dimensions or levels (`dimension.level`) that tell health, disability, ethnicity and
        the like: that
        nobody or everybody of a group has the attribute is then withheld as well.
    charts
        The drawings that make sense for this table, by the last part of their id.
    """

    id: str
    dims: tuple[Dimension, ...]
    cells: pd.DataFrame
    relations: tuple[Relation, ...] = ()
    population: str = ""
    as_of: str = "not_stated"
    source: Literal["published", "register", "synthetic", "research"] = "published"
    sensitivity: Literal["public", "personal"] = "public"
    sensitive: tuple[str, ...] = ()
    charts: tuple[Chart, ...] = ()
    provenance: Provenance = field(default_factory=Provenance)

    def chart(self, name: str) -> Chart:
        """The chart of this table called `name`.

        Raises
        ------
        WrongParameters
            If the table has no such chart; the message lists those it has.
        """
        for chart in self.charts:
            if chart.id == f"{self.id}.{name}":
                return chart
        allowed = ", ".join(chart.id.removeprefix(f"{self.id}.") for chart in self.charts) or "none"
        raise WrongParameters(f"`{self.id}` has no chart '{name}'; it has: {allowed}.")

    def value(self, cell: str) -> float:
        """The value of one cell by its id; NaN where it isn't stated.

        Raises
        ------
        KeyError
            If the table has no such cell.
        """
        return float(self.cells.set_index("id")["value"][cell])

    @property
    def frame(self) -> pd.DataFrame:
        """Plain pandas, one row a level and one column a measure; seen in the lab, never on a page."""
        keys = [dim.key for dim in self.dims]
        order = list(dict.fromkeys(self.cells["measure"]))
        if not keys:
            return self.cells.set_index("measure")[["value"]].T.reset_index(drop=True)[order]
        wide = self.cells.pivot(index=keys, columns="measure", values="value")[order]
        wide.columns.name = None
        if len(keys) == 1:
            return wide.reindex(list(self.dims[0].levels))
        rows = pd.MultiIndex.from_frame(self.cells[keys].drop_duplicates())
        return wide.reindex(rows)

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        return bundle(self)


Result = Table | Chart | Statement


def cell_id(table: str, measure: str, lead: str, *levels: str) -> str:
    """`table.level…` for the table's leading measure, `table.level….measure` for the others."""
    parts = [table, *levels] if measure == lead else [table, *levels, measure]
    return ".".join(parts)


def cells(table: str, dims: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """The long frame of a table from one mapping a cell.

    Each row names its levels, `measure`, `unit` and whatever else applies; the first row's measure
    leads. A value of None is `not_stated` unless the row says otherwise.
    """
    made = []
    lead = rows[0]["measure"]
    for row in rows:
        levels = [row[dim] for dim in dims]
        value = row.get("value")
        status = row.get("status") or (
            "not_stated" if value is None else "stated" if row.get("fact") else "computed"
        )
        full = {name: "" if name in _TEXT else math.nan for name in MEASURES}
        full |= {k: v for k, v in row.items() if v is not None}
        full |= {
            "id": cell_id(table, row["measure"], lead, *levels),
            "status": status,
            "value": math.nan if value is None else round(float(value), DECIMALS[row["unit"]]),
        }
        made.append(full)
    frame = pd.DataFrame(made, columns=["id", *dims, "measure", *MEASURES])
    numeric = [name for name in MEASURES if name not in _TEXT]
    return frame.astype(dict.fromkeys(numeric, float))


def bundle(result: Result) -> dict[str, Any]:
    """The MIME bundle that Jupyter stores: data only."""
    return {MIME: to_json(result)}


def to_json(result: Result) -> dict[str, Any]:
    """A result as JSON values of schema version `SCHEMA_VERSION`."""
    data: dict[str, Any] = {"schema_version": SCHEMA_VERSION, "type": type(result).__name__.lower()}
    if isinstance(result, Table):
        data |= _plain({k: getattr(result, k) for k in result.__dataclass_fields__ if k != "cells"})
        records = result.cells.astype(object).where(result.cells.notna(), None)
        data["cells"] = [dict(zip(records.columns, row, strict=True)) for row in records.to_numpy().tolist()]
    else:
        data |= _plain(vars(result))
    return data


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if hasattr(value, "__dataclass_fields__"):
        return {k: _plain(getattr(value, k)) for k in value.__dataclass_fields__}
    return value


def from_json(data: Mapping[str, Any]) -> Result:
    """The result that `to_json` wrote.

    Raises
    ------
    jsonschema.ValidationError
        If the data are not of this schema version: nothing half-understood goes further.
    """
    _validator(str(data.get("type"))).validate(data)
    body = {k: v for k, v in data.items() if k not in ("schema_version", "type")}
    body["provenance"] = Provenance(**body["provenance"])
    if data["type"] == "statement":
        return _statement(body)
    if data["type"] == "chart":
        return _chart(body)
    dims = tuple(
        Dimension(**{**dim, "levels": tuple(dim["levels"]), "names": _names(dim["names"])})
        for dim in body["dims"]
    )
    columns = ["id", *(dim.key for dim in dims), "measure", *MEASURES]
    numeric = [name for name in MEASURES if name not in _TEXT]
    body["cells"] = pd.DataFrame(body["cells"], columns=columns).astype(dict.fromkeys(numeric, float))
    body["sensitive"] = tuple(body.get("sensitive", ()))
    body["relations"] = tuple(
        Relation(**{**r, "terms": tuple(r["terms"]), "signs": tuple(r["signs"])}) for r in body["relations"]
    )
    body["charts"] = tuple(_chart({**c, "provenance": Provenance(**c["provenance"])}) for c in body["charts"])
    return Table(**{**body, "dims": dims})


def _names(data: Mapping[str, Any]) -> dict[str, Name]:
    return {k: Name(**v) for k, v in data.items()}


def _statement(body: Mapping[str, Any]) -> Statement:
    provenance = body["provenance"]
    if not isinstance(provenance, Provenance):
        provenance = Provenance(**provenance)
    items = tuple(_statement(item) for item in body["items"])
    return Statement(**{**body, "names": _names(body["names"]), "items": items, "provenance": provenance})


def _chart(body: Mapping[str, Any]) -> Chart:
    return Chart(**{**body, "title": _statement(body["title"])})


def with_provenance(result: Result, provenance: Provenance) -> Result:
    """The same result, told which run made it."""
    return replace(result, provenance=provenance)


@cache
def _validator(kind: str) -> Any:
    """The schema of a kind of result, by itself: no result is tried as each of the others first."""
    import jsonschema

    schema = json.loads(files("equity_lib").joinpath("results.schema.json").read_text("utf-8"))
    own = [each for each in schema["oneOf"] if each["properties"]["type"]["const"] == kind]
    whole = {**schema, "oneOf": own} if own else schema
    return jsonschema.Draft202012Validator(_inlined(whole, schema["$defs"]))


def _inlined(part: Any, defined: Mapping[str, Any]) -> Any:
    """A schema with its definitions in place of bare references, which take longer than what they check."""
    if isinstance(part, list):
        return [_inlined(each, defined) for each in part]
    if not isinstance(part, Mapping):
        return part
    name = str(part.get("$ref", "")).removeprefix("#/$defs/")
    if len(part) == 1 and name in defined and name != "statement":  # which holds statements
        return _inlined(defined[name], defined)
    return {key: _inlined(each, defined) for key, each in part.items()}
