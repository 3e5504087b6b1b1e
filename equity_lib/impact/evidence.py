"""What the fund report may say of outcomes: the claims of the declared designs, or what they would take."""

from equity_lib.registry.year import Year
from equity_lib.results import Statement


def evidence(year: Year) -> Statement:
    """Refer to the claim of every declared design; without designs, say what declaring one takes.

    Parameters
    ----------
    year
        An opened programme year.

    Returns
    -------
    Statement
        `cite` of `claim.<design>`, filled at export from the pages of the designs; `needs.designs` in an
        area that has declared none.
    """
    designs = year.designs.designs
    if not designs:
        return Statement("needs.designs", names={"area": year.parameters.area_name})
    return Statement("cite", refs={str(at): f"claim.{each.key}" for at, each in enumerate(designs)})
