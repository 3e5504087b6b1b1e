"""Persons: fewest and most that can stand behind the cases, where nobody counted persons."""

from typing import Any

from equity_lib.registry.year import Year
from equity_lib.relations import Relation
from equity_lib.results import Dimension, Table, cells


def persons(year: Year) -> Table:
    """Fewest and most distinct persons behind the cases, if each case is one person in its stream.

    The fewest is the largest stream (all others inside it), the most is the sum of the streams (no
    overlap). Where nobody says that a case is a person, the condition must be printed with it.

    Returns
    -------
    Table
        `persons`, by bound `fewest` and `most`: persons.
    """
    given = year.parameters
    counted = [stream for stream in given.streams or [] if stream.cases is not None]
    known = bool(counted) and len(counted) == len(given.streams or [])
    largest = max(counted, key=lambda stream: stream.cases or 0) if known else None
    rows: list[dict[str, Any]] = [
        {
            "bound": "fewest",
            "measure": "persons",
            "unit": "person",
            "value": largest.cases if largest else None,
        },
        {
            "bound": "most",
            "measure": "persons",
            "unit": "person",
            "value": sum(stream.cases or 0 for stream in counted) if known else None,
        },
    ]
    relations = (
        (
            Relation("sum", "persons.fewest", (f"assistance.{largest.key}",)),
            Relation("sum", "persons.most", ("assistance.total",)),
        )
        if largest
        else ()
    )
    return Table(
        id="persons",
        dims=(Dimension("bound", ("fewest", "most")),),
        cells=cells("persons", ["bound"], rows),
        relations=relations,
        population="persons_if_case_is_person",
        as_of=given.as_of(counted[0].fact) if counted else "not_stated",
        source=given.source,
    )
