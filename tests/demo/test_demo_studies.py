"""Planted effects are found by the right designs; planted traps are caught and not claimed."""

from functools import cache

import pandas as pd
import pytest
from conftest import Demo

from equity_lib.disclosure.gate import gate
from equity_lib.disclosure.rules import NO_LEDGER, rules_of
from equity_lib.errors import WrongParameters
from equity_lib.impact.estimates import Estimate, NotEstimable
from equity_lib.impact.rows import Rows
from equity_lib.impact.study import Study, study
from equity_lib.programme.designs import load_designs
from equity_lib.programme.loading import load_year
from equity_lib.registry.year import Year
from equity_lib.results import Chart, Result, Statement, Table, from_json, to_json

DESIGNS = ("transfer_attendance", "transfer_enrolment", "case_teams", "early_support")
_DEMO: dict[str, Demo] = {}


@pytest.fixture(autouse=True)
def _demo(demo: Demo) -> None:
    _DEMO["demo"] = demo


def opened(year: int) -> Year:
    demo = _DEMO["demo"]
    earlier = tuple(load_year(demo.root, "demo", each) for each in range(2562, year))
    designs = load_designs(demo.root, "demo")
    return Year(load_year(demo.root, "demo", year), earlier, demo.register(year), designs)


@cache
def made(year: int, design: str) -> Study:
    return study(opened(year), design)


def estimate(year: int, design: str) -> Estimate:
    found = made(year, design).analysis.result
    assert isinstance(found, Estimate)
    return found


def claimed(year: int, design: str) -> Statement:
    own = made(year, design)
    return own.claim(own.estimate())


def failed(year: int, design: str) -> set[str]:
    return {gate.key for gate in made(year, design).analysis.gates if gate.outcome == "fail"}


def test_transfer_is_found_at_its_cutoff_in_the_clean_years(demo: Demo) -> None:
    truth = demo.truth["effects"]["national_transfer"]
    for year in truth["years"]:
        found = estimate(year, "transfer_attendance")
        # What can be estimated is up to .2 points less: attendance is capped.
        assert found.low < truth["attendance_term_2_points"] < found.high
        assert claimed(year, "transfer_attendance").key == "claim.quasi_experimental.more"


def test_transfer_claim_is_about_the_transfer_and_says_whose_it_is() -> None:
    said = claimed(2563, "transfer_attendance")
    assert said.names["treatment"].en == "The national conditional transfer"
    assert said.names["whose"].en == "the national fund, not this programme"
    assert "reason.whose" in [item.key for item in said.items]


def test_manipulated_score_is_caught_by_its_density_and_not_claimed() -> None:
    assert "density" in failed(2564, "transfer_attendance")
    assert claimed(2564, "transfer_attendance").grade == "described"


def test_enrolment_is_too_rare_to_be_told_and_the_null_names_what_could_have_been(demo: Demo) -> None:
    truth = 100 * demo.truth["effects"]["national_transfer"]["enrolled_next_year_share"]
    for year in (2563, 2564):  # the cohorts of 2562 and 2563
        found, own = estimate(year, "transfer_enrolment"), made(year, "transfer_enrolment")
        assert found.low < truth < found.high
        said = claimed(year, "transfer_enrolment")
        assert said.key == "claim.quasi_experimental.none"
        table = own.estimate()
        assert isinstance(table, Table)
        assert table.value(said.refs["mde"]) > truth


def test_enrolment_of_the_first_year_waits_for_a_cohort() -> None:
    found = made(2562, "transfer_enrolment").analysis.result
    assert isinstance(found, NotEstimable)
    assert found.reason == "no_cohort"


def test_case_teams_are_found_before_the_diverging_districts_start(demo: Demo) -> None:
    truth = 100 * demo.truth["effects"]["case_teams"]["returned_within_180_days_share"]
    found = estimate(2563, "case_teams")
    assert found.low < truth < found.high
    assert failed(2563, "case_teams") == set()
    assert claimed(2563, "case_teams").key == "claim.quasi_experimental.more"


def test_roll_out_rows_are_those_of_the_plan(demo: Demo) -> None:
    rows = made(2564, "case_teams").rows
    assert isinstance(rows, Rows)
    first = rows.frame.dropna(subset=["first"]).groupby("unit")["first"].first()
    for group in demo.truth["effects"]["case_teams"]["groups"].values():
        for district in group["districts"]:
            assert first.get(district) == group["start_half_year"]
    # The half-year whose children had no 180 days before the files closed isn't looked at.
    assert rows.frame["period"].max() == 4


