"""The area as it truly is, before any office writes it down."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from equity_lib.demo.cases import find_cases, reported, returned_terms
from equity_lib.demo.children import make_children
from equity_lib.demo.payments import pay
from equity_lib.demo.readiness import assess_readiness, in_class, screen_development
from equity_lib.demo.scenario import Scenario
from equity_lib.demo.schooling import attend_school


@dataclass(eq=False)
class World:
    """Clean rows of every table about children; `child` is the row in `children`, `year` the programme's.

    `cases` holds whole stories; `reported` what the office writes of them at the end of each year.
    """

    scenario: Scenario
    children: pd.DataFrame
    screening: pd.DataFrame
    enrolment: pd.DataFrame
    development: pd.DataFrame
    readiness: pd.DataFrame
    cases: pd.DataFrame
    reported: pd.DataFrame
    payments: pd.DataFrame


def make_world(scenario: Scenario) -> World:
    """Draw an area; the same scenario gives the same rows.

    Example
    -------
    >>> world = make_world(Scenario(years=1))
    >>> int((world.payments["status"] == "paid").sum())
    3632
    """
    children = make_children(scenario)
    schooling = attend_school(scenario, children)
    cases = find_cases(scenario, children, schooling.dropped)
    enrolment = pd.concat([schooling.enrolment, returned_terms(scenario, children, cases)], ignore_index=True)
    payments = pay(scenario, children, enrolment, schooling.screening, cases)
    development, readiness = [], []
    for year in scenario.program_years:
        paid = payments[(payments["year"] == year) & (payments["stream"] == "early_childhood")]
        small = in_class(children, enrolment, year, range(2, 6))
        development.append(screen_development(scenario, children, small, year))
        older = in_class(children, enrolment, year, range(4, 7))
        readiness.append(assess_readiness(scenario, children, older, np.unique(paid["child"]), year))
    return World(
        scenario,
        children,
        schooling.screening,
        enrolment,
        pd.concat(development, ignore_index=True),
        pd.concat(readiness, ignore_index=True),
        cases,
        pd.concat([reported(cases, year) for year in scenario.program_years], ignore_index=True),
        payments,
    )
