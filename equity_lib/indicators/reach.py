"""Reach: whom the programme supported, from the claimed cases down to the children of a register."""

from collections.abc import Callable

from equity_lib.indicators.assistance import assistance
from equity_lib.indicators.overlap import distinct, overlap
from equity_lib.indicators.persons import persons
from equity_lib.indicators.targeting import incidence, targeting
from equity_lib.indicators.views import check_view
from equity_lib.registry.year import Year
from equity_lib.results import Statement, Table

VIEWS: dict[str, Callable[[Year], Table | Statement]] = {
    "assistance": assistance,
    "persons": persons,
    "children": distinct,
    "overlap": overlap,
    "targeting": targeting,
    "incidence": incidence,
}


def reach(year: Year, of: str) -> Table | Statement:
    """One view of whom the programme reached.

    Parameters
    ----------
    year
        An opened programme year.
    of
        `assistance`: cases and baht by stream, as claimed. `persons`: fewest and most persons behind the
        claimed cases. With a register: `children`: fewest and most distinct children supported;
        `overlap`: children in one, two or three streams; `targeting`: exclusion and inclusion errors and
        the Coady-Grosh-Hoddinott index; `incidence`: children and baht by welfare fifth.

    Returns
    -------
    Table or Statement
        `assistance`, `persons` or `reach.<of>`; without the tables that a view takes, a statement of
        what is missing and what it would answer.

    Raises
    ------
    WrongParameters
        If there is no such view.
    """
    check_view(of, VIEWS)
    return VIEWS[of](year)
