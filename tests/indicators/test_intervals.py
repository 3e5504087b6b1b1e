"""Intervals by name: closed forms, published values, and identities between methods."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equity_lib.indicators.intervals import (
    METHODS,
    aalen_johansen,
    greenwood,
    incidence_variance,
    interval,
    per_poisson_count,
    rule_of_three,
    wilson,
)
from equity_lib.relations import Relation


def test_wilson_gives_the_published_interval_of_81_of_263():
    """Newcombe (1998), Statistics in Medicine 17: 857-872, table I: .2553 to .3662."""
    assert wilson((81, 263)) == pytest.approx((0.2553, 0.3662), abs=5e-5)


def test_clopper_pearson_gives_the_published_interval_of_81_of_263():
    """The same table: .2527 to .3676."""
    assert METHODS["clopper_pearson"]((81, 263)) == pytest.approx((0.2527, 0.3676), abs=5e-5)


def test_rule_of_three_without_events_is_three_in_n():
    assert rule_of_three((0, 300)) == (0, 0.01)


def test_per_poisson_count_gives_garwoods_limits():
    """Garwood (1936): ten events have the limits 4.7954 and 18.3904."""
    low, high = per_poisson_count((1_000, 10))
    assert (1_000 / high, 1_000 / low) == pytest.approx((4.7954, 18.3904), abs=1e-4)


def test_per_poisson_count_without_events_has_no_interval():
    assert all(math.isnan(bound) for bound in per_poisson_count((1_000, 0)))


STEPS = st.lists(st.tuples(st.integers(40, 400), st.integers(0, 30)), min_size=1, max_size=8)


@given(STEPS)
def test_aalen_johansen_with_one_cause_has_greenwoods_variance(steps):
    """F = 1 - S, so both have one standard error; compared on the log-minus-log scales of each."""
    terms = [value for n, d in steps for value in (n, d, d)]
    low, high = aalen_johansen(terms)
    survival = [value for n, d in steps for value in (n, d)]
    left, right = greenwood(survival)
    alive = math.prod(1 - d / n for n, d in steps)
    if not 0 < alive < 1:
        assert low == high == pytest.approx(1 - alive)
        return
    dead = 1 - alive
    own = (math.log(-math.log(low)) - math.log(-math.log(high))) * dead * -math.log(dead)
    theirs = (math.log(-math.log(left)) - math.log(-math.log(right))) * alive * -math.log(alive)
    assert own == pytest.approx(theirs, rel=1e-6)


@given(st.lists(st.tuples(st.integers(60, 400), st.integers(0, 20), st.integers(0, 20)), min_size=1))
def test_aalen_johansen_holds_its_estimate(steps):
    terms = tuple(value for n, c, other in steps for value in (n, c + other, c))
    ids = tuple(map(str, range(len(terms))))
    relation = Relation("incidence", "f", ids, scale=100)
    values = dict(zip(ids, map(float, terms), strict=True))
    low, high = interval("aalen_johansen", relation, values)
    assert 0 <= low <= relation.evaluate(values) + 1e-9
    assert relation.evaluate(values) - 1e-9 <= high <= 100


#: Start-ups by age in years (Branwen, Darknet market mortality risks, gwern.net, where the counts and the
#: output of R's `cmprsk::cuminc` are printed): still alive, failed, acquired. 473 of them, all in ties.
STARTUPS = ((120, 0, 1), (121, 5, 4), (68, 10, 15), (36, 9, 14), (15, 11, 5), (7, 5, 7), (2, 4, 4))
#: Column of the cause: estimates and variances of `cuminc` after 1 to 6 years.
CUMINC = {
    1: (
        (0.0141745147, 0.0579750421, 0.118175302, 0.229593560, 0.299716940, 0.375450190),
        (3.97263451e-05, 0.000220342717, 0.000570181024, 0.00140171794, 0.00200661959, 0.00272841167),
    ),
    2: (
        (0.0134537767, 0.0791545678, 0.172799416, 0.223444079, 0.321616811, 0.397350061),
        (3.62406271e-05, 0.000301240943, 0.000805565675, 0.00118663857, 0.00205862260, 0.00275961348),
    ),
}


@pytest.mark.parametrize("cause", CUMINC)
def test_incidence_variance_is_near_the_one_that_cuminc_prints(cause):
    """The convention is another than the delta method. They differ by 1.1 % at most here."""
    at_risk, terms, found = 473, [], []
    for alive, failed, acquired in STARTUPS:
        terms += [at_risk, failed + acquired, (failed, acquired)[cause - 1]]
        at_risk -= alive + failed + acquired
        found.append(incidence_variance(terms))
    estimates, variances = zip(*found[1:], strict=True)
    assert estimates == pytest.approx(CUMINC[cause][0], abs=6e-10)
    assert variances == pytest.approx(CUMINC[cause][1], rel=0.011)
    assert variances != pytest.approx(CUMINC[cause][1], rel=0.010)
