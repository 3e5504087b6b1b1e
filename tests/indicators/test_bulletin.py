"""Main points, headings and citations."""

import pytest

from equity_lib.errors import WrongParameters
from equity_lib.indicators.bulletin import MONEY, cite, goals, heading, key_figures, main_points, narrative
from equity_lib.indicators.coverage import NEEDS, coverage
from equity_lib.indicators.persons import persons
from equity_lib.programme.parameters import Narrative, StatedTotal
from equity_lib.registry.year import Year
from equity_lib.results import Name
from tests.years import streams, year

TOPICS = ("money", "use", "reach", "persons", "cost", "partners", "series")


@pytest.mark.parametrize("program_year", [2562, 2563])
def test_main_points_are_at_most_six_and_end_with_what_cannot_be_said(program_year):
    points = main_points(year(program_year)).items
    assert len(points) <= 6
    assert points[-1].key == "main.no_impact"


def test_main_points_with_parts_above_the_total_say_so_instead_of_a_residual():
    odd = year(streams=streams(("a", 10, 6, None)), stated_total=StatedTotal(amount=50, fact="F19"))
    found = [point.key for point in main_points(odd).items]
    assert "main.excess" in found
    assert "main.residual" not in found


@pytest.mark.parametrize("topic", TOPICS)
def test_heading_of_a_year_without_figures_claims_none(topic):
    found = heading(year(2563, partners=None, grant=year(2563).parameters.grant), topic)
    assert "residual" not in found.refs
    assert found.key.startswith("heading.")


def test_heading_on_an_unknown_topic_lists_the_topics():
    with pytest.raises(WrongParameters, match="money, use, reach"):
        heading(year(), "impact")


def test_cite_keeps_the_order_of_its_ids():
    assert cite(year(), "b.x", "a.y").refs == {"0": "b.x", "1": "a.y"}


def test_cite_of_nothing_is_refused():
    with pytest.raises(WrongParameters, match="ids of khon-kaen/2562"):
        cite(year())


def test_goals_are_quoted_with_their_fact():
    assert [item.refs["fact"] for item in goals(year()).items] == ["2562:F10", "2562:F11", "2562:F12"]


def test_narrative_of_the_office_is_shown_as_written():
    words = Narrative.model_construct(problems=Name("ฝนตก", "It rained"), next_steps=None)
    keys = [item.key for item in narrative(year(narrative=words)).items]
    assert keys == ["narrative.problems", "narrative.next_steps_not_stated"]


def test_persons_of_one_stream_are_exactly_its_cases():
    one = persons(year(streams=streams(("a", 10, 7, None))))
    assert (one.value("persons.fewest"), one.value("persons.most")) == (7, 7)


@pytest.mark.parametrize("by", NEEDS)
def test_coverage_without_a_register_names_what_it_needs(by):
    assert coverage(year(), by=by).key == f"needs.coverage.{by}"


def test_coverage_by_an_unknown_breakdown_is_refused():
    with pytest.raises(WrongParameters, match="district, sex"):
        coverage(year(), by="shoe size")


def with_register(program_year=2562):
    """The year as if it had a register; main points and key figures only refer to what it would give."""
    known = year(program_year)
    return Year(known.parameters, known.earlier, object())


def test_main_points_with_a_register_speak_of_coverage_and_each_goal_beside_money():
    points = main_points(with_register()).items
    keys = [point.key for point in points]
    assert keys == [
        "main.assistance",
        "main.coverage",
        "main.readiness",
        "main.staying",
        "main.returns",
        "main.described",
    ]
    shares = [point.refs["share"] for point in points[1:5]]
    assert shares == [
        "coverage.district.total.coverage",
        "readiness.series.2562.share_passed_all",
        "retention.transition.total.share_stayed",
        "pathways.time.returned.365",
    ]


def test_key_figures_are_three_to_five_with_money_first():
    assert tuple(key_figures(year()).refs.values()) == MONEY
    found = list(key_figures(with_register()).refs.values())
    assert found[0] == "money.stated_total"
    assert 3 <= len(found) <= 5


@pytest.mark.parametrize("topic", ["coverage", "equity", "readiness", "staying", "returns"])
def test_heading_from_the_register_has_another_in_store(topic):
    found = heading(year(), topic)
    assert found.key == f"heading.{topic}"
    assert [item.key for item in found.items] == [f"heading.{topic}_open"]


def test_heading_of_targets_without_an_agreement_is_silent():
    assert heading(year(), "targets").key == "silent"
