"""Coverage of a register whose every child is known."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equity_lib.errors import WrongParameters
from equity_lib.indicators.clustering import share_effect
from equity_lib.indicators.coverage import NEEDS, coverage
from equity_lib.indicators.intervals import coarse_effect, wilson
from equity_lib.programme.places import subdistricts
from equity_lib.results import Statement
from tests.literal_register import LiteralRegister, literal_year, paid

AS_OF = "2020-03-31"


def child(name, born, sex="female", district="4001"):
    return {"child_id": name, "birth_date": born, "sex": sex, "district": district}


def head(district, age, sex, persons, as_of=AS_OF):
    return {"district": district, "age": age, "sex": sex, "persons": persons, "as_of": as_of}


@pytest.fixture
def register():
    """Six supported children: three in ages and known, one unborn district, one of 22, one taken back."""
    children = [
        child("a", "2016-03-31"),  # 4 on the day
        child("b", "2016-04-01", "male"),  # 3: the birthday is the day after
        child("c", "2005-01-01", "male", "4002"),  # 15
        child("d", "2015-01-01", district=None),
        child("e", "1998-01-01"),  # 22: outside the ages served
        child("f", "2016-01-01"),
    ]
    back = [{"child_id": "f", "stream": "early", "amount": -800, "status": "reversal"}]
    waiting = [{"child_id": "a", "stream": "late", "amount": 4000, "status": "pending"}]
    population = [
        head("4001", 3, "male", 20),
        head("4001", 4, "female", 30),
        head("4002", 15, "male", 50),
        head("4001", 1, "male", 99),  # too young for any stream
        head("4001", 4, "female", 7, "2019-03-31"),  # an older count
    ]
    payments = paid("a", "b", "c", "d", "e", "f") + paid("a") + back + waiting
    return LiteralRegister(child=children, support_payment=payments, population=population)


def test_coverage_by_district_of_known_children(register):
    found = coverage(literal_year(register), "district")
    assert found.as_of == AS_OF
    value = lambda cell: found.value(f"coverage.district.{cell}")  # noqa: E731
    assert (value("4001"), value("4001.eligible"), value("4001.coverage")) == (2, 50, 4)
    assert (value("4002"), value("4002.eligible"), value("4002.coverage")) == (1, 50, 2)
    assert (value("total"), value("total.eligible"), value("unknown")) == (3, 100, 2)
    assert value("total.not_reached") == 97
    low, high = found.cells.set_index("id").loc["coverage.district.total.coverage", ["low", "high"]]
    # Nobody's sub-district is known: 1 + 0.05 × (Σ m² ÷ Σ m − 1), m being 50 ÷ 18 and 50 ÷ 7 children.
    parts = [len(subdistricts(code)) for code in ("4001", "4002")]
    deff = coarse_effect(1 + 0.05 * (sum(n * (50 / n) ** 2 for n in parts) / 100 - 1))
    assert deff > 1
    assert (low / 100, high / 100) == pytest.approx(wilson((3, 100), deff))


def test_coverage_by_district_lists_all_districts_of_the_province_and_draws_them(register):
    found = coverage(literal_year(register), "district")
    assert len(found.dims[0].levels) == 26 + 2
    assert found.chart("tiles").encodings["levels"].count(",") == 25
    assert found.chart("funnel").encodings["x"] == "eligible"


def test_coverage_by_age_band_counts_age_on_the_day_of_the_population(register):
    found = coverage(literal_year(register), "age_band")
    # d's district isn't known, but its age is.
    assert found.value("coverage.age_band.2_6") == 3
    assert found.value("coverage.age_band.13_15") == 1
    assert found.value("coverage.age_band.unknown") == 1


@pytest.mark.parametrize("by", ["district", "sex", "age_band"])
def test_coverage_and_exclusion_make_one_and_levels_make_the_total(register, by):
    found = coverage(literal_year(register), by)
    wide = found.frame.drop(index="unknown")
    some = wide[wide["eligible"] > 0]
    assert (some["coverage"] + some["exclusion"]).to_list() == pytest.approx([100] * len(some))
    for measure in ("reached", "eligible", "not_reached"):
        assert wide.drop(index="total")[measure].sum() == wide.loc["total", measure]


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 1), st.sampled_from(["male", "female"])), min_size=1, max_size=30))
def test_coverage_plus_exclusion_is_one_for_any_register(drawn):
    children = [child(str(i), "2016-01-01", sex) for i, (_, sex) in enumerate(drawn)]
    population = [head("4001", 4, sex, sum(each == sex for _, each in drawn)) for sex in ("male", "female")]
    payments = paid(*(str(i) for i, (is_paid, _) in enumerate(drawn) if is_paid), "nobody")
    register = LiteralRegister(child=children, support_payment=payments, population=population)
    wide = coverage(literal_year(register), "sex").frame.drop(index="unknown")
    some = wide[wide["eligible"] > 0]
    assert (some["coverage"] + some["exclusion"]).to_list() == pytest.approx([100] * len(some), abs=0.011)
    assert wide.loc["total", "reached"] == sum(is_paid for is_paid, _ in drawn)


def test_coverage_without_a_population_is_refused_and_gives_no_number():
    bare = LiteralRegister(child=[child("a", "2016-01-01")], support_payment=paid("a"))
    found = coverage(literal_year(bare), "district")
    assert isinstance(found, Statement)
    assert found.key == "needs.coverage.district"


def test_coverage_by_a_breakdown_that_the_population_lacks_is_refused():
    register = LiteralRegister(
        child=[child("a", "2016-01-01")],
        support_payment=paid("a"),
        population=[head("4001", 4, None, 30)],
    )
    assert isinstance(coverage(literal_year(register), "sex"), Statement)
    assert coverage(literal_year(register), "district").value("coverage.district.total.eligible") == 30


def test_coverage_by_affiliation_is_of_screened_children():
    register = LiteralRegister(
        child=[child(name, "2012-01-01") for name in "abc"],
        support_payment=paid("a", "z"),
        screening=[{"child_id": name, "date": "2019-06-01", "pmt_score": 400.0} for name in "abc"],
        enrolment=[
            {"child_id": "a", "school": "3040000001", "academic_year": 2562, "term": 1},
            {"child_id": "a", "school": "1040000001", "academic_year": 2562, "term": 2},
            {"child_id": "b", "school": "9940000001", "academic_year": 2562, "term": 1},
        ],
    )
    found = coverage(literal_year(register), "affiliation")
    assert found.population == "screened_children"
    assert found.frame["eligible"].to_dict() == pytest.approx(
        {"obec": 1, "other": 1, "none": 1, "unknown": float("nan"), "total": 3}, nan_ok=True
    )
    assert found.frame.loc["obec", "coverage"] == 100
    assert found.value("coverage.affiliation.unknown") == 1


def test_coverage_by_nothing_known_names_what_there_is():
    with pytest.raises(WrongParameters, match="welfare_fifth"):
        coverage(literal_year(LiteralRegister()), "colour")


@pytest.mark.parametrize("by", NEEDS)
def test_coverage_of_an_empty_register_says_what_it_needs(by):
    assert coverage(literal_year(LiteralRegister()), by).key == f"needs.coverage.{by}"


def test_coverage_of_a_population_unknown_by_sub_district_takes_them_as_equally_large():
    """Seven sub-districts of 4002, 1,400 children: 200 in each, whatever lives where."""
    reached = {"400201": 40, "400202": 12, "400203": 5, "400204": 33, "400205": 20, "400206": 9, "400207": 21}
    names = [f"{part}-{k}" for part, count in reached.items() for k in range(count)]
    children = [child(name, "2016-01-01", district="4002") | {"subdistrict": name[:6]} for name in names]
    rows = LiteralRegister(
        child=children,
        support_payment=paid(*names),
        population=[head("4002", 4, "female", 1_400)],
    )
    cell = (
        coverage(literal_year(rows), "district").cells.set_index("id").loc["coverage.district.4002.coverage"]
    )
    assert len(subdistricts("4002")) == 7
    assert cell["deff"] == share_effect(list(reached.values()), [200] * 7) > 5
    assert (cell["low"] / 100, cell["high"] / 100) == pytest.approx(wilson((140, 1_400), cell["deff"]))


def test_coverage_of_screened_children_is_clustered_by_sub_district():
    """Twenty screened in each of six sub-districts; where the clinic is, nearly all are reached."""
    reached = {"400101": 19, "400102": 2, "400103": 4, "400104": 18, "400105": 3, "400106": 8}
    names = [f"{part}-{k}" for part in reached for k in range(20)]
    children = [child(name, "2016-01-01") | {"subdistrict": name[:6]} for name in names]
    screening = [
        {"child_id": name, "date": "2019-11-01", "pmt_score": float(at)} for at, name in enumerate(names)
    ]
    hit = [f"{part}-{k}" for part, count in reached.items() for k in range(count)]
    rows = LiteralRegister(child=children, support_payment=paid(*hit), screening=screening)
    cells = coverage(literal_year(rows), "welfare_fifth").cells.set_index("id")
    cell = cells.loc["coverage.welfare_fifth.total.coverage"]
    assert cell["deff"] == share_effect(list(reached.values()), [20] * 6)
    assert cells.loc["coverage.welfare_fifth.total.exclusion", "deff"] == cell["deff"]
