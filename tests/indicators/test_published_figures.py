"""Every figure of the source article (F14–F20) and what follows from it, pinned.

Source: ผู้จัดการออนไลน์ ศูนย์ข่าวขอนแก่น, on the event of 25 Nov B.E. 2563. The derived values were
computed by hand from the stated ones.
"""

import math
from functools import partial

import pytest

from equity_lib.indicators.assistance import assistance
from equity_lib.indicators.cost import cost
from equity_lib.indicators.partners import partners
from equity_lib.indicators.persons import persons
from equity_lib.indicators.progress import progress
from equity_lib.indicators.reconciliation import reconciliation
from tests.years import year

contributions = partial(partners, of="contributions")
per_case = partial(cost, of="case")

PINNED = [
    (2562, reconciliation, "money.grant", 5_500_000),
    (2562, reconciliation, "money.early_childhood.rate", 800),
    (2562, reconciliation, "money.early_childhood.cases", 1_872),
    (2562, reconciliation, "money.out_of_school.rate", 4_000),
    (2562, reconciliation, "money.out_of_school.cases", 178),
    (2562, reconciliation, "money.covid_aid.rate", 600),
    (2562, reconciliation, "money.covid_aid.cases", 1_580),
    (2562, reconciliation, "money.stated_total", 4_032_600),
    (2562, reconciliation, "money.early_childhood", 1_497_600),
    (2562, reconciliation, "money.out_of_school", 712_000),
    (2562, reconciliation, "money.covid_aid", 948_000),
    (2562, reconciliation, "money.itemised", 3_157_600),
    (2562, reconciliation, "money.residual", 875_000),
    (2562, reconciliation, "money.use_not_stated", 1_467_400),
    (2562, reconciliation, "money.itemised.share_of_grant", 57.41),
    (2562, reconciliation, "money.stated_total.share_of_grant", 73.32),
    (2562, reconciliation, "money.residual.share_of_grant", 15.91),
    (2562, reconciliation, "money.residual.share_of_stated", 21.70),
    (2562, assistance, "assistance.total", 3_630),
    (2562, persons, "persons.fewest", 1_872),
    (2562, persons, "persons.most", 3_630),
    (2562, per_case, "cost.per_case.stated_total", 1_110.91),
    (2562, per_case, "cost.per_case.itemised", 869.86),
    (2562, per_case, "cost.per_case.grant", 1_515.15),
    (2563, reconciliation, "money.grant", 11_204_470),
    (2563, progress, "grant.2562", 5_500_000),
    (2563, progress, "grant.2563", 11_204_470),
    (2563, progress, "grant.2563.times_before", 2.0372),
    (2563, partners, "partners.agencies", 347),
    (2563, partners, "partners.participants", 400),
    (2563, contributions, "contributions.working_capital", 200_000),
]
NOT_STATED = [
    (2562, reconciliation, "money.spent"),
    (2562, reconciliation, "money.administration"),
    (2562, reconciliation, "money.returned"),
    (2562, partners, "partners.agencies"),
    (2563, reconciliation, "money.stated_total"),
    (2563, reconciliation, "money.residual"),
    (2563, assistance, "assistance.total"),
    (2563, contributions, "contributions.electric_motorcycle"),
]


@pytest.mark.parametrize(("program_year", "indicator", "cell", "published"), PINNED)
def test_indicator_on_published_figures_gives_the_pinned_value(program_year, indicator, cell, published):
    assert indicator(year(program_year)).value(cell) == published


@pytest.mark.parametrize(("program_year", "indicator", "cell"), NOT_STATED)
def test_indicator_where_the_source_is_silent_says_not_stated(program_year, indicator, cell):
    table = indicator(year(program_year))
    assert math.isnan(table.value(cell))
    assert table.cells.set_index("id").loc[cell, "status"] == "not_stated"


def test_contributions_are_in_no_total_of_the_programme():
    table = reconciliation(year(2563))
    assert not table.cells["value"].isin([200_000, 11_204_470 + 200_000]).any()
    assert all("contributions" not in term for r in table.relations for term in r.terms)
