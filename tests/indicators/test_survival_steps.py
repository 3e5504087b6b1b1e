"""Risk sets against textbook tables, R's `survival`, and statsmodels with late entry."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.duration.survfunc import SurvfuncRight

from equity_lib.indicators.intervals import greenwood
from equity_lib.indicators.survival import steps
from equity_lib.relations import survival

# Weeks in remission under 6-MP, + for censored: Freireich et al. (1963), Blood 21: 699-716, table of
# Klein and Moeschberger (2003), Survival analysis, 2nd ed., table 4.1; intervals on the log-minus-log
# scale as Stata's `sts list` prints them (R: conf.type = "log-log").
MP6 = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+"
MP6_TABLE = [  # time, at risk, events, survival, low, high
    (6, 21, 3, 0.8571, 0.6197, 0.9516),
    (7, 17, 1, 0.8067, 0.5631, 0.9228),
    (10, 15, 1, 0.7529, 0.5032, 0.8894),
    (13, 12, 1, 0.6902, 0.4316, 0.8491),
    (16, 11, 1, 0.6275, 0.3675, 0.8049),
    (22, 7, 1, 0.5378, 0.2678, 0.7468),
    (23, 6, 1, 0.4482, 0.1881, 0.6801),
]
# R `survival`, summary(survfit(Surv(time, status) ~ x, aml)): time, n.risk, n.event, survival.
AML = {
    "9 13 13+ 18 23 28+ 31 34 45+ 48 161+": [
        (9, 11, 1, 0.909),
        (13, 10, 1, 0.818),
        (18, 8, 1, 0.716),
        (23, 7, 1, 0.614),
        (31, 5, 1, 0.491),
        (34, 4, 1, 0.368),
        (48, 2, 1, 0.184),
    ],
    "5 5 8 8 12 16+ 23 27 30 33 43 45": [
        (5, 12, 2, 0.8333),
        (8, 10, 2, 0.6667),
        (12, 8, 1, 0.5833),
        (23, 6, 1, 0.4861),
        (27, 5, 1, 0.3889),
        (30, 4, 1, 0.2917),
        (33, 3, 1, 0.1944),
        (43, 2, 1, 0.0972),
        (45, 1, 1, 0.0),
    ],
}


def read(text: str) -> tuple[list[float], list[bool]]:
    words = text.split()
    return [float(word.rstrip("+")) for word in words], [not word.endswith("+") for word in words]


def curve(found) -> list[float]:
    pairs = found[["at_risk", "events"]].to_numpy().tolist()
    return [survival(*zip(*pairs[: place + 1], strict=True)) for place in range(len(pairs))]


def test_steps_against_the_6_mp_table_of_klein_and_moeschberger():
    found = steps(*read(MP6))
    assert found.reset_index().to_numpy().tolist() == [list(map(float, row[:3])) for row in MP6_TABLE]
    assert curve(found) == pytest.approx([row[3] for row in MP6_TABLE], abs=5e-5)


@pytest.mark.parametrize("place", range(len(MP6_TABLE)))
def test_greenwood_interval_against_the_6_mp_table(place):
    terms = [value for row in MP6_TABLE[: place + 1] for value in row[1:3]]
    assert greenwood(terms) == pytest.approx(MP6_TABLE[place][4:], abs=1e-4)


@pytest.mark.parametrize("text", AML)
def test_steps_against_r_survival_aml(text):
    found = steps(*read(text))
    assert found.reset_index().to_numpy().tolist() == [list(map(float, row[:3])) for row in AML[text]]
    assert curve(found) == pytest.approx([row[3] for row in AML[text]], abs=5e-4)


spells = st.lists(st.tuples(st.integers(0, 5), st.integers(1, 5), st.booleans()), min_size=1, max_size=60)


@given(spells)
def test_steps_with_late_entry_and_heavy_ties_against_statsmodels(rows):
    """Integers of 1 to 10 for up to 60 spells: nearly every time is tied."""
    entry = np.array([start for start, _, _ in rows], float)
    leave = entry + [length for _, length, _ in rows]
    event = np.array([died for _, _, died in rows])
    if not event.any():
        return
    found = steps(leave, event, entry)
    oracle = SurvfuncRight(leave, event.astype(int), entry=entry)
    # statsmodels lists every time; only those with an event are steps.
    own = np.isin(oracle.surv_times, found.index)
    assert found["at_risk"].tolist() == oracle.n_risk[own].tolist()
    assert found["events"].tolist() == oracle.n_events[own].tolist()


def test_steps_child_that_returns_is_at_risk_again_but_not_in_between():
    """Out at 8, back from 10 to 12: at risk at 8, not at 9 and 10, again at 11 and 12."""
    found = steps([8, 12], [True, False], entry=[6, 10], grid=[7, 8, 9, 10, 11, 12])
    assert found["at_risk"].tolist() == [1, 1, 0, 0, 1, 1]
    assert found["events"].tolist() == [0, 1, 0, 0, 0, 0]


@given(spells, st.randoms())
def test_steps_don_t_depend_on_the_order_of_rows(rows, random):
    shuffled = random.sample(rows, len(rows))
    tables = []
    for each in (rows, shuffled):
        entry, length, event = zip(*each, strict=True)
        leave = np.add(entry, length)
        tables.append(steps(leave, event, entry).to_numpy().tolist())
    assert tables[0] == tables[1]


def test_steps_refuses_a_spell_without_length_and_an_event_off_the_grid():
    with pytest.raises(ValueError, match="ends where it begins"):
        steps([6], [False], entry=[6])
    with pytest.raises(ValueError, match="between two steps"):
        steps([6.5], [True], grid=[6, 7])


#: R `survival`, conf.type = "log-log", as recorded in scikit-survival, tests/test_nonparametric.py: sixteen
#: times, five of them shared by two, the first one censored. Time, survival, low, high.
SIXTEEN = "1+ 2 2 3 7 6 5 5 3 9 11 13 17 13 6 23"
SIXTEEN_TABLE = [
    (2, 0.866666666666667, 0.563912005708952, 0.964884495916472),
    (3, 0.733333333333333, 0.436208202355272, 0.89051993143724),
    (5, 0.6, 0.317586910207385, 0.796522795577473),
    (6, 0.466666666666667, 0.212259381879575, 0.687454424870113),
    (7, 0.4, 0.164939278037332, 0.627586046596913),
    (9, 0.333333333333333, 0.121545719743796, 0.563999542746448),
    (11, 0.266666666666667, 0.0825808249254053, 0.49633566553142),
    (13, 0.133333333333333, 0.0218732094519415, 0.345732210952466),
    (17, 0.0666666666666667, 0.00430036344937564, 0.260321963072145),
]


def test_kaplan_meier_with_ties_and_its_interval_as_r_records_them():
    found = steps(*read(SIXTEEN))
    for place, (time, alive, low, high) in enumerate(SIXTEEN_TABLE):
        terms = found.iloc[: place + 1].to_numpy(float).ravel().tolist()
        assert found.index[place] == time
        assert survival(terms[0::2], terms[1::2]) == pytest.approx(alive, abs=1e-12)
        assert greenwood(terms) == pytest.approx((low, high), abs=1e-12)
