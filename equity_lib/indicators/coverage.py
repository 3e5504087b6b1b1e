"""Coverage: of the children that the programme is for, how many it reached, and how many it didn't."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from equity_lib.errors import Fault, WrongParameters
from equity_lib.indicators.clustering import Clusters, correlation, homes, share_effect
from equity_lib.indicators.sheet import Sheet
from equity_lib.indicators.supported import (
    AFFILIATIONS,
    FIFTHS,
    affiliation,
    among,
    beside,
    has,
    people,
    screened,
    supported,
    year_end,
)
from equity_lib.programme.places import districts, place, subdistricts
from equity_lib.registry.register import Register
from equity_lib.registry.year import Year
from equity_lib.relations import Relation
from equity_lib.results import Chart, Dimension, Name, Statement, Table

#: What each breakdown needs of a register beside payments.
NEEDS = {
    "district": ("child", "population"),
    "sex": ("child", "population"),
    "age_band": ("child", "population"),
    "affiliation": ("screening", "enrolment"),
    "welfare_fifth": ("screening",),
}
#: First and last age of each band: before school, primary, lower secondary, upper secondary, after it.
AGE_BANDS = {
    "0_1": (0, 1),
    "2_6": (2, 6),
    "7_12": (7, 12),
    "13_15": (13, 15),
    "16_18": (16, 18),
    "19_21": (19, 21),
}
OUTSIDE = "unknown"
TOTAL = "total"


def coverage(year: Year, by: str) -> Table | Statement:
    """Eligible, reached, share reached and share not reached (exclusion error).

    By district, sex and age band the eligible are the population of the ages that the streams serve; by
    affiliation and welfare fifth they are the screened children, since no population is known there.

    Parameters
    ----------
    year
        An opened programme year.
    by
        A key of `NEEDS`.

    Returns
    -------
    Table or Statement
        `coverage.<by>`: reached, eligible, coverage, not_reached, exclusion. Level `unknown` counts those
        reached whose level or age isn't known, or is outside those ages; they are in no share. By
        district, with charts `tiles` and `funnel`. A statement of what is missing without a register,
        without a table it takes, or if the population isn't broken down like that.

    Raises
    ------
    WrongParameters
        If `by` is no breakdown of coverage.
    """
    if by not in NEEDS:
        fault = Fault("", 0, "by", repr(by), ", ".join(NEEDS), "")
        raise WrongParameters("Coverage can't be broken down like that.", [fault])
    needs = Statement(f"needs.coverage.{by}", names={"area": year.parameters.area_name})
    register = year.register
    if register is None or not has(register, "support_payment", *NEEDS[by]):
        return needs
    if by in ("affiliation", "welfare_fifth"):
        return _of_screened(year, register, by)
    return _of_population(year, register, by) or needs


def _of_population(year: Year, register: Register, by: str) -> Table | None:
    ages = _ages(year)
    if ages is None:
        return None
    rows = register.table("population", ["district", "age", "sex", "persons", "as_of"])
    rows = rows[(rows["as_of"] == rows["as_of"].max()) & rows["age"].between(*ages)]
    found = people(register, ["birth_date", "sex", "district"])
    found = found[among(found.index, supported(register)["child_id"])]
    if rows.empty or (by != "age_band" and rows[by].isna().any()):
        return None
    as_of: dt.date = rows["as_of"].max().date()
    age = age_on(found["birth_date"], as_of)
    if by == "age_band":
        rows, found = rows.assign(age_band=_band(rows["age"])), found.assign(age_band=_band(age))
    eligible = rows.groupby(by)["persons"].sum()
    # Whoever isn't of these ages is in no share, whatever the level.
    reached = found[by].where(age.between(*ages))
    levels = _levels(year, by, [*eligible.index, *reached.dropna()])
    home = homes(register, found.index)
    rows = rows.assign(level=rows[by], district=rows["district"].fillna(str(year.parameters.province)))
    persons = rows.groupby(["level", "district"])["persons"].sum().reset_index()
    effects = _unknown_sizes(persons, reached, home)
    sheet = _sheet(by, levels, eligible, reached.value_counts(), int(reached.isna().sum()), effects)
    return sheet.table(
        year,
        population="children_of_served_ages",
        as_of=as_of.isoformat(),
        charts=_charts(sheet) if by == "district" else (),
    )


def _unknown_sizes(eligible: pd.DataFrame, reached: pd.Series, home: pd.Series) -> dict[Any, float]:
    """Design effects by level, where the population isn't known by sub-district.

    The sub-districts of a district are taken as equally large: that they aren't then counts as if they
    were reached unequally, which makes an interval wider, not narrower.

    Parameters
    ----------
    eligible
        Level, district (or province, where the population has none) and persons.
    reached, home
        Level and sub-district of each child reached.
    """
    parts = {code: _parts(code) for code in eligible["district"].unique()}
    counts = home.groupby([reached, home]).size()
    rows = [
        (level, part, persons / len(parts[where]), float(counts.get((level, part), 0)))
        for level, where, persons in eligible.itertuples(index=False, name=None)
        for part in parts[where]
    ]
    frame = pd.DataFrame(rows, columns=["level", "part", "size", "hits"])
    whole = frame.groupby("part")[["size", "hits"]].sum()
    total = share_effect(whole["hits"], whole["size"])
    alike = correlation(total, whole["size"])
    made = {level: share_effect(own["hits"], own["size"], alike) for level, own in frame.groupby("level")}
    return made | {TOTAL: total}


def _parts(code: str) -> list[str]:
    """Sub-districts of a district or province."""
    own = [code] if len(code) == 4 else [each.code for each in districts(code)]
    return [part.code for each in own for part in subdistricts(each)]


def _of_screened(year: Year, register: Register, by: str) -> Table:
    children = screened(register)
    if by == "affiliation":
        of = beside(children.index, affiliation(register).to_frame("of"))["of"]
        # Enrolled nowhere this year is a level of its own: those are the children to look for.
        level = of.fillna("none")
        order = [*AFFILIATIONS.values(), "other", "none"]
    else:
        level, order = children["fifth"], list(FIFTHS)
    paid = supported(register)["child_id"].drop_duplicates()
    hit = among(children.index, paid)
    reached = level[hit]
    clusters = Clusters(homes(register, children.index))
    effects = clusters.shares(level, hit) | {TOTAL: clusters.share(hit, level.notna())}
    eligible = level.value_counts()
    levels: dict[str, Name | None] = {
        each: None for each in order if by != "affiliation" or each in eligible.index
    }
    outside = len(paid) - int(reached.notna().sum())
    sheet = _sheet(by, levels, eligible, reached.value_counts(), outside, effects)
    return sheet.table(year, population="screened_children", as_of=year_end(year))


def _sheet(
    by: str,
    levels: Mapping[str, Name | None],
    eligible: pd.Series,
    reached: pd.Series,
    outside: int,
    effects: Mapping[str, float],
) -> Sheet:
    names = {level: name for level, name in levels.items() if name is not None}
    dim = Dimension(by, (*levels, OUTSIDE, TOTAL), names, total=TOTAL)
    sheet = Sheet(f"coverage.{by}", (dim,), lead="reached")
    counts = {level: (float(reached.get(level, 0)), float(eligible.get(level, 0))) for level in levels}
    counts[TOTAL] = tuple(np.sum(list(counts.values()), axis=0)) if counts else (0.0, 0.0)
    for at, measure in enumerate(("reached", "eligible")):
        for level, pair in counts.items():
            sheet.count(measure, pair[at], level)
        parts = tuple(sheet.cell(measure, level) for level in levels)
        sheet.relations.append(Relation("sum", sheet.cell(measure, TOTAL), parts))
    sheet.count("reached", outside, OUTSIDE)
    for level in counts:
        lost = outside if level == TOTAL else None
        sheet.share("coverage", "reached", "eligible", level, missing=lost, deff=effects.get(level))
    for level, (in_reach, whole) in counts.items():
        difference = (sheet.cell("eligible", level), sheet.cell("reached", level))
        relation = Relation("sum", sheet.cell("not_reached", level), difference, signs=(1, -1))
        sheet.count("not_reached", whole - in_reach, level, relation=relation)
    for level in counts:
        sheet.share("exclusion", "not_reached", "eligible", level, deff=effects.get(level))
    return sheet


def _levels(year: Year, by: str, present: Sequence[str]) -> dict[str, Name | None]:
    """Levels in order, with the names that the catalogue doesn't know."""
    if by == "district":
        codes = {own.code for own in districts(str(year.parameters.province))} | set(present)
        return {code: Name(place(code).name_th, place(code).name_en) for code in sorted(codes)}
    order = ("male", "female") if by == "sex" else tuple(AGE_BANDS)
    return {level: None for level in order if level in set(present)}


