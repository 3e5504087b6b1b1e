"""A programme year, opened: its parameters, the earlier years beside it, and what data it has."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from equity_lib.errors import EnvironmentProblem, Fault, WrongParameters
from equity_lib.programme.designs import Designs, load_designs
from equity_lib.programme.loading import known_years, load_year
from equity_lib.programme.parameters import YearParameters
from equity_lib.programme.root import find_root
from equity_lib.registry import store
from equity_lib.registry.mirror import bring
from equity_lib.results import Statement, bundle

if TYPE_CHECKING:
    from equity_lib.registry.register import Register


@dataclass(frozen=True)
class Year:
    """One area and programme year, the first argument of every indicator.

    Attributes
    ----------
    parameters
        The year's own parameters.
    earlier
        Parameters of the area's earlier years, ascending: what year-on-year figures rest on.
    register
        The area's register as of now, or None: published figures have none, and an office may not
        have imported its files yet.
    designs
        What the area declared before its outcomes were looked at.
    """

    parameters: YearParameters
    earlier: tuple[YearParameters, ...] = ()
    register: "Register | None" = None
    designs: Designs = field(default_factory=Designs)

    @property
    def previous(self) -> YearParameters | None:
        """The programme year before this one, if it has a file."""
        last = self.earlier[-1] if self.earlier else None
        return last if last and last.program_year == self.parameters.program_year - 1 else None

    def card(self) -> Statement:
        """Who and what: area, secretariat, project, and whether the data are real or synthetic."""
        year = self.parameters
        return Statement(
            key=f"card.{year.kind}",
            names={
                "area": year.area_name,
                "secretariat": year.secretariat.name,
                "project": year.project.name,
                "funder": year.funder.name,
            },
        )

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        return bundle(self.card())


def open_year(area: str, program_year: int) -> Year:
    """Open one programme year of an area.

    Parameters
    ----------
    area
        Folder under `params/`, such as `khon-kaen`.
    program_year
        Year of the Buddhist Era, such as 2562.

    Returns
    -------
    Year
        Shown in a notebook as a card.

    Raises
    ------
    WrongParameters
        If there is no such area or year, or the file has faults (all of them are listed).

    Examples
    --------
    >>> year = open_year("khon-kaen", 2562)
    >>> year.parameters.grant.amount
    5500000
    """
    root = find_root()
    years = known_years(root, area)
    if not years:
        areas = sorted(path.name for path in (root / "params").glob("*") if known_years(root, path.name))
        fault = Fault("", 0, "area", repr(area), ", ".join(areas) or "no area yet", "See params/.")
        raise WrongParameters("There is no such area.", [fault])
    own = load_year(root, area, program_year)
    earlier = tuple(load_year(root, area, year) for year in years if year < program_year)
    designs = load_designs(root, area)
    if own.kind != "published":
        bring(root, [area])
    folder = store.data_dir(root) / area
    if own.kind == "published" or not (folder / "HEAD.json").is_file():
        return Year(own, earlier, None, designs)
    from equity_lib.registry.register import Register
    from equity_lib.registry.rewriting import pending

    if pending(folder):
        raise EnvironmentProblem(
            "An erasure was decided but not finished. Run it, or any import, again first."
        )
    register = Register(folder, program_year)
    return Year(own, earlier, register if register.holds(program_year) else None, designs)
