"""Staying in school by age: the Kaplan-Meier table, from the child-years of all years of a register."""

import numpy as np
import pandas as pd

from equity_lib.indicators.clustering import Clusters, curve_effects, files_until, residence
from equity_lib.indicators.cohorts import STAYED, age_on_opening, as_of, children, followed
from equity_lib.indicators.drawings import drawing
from equity_lib.indicators.sheet import Sheet
from equity_lib.indicators.survival import steps
from equity_lib.registry.register import Register
from equity_lib.registry.year import Year
from equity_lib.relations import Relation
from equity_lib.results import Dimension, Name, Statement, Table

#: Ages between which a child is expected in basic education; the curve runs from one to the other.
FROM_AGE, TO_AGE = 6, 17
#: A curve ends where fewer than this share of its largest risk set are still followed.
#: Source: Pocock, Clayton and Altman (2002), Lancet 359: 1686-1689.
FEWEST_FOLLOWED = 0.1


def staying(year: Year, register: Register, years: pd.DataFrame) -> Table | Statement:
    """Kaplan-Meier estimate of staying in school from age 6, all years of the register taken together.

    S(a) = Π (1 - d ÷ n) over ages up to a: n children in school a year earlier whose next year is known,
    d of them out of school at age a. Children enter at the age at which the register first has them,
    leave the risk set when they are no longer followed, and enter again when they return.
    """
    birth = children(register, year.parameters.program_year)["birth_date"]
    cohort = followed(years)
    each = birth.reindex(cohort["child_id"].cat.categories).to_numpy()[cohort["child_id"].cat.codes]
    cohort["age"] = age_on_opening(pd.Series(each), cohort["year"])
    unknown = float(cohort["age"].isna().sum())
    cohort = cohort[cohort["age"].between(FROM_AGE, TO_AGE - 1)]
    if cohort.empty:
        return Statement("needs.retention.birth_dates", names={"area": year.parameters.area_name})
    known, worst = (_steps(cohort, lost) for lost in (False, True))
    homes = residence(register, files_until(register, year.parameters.program_year))
    effects = {suffix: _effects(cohort, homes, lost) for suffix, lost in (("", False), ("_worst", True))}
    levels = [str(FROM_AGE), *(str(int(age)) for age in known.index[_enough(known)])]
    ages = {level: Name(f"{level} ปี", f"Age {level}") for level in levels}
    sheet = Sheet("retention.staying", (Dimension("school_age", tuple(levels), ages),), "staying")
    for place, level in enumerate(levels):
        own = max(place - 1, 0)  # the start repeats the first risk set, before anything has happened
        for suffix, found in (("", known), ("_worst", worst)):
            sheet.count(f"in_school{suffix}", int(found["at_risk"].iloc[own]), level)
            sheet.count(f"dropped{suffix}", int(found["events"].iloc[own]) if place else 0, level)
            curve = _product(sheet, suffix, levels[: place + 1])
            sheet.follow(
                f"staying{suffix}", "percent", curve, level,
                method="greenwood", missing=unknown, deff=effects[suffix][own],
            )  # fmt: skip
    refs = {"share": sheet.cell("staying", levels[-1])}
    shown = {"x": "school_age", "y": "staying", "at_risk": "in_school"}
    chart = drawing(sheet.id, "by_age", "survival", refs, **shown)
    return sheet.table(year, population="school_age_years", as_of=as_of(year), charts=[chart])


def _enough(found: pd.DataFrame) -> pd.Series:
    """Steps up to the last one that still has enough children followed."""
    enough: pd.Series = found["at_risk"] >= max(1.0, FEWEST_FOLLOWED * found["at_risk"].max())
    return enough.cummin()


def _product(sheet: Sheet, suffix: str, levels: list[str]) -> Relation:
    """The curve at the last of these ages, from the risk sets and departures of all of them."""
    shown = levels[1:] or levels
    terms = [sheet.cell(f"{what}{suffix}", each) for each in shown for what in ("in_school", "dropped")]
    return Relation("survival", sheet.cell(f"staying{suffix}", levels[-1]), tuple(terms), scale=100)


def _own(cohort: pd.DataFrame, lost: bool) -> tuple[pd.DataFrame, pd.Series]:
    """Child-years whose next year is known, and who left; with `lost`, an untraced child is one that left."""
    gone = ["left", "untraced"] if lost else ["left"]
    own = cohort[cohort["fate"].isin([*STAYED, *gone])]
    return own, own["fate"].isin(gone)


def _effects(cohort: pd.DataFrame, homes: pd.Series, lost: bool) -> list[float | None]:
    """Design effects of the curve after each age."""
    own, gone = _own(cohort, lost)
    child = own["child_id"].cat
    clusters = Clusters(pd.Series(homes.reindex(child.categories).to_numpy()[child.codes]))
    if not clusters.codes:
        return [None] * (TO_AGE - FROM_AGE)
    step = own["age"].to_numpy(int) - FROM_AGE
    at_risk, events = (
        clusters.table(np.where(which, step, -1), TO_AGE - FROM_AGE) for which in (step >= 0, gone)
    )
    return [*curve_effects(at_risk, events)]


def _steps(cohort: pd.DataFrame, lost: bool) -> pd.DataFrame:
    """Risk sets and departures by age."""
    own, gone = _own(cohort, lost)
    ages = own["age"].to_numpy(float)
    grid = [float(age) for age in range(FROM_AGE + 1, TO_AGE + 1)]
    return steps(ages + 1, gone, entry=ages, grid=grid)
