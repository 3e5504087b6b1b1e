"""Parity against the worked form of SDG 4.5.1's metadata, and its mirror."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equity_lib.indicators.parity import adjusted, parity, reading

RATE = st.floats(0.01, 100)


def test_parity_as_sdg_4_5_1_works_it():
    """Metadata: the likely disadvantaged ÷ the other; ratios above 1 are inverted and taken from 2."""
    assert parity(32, 40).ratio == 0.8
    assert parity(32, 40).adjusted == 0.8
    assert parity(40, 32).ratio == 1.25
    assert parity(40, 32).adjusted == pytest.approx(1.2)
    assert parity(40, 32).gap == 8


def test_parity_is_undefined_at_0_but_the_gap_is_not():
    found = parity(5, 0)
    assert math.isnan(found.ratio)
    assert math.isnan(found.adjusted)
    assert found.gap == 5


@pytest.mark.parametrize(
    ("ratio", "good", "bad"),
    [
        (0.97, "parity", "parity"),
        (1.03, "parity", "parity"),
        (0.96, "against_disadvantaged", "against_advantaged"),
        (1.04, "against_advantaged", "against_disadvantaged"),
        (math.nan, "undefined", "undefined"),
    ],
)
def test_reading_turns_round_for_a_bad_outcome(ratio, good, bad):
    assert reading(ratio) == good
    assert reading(ratio, bad=True) == bad


@given(RATE, RATE)
def test_swapping_the_groups_mirrors_the_adjusted_index_and_the_gap(one, other):
    there, back = parity(one, other), parity(other, one)
    assert there.adjusted == pytest.approx(2 - back.adjusted)
    assert there.gap == -back.gap
    assert 0 <= adjusted(there.ratio) <= 2


@given(RATE, RATE, st.floats(0.1, 10))
def test_unit_of_the_indicator_leaves_the_ratio(one, other, scale):
    assert parity(scale * one, scale * other).ratio == pytest.approx(parity(one, other).ratio)
