"""From a declared design to its rows: who is in, what each was given, and what was measured."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from equity_lib.impact.estimates import NotEstimable
from equity_lib.impact.measures import by_child
from equity_lib.programme.calendars import ERA_OFFSET
from equity_lib.programme.designs import Design, Discontinuity, Observational, Population, Random, Staged
from equity_lib.programme.parameters import Cutoff, YearParameters
from equity_lib.registry.year import Year

if TYPE_CHECKING:
    from equity_lib.registry.register import Register

#: The school year begins on 16 May; ages are whole years on that day.
SCHOOL_DAY = (5, 16)


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows of a design.

    Attributes
    ----------
    frame
        `outcome`, `treated`, `cluster`, one column a covariate and negative control, and what the
        assignment adds: `score` (centred at the cut-off), or `unit`, `period`, `first`, `cases`.
    flow
        Step → children left at it, in order.
    as_of
        Last day that the files cover (ISO, C.E.).
    """

    frame: pd.DataFrame
    flow: Mapping[str, int]
    as_of: str


def rows_of(year: Year, design: Design) -> Rows | NotEstimable:
    """The rows that a design needs from the register of this year and the years before it.

    A year's report never looks at a later year: an outcome of the year after is that of the cohort of
    the year before. Reasons of `NotEstimable`: `no_register`, `no_rows`, `no_cohort`, `cutoff_not_stated`.
    """
    if year.register is None:
        return NotEstimable("no_register")
    cohort = year.parameters.program_year - design.outcome.years_after
    given = {each.program_year: each for each in (*year.earlier, year.parameters)}
    if cohort not in given:
        return NotEstimable("no_cohort", {"year": float(cohort)})
    maker: Callable[..., Rows | NotEstimable] = _MAKERS[type(design.assignment)]
    return maker(year.register, design, given[cohort], given)


def _discontinuity(
    register: "Register", design: Design, given: YearParameters, _: Mapping[int, YearParameters]
) -> Rows | NotEstimable:
    rule, cohort = cast(Discontinuity, design.assignment), given.program_year
    if given.cutoff is None:
        return NotEstimable("cutoff_not_stated", {"year": float(cohort)})
    columns = ["child_id", rule.running, rule.given_in]
    rows = register.table(rule.table, columns, {"program_year": cohort})
    rows = rows.drop_duplicates("child_id", keep="last").set_index("child_id")
    flow = {"screened": len(rows)}
    rows = rows[_of_age(register, rows.index, design.population, cohort)]
    flow["of_age"] = len(rows)
    rows = rows[rows[rule.running].notna()]
    flow["scored"] = len(rows)
    if rows.empty:
        return NotEstimable("no_rows", {"table": rule.table})
    frame = _measured(register, design, cohort, rows.index)
    frame["score"] = rows[rule.running].astype(float) - given.cutoff.score
    frame["treated"] = (rows[rule.given_in] == rule.given_as).where(rows[rule.given_in].notna())
    frame = frame.sort_values("score", kind="stable").reset_index(drop=True)
    flow["followed"] = int(frame["outcome"].notna().sum())
    flow["below"] = int((frame["outcome"].notna() & (frame["score"] < 0)).sum())
    flow["above"] = flow["followed"] - flow["below"]
    return Rows(frame, flow, _as_of(given, design))


def _observational(
    register: "Register", design: Design, given: YearParameters, _: Mapping[int, YearParameters]
) -> Rows | NotEstimable:
    rule, cohort = cast(Observational, design.assignment), given.program_year
    measured = by_child(register, design.outcome, cohort + design.outcome.years_after)
    where = {"program_year": cohort, "stream": rule.stream, "status": "paid"}
    paid = register.table("support_payment", ["child_id"], where)["child_id"]
    if measured.empty or paid.empty:
        return NotEstimable(
            "no_rows", {"table": design.outcome.table if measured.empty else "support_payment"}
        )
    given_to = pd.Series(measured.index.isin(paid.unique()), measured.index)
    return _compared(register, design, given, given_to, "assessed")


def _random(
    register: "Register", design: Design, given: YearParameters, _: Mapping[int, YearParameters]
) -> Rows | NotEstimable:
    rule = cast(Random, design.assignment)
    drawn = register.table(rule.table, ["child_id", rule.column], {"program_year": given.program_year})
    lots = drawn.dropna().drop_duplicates("child_id", keep="last").set_index("child_id")[rule.column]
    if lots.empty:
        return NotEstimable("no_rows", {"table": rule.table})
    return _compared(register, design, given, lots == rule.offered, "drawn")


