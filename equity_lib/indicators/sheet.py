"""A table in the making: counts, what follows from them, and the identities between the two."""

import math
from collections.abc import Sequence
from typing import Any, Literal

from equity_lib.indicators.intervals import interval
from equity_lib.registry.year import Year
from equity_lib.relations import Relation
from equity_lib.results import Chart, Dimension, Table, cell_id, cells


class Sheet:
    """Cells and relations of one table, put down level by level.

    Parameters
    ----------
    id
        Of the table.
    dims
        Its breakdowns; a cell is put at one level of each.
    lead
        The measure whose cells have the bare id `table.level`.
    """

    def __init__(self, id: str, dims: tuple[Dimension, ...], lead: str) -> None:
        self.id = id
        self.dims = dims
        self.lead = lead
        self.rows: list[dict[str, Any]] = []
        self.relations: list[Relation] = []
        self.values: dict[str, float] = {}

    def cell(self, measure: str, *levels: str) -> str:
        """The id of a cell."""
        return cell_id(self.id, measure, self.lead, *levels)

    def put(
        self,
        measure: str,
        unit: str,
        value: float | None,
        *levels: str,
        relation: Relation | None = None,
        **more: Any,
    ) -> None:
        """One cell; `more` are further columns of `equity_lib.results.MEASURES`."""
        at = {dim.key: level for dim, level in zip(self.dims, levels, strict=True)}
        gone = value is None or math.isnan(value)
        if gone:
            more = {"status": "missing"} | more
        self.values[self.cell(measure, *levels)] = math.nan if value is None else float(value)
        self.rows.append(at | {"measure": measure, "unit": unit, "value": None if gone else value} | more)
        if relation is not None:
            self.relations.append(relation)

    def count(
        self, measure: str, value: float | None, *levels: str, unit: str = "person", **more: Any
    ) -> None:
        """A count of persons, cases or rows: what disclosure control rounds."""
        self.put(measure, unit, value, *levels, **({"n": value} | more))

    def share(
        self,
        measure: str,
        of: str,
        among: str,
        *levels: str,
        method: str = "wilson",
        missing: float | None = None,
        deff: float | None = None,
    ) -> None:
        """`of` ÷ `among` at the same levels, in per cent, with the interval of `method` and design effect."""
        relation = Relation(
            "ratio",
            self.cell(measure, *levels),
            (self.cell(of, *levels), self.cell(among, *levels)),
            scale=100,
        )
        self.follow(measure, "percent", relation, *levels, method=method, missing=missing, deff=deff)

    def follow(
        self,
        measure: str,
        unit: str,
        relation: Relation,
        *levels: str,
        method: str = "",
        missing: float | None = None,
        deff: float | None = None,
    ) -> None:
        """A cell that a relation gives, with its interval; terms are cells already put down here.

        `deff` widens the interval for clustered children (`equity_lib.indicators.clustering`); None where
        no cluster is known.
        """
        known = self.values
        value = relation.evaluate(known)
        low, high = interval(method, relation, known, math.nan if deff is None else deff)
        more: dict[str, Any] = {"low": low, "high": high, "method": method, "missing": missing, "deff": deff}
        if relation.kind == "ratio":
            more |= {"numerator": known[relation.terms[0]], "denominator": known[relation.terms[1]]}
        if math.isnan(value):
            more["status"] = "not_estimable"
        self.put(measure, unit, value, *levels, relation=relation, **more)

    def table(
        self,
        year: Year,
        *,
        population: str,
        as_of: str = "not_stated",
        sensitivity: Literal["public", "personal"] = "personal",
        charts: Sequence[Chart] = (),
    ) -> Table:
        """The table; cells put under the lead measure come first."""
        kind = year.parameters.kind
        first = [row for row in self.rows if row["measure"] == self.lead]
        rest = [row for row in self.rows if row["measure"] != self.lead]
        return Table(
            id=self.id,
            dims=self.dims,
            cells=cells(self.id, [dim.key for dim in self.dims], [*first, *rest]),
            relations=tuple(self.relations),
            population=population,
            as_of=as_of,
            source="synthetic" if kind == "synthetic" else "register",
            sensitivity=sensitivity,
            charts=tuple(charts),
        )
