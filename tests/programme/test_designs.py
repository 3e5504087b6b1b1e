"""Declared designs: read with every fault at once, pinned, and changed only with a reason."""

import hashlib
import shutil

import pytest

from equity_lib.errors import WrongParameters
from equity_lib.programme.designs import load_designs
from equity_lib.programme.loading import load_year
from tests.years import ROOT

GOOD = (ROOT / "params/demo/designs.yaml").read_text("utf-8")
CHANGED = GOOD.replace("minimum_effect: 10.0", "minimum_effect: 5.0")


def area(tmp_path, designs, pin=None):
    """A copy of the demo's parameters with these designs; `pin` replaces the pin of 2563."""
    folder = tmp_path / "params" / "demo"
    shutil.copytree(ROOT / "params" / "demo", folder)
    (folder / "designs.yaml").write_text(designs, "utf-8")
    if pin is not None:
        year = folder / "2563.yaml"
        old = hashlib.sha256(GOOD.encode()).hexdigest()
        year.write_text(year.read_text("utf-8").replace(old, pin), "utf-8")
    return tmp_path


def deviation(pin):
    return (
        f'deviations:\n  - from_sha256: {pin}\n    date: "2563-01-10"\n    designs: [case_teams]\n'
        "    reason: {th: เขตการปกครองเปลี่ยน, en: the districts changed}\n"
    )


def test_load_designs_of_the_demo_names_treatment_outcome_and_population():
    found = {each.key: each for each in load_designs(ROOT, "demo").designs}
    assert list(found) == ["transfer_attendance", "transfer_enrolment", "case_teams", "early_support"]
    assert found["transfer_attendance"].treatment.whose.en == "the national fund, not this programme"
    assert found["case_teams"].assignment.kind == "staged"
    assert found["early_support"].outcome.learning
    assert load_designs(ROOT, "demo").sha256 == hashlib.sha256(GOOD.encode()).hexdigest()


def test_load_designs_without_a_file_declares_none():
    found = load_designs(ROOT, "khon-kaen")
    assert (found.designs, found.sha256) == ((), "none")


def test_load_designs_lists_every_fault_with_its_line(tmp_path):
    bad = GOOD.replace("estimand: at_cutoff", "estimand: ate", 1)
    bad = bad.replace("minimum_effect: 3.0", "minimum_effect: -3.0")
    bad = bad.replace("key: early_support", "key: case_teams")
    with pytest.raises(WrongParameters) as caught:
        load_designs(area(tmp_path, bad), "demo")
    said = str(caught.value)
    for part in (
        "designs.0.estimand",
        "at_cutoff",
        "designs.1.minimum_effect",
        "designs.3.key",
        "each key once",
    ):
        assert part in said


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("kind: staged", "kind: cut", "designs.2.assignment"),
        ("    role: primary\n", "    role: main\n", "designs.0.role"),
        ("period_months: 6", "period_months: 5", "designs.2.assignment.period_months"),
        ("    clusters: district\n", "", "designs.2.clusters"),
        ('declared: "2562-09-15"', 'declared: "2019-09-15"', "designs.0.declared"),
        ("      since: found_date\n", "", "since"),
    ],
)
def test_load_designs_refuses_what_is_not_allowed(tmp_path, old, new, said):
    assert old in GOOD
    with pytest.raises(WrongParameters) as caught:
        load_designs(area(tmp_path, GOOD.replace(old, new, 1)), "demo")
    assert said in str(caught.value)


def test_load_year_refuses_designs_that_changed_without_a_word(tmp_path):
    with pytest.raises(WrongParameters, match="deviations"):
        load_year(area(tmp_path, CHANGED), "demo", 2563)


def test_load_year_takes_a_change_that_is_declared_and_says_which(tmp_path):
    pin = hashlib.sha256(GOOD.encode()).hexdigest()
    root = area(tmp_path, CHANGED.replace("deviations: []\n", deviation(pin)))
    assert load_year(root, "demo", 2563).designs_sha256 == pin
    designs = load_designs(root, "demo")
    assert [each.reason.en for each in designs.departures(pin)] == ["the districts changed"]
    assert designs.departures(designs.sha256) == ()


def test_load_year_refuses_a_deviation_from_another_pin(tmp_path):
    with pytest.raises(WrongParameters, match="designs_sha256"):
        load_year(area(tmp_path, CHANGED.replace("deviations: []\n", deviation("a" * 64))), "demo", 2563)


def test_departures_since_a_pin_leave_out_earlier_ones(tmp_path):
    first, second = "a" * 64, "b" * 64
    text = deviation(first) + deviation(second).removeprefix("deviations:\n").replace("changed", "merged")
    designs = load_designs(area(tmp_path, GOOD.replace("deviations: []\n", text)), "demo")
    assert [each.reason.en for each in designs.departures(second)] == ["the districts merged"]
    assert len(designs.departures(first)) == 2