def _compared(
    register: "Register", design: Design, given: YearParameters, treated: "pd.Series[Any]", first: str
) -> Rows:
    cohort = given.program_year
    flow = {first: len(treated)}
    treated = treated[_of_age(register, treated.index, design.population, cohort)]
    flow["of_age"] = len(treated)
    frame = _measured(register, design, cohort, treated.index).assign(treated=treated.astype(float))
    frame = frame.sort_index().reset_index(drop=True)
    complete = frame[["outcome", *(each.key for each in design.covariates)]].notna().all(axis=1)
    flow["followed"] = int(frame["outcome"].notna().sum())
    flow["complete"] = int(complete.sum())
    flow["treated"] = int((complete & (frame["treated"] == 1)).sum())
    flow["untreated"] = flow["complete"] - flow["treated"]
    return Rows(frame, flow, _as_of(given, design))


def _staged(
    register: "Register", design: Design, given: YearParameters, years: Mapping[int, YearParameters]
) -> Rows | NotEstimable:
    from equity_lib.impact.rollout import cases_by_place, starts

    rule = cast(Staged, design.assignment)
    first = years[min(years)].period.start
    if first is None or given.period.end is None:
        return NotEstimable("period_not_stated")
    cases, flow = cases_by_place(register, design, list(years), first, given.period.end)
    if cases.empty:
        return NotEstimable("no_rows", {"table": design.outcome.table})
    begun = starts(register, rule, list(years), given.province, first)
    groups = cases.groupby(["place", "period"])["outcome"]
    frame = groups.agg(outcome="mean", cases="size").reset_index().rename(columns={"place": "unit"})
    last = frame["period"].max()
    frame["first"] = frame["unit"].map(begun.where(begun <= last)).astype(float)
    frame["cluster"] = frame["unit"]
    flow["units"] = int(frame["unit"].nunique())
    flow["units_started"] = int(frame.loc[frame["first"].notna(), "unit"].nunique())
    return Rows(frame, flow, _as_of(given, design))


_MAKERS: dict[type, Any] = {
    Discontinuity: _discontinuity,
    Staged: _staged,
    Random: _random,
    Observational: _observational,
}


def _measured(register: "Register", design: Design, cohort: int, index: pd.Index) -> pd.DataFrame:
    """Outcome, covariates, negative controls and cluster of these children."""
    outcome = by_child(register, design.outcome, cohort + design.outcome.years_after)
    made = {"outcome": outcome.reindex(index)}
    if design.outcome.table == "enrolment" and design.outcome.counts_as and not outcome.empty:
        # A child that no file of that term names isn't recorded as enrolled: the outcome is the record.
        made["outcome"] = made["outcome"].fillna(0.0)
    for each in (*design.covariates, *design.negative_controls):
        made[each.key] = by_child(register, each, cohort).reindex(index)
    frame = pd.DataFrame(made, index=index)
    if design.clusters != "none":
        table = "child" if design.clusters == "district" else "enrolment"
        own = register.table(table, ["child_id", design.clusters], {"program_year": cohort})
        own = own.dropna().drop_duplicates("child_id", keep="first").set_index("child_id")
        frame["cluster"] = own[design.clusters].reindex(index)
    return frame


def _of_age(register: "Register", index: pd.Index, population: Population, cohort: int) -> Any:
    if population.ages is None:
        return np.ones(len(index), dtype=bool)
    born = register.table("child", ["child_id", "birth_date"], {"program_year": cohort})
    born = born.drop_duplicates("child_id", keep="last").set_index("child_id").reindex(index)
    age = age_on(born["birth_date"], dt.date(cohort - ERA_OFFSET, *SCHOOL_DAY))
    return ((age >= population.ages.from_) & (age <= population.ages.to)).to_numpy()


def age_on(born: "pd.Series[Any]", day: dt.date) -> "pd.Series[float]":
    """Age in whole years on a day; NaN where the birth date isn't known."""
    born = pd.to_datetime(born)
    had = (born.dt.month < day.month) | ((born.dt.month == day.month) & (born.dt.day <= day.day))
    return (day.year - born.dt.year - (~had).astype(float)).where(born.notna())


def _as_of(given: YearParameters, design: Design) -> str:
    end = given.period.end
    if end is None:
        return "not_stated"
    return end.replace(year=end.year + design.outcome.years_after).isoformat()


def cutoff_of(year: Year, design: Design) -> Cutoff | None:
    """The cut-off of the cohort that a design looks at in this year."""
    cohort = year.parameters.program_year - design.outcome.years_after
    for each in (*year.earlier, year.parameters):
        if each.program_year == cohort:
            return each.cutoff
    return None
