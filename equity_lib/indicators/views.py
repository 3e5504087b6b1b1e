"""One function a family, one view of it by name."""

from collections.abc import Iterable

from equity_lib.errors import Fault, WrongParameters


def check_view(of: str, views: Iterable[str]) -> None:
    """Refuse a view that a family doesn't have.

    Raises
    ------
    WrongParameters
        With the views that there are.
    """
    views = tuple(views)
    if of not in views:
        raise WrongParameters("There is no such view.", [Fault("", 0, "of", repr(of), ", ".join(views))])
