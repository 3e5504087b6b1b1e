"""Points, steps and limits stand where their numbers say."""

from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from equity_lib.errors import WrongParameters
from equity_lib.report.charts.funnel import limits
from equity_lib.report.charts.plane import spread, thinned
from equity_lib.report.charts.reading import ticks
from equity_lib.results import Dimension
from tests.report.drawn import (
    by_district,
    draw,
    estimates,
    fifths,
    one_survival,
    paths,
    periods,
    points,
    roots,
    said,
    survivals,
    table,
    texts,
)


def strokes(root, colour, width):
    """Open lines of a colour and width, by their points."""
    return [
        points(path)
        for path in paths(root)
        if path.get("stroke") == f"var(--{colour})" and path.get("stroke-width") == width
    ]


def dots(root, colour="counted"):
    """Middles of filled circles."""
    made = []
    for path in paths(root):
        if path.get("fill") == f"var(--{colour})" and "C" in path["d"]:
            numbers = [float(n) for n in path["d"].replace("M", " ").split("C")[0].split()]
            made.append((numbers[0], path["d"]))
    return made


def test_limits_are_exact_binomial_at_whole_counts():
    """Oracle: the smallest count whose binomial probability reaches the tail lies at or above the limit."""
    low, high = limits(77.0, np.array([40.0, 400.0]), 0.95)
    for n, ends in zip((40, 400), zip(low, high, strict=True), strict=True):
        for tail, end in zip((0.025, 0.975), ends, strict=True):
            count = stats.binom.ppf(tail, n, 0.77)
            assert (count - 1) * 100 / n <= end <= count * 100 / n


def test_limits_come_near_the_normal_ones_for_large_denominators():
    low, high = limits(50.0, np.array([100_000.0]), 0.998)
    half = 100 * stats.norm.ppf(0.999) * np.sqrt(0.25 / 100_000)
    assert high[0] - 50 == pytest.approx(half, abs=0.002)
    assert 50 - low[0] == pytest.approx(half, abs=0.002)


@pytest.mark.parametrize("centre", [0.0, 100.0])
def test_limits_of_a_certain_share_are_the_share(centre):
    low, high = limits(centre, np.array([10.0]), 0.95)
    assert low[0] == high[0] == centre


def test_funnel_names_only_those_outside_and_lists_those_not_drawn():
    fragment = draw("funnel", language="en")
    for root in roots(fragment):
        words = " ".join(texts(root))
        assert "Nong Song Hong" in words
        assert "Phra Yuen" not in words
        assert "Not drawn (c): Pueai Noi, Wiang Kao." in words
    assert "Outside the 95% limits: Chum Phae, Ban Phai, Nong Song Hong, Khao Suan Kwang" in said(fragment)
    assert "Phra Yuen: 77.93% (145" in said(fragment)


def test_funnel_of_a_count_is_refused():
    with pytest.raises(WrongParameters, match="allowed: a share in percent"):
        draw("funnel", by_district(), y="children")


def test_survival_steps_hold_each_value_until_the_next_day():
    wide = roots(draw("one_survival", one_survival()))[0]
    (steps,) = strokes(wide, "counted", "2.5")
    level = [(a, b) for a, b in pairwise(steps) if a[1] == b[1]]
    upright = [(a, b) for a, b in pairwise(steps) if a[0] == b[0]]
    assert len(level) == len(upright) == 8
    days = [b[0] for _, b in level]
    assert (days[0] - steps[0][0]) / (days[-1] - steps[0][0]) == pytest.approx(30 / 365, abs=0.001)


def test_survival_hidden_day_is_a_gap_with_a_mark_and_other_curves_go_on():
    wide, narrow = roots(draw("survival", survivals({("once", "120")})))
    for root in (wide, narrow):
        assert "c" in texts(root)
        assert len(strokes(root, "counted", "2.5")) == 1 + 1 + (root is narrow)  # curve, samples
        assert len(strokes(root, "second", "2.5")) == 2 + 1 + (root is narrow)


def test_survival_curves_differ_by_line_not_by_colour_alone():
    dashes = {
        path.get("stroke"): path.get("stroke-dasharray")
        for path in paths(roots(draw("survival"))[0])
        if path.get("stroke-width") == "2.5"
    }
    assert dashes["var(--counted)"] is None
    assert dashes["var(--second)"] is not None


def test_survival_says_what_its_bands_are_and_how_many_were_at_risk():
    words = said(draw("survival", language="en"))
    assert "Continuing support, Days since support 30: 98.53 (97.16 to 98.76)" in words
    assert "Continuing support, Days since support 30: 315 persons" in words
    assert words.endswith("Shaded: 95% interval.")


