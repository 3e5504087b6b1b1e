"""Grades and claims: never stronger than the design, its gates and the interval allow."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equity_lib.impact.claims import claim, doubts
from equity_lib.impact.coverage import coverage_gate, simulated
from equity_lib.impact.estimates import Estimate, Gate, NotEstimable
from equity_lib.impact.grade import CEILINGS, GRADES, Graded, graded
from equity_lib.impact.thresholds import NEEDED, THRESHOLDS, judged
from equity_lib.programme.designs import load_designs
from equity_lib.report.languages import catalogue
from tests.years import ROOT

DESIGN = {each.key: each for each in load_designs(ROOT, "demo").designs}["transfer_attendance"]
FOUND = Estimate("rdrobust", "at_cutoff", 5.0, 1.0, 3.0, 7.0, p=0.001)
CAUSAL = {
    "en": re.compile(r"\b(raised|lowered|effect|caused|led to|improved|because of|impact)\b", re.I),
    "th": re.compile("ทำให้|ส่งผล|ผลกระทบ|ผลต่อ"),
}


def passing(kind):
    return [Gate(key, 1.0, 0.0, "pass", "x") for key in NEEDED[kind]]


@pytest.mark.parametrize("kind", CEILINGS)
def test_graded_reaches_the_ceiling_of_its_assignment_when_all_passes(kind):
    assert graded(kind, passing(kind)).grade == CEILINGS[kind]


@pytest.mark.parametrize("key", THRESHOLDS)
@pytest.mark.parametrize("kind", CEILINGS)
def test_graded_falls_by_itself_with_every_gate_that_fails(kind, key):
    found = graded(kind, [*passing(kind), Gate(key, 0.0, 0.0, "fail", "x")])
    assert GRADES.index(found.grade) <= GRADES.index(THRESHOLDS[key].leaves)
    assert key in found.failed


@pytest.mark.parametrize("kind", CEILINGS)
def test_graded_is_associated_at_most_while_an_assumption_is_untested(kind):
    found = graded(kind, [])
    assert GRADES.index(found.grade) <= GRADES.index("associated")
    assert found.untested == NEEDED[kind]
    nan = [Gate(key, math.nan, 0.0, "not_computed", "x") for key in NEEDED[kind]]
    assert graded(kind, nan).untested == NEEDED[kind]


@given(
    st.sampled_from(sorted(CEILINGS)),
    st.lists(st.tuples(st.sampled_from(sorted(THRESHOLDS)), st.sampled_from(["pass", "warn", "fail"]))),
    st.tuples(st.sampled_from(sorted(THRESHOLDS)), st.sampled_from(["pass", "warn", "fail", "not_computed"])),
)
def test_graded_never_rises_with_one_more_gate_unless_it_tests_what_was_untested(kind, gates, one_more):
    made = [*passing(kind), *(Gate(key, 1.0, 0.0, outcome, "x") for key, outcome in gates)]
    more = Gate(one_more[0], 1.0, 0.0, one_more[1], "x")
    before, after = graded(kind, made).grade, graded(kind, [*made, more]).grade
    assert GRADES.index(after) <= GRADES.index(before) <= GRADES.index(CEILINGS[kind])


@pytest.mark.parametrize(
    ("key", "value", "outcome"),
    [
        ("density", 0.049, "fail"),
        ("density", 0.05, "warn"),
        ("density", 0.10, "pass"),
        ("sharpness", 0.02, "fail"),
        ("sharpness", 0.0, "pass"),
        ("clusters", 5, "fail"),
        ("clusters", 26, "pass"),
        ("density", math.nan, "not_computed"),
    ],
)
def test_judged_compares_with_the_one_table(key, value, outcome):
    assert judged(key, value).outcome == outcome


def test_coverage_out_of_band_lowers_the_grade(monkeypatch):
    made = {"callaway_santanna": {"clusters": {"20": 0.90, "100": 0.95}}}
    monkeypatch.setattr("equity_lib.impact.coverage.simulated", lambda: made)
    few = Estimate("callaway_santanna", "att_group", 1, 1, 0, 2, n_clusters=26)
    many = Estimate("callaway_santanna", "att_group", 1, 1, 0, 2, n_clusters=120)
    less = Estimate("callaway_santanna", "att_group", 1, 1, 0, 2, n_clusters=12)
    assert [coverage_gate(each).outcome for each in (few, many, less)] == ["fail", "pass", "not_computed"]
    assert graded("staged", [*passing("staged"), coverage_gate(few)]).grade == "associated"
    assert graded("staged", [*passing("staged"), coverage_gate(many)]).grade == "quasi-experimental"


def test_simulated_coverages_are_shares_by_number_of_clusters():
    for sizes in (by for kinds in simulated().values() for by in kinds.values()):
        assert all(size.isdigit() and 0 <= share <= 1 for size, share in sizes.items())


@pytest.mark.parametrize("grade", GRADES)
@pytest.mark.parametrize("language", ["th", "en"])
def test_claims_use_causal_words_at_the_two_upper_grades_only(grade, language):
    family = grade.replace("-", "_")
    for direction in ("more", "less", "none"):
        words = re.sub(r"\{[^}]*\}", "", catalogue(language)[f"claim.{family}.{direction}"])
        said = CAUSAL[language].search(words)
        assert bool(said) == (grade in GRADES[2:]), direction


@pytest.mark.parametrize("language", ["th", "en"])
def test_no_other_word_of_a_study_is_causal(language):
    """Reasons, tests, tables and refusals claim nothing."""
    own = (
        "reason.",
        "untested.",
        "doubt.",
        "declared.",
        "not_estimable.",
        "cost_effect.",
        "level.gate.",
        "level.part.",
    )
    for key, text in catalogue(language).items():
        if key.startswith(own):
            assert not CAUSAL[language].search(text.replace("fixed effects", "").replace("ผลคงที่", "")), key


@pytest.mark.parametrize(
    ("estimate", "p", "grade", "key"),
    [
        (FOUND, 0.001, "quasi-experimental", "claim.quasi_experimental.more"),
        (FOUND, 0.001, "experimental", "claim.experimental.more"),
        (FOUND, 0.001, "described", "claim.described.more"),
        (FOUND, 0.060, "quasi-experimental", "claim.quasi_experimental.none"),
        (Estimate("x", "y", -5.0, 1.0, -7.0, -3.0, p=0.001), 0.001, "associated", "claim.associated.less"),
        (Estimate("x", "y", 1.0, 1.0, -1.0, 3.0, p=0.3), 0.3, "experimental", "claim.experimental.none"),
    ],
)
def test_claim_says_what_grade_interval_and_family_allow(estimate, p, grade, key):
    found = claim(DESIGN, estimate, Graded(grade), p)
    assert (found.key, found.grade, found.id) == (key, grade, "claim.transfer_attendance")
    assert found.refs["effect"] == "effect.transfer_attendance.estimate"
    assert ("mde" in found.refs) == (key.endswith("none") and grade in GRADES[2:])


def test_claim_that_only_the_family_takes_away_says_so():
    found = claim(DESIGN, FOUND, Graded("quasi-experimental"), 0.06)
    assert "reason.multiplicity" in [item.key for item in found.items]


def test_claim_without_an_estimate_claims_nothing():
    found = claim(DESIGN, NotEstimable("no_rows"), None, math.nan)
    assert (found.key, found.grade, found.refs) == ("claim.not_estimable", "described", {})


def test_claim_lists_each_failed_and_untested_gate_as_a_reason():
    found = claim(DESIGN, FOUND, Graded("described", ("density",), ("sharpness",)), 0.001)
    assert [item.key for item in found.items] == [
        "reason.discontinuity",
        "reason.density",
        "untested.sharpness",
    ]


def test_doubts_ask_for_more_where_a_gate_failed():
    assert len(doubts(DESIGN, Graded("described", ("density",))).items) == 3
    assert len(doubts(DESIGN, Graded("quasi-experimental")).items) == 2


def test_every_gate_reason_and_refusal_has_words():
    sources = "".join(path.read_text("utf-8") for path in (ROOT / "equity_lib/impact").glob("*.py"))
    reasons = set(re.findall(r'NotEstimable\(\s*"([a-z_]+)"', sources))
    reasons |= {
        "no_controls",
        "no_treated",
        "one_treated_cluster",
        "one_control_cluster",
        "few_clusters",
        "no_pre_period",
    }
    elsewhere = {
        "no_cost",
        "effect_covers_zero",
        "not_learning",
        "no_yearly_gain",
        "quality_outside",
        "not_shown",
    }
    # In these another estimator, or a gate that says "not computed", steps in.
    inner = {"many_covariates", "assigned_within_clusters", "not_computed"}
    inner |= {"few_sign_vectors", "no_bootstrap", "no_clusters"}
    keys = catalogue("en")
    missing = [each for each in sorted(reasons - elsewhere - inner) if f"not_estimable.{each}" not in keys]
    missing += [each for each in THRESHOLDS if f"level.gate.{each}" not in keys and each != "forbidden"]
    missing += [each for each in THRESHOLDS if f"reason.{each}" not in keys and each != "forbidden"]
    missing += [each for keys_ in NEEDED.values() for each in keys_ if f"untested.{each}" not in keys]
    assert missing == []
