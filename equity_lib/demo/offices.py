"""All files of a synthetic area, and the truth beside them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from equity_lib.demo import school_forms, support_forms
from equity_lib.demo.cells import Written
from equity_lib.demo.office_forms import office_book
from equity_lib.demo.scenario import Scenario
from equity_lib.demo.truth import truth_text
from equity_lib.demo.world import make_world

_FORMS = (
    school_forms.screening,
    school_forms.attendance,
    school_forms.development,
    support_forms.early_childhood,
    support_forms.out_of_school_support,
    support_forms.covid_aid,
    support_forms.out_of_school_cases,
)


def write_offices(scenario: Scenario, folder: Path, stamp: Mapping[str, Any]) -> dict[int, list[Written]]:
    """Write each year's files to a folder of its own, and `truth.yaml`.

    Parameters
    ----------
    stamp
        What the truth file says of its generator.

    Returns
    -------
    dict
        By programme year, what an import of each file must find.
    """
    world = make_world(scenario)
    files: dict[int, list[Written]] = {}
    for year in scenario.program_years:
        own = folder / str(year)
        own.mkdir(mode=0o700, parents=True)
        files[year] = [form(world, year, own) for form in _FORMS]
        files[year] += office_book(world, year, own)
    (folder / "truth.yaml").write_text(truth_text(world, files, stamp), encoding="utf-8")
    return files