def test_survival_of_six_curves_is_refused():
    dims = (Dimension("day", ("0", "1")), Dimension("group", tuple("abcdef")))
    rows = [
        {"day": day, "group": group, "measure": "rate", "unit": "percent", "value": 9}
        for day in ("0", "1")
        for group in "abcdef"
    ]
    with pytest.raises(WrongParameters, match="found 6 curves; allowed: 5 at most"):
        draw("survival", table(dims, rows), at_risk="")


def test_survival_level_that_is_no_number_is_refused():
    dim = Dimension("day", ("soon",))
    rows = [{"day": "soon", "measure": "rate", "unit": "percent", "value": 9}]
    with pytest.raises(WrongParameters, match="found day 'soon'; allowed: a number"):
        draw("one_survival", table([dim], rows), at_risk="")


def test_incidence_starts_at_zero():
    wide = roots(draw("incidence"))[0]
    curve = strokes(wide, "counted", "2.5")[0]
    assert curve[0][1] == max(y for _, y in curve)


def test_event_study_has_a_zero_line_and_a_break_before_period_0():
    for root in roots(draw("event_study", language="en")):
        assert {"before", "from the start on"} <= set(texts(root))
        dashed = [points(p) for p in paths(root) if p.get("stroke-dasharray", "").startswith("9")]
        (start,) = [line for line in dashed if line[0][0] == line[-1][0]]
        xs = sorted(x for x, _ in dots(root))
        assert sum(x < start[0][0] for x in xs) == 2  # -3, -2; -1 is hollow


def test_event_study_says_each_period_with_its_interval():
    words = said(draw("event_study", periods(), "en"))
    assert "Year relative to the start −3: 0.40 (−1.80 to 2.60)" in words
    assert "Year relative to the start 2: c" in words
    assert "Thin lines: 95% intervals." in words


def test_forest_shows_intervals_and_what_the_dashed_line_is():
    fragment = draw("forest", estimates(), "en")
    for root in roots(fragment):
        assert "4.20 (1.10 to 7.30)" in texts(root)
        assert "Dashed line: no difference (0)." in texts(root)
        assert len(dots(root)) == 3


def test_forest_ratios_stand_at_equal_ratios():
    wide = roots(draw("ratios", estimates("ratio")))[0]
    places = {
        text.text: float(text.attrib["x"]) for text in wide.iter("text") if text.text in ("0.5", "1", "2")
    }
    assert places["2"] - places["1"] == pytest.approx(places["1"] - places["0.5"], abs=0.05)


def test_forest_of_another_reference_is_refused():
    with pytest.raises(WrongParameters, match="found reference '5'; allowed: 0, 1"):
        draw("forest", reference="5")


def test_concentration_starts_at_the_origin_and_breaks_at_a_hidden_fifth():
    wide = roots(draw("concentration", fifths()))[0]
    lines = strokes(wide, "counted", "2.5")
    assert len(lines) == 5
    broken = roots(draw("concentration", fifths((4,))))[0]
    assert len(strokes(broken, "counted", "2.5")) == 3
    (diagonal,) = strokes(wide, "muted", "1.5")
    assert lines[0][0] == diagonal[0]


def test_binned_fits_straight_lines_to_the_shown_means_only():
    """Oracle: numpy's weighted least squares over the bins that are not hidden."""
    with_line = roots(draw("binned"))[0]
    assert len([p for p in paths(with_line) if p.get("stroke") == "currentColor"]) == 2
    assert not [p for p in paths(roots(draw("binned", fit=""))[0]) if p.get("stroke") == "currentColor"]
    with pytest.raises(WrongParameters, match="found fit 'loess'; allowed: none, line"):
        draw("binned", fit="loess")


def test_binned_cut_that_is_no_number_is_refused():
    with pytest.raises(WrongParameters, match="found cut 'here'; allowed: a number"):
        draw("binned", cut="here")


@pytest.mark.parametrize(
    ("low", "high", "most"), [(0, 1, 5), (61.9, 88, 5), (-3, 9, 6), (0, 0, 4), (0, 12_345, 8)]
)
def test_ticks_cover_the_range_with_round_numbers(low, high, most):
    made = ticks(low, high, most)
    assert made[0] <= low
    assert made[-1] >= high
    assert len(made) <= most + 1


def test_spread_moves_labels_apart_within_their_bounds():
    made = spread([50, 52, 51], [10, 10, 10], 0, 100)
    order = sorted(made)
    assert order[1] - order[0] >= 10 <= order[2] - order[1]
    assert spread([99], [10], 0, 100) == [95]


def test_thinned_keeps_the_first_and_drops_what_would_overlap():
    marks = [(float(day), "1,000") for day in range(20)]
    kept = thinned(marks, 200, 14)
    assert kept[0] == marks[0]
    assert 2 <= len(kept) < 6
