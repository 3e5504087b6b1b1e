"""Progress: the same figure year on year, with its breaks in series."""

from itertools import pairwise
from typing import Any

from equity_lib.registry.year import Year
from equity_lib.relations import Relation
from equity_lib.results import Chart, Dimension, Statement, Table, cells


def grants(year: Year) -> Table:
    """The grant of this and every earlier programme year, and its ratio to the year before.

    A grant is money received, not spent. Where the secretariat changed between two years the
    series has a break: forms and definitions may have changed with it.

    Parameters
    ----------
    year
        An opened programme year.

    Returns
    -------
    Table
        `grant`, by programme year: baht, times the grant of the year before. Chart: `by_year`.
    """
    given = [*year.earlier, year.parameters]
    levels = tuple(str(each.program_year) for each in given)
    rows: list[dict[str, Any]] = [
        {
            "year": level,
            "measure": "baht",
            "unit": "baht",
            "value": each.grant.amount,
            "fact": each.fact_ref(each.grant.fact) if each.grant.amount is not None else "",
        }
        for level, each in zip(levels, given, strict=True)
    ]
    relations, breaks = [], []
    for before, after in pairwise(given):
        if before.program_year + 1 != after.program_year:
            continue
        if before.secretariat.name != after.secretariat.name:
            breaks.append(str(before.program_year))
        if before.grant.amount and after.grant.amount is not None:
            ratio = after.grant.amount / before.grant.amount
            level = str(after.program_year)
            rows.append({"year": level, "measure": "times_before", "unit": "times", "value": ratio})
            terms = (f"grant.{level}", f"grant.{before.program_year}")
            relations.append(Relation("ratio", f"grant.{level}.times_before", terms))
    return Table(
        id="grant",
        dims=(Dimension("year", levels),),
        cells=cells("grant", ["year"], rows),
        relations=tuple(relations),
        population="programme",
        as_of=year.parameters.as_of(year.parameters.grant.fact),
        source=year.parameters.source,
        charts=(_by_year(levels, breaks, bool(relations)),),
    )


def _by_year(levels: tuple[str, ...], breaks: list[str], compared: bool) -> Chart:
    last = levels[-1]
    refs = {"grant": f"grant.{last}"}
    if compared:
        refs["times"] = f"grant.{last}.times_before"
    return Chart(
        id="grant.by_year",
        kind="years",
        table_id="grant",
        encodings={"x": "year", "y": "baht", "levels": ",".join(levels), "break_after": ",".join(breaks)},
        title=Statement("chart.grant.by_year" if compared else "chart.grant.first_year", refs=refs),
    )
