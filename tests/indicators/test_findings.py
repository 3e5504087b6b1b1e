"""Rules R01–R17: which apply to the published years, and what makes each appear and disappear."""

import pytest

from equity_lib.indicators.findings import RULES, findings
from equity_lib.programme.parameters import StatedTotal, UseOfGrant
from equity_lib.results import Name
from tests.years import parameters, streams, year

#: DOMAIN's list, read against the article by hand.
EXPECTED = {
    2562: ["R01", "R02", "R03", "R04", "R05", "R06", "R06b", "R07", "R13", "R14", "R15", "R16", "R17"],
    2563: ["R07", "R08", "R09", "R10", "R11", "R12", "R13", "R14", "R16"],
}


def keys(of) -> list[str]:
    return [item.key.removeprefix("finding.") for item in findings(of).items]


@pytest.mark.parametrize("program_year", [2562, 2563])
def test_findings_of_a_published_year_are_those_of_the_domain(program_year):
    assert sorted(keys(year(program_year))) == EXPECTED[program_year]


def test_rules_cover_r01_to_r17():
    assert {rule.key.rstrip("b") for rule in RULES} == {f"R{i:02d}" for i in range(1, 18)}


def test_findings_put_errors_first():
    order = ["error", "warning", "note"]
    seen = [order.index(item.severity) for item in findings(year()).items]
    assert seen == sorted(seen)
    assert keys(year())[:2] == ["R01", "R02"]


def test_streams_that_add_up_raise_no_r01_and_no_r02():
    agreeing = year(streams=streams(("a", 10, 5, None)), stated_total=StatedTotal(amount=50, fact="F19"))
    assert not {"R01", "R02"} & set(keys(agreeing))


def test_rate_times_cases_that_differs_from_a_stated_amount_is_an_error():
    odd = year(streams=streams(("a", 10, 5, 60)), stated_total=StatedTotal(amount=60, fact="F19"))
    found = {item.key: item for item in findings(odd).items}
    assert found["finding.R01b"].severity == "error"


def test_outcomes_on_record_end_r14():
    assert "R14" not in keys(year(outcomes=["returned"]))


def test_spending_on_record_ends_r08():
    use = UseOfGrant.model_construct(spent=1, administration=None, returned=None)
    assert "R08" not in keys(year(2563, use_of_grant=use))


def test_the_same_secretariat_in_both_years_ends_r09():
    same = parameters(2562).secretariat
    assert "R09" not in keys(year(2563, secretariat=same))


def test_findings_carry_names_and_references_but_no_words():
    for item in findings(year()).items:
        assert all(isinstance(name, Name) for name in item.names.values())
        assert all("." in ref for ref in item.refs.values())
