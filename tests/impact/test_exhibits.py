"""What a study's picture is called: by the length of its periods, by what its outcome is."""

import pytest

from equity_lib.impact.exhibits import picture
from equity_lib.programme.designs import load_designs
from tests.years import ROOT


def declared(kind):
    return next(each for each in load_designs(ROOT, "demo").designs if each.assignment.kind == kind)


@pytest.mark.parametrize(("months", "axis"), [(6, "half_years"), (12, "years_since")])
def test_picture_of_a_rollout_names_its_axis_by_the_declared_periods(months, axis):
    design = declared("staged")
    rule = design.assignment.model_copy(update={"period_months": months})
    assert picture(design.model_copy(update={"assignment": rule}), "event_study").encodings["x"] == axis


@pytest.mark.parametrize(
    ("unit", "codes", "height"), [("point", [], "mean_share"), ("point", ["1"], "at"), ("score", [], "at")]
)
def test_picture_at_a_cut_off_calls_a_mean_of_shares_per_cent(unit, codes, height):
    design = declared("discontinuity")
    outcome = design.outcome.model_copy(update={"unit": unit, "counts_as": codes})
    assert picture(design.model_copy(update={"outcome": outcome}), "binned").encodings["y"] == height
