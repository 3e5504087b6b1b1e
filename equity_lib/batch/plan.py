"""The plan as data: which notebook runs for which area and programme year, and in what order."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from equity_lib.batch.notebooks import Notebook, parameter_faults, read_notebooks
from equity_lib.errors import Fault, WrongParameters

_YEAR_FILE = re.compile(r"(\d{4})\.ya?ml")
#: Years below are read as C.E.; the programme counts in the Buddhist Era (C.E. + 543).
_FIRST_YEAR, _ERA_OFFSET = 2500, 543

#: The first line of a design: its key, which is part of a file's name.
_DESIGN = re.compile(r"""( *)- +key: *["']?([A-Za-z][A-Za-z0-9_]*)["']? *(?:#.*)?""")

AreaYear = tuple[str, int]


@dataclass(frozen=True)
class Run:
    """One notebook for one area and programme year.

    Parameters
    ----------
    notebook
        The notebook's file.
    parameters
        What papermill passes; names and types are those of the notebook's `parameters` cell.
    """

    area: str
    program_year: int
    notebook: Path
    parameters: Mapping[str, str | int | bool]

    @property
    def name(self) -> str:
        """The run within its area-year: the notebook's stem, and any parameter beyond area and year."""
        further = [str(v) for k, v in self.parameters.items() if k not in ("area", "program_year")]
        return "-".join([self.notebook.stem, *further])

    @property
    def key(self) -> str:
        """The run within the plan, such as `khon-kaen/2562 02_reach`."""
        return f"{self.area}/{self.program_year} {self.name}"


@dataclass(frozen=True)
class Plan:
    """Notebooks × area-years × designs.

    Parameters
    ----------
    notebooks
        In the order of execution: what a fund report cites stands before it.
    years
        Every area-year that has a parameter file.
    selected
        The area-years this command is about.
    only
        Stems of the notebooks to execute; empty means all.
    designs
        Area → keys of its declared designs, in the order of declaration.
    """

    root: Path
    notebooks: tuple[Notebook, ...]
    years: tuple[AreaYear, ...]
    selected: tuple[AreaYear, ...]
    only: frozenset[str] = frozenset()
    designs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def runs(self, area: str, program_year: int) -> list[Run]:
        """The runs of one area-year, in order."""
        return [
            Run(area, program_year, notebook.path, _parameters(area, program_year, notebook.per, each))
            for notebook in self.notebooks
            for each in (self.designs.get(area, ()) if notebook.per else ("",))
        ]

    def wanted(self, run: Run) -> bool:
        """Whether `--notebook` lets this run be executed."""
        return not self.only or run.notebook.stem in self.only

    def cited(self, run: Run) -> tuple[str, ...]:
        """Stems of the notebooks that a run refers to."""
        return next(notebook.cites for notebook in self.notebooks if notebook.path == run.notebook)

    def is_fund_report(self, run: Run) -> bool:
        """Whether a run is the report to the fund: it holds no number of its own."""
        return any(n.path == run.notebook and n.role == "fund_report" for n in self.notebooks)

    def siblings(self, area: str) -> list[int]:
        """The programme years of an area: pages link to the one before and after."""
        return [year for name, year in self.years if name == area]


def read_plan(root: Path, targets: Sequence[str] = (), only: Sequence[str] = ()) -> Plan:
    """The plan of a project folder, restricted to what the command line names.

    Parameters
    ----------
    targets
        `AREA` or `AREA/YEAR`; none means all.
    only
        Notebooks by number (`2`, `02`) or stem (`02_reach`); none means all.

    Raises
    ------
    WrongParameters
        With all faults at once: unknown areas, years and notebooks with those allowed, faulty
        notebook metadata, and notebooks whose parameters are not the ones that are passed.
    """
    notebooks, faults = read_notebooks(root / "notebooks")
    years, wrong_years = _years(root / "params")
    faults += wrong_years
    for notebook in notebooks:
        faults += parameter_faults(notebook, _parameters("", 0, notebook.per))
    designs: dict[str, tuple[str, ...]] = {}
    if any(notebook.per for notebook in notebooks):
        designs = {area: _designs(root, area, faults) for area in sorted({area for area, _ in years})}
    plan = Plan(root, tuple(notebooks), tuple(years), (), designs=designs)
    selected = [_select(target, years, faults) for target in targets] if targets else [years]
    stems = [_stem(name, notebooks, faults) for name in only]
    if faults:
        raise WrongParameters("The plan can't be made; no notebook was started.", faults)
    if not years or not notebooks:
        raise WrongParameters(
            "There is nothing to run: "
            + ("no params/<area>/<year>.yaml. `equity new-year AREA YEAR` makes one." if not years else "")
            + ("no notebook in notebooks/ has `metadata.equity`." if not notebooks else "")
        )
    chosen = {pair for pairs in selected for pair in pairs}
    return replace(plan, selected=tuple(sorted(chosen)), only=frozenset(stems))


def _parameters(
    area: str, program_year: int, per: str = "", value: str = ""
) -> Mapping[str, str | int | bool]:
    given: dict[str, str | int | bool] = {"area": area, "program_year": program_year}
    return MappingProxyType(given | ({per: value} if per else {}))


def _designs(root: Path, area: str, faults: list[Fault]) -> tuple[str, ...]:
    """Keys of an area's designs; the rest of the file is read, and refused, by who estimates them.

    Looked up line by line: the file of each of 77 areas would take a YAML parser longer than all else
    that a plan asks.
    """
    name = f"params/{area}/designs.yaml"
    try:
        lines = (root / name).read_text("utf-8").splitlines()
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as error:
        faults.append(Fault(name, 0, "", type(error).__name__, "a readable file"))
        return ()
    keys: list[str] = []
    inside, indent = False, ""
    for number, line in enumerate(lines, 1):
        if line[:1] not in ("", " ", "#", "-"):
            inside = line.split("#")[0].rstrip() == "designs:"
        entry = _DESIGN.fullmatch(line) if inside else None
        if entry and (not keys or entry[1] == indent):
            indent = entry[1]
            keys.append(entry[2])
            if keys.count(entry[2]) > 1:
                faults.append(Fault(name, number, "key", entry[2], "a key of its own for each design"))
    if not keys and any(line.startswith("designs:") and "[]" not in line for line in lines):
        faults.append(Fault(name, 0, "designs", "no key", "`- key: name` first in each design"))
    return tuple(dict.fromkeys(keys))


def _years(folder: Path) -> tuple[list[AreaYear], list[Fault]]:
    found, faults = [], []
    for path in sorted(folder.glob("[!._]*/*.y*ml")):
        match = _YEAR_FILE.fullmatch(path.name)
        if not match:  # designs.yaml, mapping.yaml
            continue
        name, year = f"params/{path.parent.name}/{path.name}", int(match[1])
        if path.suffix != ".yaml":
            faults.append(Fault(name, 0, "", path.name, f"{year}.yaml", "Rename the file."))
        elif year < _FIRST_YEAR:
            allowed = f"a year of the Buddhist Era, {_FIRST_YEAR} or later"
            faults.append(Fault(name, 0, "", str(year), allowed, f"Did you mean {year + _ERA_OFFSET}.yaml?"))
        else:
            found.append((path.parent.name, year))
    return found, faults


def _select(target: str, years: Sequence[AreaYear], faults: list[Fault]) -> list[AreaYear]:
    area, slash, year = target.strip("/").partition("/")
    areas = sorted({name for name, _ in years})
    if area not in areas:
        faults.append(Fault("", 0, "area", repr(area), ", ".join(areas) or "none: params/ is empty"))
        return []
    found = [pair for pair in years if pair[0] == area and (not slash or year == str(pair[1]))]
    if not found:
        allowed = ", ".join(str(known) for name, known in years if name == area)
        faults.append(Fault("", 0, f"year of {area}", repr(year), allowed, _missing_year(area, year)))
    return found


def _missing_year(area: str, year: str) -> str:
    """What to do about a year that has no file."""
    if not re.fullmatch(r"\d{4}", year):
        return ""
    if int(year) < _FIRST_YEAR:
        return f"It looks like C.E.; in B.E. it is {int(year) + _ERA_OFFSET}."
    return f"`equity new-year {area} {year}` scaffolds it."


def _stem(name: str, notebooks: Sequence[Notebook], faults: list[Fault]) -> str:
    wanted = name.removesuffix(".ipynb")
    for notebook in notebooks:
        number = re.match(r"\d+", notebook.stem)
        if wanted == notebook.stem or (wanted.isdecimal() and number and int(wanted) == int(number[0])):
            return notebook.stem
    faults.append(Fault("", 0, "--notebook", repr(name), ", ".join(n.stem for n in notebooks) or "none"))
    return ""