def test_diverging_districts_are_caught_by_their_past_and_not_claimed() -> None:
    assert {"pretrend", "pretrend_group"} & failed(2564, "case_teams")
    assert claimed(2564, "case_teams").grade == "described"


def test_case_teams_of_the_first_year_have_not_started() -> None:
    found = made(2562, "case_teams").analysis.result
    assert isinstance(found, NotEstimable)
    assert found.reason == "no_treated"


@pytest.mark.parametrize("year", [2562, 2563, 2564])
def test_confounded_support_looks_good_and_is_not_claimed(year: int) -> None:
    assert estimate(year, "early_support").low > 0
    assert "negative_control" in failed(year, "early_support")
    assert claimed(year, "early_support").grade == "described"


def test_cost_stands_beside_a_claimed_effect_only() -> None:
    cost = made(2563, "case_teams").cost()
    assert isinstance(cost, Table)
    found = estimate(2563, "case_teams")
    assert cost.value("cost_effect.case_teams.cost_per_child") == pytest.approx(
        100 * 4_500 / found.value, abs=0.01
    )
    reasons = {design: made(2563, design).cost() for design in DESIGNS if design != "case_teams"}
    assert {design: getattr(found, "key", "") for design, found in reasons.items()} == {
        "transfer_attendance": "cost_effect.not_stated",
        "transfer_enrolment": "cost_effect.not_stated",
        "early_support": "cost_effect.grade",
    }


def parts(own: Study) -> list[Result]:
    effect = own.estimate()
    shown = [own.flow(), own.picture(), own.chart(), own.gates(), effect]
    return [*shown, own.claim(effect), own.cost(), own.doubts()]


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("year", [2562, 2563])
def test_everything_a_study_shows_is_a_result_and_survives_its_schema(year: int, design: str) -> None:
    own = made(year, design)
    for result in parts(own):
        assert isinstance(result, Table | Chart | Statement)
        back = from_json(to_json(result))
        assert back.id == result.id
        if isinstance(result, Table):
            pd.testing.assert_frame_equal(back.cells, result.cells)  # type: ignore[union-attr]
    declared = from_json(next(iter(own._repr_mimebundle_().values())))
    assert declared.id == f"declaration.{design}"


def test_all_studies_of_a_year_pass_the_gate_together_and_nothing_needed_is_withheld() -> None:
    year = opened(2563)
    found = [result for design in DESIGNS for result in parts(made(2563, design))]
    safe = gate(found, rules_of(year.parameters, list(year.earlier)), NO_LEDGER)
    for design in DESIGNS:
        cell = safe.cells[f"effect.{design}.estimate"]
        assert cell.low <= cell.value <= cell.high
        assert f"claim.{design}" in safe.statements
    withheld = [each for each, cell in safe.cells.items() if cell.status == "suppressed"]
    assert withheld == []


def test_seeds_come_from_the_parameters_so_a_second_study_is_the_same() -> None:
    again = study(opened(2563), "early_support").analysis
    assert again.result == made(2563, "early_support").analysis.result


def test_study_of_another_name_lists_those_declared() -> None:
    with pytest.raises(WrongParameters, match="case_teams"):
        study(opened(2563), "case_team")


def test_claim_takes_its_own_estimate_only() -> None:
    with pytest.raises(WrongParameters, match="another study"):
        made(2563, "case_teams").claim(made(2563, "early_support").estimate())


def test_study_without_designs_says_what_declaring_one_takes() -> None:
    year = opened(2563)
    own = study(Year(year.parameters, year.earlier, year.register), "anything")
    assert from_json(next(iter(own._repr_mimebundle_().values()))).id == "needs.designs"
    assert {result.key for result in parts(own) if isinstance(result, Statement)} == {"silent"}


def test_study_without_a_register_says_so_once() -> None:
    year = opened(2563)
    own = study(Year(year.parameters, year.earlier, None, year.designs), "case_teams")
    keys = [getattr(result, "key", "") for result in parts(own)]
    assert keys.count("not_estimable.no_register") == 1
    assert "claim.not_estimable" in keys


def test_study_without_a_stated_cutoff_is_not_estimable() -> None:
    year = opened(2563)
    blank = year.parameters.model_copy(update={"cutoff": None})
    own = study(Year(blank, year.earlier, year.register, year.designs), "transfer_attendance")
    found = own.analysis.result
    assert isinstance(found, NotEstimable)
    assert found.reason == "cutoff_not_stated"
