"""Waiting: how long from being found to a return, or to either outcome, among competing events."""

import numpy as np
import pandas as pd

from equity_lib.indicators.clustering import Clusters, curve_effects
from equity_lib.indicators.drawings import drawing
from equity_lib.indicators.incidence import steps
from equity_lib.indicators.returns import days_named
from equity_lib.indicators.sheet import Sheet
from equity_lib.registry.year import Year
from equity_lib.relations import Relation
from equity_lib.results import Dimension, Table

#: Days after which a return is looked at.
DAYS = (30, 90, 180, 270, 365)
#: Measure of a step → column of `steps`.
_STEP = {"at_risk": "at_risk", "censored": "censored", "exposed": "exposed", "events": "events", "of_goal": 1}


def clocks(back: pd.DataFrame, goal: str) -> tuple[pd.Series, pd.Series]:
    """Days since a case was found, and what happened then: 1 the goal, 2 a competing event, 0 neither.

    A case is followed until the last day it is known of; an untraced one until its last follow-up.
    Skills and work are no end of the wait for a return.

    Parameters
    ----------
    back
        See `equity_lib.indicators.returns.came_back`.
    goal
        `returned`, or `either` (returned or vocational skills, whichever came first).
    """
    reached = back["returned_on"]
    if goal == "either":
        reached = back[["returned_on", "skills_on"]].min(axis=1)
    lost = back["follow_up_date"].where(back["outcome"] == "lost")
    known = lost.where(lost >= back["found_date"]).fillna(back["until"])
    last = pd.concat([known, back["until"]], axis=1).min(axis=1)
    end = pd.concat([reached, back["gone_on"]], axis=1).min(axis=1)
    happened = end.notna() & (end <= back["until"])
    event = pd.Series(np.where(end == reached, 1, 2), back.index).where(happened, 0)
    days = (end.where(happened, last) - back["found_date"]).dt.days
    return days, event


def waiting(year: Year, back: pd.DataFrame, homes: pd.Series, as_of: str) -> Table:
    """Cases found in this programme year or the one before: a year of waiting can be seen.

    Parameters
    ----------
    back
        See `equity_lib.indicators.returns.came_back`.
    homes
        Sub-district of each child.
    """
    start = year.previous or year.parameters
    if start.period.start is not None:
        back = back[back["found_date"] >= pd.Timestamp(start.period.start)]
    sheet = Sheet(
        "pathways.time",
        (
            Dimension("goal", ("returned", "either")),
            Dimension("day", tuple(map(str, DAYS)), days_named(DAYS)),
        ),
        "incidence",
    )
    undated = float(back["undated"].sum())
    for goal in ("returned", "either"):
        days, event = clocks(back, goal)
        grid = steps(days, event, [1], DAYS)
        effects = _curve(days, event, Clusters(back["child_id"].map(homes)))
        terms: list[str] = []
        for day, row, deff in zip(map(str, DAYS), grid.to_dict("records"), effects, strict=True):
            for measure, column in _STEP.items():
                sheet.count(measure, int(row[column]), goal, day, unit="case")
            terms += [sheet.cell(measure, goal, day) for measure in ("exposed", "events", "of_goal")]
            relation = Relation("incidence", sheet.cell("incidence", goal, day), tuple(terms), scale=100)
            sheet.follow(
                "incidence", "percent", relation, goal, day,
                method="aalen_johansen", missing=undated, deff=deff,
            )  # fmt: skip
    refs = {
        "half": sheet.cell("incidence", "returned", "180"),
        "whole": sheet.cell("incidence", "returned", "365"),
    }
    chart = drawing(
        sheet.id, "curve", "survival", refs, x="day", y="incidence", at_risk="at_risk", colour="goal"
    )
    return sheet.table(year, population="cases_found_two_years", as_of=as_of, charts=[chart])


def _curve(days: pd.Series, event: pd.Series, clusters: Clusters) -> list[float | None]:
    """Design effects of the incidence at each day, at risk as in a life table: half of the censored."""
    if not clusters.codes:
        return [None] * len(DAYS)
    step = np.searchsorted(np.asarray(DAYS, float), days.to_numpy(float), side="left")
    happened, of_goal = event.to_numpy() != 0, event.to_numpy() == 1
    every, lost, events, own = (
        clusters.table(np.where(which, step, -1), len(DAYS) + 1)
        for which in (step >= 0, ~happened, happened, of_goal)
    )
    at_risk = every[::-1].cumsum(axis=0)[::-1] - lost / 2
    return [*curve_effects(at_risk[:-1], events[:-1], own[:-1])]
