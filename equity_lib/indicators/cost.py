"""Cost per output: baht divided by what the baht bought, the denominators printed."""

from typing import Any

from equity_lib.registry.year import Year
from equity_lib.relations import Relation
from equity_lib.results import Dimension, Table, cells

_BASES = {"itemised": "money.itemised", "stated_total": "money.stated_total", "grant": "money.grant"}


def cost_per_case(year: Year) -> Table:
    """Baht per case on three bases: itemised assistance, the stated total, and the whole grant.

    Only the first divides what a case was paid by the cases that were paid; the others spread money
    whose use isn't itemised over the same cases. None is a cost per outcome: outcomes aren't stated.

    Parameters
    ----------
    year
        An opened programme year.

    Returns
    -------
    Table
        `cost.per_case`, by basis: baht per case.
    """
    given = year.parameters
    streams = given.streams or []
    cases = sum(stream.cases or 0 for stream in streams)
    known = bool(streams) and all(s.cases is not None and s.rate is not None for s in streams)
    paid = [s.amount if s.amount is not None else (s.rate or 0) * (s.cases or 0) for s in streams]
    amounts = {
        "itemised": sum(paid) if known else None,
        "stated_total": given.stated_total.amount if given.stated_total else None,
        "grant": given.grant.amount,
    }
    rows: list[dict[str, Any]] = []
    relations: list[Relation] = []
    for basis, amount in amounts.items():
        value = None if amount is None or not known or not cases else amount / cases
        rows.append({"basis": basis, "measure": "baht_per_case", "unit": "baht", "value": value})
        if value is not None:
            terms = (_BASES[basis], "assistance.total")
            relations.append(Relation("ratio", f"cost.per_case.{basis}", terms))
    return Table(
        id="cost.per_case",
        dims=(Dimension("basis", tuple(amounts)),),
        cells=cells("cost.per_case", ["basis"], rows),
        relations=tuple(relations),
        population="cases",
        as_of=given.as_of(streams[0].fact) if streams else "not_stated",
        source=given.source,
    )
