"""Published studies made again by this library: the figures printed, ours, and whether they agree.

Nothing in it comes from an office or a register: the data are those that the papers' authors made
public, so its tables are of the source `research`.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from equity_lib.impact.published import STUDIES, Figure, Study
from equity_lib.results import Dimension, Name, Statement, Table, cells

#: Published results that these designs don't cover, with a sentence each on why.
LEFT_OUT = (
    "left_out.regressions_of_hazards",
    "left_out.doubly_robust_did",
    "left_out.relative_bounds",
    "left_out.two_way_clusters",
    "left_out.weighting",
    "left_out.weighted_gini",
    "left_out.multilevel",
    "left_out.matching",
)


def validation(studies: Iterable[Study] = STUDIES) -> Table:
    """Figures of published studies beside those that this library gives from the same data.

    A figure agrees if ours, rounded to the decimals printed, is the one printed; where a paper's own
    grid or rounding is coarser, the tolerance is declared with the figure. Ours and the difference
    (ours less published) are shown with one decimal more.

    Parameters
    ----------
    studies
        What to make again; those whose data package isn't installed are left out (see `left_out`).

    Returns
    -------
    Table
        One row a figure: `published`, `reproduced`, `difference`, `rows_used`, `agrees` (1 or 0).

    Source
    ------
    METHODS, "Validation", names the papers.
    """
    made = [row for study in studies if study.installed for row in _rows(study)]
    dims = tuple(
        Dimension(key, tuple(dict.fromkeys(row[key] for row in made))) for key in ("study", "statistic")
    )
    return Table(
        id="validation",
        dims=dims,
        cells=cells("validation", ("study", "statistic"), made),
        population="research",
        source="research",
    )


def agreement(table: Table) -> Table:
    """How many figures of how many studies were compared, and how many agree."""
    agrees = table.cells[table.cells["measure"] == "agrees"]
    found = {
        "figures": len(agrees),
        "agreeing": int(agrees["value"].sum()),
        "studies": agrees["study"].nunique(),
    }
    rows = [{"measure": name, "unit": "item", "value": value} for name, value in found.items()]
    return Table("agreement", (), cells("agreement", (), rows), population="research", source="research")


def verdict(summary: Table) -> Statement:
    """Whether all figures compared agree, as a sentence."""
    names = ("figures", "agreeing", "studies")
    refs = {name: "agreement" if name == "figures" else f"agreement.{name}" for name in names}
    whole = summary.value("agreement") == summary.value("agreement.agreeing")
    return Statement("validated.all" if whole else "validated.some", refs)


def left_out(studies: Iterable[Study] = STUDIES) -> Statement:
    """What is not made again, and why: no such estimator here, or data that aren't installed."""
    absent = [
        Statement(
            "left_out.not_installed",
            names={
                "study": Name(study.citation, study.citation),
                "package": Name(study.package, study.package),
            },
            called=f"left_out.not_installed.{study.key}",
        )
        for study in studies
        if not study.installed
    ]
    return Statement("left_out", items=(*absent, *(Statement(key) for key in LEFT_OUT)))


def disagreeing(table: Table) -> list[str]:
    """Study and statistic of each figure that doesn't agree."""
    agrees = table.cells[(table.cells["measure"] == "agrees") & (table.cells["value"] != 1)]
    return [f"{study}.{name}" for study, name in zip(agrees["study"], agrees["statistic"], strict=True)]


def _rows(study: Study) -> list[dict[str, Any]]:
    """Cells of one study, one row a figure and measure."""
    ours = dict(study.ours())
    ours.setdefault("rows", ours.get("n", math.nan))
    return [
        {"study": study.key, "statistic": name, **cell}
        for name, figure in study.figures.items()
        for cell in _figure(figure, float(ours.get(name, math.nan)), ours)
    ]


def _figure(figure: Figure, found: float, ours: Mapping[str, float]) -> list[dict[str, Any]]:
    missing = math.isnan(found)
    counted = missing or (figure.digits == 0 and found == round(found))
    places = figure.digits + (not counted)
    gone = "not_estimable" if missing else ""
    printed, finer = f"digits{figure.digits}", f"digits{places}"
    return [
        {"measure": "published", "unit": printed, "value": figure.value},
        {"measure": "reproduced", "unit": finer, "value": None if missing else found, "status": gone},
        {
            "measure": "difference",
            "unit": finer,
            "value": None if missing else round(found - figure.value, places) + 0.0,  # + 0.0: no minus nought
            "status": gone,
        },
        {
            "measure": "rows_used",
            "unit": "row",
            "value": ours.get("n"),
            "status": "" if "n" in ours else "not_applicable",
        },
        {"measure": "agrees", "unit": "verdict", "value": float(figure.agrees(found))},
    ]
