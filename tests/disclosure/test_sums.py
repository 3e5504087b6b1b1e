"""Lowest and highest values that sums leave open, against all solutions counted one by one."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equity_lib.disclosure import sums

COUNTS = st.tuples(st.integers(0, 4), st.integers(0, 3)).map(lambda each: (each[0], each[0] + each[1]))
SYSTEMS = st.integers(2, 5).flatmap(
    lambda size: st.tuples(
        st.lists(st.lists(st.sampled_from([-1, 0, 1]), min_size=size, max_size=size), min_size=1, max_size=3),
        st.lists(COUNTS, min_size=size, max_size=size),
    )
)


def counted(matrix, bounds):
    """Every solution in whole numbers, tried one by one."""
    values = np.array(list(itertools.product(*(range(low, high + 1) for low, high in bounds))))
    return values[(values @ np.array(matrix).T == 0).all(axis=1)]


@settings(max_examples=150, deadline=None)
@given(SYSTEMS)
def test_ends_are_those_of_all_solutions(system):
    matrix, bounds = system
    solutions = counted(matrix, bounds)
    found = sums._ends(np.array(matrix), np.array(bounds, float))
    if len(solutions):
        assert found.tolist() == np.c_[solutions.min(axis=0), solutions.max(axis=0)].tolist()
    else:
        assert len(found) == 0


def test_ends_of_sums_whose_corners_are_not_whole():
    """x + y = y + z = x + z = w with w odd up to 3: 1.5 each would be a corner, 1 each is the most."""
    matrix = np.array([[1, 1, 0, -1], [0, 1, 1, -1], [1, 0, 1, -1]])
    found = sums._ends(matrix, np.array([[0, 9], [0, 9], [0, 9], [0, 3]], float))
    assert found.tolist() == [[0, 1], [0, 1], [0, 1], [0, 2]]


def test_ends_that_are_not_found_are_none(monkeypatch):
    monkeypatch.setattr(sums, "_solved", lambda *_: 1)  # HiGHS: the limit was reached
    assert sums._ends(np.array([[1, 1, -1]]), np.array([[0, 3], [0, 3], [0, 9]], float)) is None


@pytest.mark.parametrize(
    ("bounds", "most"),
    [
        ([(0, 9), (0, 9), (4, 4)], [[0, 4], [0, 4], [4, 4]]),
        ([(1, 3), (2, 5), (0, 99)], [[1, 3], [2, 5], [3, 8]]),
        ([(0, 1), (0, 1), (3, 9)], None),
    ],
)
def test_at_most_narrows_each_term_by_the_others(bounds, most):
    found = sums._at_most(np.array([[1, 1, -1]]), np.array(bounds, float))
    if most is None:
        assert (found[:, 0] > found[:, 1]).any()
    else:
        assert found.tolist() == most
