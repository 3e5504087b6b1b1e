"""Partners and contributions: who signed, who came, and gifts that are never programme money."""

from typing import Any

from equity_lib.registry.year import Year
from equity_lib.results import Dimension, Table, cells


def partners(year: Year) -> Table:
    """Agencies of the memorandum and people at the year's event, as loosely as they were counted.

    Parameters
    ----------
    year
        An opened programme year.

    Returns
    -------
    Table
        `partners`: `agencies` and `participants` (a lower bound: `low` is set, `high` isn't).
    """
    given = year.parameters
    agencies, people = given.partners, given.participants
    rows: list[dict[str, Any]] = [
        {
            "who": "agencies",
            "measure": "count",
            "unit": "agency",
            "value": agencies.agencies if agencies else None,
            "fact": given.fact_ref(agencies.fact) if agencies else "",
        },
        {
            "who": "participants",
            "measure": "count",
            "unit": "person",
            "value": people.at_least if people else None,
            "method": "at_least" if people else "",
            "fact": given.fact_ref(people.fact) if people else "",
        },
    ]
    fact = (agencies and agencies.fact) or (people and people.fact) or None
    return Table(
        id="partners",
        dims=(Dimension("who", ("agencies", "participants")),),
        cells=cells("partners", ["who"], rows),
        population="network",
        as_of=given.as_of(fact),
        source=given.source,
    )


def contributions(year: Year) -> Table:
    """Gifts and funds of third parties; no programme total ever includes them.

    Parameters
    ----------
    year
        An opened programme year.

    Returns
    -------
    Table
        `contributions`, by contribution: stated value in baht and number of items. With none on
        record, one level `none_recorded` whose value is not stated.
    """
    given = year.parameters
    rows: list[dict[str, Any]] = []
    for gift in given.contributions:
        fact = given.fact_ref(gift.fact)
        for measure, unit, value in (("baht", "baht", gift.amount), ("items", "item", gift.items)):
            rows.append(
                {
                    "gift": gift.key,
                    "measure": measure,
                    "unit": unit,
                    "value": value,
                    "method": gift.kind,
                    "fact": fact if value is not None else "",
                }
            )
    if not rows:
        rows = [{"gift": "none_recorded", "measure": "baht", "unit": "baht", "value": None}]
    levels = tuple(dict.fromkeys(row["gift"] for row in rows))
    return Table(
        id="contributions",
        dims=(Dimension("gift", levels, {gift.key: gift.name for gift in given.contributions}),),
        cells=cells("contributions", ["gift"], rows),
        population="contributions",
        as_of=given.as_of(given.contributions[0].fact) if given.contributions else "not_stated",
        source=given.source,
    )
