"""`equity validation`: the published studies made again by this library, as a report of its own."""

from collections.abc import Sequence
from pathlib import Path

from equity_lib.batch.again import executed_again
from equity_lib.errors import Fault, NotReproducible


def validate(root: Path, languages: Sequence[str]) -> str:
    """Execute the notebook in a kernel, publish its pages, and say how many figures agree.

    Raises
    ------
    NotReproducible
        If a figure isn't the published one; the pages that say so are written all the same.
    """
    from equity_lib.impact.validation import disagreeing
    from equity_lib.release.guard import read
    from equity_lib.report.validation import NAME, publish_validation

    into = root / "outputs" / NAME
    with executed_again(root, NAME, {}) as executed:
        tables = publish_validation(executed, into, languages, read)
    table = tables["validation"]
    wrong = disagreeing(table)
    if wrong:
        faults = [
            Fault("", 0, each, "another figure than the published one", "the figure printed")
            for each in wrong
        ]
        raise NotReproducible(f"outputs/{NAME} says which figures don't agree:", faults)
    return f"outputs/{NAME}: {sum(table.cells['measure'] == 'agrees')} published figures, all agree."
