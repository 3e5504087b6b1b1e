"""Equity: whether the programme reaches the worse off as much as others, or more."""

from collections.abc import Callable

from equity_lib.indicators.dispersion import income, support
from equity_lib.indicators.gaps import gaps
from equity_lib.indicators.gradient import curve, gradient
from equity_lib.indicators.views import check_view
from equity_lib.registry.year import Year
from equity_lib.results import Statement, Table

VIEWS: dict[str, Callable[[Year], Table | Statement]] = {
    "parity": gaps,
    "concentration": gradient,
    "curve": curve,
    "inequality": support,
    "income": income,
}


def equity(year: Year, of: str) -> Table | Statement:
    """One view of how support is divided between the worse and the better off.

    Parameters
    ----------
    year
        An opened programme year.
    of
        `parity`: ratio, adjusted ratio and gap of coverage by sex, disability, poverty band and place.
        `concentration`: Erreygers's, raw and Wagstaff's index of being supported over welfare, by stream.
        `curve`: the concentration curve by welfare fifth. `inequality`: Gini and Theil of baht a child,
        refused on flat rates. `income`: the same of screened households' income a head.

    Returns
    -------
    Table or Statement
        `equity.<of>`; without the tables that a view takes, a statement of what is missing and what it
        would answer.

    Raises
    ------
    WrongParameters
        If there is no such view.
    """
    check_view(of, VIEWS)
    return VIEWS[of](year)
