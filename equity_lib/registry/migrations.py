"""Named steps from an older schema version to today's; a snapshot keeps the version it was written with."""

from collections.abc import Callable

import pyarrow as pa

from equity_lib.errors import EnvironmentProblem
from equity_lib.registry.schema import load

#: A step takes a table's name and rows as they were and gives them as they are since.
Step = Callable[[str, pa.Table], pa.Table]


def _first(_: str, rows: pa.Table) -> pa.Table:
    """The first version: there was nothing before it."""
    return rows


STEPS: dict[str, Step] = {"0001_first": _first}


def migrate(table: str, rows: pa.Table, done: tuple[str, ...]) -> pa.Table:
    """The rows of a snapshot in today's schema.

    Raises
    ------
    EnvironmentProblem
        If the snapshot was written by a newer version of the library.
    """
    known = load().migrations
    newer = [name for name in done if name not in known]
    if newer:
        raise EnvironmentProblem(
            f"This register was written by a newer version ({newer[-1]}). Update equity_lib."
        )
    for name in known:
        if name not in done:
            rows = STEPS[name](table, rows)
    return rows