def _ages(year: Year) -> tuple[int, int] | None:
    """Youngest and oldest age that any stream states to serve; None if no stream states ages."""
    ages = [stream.ages for stream in year.parameters.streams or [] if stream.ages is not None]
    return (min(each.from_ for each in ages), max(each.to for each in ages)) if ages else None


def age_on(born: pd.Series, day: dt.date) -> pd.Series:
    """Whole years of age on a day; missing where the birth date is."""
    days = born.dt
    before = (days.month > day.month) | ((days.month == day.month) & (days.day > day.day))
    made: pd.Series = day.year - days.year - before
    return made


def _band(age: pd.Series) -> pd.Series:
    made = pd.Series(None, age.index, "str")
    for band, (first, last) in AGE_BANDS.items():
        made[age.between(first, last)] = band
    return made


def _charts(sheet: Sheet) -> tuple[Chart, ...]:
    codes = ",".join(level for level in sheet.dims[0].levels if level not in (OUTSIDE, TOTAL))
    refs = {"coverage": sheet.cell("coverage", TOTAL)}
    shared = {"y": "coverage", "by": "district", "total": TOTAL, "levels": codes}
    encodings = {
        "tiles": {"x": "coverage", "y": "district", "levels": codes},
        "funnel": {"x": "eligible", **shared},
    }
    return tuple(
        Chart(f"{sheet.id}.{kind}", kind, sheet.id, given, Statement(f"chart.coverage.district.{kind}", refs))
        for kind, given in encodings.items()
    )
